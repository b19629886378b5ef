//! The facts the rules need. Invariant: it holds the very folds the views are made of, so a rule
//! and a report cannot disagree on what is known.
//!
//! The book runs ahead of the log: it takes records when they are decided, before they are durable.
//! When such records are dropped (a request is refused half way, a batch does not land) they are
//! *retracted*: no fold forgets anything, but no lens counts them any more. The log uses their
//! positions again, so the book counts in places of its own, which never come back; without
//! retractions place and position are the same number.

use sijil_facts::Revised;
use sijil_projections::{
    Cut, Fold, Lens, Views, Voids, activity::Activity, assembly::Assembly, clients::Clients,
    company::Company, deals::Deals, entities::Entities, staff::Staff, stock::Stock, trade::Trade,
};
use sijil_schemas::{Position, Record};

use crate::{deals::Milestones, stock::Stands, trade::Standings};

/// What is known, durable or in flight, as the rules see it.
#[derive(Debug)]
pub struct Book {
    position: Position,
    /// The document of which parts are still to come, if there is one.
    pub assembly: Assembly,
    /// Which records are voided.
    pub voids: Voids,
    /// Zone, currency, rates, closed periods.
    pub company: Company,
    /// Existence and revisions.
    pub entities: Entities,
    /// Client cards, contacts, owners, merges, links.
    pub clients: Clients,
    /// Pipelines, regulations, deals.
    pub deals: Deals,
    /// Orders, invoices, payments, bills.
    pub trade: Trade,
    /// Goods.
    pub stock: Stock,
    /// Interactions, claims, tasks.
    pub activity: Activity,
    /// Employees, targets, substitutions.
    pub staff: Staff,
    /// What is there and reserved, now and at any moment; no fact of its own.
    pub stands: Stands,
    /// How deals that have gone far stood on their way; no fact of its own.
    pub(crate) milestones: Milestones,
    /// Sums of what settles documents and payments that have lived long; no fact of its own.
    pub(crate) standings: Standings,
}

impl Default for Book {
    fn default() -> Book {
        Book::of(&Views::default())
    }
}

impl Clone for Book {
    fn clone(&self) -> Book {
        let book = Book {
            position: self.position,
            assembly: self.assembly.clone(),
            voids: self.voids.clone(),
            company: self.company.clone(),
            entities: self.entities.apart(),
            clients: self.clients.clone(),
            deals: self.deals.clone(),
            trade: self.trade.clone(),
            stock: self.stock.clone(),
            activity: self.activity.clone(),
            staff: self.staff.clone(),
            stands: self.stands.clone(),
            milestones: self.milestones.clone(),
            standings: self.standings.clone(),
        };
        book.linked()
    }
}

impl Book {
    /// The book that knows what some views know.
    #[must_use]
    pub fn of(views: &Views) -> Book {
        let book = Book {
            position: views.position(),
            assembly: views.assembly().clone(),
            voids: views.voids.clone(),
            company: views.company.clone(),
            entities: views.entities.apart(),
            clients: views.clients.clone(),
            deals: views.deals.clone(),
            trade: views.trade.clone(),
            stock: views.stock.clone(),
            activity: views.activity.clone(),
            staff: views.staff.clone(),
            stands: Stands::of(&views.stock, &views.voids),
            milestones: Milestones::of(&views.deals, views.now()),
            standings: Standings::default(),
        };
        book.linked()
    }
    fn linked(mut self) -> Book {
        self.link();
        self
    }
    /// Has every fold count in the numbers of the entities.
    pub fn link(&mut self) {
        let ids = self.entities.ids().clone();
        self.company.link(&ids);
        self.clients.link(&ids);
        self.deals.link(&ids);
        self.trade.link(&ids);
        self.stock.link(&ids);
        self.activity.link(&ids);
        self.staff.link(&ids);
    }
    /// Drops what is kept beside the facts to judge long lives quickly; it is made anew as more
    /// facts come.
    pub fn drop_sums(&mut self) {
        self.milestones.clear();
        self.standings = Standings::default();
    }
    /// Takes the next record, which stands at the next position of the log.
    pub fn take(&mut self, record: &mut Record) {
        let (position, voids) = (record.position, record.voids);
        record.position = self.position.next();
        record.voids = voids.map(|target| self.place_of(target));
        self.apply(record);
        (record.position, record.voids) = (position, voids);
    }
    /// Takes every record after a place as never recorded.
    pub fn retract(&mut self, after: Position) {
        if after < self.position {
            self.voids.retract(after.next(), self.position);
            self.assembly.retract(after.next());
            self.stands.retract(&self.stock, after.next());
            self.entities.truncate(after);
            self.company.truncate(after);
            self.clients.truncate(after);
            self.deals.truncate(after);
            self.trade.truncate(after);
            self.stock.truncate(after);
            self.activity.truncate(after);
            self.staff.truncate(after);
            self.milestones.clear();
            self.standings.retract(after.next());
        }
    }
    /// The place in the book of a position of the log.
    #[must_use]
    pub fn place_of(&self, position: Position) -> Position {
        let mut place = position.get();
        for retracted in self.voids.retracted() {
            if retracted.get() > place {
                break;
            }
            place += 1;
        }
        Position::new(place)
    }
    /// The position in the log of a place in the book.
    #[must_use]
    pub fn position_of(&self, place: Position) -> Position {
        let before = self.voids.retracted().range(..place).count();
        Position::new(place.get() - before as u64)
    }
    /// Takes the next record as it is; only for a book in which nothing is ever retracted, else
    /// [`Book::take`].
    pub fn apply(&mut self, record: &Record) {
        self.position = record.position;
        self.voids.take(record);
        self.entities.name(&record.event, record.position);
        self.entities.take(record);
        let Some(record) = self.assembly.take(record) else { return };
        let record = &*record;
        self.company.apply(record);
        self.clients.apply(record);
        self.deals.apply(record);
        self.trade.apply(record);
        self.stock.apply(record);
        self.activity.apply(record);
        self.staff.apply(record);
        self.stands.take(&self.stock, record);
        self.standings.take(&self.trade, Lens::new(Cut::all(), &self.voids), record);
        self.milestones.take(
            (&self.deals, &self.entities),
            Lens::new(Cut::all(), &self.voids),
            record,
        );
    }
    /// The position of the last record taken.
    #[must_use]
    pub const fn position(&self) -> Position {
        self.position
    }
    /// Everything known now, without a cut on business time.
    #[must_use]
    pub const fn now(&self) -> Lens<'_> {
        Lens::new(Cut::all(), &self.voids)
    }
    /// Everything known now, as if one record had never been.
    #[must_use]
    pub fn without(&self, except: Position) -> Lens<'_> {
        Lens::new(Cut { except: Some(except), ..Cut::all() }, &self.voids)
    }
}
