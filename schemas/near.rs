//! The word somebody may have meant. Invariant: a word is only offered if few letters differ, so
//! that a hint is no guess.

use strsim::damerau_levenshtein;

/// The nearest of some words to one that is none of them: at most one letter in three differs
/// (added, left out, changed, or two changed places; upper case is no difference).
///
/// ```
/// use sijil_schemas::near::nearest;
/// assert_eq!(nearest("recievables", ["funnel", "receivables", "payments"]), Some("receivables"));
/// assert_eq!(nearest("weather", ["funnel", "receivables", "payments"]), None);
/// ```
pub fn nearest<'a>(got: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if got.len() > 80 {
        return None;
    }
    // One letter of two is no likeness; of other cases alone, every word is like itself.
    let (got, far) = (got.to_lowercase(), got.chars().count() / 3);
    let distances =
        words.into_iter().map(|word| (damerau_levenshtein(&got, &word.to_lowercase()), word));
    distances.filter(|(distance, _)| *distance <= far).min().map(|(_, word)| word)
}

/// Names that a message lists at most; more would fill the screen.
const LISTED_MAX: usize = 60;

/// The end of a message about a name that is none of those there are: `; did you mean x? There are
/// x, y`.
///
/// ```
/// use sijil_schemas::near::suggestion;
/// let there = ["Quantity", "Net"];
/// assert_eq!(suggestion("Nte", there), "; did you mean Net? There are Quantity, Net");
/// assert_eq!(suggestion("weather", there), "; there are Quantity, Net");
/// assert_eq!(suggestion("x", []), "; there are none");
/// ```
pub fn suggestion<'a>(got: &str, words: impl IntoIterator<Item = &'a str> + Clone) -> String {
    let meant = nearest(got, words.clone()).map_or_else(
        || "; there are ".to_owned(),
        |meant| format!("; did you mean {meant}? There are "),
    );
    let all: Vec<&str> = words.into_iter().collect();
    match all.len() {
        0 => "; there are none".to_owned(),
        count if count > LISTED_MAX => {
            format!("{meant}{} and {} more", all[..LISTED_MAX].join(", "), count - LISTED_MAX)
        }
        _ => format!("{meant}{}", all.join(", ")),
    }
}

/// The hint of a message, as in ` (did you mean receivables?)`; empty if no word is near.
pub fn hint<'a>(got: &str, words: impl IntoIterator<Item = &'a str>) -> String {
    nearest(got, words).map_or_else(String::new, |word| format!(" (did you mean {word}?)"))
}
