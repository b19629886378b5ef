//! Reminders, and the time that work took. Invariant: an entry of time is a fact of the employee
//! who worked, whatever becomes of the task.

use std::ops::Range;

use sijil_schemas::{Record, ReminderSet, TimeLogged, id::kind, time::Timestamp};

use super::Activity;
use crate::{
    cells,
    cells::Run,
    chain::Chain,
    cut::{Dated, Lens},
    ids::{EntitySym, Sym},
};

cells! {
    /// A step in the life of a reminder.
    pub enum ReminderStep {
        /// It was set.
        Set {
            /// Who is reminded.
            employee: Sym<kind::Employee>,
            /// When.
            due: Timestamp,
            /// Of what.
            refs: Run<EntitySym>,
        },
        /// What it is of was done.
        Done,
    }
}

cells! {
    /// Time that somebody worked.
    pub struct Worked {
        /// Who.
        pub employee: Sym<kind::Employee>,
        /// How many minutes.
        pub minutes: u16,
        /// For which client, where the entry names one itself.
        pub client: Option<Sym<kind::Client>>,
        /// On which task.
        pub task: Option<Sym<kind::Task>>,
    }
}

impl Activity {
    pub(super) fn take_reminder(&self, record: &Record, e: &ReminderSet) {
        let refs = e.refs.iter().map(|entity| self.ids.entity(entity));
        let refs = self.refs.extend(record.position, refs);
        let step = ReminderStep::Set { employee: self.ids.sym(&e.employee), due: e.at, refs };
        self.reminders.push(self.ids.sym(&e.reminder), Dated::of(record, step));
    }
    pub(super) fn take_time(&self, record: &Record, e: &TimeLogged) {
        let worked = Worked {
            employee: self.ids.sym(&e.employee),
            minutes: e.minutes.into(),
            client: e.client.as_ref().map(|client| self.ids.sym(client)),
            task: e.task.as_ref().map(|task| self.ids.sym(task)),
        };
        self.worked.push(self.ids.sym(&e.time_entry), Dated::of(record, worked));
    }
    /// The steps of a reminder.
    #[must_use]
    pub fn reminder_steps(
        &self,
        reminder: Option<Sym<kind::Reminder>>,
    ) -> Chain<'_, kind::Reminder, ReminderStep> {
        self.reminders.of_any(reminder)
    }
    /// An entry of time, if it counts.
    #[must_use]
    pub fn worked(
        &self,
        entry: Option<Sym<kind::TimeEntry>>,
        lens: Lens<'_>,
    ) -> Option<Dated<Worked>> {
        self.worked.of_any(entry).last(lens)
    }
    /// The entries of time in an interval that count, in order of position.
    pub fn worked_within<'a>(
        &'a self,
        lens: Lens<'a>,
        within: Range<Timestamp>,
    ) -> impl Iterator<Item = (Sym<kind::TimeEntry>, Dated<Worked>)> + 'a {
        self.worked.within(within, lens).map(|(_, entry, worked)| (entry, worked))
    }
}
