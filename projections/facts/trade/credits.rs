//! What credits take back, and credit notes without an invoice. Invariant: of a line, no credit
//! takes more of its quantity, its net or its tax than the credits before it left, so that all
//! parts of a document that is credited in full sum to the document, line by line.

use rust_decimal::Decimal;
use sijil_schemas::{
    id::kind,
    money::{Currency, split},
};

use super::{CreditDoc, CreditNoteDoc, DocumentLine, Listed, PaymentChange, Trade};
use crate::{
    cut::{Dated, Lens, Side},
    ids::Sym,
    words::Word,
};

/// What a credit says: its total with tax, and its lines; none if only a total is taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credit {
    /// The amount with tax, in the document's currency.
    pub total: Decimal,
    /// What is taken back.
    pub lines: Vec<DocumentLine>,
}

/// One part of what a credit takes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditPart {
    /// The item, if the line is of one.
    pub item: Option<Sym<kind::Item>>,
    /// How many units; zero if only money is taken back.
    pub qty: Decimal,
    /// The amount without tax, in the document's currency.
    pub net: Decimal,
    /// The tax on it, in the document's currency.
    pub tax: Decimal,
}

/// What is left of one line of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
struct LineLeft {
    key: Sym<Word>,
    item: Option<Sym<kind::Item>>,
    /// Units, net and tax, each with what the document says of it, which gives the sign.
    qty: Rest,
    net: Rest,
    tax: Rest,
}

/// What is left of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Rest {
    whole: Decimal,
    left: Decimal,
}

impl Rest {
    const fn of(whole: Decimal) -> Rest {
        Rest { whole, left: whole }
    }
    /// Whether taking so much goes beyond what is left, or against the sign of the whole.
    fn is_beyond(self, more: Decimal) -> bool {
        let taken = self.whole - self.left + more;
        // What takes nothing is never too much; a discount line is taken back by its negative.
        !more.is_zero() && (taken.abs() > self.whole.abs() || taken * self.whole < Decimal::ZERO)
    }
}

/// Why a credit cannot be taken: the figure that is exceeded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beyond {
    /// The line, if it is about one.
    pub line: Option<Sym<Word>>,
    /// Which figure: `qty`, `net`, `tax` or `total`.
    pub figure: &'static str,
    /// What is left of it.
    pub left: Decimal,
    /// What was to be taken.
    pub amount: Decimal,
}

/// What is left to credit of an invoice or bill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    lines: Vec<LineLeft>,
    minor_unit: u32,
}

impl Left {
    /// Takes the lines of a document nobody has credited yet; everything of them is left, in its
    /// currency.
    #[must_use]
    pub fn of(lines: &[DocumentLine], currency: Currency) -> Left {
        let line = |l: &DocumentLine| LineLeft {
            key: l.key,
            item: l.item,
            qty: Rest::of(l.qty.get()),
            net: Rest::of(l.net.get()),
            tax: Rest::of(l.tax.get()),
        };
        Left { lines: lines.iter().map(line).collect(), minor_unit: currency.minor_unit() }
    }
    /// Net and tax that are left.
    fn sums(&self) -> (Decimal, Decimal) {
        (self.lines.iter().map(|l| l.net.left).sum(), self.lines.iter().map(|l| l.tax.left).sum())
    }
    fn line(&mut self, key: Sym<Word>) -> Option<&mut LineLeft> {
        self.lines.iter_mut().find(|l| l.key == key)
    }
    /// The first figure of a credit that goes beyond what is left; a line the document does not
    /// have is none.
    #[must_use]
    pub fn beyond(&self, credit: &Credit) -> Option<Beyond> {
        let (net, tax) = self.sums();
        if credit.total > net + tax {
            let (left, amount) = (net + tax, credit.total);
            return Some(Beyond { line: None, figure: "total", left, amount });
        }
        credit.lines.iter().find_map(|line| {
            let left = self.lines.iter().find(|l| l.key == line.key)?;
            let figures = [
                ("qty", left.qty, line.qty.get()),
                ("net", left.net, line.net.get()),
                ("tax", left.tax, line.tax.get()),
            ];
            let (figure, rest, amount) =
                figures.into_iter().find(|(_, rest, amount)| rest.is_beyond(*amount))?;
            Some(Beyond { line: Some(line.key), figure, left: rest.left, amount })
        })
    }
    /// Takes a credit, and gives what it takes back: its own lines, or its total split by what is
    /// left into net and tax, and each over the lines.
    pub fn take(&mut self, credit: &Credit) -> Vec<CreditPart> {
        if credit.lines.is_empty() {
            self.take_total(credit.total)
        } else {
            credit.lines.iter().map(|line| self.take_line(line)).collect()
        }
    }
    fn take_line(&mut self, line: &DocumentLine) -> CreditPart {
        let (qty, net, tax) = (line.qty.get(), line.net.get(), line.tax.get());
        if let Some(of) = self.line(line.key) {
            (of.qty.left, of.net.left, of.tax.left) =
                (of.qty.left - qty, of.net.left - net, of.tax.left - tax);
        }
        CreditPart { item: line.item, qty, net, tax }
    }
    fn take_total(&mut self, total: Decimal) -> Vec<CreditPart> {
        let (nets, taxes): (Vec<Decimal>, Vec<Decimal>) =
            self.lines.iter().map(|l| (l.net.left, l.tax.left)).unzip();
        let (nets, taxes) = by_what_is_left(total, nets, taxes, self.minor_unit);
        let parts =
            self.lines.iter_mut().zip(nets.into_iter().zip(taxes)).map(|(line, (net, tax))| {
                (line.net.left, line.tax.left) = (line.net.left - net, line.tax.left - tax);
                CreditPart { item: line.item, qty: Decimal::ZERO, net, tax }
            });
        parts.collect()
    }
}

/// A total over nets and taxes that are left: first into net and tax, then each over its lines, at
/// the finest places of what is left.
#[must_use]
pub fn by_what_is_left(
    total: Decimal,
    nets: Vec<Decimal>,
    taxes: Vec<Decimal>,
    minor_unit: u32,
) -> (Vec<Decimal>, Vec<Decimal>) {
    let (net, tax): (Decimal, Decimal) = (nets.iter().sum(), taxes.iter().sum());
    // All that is left takes each line's rest: what splits left over before is in it.
    if total == net + tax {
        return (nets, taxes);
    }
    let finest = nets.iter().chain(&taxes).chain([&total]).map(|amount| amount.normalize().scale());
    let places = finest.fold(minor_unit, u32::max);
    let whole = split(total, &[net, tax], places);
    let part = |n: usize| whole.get(n).copied().unwrap_or_default();
    (split(part(0), &nets, places), split(part(1), &taxes, places))
}

/// Money that went out for a credit note: the record, from which bank account, and how much.
pub type PaidOut = (Dated<PaymentChange>, Sym<kind::BankAccount>, Decimal);

/// A credit with what it takes back.
pub type Taken = (Dated<CreditDoc>, Vec<CreditPart>);

impl Trade {
    /// What a credit says.
    #[must_use]
    pub fn credit(&self, doc: &CreditDoc) -> Credit {
        Credit { total: doc.total.get(), lines: self.lines(doc.lines).collect() }
    }
    fn in_turn(
        &self,
        lines: &[DocumentLine],
        currency: Currency,
        credits: impl Iterator<Item = Dated<CreditDoc>>,
    ) -> Vec<Taken> {
        let mut left = Left::of(lines, currency);
        credits.map(|credit| (credit, left.take(&self.credit(&credit.what)))).collect()
    }
    /// The credit notes of an invoice that count, in replay order, each with what it takes back.
    #[must_use]
    pub fn credits_taken(&self, sym: Sym<kind::Invoice>, lens: Lens<'_>) -> Vec<Taken> {
        let Some(invoice) = self.issued.of(sym).last(lens) else { return Vec::new() };
        let document = invoice.what.document;
        let lines: Vec<_> = self.lines(document.lines).collect();
        self.in_turn(&lines, document.currency, self.credit_notes(sym, lens))
    }
    /// The credits of a bill that count, in replay order, each with what it takes back.
    #[must_use]
    pub fn bill_credits_taken(&self, sym: Sym<kind::Bill>, lens: Lens<'_>) -> Vec<Taken> {
        let Some(bill) = self.billed.of(sym).last(lens) else { return Vec::new() };
        let document = bill.what.document;
        let lines: Vec<_> = self.lines(document.lines).collect();
        self.in_turn(&lines, document.currency, self.bill_credits(sym, lens))
    }
    /// Every free credit note that counts, in order of position.
    pub fn free_credits<'a>(
        &'a self,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = Listed<'a, kind::CreditNote, CreditNoteDoc>> + 'a {
        self.all(&self.notes, lens)
    }
    /// One free credit note, if it counts.
    #[must_use]
    pub fn free_credit<'a>(
        &'a self,
        sym: Sym<kind::CreditNote>,
        lens: Lens<'a>,
    ) -> Option<Listed<'a, kind::CreditNote, CreditNoteDoc>> {
        self.last(&self.notes, Some(sym), lens)
    }
    /// The number of a credit note's id.
    #[must_use]
    pub fn credit_note_sym(&self, id: &str) -> Option<Sym<kind::CreditNote>> {
        self.ids.find(id)
    }
    /// The id of a credit note's number.
    #[must_use]
    pub fn credit_note_id(&self, sym: Sym<kind::CreditNote>) -> &str {
        self.ids.name(sym)
    }
    /// The invoices a credit note was ever said to reduce, whether that counts or not.
    #[must_use]
    pub fn credited_by(&self, sym: Sym<kind::CreditNote>, side: Side) -> Vec<Sym<kind::Invoice>> {
        let mut all = Vec::new();
        for row in self.credited.of(sym).all(side) {
            if !all.contains(&row.what) {
                all.push(row.what);
            }
        }
        all
    }
    /// What was paid out of a free credit note, in replay order: when, from which bank account, and
    /// how much.
    pub fn credit_refunds<'a>(
        &'a self,
        sym: Sym<kind::CreditNote>,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = PaidOut> + 'a {
        self.note_changes.of(sym).counting(lens).filter_map(|fact| match fact.what {
            PaymentChange::PaidOut { amount, bank } => Some((fact, bank, amount.get())),
            PaymentChange::Allocated { .. }
            | PaymentChange::Unallocated { .. }
            | PaymentChange::Refunded { .. } => None,
            PaymentChange::Reversed
            | PaymentChange::PutAgainst { .. }
            | PaymentChange::TakenFrom { .. } => None,
        })
    }
}
