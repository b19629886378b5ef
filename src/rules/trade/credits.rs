//! Whole histories of credits, judged one after the other. Invariant: of no line is more taken back
//! than there was, whichever order the credits came in; faults that stand already bar nothing new.

use std::{borrow::Cow, collections::BTreeSet};

use sijil_projections::{
    Dated, Lens, steps,
    trade::{Credit, Document, DocumentLine, Left, Settleable, Trade},
};
use sijil_schemas::{
    Line, Position,
    id::EntityRef,
    money::{Amount, Currency},
};

use super::{
    settlement::{Fault, refuse},
    standings::FACTS_CHECKED,
};
use crate::{Book, Proposal, Rejection};

/// The credits of an invoice or bill.
pub(crate) struct History<'a> {
    trade: &'a Trade,
    /// The invoice or bill.
    document: EntityRef,
    of: Settleable,
    /// What it says.
    lines: Vec<DocumentLine>,
    currency: Currency,
    /// Those of its credits count that this lets count.
    lens: Lens<'a>,
}

/// A credit in its place.
type Placed = Dated<()>;

impl<'a> History<'a> {
    /// The credits of a document under a lens.
    pub(crate) fn of(
        book: &'a Book,
        document: EntityRef,
        says: Document,
        of: Settleable,
        lens: Lens<'a>,
    ) -> History<'a> {
        let (trade, currency) = (&book.trade, says.currency);
        let lines = trade.lines(says.lines).collect();
        History { trade, document, of, lines, currency, lens }
    }
    /// Refuses a credit that names a line the document does not have, that goes beyond what is
    /// left, or that leaves too little for a later one.
    pub(crate) fn check(
        &self,
        book: &Book,
        proposal: &Proposal<'_>,
        lines: &[Line],
        total: Amount,
    ) -> Result<(), Rejection> {
        for line in lines {
            self.check_line(book, line)?;
        }
        let lines = lines.iter().map(|l| document_line(book, l)).collect();
        let credit = Credit { total: total.get(), lines };
        let place = Dated { at: proposal.at(), position: proposal.position, what: () };
        let kept = book.standings.credited(self.of);
        if !kept.is_some_and(|credited| credited.fits(&self.lines, place.order(), &credit)) {
            return self.walk(place, &credit);
        }
        let facts = self.trade.credits_of(self.of).map_or(0, |all| all.len(self.lens.side));
        let is_checked = cfg!(debug_assertions) && facts <= FACTS_CHECKED;
        debug_assert!(
            !is_checked || steps::uncounted(|| self.walk(place, &credit)).is_ok(),
            "{} does not leave what {credit:?} takes",
            self.document,
        );
        Ok(())
    }
    /// Judges all credits with one more among them.
    fn walk(&self, place: Placed, credit: &Credit) -> Result<(), Rejection> {
        let standing = self.positions();
        let more = self.faults(Some((place, credit)));
        refuse(more.into_iter().filter(|fault| !standing.contains(&fault.position)).collect())
    }
    /// The credits at fault here that are not in another history.
    pub(crate) fn worse_than(&self, other: &History<'_>) -> Vec<Position> {
        let standing = other.positions();
        self.positions().into_iter().filter(|position| !standing.contains(position)).collect()
    }

    fn check_line(&self, book: &Book, line: &Line) -> Result<(), Rejection> {
        let item = |l: &DocumentLine| {
            l.item.is_none_or(|sym| {
                line.item.as_ref().is_none_or(|i| i.as_str() == book.trade.ids().name(sym))
            })
        };
        let key = self.trade.find_word(line.line.as_str());
        if self.lines.iter().any(|l| Some(l.key) == key && item(l)) {
            return Ok(());
        }
        Err(Rejection::UnknownLine { document: self.document.clone(), line: line.line.to_string() })
    }
    fn positions(&self) -> BTreeSet<Position> {
        self.faults(None).into_iter().map(|fault| fault.position).collect()
    }
    fn faults(&self, more: Option<(Placed, &Credit)>) -> Vec<Fault> {
        let (mut left, mut faults) = (Left::of(&self.lines, self.currency), Vec::new());
        let standing = self.trade.credits_of(self.of);
        let standing = standing.into_iter().flat_map(|all| all.counting(self.lens));
        let mut credits: Vec<(Placed, Cow<'_, Credit>)> = standing
            .map(|fact| {
                let place = Dated { at: fact.at, position: fact.position, what: () };
                (place, Cow::Owned(self.trade.credit(&fact.what)))
            })
            .chain(more.map(|(place, credit)| (place, Cow::Borrowed(credit))))
            .collect();
        credits.sort_by_key(|(place, _)| place.order());
        for (credit, what) in credits {
            if let Some(beyond) = left.beyond(&what) {
                let name = |line| self.trade.text(line);
                let line = beyond
                    .line
                    .map(|line| format!(" line {} ({})", name(line), beyond.figure))
                    .unwrap_or_default();
                let (document, left, amount, on) =
                    (self.document.clone(), beyond.left, beyond.amount, credit.at);
                faults.push(Fault {
                    position: credit.position,
                    why: Rejection::CreditExceedsDocument { document, line, left, amount, on },
                });
            }
            // Taken all the same: so do the reports, and what follows is judged by what they show.
            left.take(&what);
        }
        faults
    }
}

/// A candidate's line as the facts keep it; its document was found to have one of the same key.
fn document_line(book: &Book, line: &Line) -> DocumentLine {
    let key = book.trade.find_word(line.line.as_str());
    DocumentLine {
        key: key.expect("a line of the document"),
        item: line.item.as_ref().map(|item| book.trade.ids().sym(item)),
        qty: line.qty,
        price: line.price,
        net: line.net,
        tax: line.tax,
    }
}
