//! Did you mean: the nearest of the names there are. Invariant: a name that is far from all is near to none.

/// Names that a message lists at most; a wide table would fill the screen.
const LISTED_MAX: usize = 60;

/// The name that was probably meant: at most a third of its characters are wrong, missing, added or swapped.
pub(crate) fn closest<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = name.chars().count() / 3;
    let near = names.into_iter().map(|other| (distance(name, other), other)).filter(|(distance, _)| *distance <= allowed);
    near.min().map(|(_, other)| other)
}

/// `; did you mean x? There are x, y`, for the end of a message.
pub(crate) fn suggestion<'a>(name: &str, names: impl IntoIterator<Item = &'a str> + Clone) -> String {
    let meant = closest(name, names.clone()).map_or_else(|| "; there are ".to_owned(), |meant| format!("; did you mean {meant}? There are "));
    let all: Vec<&str> = names.into_iter().collect();
    match all.len() {
        0 => "; there are none".to_owned(),
        count if count > LISTED_MAX => format!("{meant}{} and {} more", all[..LISTED_MAX].join(", "), count - LISTED_MAX),
        _ => format!("{meant}{}", all.join(", ")),
    }
}

/// How many characters must be changed, added, left out or swapped with their neighbour, upper case being no change.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.to_lowercase().chars().collect(), b.to_lowercase().chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let changed = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = changed.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::{closest, suggestion};

    #[test]
    fn the_nearest_name_is_meant() {
        let names = ["Quantity", "UnitPrice", "Net", "id"];
        assert_eq!(closest("Quantty", names), Some("Quantity"));
        assert_eq!(closest("unitprice", names), Some("UnitPrice"));
        assert_eq!(closest("Nte", names), Some("Net"));
        assert_eq!(closest("Discount", names), None);
        assert_eq!(suggestion("Nte", names), "; did you mean Net? There are Quantity, UnitPrice, Net, id");
        assert_eq!(suggestion("x", []), "; there are none");
    }
}
