//! Whole histories of credits, judged one after the other. Invariant: of no line is more taken back
//! than there was, whichever order the credits came in; faults that stand already bar nothing new.

use std::collections::BTreeSet;

use sijil_projections::{
    Dated, Facts, Lens, steps,
    trade::{CreditDoc, Document, DocumentLine, Left},
};
use sijil_schemas::{Line, Position, id::EntityRef, money::Amount};

use super::{
    settlement::{Fault, refuse},
    standings::FACTS_CHECKED,
};
use crate::{Book, Proposal, Rejection};

/// The credits of an invoice or bill.
pub(crate) struct History<'a> {
    /// The invoice or bill.
    pub(crate) document: EntityRef,
    /// What it says.
    pub(crate) of: &'a Document,
    /// Its credits, of which those count that a lens lets count.
    pub(crate) credits: &'a Facts<CreditDoc>,
    /// The lens.
    pub(crate) lens: Lens<'a>,
}

impl History<'_> {
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
        let what = CreditDoc {
            id: proposal.candidate.event.home(),
            lines: lines.iter().map(|l| document_line(book, l)).collect(),
            total,
        };
        let candidate = Dated { at: proposal.at(), position: proposal.position, what };
        let kept = book.trade.settleable(&self.document).and_then(|of| book.standings.credited(of));
        if !kept.is_some_and(|credited| {
            credited.fits(&self.of.lines, candidate.order(), &candidate.what)
        }) {
            return self.walk(&candidate);
        }
        let is_checked = cfg!(debug_assertions) && self.credits.len() <= FACTS_CHECKED;
        debug_assert!(
            !is_checked || steps::uncounted(|| self.walk(&candidate)).is_ok(),
            "{} does not leave what {:?} takes",
            self.document,
            candidate.what
        );
        Ok(())
    }
    /// Judges all credits with one more among them.
    fn walk(&self, candidate: &Dated<CreditDoc>) -> Result<(), Rejection> {
        let standing = self.positions();
        let more = self.faults(Some(candidate));
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
                line.item.as_ref().is_none_or(|i| i.as_str() == book.trade.items.name(sym))
            })
        };
        if self.of.lines.iter().any(|l| l.key == line.line && item(l)) {
            return Ok(());
        }
        Err(Rejection::UnknownLine { document: self.document.clone(), line: line.line.to_string() })
    }
    fn positions(&self) -> BTreeSet<Position> {
        self.faults(None).into_iter().map(|fault| fault.position).collect()
    }
    fn faults(&self, more: Option<&Dated<CreditDoc>>) -> Vec<Fault> {
        let (mut left, mut faults) = (Left::of(&self.of.lines, self.of.currency), Vec::new());
        let mut credits: Vec<_> = self.credits.counting(self.lens).chain(more).collect();
        credits.sort_by_key(|credit| credit.order());
        for credit in credits {
            if let Some(beyond) = left.beyond(&credit.what) {
                let line = beyond
                    .line
                    .map(|line| format!(" line {line} ({})", beyond.figure))
                    .unwrap_or_default();
                let (document, left, amount, on) =
                    (self.document.clone(), beyond.left, beyond.amount, credit.at);
                faults.push(Fault {
                    position: credit.position,
                    why: Rejection::CreditExceedsDocument { document, line, left, amount, on },
                });
            }
            // Taken all the same: so do the reports, and what follows is judged by what they show.
            left.take(&credit.what);
        }
        faults
    }
}

/// A candidate's line as the folds keep it.
fn document_line(book: &Book, line: &Line) -> DocumentLine {
    let item = line.item.as_ref().and_then(|item| book.trade.items.sym(item.as_str()));
    DocumentLine {
        key: line.line.clone(),
        item,
        qty: line.qty,
        price: line.price,
        net: line.net,
        tax: line.tax,
    }
}
