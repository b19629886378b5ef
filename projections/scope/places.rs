//! Single events and entities, judged by scopes. Invariant: what is not there and what lies
//! elsewhere get the same answer.

use std::collections::HashSet;

use sijil_facts::{EntitySym, Sym};
use sijil_schemas::{
    Event, RightScope,
    event::{self, Birth},
    id::{EmployeeId, EntityRef, Id, Key, Kind, kind},
    time::Date,
};

use super::{
    kinds::{configures, is_somebodys},
    scopes::Scopes,
};
use crate::{
    clients::{LinkView, Resolver},
    families::Folds,
};

/// Some scopes of somebody, asked of single events and entities: what it costs does not depend on
/// how much is recorded.
pub struct Places<'a> {
    views: Folds<'a>,
    scopes: &'a [RightScope],
    employee: Option<&'a str>,
    today: Date,
}

impl<'a> Places<'a> {
    /// The scopes (all of them hold) of an employee, on a day.
    #[must_use]
    pub const fn of(
        views: Folds<'a>,
        scopes: &'a [RightScope],
        employee: Option<&'a str>,
        today: Date,
    ) -> Places<'a> {
        Places { views, scopes, employee, today }
    }
    fn with<T>(&self, ask: impl FnOnce(&Scopes<'_>) -> T) -> T {
        let zone = self.views.company.zone();
        let day_end = |day: Date| day.plus_days(1).start(&zone);
        ask(&Scopes::of(self.views, self.employee, self.today, &day_end))
    }
    /// Whether an event that is not recorded yet is about what lies in them: whose it will be does,
    /// and so does everything it names that is somebody's.
    #[must_use]
    pub fn holds(&self, event: &Event) -> bool {
        self.with(|asked| {
            self.scopes.iter().all(|scope| {
                let place = asked.place(scope);
                asked.is_of(&place, event) && asked.names_only(&place, event)
            })
        })
    }
    /// Whether an entity that is there lies in them.
    #[must_use]
    pub fn has(&self, entity: &EntityRef) -> bool {
        self.with(|asked| {
            let Some(entity) = asked.ids().find_entity(entity) else { return false };
            self.scopes.iter().all(|scope| asked.lies_in(entity, &asked.place(scope)))
        })
    }
    /// Whether an employee's work lies in them.
    #[must_use]
    pub fn has_employee(&self, employee: &str) -> bool {
        self.with(|asked| {
            let Some(employee) = asked.ids().find::<kind::Employee>(employee) else { return false };
            self.scopes.iter().all(|scope| match asked.place(scope) {
                Place::Employees(employees) => employees.contains(&employee),
                Place::Entities(_) => false,
            })
        })
    }
    /// Whether the employee whose scopes they are stands in for another today.
    #[must_use]
    pub fn is_deputy_of(&self, absent: &str) -> bool {
        self.with(|asked| {
            let absent = asked.ids().find::<kind::Employee>(absent);
            absent.is_some_and(|absent| {
                asked.employee != Some(absent) && asked.own().contains(&absent)
            })
        })
    }
}

/// What a scope comes to.
enum Place {
    /// What belongs to these employees.
    Employees(HashSet<Sym<kind::Employee>>),
    /// What lies in these warehouses or bank accounts.
    Entities(Vec<EntitySym>),
}

impl Scopes<'_> {
    fn place(&self, scope: &RightScope) -> Place {
        let entities = |kind: Kind, ids: &mut dyn Iterator<Item = &str>| {
            let names = self.ids().of_kind(kind);
            let found = ids.filter_map(|id| names.find(id));
            Place::Entities(found.map(|number| EntitySym { kind, number }).collect())
        };
        match scope {
            RightScope::All => Place::Employees(self.ids().syms().collect()),
            RightScope::Own => Place::Employees(self.own()),
            RightScope::Team => Place::Employees(self.team()),
            RightScope::Department(of) => {
                let departments: Vec<&str> = of.iter().map(Key::as_str).collect();
                Place::Employees(self.members(&departments))
            }
            RightScope::Warehouse(of) => entities(Kind::Warehouse, &mut of.iter().map(Id::as_str)),
            RightScope::BankAccount(of) => {
                entities(Kind::BankAccount, &mut of.iter().map(Id::as_str))
            }
        }
    }
    /// Whose an event is that is not recorded yet.
    fn is_of(&self, place: &Place, event: &Event) -> bool {
        let home = self.ids().find_entity(&event.home());
        if home.is_some_and(|home| self.lies_in(home, place)) {
            return true;
        }
        match place {
            Place::Employees(employees) => {
                let has = |employee: &EmployeeId| {
                    self.ids().find(employee.as_str()).is_some_and(|of| employees.contains(&of))
                };
                let said = match event {
                    Event::Clients(event::Clients::ClientRegistered(e)) => e.owner.as_ref(),
                    Event::Deals(event::Deals::DealOpened(e)) => Some(&e.owner),
                    Event::Tasks(event::Tasks::TaskAssigned(e)) => Some(&e.assignee),
                    Event::Tasks(event::Tasks::ReminderSet(e)) => Some(&e.employee),
                    Event::Tasks(event::Tasks::TimeLogged(e)) => Some(&e.employee),
                    _ => None,
                };
                said.is_some_and(has)
                    || Resolver::new(self.views.clients, self.known, LinkView::AtEvent)
                        .client_of_new(event, self.last_moment())
                        .is_some_and(|client| self.is_client_of(client, employees))
            }
            Place::Entities(places) => {
                let mut is_there = false;
                event.touch(&mut |entity| {
                    is_there |=
                        self.ids().find_entity(&entity).is_some_and(|of| places.contains(&of));
                });
                is_there && !configures(event.home().kind)
            }
        }
    }
    /// Whether everything an event names that is somebody's lies in a place, but for what it opens.
    fn names_only(&self, place: &Place, event: &Event) -> bool {
        let (home, opens) = (event.home(), event.event_type().birth != Birth::Continues);
        let mut only = true;
        event.touch(&mut |entity| {
            let opened = opens && entity == home;
            if is_somebodys(entity.kind) && !opened {
                let known = self.ids().find_entity(&entity);
                only &= known.is_some_and(|of| match place {
                    // What is a client's does not lie in a place.
                    Place::Entities(_) => true,
                    Place::Employees(_) => self.lies_in(of, place),
                });
            }
        });
        only
    }
    fn is_client_of(
        &self,
        client: Sym<kind::Client>,
        employees: &HashSet<Sym<kind::Employee>>,
    ) -> bool {
        let root = self.views.clients.root(client, self.known);
        self.views.clients.owner(root, self.today).is_some_and(|owner| employees.contains(&owner))
    }
    /// Whether an entity lies in a place: by whose its opening is.
    fn lies_in(&self, entity: EntitySym, place: &Place) -> bool {
        let clients = self.views.clients;
        let employees = match place {
            Place::Employees(employees) => employees,
            Place::Entities(places) => return self.lies_at(entity, places),
        };
        let resolver = Resolver::new(clients, self.known, LinkView::AtEvent);
        let of_client = |client| self.is_client_of(client, employees);
        if let Some(client) = entity.typed::<kind::Client>() {
            return of_client(client);
        }
        if let Some(legal) = entity.typed::<kind::Counterparty>() {
            let mut links = clients.links(Some(legal)).known(self.known);
            return links.any(|link| link.what.begins && of_client(link.what.client));
        }
        if let Some(employee) = entity.typed::<kind::Employee>() {
            return employees.contains(&employee);
        }
        let owns = entity.typed::<kind::Deal>().is_some_and(|deal| {
            let course = self.views.deals.story(Some(deal)).course(self.today);
            course.is_some_and(|course| employees.contains(&course.last_owner().1))
        });
        let does = self.does(entity).is_some_and(|employee| employees.contains(&employee));
        owns || does || resolver.client_of_opened(entity).is_some_and(of_client)
    }
    /// Whether an entity is one of some places, or was opened by a record that names one: those
    /// newer than its opening are looked at.
    fn lies_at(&self, entity: EntitySym, places: &[EntitySym]) -> bool {
        if places.contains(&entity) {
            return true;
        }
        let homes = self.views.entities.life_of(entity, self.views.side).homes();
        let Some(opening) = homes.first().filter(|_| !configures(entity.kind)) else {
            return false;
        };
        places.iter().any(|place| {
            let life = self.views.entities.life_of(*place, self.views.side);
            let mut newer =
                life.touching_back().map(|(position, _)| position).take_while(|at| at >= opening);
            newer.any(|position| position == *opening)
        })
    }
}
