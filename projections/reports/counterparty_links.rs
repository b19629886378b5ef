//! R2: what was invoiced to each client over its legal entities. Invariant: the rows of both views
//! sum to the same total, since what belongs to nobody is a row too.

use std::collections::{BTreeMap, HashMap};

use rust_decimal::Decimal;
use sijil_schemas::{
    Position,
    id::{Kind, kind},
    money::{Amount, Currency},
    time::Timestamp,
};

use crate::{
    Sym,
    clients::{LinkView, Resolver},
    report::{
        Column, ColumnKind, Context, Count, Draw, Grounds, Parameter, ParameterKind, Part, Picture,
        Report, ReportError, Row, Sight, Sum, Table, Value, When, col, key, sum,
    },
    trade::{
        InvoiceDoc, Listed, MoveKind,
        grouping::{base_rate, converted},
        settlement,
    },
};

pub(crate) static REPORT: Option<Report> = Some(Report {
    name: "counterparty_links",
    title: "Invoices by client over legal entities",
    about: "Which client the invoices of each legal entity belong to: the one linked on the \
            document's date, or the one linked at as_of.",
    formula: "amount = invoiced − credited, totals with tax, each document on its own date; view \
              at_event: the link on the document's date; current: the link at as_of; a client that \
              the document names wins in both",
    source: "DOMAIN R2",
    edition: 2,
    question: "Which client do the invoices of each legal entity belong to?",
    draws_on: &["clients", "counterparties", "deals", "orders", "invoices", "staff"],
    sight: Sight::Subset,
    pictures: &[
        Picture::when(
            &[When::Is("by", &["client"])],
            Draw::Bars { label: "client", y: "amount", mark: None },
        ),
        Picture::when(
            &[When::Is("by", &["counterparty"])],
            Draw::Bars { label: "counterparty", y: "amount", mark: None },
        ),
    ],
    needs_as_of: false,
    parameters: &[
        Parameter {
            name: "view",
            kind: ParameterKind::Choice(&["at_event", "current"]),
            required: false,
            default: Some("at_event"),
            about: "which link counts",
        },
        Parameter {
            name: "by",
            kind: ParameterKind::Choice(&["client", "counterparty"]),
            required: false,
            default: Some("client"),
            about: "one row per client, or per client and legal entity",
        },
        Parameter {
            name: "client",
            kind: ParameterKind::Id(Kind::Client),
            required: false,
            default: None,
            about: "only this client",
        },
        Parameter {
            name: "counterparty",
            kind: ParameterKind::Id(Kind::Counterparty),
            required: false,
            default: None,
            about: "only this legal entity",
        },
        Parameter {
            name: "from",
            kind: ParameterKind::Date,
            required: false,
            default: None,
            about: "the first day of the documents",
        },
        Parameter {
            name: "to",
            kind: ParameterKind::Date,
            required: false,
            default: None,
            about: "the last day of the documents",
        },
        Parameter {
            name: "in",
            kind: ParameterKind::Choice(&["own", "base"]),
            required: false,
            default: Some("own"),
            about: "each currency for itself, or all in the base currency",
        },
    ],
    only: &[],
    run,
});

/// What one row sums.
struct Sums<'a> {
    /// The records that say whose client it is.
    placed: Grounds,
    /// Those of the legal entities with a document, each with its first.
    counterparties: BTreeMap<&'a str, Position>,
    invoices: Count,
    invoiced: Sum,
    credited: Sum,
}

impl Sums<'_> {
    fn new(ctx: &Context<'_>) -> Self {
        Sums {
            placed: ctx.grounds(),
            counterparties: BTreeMap::new(),
            invoices: ctx.count(),
            invoiced: ctx.sum(),
            credited: ctx.sum(),
        }
    }
}

/// Client (nobody last), legal entity (none last), currency.
type RowKey<'a> = ((bool, &'a str), (bool, &'a str), Currency);

/// An invoice, or a credit note that reduces one or stands for itself.
struct Billed<'a> {
    at: Timestamp,
    position: Position,
    /// The legal entity that an invoice or a free credit note names.
    legal: Option<&'a str>,
    /// The total, with tax.
    total: (Currency, Decimal),
    credit: bool,
    /// The invoice that a credit note reduces.
    reduced: Option<Listed<'a, kind::Invoice, InvoiceDoc>>,
}

/// Every invoice and credit note that counts, in order of position.
fn billed<'a>(ctx: &Context<'a>) -> Vec<Billed<'a>> {
    let (trade, lens) = (ctx.views.trade, ctx.lens());
    let id = |legal: Option<Sym<_>>| legal.map(|legal| trade.ids().name(legal));
    let mut all: Vec<Billed<'a>> = Vec::new();
    for invoice in trade.invoices(lens).filter(|invoice| !invoice.doc.begun.is_before()) {
        let currency = invoice.doc.document.currency;
        let legal = id(invoice.doc.document.party.counterparty);
        let of = |at, position, total: Amount, reduced: Option<_>| {
            let (total, credit) = ((currency, total.get()), reduced.is_some());
            Billed { at, position, legal, total, credit, reduced }
        };
        all.push(of(invoice.at, invoice.position, invoice.doc.total, None));
        let credits = trade.credit_notes(invoice.sym, lens);
        all.extend(credits.map(|c| of(c.at, c.position, c.what.total, Some(invoice))));
    }
    all.extend(trade.free_credits(lens).map(|note| Billed {
        at: note.at,
        position: note.position,
        legal: id(note.doc.document.party.counterparty),
        total: (note.doc.document.currency, note.doc.total.get()),
        credit: true,
        reduced: None,
    }));
    all.sort_unstable_by_key(|billed| billed.position);
    all
}

fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let (clients, interval) = (ctx.views.clients, ctx.interval()?);
    let resolver = Resolver::new(clients, ctx.lens(), LinkView::of(ctx.arguments.text("view")));
    let by_counterparty = ctx.arguments.is("by", "counterparty");
    let (only_client, only_legal) =
        (ctx.arguments.text("client"), ctx.arguments.text("counterparty"));
    let mut rows: BTreeMap<RowKey<'_>, Sums<'_>> = BTreeMap::new();
    let mut amounts = Amounts { ctx, credited: HashMap::new() };
    for billed in billed(ctx).into_iter().filter(|b| interval.contains(&b.at)) {
        let party = clients.party_at(billed.position);
        let client = party.and_then(|party| resolver.client_of_party(party, billed.at));
        let (client, legal) = (client.map(|client| clients.id(client)), billed.legal);
        if only_client.is_some_and(|only| client != Some(only))
            || only_legal.is_some_and(|only| legal != Some(only))
        {
            continue;
        }
        let (amount, currency) = amounts.of(&billed)?;
        let shown = if by_counterparty { legal } else { None };
        let row_key = (last_if_none(client), last_if_none(shown), currency);
        let sums = rows.entry(row_key).or_insert_with(|| Sums::new(ctx));
        if let Some(legal) = legal {
            sums.counterparties.entry(legal).or_insert(billed.position);
        }
        if billed.credit {
            sums.credited += Part::of(billed.position, amount);
        } else {
            sums.invoices += billed.position;
            sums.invoiced += Part::of(billed.position, amount);
        }
        if let Some(party) = party.filter(|_| ctx.explain) {
            resolver.because_party(party, billed.at, &mut sums.placed);
        }
    }
    let mut table = Table::new(&columns(by_counterparty));
    table.rows.extend(rows.iter().map(|(row_key, sums)| row(ctx, *row_key, sums, by_counterparty)));
    Ok(table)
}

fn last_if_none(id: Option<&str>) -> (bool, &str) {
    (id.is_none(), id.unwrap_or_default())
}

/// Totals in the currency asked for.
struct Amounts<'c, 'a> {
    ctx: &'c Context<'a>,
    /// By invoice, what each of its credit notes took of it, by position.
    credited: HashMap<Sym<kind::Invoice>, HashMap<Position, Decimal>>,
}

impl Amounts<'_, '_> {
    fn of(&mut self, billed: &Billed<'_>) -> Result<(Decimal, Currency), ReportError> {
        let (ctx, own) = (self.ctx, billed.total);
        let Some(invoice) = billed.reduced else {
            return converted(ctx, own, billed.at, billed.position)
                .map(|(currency, amount)| (amount, currency));
        };
        // A credit note is a share of what is left of its invoice, at the invoice's rate.
        let Some(rated) =
            base_rate(ctx, invoice.doc.document.currency, invoice.at, invoice.position)?
        else {
            return Ok((own.1, own.0));
        };
        let credited = self.credited.entry(invoice.sym).or_insert_with(|| {
            let mut moves = ctx.views.trade.invoice_moves(invoice.sym, ctx.lens());
            settlement::in_base(&mut moves, rated);
            moves
                .iter()
                .filter(|m| m.kind == MoveKind::Credited)
                .map(|m| (m.position, -m.amount))
                .collect()
        });
        Ok((credited.get(&billed.position).copied().unwrap_or_default(), rated.currency))
    }
}

fn columns(by_counterparty: bool) -> Vec<Column> {
    let mut columns = vec![key("client", ColumnKind::Id)];
    columns.push(if by_counterparty {
        key("counterparty", ColumnKind::Id)
    } else {
        col("counterparties", ColumnKind::Count)
    });
    columns.extend([
        key("currency", ColumnKind::Text),
        sum("invoices", ColumnKind::Count),
        sum("invoiced", ColumnKind::Amount),
        sum("credited", ColumnKind::Amount),
        sum("amount", ColumnKind::Amount),
    ]);
    columns
}

fn row(
    ctx: &Context<'_>,
    ((no_client, client), (no_legal, legal), currency): RowKey<'_>,
    sums: &Sums<'_>,
    by_counterparty: bool,
) -> Row {
    let shown = |sum: &Sum| sum.shown(|amount| Value::money(amount, currency));
    let counterparties = || {
        let mut counted = ctx.count();
        sums.counterparties.values().for_each(|position| counted += *position);
        counted.shown()
    };
    vec![
        Value::id((!no_client).then_some(client)).because(sums.placed.clone()),
        if by_counterparty {
            Value::id((!no_legal).then_some(legal)).into()
        } else {
            counterparties()
        },
        Value::Text(currency.to_string()).into(),
        sums.invoices.shown(),
        shown(&sums.invoiced),
        shown(&sums.credited),
        shown(&sums.invoiced.minus(&sums.credited)),
    ]
}
