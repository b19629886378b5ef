//! The word somebody may have meant. Invariant: a word is only offered if few letters differ, so that a hint is no guess.

use strsim::damerau_levenshtein;

/// The nearest of some words to one that is none of them: at most one letter in three differs (added, left out, changed, or two changed places).
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
    let (got, far) = (got.to_ascii_lowercase(), (got.chars().count() / 3).max(1));
    let distances = words.into_iter().map(|word| (damerau_levenshtein(&got, &word.to_ascii_lowercase()), word));
    distances.filter(|(distance, _)| *distance <= far).min().map(|(_, word)| word)
}

/// The hint of a message, as in ` (did you mean receivables?)`; empty if no word is near.
pub fn hint<'a>(got: &str, words: impl IntoIterator<Item = &'a str>) -> String {
    nearest(got, words).map_or_else(String::new, |word| format!(" (did you mean {word}?)"))
}
