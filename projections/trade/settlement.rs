//! What settles documents, in the currency a report shows them in. Invariant: a document is rounded
//! once, and its moves end at zero in the base currency when they do in its own.

use rust_decimal::Decimal;
use sijil_schemas::{Position, money::Currency, time::Timestamp};

use super::{
    Move, MoveKind,
    grouping::{base_rate, wants},
};
use crate::{
    base::{Debt, Rated},
    report::{Context, ReportError},
};

/// The same moves of one document, in replay order, as the document's rate makes them: what is open
/// ends at zero when the own amount does. A payment and what was kept back of it are rounded as one
/// and split, and go together when it is reversed.
pub fn in_base(moves: &mut [Move], rated: Rated) {
    let mut document = Debt::nothing(rated);
    let (mut kept_back, mut reversed) = (Decimal::ZERO, false);
    for n in 0..moves.len() {
        let one = moves[n];
        let with = moves
            .get(n + 1)
            .filter(|next| next.kind == MoveKind::Deducted && next.position == one.position)
            .map(|next| next.amount);
        let back = with.unwrap_or_default();
        let other = (one.invoice, one.bill, one.means);
        moves[n].amount = match one.kind {
            MoveKind::Opened => {
                let whole = document.open(one.amount + back);
                kept_back = if with.is_some() {
                    rated.shares(whole, &[one.amount, back])[1]
                } else {
                    Decimal::ZERO
                };
                whole - kept_back
            }
            MoveKind::Reversed => {
                reversed = true;
                kept_back - document.open.take(-one.amount - back)
            }
            MoveKind::Deducted if reversed => -kept_back,
            MoveKind::Deducted => kept_back,
            MoveKind::Credited => -document.credit(-one.amount),
            MoveKind::WrittenOff | MoveKind::Refunded => -document.open.take(-one.amount),
            MoveKind::Allocated => -document.open.allocate(other, -one.amount),
            MoveKind::Unallocated | MoveKind::Ended => document.open.unallocate(other, one.amount),
        };
    }
}

/// A document's moves in the currency a report shows them in, its own or the base currency; `when`
/// is the document's own date and position.
pub(crate) fn shown(
    ctx: &Context<'_>,
    own: Currency,
    when: (Timestamp, Position),
    mut moves: Vec<Move>,
) -> Result<(Currency, Vec<Move>), ReportError> {
    let Some(rated) = base_rate(ctx, own, when.0, when.1)? else { return Ok((own, moves)) };
    in_base(&mut moves, rated);
    Ok((rated.currency, moves))
}

/// The same, if documents of the own currency are asked for.
pub(crate) fn asked(
    ctx: &Context<'_>,
    own: Currency,
    when: (Timestamp, Position),
    moves: impl FnOnce() -> Vec<Move>,
) -> Result<Option<(Currency, Vec<Move>)>, ReportError> {
    if wants(ctx, own)? { shown(ctx, own, when, moves()).map(Some) } else { Ok(None) }
}
