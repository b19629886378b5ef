//! Which records nobody can vouch for. Invariant: segments are proven from the end backward: the
//! mark vouches for the last one, and each header for the end of the segment before it. What is not
//! proven, although each of its bytes is in order, is refused, not served.

use super::survey::{Join, file_damage};
use crate::port::Damage;

/// Records up to a position that may be those of another log.
#[derive(Debug, Clone)]
pub(crate) struct Doubt {
    /// The last position in doubt; all before it are, too.
    last: u64,
    name: String,
}

/// A sealed segment, as far as its end is known.
pub(crate) struct Link {
    /// The name of the segment after it.
    pub(crate) next: String,
    /// The base of the segment after it.
    pub(crate) base: u64,
    pub(crate) join: Join,
}

/// What is in doubt, given how each sealed segment joins the next, in order; whether the last
/// segment is the one that was acknowledged; and whether segments may be missing between those that
/// are there.
pub(crate) fn of(links: &[Link], last: Vouched, gaps: bool) -> Option<Doubt> {
    let everything = |name: &str| Some(Doubt { last: u64::MAX, name: name.to_owned() });
    if last == Vouched::Denied {
        return everything("");
    }
    for (at, link) in links.iter().enumerate().rev() {
        let before = at.checked_sub(1).map(|before| links[before].join);
        let doubted = match link.join {
            Join::Fits | Join::Unreadable => false,
            Join::Differs => true,
            // A segment that ends too early follows the one before it, or stands alone.
            Join::Short => !gaps && before.is_none_or(|before| before == Join::Differs),
        };
        if doubted {
            let unproven = at + 1 == links.len() && last == Vouched::Unknown;
            return if unproven {
                everything(&link.next)
            } else {
                Some(Doubt { last: link.base, name: link.next.clone() })
            };
        }
    }
    None
}

/// What the mark says of the last segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Vouched {
    /// It holds the batch that was acknowledged.
    Confirmed,
    /// It holds another batch at its place.
    Denied,
    /// Nothing.
    Unknown,
}

impl Doubt {
    /// Why a position is refused, if it is.
    pub(crate) fn about(&self, position: u64) -> Option<Damage> {
        const WHAT: &str = "the segments up to here and those after them are of different logs; \
                            bring them back from one backup";
        let last = if self.last == u64::MAX { position } else { self.last };
        (position <= last).then(|| file_damage(&self.name, Some((1, last)), WHAT))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_that_differs_casts_doubt_on_all_before_it() {
        let links = |joins: &[Join]| -> Vec<Link> {
            joins
                .iter()
                .zip(1..)
                .map(|(join, n)| Link { next: format!("{n}"), base: n * 10, join: *join })
                .collect()
        };
        let doubt =
            |joins: &[Join], last, gaps| of(&links(joins), last, gaps).map(|doubt| doubt.last);
        use Join::{Differs, Fits, Short, Unreadable};
        for (joins, last, gaps, expected) in [
            (&[Fits, Fits][..], Vouched::Unknown, false, None),
            (&[Fits, Differs, Fits], Vouched::Confirmed, false, Some(20)),
            (&[Differs, Differs, Fits], Vouched::Confirmed, false, Some(20)),
            (&[Fits, Differs], Vouched::Confirmed, false, Some(20)),
            (&[Fits, Differs], Vouched::Unknown, false, Some(u64::MAX)),
            (&[Fits, Fits], Vouched::Denied, false, Some(u64::MAX)),
            (&[Fits, Unreadable, Fits], Vouched::Confirmed, false, None),
            (&[Fits, Short, Fits], Vouched::Confirmed, false, None),
            (&[Differs, Short, Fits], Vouched::Confirmed, false, Some(20)),
            (&[Short, Fits], Vouched::Confirmed, false, Some(10)),
            (&[Short, Fits], Vouched::Confirmed, true, None),
        ] {
            assert_eq!(doubt(joins, last, gaps), expected, "{joins:?} {last:?}");
        }
    }
}
