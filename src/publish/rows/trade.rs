//! Orders, shipments and invoices. Invariant: what is open of an invoice is the sum of its moves,
//! as in the report `receivables`.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::Value;
use sijil_projections::trade::{Document, DocumentLine, Means, Move, MoveKind, Trade, owed};
use sijil_schemas::id::Kind;

use crate::{
    groups::{Group, Owner},
    reading::Reading,
    sheet::{Row, Sheet},
    table::{Column, Table, boolean, date, integer, json, numeric, text, time},
};

/// The columns of a line after those that say which.
pub(super) const fn line_columns(first: Column) -> [Column; 8] {
    [
        first,
        integer("number", "Which of its lines, from 1.").key(),
        text("line", "The line's key."),
        text("item_id", "What it is about; null for what is no item.").optional().to("items"),
        numeric("qty", "How many units."),
        numeric("price", "The price of one unit."),
        numeric("net", "The line without tax."),
        numeric("tax", "The tax of the line."),
    ]
}

static ORDER: Table = Table::new(
    "orders",
    "trade",
    "One order of a client.",
    &[
        text("order_id", "The order's id.").key(),
        text("client_id", "Whose it is, by links and merges.").optional().to("clients"),
        text("counterparty_id", "The legal entity it names.").optional().to("counterparties"),
        text("owner_id", "The employee it counts for.").optional().to("employees"),
        text("deal_id", "The deal it came from.").optional().to("deals"),
        text("state", "placed, partly_shipped, shipped, closed or cancelled."),
        time("placed_at", "When it was placed."),
        date("placed_on", "The day of that."),
        date("promised_on", "The day it was promised for.").optional(),
        time("cancelled_at", "When it was cancelled.").optional(),
        time("closed_at", "When it was closed before all of it was sent.").optional(),
        text("currency", "The currency of its amounts."),
        numeric("net", "The sum of its lines, without tax."),
        numeric("tax", "The tax of its lines."),
        json("attributes", "The company's own fields."),
    ],
);
static ORDER_LINE: Table = Table::new(
    "order_lines",
    "trade",
    "One line of an order.",
    &line_columns(text("order_id", "The order.").key().to("orders")),
);

pub(crate) static ORDERS: Group = Group {
    owner: Owner::Each(Kind::Order),
    tables: &[&ORDER, &ORDER_LINE],
    from_records: false,
    rows: order,
};

fn order(reading: &Reading<'_>, id: &str, sheet: &mut Sheet) {
    let (trade, lens) = (&reading.views.trade, reading.lens);
    let Some(order) = trade.order(id, lens) else { return };
    let Some(state) = trade.order_state(order.sym, lens) else { return };
    let (position, document) = (reading.position(Kind::Order, id), &order.doc.document);
    let row = party(reading, sheet.row(&ORDER, position).put(id), Kind::Order, id, document);
    let deals = &reading.views.deals;
    row.put(deals.deal_of_order(order.sym, lens).map(|deal| deals.ids().name(deal)))
        .put(state.name())
        .put(order.at)
        .put(reading.day(order.at))
        .put(order.doc.promised_on)
        .put(trade.cancelled(order.sym, lens).map(|fact| fact.at))
        .put(trade.closed(order.sym, lens).map(|fact| fact.at))
        .put(document.currency.as_str())
        .put(trade.net(document))
        .put(trade.tax(document))
        .put(attributes(trade, document));
    for (number, line) in (1_usize..).zip(trade.lines(document.lines)) {
        lined(trade, sheet.row(&ORDER_LINE, position).put(id).put(number), &line);
    }
}

/// Client, legal entity and owner of a document.
pub(super) fn party<'s>(
    reading: &Reading<'_>,
    row: Row<'s>,
    kind: Kind,
    id: &str,
    document: &Document,
) -> Row<'s> {
    let trade = &reading.views.trade;
    let counterparty = document.party.counterparty.map(|c| trade.ids().name(c));
    row.put(reading.client_of(kind, id))
        .put(counterparty)
        .put(document.owner.map(|o| trade.ids().name(o)))
}

pub(super) fn lined(trade: &Trade, row: Row<'_>, line: &DocumentLine) {
    row.put(trade.text(line.key))
        .put(line.item.map(|i| trade.ids().name(i)))
        .put(line.qty)
        .put(line.price)
        .put(line.net)
        .put(line.tax);
}

pub(super) fn attributes(trade: &Trade, document: &Document) -> Value {
    let all = trade.attributes(document);
    Value::Object(all.map(|(key, value)| (key.to_owned(), value.into())).collect())
}

static SHIPMENT: Table = Table::new(
    "shipments",
    "trade",
    "One shipment for an order.",
    &[
        text("shipment_id", "The shipment's id.").key(),
        text("order_id", "The order it is for.").to("orders"),
        text("client_id", "Whose it is, by links and merges.").optional().to("clients"),
        time("dispatched_at", "When it was sent."),
        date("dispatched_on", "The day of that."),
    ],
);
static SHIPMENT_LINE: Table = Table::new(
    "shipment_lines",
    "trade",
    "Goods of one shipment that were sent, or came back.",
    &[
        text("shipment_id", "The shipment.").key().to("shipments"),
        integer("number", "Which of its lines, from 1: what was sent, then what came back.").key(),
        text("what", "sent or returned."),
        time("at", "When."),
        text("line", "The order's line, if it is named.").optional(),
        text("item_id", "What.").to("items"),
        numeric("qty", "How many units; negative for what came back."),
    ],
);

pub(crate) static SHIPMENTS: Group = Group {
    owner: Owner::Each(Kind::Shipment),
    tables: &[&SHIPMENT, &SHIPMENT_LINE],
    from_records: false,
    rows: shipment,
};

fn shipment(reading: &Reading<'_>, id: &str, sheet: &mut Sheet) {
    let (trade, lens) = (&reading.views.trade, reading.lens);
    let Some((sym, sent)) = trade.shipment(id, lens) else { return };
    let position = reading.position(Kind::Shipment, id);
    let row = sheet
        .row(&SHIPMENT, position)
        .put(id)
        .put(trade.order_id(sent.what.order))
        .put(reading.client_of(Kind::Shipment, id));
    drop(row.put(sent.at).put(reading.day(sent.at)));
    let out = trade.goods_of(sent.what.goods).into_iter();
    let out = out.map(|goods| ("sent", sent.at, goods, Decimal::ONE));
    let back = trade.returns(sym, lens).flat_map(|fact| {
        let goods = trade.goods_of(fact.what).into_iter();
        goods.map(move |goods| ("returned", fact.at, goods, Decimal::NEGATIVE_ONE))
    });
    for (number, (what, at, goods, sign)) in (1_usize..).zip(out.chain(back)) {
        let row = sheet.row(&SHIPMENT_LINE, position).put(id).put(number).put(what).put(at);
        row.put(goods.line.map(|line| trade.text(line)))
            .put(trade.ids().name(goods.item))
            .put(goods.qty.get() * sign);
    }
}

static INVOICE: Table = Table::new(
    "invoices",
    "trade",
    "One invoice to a client, and what became of it.",
    &[
        text("invoice_id", "The invoice's id.").key(),
        text("client_id", "Whose it is, by links and merges.").optional().to("clients"),
        text("counterparty_id", "The legal entity it names.").optional().to("counterparties"),
        text("owner_id", "The employee it counts for.").optional().to("employees"),
        text("order_id", "The order it charges.").optional().to("orders"),
        time("issued_at", "When it was issued."),
        date(
            "issued_on",
            "The day of that; of one brought forward the day it was issued in other books.",
        ),
        boolean("brought_forward", "Whether it was issued in other books: it is no sale of these."),
        date("due_on", "The last day on which some of it is due.").optional(),
        text("currency", "The currency of its amounts."),
        numeric("net", "The sum of its lines, without tax."),
        numeric("tax", "The tax of its lines."),
        numeric("total", "With tax."),
        numeric("credited", "What credit notes took back, with tax."),
        numeric(
            "paid",
            "What payments and free credit notes put against it and did not take back.",
        ),
        numeric("set_off", "What bills of the same party settle of it."),
        numeric("written_off", "What was given up."),
        numeric(
            "outstanding",
            "total − credited − paid − set_off − written_off; below zero if it was credited after \
             it was paid.",
        ),
        json("attributes", "The company's own fields."),
    ],
);
static INVOICE_LINE: Table = Table::new(
    "invoice_lines",
    "trade",
    "One line of an invoice.",
    &line_columns(text("invoice_id", "The invoice.").key().to("invoices")),
);
static INVOICE_DUE: Table = Table::new(
    "invoice_dues",
    "trade",
    "One part of an invoice with the day it is due; settlements fill the earliest first.",
    &[
        text("invoice_id", "The invoice.").key().to("invoices"),
        integer("number", "Which of its parts, from 1.").key(),
        date("due_on", "The day it is due."),
        numeric("amount", "How much is due, with tax."),
        numeric("open", "How much of that is still open."),
    ],
);
static CREDIT_NOTE: Table = Table::new(
    "credit_notes",
    "trade",
    "One credit note: a reduction of an invoice, or free.",
    &[
        text("credit_note_id", "The credit note's id.").key(),
        text("invoice_id", "The invoice it reduces; null for a free one.")
            .optional()
            .to("invoices"),
        text("client_id", "Whose it is, by links and merges.").optional().to("clients"),
        text("counterparty_id", "The legal entity it names, or its invoice does.")
            .optional()
            .to("counterparties"),
        text("owner_id", "The employee it counts for, or its invoice does.")
            .optional()
            .to("employees"),
        text("order_id", "The order a free one is about.").optional().to("orders"),
        time("issued_at", "When it was issued."),
        date("issued_on", "The day of that."),
        text("currency", "The currency of its amounts."),
        numeric(
            "net",
            "What it takes back, without tax; where it says a total only, by what earlier ones \
             left of the invoice.",
        ),
        numeric("total", "With tax."),
        numeric(
            "free",
            "Of a free one, what is neither put against an invoice nor paid out; else 0.",
        ),
    ],
);
static CREDIT_LINE: Table = Table::new(
    "credit_note_lines",
    "trade",
    "What a credit note takes back, by line.",
    &[
        text("credit_note_id", "The credit note.").key().to("credit_notes"),
        integer("number", "Which of its parts, from 1.").key(),
        text("item_id", "What it is about; null for what is no item.").optional().to("items"),
        numeric("qty", "How many units; 0 if only money is taken back."),
        numeric("net", "Without tax."),
        numeric("tax", "The tax."),
    ],
);
static CREDIT_ALLOCATION: Table = Table::new(
    "credit_note_allocations",
    "trade",
    "What stands of a free credit note against an invoice.",
    &[
        text("credit_note_id", "The credit note.").key().to("credit_notes"),
        text("invoice_id", "The invoice.").key().to("invoices"),
        numeric("amount", "How much of the credit note is put against it and not taken back."),
    ],
);

pub(crate) static INVOICES: Group = Group {
    owner: Owner::Each(Kind::Invoice),
    tables: &[&INVOICE, &INVOICE_LINE, &INVOICE_DUE],
    from_records: false,
    rows: invoice,
};

/// What set-offs settle of a document, or what all else does that is put against it.
pub(super) fn put_against(moves: &[Move], by_set_off: bool) -> Decimal {
    let put = moves.iter().filter(|m| {
        matches!(m.kind, MoveKind::Allocated | MoveKind::Unallocated | MoveKind::Ended)
            && matches!(m.means, Some(Means::SetOff(_))) == by_set_off
    });
    -put.map(|m| m.amount).sum::<Decimal>()
}

fn invoice(reading: &Reading<'_>, id: &str, sheet: &mut Sheet) {
    let (trade, lens) = (&reading.views.trade, reading.lens);
    let Some(invoice) = trade.invoice_sym(id).and_then(|sym| trade.invoice(sym, lens)) else {
        return;
    };
    let (position, document) = (reading.position(Kind::Invoice, id), &invoice.doc.document);
    let moves = trade.invoice_moves(invoice.sym, lens);
    let sum = |kinds: &[MoveKind]| {
        -moves.iter().filter(|m| kinds.contains(&m.kind)).map(|m| m.amount).sum::<Decimal>()
    };
    let outstanding: Decimal = moves.iter().map(|m| m.amount).sum();
    let row = party(reading, sheet.row(&INVOICE, position).put(id), Kind::Invoice, id, document);
    row.put(invoice.doc.order.map(|o| trade.order_id(o)))
        .put(invoice.at)
        .put(invoice.doc.begun.issued_on(reading.day(invoice.at)))
        .put(invoice.doc.begun.is_before())
        .put(trade.dues(invoice.doc.due).last().map(|(on, _)| on))
        .put(document.currency.as_str())
        .put(trade.net(document))
        .put(trade.tax(document))
        .put(invoice.doc.total)
        .put(sum(&[MoveKind::Credited]))
        .put(put_against(&moves, false))
        .put(put_against(&moves, true))
        .put(sum(&[MoveKind::WrittenOff]))
        .put(outstanding)
        .put(attributes(trade, document));
    for (number, line) in (1_usize..).zip(trade.lines(document.lines)) {
        lined(trade, sheet.row(&INVOICE_LINE, position).put(id).put(number), &line);
    }
    let due: Vec<_> = trade.dues(invoice.doc.due).collect();
    let whole: Decimal = due.iter().map(|(_, amount)| *amount).sum();
    let open = owed::open_by_due(&due, whole - outstanding);
    for (number, ((on, amount), (_, open))) in (1_usize..).zip(due.iter().zip(open)) {
        sheet.row(&INVOICE_DUE, position).put(id).put(number).put(*on).put(*amount).put(open);
    }
}

pub(crate) static CREDIT_NOTES: Group = Group {
    owner: Owner::Each(Kind::CreditNote),
    tables: &[&CREDIT_NOTE, &CREDIT_LINE, &CREDIT_ALLOCATION],
    from_records: false,
    rows: credit_note,
};

fn credit_note(reading: &Reading<'_>, id: &str, sheet: &mut Sheet) {
    let (trade, lens) = (&reading.views.trade, reading.lens);
    let Some(sym) = trade.credit_note_sym(id) else { return };
    let position = reading.position(Kind::CreditNote, id);
    if let Some(note) = trade.free_credit(sym, lens) {
        let (document, moves) = (&note.doc.document, trade.credit_note_moves(sym, lens));
        let row = party(
            reading,
            sheet.row(&CREDIT_NOTE, position).put(id).put(None::<&str>),
            Kind::CreditNote,
            id,
            document,
        );
        row.put(note.doc.order.map(|order| trade.order_id(order)))
            .put(note.at)
            .put(reading.day(note.at))
            .put(document.currency.as_str())
            .put(trade.net(document))
            .put(note.doc.total)
            .put(moves.iter().map(|m| m.amount).sum::<Decimal>());
        for (number, line) in (1_usize..).zip(trade.lines(document.lines)) {
            let row = sheet
                .row(&CREDIT_LINE, position)
                .put(id)
                .put(number)
                .put(line.item.map(|item| trade.ids().name(item)));
            row.put(line.qty).put(line.net).put(line.tax);
        }
        let mut put: BTreeMap<&str, Decimal> = BTreeMap::new();
        for (invoice, amount) in
            moves.iter().filter_map(|m| Some((trade.invoice(m.invoice?, lens)?.id, m.amount)))
        {
            *put.entry(invoice).or_default() -= amount;
        }
        for (invoice, amount) in put.into_iter().filter(|(_, amount)| !amount.is_zero()) {
            sheet.row(&CREDIT_ALLOCATION, position).put(id).put(invoice).put(amount);
        }
        return;
    }
    let invoices = trade.credited_by(sym, lens.side).into_iter();
    for invoice in invoices.filter_map(|invoice| trade.invoice(invoice, lens)) {
        let taken = trade.credits_taken(invoice.sym, lens);
        let Some((credit, parts)) =
            taken.into_iter().find(|(credit, _)| credit.what.id == sym.into())
        else {
            continue;
        };
        let document = &invoice.doc.document;
        let row = party(
            reading,
            sheet.row(&CREDIT_NOTE, position).put(id).put(invoice.id),
            Kind::CreditNote,
            id,
            document,
        );
        row.put(None::<&str>)
            .put(credit.at)
            .put(reading.day(credit.at))
            .put(document.currency.as_str())
            .put(parts.iter().map(|part| part.net).sum::<Decimal>())
            .put(credit.what.total)
            .put(Decimal::ZERO);
        for (number, part) in (1_usize..).zip(&parts) {
            let row = sheet
                .row(&CREDIT_LINE, position)
                .put(id)
                .put(number)
                .put(part.item.map(|item| trade.ids().name(item)));
            row.put(part.qty).put(part.net).put(part.tax);
        }
    }
}
