//! Payments with what moved and for what. Invariant: the parts of a move come to it, to the last
//! unit.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sijil_schemas::{
    Position,
    id::kind,
    money::{Currency, split},
    time::Timestamp,
};

use super::{DEDUCTED, OUT};
use crate::{
    Sym, base,
    report::{Context, ReportError},
    trade::{Move, MoveKind, grouping::wants, settlement},
};

/// A payment or free credit note with what moved, in the currency asked for.
pub(in crate::reports) struct Moved<'a> {
    /// Whether it is money of ours that went out.
    pub(in crate::reports) is_out: bool,
    /// What the parts are for, with the weights by which they share a move.
    purposes: Vec<(Option<&'a str>, Decimal)>,
    pub(in crate::reports) currency: Currency,
    pub(super) moves: Vec<(Sym<kind::BankAccount>, Move)>,
}

/// The part of a move of money that is for one purpose.
pub(in crate::reports) struct Flow<'a> {
    pub(in crate::reports) bank: Sym<kind::BankAccount>,
    pub(in crate::reports) purpose: Option<&'a str>,
    /// The move, with the amount of this part alone: below zero where it goes back.
    pub(in crate::reports) of: Move,
}

impl<'a> Moved<'a> {
    /// What moved, for what: what goes back is a share of what is left for each purpose.
    pub(in crate::reports) fn flows(&self) -> impl Iterator<Item = Flow<'a>> {
        let (mut left, mut flows): (Vec<Decimal>, Vec<Flow<'a>>) = Default::default();
        for (bank, of) in self.moves.iter().filter(|(_, of)| of.kind.is_cash()) {
            let scale = of.amount.normalize().scale().max(self.currency.minor_unit());
            let weights = || self.purposes.iter().map(|(_, amount)| *amount).collect::<Vec<_>>();
            let parts = match of.kind {
                MoveKind::Opened => {
                    left = split(of.amount, &weights(), scale);
                    left.clone()
                }
                // A credit note that is paid out never came in.
                _ if left.is_empty() => split(of.amount, &weights(), scale),
                _ => base::take_shares(&mut left, -of.amount, scale)
                    .into_iter()
                    .map(|part| -part)
                    .collect(),
            };
            flows.extend(self.purposes.iter().zip(parts).map(|((purpose, _), amount)| Flow {
                bank: *bank,
                purpose: *purpose,
                of: Move { amount, ..*of },
            }));
        }
        flows.into_iter()
    }
}

/// What the paying out of a credit note is for.
const REFUND: &str = "refund";

/// The payments of a direction that are asked for; what was paid out of credit notes goes with
/// those received.
pub(in crate::reports) fn moved<'a>(
    ctx: &Context<'a>,
    direction: Direction,
) -> Result<Vec<Moved<'a>>, ReportError> {
    let (trade, lens) = (ctx.views.trade, ctx.lens());
    let mut all = Vec::new();
    for payment in trade.payments(lens).filter(|_| direction != Direction::Out) {
        let doc = payment.doc;
        let moved = Moved {
            is_out: false,
            purposes: trade.purposes_of(doc.purposes, doc.amount),
            currency: doc.currency,
            moves: Vec::new(),
        };
        add(ctx, &mut all, moved, payment.order(), || {
            with(ctx, (payment.sym, doc.bank), trade.payment_moves(payment.sym, lens))
        })?;
    }
    for payment in trade.payments_made(lens).filter(|_| direction != Direction::In) {
        let doc = payment.doc;
        let moved = Moved {
            is_out: true,
            purposes: trade.purposes_of(doc.purposes, doc.amount),
            currency: doc.currency,
            moves: Vec::new(),
        };
        add(ctx, &mut all, moved, payment.order(), || {
            with(ctx, (payment.sym, doc.bank), trade.outgoing_moves(payment.sym, lens))
        })?;
    }
    for note in trade.free_credits(lens).filter(|_| direction != Direction::Out) {
        let banks: BTreeMap<Position, Sym<kind::BankAccount>> = trade
            .credit_refunds(note.sym, lens)
            .map(|(paid, bank, _)| (paid.position, bank))
            .collect();
        let Some(first) = banks.values().next().copied() else { continue };
        let moved = Moved {
            is_out: false,
            purposes: vec![(Some(REFUND), Decimal::ONE)],
            currency: note.doc.document.currency,
            moves: Vec::new(),
        };
        let moves = || {
            trade
                .credit_note_moves(note.sym, lens)
                .into_iter()
                .map(|m| (Some(banks.get(&m.position).copied().unwrap_or(first)), m))
                .collect()
        };
        add(ctx, &mut all, moved, note.order(), moves)?;
        // A credit note is no money that came in: only what was paid out of it moved.
        if let Some(last) = all.last_mut().filter(|last| {
            last.purposes.first().is_some_and(|(purpose, _)| *purpose == Some(REFUND))
        }) {
            last.moves.retain(|(_, m)| m.kind == MoveKind::Refunded);
        }
    }
    Ok(all)
}

/// The moves of a payment, each with the account it is on: what was brought forward came in on
/// none.
fn with(
    ctx: &Context<'_>,
    (payment, own): (Sym<kind::Payment>, Option<Sym<kind::BankAccount>>),
    moves: Vec<Move>,
) -> Vec<(Option<Sym<kind::BankAccount>>, Move)> {
    let (trade, side) = (ctx.views.trade, ctx.lens().side);
    moves.into_iter().map(|m| (trade.bank_of(payment, own, &m, side), m)).collect()
}

fn add<'a>(
    ctx: &Context<'a>,
    all: &mut Vec<Moved<'a>>,
    moved: Moved<'a>,
    when: (Timestamp, Position),
    moves: impl FnOnce() -> Vec<(Option<Sym<kind::BankAccount>>, Move)>,
) -> Result<(), ReportError> {
    if !wants(ctx, moved.currency)? {
        return Ok(());
    }
    let (banks, moves): (Vec<_>, Vec<Move>) = moves().into_iter().unzip();
    let (currency, moves) = settlement::shown(ctx, moved.currency, when, moves)?;
    // Only money that moved or was kept back: what allocations free or bind is not a payment.
    let moves = banks
        .into_iter()
        .zip(moves)
        .filter(|(_, m)| m.kind.is_cash() || m.kind == MoveKind::Deducted)
        .filter_map(|(bank, m)| Some((bank?, m)))
        .collect();
    all.push(Moved { moves, currency, ..moved });
    Ok(())
}

/// Which payments are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::reports) enum Direction {
    In,
    Out,
    Both,
}

impl Direction {
    pub(super) fn asked(ctx: &Context<'_>) -> Direction {
        match ctx.arguments.text("direction") {
            Some("out") => Direction::Out,
            Some("both") => Direction::Both,
            _ => Direction::In,
        }
    }
    /// The columns of what moved, each with its place in [`Sums`]; what was kept back only where it
    /// is asked for.
    pub(super) fn columns(self, deducted: bool) -> Vec<(&'static str, usize)> {
        let all: &[(&str, usize)] = match self {
            Direction::In => {
                &[("received", 0), ("deducted", DEDUCTED), ("refunded", 2), ("reversed", 3)]
            }
            Direction::Out => &[
                ("paid", OUT),
                ("deducted", OUT + DEDUCTED),
                ("returned", OUT + 2),
                ("reversed", OUT + 3),
            ],
            Direction::Both => &[
                ("received", 0),
                ("deducted", DEDUCTED),
                ("refunded", 2),
                ("reversed", 3),
                ("paid", OUT),
                ("paid_deducted", OUT + DEDUCTED),
                ("returned", OUT + 2),
                ("paid_reversed", OUT + 3),
            ],
        };
        all.iter().copied().filter(|(_, place)| deducted || place % OUT != DEDUCTED).collect()
    }
}
