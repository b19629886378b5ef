//! Whose the records are. Invariant: each way in which a record belongs to somebody stands here,
//! once.

use std::collections::HashSet;

use sijil_facts::{EntitySym, Ids, Seen, Sym, staff::Placement};
use sijil_schemas::{
    Position, RightScope,
    event::{Birth, event_type_of_code},
    id::{Entity, Id, Key, Kind, kind},
    time::{Date, Timestamp},
};

use super::kinds::configures;
use crate::{
    activity::ReminderStep,
    clients::{Noted, happened},
    cut::{Cut, Lens},
    families::Folds,
};

/// Whether a record opens an entity, or defines it anew.
fn opens(noted: &Noted) -> bool {
    event_type_of_code(noted.code()).is_some_and(|known| known.birth != Birth::Continues)
}

/// What works out scopes.
pub(super) struct Scopes<'a> {
    pub(super) views: Folds<'a>,
    /// Everything known.
    pub(super) known: Lens<'a>,
    /// Everything known that is true by the end of today.
    pub(super) today: Lens<'a>,
    day_end: &'a dyn Fn(Date) -> Timestamp,
    pub(super) employee: Option<Sym<kind::Employee>>,
}

impl<'a> Scopes<'a> {
    /// Of an employee, on a day; `day_end` gives the first moment after one.
    pub(super) fn of(
        views: Folds<'a>,
        employee: Option<&str>,
        today: Date,
        day_end: &'a dyn Fn(Date) -> Timestamp,
    ) -> Scopes<'a> {
        // Nothing of what is asked about is hidden from who works it out.
        let views = Folds { seen: None, watch: None, ..views };
        let before = day_end(today);
        Scopes {
            views,
            known: views.lens(Cut::all()),
            today: views.lens(Cut { before, ..Cut::all() }),
            day_end,
            employee: employee.and_then(|id| views.staff.ids().find(id)),
        }
    }
    pub(super) fn ids(&self) -> &'a Ids {
        self.views.entities.ids()
    }
    /// What is noted of a record; of a later part of a document what is noted of its opening.
    pub(super) fn noted(&self, position: Position) -> Option<Noted> {
        let of = |position| self.views.clients.any_noted(position);
        of(position).or_else(|| of(self.views.voids.opening_of(position)))
    }
    /// Whether a record configures the company, and is tied to no client.
    pub(super) fn is_everybodys(&self, position: Position, noted: &Noted) -> bool {
        let opening = self.views.voids.opening_of(position);
        configures(noted.home().kind) && self.views.clients.noted(opening).is_none()
    }
    /// What lies in all of some scopes.
    pub(super) fn of_all(&self, scopes: &[RightScope]) -> Seen {
        let mut scopes = scopes.iter().filter(|scope| **scope != RightScope::All);
        let Some(first) = scopes.next() else { return self.everything() };
        let mut seen = self.of_scope(first);
        scopes.for_each(|scope| seen.keep(&self.of_scope(scope)));
        seen
    }
    fn everything(&self) -> Seen {
        let mut seen = Seen::nothing(self.views.up_to);
        (1..=self.views.up_to.get()).for_each(|position| seen.add(Position::new(position)));
        seen
    }
    fn of_scope(&self, scope: &RightScope) -> Seen {
        match scope {
            RightScope::All => self.everything(),
            RightScope::Own => self.of_employees(&self.own()),
            RightScope::Team => self.of_employees(&self.team()),
            RightScope::Department(departments) => {
                let departments: Vec<&str> = departments.iter().map(Key::as_str).collect();
                self.of_employees(&self.members(&departments))
            }
            RightScope::Warehouse(warehouses) => self.of_places(warehouses),
            RightScope::BankAccount(accounts) => self.of_places(accounts),
        }
    }

    // Who.

    /// The employee, and those whose deputy it is today.
    pub(super) fn own(&self) -> HashSet<Sym<kind::Employee>> {
        let Some(own) = self.employee else { return HashSet::new() };
        self.with_absent(HashSet::from([own]))
    }
    pub(super) fn last_moment(&self) -> Timestamp {
        let last = Timestamp::from_micros(self.today.cut.before.micros() - 1);
        last.unwrap_or(Timestamp::MIN)
    }
    fn with_absent(&self, mut all: HashSet<Sym<kind::Employee>>) -> HashSet<Sym<kind::Employee>> {
        let now = self.last_moment();
        for absent in self.ids().syms::<kind::Employee>() {
            let terms = self.views.staff.terms_of(absent, self.today, self.day_end);
            if terms.iter().any(|(_, term)| term.holds(now) && all.contains(&term.deputy)) {
                all.insert(absent);
            }
        }
        all
    }
    fn placed(&self, employee: Sym<kind::Employee>) -> Option<Placement> {
        self.views.staff.placements(Some(employee)).last(self.today).map(|placed| placed.what)
    }
    /// The employee, all who work below, and those whose deputy one is.
    pub(super) fn team(&self) -> HashSet<Sym<kind::Employee>> {
        let mut all = self.own();
        let Some(own) = self.employee else { return all };
        let mut pending = vec![own];
        while let Some(manager) = pending.pop() {
            for below in self.ids().syms::<kind::Employee>() {
                let manages = self.placed(below).is_some_and(|of| of.manager == Some(manager));
                if manages && all.insert(below) {
                    pending.push(below);
                }
            }
        }
        all
    }
    /// Who works in departments, or in parts of them.
    pub(super) fn members(&self, departments: &[&str]) -> HashSet<Sym<kind::Employee>> {
        let is_part = |of: &str| {
            departments.iter().any(|department| {
                of.strip_prefix(department)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
        };
        let is_in = |employee: &Sym<kind::Employee>| {
            self.placed(*employee)
                .is_some_and(|placed| is_part(self.views.staff.word(placed.department)))
        };
        self.ids().syms::<kind::Employee>().filter(is_in).collect()
    }

    // What.

    fn of_employees(&self, employees: &HashSet<Sym<kind::Employee>>) -> Seen {
        let mut seen = Seen::nothing(self.views.up_to);
        let clients = self.views.clients;
        for client in self.ids().syms::<kind::Client>() {
            let owner = clients.owner(client, self.today);
            if clients.root(client, self.known) == client
                && owner.is_some_and(|owner| employees.contains(&owner))
            {
                self.add_client(client, &mut seen);
            }
        }
        for walked in self.views.deals.courses(self.today) {
            if employees.contains(&walked.course.last_owner().1) {
                self.add_home(walked.deal.into(), &mut seen);
            }
        }
        for task in self.ids().syms::<kind::Task>() {
            let assigned = self.views.activity.task(task, self.known);
            if assigned.is_some_and(|task| employees.contains(&task.assignee)) {
                self.add_home(task.into(), &mut seen);
            }
        }
        for entity in self.given_to(employees) {
            self.add_home(entity, &mut seen);
        }
        for employee in employees {
            let life = self.views.entities.life_of((*employee).into(), self.views.side);
            for (position, _) in life.touching_back() {
                let noted = self.noted(position).map(|noted| noted.home().kind);
                if let Some(Kind::Employee | Kind::Substitution | Kind::Target | Kind::Absence) =
                    noted
                {
                    seen.add(position);
                }
            }
        }
        seen
    }
    /// The claims that employees were given, their reminders and their entries of time.
    fn given_to(&self, employees: &HashSet<Sym<kind::Employee>>) -> Vec<EntitySym> {
        let ids = self.ids();
        let claims = ids.syms::<kind::Claim>().map(EntitySym::from);
        let reminders = ids.syms::<kind::Reminder>().map(EntitySym::from);
        let entries = ids.syms::<kind::TimeEntry>().map(EntitySym::from);
        let all = claims.chain(reminders).chain(entries);
        all.filter(|entity| self.does(*entity).is_some_and(|of| employees.contains(&of))).collect()
    }
    /// Who does what a task, claim or reminder asks for, or did what an entry of time tells of.
    pub(super) fn does(&self, entity: EntitySym) -> Option<Sym<kind::Employee>> {
        let activity = self.views.activity;
        if let Some(task) = entity.typed::<kind::Task>() {
            return activity.task(task, self.known).map(|task| task.assignee);
        }
        if let Some(claim) = entity.typed::<kind::Claim>() {
            return activity.claim_holder(Some(claim), self.known).map(|given| given.what);
        }
        if let Some(reminder) = entity.typed::<kind::Reminder>() {
            let mut steps = activity.reminder_steps(Some(reminder)).known(self.known);
            return steps.find_map(|step| match step.what {
                ReminderStep::Set { employee, .. } => Some(employee),
                ReminderStep::Done => None,
            });
        }
        let worked = activity.worked(entity.typed::<kind::TimeEntry>(), self.known);
        worked.map(|worked| worked.what.employee)
    }
    /// Adds what is a client's, and what says who its legal entities are.
    fn add_client(&self, client: Sym<kind::Client>, seen: &mut Seen) {
        for (_, position) in happened(self.views, client, self.known) {
            self.add_whole(position, seen);
        }
        let clients = self.views.clients;
        for source in clients.merged_into(client, self.known) {
            for legal in clients.ever_linked(source, self.views.side) {
                let mut links = clients.links(Some(legal)).known(self.known);
                if links.any(|link| link.what.begins && link.what.client == source) {
                    self.add_births(legal.into(), seen);
                }
            }
        }
    }
    fn add_births(&self, entity: EntitySym, seen: &mut Seen) {
        for position in self.views.entities.life_of(entity, self.views.side).homes() {
            if self.noted(position).is_some_and(|noted| opens(&noted)) {
                seen.add(position);
            }
        }
    }
    fn add_home(&self, entity: EntitySym, seen: &mut Seen) {
        for position in self.views.entities.life_of(entity, self.views.side).homes() {
            seen.add(position);
        }
    }
    /// Adds a record, with the later parts of the document it opens.
    fn add_whole(&self, opening: Position, seen: &mut Seen) {
        for position in opening.get()..=self.views.voids.whole(opening).get() {
            seen.add(Position::new(position));
        }
    }
    /// What names a warehouse or a bank account, and what goes on with a document that was opened
    /// so.
    fn of_places<K: Entity>(&self, places: &[Id<K>]) -> Seen {
        let mut seen = Seen::nothing(self.views.up_to);
        let places = places.iter().filter_map(|place| self.ids().find::<K>(place.as_str()));
        for place in places {
            let life = self.views.entities.life_of(place.into(), self.views.side);
            for (position, _) in life.touching_back() {
                seen.add(position);
                let opening = self.views.voids.opening_of(position);
                self.add_whole(opening, &mut seen);
                if let Some(noted) = self.noted(opening).filter(opens)
                    && !configures(noted.home().kind)
                {
                    self.add_home(noted.home(), &mut seen);
                }
            }
        }
        seen
    }
}
