//! Warranties and service (R31). Invariant: goods are under warranty on a day iff it is not before
//! the first day of the term and before its end; every line of a shipment with months of warranty
//! has a term.

use crate::{
    report::parameters::{FROM, TO},
    report::{
        Context, Draw, Parameter, ParameterKind, Picture, Report, ReportError, Sight, Table, When,
        only,
    },
};

mod service;
mod terms;

use sijil_schemas::id::Kind;

pub(crate) static REPORT: Option<Report> = Some(Report {
    name: "warranty",
    title: "Warranty and service",
    about: "Which goods of which clients are under warranty on a day, and how long; what service \
            on goods was done in a period, how much of it under warranty, at which cost.",
    formula: "terms: one per warranty, and one per line of a shipment with months of warranty that \
              no warranty names; until = from + months, the day itself no longer covered, clamped \
              to the end of a month that is too short; in_warranty iff from ≤ the day of as_of < \
              until; days_left = until − that day, 0 once it is over; service: performed = \
              in_warranty + after, by what each job says; cost and price in the base currency at \
              the rate of the job's date, result = price − cost; on_time = jobs for a claim that \
              was resolved within resolve_h ÷ (those + later + not resolved in that time), by the \
              clock of claims",
    source: "DOMAIN R31",
    edition: 1,
    question: "What is still under warranty, and what does service cost us?",
    draws_on: &["claims", "orders", "deals", "invoices", "clients", "counterparties"],
    sight: Sight::Subset,
    pictures: &[
        Picture::when(
            &[When::Is("view", &["terms"])],
            Draw::Lanes { lane: "item", from: "from", to: Some("until") },
        ),
        Picture::when(
            &[When::Is("view", &["service"])],
            Draw::Parts { of: Some("group"), parts: &["in_warranty", "after"] },
        ),
    ],
    needs_as_of: true,
    parameters: &[
        Parameter {
            name: "view",
            kind: ParameterKind::Choice(&["terms", "service"]),
            required: false,
            default: Some("terms"),
            about: "terms: what is under warranty how long; service: what was done",
        },
        Parameter {
            name: "client",
            kind: ParameterKind::Id(Kind::Client),
            required: false,
            default: None,
            about: "with view=terms: only this client's goods",
        },
        Parameter {
            name: "item",
            kind: ParameterKind::Id(Kind::Item),
            required: false,
            default: None,
            about: "with view=terms: only goods of this item",
        },
        Parameter {
            name: "days",
            kind: ParameterKind::Count,
            required: false,
            default: None,
            about: "with view=terms: only what is under warranty and ends within so many days",
        },
        Parameter {
            name: "group",
            kind: ParameterKind::Choice(&["all", "client", "item", "month"]),
            required: false,
            default: Some("all"),
            about: "with view=service: one row in all, or one per client, item or month",
        },
        Parameter {
            name: "resolve_h",
            kind: ParameterKind::Decimal,
            required: false,
            default: Some("120"),
            about: "with view=service: in how many hours a claim should be settled",
        },
        FROM,
        TO,
    ],
    only: &[
        only("client", &[When::Is("view", &["terms"])]),
        only("item", &[When::Is("view", &["terms"])]),
        only("days", &[When::Is("view", &["terms"])]),
        only("group", &[When::Is("view", &["service"])]),
        only("resolve_h", &[When::Is("view", &["service"])]),
        only("from", &[When::Is("view", &["service"])]),
        only("to", &[When::Is("view", &["service"])]),
    ],
    run,
});

fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    if ctx.arguments.is("view", "service") { service::run(ctx) } else { terms::run(ctx) }
}
