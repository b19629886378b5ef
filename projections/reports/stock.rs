//! R21, stock: what is on hand, reserved, available and forecast; what moved; what is on order.
//! Invariant: on hand later = on hand before + what moved in between.

mod moves;
mod on_hand;
mod purchases;

use sijil_schemas::id::{Kind, kind};

use crate::report::parameters::{FROM, IN, TO, attribute};
use crate::{
    Sym,
    report::{
        Carrier, Column, ColumnKind, Context, Draw, Parameter, ParameterKind, Picture, Report,
        ReportError, Sight, Table, Value, When, key, only, only_values,
    },
    trade::calendar::BY,
};

pub(crate) const ITEM: Parameter = Parameter {
    name: "item",
    kind: ParameterKind::Id(Kind::Item),
    required: false,
    default: None,
    about: "only this item",
};
pub(crate) const WAREHOUSE: Parameter = Parameter {
    name: "warehouse",
    kind: ParameterKind::Id(Kind::Warehouse),
    required: false,
    default: None,
    about: "only this warehouse",
};

pub(crate) static REPORT: Option<Report> = Some(Report {
    name: "stock",
    title: "Stock",
    about: "How much there is of each item at each warehouse (view on_hand), how much moved in a \
            period and why (view moves), and what was ordered from suppliers (view purchases). \
            Purchase orders name no warehouse: what they and clients' orders ask for stands at the \
            warehouse among the order's refs, else at the item's only warehouse, else in a row \
            without one.",
    formula: "on_hand = received − issued ± transfers ± adjustments, a count adjusting to what was \
              counted; reserved = reservations − releases − what was issued from them, nothing \
              once their order is cancelled; available = on_hand − reserved; on_order = ordered − \
              received, nothing once the order is closed; forecast at t = available + on_order \
              (expected by t) − demand (order lines promised by t, not sent and not reserved). An \
              expected or promised day that is not given counts as any day. View moves: net = \
              received + returned + produced + transferred + adjusted − sold − used − lost; \
              rejected (the field `rejected` of a receipt) and scrapped are in no other sum. View \
              purchases: orders placed in the period, subtotal = Σ net, total = subtotal + tax.",
    source: "DOMAIN R21",
    edition: 2,
    question: "What is on hand, what is promised, and what moved?",
    draws_on: &["stock", "orders", "catalogue", "accounting"],
    sight: Sight::Subset,
    pictures: &[
        Picture::when(
            &[When::Is("view", &["on_hand"])],
            Draw::Bullet {
                label: "item",
                actual: "on_hand",
                target: "demand",
                expected: Some("reserved"),
                better: None,
            },
        ),
        Picture::when(
            &[When::Is("view", &["moves"]), When::Is("group", &["none", "item"])],
            Draw::Parts { of: Some("item"), parts: &["received", "produced", "sold", "lost"] },
        ),
        Picture::when(
            &[When::Is("view", &["purchases"])],
            Draw::Bars { label: "currency", y: "total", mark: Some("orders") },
        ),
    ],
    needs_as_of: false,
    parameters: &[
        Parameter {
            name: "view",
            kind: ParameterKind::Choice(&["on_hand", "moves", "purchases"]),
            required: false,
            default: Some("on_hand"),
            about: "what there is, what moved, or what was ordered from suppliers",
        },
        ITEM,
        WAREHOUSE,
        Parameter {
            name: "group",
            kind: ParameterKind::Choice(&[
                "none",
                "item",
                "supplier",
                "purchase_order",
                "attribute",
            ]),
            required: false,
            default: Some("none"),
            about: "item: one row per item instead of one per item and warehouse, or purchases per \
                    item; the others are for purchases",
        },
        attribute(
            Carrier::Purchases,
            "with group=attribute: the key of one of the company's own fields on purchase orders",
        ),
        Parameter {
            name: "t",
            kind: ParameterKind::Date,
            required: false,
            default: None,
            about: "the day of the forecast; absent, whatever is expected counts",
        },
        FROM,
        TO,
        BY,
        IN,
    ],
    only: &[
        only("attribute", &[When::Is("group", &["attribute"])]),
        only_values(
            "group",
            &["supplier", "purchase_order", "attribute"],
            &[When::Is("view", &["purchases"])],
        ),
        only("t", &[When::Is("view", &["on_hand"])]),
        only("from", &[When::Is("view", &["moves", "purchases"])]),
        only("to", &[When::Is("view", &["moves", "purchases"])]),
        only("by", &[When::Is("view", &["purchases"])]),
        only("in", &[When::Is("view", &["purchases"])]),
    ],
    run,
});

fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    match ctx.arguments.text("view") {
        Some("moves") => moves::table(ctx),
        Some("purchases") => purchases::table(ctx),
        _ => on_hand::table(ctx),
    }
}

/// The items asked for, in order of their ids.
pub(crate) fn items_asked<'a>(ctx: &Context<'a>) -> Vec<(Sym<kind::Item>, &'a str)> {
    let wanted = ctx.arguments.text("item");
    let items = ctx.views.stock.items().into_iter();
    items.filter(|(_, id)| wanted.is_none_or(|w| w == *id)).collect()
}

/// Whether a warehouse is asked for.
pub(crate) fn warehouse_asked(ctx: &Context<'_>, warehouse: Option<Sym<kind::Warehouse>>) -> bool {
    let name = warehouse.map(|w| ctx.views.stock.warehouse_name(w));
    ctx.arguments.text("warehouse").is_none_or(|wanted| name == Some(wanted))
}

/// Whether rows are per item, not per item and warehouse.
fn per_item(ctx: &Context<'_>) -> Result<bool, ReportError> {
    match ctx.arguments.text("group") {
        Some("item") => Ok(true),
        None | Some("none") => Ok(false),
        Some(other) => Err(ReportError::InvalidParameter {
            name: "group".into(),
            expected: "none or item; the others go with view=purchases".into(),
            got: other.into(),
        }),
    }
}

/// The columns item and warehouse with these after them.
pub(crate) fn place_columns(
    per_item: bool,
    measures: impl IntoIterator<Item = Column>,
) -> Vec<Column> {
    let warehouse = (!per_item).then(|| key("warehouse", ColumnKind::Id));
    [key("item", ColumnKind::Id)].into_iter().chain(warehouse).chain(measures).collect()
}

/// The cells of the columns item and warehouse.
pub(crate) fn place_cells(
    per_item: bool,
    item: &str,
    warehouse: Option<&str>,
) -> Vec<crate::report::Cell> {
    let warehouse = (!per_item).then(|| Value::id(warehouse).into());
    [Value::Id(item.to_owned()).into()].into_iter().chain(warehouse).collect()
}
