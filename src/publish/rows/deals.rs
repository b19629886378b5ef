//! Pipelines, deals and the stages they went through. Invariant: a deal is walked from its facts,
//! as in every report.

use serde_json::Value;
use sijil_projections::deals::{Leaving, Outcome};
use sijil_schemas::id::Kind;

use crate::{
    groups::{Group, Owner},
    reading::Reading,
    sheet::Sheet,
    table::{Table, date, integer, json, numeric, text, time},
};

static PIPELINE: Table = Table::new(
    "pipelines",
    "deals",
    "One pipeline, by its latest revision.",
    &[
        text("pipeline_id", "The pipeline's id.").key(),
        time("since", "Since when this revision holds."),
    ],
);
static STAGE: Table = Table::new(
    "pipeline_stages",
    "deals",
    "One stage of the latest revision of a pipeline.",
    &[
        text("pipeline_id", "The pipeline.").key().to("pipelines"),
        text("stage", "The stage's key.").key(),
        integer("rank", "Its place, from the first stage up."),
        text("name", "Its label."),
        numeric("probability", "How likely a deal here is won, from 0 to 1."),
    ],
);

pub(crate) static PIPELINES: Group = Group {
    owner: Owner::Each(Kind::Pipeline),
    tables: &[&PIPELINE, &STAGE],
    from_records: false,
    rows: pipeline,
};

fn pipeline(reading: &Reading<'_>, id: &str, sheet: &mut Sheet) {
    let (deals, regime) = (&reading.views.deals, reading.views.deals.regime());
    let Some(pipeline) = deals.ids().find(id) else { return };
    let Some(revision) = regime.revisions(pipeline, reading.lens).next() else { return };
    sheet.row(&PIPELINE, revision.position).put(id).put(revision.at);
    for stage in &revision.what.stages {
        sheet
            .row(&STAGE, revision.position)
            .put(id)
            .put(deals.word(stage.stage))
            .put(u32::from(stage.rank))
            .put(stage.name.as_str())
            .put(stage.probability.get());
    }
}

static DEAL: Table = Table::new(
    "deals",
    "deals",
    "One deal, as it stands.",
    &[
        text("deal_id", "The deal's id.").key(),
        text("client_id", "Whose it is, by links and merges.").optional().to("clients"),
        text("counterparty_id", "The legal entity it names.").optional().to("counterparties"),
        text("pipeline_id", "Its pipeline.").to("pipelines"),
        text("state", "open, on hold, won or lost."),
        text("stage", "The stage it stands in, or was closed from."),
        text("owner_id", "For whom it counts: its owner at the closing, else now.").to("employees"),
        time("opened_at", "When it was opened."),
        date("opened_on", "The day of that."),
        time("closed_at", "When it was won or lost; null while it is open.").optional(),
        date("closed_on", "The day of that.").optional(),
        numeric("amount", "What the win brought, else the last estimate; null if nobody said.")
            .optional(),
        text("currency", "The currency of the amount.").optional(),
        date("expected_close", "When it may close, as last estimated.").optional(),
        numeric("probability", "The probability that replaces the stage's, from 0 to 1.")
            .optional(),
        text("loss_reason", "Why it was lost.").optional(),
        text("loss_competitor", "To whom it was lost.").optional(),
        text("won_order_id", "The order it became, if the win says so.").optional().to("orders"),
        json("attributes", "The company's own fields, as last said."),
    ],
);
static VISIT: Table = Table::new(
    "deal_stage_visits",
    "deals",
    "One stay of a deal in a stage.",
    &[
        text("deal_id", "The deal.").key().to("deals"),
        integer("number", "Which of its stays, from 1.").key(),
        text("stage", "The stage."),
        integer("visit", "The n-th stay in that stage, from 1."),
        time("entered_at", "When it was entered."),
        time("left_at", "When it was left; null while the deal stands there.").optional(),
        text("left_to", "The next stage, or won or lost.").optional(),
    ],
);
static LINE: Table = Table::new(
    "deal_lines",
    "deals",
    "One line of what was asked for when a deal was opened.",
    &[
        text("deal_id", "The deal.").key().to("deals"),
        integer("number", "Which of its lines, from 1.").key(),
        text("line", "The line's key."),
        text("item_id", "What is asked for.").optional().to("items"),
        numeric("qty", "How many units."),
        numeric("price", "The price of one unit."),
        numeric("net", "The line without tax."),
    ],
);

pub(crate) static DEALS: Group = Group {
    owner: Owner::Each(Kind::Deal),
    tables: &[&DEAL, &VISIT, &LINE],
    from_records: false,
    rows: deal,
};

fn deal(reading: &Reading<'_>, id: &str, sheet: &mut Sheet) {
    let (deals, ids) = (&reading.views.deals, reading.views.deals.ids());
    let story = deals.story(ids.find(id));
    let Some(course) = story.course(reading.lens) else { return };
    let position = reading.position(Kind::Deal, id);
    let mut attributes = serde_json::Map::new();
    for said in story.attributes().counting(reading.lens) {
        let fields = deals.fields(said.what);
        attributes.extend(
            fields.map(|field| {
                (deals.word(field.key).to_owned(), Value::from(deals.word(field.value)))
            }),
        );
    }
    let (closing, worth) = (course.closing(), course.worth());
    let closed_at = closing.map(|close| close.moment.at);
    let (loss, order) = match closing.map(|close| close.outcome) {
        Some(Outcome::Lost(loss)) => (Some(loss), None),
        Some(Outcome::Won { order, .. }) => (None, order),
        None => (None, None),
    };
    sheet
        .row(&DEAL, position)
        .put(id)
        .put(reading.client_of(Kind::Deal, id))
        .put(course.party().1.counterparty.map(|legal| ids.name(legal)))
        .put(ids.name(course.opening.pipeline))
        .put(course.state().name())
        .put(deals.word(course.stage()))
        .put(ids.name(course.credited().1))
        .put(course.opened.at)
        .put(reading.day(course.opened.at))
        .put(closed_at)
        .put(closed_at.map(|at| reading.day(at)))
        .put(worth.map(|worth| worth.money.amount))
        .put(worth.as_ref().map(|worth| worth.money.currency.as_str()))
        .put(course.expected_close().map(|(_, day)| day))
        .put(course.probability().map(|(_, share)| share.get()))
        .put(loss.map(|loss| deals.word(loss.reason)))
        .put(loss.and_then(|loss| loss.competitor).map(|competitor| deals.word(competitor)))
        .put(order.map(|order| ids.name(order)))
        .put(Value::Object(attributes));
    for (number, visit) in (1_usize..).zip(course.visits()) {
        let left_to = visit.left.map(|(_, to)| match to {
            Leaving::Stage(stage) => deals.word(stage),
            Leaving::Won => "won",
            Leaving::Lost => "lost",
        });
        let row = sheet
            .row(&VISIT, position)
            .put(id)
            .put(number)
            .put(deals.word(visit.stage))
            .put(visit.number)
            .put(visit.entered.at);
        row.put(visit.left.map(|(moment, _)| moment.at)).put(left_to);
    }
    for (number, line) in (1_usize..).zip(deals.lines(course.opening.lines)) {
        let row = sheet
            .row(&LINE, position)
            .put(id)
            .put(number)
            .put(deals.word(line.line))
            .put(line.item.map(|item| ids.name(item)));
        row.put(line.qty).put(line.price).put(line.net);
    }
}
