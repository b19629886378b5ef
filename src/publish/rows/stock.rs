//! Items, warehouses, what is in stock, how it moved and what it is worth. Invariant: quantities
//! and values are those of the reports `stock` and `valuation`.

use rust_decimal::Decimal;
use sijil_projections::stock::{
    PurchaseLine, Valued, quantities,
    valuation::{Against, Effect, Valuation},
};
use sijil_schemas::{
    Event,
    event::{Catalogue, Stock},
    id::Kind,
    text::Name,
};

use crate::{
    groups::{Group, Owner},
    reading::{Reading, word},
    sheet::Sheet,
    table::{Table, date, integer, numeric, text, time},
};

static WAREHOUSE: Table = Table::new(
    "warehouses",
    "stock",
    "One place that holds stock.",
    &[text("warehouse_id", "The warehouse's id.").key(), text("name", "Its label.")],
);

pub(crate) static WAREHOUSES: Group = Group {
    owner: Owner::Each(Kind::Warehouse),
    tables: &[&WAREHOUSE],
    from_records: true,
    rows: warehouse,
};

fn warehouse(reading: &Reading<'_>, id: &str, sheet: &mut Sheet) {
    let Some(Event::Stock(Stock::WarehouseRegistered(said))) = reading.opening(id) else { return };
    drop(
        sheet
            .row(&WAREHOUSE, reading.position(Kind::Warehouse, id))
            .put(id)
            .put(said.name.as_str()),
    );
}

static ITEM: Table = Table::new(
    "items",
    "stock",
    "One thing that is sold, bought or stocked.",
    &[
        text("item_id", "The item's id.").key(),
        text("sku", "Its number in the catalogue."),
        text("name", "Its label.").optional(),
        text("unit", "What its quantities count, as in piece or kg."),
        text("kind", "goods or service."),
        text("item_group", "Its own field group.").optional(),
        text("costing", "fifo or average: how the cost of what leaves the stock is found."),
        integer("decimals", "Decimal places of its quantities; null allows six.").optional(),
    ],
);
static ON_HAND: Table = Table::new(
    "stock_on_hand",
    "stock",
    "What there is of one item at one warehouse.",
    &[
        text("item_id", "The item.").key().to("items"),
        text("warehouse_id", "The warehouse.").key().to("warehouses"),
        numeric("on_hand", "How many there are."),
        numeric("reserved", "How many of them are kept for somebody."),
        numeric("available", "on_hand − reserved."),
        numeric(
            "value",
            "What they are worth, in the base currency; null where a rate is missing.",
        )
        .optional(),
        text("currency", "The base currency.").optional(),
    ],
);
static MOVE: Table = Table::new(
    "stock_moves",
    "stock",
    "One change of the stock of an item at a warehouse, with its cost. Settlements and cost \
     adjustments change the value alone. An item that cannot be valued, for want of a rate, has \
     none here, and no value in stock_on_hand.",
    &[
        text("item_id", "The item.").key().to("items"),
        integer("number", "Which of the item's changes, from 1, in order of business time.").key(),
        text("warehouse_id", "The warehouse.").to("warehouses"),
        time("moved_at", "When."),
        date("moved_on", "The day of that."),
        text(
            "kind",
            "receipt, return, sale, issue_to_production, loss, transfer, count, adjustment, \
             cost_adjustment, bill, bill_credit, consumption or production.",
        ),
        text(
            "document",
            "The id of the receipt, issue, transfer, count, adjustment, production, bill or \
             credit.",
        ),
        numeric("qty", "How many more, or fewer if negative."),
        numeric(
            "value",
            "How much more the stock is worth, or less if negative, in the base currency.",
        ),
        text(
            "against",
            "Against what the value changed: supplier, cost_of_goods, production, loss, adjustment \
             or warehouse.",
        ),
        numeric("qty_after", "How many there are at the warehouse after it."),
        numeric("value_after", "What they are worth after it."),
        integer("recorded", "The record that says so."),
    ],
);

pub(crate) static ITEMS: Group = Group {
    owner: Owner::Each(Kind::Item),
    tables: &[&ITEM, &ON_HAND, &MOVE],
    from_records: true,
    rows: item,
};

fn item(reading: &Reading<'_>, id: &str, sheet: &mut Sheet) {
    let (stock, trade, lens) = (&reading.views.stock, &reading.views.trade, reading.lens);
    let Some(sym) = stock.item(id) else { return };
    let Some(card) = stock.card(sym, lens) else { return };
    let Some(Event::Catalogue(Catalogue::ItemRegistered(said))) = reading.opening(id) else {
        return;
    };
    let position = reading.position(Kind::Item, id);
    let group = trade.ids().find(id).and_then(|i| trade.item_group(i, lens));
    let row = sheet
        .row(&ITEM, position)
        .put(id)
        .put(said.sku.as_str())
        .put(said.name.as_ref().map(Name::as_str))
        .put(said.unit.as_str());
    let row = row.put(&word(card.kind)).put(group).put(&word(card.costing));
    drop(row.put(card.decimals.map(u32::from)));
    let valuation = Valuation::of(reading.views.folds(), lens);
    let mut effects: Vec<Effect> = Vec::new();
    let shelves = valuation.walk(&[sym], &mut |effect| effects.push(*effect)).ok();
    let currency = valuation.currency();
    for (warehouse, here) in quantities(stock, sym, lens) {
        // What there is none of has no value.
        let value =
            shelves.as_ref().map(|s| s.get(&(sym, warehouse)).map_or(Decimal::ZERO, Valued::value));
        let row = sheet
            .row(&ON_HAND, position)
            .put(id)
            .put(stock.warehouse_name(warehouse))
            .put(here.on_hand)
            .put(here.reserved);
        drop(
            row.put(here.available())
                .put(value)
                .put(currency.as_ref().map(sijil_schemas::money::Currency::as_str)),
        );
    }
    for (number, effect) in (1_usize..).zip(&effects).filter(|_| shelves.is_some()) {
        sheet
            .row(&MOVE, position)
            .put(id)
            .put(number)
            .put(stock.warehouse_name(effect.warehouse))
            .put(effect.fact.at)
            .put(reading.day(effect.fact.at))
            .put(effect.fact.what.what.name())
            .put(stock.ids().id_of(effect.fact.what.what.document()))
            .put(effect.qty)
            .put(effect.value)
            .put(against(effect.against))
            .put(effect.after.0)
            .put(effect.after.1)
            .put(effect.fact.position);
    }
}

const fn against(against: Against) -> &'static str {
    match against {
        Against::Supplier => "supplier",
        Against::CostOfGoods => "cost_of_goods",
        Against::Production | Against::Product => "production",
        Against::Loss => "loss",
        Against::Adjustment => "adjustment",
        Against::Warehouse => "warehouse",
    }
}

static PRICE: Table = Table::new(
    "prices",
    "company",
    "One price of an item on a list, from a day until the next.",
    &[
        text("price_list_id", "The list.").key(),
        text("item_id", "The item.").key().to("items"),
        date("valid_from", "The first day it holds.").key(),
        integer("recorded", "The record that says so; of two with one day the later one holds.")
            .key(),
        numeric("price", "The price of one unit."),
        text("currency", "The currency of the price."),
    ],
);

pub(crate) static PRICES: Group = Group {
    owner: Owner::Whole(&[Kind::PriceList]),
    tables: &[&PRICE],
    from_records: false,
    rows: prices,
};

fn prices(reading: &Reading<'_>, _: &str, sheet: &mut Sheet) {
    for (list, item, fact) in reading.views.company.prices(reading.lens) {
        let row = sheet
            .row(&PRICE, fact.position)
            .put(list)
            .put(item)
            .put(fact.what.valid_from)
            .put(fact.position);
        drop(row.put(fact.what.price).put(fact.what.currency.as_str()));
    }
}

static PURCHASE: Table = Table::new(
    "purchase_orders",
    "stock",
    "One order to a supplier.",
    &[
        text("purchase_order_id", "The order's id.").key(),
        text("supplier_id", "The legal entity it went to.").to("counterparties"),
        time("placed_at", "When it was placed."),
        date("placed_on", "The day of that."),
        date("expected_on", "The day the goods are expected.").optional(),
        text("warehouse_id", "Where they shall come in, if its refs name a warehouse.")
            .optional()
            .to("warehouses"),
        text("currency", "The currency of its lines."),
        numeric("net", "The sum of its lines, without tax."),
        numeric("tax", "The tax of its lines."),
    ],
);
static PURCHASE_LINE: Table = Table::new(
    "purchase_order_lines",
    "stock",
    "One line of an order to a supplier.",
    &[
        text("purchase_order_id", "The order.").key().to("purchase_orders"),
        integer("number", "Which of its lines, from 1.").key(),
        text("item_id", "What; null for what is no item.").optional().to("items"),
        numeric("qty", "How many."),
        numeric("net", "The line without tax."),
        numeric("tax", "The tax of the line."),
    ],
);

pub(crate) static PURCHASES: Group = Group {
    owner: Owner::Each(Kind::PurchaseOrder),
    tables: &[&PURCHASE, &PURCHASE_LINE],
    from_records: false,
    rows: purchase,
};

fn purchase(reading: &Reading<'_>, id: &str, sheet: &mut Sheet) {
    let stock = &reading.views.stock;
    let ids = stock.ids();
    let Some(placed) = stock.purchase(ids.find(id)).order(reading.lens) else { return };
    let (position, order) = (reading.position(Kind::PurchaseOrder, id), &placed.what);
    let lines: Vec<PurchaseLine> = stock.purchase_lines(order).collect();
    sheet
        .row(&PURCHASE, position)
        .put(id)
        .put(ids.name(order.supplier))
        .put(placed.at)
        .put(reading.day(placed.at))
        .put(order.expected_on)
        .put(order.warehouse.map(|w| stock.warehouse_name(w)))
        .put(order.currency.as_str())
        .put(lines.iter().map(|line| line.net).sum::<Decimal>())
        .put(lines.iter().map(|line| line.tax).sum::<Decimal>());
    for (number, line) in (1_usize..).zip(&lines) {
        let row = sheet
            .row(&PURCHASE_LINE, position)
            .put(id)
            .put(number)
            .put(line.item.map(|i| stock.item_name(i)));
        drop(row.put(line.qty).put(line.net).put(line.tax));
    }
}

static RESERVATION: Table = Table::new(
    "reservations",
    "stock",
    "Stock kept for somebody.",
    &[
        text("reservation_id", "The reservation's id.").key(),
        text("item_id", "What.").to("items"),
        text("warehouse_id", "Where.").to("warehouses"),
        text("kept_for", "For what, as kind:id."),
        time("reserved_at", "When it was reserved."),
        numeric("qty", "How many were reserved."),
        numeric("held", "How many still are."),
    ],
);

pub(crate) static RESERVATIONS: Group = Group {
    owner: Owner::Each(Kind::Reservation),
    tables: &[&RESERVATION],
    from_records: false,
    rows: reservation,
};

fn reservation(reading: &Reading<'_>, id: &str, sheet: &mut Sheet) {
    let (stock, lens) = (&reading.views.stock, reading.lens);
    let reservation = stock.holding(stock.ids().find(id));
    let Some(opening) = reservation.opening(lens) else { return };
    let row = sheet
        .row(&RESERVATION, reading.position(Kind::Reservation, id))
        .put(id)
        .put(stock.item_name(opening.what.item));
    let row = row
        .put(stock.warehouse_name(opening.what.warehouse))
        .put(&stock.ids().entity_of(opening.what.r#for).to_string())
        .put(opening.at);
    drop(row.put(opening.what.qty).put(reservation.held(lens)));
}
