//! What was said, complained of, served and done. Invariant: what was said in words is personal and
//! is not here.

use sijil_projections::activity::{ClaimStep, claim_state};
use sijil_schemas::{Direction, id::Kind};

use crate::{
    groups::{Group, Owner},
    reading::{Reading, word},
    sheet::Sheet,
    table::{Table, date, numeric, text, time},
};

static INTERACTION: Table = Table::new(
    "interactions",
    "activity",
    "One meeting, call or message, planned or held.",
    &[
        text("interaction_id", "The interaction's id.").key(),
        text("client_id", "Whose it is, by links and merges.").optional().to("clients"),
        text("deal_id", "The first deal it is about.").optional().to("deals"),
        text("claim_id", "The first claim it is about.").optional().to("claims"),
        text("state", "planned or recorded."),
        time("held_at", "When it took place, or is to."),
        date("held_on", "The day of that."),
        text("channel", "meeting, call, sms, email or chat."),
        text(
            "direction",
            "in if the client began it, out if the company did; null while it is planned.",
        )
        .optional(),
        text("outcome", "How it ended.").optional(),
        text("actor", "Who did it; null while it is planned.").optional(),
    ],
);

pub(crate) static INTERACTIONS: Group = Group {
    owner: Owner::Each(Kind::Interaction),
    tables: &[&INTERACTION],
    from_records: false,
    rows: interaction,
};

fn interaction(reading: &Reading<'_>, id: &str, sheet: &mut Sheet) {
    let (activity, lens) = (&reading.views.activity, reading.lens);
    let position = reading.position(Kind::Interaction, id);
    let client = reading.client_of(Kind::Interaction, id);
    let (ids, interaction) = (activity.ids(), activity.ids().find(id));
    if let Some(said) = activity.interaction(interaction, lens) {
        let about = |kind: Kind| activity.about(&said.what, kind).map(|entity| ids.id_of(entity));
        let direction = match said.what.direction {
            Direction::In => "in",
            Direction::Out => "out",
        };
        let row = sheet
            .row(&INTERACTION, position)
            .put(id)
            .put(client)
            .put(about(Kind::Deal))
            .put(about(Kind::Claim))
            .put("recorded");
        let row =
            row.put(said.at).put(reading.day(said.at)).put(&word(said.what.channel)).put(direction);
        let outcome = said.what.outcome.map(|outcome| activity.word(outcome));
        drop(row.put(outcome).put(activity.word(said.what.actor)));
        return;
    }
    if let Some(plan) = activity.plan(interaction, lens).map(|plan| plan.what) {
        let none = None::<&str>;
        let row = sheet
            .row(&INTERACTION, position)
            .put(id)
            .put(client)
            .put(none)
            .put(none)
            .put("planned")
            .put(plan.at)
            .put(reading.day(plan.at));
        drop(row.put(&word(plan.channel)).put(none).put(none).put(none));
    }
}

static CLAIM: Table = Table::new(
    "claims",
    "activity",
    "One complaint.",
    &[
        text("claim_id", "The claim's id.").key(),
        text("client_id", "Whose it is, by links and merges.").optional().to("clients"),
        text("shipment_id", "About which shipment.").optional().to("shipments"),
        text("item_id", "About which item.").optional().to("items"),
        text("kind", "What kind of complaint."),
        text("severity", "low, medium, high or critical."),
        text("state", "open, in_progress, waiting_client, resolved or rejected."),
        time("opened_at", "When it was opened."),
        date("opened_on", "The day of that."),
        time("responded_at", "When the company first answered.").optional(),
        time("resolved_at", "When it was settled.").optional(),
        text("resolution", "How it was settled.").optional(),
        numeric("cost", "What that cost.").optional(),
        text("currency", "The currency of the cost.").optional(),
        text("assignee_id", "The last who was given it.").optional().to("employees"),
    ],
);

pub(crate) static CLAIMS: Group =
    Group { owner: Owner::Each(Kind::Claim), tables: &[&CLAIM], from_records: false, rows: claim };

fn claim(reading: &Reading<'_>, id: &str, sheet: &mut Sheet) {
    let (activity, lens) = (&reading.views.activity, reading.lens);
    let (ids, claim) = (activity.ids(), activity.ids().find(id));
    let Some(opening) = activity.complaint(claim, lens) else { return };
    let steps = activity.claim_steps(claim);
    let (mut responded, mut resolved) = (None, None);
    for step in steps.counting(lens) {
        match step.what {
            ClaimStep::Responded => responded = responded.or(Some(step.at)),
            ClaimStep::Resolved { resolution, cost } => {
                resolved = Some((step.at, resolution, cost));
            }
            ClaimStep::Opened { .. }
            | ClaimStep::Moved { .. }
            | ClaimStep::Assigned { .. }
            | ClaimStep::Rejected => (),
            ClaimStep::Reopened => resolved = None,
        }
    }
    let state = claim_state(steps.counting(lens)).map_or("open", |state| state.name());
    let cost = resolved.and_then(|(_, _, cost)| cost);
    sheet
        .row(&CLAIM, reading.position(Kind::Claim, id))
        .put(id)
        .put(reading.client_of(Kind::Claim, id))
        .put(opening.what.shipment.map(|shipment| ids.name(shipment)))
        .put(opening.what.item.map(|item| ids.name(item)))
        .put(activity.word(opening.what.kind))
        .put(&word(opening.what.severity))
        .put(state)
        .put(opening.at)
        .put(reading.day(opening.at))
        .put(responded)
        .put(resolved.map(|(at, _, _)| at))
        .put(resolved.and_then(|(_, resolution, _)| resolution).map(|word| activity.word(word)))
        .put(cost.map(|cost| cost.amount))
        .put(cost.as_ref().map(|cost| cost.currency.as_str()))
        .put(activity.claim_holder(claim, lens).map(|given| ids.name(given.what)));
}

static TASK: Table = Table::new(
    "tasks",
    "activity",
    "One piece of work that was given to somebody.",
    &[
        text("task_id", "The task's id.").key(),
        text("client_id", "Whose it is, by links and merges.").optional().to("clients"),
        text("deal_id", "The first deal it is about.").optional().to("deals"),
        text("assignee_id", "Who has it now.").to("employees"),
        time("assigned_at", "When it was given."),
        time("due_at", "By when it is to be done, as was said last."),
        time("completed_at", "When it was done; null while it is not.").optional(),
        text("completed_by", "Who did it.").optional(),
        time("started_at", "When work on it began.").optional(),
        time("cancelled_at", "When it was cancelled.").optional(),
    ],
);

pub(crate) static TASKS: Group =
    Group { owner: Owner::Each(Kind::Task), tables: &[&TASK], from_records: false, rows: task };

fn task(reading: &Reading<'_>, id: &str, sheet: &mut Sheet) {
    let (activity, ids) = (&reading.views.activity, reading.views.activity.ids());
    let Some(task) = ids.find(id).and_then(|task| activity.task(task, reading.lens)) else {
        return;
    };
    let (at, assignment, done) = (task.assigned.at, task.assignment, task.completed);
    let row = sheet
        .row(&TASK, reading.position(Kind::Task, id))
        .put(id)
        .put(reading.client_of(Kind::Task, id));
    let row = row
        .put(activity.refs(assignment.refs).find(|e| e.kind == Kind::Deal).map(|e| ids.id_of(e)))
        .put(ids.name(task.assignee))
        .put(at)
        .put(task.due.what);
    let by = done.and_then(|done| done.what).map(|by| activity.word(by));
    let row = row.put(done.map(|done| done.at)).put(by);
    drop(row.put(task.started.map(|at| at.at)).put(task.cancelled.map(|at| at.at)));
}
