//! The read model of clients: their cards, their histories, and what rests on them.

use std::sync::Arc;

use sijil_facts::Ids;
pub use sijil_facts::clients::*;
use sijil_schemas::{Record, id::kind, time::Timestamp};

use crate::{
    cut::Lens,
    fold::{Fold, Quarantined},
    table::Sym,
    views::Folds,
};

mod card;
mod near;
mod timeline;

pub use card::{
    ClientCard, ContactCard, CounterpartyCard, Linked, client_card, contact_card, counterparty_card,
};
pub(crate) use near::documents_near;
pub use near::resting_on;
pub use timeline::{Happening, happened, happenings};

impl Fold for Clients {
    const NAME: &'static str = "clients";
    const EDITION: u32 = 5;

    fn apply(&mut self, record: &Record) {
        self.take(record);
    }
    fn quarantine(&self) -> Vec<Quarantined> {
        Clients::quarantine(self)
    }
    fn link(&mut self, ids: &Arc<Ids>) {
        self.count_in(ids.clone());
    }
}

/// The client of an event with this date, by the links on that date; `None` is "no client". The
/// lens must have the report's own `as_of`, not the event's date.
#[must_use]
pub fn client_of(
    views: Folds<'_>,
    lens: Lens<'_>,
    hints: &Hints<'_>,
    at: Timestamp,
) -> Option<Sym<kind::Client>> {
    Resolver::new(views.clients, lens, LinkView::AtEvent).client_of(hints, at)
}
