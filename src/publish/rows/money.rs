//! Bank accounts, payments, bills, bank statements and rates. Invariant: what is free of a payment
//! is the sum of its moves, as in the report `receivables`.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sijil_projections::trade::{Deducted, Means, MoveKind, Mover, Trade};
use sijil_schemas::{id::Kind, money::Amount};

use super::trade::{attributes, lined, put_against};
use crate::{
    groups::{Group, Owner},
    reading::Reading,
    sheet::Sheet,
    table::{Table, boolean, date, integer, json, numeric, text, time},
};

static BANK_ACCOUNT: Table = Table::new(
    "bank_accounts",
    "trade",
    "One bank account or cash desk.",
    &[text("bank_account_id", "Its id.").key(), text("currency", "Its currency.")],
);

pub(crate) static BANK_ACCOUNTS: Group = Group {
    owner: Owner::Each(Kind::BankAccount),
    tables: &[&BANK_ACCOUNT],
    from_records: false,
    rows: bank_account,
};

fn bank_account(reading: &Reading<'_>, id: &str, sheet: &mut Sheet) {
    if let Some(currency) = reading.views.trade.bank_currency(id, reading.lens) {
        sheet
            .row(&BANK_ACCOUNT, reading.position(Kind::BankAccount, id))
            .put(id)
            .put(currency.as_str());
    }
}

static PAYMENT: Table = Table::new(
    "payments",
    "trade",
    "One payment, received or made.",
    &[
        text("payment_id", "The payment's id.").key(),
        text("direction", "in for received, out for made."),
        text("client_id", "Whose it is, by links and merges; of those received.")
            .optional()
            .to("clients"),
        text("counterparty_id", "The legal entity it names.").optional().to("counterparties"),
        text(
            "bank_account_id",
            "Where it came in or went out; null of an advance brought forward.",
        )
        .optional()
        .to("bank_accounts"),
        time("paid_at", "When."),
        date("paid_on", "The day of that."),
        text("currency", "The currency of its amounts."),
        numeric("amount", "How much, never negative."),
        numeric(
            "deducted",
            "What was kept back of it, which settles like the rest; below 0 where more came than \
             was owed.",
        ),
        numeric(
            "free",
            "What is neither put against a document nor paid back; what was deducted is in it.",
        ),
        boolean("reversed", "Whether it turned out not to be a payment."),
    ],
);
static PURPOSE: Table = Table::new(
    "payment_purposes",
    "trade",
    "What a part of a payment is for.",
    &[
        text("payment_id", "The payment.").key().to("payments"),
        integer("number", "Which of its parts, from 1.").key(),
        text("purpose", "What it is for."),
        numeric("amount", "How much."),
    ],
);
static DEDUCTION: Table = Table::new(
    "payment_deductions",
    "trade",
    "A part of a payment that was kept back on the way.",
    &[
        text("payment_id", "The payment.").key().to("payments"),
        integer("number", "Which of its deductions, from 1.").key(),
        text("account", "The path of the account it went to."),
        numeric("amount", "How much."),
    ],
);
static ALLOCATION: Table = Table::new(
    "payment_allocations",
    "trade",
    "What stands of a payment received against an invoice.",
    &[
        text("payment_id", "The payment.").key().to("payments"),
        text("invoice_id", "The invoice.").key().to("invoices"),
        numeric("amount", "How much of the payment is put against it and not taken back."),
    ],
);

pub(crate) static PAYMENTS: Group = Group {
    owner: Owner::Each(Kind::Payment),
    tables: &[&PAYMENT, &PURPOSE, &DEDUCTION, &ALLOCATION],
    from_records: false,
    rows: payment,
};

fn payment(reading: &Reading<'_>, id: &str, sheet: &mut Sheet) {
    let (trade, lens) = (&reading.views.trade, reading.lens);
    let Some(sym) = trade.payment_sym(id) else { return };
    let position = reading.position(Kind::Payment, id);
    if let Some(payment) = trade.payment(sym, lens) {
        let (doc, moves) = (payment.doc, trade.payment_moves(sym, lens));
        let free: Decimal = moves.iter().map(|m| m.amount).sum();
        sheet
            .row(&PAYMENT, position)
            .put(id)
            .put("in")
            .put(reading.client_of(Kind::Payment, id))
            .put(doc.party.counterparty.map(|c| trade.ids().name(c)))
            .put(doc.bank.map(|bank| trade.bank(bank)))
            .put(payment.at)
            .put(reading.day(payment.at))
            .put(doc.currency.as_str())
            .put(doc.amount)
            .put(trade.deducted(doc.deductions))
            .put(free)
            .put(moves.iter().any(|m| m.kind == MoveKind::Reversed));
        purposes(sheet, id, position, trade.purposes_said(doc.purposes));
        deductions(trade, sheet, (id, position), trade.deductions(doc.deductions));
        let mut put: BTreeMap<&str, Decimal> = BTreeMap::new();
        for (invoice, amount) in moves.iter().filter_map(|m| Some((m.invoice?, m.amount))) {
            if let Some(invoice) = trade.invoice(invoice, lens) {
                *put.entry(invoice.id).or_default() -= amount;
            }
        }
        for (invoice, amount) in put.into_iter().filter(|(_, amount)| !amount.is_zero()) {
            sheet.row(&ALLOCATION, position).put(id).put(invoice).put(amount);
        }
    } else if let Some(payment) = trade.payment_made(sym, lens) {
        let (doc, moves) = (payment.doc, trade.outgoing_moves(sym, lens));
        let free: Decimal = moves.iter().map(|m| m.amount).sum();
        sheet
            .row(&PAYMENT, position)
            .put(id)
            .put("out")
            .put(None::<&str>)
            .put(doc.party.counterparty.map(|c| trade.ids().name(c)))
            .put(doc.bank.map(|bank| trade.bank(bank)))
            .put(payment.at)
            .put(reading.day(payment.at))
            .put(doc.currency.as_str())
            .put(doc.amount)
            .put(trade.deducted(doc.deductions))
            .put(free)
            .put(moves.iter().any(|m| m.kind == MoveKind::Reversed));
        purposes(sheet, id, position, trade.purposes_said(doc.purposes));
        deductions(trade, sheet, (id, position), trade.deductions(doc.deductions));
    }
}

fn purposes<'a>(
    sheet: &mut Sheet,
    id: &str,
    position: sijil_schemas::Position,
    purposes: impl Iterator<Item = (&'a str, Amount)>,
) {
    for (number, (purpose, amount)) in (1_usize..).zip(purposes) {
        sheet.row(&PURPOSE, position).put(id).put(number).put(purpose).put(amount);
    }
}

fn deductions(
    trade: &Trade,
    sheet: &mut Sheet,
    (id, position): (&str, sijil_schemas::Position),
    deductions: impl Iterator<Item = Deducted>,
) {
    for (number, part) in (1_usize..).zip(deductions) {
        let row = sheet.row(&DEDUCTION, position).put(id).put(number);
        row.put(trade.account_id(part.account)).put(part.amount);
    }
}

static BILL: Table = Table::new(
    "bills",
    "trade",
    "One invoice of a supplier.",
    &[
        text("bill_id", "The bill's id.").key(),
        text("supplier_id", "The legal entity it came from.").optional().to("counterparties"),
        time("received_at", "When it was received."),
        date("received_on", "The day of that."),
        date("issued_on", "The same; of one brought forward the day it was issued."),
        boolean(
            "brought_forward",
            "Whether it came in other books: nothing of it is bought in these.",
        ),
        date("due_on", "The last day on which some of it is due.").optional(),
        text("currency", "The currency of its amounts."),
        numeric("total", "With tax."),
        numeric("credited", "What the supplier took back, with tax."),
        numeric("paid", "What payments put against it and did not take back."),
        numeric("set_off", "What invoices of the same party settle of it."),
        numeric("written_off", "What need not be paid."),
        numeric("outstanding", "total − credited − paid − set_off − written_off."),
        json("attributes", "The company's own fields."),
    ],
);
static BILL_LINE: Table = Table::new(
    "bill_lines",
    "trade",
    "One line of a bill.",
    &[
        text("bill_id", "The bill.").key().to("bills"),
        integer("number", "Which of its lines, from 1.").key(),
        text("line", "The line's key."),
        text("item_id", "What it is about; null for what is no item.").optional().to("items"),
        numeric("qty", "How many units."),
        numeric("price", "The price of one unit."),
        numeric("net", "The line without tax."),
        numeric("tax", "The tax of the line."),
    ],
);
static BILL_ALLOCATION: Table = Table::new(
    "bill_allocations",
    "trade",
    "What stands of a payment made against a bill.",
    &[
        text("bill_id", "The bill.").key().to("bills"),
        text("payment_id", "The payment.").key().to("payments"),
        numeric("amount", "How much of the payment is put against it."),
    ],
);

pub(crate) static BILLS: Group = Group {
    owner: Owner::Each(Kind::Bill),
    tables: &[&BILL, &BILL_LINE, &BILL_ALLOCATION],
    from_records: false,
    rows: bill,
};

fn bill(reading: &Reading<'_>, id: &str, sheet: &mut Sheet) {
    let (trade, lens) = (&reading.views.trade, reading.lens);
    let Some(bill) = trade.bill(id, lens) else { return };
    let (position, document, moves) =
        (reading.position(Kind::Bill, id), &bill.doc.document, trade.bill_moves(bill.sym, lens));
    let sum = |kind: MoveKind| {
        -moves.iter().filter(|m| m.kind == kind).map(|m| m.amount).sum::<Decimal>()
    };
    sheet
        .row(&BILL, position)
        .put(id)
        .put(document.party.counterparty.map(|c| trade.ids().name(c)))
        .put(bill.at)
        .put(reading.day(bill.at))
        .put(bill.doc.begun.issued_on(reading.day(bill.at)))
        .put(bill.doc.begun.is_before())
        .put(trade.dues(bill.doc.due).last().map(|(on, _)| on))
        .put(document.currency.as_str())
        .put(bill.doc.total)
        .put(sum(MoveKind::Credited))
        .put(put_against(&moves, false))
        .put(put_against(&moves, true))
        .put(sum(MoveKind::WrittenOff))
        .put(moves.iter().map(|m| m.amount).sum::<Decimal>())
        .put(attributes(trade, document));
    for (number, line) in (1_usize..).zip(trade.lines(document.lines)) {
        lined(trade, sheet.row(&BILL_LINE, position).put(id).put(number), &line);
    }
    let mut put: BTreeMap<&str, Decimal> = BTreeMap::new();
    for m in &moves {
        if let Some(Means::Payment(payment)) = m.means {
            *put.entry(trade.payment_id(payment)).or_default() -= m.amount;
        }
    }
    for (payment, amount) in put.into_iter().filter(|(_, amount)| !amount.is_zero()) {
        sheet.row(&BILL_ALLOCATION, position).put(id).put(payment).put(amount);
    }
}

static STATEMENT_LINE: Table = Table::new(
    "statement_lines",
    "trade",
    "One line of a bank statement.",
    &[
        text("statement_line_id", "The line's id.").key(),
        text("bank_account_id", "Whose statement.").to("bank_accounts"),
        time("booked_at", "When."),
        text("currency", "The currency of the amount."),
        numeric("amount", "How much; negative if it went out."),
        numeric("matched", "How much of it is matched, above 0 whichever way it went."),
    ],
);
static STATEMENT_MATCH: Table = Table::new(
    "statement_matches",
    "trade",
    "What one line of a bank statement is matched to.",
    &[
        text("statement_line_id", "The line.").key().to("statement_lines"),
        integer("number", "Which of its matches, from 1.").key(),
        text("payment_id", "The payment that moved the money, if one did.")
            .optional()
            .to("payments"),
        text("funds_transfer_id", "The transfer between own accounts, if that did.").optional(),
        text("funds_exchange_id", "The exchange into another currency, if that did.").optional(),
        text("expense_id", "The money spent without a bill, if that was it.").optional(),
        text(
            "credit_note_id",
            "The credit note without an invoice that was paid out, if that did.",
        )
        .optional()
        .to("credit_notes"),
        numeric("amount", "How much of the line, above 0 whichever way it went."),
    ],
);

pub(crate) static STATEMENT_LINES: Group = Group {
    owner: Owner::Each(Kind::StatementLine),
    tables: &[&STATEMENT_LINE, &STATEMENT_MATCH],
    from_records: false,
    rows: statement_line,
};

fn statement_line(reading: &Reading<'_>, id: &str, sheet: &mut Sheet) {
    let (trade, lens) = (&reading.views.trade, reading.lens);
    let Some(line) = trade.statement_line(id, lens) else { return };
    let (position, matches) =
        (reading.position(Kind::StatementLine, id), trade.matches(line, lens));
    let row =
        sheet.row(&STATEMENT_LINE, position).put(id).put(trade.bank(line.doc.bank)).put(line.at);
    let matched: Decimal = matches.iter().map(|(_, _, taken)| *taken).sum();
    row.put(line.doc.amount.currency.as_str()).put(line.doc.amount.amount).put(matched);
    for (number, (_, matched, taken)) in (1_usize..).zip(matches) {
        let (mut payment, mut transfer, mut exchange) = (None, None, None);
        let (mut expense, mut note) = (None, None);
        match matched.to {
            Mover::Payment(sym) => payment = Some(trade.payment_id(sym)),
            Mover::Transfer(sym) => transfer = Some(trade.transfer_id(sym)),
            Mover::Exchange(sym) => exchange = Some(trade.exchange_id(sym)),
            Mover::Expense(sym) => expense = Some(trade.expense_id(sym)),
            Mover::CreditNote(sym) => note = Some(trade.credit_note_id(sym)),
        }
        sheet
            .row(&STATEMENT_MATCH, position)
            .put(id)
            .put(number)
            .put(payment)
            .put(transfer)
            .put(exchange)
            .put(expense)
            .put(note)
            .put(taken);
    }
}

static RATE: Table = Table::new(
    "exchange_rates",
    "company",
    "One rate of a currency, in force from its date until the next.",
    &[
        text("currency", "The currency.").key(),
        time("since", "From when it is in force.").key(),
        integer("recorded", "The record that says so; of two with one date the later one holds.")
            .key(),
        numeric("rate", "Units of the base currency per one unit."),
    ],
);

pub(crate) static RATES: Group = Group {
    owner: Owner::Whole(&[Kind::Currency]),
    tables: &[&RATE],
    from_records: false,
    rows: rates,
};

fn rates(reading: &Reading<'_>, _: &str, sheet: &mut Sheet) {
    for (currency, rate) in reading.views.company.rates(reading.lens) {
        sheet
            .row(&RATE, rate.position)
            .put(currency.as_str())
            .put(rate.at)
            .put(rate.position)
            .put(rate.what.get());
    }
}
