//! What the credits of a document that was credited often come to. Invariant: it says that a credit
//! fits only where the whole walk finds no fault in it, and none more in those that follow.

use sijil_projections::{
    Lens,
    trade::{Credit, DocumentLine, Left, Settleable, Trade},
};
use sijil_schemas::{Position, time::Timestamp};

type Order = (Timestamp, Position);

/// What is left after all credits that count.
#[derive(Debug, Clone)]
pub(super) struct Credited {
    left: Left,
    last: Order,
    /// Whether every credit takes from lines, and none gives back: then it is the same in which
    /// order they came.
    plain: bool,
}

/// Whether a credit takes from lines of a document, what it comes to in all, and from none against
/// its sign.
fn is_plain(lines: &[DocumentLine], credit: &Credit) -> bool {
    let takes = |part: &DocumentLine| {
        let of = lines.iter().find(|line| line.key == part.key);
        let figures = of.map(|of| {
            [
                (of.qty.get(), part.qty.get()),
                (of.net.get(), part.net.get()),
                (of.tax.get(), part.tax.get()),
            ]
        });
        figures.is_some_and(|figures| {
            figures
                .iter()
                .all(|(whole, taken)| !(whole * taken).is_sign_negative() || taken.is_zero())
        })
    };
    let sum: rust_decimal::Decimal =
        credit.lines.iter().map(|line| line.net.get() + line.tax.get()).sum();
    !credit.lines.is_empty()
        && sum == credit.total
        && !sum.is_sign_negative()
        && credit.lines.iter().all(takes)
}

impl Credited {
    /// What the credits of a document come to; `None` if it does not count, or has none.
    pub(super) fn of(trade: &Trade, of: Settleable, lens: Lens<'_>) -> Option<Credited> {
        let (document, credits) = (trade.document_of(of, lens)?, trade.credits_of(of)?);
        let lines: Vec<DocumentLine> = trade.lines(document.lines).collect();
        let mut all = Credited {
            left: Left::of(&lines, document.currency),
            last: credits.last(lens)?.order(),
            plain: true,
        };
        for credit in credits.counting(lens) {
            let credit = trade.credit(&credit.what);
            all.left.take(&credit);
            all.plain &= is_plain(&lines, &credit);
        }
        Some(all)
    }
    /// Goes on by the credit at a place, which is among the facts already; `false` where what it
    /// leaves depends on those after it.
    pub(super) fn take(
        &mut self,
        trade: &Trade,
        of: Settleable,
        order: Order,
        lens: Lens<'_>,
    ) -> bool {
        let Some((document, credits)) = trade.document_of(of, lens).zip(trade.credits_of(of))
        else {
            return false;
        };
        let Some(credit) = credits.at(order, lens) else { return false };
        let credit = trade.credit(&credit.what);
        let lines: Vec<DocumentLine> = trade.lines(document.lines).collect();
        let plain = self.plain && is_plain(&lines, &credit);
        if order < self.last && !plain {
            return false;
        }
        self.left.take(&credit);
        (self.last, self.plain) = (self.last.max(order), plain);
        true
    }
    /// Whether one more credit takes no more than is left, and leaves those after it what they
    /// take.
    pub(super) fn fits(&self, lines: &[DocumentLine], order: Order, credit: &Credit) -> bool {
        self.left.beyond(credit).is_none()
            && (order > self.last || self.plain && is_plain(lines, credit))
    }
}
