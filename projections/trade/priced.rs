//! What sales come to in the currency asked for. Invariant: an invoice is rounded once, its lines
//! are shares of that, and its credit notes shares of what is left of each, at the invoice's rate:
//! an invoice that was credited in full comes to nothing, line by line.

use std::collections::{BTreeMap, HashMap};

use rust_decimal::Decimal;
use sijil_schemas::{Position, id::kind, money::Currency};

use super::{
    DocumentLine, InvoiceDoc, Listed, MoveKind, OrderDoc,
    grouping::base_rate,
    sales::{Part, Sale},
    settlement,
};
use crate::{
    Sym,
    base::{Portions, Rated},
    report::{Context, ReportError},
};

/// Sales in the currency asked for, one after the other. Invoices that were credited are worked out
/// once.
pub(crate) struct Priced<'c, 'a> {
    ctx: &'c Context<'a>,
    /// Whether in the base currency, whatever was asked for.
    based: bool,
    credited: HashMap<Sym<kind::Invoice>, BTreeMap<Position, Vec<Part>>>,
}

impl<'c, 'a> Priced<'c, 'a> {
    /// In the currency asked for.
    pub(crate) fn asked(ctx: &'c Context<'a>) -> Priced<'c, 'a> {
        Priced { ctx, based: false, credited: HashMap::new() }
    }
    /// In the base currency.
    pub(crate) fn in_base(ctx: &'c Context<'a>) -> Priced<'c, 'a> {
        Priced { based: true, ..Priced::asked(ctx) }
    }
    fn rated(&self, sale: &Sale<'_>) -> Result<Option<Rated>, ReportError> {
        let (ctx, currency, (at, position)) = (self.ctx, sale.currency(), sale.home());
        if self.based {
            return Rated::base(ctx.views.company, ctx.lens(), currency, (at, position)).map(Some);
        }
        base_rate(ctx, currency, at, position)
    }
    /// The currency and the lines of a sale.
    pub(crate) fn parts(&mut self, sale: &Sale<'a>) -> Result<(Currency, Vec<Part>), ReportError> {
        let Some(rated) = self.rated(sale)? else {
            return Ok((sale.currency(), sale.parts().to_vec()));
        };
        let Some((invoice, credit)) = sale.credited() else {
            return Ok((rated.currency, counted(rated, sale.parts().to_vec())));
        };
        let ctx = self.ctx;
        let credited =
            self.credited.entry(invoice.sym).or_insert_with(|| credited(ctx, invoice, rated));
        Ok((rated.currency, credited.get(&credit.position).cloned().unwrap_or_default()))
    }
    /// The total of a sale without tax; negative for a credit note.
    pub(crate) fn net(&mut self, sale: &Sale<'a>) -> Result<(Currency, Decimal), ReportError> {
        let (currency, parts) = self.parts(sale)?;
        Ok((currency, parts.iter().map(|part| part.net).sum()))
    }
}

/// What an order comes to without tax, in the currency asked for.
pub(crate) fn ordered(
    ctx: &Context<'_>,
    order: Listed<'_, kind::Order, OrderDoc>,
) -> Result<(Currency, Decimal), ReportError> {
    let (trade, document) = (ctx.views.trade, order.doc.document);
    let rated = base_rate(ctx, document.currency, order.at, order.position)?;
    let net = trade.net(&document);
    Ok(rated.map_or((document.currency, net), |rated| {
        (rated.currency, rated.parts(&[net, trade.tax(&document)])[0])
    }))
}

/// The lines of an invoice, or of a free credit note, at its rate.
fn counted(rated: Rated, mut parts: Vec<Part>) -> Vec<Part> {
    let lines: Vec<(Decimal, Decimal)> = parts.iter().map(|part| (part.net, part.tax)).collect();
    parts
        .iter_mut()
        .zip(rated.lines(&lines))
        .for_each(|(part, (net, tax))| (part.net, part.tax) = (net, tax));
    parts
}

/// The credit notes of an invoice by position, line by line. Of net and tax, and then of each line,
/// a credit takes its share of what earlier ones left.
fn credited(
    ctx: &Context<'_>,
    invoice: Listed<'_, kind::Invoice, InvoiceDoc>,
    rated: Rated,
) -> BTreeMap<Position, Vec<Part>> {
    let (trade, lens) = (ctx.views.trade, ctx.lens());
    let lines: Vec<DocumentLine> = trade.lines(invoice.doc.document.lines).collect();
    let mut moves = trade.invoice_moves(invoice.sym, lens);
    settlement::in_base(&mut moves, rated);
    let taken: BTreeMap<Position, Decimal> = moves
        .iter()
        .filter(|m| m.kind == MoveKind::Credited)
        .map(|m| (m.position, -m.amount))
        .collect();
    // One place more for a line that the invoice does not have, which no rule admits.
    let own = |of: fn(&DocumentLine) -> Decimal| {
        lines.iter().map(of).chain([Decimal::ZERO]).collect::<Vec<_>>()
    };
    let (nets, taxes) = (own(|l| l.net.get()), own(|l| l.tax.get()));
    let whole = [nets.iter().sum(), taxes.iter().sum()];
    let mut sums = Portions::of(rated, rated.whole(whole.iter().sum()), &whole);
    let base = sums.base();
    let (mut nets, mut taxes) =
        (Portions::of(rated, base[0], &nets), Portions::of(rated, base[1], &taxes));
    let mut all = BTreeMap::new();
    for (credit, parts) in trade.credits_taken(invoice.sym, lens) {
        let said: Vec<DocumentLine> = trade.lines(credit.what.lines).collect();
        let place = |n: usize| match said.get(n) {
            Some(line) => lines.iter().position(|l| l.key == line.key).unwrap_or(lines.len()),
            None => n,
        };
        let (mut net, mut tax) =
            (vec![Decimal::ZERO; lines.len() + 1], vec![Decimal::ZERO; lines.len() + 1]);
        for (n, part) in parts.iter().enumerate() {
            net[place(n)] += part.net;
            tax[place(n)] += part.tax;
        }
        let sum = sums.take(
            taken.get(&credit.position).copied().unwrap_or_default(),
            &[net.iter().sum(), tax.iter().sum()],
        );
        let (mut net, mut tax) = (nets.take(sum[0], &net), taxes.take(sum[1], &tax));
        let mut share = |n: usize| Part {
            item: parts[n].item,
            qty: -parts[n].qty,
            // The first of two parts of one line has it all.
            net: -std::mem::take(&mut net[place(n)]),
            tax: -std::mem::take(&mut tax[place(n)]),
        };
        let mut counted: Vec<Part> = (0..parts.len()).map(&mut share).collect();
        // The last credit of an invoice takes the cents, too, that rounding left of lines which
        // were credited before.
        let rests = lines
            .iter()
            .zip(net.iter().zip(&tax))
            .filter(|(_, (net, tax))| !net.is_zero() || !tax.is_zero());
        counted.extend(rests.map(|(line, (net, tax))| Part {
            item: line.item,
            qty: Decimal::ZERO,
            net: -*net,
            tax: -*tax,
        }));
        all.insert(credit.position, counted);
    }
    all
}
