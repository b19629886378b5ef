//! Warranties, and service on goods that clients have. Invariant: goods are under warranty on a day
//! iff it is not before the first day of the term and before its end.

use std::ops::Range;

use sijil_schemas::{
    Record, ServicePerformed, WarrantyStarted,
    id::kind,
    money::Money,
    time::{Date, Timestamp},
};

use super::Activity;
use crate::{
    cells,
    chain::Chain,
    cut::{Dated, Lens},
    ids::Sym,
    words::Word,
};

cells! {
    /// A promise to repair or replace goods.
    pub struct Guarantee {
        /// Whose goods, where it says so itself.
        pub client: Option<Sym<kind::Client>>,
        /// Sent with which shipment.
        pub shipment: Option<Sym<kind::Shipment>>,
        /// Which line of it.
        pub line: Option<Sym<Word>>,
        /// Which item.
        pub item: Option<Sym<kind::Item>>,
        /// The first day.
        pub from: Date,
        /// How many months.
        pub months: u16,
    }
}

impl Guarantee {
    /// The first day that it no longer covers: the same day of the month as the first one, or the
    /// last of a month that is too short.
    #[must_use]
    pub fn end(&self) -> Date {
        self.from.plus_months(self.months)
    }
    /// Whether it covers a day.
    #[must_use]
    pub fn covers(&self, day: Date) -> bool {
        self.from <= day && day < self.end()
    }
}

cells! {
    /// A job of service.
    pub struct Served {
        /// Whose goods, where it says so itself.
        pub client: Option<Sym<kind::Client>>,
        /// Under which warranty.
        pub warranty: Option<Sym<kind::Warranty>>,
        /// For which claim.
        pub claim: Option<Sym<kind::Claim>>,
        /// Which item.
        pub item: Option<Sym<kind::Item>>,
        /// Whether the warranty covers it, as it says.
        pub in_warranty: bool,
        /// What it cost.
        pub cost: Option<Money>,
        /// What the client is charged.
        pub price: Option<Money>,
    }
}

impl Activity {
    pub(super) fn take_warranty(&self, record: &Record, e: &WarrantyStarted) {
        let word = |word: &str| self.words.intern(word, record.position);
        let guarantee = Guarantee {
            client: e.client.as_ref().map(|client| self.ids.sym(client)),
            shipment: e.shipment.as_ref().map(|shipment| self.ids.sym(shipment)),
            line: e.line.as_ref().map(|line| word(line.as_str())),
            item: e.item.as_ref().map(|item| self.ids.sym(item)),
            from: e.from,
            months: e.months.into(),
        };
        self.warranties.push(self.ids.sym(&e.warranty), Dated::of(record, guarantee));
    }
    pub(super) fn take_service(&self, record: &Record, e: &ServicePerformed) {
        let served = Served {
            client: e.client.as_ref().map(|client| self.ids.sym(client)),
            warranty: e.warranty.as_ref().map(|warranty| self.ids.sym(warranty)),
            claim: e.claim.as_ref().map(|claim| self.ids.sym(claim)),
            item: e.item.as_ref().map(|item| self.ids.sym(item)),
            in_warranty: e.in_warranty,
            cost: e.cost,
            price: e.price,
        };
        self.served.push(self.ids.sym(&e.service_job), Dated::of(record, served));
    }
    /// What says of a warranty what it covers.
    #[must_use]
    pub fn warranty(
        &self,
        warranty: Option<Sym<kind::Warranty>>,
    ) -> Chain<'_, kind::Warranty, Guarantee> {
        self.warranties.of_any(warranty)
    }
    /// The warranties that count, in order of position.
    pub fn warranties<'a>(
        &'a self,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = (Sym<kind::Warranty>, Dated<Guarantee>)> + 'a {
        self.warranties.counting(lens).map(|(_, warranty, started)| (warranty, started))
    }
    /// A job of service, if it counts.
    #[must_use]
    pub fn served(
        &self,
        job: Option<Sym<kind::ServiceJob>>,
        lens: Lens<'_>,
    ) -> Option<Dated<Served>> {
        self.served.of_any(job).last(lens)
    }
    /// The jobs of service in an interval that count, in order of position.
    pub fn served_within<'a>(
        &'a self,
        lens: Lens<'a>,
        within: Range<Timestamp>,
    ) -> impl Iterator<Item = (Sym<kind::ServiceJob>, Dated<Served>)> + 'a {
        self.served.within(within, lens).map(|(_, job, served)| (job, served))
    }
}
