//! Measures of the company's own, and what is to be reached. Invariant: both are configuration: the
//! last known revision of a measure is in force, and of the targets that bind the same the last
//! known holds, whatever their ids are.

use compact_str::{CompactString, format_compact};
use sijil_schemas::{
    Better, Record, TargetScope, TargetSet,
    id::kind,
    money::Amount,
    time::{Date, Period},
};

use super::Staff;
use crate::{
    cells,
    cut::{Dated, Lens},
    ids::Sym,
    words::Word,
};

cells! { list Better { Up, Down } }
cells! { for Period { first: Date, last: Date } }

cells! {
    /// A measure of the company's own.
    pub struct Kpi {
        /// Which built-in metric it is.
        pub metric: Sym<Word>,
        /// The unit it counts in, as the metric allows: a currency, `count`, `hours` and the like.
        pub unit: Sym<Word>,
        /// Whether more or less of it is better.
        pub better: Better,
    }
}

cells! {
    /// Whom a target binds.
    pub enum Whom {
        /// One employee.
        Employee {
            /// The employee it binds.
            employee: Sym<kind::Employee>,
        },
        /// One department.
        Department {
            /// The department it binds, with all its parts.
            department: Sym<Word>,
        },
        /// The whole company.
        Company,
    }
}

cells! {
    /// What a target binds: the latest for each of these holds.
    pub struct TargetKey {
        /// Whom the target binds.
        pub whom: Whom,
        /// The metric or measure, by its name.
        pub metric: Sym<Word>,
        /// The days in which it is to be reached.
        pub period: Period,
    }
}

cells! {
    /// What is to be reached.
    pub struct Target {
        /// Whom it binds, in which metric, and when.
        pub key: TargetKey,
        /// The value to be reached, in the unit of the metric.
        pub value: Amount,
    }
}

impl TargetKey {
    /// The word that stands for it among all keys.
    fn word(&self) -> CompactString {
        let (whom, number) = match self.whom {
            Whom::Employee { employee } => ('e', employee.number()),
            Whom::Department { department } => ('d', department.number()),
            Whom::Company => ('c', 0),
        };
        let (metric, Period { first, last }) = (self.metric.number(), self.period);
        format_compact!("{whom}{number} {metric} {} {}", first.days(), last.days())
    }
}

impl Staff {
    pub(super) fn take_target(&self, record: &Record, e: &TargetSet) {
        let word = |word: &str| self.words.intern(word, record.position);
        let whom = match &e.scope {
            TargetScope::Employee(employee) => Whom::Employee { employee: self.ids.sym(employee) },
            TargetScope::Department(department) => {
                Whom::Department { department: word(department.as_str()) }
            }
            TargetScope::Company => Whom::Company,
        };
        let key = TargetKey { whom, metric: word(e.metric.as_str()), period: e.period };
        let binds = self.bound.intern(&key.word(), record.position);
        self.targets.push(binds, Dated::of(record, Target { key, value: e.value }));
    }
    /// The company's own measures in force, as known, in order of the ids.
    #[must_use]
    pub fn kpis(&self, lens: Lens<'_>) -> Vec<(&str, Dated<Kpi>)> {
        let known = self.ids.syms().filter_map(|kpi| {
            self.kpi(Some(kpi), lens).map(|in_force| (self.ids.name(kpi), in_force))
        });
        let mut all: Vec<_> = known.collect();
        all.sort_unstable_by_key(|(id, _)| *id);
        all
    }
    /// A measure of the company's own in force, as known.
    #[must_use]
    pub fn kpi(&self, kpi: Option<Sym<kind::Kpi>>, lens: Lens<'_>) -> Option<Dated<Kpi>> {
        self.kpis.of_any(kpi).newest_known(lens)
    }
    /// The targets that hold, as known, in order of whom, metric and period.
    #[must_use]
    pub fn targets(&self, lens: Lens<'_>) -> Vec<Dated<Target>> {
        let bound = (0..self.bound.len()).map(Sym::of);
        let mut all: Vec<_> =
            bound.filter_map(|bound| self.targets.of(bound).newest_known(lens)).collect();
        all.sort_unstable_by_key(|target| self.rank(&target.what.key));
        all
    }
    /// Where a key stands among others: employees first, then departments, then the company.
    fn rank(&self, key: &TargetKey) -> (u8, &str, &str, Period) {
        let (kind, id) = match key.whom {
            Whom::Employee { employee } => (0, self.ids.name(employee)),
            Whom::Department { department } => (1, self.word(department)),
            Whom::Company => (2, ""),
        };
        (kind, id, self.word(key.metric), key.period)
    }
    /// The target that binds something, as known.
    #[must_use]
    pub fn target(&self, key: &TargetKey, lens: Lens<'_>) -> Option<Dated<Amount>> {
        let bound = self.bound.find(&key.word())?;
        self.targets.of(bound).newest_known(lens).map(|target| target.map(|target| target.value))
    }
}
