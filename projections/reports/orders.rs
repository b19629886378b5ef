//! Orders (R41): what became of them. Invariant: what was ordered on a line is what was sent and
//! not sent back, what is open, and what cancelling or closing
//! dropped.

use std::collections::BTreeMap;

use sijil_schemas::id::{Kind, kind};

use crate::{
    report::parameters::{FROM, IN, TO},
    report::{
        Context, Draw, Parameter, ParameterKind, Picture, Report, ReportError, Sight, Table, When,
        only, only_values,
    },
    trade::{
        Listed, OrderDoc, OrderState,
        fulfilment::{LineOf, lines},
        grouping::{CURRENCY, wants},
    },
};

mod backlog;
mod each;
mod line;
mod otif;
mod quotes;

pub(crate) static REPORT: Option<Report> = Some(Report {
    name: "orders",
    title: "Orders",
    about: "What became of orders line by line or as a whole, what is still to be sent, and \
            whether what was promised came in time and in full; and what became of quotes.",
    formula: "open = ordered − shipped + returned, 0 at least, and 0 once cancelled or closed; \
              goods that name no line go to those of their item in order, as far as each goes; \
              orders: shipped_share = units sent and not sent back ÷ units ordered, paid = \
              allocations, outstanding = what is open of its invoices; backlog = open × net ÷ \
              ordered of each line; otif: of orders promised within from and to, up to as_of, and \
              not cancelled by the promised day, those of which every line had been sent in full \
              by its end (returns do not undo it); in_full: by as_of; undated: those placed \
              within from and to that were promised for no day; lines without an item are not \
              sent; quotes: of those issued within from and to, accepted, declined, expired (their \
              last day is over and nobody decided) and open at as_of; conversion = accepted ÷ \
              (quotes − open); mean_days = from issue to decision, elapsed ÷ 24 h",
    source: "DOMAIN R41",
    edition: 3,
    question: "What is still to be delivered, and do we deliver in time and in full?",
    draws_on: &["orders", "invoices", "clients", "counterparties", "deals", "staff"],
    sight: Sight::Subset,
    pictures: &[
        Picture::when(
            &[When::Is("view", &["lines"])],
            Draw::Bars { label: "line", y: "shipped", mark: Some("ordered") },
        ),
        Picture::when(
            &[When::Is("view", &["orders"])],
            Draw::Bars { label: "order", y: "outstanding", mark: Some("total") },
        ),
        Picture::when(
            &[
                When::Is("view", &["backlog"]),
                When::Is("group", &["owner", "client", "counterparty", "item"]),
            ],
            Draw::Bars { label: "group", y: "backlog", mark: None },
        ),
        Picture::when(
            &[When::Is("view", &["backlog"])],
            Draw::Bars { label: "currency", y: "backlog", mark: None },
        ),
        Picture::when(
            &[When::Is("view", &["otif"]), When::Is("group", &["owner", "client", "counterparty"])],
            Draw::Bars { label: "group", y: "rate", mark: Some("in_full_rate") },
        ),
        Picture::when(
            &[When::Is("view", &["otif"])],
            Draw::Parts { of: None, parts: &["otif", "in_full", "orders"] },
        ),
        Picture::when(
            &[
                When::Is("view", &["quotes"]),
                When::Is("group", &["owner", "client", "counterparty"]),
            ],
            Draw::Bars { label: "group", y: "accepted", mark: Some("quotes") },
        ),
        Picture::when(
            &[When::Is("view", &["quotes"])],
            Draw::Bars { label: "currency", y: "accepted", mark: Some("quotes") },
        ),
    ],
    needs_as_of: true,
    parameters: &[
        Parameter {
            name: "view",
            kind: ParameterKind::Choice(&["lines", "orders", "backlog", "otif", "quotes"]),
            required: false,
            default: Some("lines"),
            about: "line by line, order by order, what is still to be sent, what came in time and \
                    in full, or what became of quotes",
        },
        Parameter {
            name: "group",
            kind: ParameterKind::Choice(&["none", "owner", "client", "counterparty", "item"]),
            required: false,
            default: Some("none"),
            about: "with view=backlog, otif or quotes: rows per owner of the document, client, \
                    legal entity or (of backlog) item",
        },
        Parameter {
            name: "order",
            kind: ParameterKind::Id(Kind::Order),
            required: false,
            default: None,
            about: "only this order",
        },
        FROM,
        TO,
        CURRENCY,
        IN,
    ],
    only: &[
        only("group", &[When::Is("view", &["backlog", "otif", "quotes"])]),
        only_values("group", &["item"], &[When::Is("view", &["backlog"])]),
        only("in", &[When::Is("view", &["lines", "orders", "backlog", "quotes"])]),
        only("order", &[When::Is("view", &["lines", "orders", "backlog", "otif"])]),
    ],
    run,
});

fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    match ctx.arguments.text("view") {
        Some("orders") => each::run(ctx),
        Some("backlog") => backlog::run(ctx),
        Some("otif") => otif::run(ctx),
        Some("quotes") => quotes::run(ctx),
        _ => line::run(ctx),
    }
}

/// An order with what became of its lines.
struct Followed<'a> {
    order: Listed<'a, kind::Order, OrderDoc>,
    lines: Vec<LineOf>,
    state: OrderState,
}

impl Followed<'_> {
    /// Whether nothing more of it is expected.
    const fn is_ended(&self) -> bool {
        matches!(self.state, OrderState::Cancelled | OrderState::Closed)
    }
}

/// The orders that are asked for, in order of position; not yet by their dates.
fn followed<'a>(ctx: &Context<'a>) -> Result<Vec<Followed<'a>>, ReportError> {
    let (trade, lens) = (ctx.views.trade, ctx.lens());
    let wanted = ctx.arguments.text("order");
    let mut all = Vec::new();
    for order in trade.orders(lens).filter(|order| wanted.is_none_or(|id| order.id == id)) {
        if wants(ctx, order.doc.document.currency)? {
            let state = trade.order_state(order.sym, lens).unwrap_or(OrderState::Placed);
            all.push(Followed { order, lines: lines(ctx, order), state });
        }
    }
    Ok(all)
}

/// The invoices of each order, in order of position.
fn invoices<'a>(
    ctx: &Context<'a>,
) -> BTreeMap<crate::Sym<kind::Order>, Vec<Listed<'a, kind::Invoice, crate::trade::InvoiceDoc>>> {
    let mut all: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for invoice in ctx.views.trade.invoices(ctx.lens()) {
        if let Some(order) = invoice.doc.order {
            all.entry(order).or_default().push(invoice);
        }
    }
    all
}
