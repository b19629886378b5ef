//! Claims, service, tasks and staff over a long life. Invariant: each is one that the rules would
//! have let in.

use serde_json::{Value, json};
use sijil_schemas::{
    event::{Claims, Staff, Tasks},
    time::Date,
};

use super::{Ledger, at, ground::eur, piles::start};

/// What is given and not done.
pub(super) fn open(ledger: &mut Ledger) {
    let mut tell = |name: &str, data: Value| ledger.tell(name, start(), data);
    tell(
        "claim.opened",
        json!({"claim": "CA", "client": "C", "kind": "damage", "severity": "high"}),
    );
    for task in ["TS", "TC"] {
        tell(
            "task.assigned",
            json!({"task": task, "assignee": "e0", "due": "2026-01-01T00:00:00Z"}),
        );
    }
    tell("reminder.set", reminder("RM"));
    tell(
        "warranty.started",
        json!({"warranty": "WA", "client": "C", "from": "2025-01-01", "months": 24}),
    );
}

fn reminder(id: &str) -> Value {
    json!({"reminder": id, "employee": "e0", "at": "2026-01-01T00:00:00Z"})
}

/// What piles up on claims, tasks and employees, and what is said of campaigns.
pub(super) fn pile(ledger: &mut Ledger, k: usize) {
    let mut tell = |second: usize, name: &str, data: Value| ledger.tell(name, at(k, second), data);
    tell(0, "claim.responded", json!({"claim": "CL", "text": "so"}));
    tell(1, "claim.status_changed", json!({"claim": "CL", "to": "waiting_client"}));
    tell(2, "claim.status_changed", json!({"claim": "CL", "to": "in_progress"}));
    tell(
        0,
        "employee.work_handed_over",
        json!({
            "from": "e0", "to": "e1", "reason": "leave",
            "refs": ["task:TK", "client:CH", "deal:DH"],
        }),
    );
    tell(
        1,
        "employee.work_handed_over",
        json!({
            "from": "e1", "to": "e0", "reason": "back", "refs": ["task:TK", "client:CH", "deal:DH"],
        }),
    );
    tell(
        0,
        "employee.moved",
        json!({"employee": "e1", "department": "sales", "role": "seller", "manager": "e2"}),
    );
    tell(
        0,
        "employee.hired",
        json!({
            "employee": format!("h{k}"), "name": "E", "department": "sales", "role": "seller",
            "manager": "e0",
        }),
    );
    tell(
        0,
        "substitution.started",
        json!({"substitution": format!("U{k}"), "absent": "e0", "deputy": "e1"}),
    );
    tell(30, "substitution.ended", json!({"substitution": format!("U{k}")}));
    tell(
        0,
        "interaction.planned",
        json!({
            "interaction": format!("Q{k}"), "client": "C", "channel": "call",
            "at": "2025-12-01T00:00:00Z",
        }),
    );
    lives(&mut tell, k);
    tell(0, "campaign.cost_recorded", json!({"campaign": "F", "amount": eur("1")}));
    tell(0, "campaign.attended", json!({"campaign": "F", "client": "C"}));
    tell(
        0,
        "classification.completed",
        json!({
            "classification": format!("A{k}"), "kind": "abc",
            "params": {"measure": "net_revenue", "rule": "start"},
            "window": {"first": "2025-01-01", "last": "2025-03-31"}, "known_at": 1,
            "result": [{"object": "client:C", "class": "A"}],
        }),
    );
}

/// What piles up on one claim, on tasks, and on an employee.
fn lives(tell: &mut impl FnMut(usize, &str, Value), k: usize) {
    let id = |prefix: &str| format!("{prefix}{k}");
    tell(40, "claim.assigned", json!({"claim": "CA", "employee": "e0"}));
    tell(41, "claim.rejected", json!({"claim": "CA", "reason": "misuse"}));
    tell(42, "claim.reopened", json!({"claim": "CA"}));
    tell(43, "claim.responded", json!({"claim": "CA", "text": "so"}));
    for task in ["TS", "TC"] {
        tell(44, "task.reassigned", json!({"task": task, "from": "e0", "to": "e1"}));
        tell(45, "task.reassigned", json!({"task": task, "from": "e1", "to": "e0"}));
        tell(46, "task.due_changed", json!({"task": task, "due": "2026-01-02T00:00:00Z"}));
    }
    tell(47, "reminder.set", reminder(&id("RM")));
    tell(48, "reminder.done", json!({"reminder": id("RM")}));
    tell(
        49,
        "time.logged",
        json!({"time_entry": id("TE"), "employee": "e0", "minutes": 60, "task": "TS"}),
    );
    tell(
        50,
        "service.performed",
        json!({
            "service_job": id("SJ"), "warranty": "WA", "claim": "CA", "in_warranty": true,
            "cost": eur("1"),
        }),
    );
    // One day after another, from 1900-01-01 on.
    let day = Date::of_days(-25_567 + i32::try_from(k).expect("few")).to_string();
    tell(
        51,
        "employee.absent",
        json!({"absence": id("AB"), "employee": "e1", "kind": "leave", "from": day, "to": day}),
    );
    tell(
        52,
        "staff_plan.set",
        json!({
            "staff_plan": "SP", "department": "sales", "headcount": 5,
            "period": {"first": "2025-01-01", "last": "2025-12-31"},
        }),
    );
}

pub(super) fn claims(event: &Claims) -> Vec<Value> {
    match event {
        Claims::ClaimOpened(_) => vec![json!({
            "claim": "new", "client": "C", "kind": "damage", "severity": "high",
            "text": "broken",
        })],
        Claims::ClaimResponded(_) => vec![json!({"claim": "CL", "text": "so"})],
        Claims::ClaimStatusChanged(_) => vec![json!({"claim": "CL", "to": "waiting_client"})],
        Claims::ClaimResolved(_) => vec![json!({"claim": "CL", "resolution": "credited"})],
        Claims::ClaimAssigned(_) => vec![json!({"claim": "CA", "employee": "e1"})],
        Claims::ClaimRejected(_) => vec![json!({"claim": "CA", "reason": "misuse"})],
        Claims::ClaimReopened(_) => vec![json!({"claim": "CA"})],
        Claims::WarrantyStarted(_) => vec![
            json!({"warranty": "new", "client": "C", "from": "2025-01-01", "months": 24}),
            json!({
                "warranty": "line", "shipment": "SH", "line": "1", "from": "2025-01-01",
                "months": 24,
            }),
        ],
        Claims::ServicePerformed(_) => vec![
            json!({"service_job": "new", "warranty": "WA", "in_warranty": true}),
            json!({"service_job": "claimed", "claim": "CA", "in_warranty": false}),
        ],
    }
}

pub(super) fn tasks(event: &Tasks) -> Vec<Value> {
    match event {
        Tasks::TaskAssigned(_) => vec![json!({
            "task": "new", "assignee": "e0", "due": "2026-01-01T00:00:00Z", "text": "call",
            "refs": ["deal:D"],
        })],
        Tasks::TaskCompleted(_) => vec![json!({"task": "TK"})],
        Tasks::TaskStarted(_) => vec![json!({"task": "TS"})],
        Tasks::TaskCancelled(_) => vec![json!({"task": "TC", "reason": "not needed"})],
        Tasks::TaskReassigned(_) => vec![json!({"task": "TS", "from": "e0", "to": "e1"})],
        Tasks::TaskDueChanged(_) => vec![json!({"task": "TS", "due": "2026-02-01T00:00:00Z"})],
        Tasks::ReminderSet(_) => {
            vec![json!({"reminder": "new", "employee": "e0", "at": "2026-01-01T00:00:00Z"})]
        }
        Tasks::ReminderDone(_) => vec![json!({"reminder": "RM"})],
        Tasks::TimeLogged(_) => {
            vec![json!({"time_entry": "new", "employee": "e0", "minutes": 60, "task": "TS"})]
        }
    }
}

pub(super) fn staff(event: &Staff) -> Vec<Value> {
    match event {
        Staff::EmployeeHired(_) => vec![json!({
            "employee": "new", "name": "E", "department": "sales", "role": "seller",
            "manager": "e0",
        })],
        Staff::EmployeeMoved(_) => vec![
            json!({"employee": "e1", "department": "sales", "role": "seller", "manager": "e2"}),
            json!({"employee": "e0", "department": "sales", "role": "seller", "manager": "e2"}),
        ],
        Staff::SubstitutionStarted(_) => {
            vec![json!({"substitution": "new", "absent": "e0", "deputy": "e1"})]
        }
        Staff::SubstitutionEnded(_) => vec![json!({"substitution": "new"})],
        Staff::WorkHandedOver(_) => vec![
            json!({"from": "e0", "to": "e1", "reason": "leave", "refs": ["client:CH", "deal:DH"]}),
        ],
        Staff::KpiDefined(_) => {
            vec![json!({"kpi": "own", "metric": "won_amount", "unit": "EUR", "better": "up"})]
        }
        Staff::TargetSet(_) => {
            vec![json!({
                "target": "G", "scope": {"employee": "e0"}, "metric": "own",
                "period": {"first": "2025-02-01", "last": "2025-02-28"}, "value": "1",
            })]
        }
        Staff::EmployeeAbsent(_) => vec![json!({
            "absence": "new", "employee": "e1", "kind": "leave", "from": "2199-12-30",
            "to": "2199-12-31",
        })],
        Staff::EmployeeDismissed(_) => vec![json!({"employee": "e2"})],
        Staff::StaffPlanSet(_) => vec![json!({
            "staff_plan": "SP", "department": "sales", "headcount": 5,
            "period": {"first": "2025-01-01", "last": "2025-12-31"},
        })],
    }
}
