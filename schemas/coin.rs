//! The amounts and currencies an event names, with where each stands. Invariant: none is left out;
//! a test holds this against the schemas.

use crate::{
    event::{Accounting, Event, Marketing},
    money::{Amount, Currency},
};

/// Where an amount or a currency stands in an event's `data`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The field of the event.
    pub field: &'static str,
    /// Which element, if the field is a list.
    pub index: Option<usize>,
    /// The way from there, as in `amount`; empty if it is the value itself.
    pub part: &'static str,
}

impl Place {
    pub(crate) const fn of(field: &'static str) -> Place {
        Place { field, index: None, part: "" }
    }
    pub(crate) const fn at(self, index: usize) -> Place {
        Place { index: Some(index), ..self }
    }
    pub(crate) const fn part(self, part: &'static str) -> Place {
        Place { part, ..self }
    }
    /// The JSON pointer in the draft, as in `/data/purpose_lines/0/amount`.
    #[must_use]
    pub fn pointer(self) -> String {
        let index = self.index.map(|index| format!("/{index}")).unwrap_or_default();
        let part = if self.part.is_empty() { String::new() } else { format!("/{}", self.part) };
        format!("/data/{}{index}{part}", self.field)
    }
}

/// An amount, a currency, or both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coin {
    /// Where it stands: the amount, if there is one.
    pub place: Place,
    /// How much; absent where a currency stands alone.
    pub amount: Option<Amount>,
    /// Of which currency; absent where the event's other fields, or its document, say it.
    pub currency: Option<Currency>,
}

/// Whether an amount of an event is paid or owed as it stands, and so has no more places than its
/// currency: totals, instalments, payments with their purposes and deductions, allocations,
/// refunds, write-offs, transfers, costs, lines of bank statements. Prices, net and tax of a line,
/// orders, values of goods, entries, estimates and plans may be finer. What nobody lists as finer
/// is a total.
#[must_use]
pub fn is_total(event: &Event, place: Place) -> bool {
    match event {
        Event::Invoices(_) | Event::Claims(_) => !is_finer(place),
        Event::Accounting(Accounting::EntryPosted(_)) => false,
        Event::Accounting(_) => !is_finer(place),
        Event::Marketing(Marketing::CampaignCostRecorded(_)) => true,
        Event::Marketing(_)
        | Event::Orders(_)
        | Event::Deals(_)
        | Event::Catalogue(_)
        | Event::Stock(_)
        | Event::Staff(_) => false,
        Event::Clients(_)
        | Event::Counterparties(_)
        | Event::Interactions(_)
        | Event::Tasks(_)
        | Event::Surveys(_)
        | Event::Access(_)
        | Event::System(_) => false,
    }
}

/// The parts of a document's line that may be finer.
fn is_finer(place: Place) -> bool {
    matches!(place.part, "price" | "net" | "tax")
}
