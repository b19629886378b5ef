//! What each caller sees of the company. Invariant: permission and data are of one state: what a
//! desk leaves out was worked out up to the position that its views stand at, or later, and by
//! whose everything is today.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use sijil_access::{Families, Held};
use sijil_projections::{
    Known, Seen,
    scope::{Portion, Readable, seen},
};
use sijil_schemas::{May, Position, RightFamily, time::Date};

use crate::{ledger::Ledger, limits::QUERY_WAIT_MS_MAX};

/// So many callers' sights are kept; beyond that they are worked out anew.
const SIGHTS_MAX: usize = 64;

/// What was worked out for somebody: the day, and what is seen up to a position.
#[derive(Debug, Clone)]
struct Sight {
    today: Date,
    up_to: Position,
    seen: Option<Arc<Seen>>,
}

/// What was worked out last for those who asked last.
#[derive(Debug, Default)]
pub(crate) struct Sights(Mutex<HashMap<Arc<Readable>, Sight>>);

/// What one caller may do with records, told apart one by one.
#[derive(Debug, Clone)]
pub(crate) struct Looker {
    whole: Families,
    readable: Arc<Readable>,
    sight: Arc<Mutex<Option<Sight>>>,
}

impl Looker {
    /// What somebody may do so with; `employee` is who it is.
    pub(crate) fn new(held: &Held, may: May, employee: Option<&str>) -> Looker {
        let named = |families: Families| {
            RightFamily::ALL.iter().copied().filter(move |family| families.has(*family))
        };
        let whole = held.whole.families(may);
        let within = held.within.iter().filter_map(|within| {
            let families: Vec<RightFamily> = named(within.rights.families(may))
                .filter(|family| *family != RightFamily::All && !whole.has(*family))
                .collect();
            let scopes = within.scopes.clone();
            (!families.is_empty()).then_some(Portion { families, scopes })
        });
        let readable = Readable {
            whole: named(whole).collect(),
            within: within.collect(),
            employee: employee.map(str::to_owned),
        };
        Looker { whole, readable: Arc::new(readable), sight: Arc::default() }
    }
    /// Whether it is everything.
    pub(crate) fn is_all(&self) -> bool {
        self.whole.is_all()
    }
    /// Whether the record at a position is among them.
    pub(crate) fn has(&self, ledger: &Ledger, position: Position) -> bool {
        self.is_all() || self.up_to(ledger, position).seen.is_none_or(|seen| seen.has(position))
    }
    /// What is known, without what is not among them.
    pub(crate) fn known(&self, ledger: &Ledger) -> Known {
        let views = ledger.views();
        if self.is_all() {
            return views;
        }
        let seen = self.up_to(ledger, views.position()).seen;
        views.seen_as(seen)
    }
    /// What is seen up to a position, and what would be seen of a company that has gone beyond it,
    /// apart; `None` if both are everything.
    pub(crate) fn seen_apart(
        &self,
        ledger: &Ledger,
        known: &Known,
        from: Position,
    ) -> Option<(Option<Arc<Seen>>, Option<Seen>)> {
        if self.is_all() {
            return None;
        }
        let sight = self.up_to(ledger, from);
        Some((sight.seen, seen(known.folds(), &self.readable, sight.today)))
    }
    /// What was worked out up to a position at least, if the views come that far in time.
    fn up_to(&self, ledger: &Ledger, position: Position) -> Sight {
        let mut sight = self.sight.lock().unwrap_or_else(PoisonError::into_inner);
        match &*sight {
            Some(sight) if sight.up_to >= position => sight.clone(),
            _ => {
                let newer = ledger.sight(&self.readable, position);
                *sight = Some(newer.clone());
                newer
            }
        }
    }
}

impl Ledger {
    fn sight(&self, readable: &Arc<Readable>, position: Position) -> Sight {
        let _reached = self.wait(position, Duration::from_millis(QUERY_WAIT_MS_MAX));
        let views = self.views();
        let today = self.now().date(&views.company.zone());
        let sights = &self.shared.sights.0;
        let kept = sights.lock().unwrap_or_else(PoisonError::into_inner).get(readable).cloned();
        if let Some(kept) =
            kept.filter(|kept| kept.today == today && kept.up_to >= views.position())
        {
            return kept;
        }
        let seen = seen(views.folds(), readable, today).map(Arc::new);
        let sight = Sight { today, up_to: views.position(), seen };
        let mut sights = sights.lock().unwrap_or_else(PoisonError::into_inner);
        if sights.len() >= SIGHTS_MAX && !sights.contains_key(readable) {
            sights.clear();
        }
        sights.insert(readable.clone(), sight.clone());
        sight
    }
}
