//! Employees, targets, sources and campaigns. Invariant: what is configuration is shown as known;
//! the names of employees stand in no view, so it is read in the record that hired them, and is
//! personal.

use sijil_projections::staff::{Placement, Whom};
use sijil_schemas::{Event, event::Staff, id::Kind, text::Name};

use crate::{
    groups::{Group, Owner},
    reading::{Reading, word},
    sheet::Sheet,
    table::{Table, date, integer, numeric, text, time},
};

static EMPLOYEE: Table = Table::new(
    "employees",
    "staff",
    "Somebody who works for the company, in the last place.",
    &[
        text("employee_id", "The employee's id.").key(),
        text("name", "The person's name.").personal(),
        text("department", "The department; a/b is a part of a."),
        text("role", "As what."),
        text("manager_id", "Under whom.").optional().to("employees"),
        time("since", "Since when in this place."),
        time("dismissed_at", "When the employment ended; null while it goes on.").optional(),
    ],
);
static PLACEMENT: Table = Table::new(
    "employee_placements",
    "staff",
    "One span in which an employee worked in one place.",
    &[
        text("employee_id", "The employee.").key().to("employees"),
        integer("number", "Which of the employee's places, from 1.").key(),
        text("department", "The department."),
        text("role", "As what."),
        text("manager_id", "Under whom.").optional().to("employees"),
        time("since", "From when."),
        time("until", "Up to when, exclusive; null while it goes on.").optional(),
    ],
);

pub(crate) static EMPLOYEES: Group = Group {
    owner: Owner::Each(Kind::Employee),
    tables: &[&EMPLOYEE, &PLACEMENT],
    from_records: true,
    rows: employee,
};

fn employee(reading: &Reading<'_>, id: &str, sheet: &mut Sheet) {
    let (staff, ids) = (&reading.views.staff, reading.views.staff.ids());
    let places: Vec<_> = staff.placements(ids.find(id)).counting(reading.lens).collect();
    let Some(last) = places.last() else { return };
    let position = reading.position(Kind::Employee, id);
    let manager = |place: &Placement| place.manager.map(|manager| ids.name(manager));
    let Some(Event::Staff(Staff::EmployeeHired(said))) = reading.opening(id) else { return };
    let row = sheet
        .row(&EMPLOYEE, position)
        .put(id)
        .put(said.name.get().map(Name::as_str))
        .put(staff.word(last.what.department))
        .put(staff.word(last.what.role));
    let left = staff.dismissal(ids.find(id), reading.lens).map(|left| left.at);
    drop(row.put(manager(&last.what)).put(last.at).put(left));
    for (index, place) in places.iter().enumerate() {
        let row = sheet
            .row(&PLACEMENT, position)
            .put(id)
            .put(index + 1)
            .put(staff.word(place.what.department))
            .put(staff.word(place.what.role));
        drop(
            row.put(manager(&place.what))
                .put(place.at)
                .put(places.get(index + 1).map(|next| next.at)),
        );
    }
}

static TARGET: Table = Table::new(
    "targets",
    "staff",
    "What is to be reached in a period: the latest that was set.",
    &[
        text("scope", "employee, department or company.").key(),
        text("scope_id", "The employee or department; empty for the company.").key(),
        text("metric", "The metric.").key(),
        date("first_day", "The first day of the period.").key(),
        date("last_day", "The last day of the period.").key(),
        numeric("target", "The value to be reached, in the metric's unit."),
    ],
);

pub(crate) static TARGETS: Group = Group {
    owner: Owner::Whole(&[Kind::Target]),
    tables: &[&TARGET],
    from_records: false,
    rows: targets,
};

fn targets(reading: &Reading<'_>, _: &str, sheet: &mut Sheet) {
    let staff = &reading.views.staff;
    for target in staff.targets(reading.lens) {
        let key = target.what.key;
        let (scope, id) = match key.whom {
            Whom::Employee { employee } => ("employee", staff.ids().name(employee)),
            Whom::Department { department } => ("department", staff.word(department)),
            Whom::Company => ("company", ""),
        };
        let row = sheet.row(&TARGET, target.position).put(scope).put(id);
        let row = row.put(staff.word(key.metric)).put(key.period.first).put(key.period.last);
        drop(row.put(target.what.value));
    }
}

static SOURCE: Table = Table::new(
    "sources",
    "marketing",
    "Where clients come from.",
    &[
        text("source_id", "The source's id.").key(),
        text("name", "Its label.").optional(),
        text("kind", "channel, campaign or referral."),
        text("campaign_id", "The campaign behind it.").optional().to("campaigns"),
    ],
);

pub(crate) static SOURCES: Group = Group {
    owner: Owner::Each(Kind::Source),
    tables: &[&SOURCE],
    from_records: false,
    rows: source,
};

fn source(reading: &Reading<'_>, id: &str, sheet: &mut Sheet) {
    let (plans, ids) = (reading.views.marketing.plans(), reading.views.marketing.ids());
    let Some(fact) = plans.source(ids.find(id), reading.lens) else { return };
    let row = sheet
        .row(&SOURCE, reading.position(Kind::Source, id))
        .put(id)
        .put(fact.what.name.as_deref())
        .put(&word(fact.what.kind));
    drop(row.put(fact.what.campaign.map(|campaign| ids.name(campaign))));
}

static CAMPAIGN: Table = Table::new(
    "campaigns",
    "marketing",
    "One marketing campaign, as planned.",
    &[
        text("campaign_id", "The campaign's id.").key(),
        text("name", "Its label.").optional(),
        text("kind", "exhibition, seminar, ad or mailing."),
        date("first_day", "Its first day."),
        date("last_day", "Its last day."),
        numeric("budget", "What it may cost.").optional(),
        text("currency", "The currency of the budget.").optional(),
    ],
);
static COST: Table = Table::new(
    "campaign_costs",
    "marketing",
    "What was spent on a campaign.",
    &[
        text("campaign_id", "The campaign.").key().to("campaigns"),
        integer("recorded", "The record that says so.").key(),
        time("spent_at", "When."),
        date("spent_on", "The day of that."),
        numeric("amount", "How much."),
        text("currency", "The currency of the amount."),
    ],
);

pub(crate) static CAMPAIGNS: Group = Group {
    owner: Owner::Each(Kind::Campaign),
    tables: &[&CAMPAIGN, &COST],
    from_records: false,
    rows: campaign,
};

fn campaign(reading: &Reading<'_>, id: &str, sheet: &mut Sheet) {
    let marketing = &reading.views.marketing;
    let position = reading.position(Kind::Campaign, id);
    let (plans, campaign) = (marketing.plans(), marketing.ids().find(id));
    let Some(plan) = plans.campaign(campaign, reading.lens).map(|fact| &fact.what) else { return };
    let row = sheet
        .row(&CAMPAIGN, position)
        .put(id)
        .put(plan.name.as_deref())
        .put(&word(plan.kind))
        .put(plan.from)
        .put(plan.to);
    drop(
        row.put(plan.budget.map(|b| b.amount))
            .put(plan.budget.as_ref().map(|b| b.currency.as_str())),
    );
    for cost in marketing.costs_of(campaign, reading.lens) {
        let row = sheet
            .row(&COST, position)
            .put(id)
            .put(cost.position)
            .put(cost.at)
            .put(reading.day(cost.at));
        drop(row.put(cost.what.amount).put(cost.what.currency.as_str()));
    }
}
