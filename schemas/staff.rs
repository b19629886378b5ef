//! Employees, absences, targets and substitutions. Invariant: who owned what, who stood in, and who
//! left is a dated fact.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    event::event,
    id::{
        AbsenceId, EmployeeId, Entity, EntityRef, Id, Key, KpiId, StaffPlanId, SubstitutionId,
        TargetId,
    },
    money::Amount,
    text::{Field, Name, Personal, Text, plain_fields},
    time::{Date, Period},
};

/// Which way a measure is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Better {
    /// More is better.
    Up,
    /// Less is better.
    Down,
}

/// Whom a target binds.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[schemars(inline)]
pub enum TargetScope {
    /// One employee.
    Employee(EmployeeId),
    /// One department.
    Department(Key),
    /// The whole company.
    Company,
}

plain_fields!(Better);
impl WorkHandedOver {
    /// The entities of a kind that are handed over, each once.
    #[must_use]
    pub fn of<K: Entity>(&self) -> BTreeSet<Id<K>> {
        self.refs.iter().filter_map(EntityRef::typed).collect()
    }
}
impl Field for TargetScope {
    fn touch(&self, visit: &mut dyn FnMut(EntityRef)) {
        match self {
            TargetScope::Employee(id) => visit(id.entity()),
            TargetScope::Department(_) | TargetScope::Company => (),
        }
    }
}

event! {
    /// Somebody began to work for the company.
    1301 "employee.hired" v 1 Opens EmployeeHired {
        /// The employee.
        employee: EmployeeId,
        /// The person's name.
        name: Personal<Name>,
        /// Where.
        department: Key,
        /// As what.
        role: Key,
        /// Under whom.
        manager: Option<EmployeeId>,
    }
}
event! {
    /// Somebody went to another department or role.
    1302 "employee.moved" v 1 Continues EmployeeMoved {
        /// The employee.
        employee: EmployeeId,
        /// Where.
        department: Key,
        /// As what.
        role: Key,
        /// Under whom.
        manager: Option<EmployeeId>,
    }
}
event! {
    /// Somebody stands in for somebody else.
    1303 "substitution.started" v 1 Opens SubstitutionStarted {
        /// The term.
        substitution: SubstitutionId,
        /// Who is away.
        absent: EmployeeId,
        /// Who stands in.
        deputy: EmployeeId,
        /// The last day, if it is known.
        until: Option<Date>,
    }
}
event! {
    /// A deputy's term ended.
    1304 "substitution.ended" v 1 Continues SubstitutionEnded {
        /// The term.
        substitution: SubstitutionId,
    }
}
event! {
    /// Work went from one employee to another for good; `refs` names it.
    1305 "employee.work_handed_over" v 1 Continues WorkHandedOver {
        /// Who had it.
        from: EmployeeId,
        /// Who has it.
        to: EmployeeId,
        /// Why; it speaks of the persons.
        reason: Option<Personal<Text>>,
    }
}
event! {
    /// A measure of the company's own, or a revision of it.
    1306 "kpi.defined" v 1 Revises KpiDefined {
        /// The measure; built-in metrics are listed with the report `kpi`.
        kpi: KpiId,
        /// Which built-in metric it is, if its own name is not one.
        metric: Key,
        /// What it counts: a currency, count, percent, hours, days.
        unit: Key,
        /// Which way is good.
        better: Better,
    }
}
event! {
    /// What is to be reached in a period; the latest for a scope, metric and period holds.
    1307 "target.set" v 1 Revises TargetSet {
        /// The target.
        target: TargetId,
        /// Whom it binds.
        scope: TargetScope,
        /// Which metric.
        metric: Key,
        /// When, first and last day inclusive.
        period: Period,
        /// How much.
        value: Amount,
    }
}
event! {
    /// Somebody is away for some days.
    1308 "employee.absent" v 1 Opens EmployeeAbsent {
        /// The span of days.
        absence: AbsenceId,
        /// Who.
        employee: EmployeeId,
        /// What kind of absence, as leave or training.
        kind: Key,
        /// The first day.
        from: Date,
        /// The last day.
        to: Date,
    }
}
event! {
    /// Somebody no longer works for the company; the day of the event is the last one.
    1309 "employee.dismissed" v 1 Continues EmployeeDismissed {
        /// The employee.
        employee: EmployeeId,
        /// Why; it speaks of the person.
        reason: Option<Personal<Text>>,
    }
}
event! {
    /// How many employees a department is to have in a period, or a revision of that.
    1310 "staff_plan.set" v 1 Revises StaffPlanSet {
        /// The plan.
        staff_plan: StaffPlanId,
        /// Which department.
        department: Key,
        /// In which role; absent means the whole department.
        role: Option<Key>,
        /// When, first and last day inclusive.
        period: Period,
        /// How many.
        headcount: u32,
    }
}
