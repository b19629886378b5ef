//! R3, the funnel: four questions with four names. Invariant: reached(k) never rises with k, and
//! deals = won + lost + open.

use crate::report::parameters::{ATTRIBUTE, FROM, IN, TO};
use crate::{
    deals::{GROUP, PIPELINE},
    report::{
        Context, Draw, Parameter, ParameterKind, Picture, Report, ReportError, Sight, Table, When,
        only,
    },
};

mod cohort;
mod flow;
mod snapshot;

const VIEW: Parameter = Parameter {
    name: "view",
    kind: ParameterKind::Choice(&["cohort", "strict", "flow", "snapshot"]),
    required: false,
    default: Some("cohort"),
    about: "cohort: how far deals opened in the period came; strict: the stages they literally \
            entered; flow: every move in the period; snapshot: where open deals stand at as_of",
};

pub(crate) static REPORT: Option<Report> = Some(Report {
    name: "funnel",
    title: "Funnel",
    about: "How far deals come (cohort, strict), how they move (flow) and where they stand \
            (snapshot). Cohort and strict give one funnel per revision of the pipeline in force at \
            the opening, told by the moment it came in force (revision_since); deals, won, lost, \
            open and overall are of the whole funnel, on each of its rows. In a snapshot deals and \
            unvalued are of the whole stage, amount is of the row's currency. The period does not \
            concern a snapshot.",
    formula: "reached(k) = deals opened in the period that by as_of entered any stage of rank ≥ k, \
              or were won; entered(k) = deals that entered k itself. step(k) = reached(next stage) \
              ÷ reached(k), of the last stage won ÷ reached; overall = won ÷ deals. Ranks are \
              those of the revision in force at the opening; a stage unknown there takes its rank \
              from the revision in force when it was entered.",
    source: "DOMAIN R3",
    edition: 2,
    question: "How far do our deals come, and where are they lost?",
    draws_on: &["deals", "clients", "counterparties", "staff"],
    sight: Sight::Subset,
    pictures: &[
        Picture::when(
            &[When::Is("view", &["cohort"])],
            Draw::Funnel { stage: "stage", reached: "reached", lost: "lost" },
        ),
        Picture::when(
            &[When::Is("view", &["strict"])],
            Draw::Funnel { stage: "stage", reached: "entered", lost: "lost" },
        ),
        Picture::when(
            &[When::Is("view", &["flow"])],
            Draw::Flow { from: "from", to: "to", n: "transitions" },
        ),
        Picture::when(
            &[When::Is("view", &["snapshot"])],
            Draw::Bars { label: "stage", y: "amount", mark: Some("deals") },
        ),
    ],
    needs_as_of: false,
    parameters: &[VIEW, FROM, TO, PIPELINE, GROUP, ATTRIBUTE, IN],
    only: &[
        only("attribute", &[When::Is("group", &["attribute"])]),
        only("from", &[When::Is("view", &["cohort", "strict", "flow"])]),
        only("to", &[When::Is("view", &["cohort", "strict", "flow"])]),
        only("in", &[When::Is("view", &["snapshot"])]),
    ],
    run,
});

fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    match ctx.arguments.text("view") {
        Some("flow") => flow::run(ctx),
        Some("snapshot") => snapshot::run(ctx),
        Some("strict") => cohort::run(ctx, true),
        _ => cohort::run(ctx, false),
    }
}
