//! What the rules judge by. Invariant: it is the very company that readers ask, seen from the side
//! of what is decided, so a rule and a report cannot disagree on what is known.
//!
//! The book runs ahead of the log: it takes records when they are decided, before they are durable.
//! When such records are dropped (a request is refused half way, a batch does not land) they are
//! taken back, and nothing is left of them.

use std::{collections::BTreeSet, ops::Deref, sync::Arc};

use sijil_projections::{Cut, Families, Known, Lens, Side, Sym, Views, assembly::Assembly};
use sijil_schemas::{Position, Record, id::kind};

use crate::{
    access,
    clients::Tied,
    deals::Milestones,
    stock::{Costs, Stands},
    trade::{
        Deliveries, Standings,
        used::{self, Used},
    },
};

/// What is known, durable or in flight, as the rules see it.
#[derive(Debug)]
pub struct Book {
    views: Views,
    /// What is there and reserved, now and at any moment; no fact of its own.
    pub stands: Stands,
    /// How deals that have gone far stood on their way; no fact of its own.
    pub(crate) milestones: Milestones,
    /// Sums of what settles documents and payments that have lived long; no fact of its own.
    pub(crate) standings: Standings,
    /// What was sent of orders that have gone far; no fact of its own.
    pub(crate) deliveries: Deliveries,
    /// What limits have used up; no fact of its own.
    pub(crate) used: Used,
    /// Who keeps the company open, and whose values must stay; no fact of its own.
    pub(crate) keyholders: access::Standing,
    /// Which clients merges ever tied together; no fact of its own.
    pub(crate) tied: Tied,
    /// What adjusted receipts cost; no fact of its own.
    pub(crate) costs: Costs,
}

impl Default for Book {
    fn default() -> Book {
        Book::on(Views::default())
    }
}

impl Clone for Book {
    fn clone(&self) -> Book {
        Book {
            views: self.views.clone(),
            stands: self.stands.clone(),
            milestones: self.milestones.clone(),
            standings: self.standings.clone(),
            deliveries: self.deliveries.clone(),
            used: self.used.clone(),
            keyholders: self.keyholders.clone(),
            tied: self.tied.clone(),
            costs: self.costs.clone(),
        }
    }
}

impl Deref for Book {
    type Target = Families;
    fn deref(&self) -> &Families {
        &self.views
    }
}

impl Book {
    /// The book of a company: from now on it alone takes records into it.
    #[must_use]
    pub fn on(views: Views) -> Book {
        let stands = Stands::of(&views.stock, &views.voids);
        let milestones = Milestones::of(&views.deals, views.now());
        let keyholders = access::Standing::of(&views.access, views.now());
        let (tied, costs) = (Tied::of(&views.clients), Costs::of(views.families(), views.now()));
        let used = {
            let (families, now) = (&**views.families(), views.now());
            Used::of(used::At { families, stands: &stands, now })
        };
        Book {
            views,
            stands,
            milestones,
            used,
            standings: Standings::default(),
            deliveries: Deliveries::default(),
            keyholders,
            tied,
            costs,
        }
    }
    /// A book of its own that knows what is known.
    #[must_use]
    pub fn of(known: &Known) -> Book {
        Book::on(known.copy())
    }
    /// The company as whoever asks sees it, for what is judged beside the writer: of what is kept
    /// beside the facts it has what stands of these items, and the rest is walked for.
    pub(crate) fn asked(known: Known, items: &BTreeSet<Sym<kind::Item>>) -> Book {
        let stands = Stands::of_items(&known.stock, known.now(), items);
        Book {
            views: Views::asked(known),
            stands,
            milestones: Milestones::default(),
            standings: Standings::default(),
            deliveries: Deliveries::default(),
            used: Used::default(),
            keyholders: access::Standing::default(),
            tied: Tied::default(),
            costs: Costs::default(),
        }
    }
    /// Goes on with these families of the company, if it has others: what was decided stands in
    /// them, too.
    pub fn go_on_with(&mut self, families: &Arc<Families>) {
        if !Arc::ptr_eq(families, self.views.families()) {
            let mut views = std::mem::take(&mut self.views);
            views.go_on_with(families.clone());
            *self = Book::on(views);
        }
    }
    /// Drops what is kept beside the facts to judge long lives quickly; it is made anew as more
    /// facts come.
    pub fn drop_sums(&mut self) {
        self.milestones.clear();
        self.standings = Standings::default();
        self.deliveries = Deliveries::default();
    }
    /// Takes the next record.
    pub fn apply(&mut self, record: &Record) {
        let Some(record) = self.views.take(record) else { return };
        let (record, families) = (&*record, &**self.views.families());
        let now = Lens::new(Cut::all(), &families.voids);
        self.stands.take(&families.stock, record);
        self.standings.take(&families.trade, now, record);
        self.tied.take(&families.clients, record.position..record.position.next());
        self.deliveries.take(&families.trade, now, record);
        self.costs.take(families, now, record);
        self.used.take(used::At { families, stands: &self.stands, now }, record);
        self.keyholders.take(&families.access, now, record);
        self.milestones.take((&families.deals, &families.entities), now, record);
    }
    /// Takes back every record after a position.
    pub fn truncate(&mut self, after: Position) {
        if after < self.position() {
            self.take_back(after);
            self.milestones.clear();
            self.standings.truncate(after);
        }
    }
    /// The same of the facts, and of what is kept beside them but for milestones and standings.
    fn take_back(&mut self, after: Position) {
        let within = after.next()..Position::MAX;
        let mut unvoided = self.voids.targets_after(after);
        unvoided.retain(|target| *target <= after);
        let touched = access::Touched::after(&self.views.access, after);
        let mut moved = used::Touched::default();
        // Before the facts it rests on.
        let (families, now) = (self.views.families().clone(), self.views.now());
        for positions in unvoided.iter().map(|of| *of..of.next()).chain([within.clone()]) {
            moved.add(&families, positions);
        }
        self.used
            .take_out(used::At { families: &families, stands: &self.stands, now }, within.clone());
        self.stands.truncate(&families.stock, after);
        self.deliveries.take_out(&families.trade, within.clone());
        self.costs.take_out(&families, within);
        drop(families);
        self.views.truncate(after);
        let (families, now) = (&**self.views.families(), self.views.now());
        self.keyholders.refresh(&families.access, now, touched);
        for target in &unvoided {
            self.deliveries.put_back(&families.trade, now, *target);
            self.costs.put_back(families, now, *target);
        }
        let at = used::At { families, stands: &self.stands, now };
        self.used.go_back(at, (after, moved), &unvoided);
    }
    /// What is known, with what limits are judged by.
    pub(crate) fn beside(&self) -> used::At<'_> {
        used::At { families: &self.views, stands: &self.stands, now: self.now() }
    }
    /// The families of the company.
    #[must_use]
    pub fn families(&self) -> &Arc<Families> {
        self.views.families()
    }
    /// The document of which parts are still to come, if there is one.
    #[must_use]
    pub fn assembly(&self) -> &Assembly {
        self.views.assembly()
    }
    /// The position of the last record taken.
    #[must_use]
    pub fn position(&self) -> Position {
        self.views.position()
    }
    /// Everything known now, without a cut on business time.
    #[must_use]
    pub fn now(&self) -> Lens<'_> {
        match self.views.side() {
            Side::Decided => Lens::new(Cut::all(), &self.voids),
            Side::Durable => self.views.now(),
        }
    }
    /// Whose facts it judges by: what is decided, or, beside the writer, what is durable.
    #[must_use]
    pub fn side(&self) -> Side {
        self.views.side()
    }
    /// Everything known now, as if one record had never been.
    #[must_use]
    pub fn without(&self, except: Position) -> Lens<'_> {
        let now = self.now();
        Lens { cut: Cut { except: Some(except), ..now.cut }, ..now }
    }
}
