//! The read model of clients: their cards, their histories, and what rests on them.

use std::sync::Arc;

use sijil_facts::Ids;
pub use sijil_facts::clients::*;
use sijil_schemas::Record;

use crate::fold::{Fold, Quarantined};

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
    const EDITION: u32 = 7;

    fn apply(&self, record: &Record) {
        self.take(record);
    }
    fn quarantine(&self) -> Vec<Quarantined> {
        Clients::quarantine(self)
    }
    fn link(&mut self, ids: &Arc<Ids>) {
        self.count_in(ids.clone());
    }
}
