//! Which records a reader sees who may read a part of the company. Invariant: it is worked out from
//! what holds today, whatever is asked, and from nothing but whose a record is; no report knows of
//! it, since every lens of such a reader leaves out the rest.
//!
//! Whose a record is:
//! - a client's events (as its timeline shows them) belong to the employee the client belongs to,
//!   and to that employee's department; so does the registration of a legal entity linked to it;
//! - a deal's own records belong to the deal's owner, too, a task's to who has to do it, a claim's
//!   to the last who was given it, a reminder's and an entry's of time to whose it is;
//! - what is recorded of an employee, absences too, belongs to that employee;
//! - what names a warehouse or a bank account belongs to it, and so does what goes on with a
//!   document whose opening named one;
//! - what configures the company (pipelines, items, prices, sources …) is everybody's who may read
//!   its family; what is left belongs to nobody, and is seen by those who see the whole family.
//!
//! Money is its client's alone: an invoice that is seen without what settles it would be told
//! wrong.

use std::sync::LazyLock;

use sijil_facts::Seen;
use sijil_schemas::{Position, RightFamily, RightScope, event::EVENT_TYPES, time::Date};

use crate::families::Folds;

mod kinds;
mod places;
mod scopes;

pub use places::Places;
use scopes::Scopes;

/// What somebody may read.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Readable {
    /// The families of which all may be read.
    pub whole: Vec<RightFamily>,
    /// What may be read of others.
    pub within: Vec<Portion>,
    /// The id of the employee whose own is read; `None` has nothing of its own.
    pub employee: Option<String>,
}

/// Some families, and how far they may be read: all of these scopes hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Portion {
    /// The families.
    pub families: Vec<RightFamily>,
    /// The scopes; of none of them everything is seen.
    pub scopes: Vec<RightScope>,
}

/// One bit for each family.
fn bit(family: RightFamily) -> u32 {
    1 << family as u32
}

fn bits(families: &[RightFamily]) -> u32 {
    families.iter().fold(0, |bits, family| match family {
        RightFamily::All => u32::MAX,
        family => bits | bit(*family),
    })
}

/// The bit of the family of an event type's code; all of them of a code of none, which only who
/// reads all may read.
fn family_of_code(code: u16) -> u32 {
    static BITS: LazyLock<Vec<u32>> = LazyLock::new(|| {
        let last = EVENT_TYPES.iter().map(|known| usize::from(known.code)).max().unwrap_or(0);
        let mut all = vec![0; last + 1];
        for known in EVENT_TYPES {
            all[usize::from(known.code)] = RightFamily::named(known.family).map_or(0, bit);
        }
        all
    });
    BITS.get(usize::from(code)).copied().unwrap_or(0)
}

/// Which of the records up to the end of the folds somebody sees, by whose they are at the end of a
/// day. `None` if it is all of them.
#[must_use]
pub fn seen(views: Folds<'_>, readable: &Readable, today: Date) -> Option<Seen> {
    let whole = bits(&readable.whole);
    if whole == u32::MAX {
        return None;
    }
    let zone = views.company.zone();
    let day_end = |day: Date| day.plus_days(1).start(&zone);
    let scopes = Scopes::of(views, readable.employee.as_deref(), today, &day_end);
    let within: Vec<(u32, Seen)> = readable
        .within
        .iter()
        .map(|within| (bits(&within.families), scopes.of_all(&within.scopes)))
        .collect();
    let mut seen = Seen::nothing(views.up_to);
    for position in (1..=views.up_to.get()).map(Position::new) {
        let Some(noted) = scopes.noted(position) else { continue };
        let family = family_of_code(noted.code());
        let is_in = |(families, of): &(u32, Seen)| {
            families & family != 0 && (of.has(position) || scopes.is_everybodys(position, &noted))
        };
        if whole & family != 0 || within.iter().any(is_in) {
            seen.add(position);
        }
    }
    // A void says of its target alone.
    for (target, void) in views.voids.iter().filter(|(_, void)| *void <= views.up_to) {
        if seen.has(target) {
            seen.add(void);
        } else {
            seen.take_out(void);
        }
    }
    Some(seen)
}
