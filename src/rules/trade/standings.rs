//! Kept sums of what settles documents and payments that have lived long. Invariant: an account
//! says of a candidate that it fits only where the whole walk finds no fault; it is droppable, made
//! anew from the facts, and held against the walk in builds with debug assertions. What does not
//! fit is walked, which tells why.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use sijil_projections::{
    Lens, Side, steps,
    summed::Summed,
    trade::{Means, Move, MoveKind, Settleable, Trade},
};
use sijil_schemas::{Event, Position, Record, event::Invoices, id::EntityRef, time::Timestamp};

use super::{
    credited::Credited,
    settlement::{self, refuse, with},
};
use crate::{Book, Rejection};

mod account;
mod others;

use account::Account;

type Order = (Timestamp, Position);

/// What has fewer facts is walked; in builds with debug assertions hardly anything is, so that
/// tests of short lives hold the sums against the walk.
pub(super) const FACTS_LONG: usize = if cfg!(debug_assertions) { 3 } else { 64 };
/// Up to so many facts the whole walk is made as well, in builds with debug assertions.
pub(super) const FACTS_CHECKED: usize = 600;

/// Refuses one more move that has a fault in its place, or makes another one.
pub(crate) fn check(book: &Book, entity: &EntityRef, more: Move) -> Result<(), Rejection> {
    let (trade, now) = (&book.trade, book.now());
    let Some(of) = trade.settleable(entity) else { return Ok(()) };
    let walked = || {
        let moves = with(trade.settleable_moves(of, now), more);
        refuse(if of.is_document() {
            settlement::of_document(entity, &moves)
        } else {
            settlement::of_payment(entity, &moves)
        })
    };
    let account = book.standings.account(of);
    let is_checked =
        cfg!(debug_assertions) && trade.settleable_facts(of, Side::Decided) <= FACTS_CHECKED;
    if !account.is_some_and(|account| account.fits(of, &more)) {
        // What is reversed although something became of it later is told by the first of that.
        let bars = account.and_then(|account| account.first_after_reversal(book, of, &more));
        let Some((at, position, kind)) = bars else { return walked() };
        let refused = Err(settlement::after_reversal(entity, kind, at, position));
        debug_assert!(
            !is_checked || steps::uncounted(walked) == refused,
            "{entity}: the sums are barred by what does not bar the walk: {more:?}"
        );
        return refused;
    }
    debug_assert!(
        !is_checked || steps::uncounted(walked).is_ok(),
        "{entity}: the sums bear what the walk does not: {more:?}"
    );
    Ok(())
}

/// A move of a record, still without a kind and an amount.
fn plain(record: &Record) -> Move {
    let (at, position) = (record.occurred_at(), record.position);
    Move {
        at,
        position,
        kind: MoveKind::Opened,
        amount: Decimal::ZERO,
        invoice: None,
        bill: None,
        means: None,
    }
}
/// The same between what settles and a document.
fn between(record: &Record, means: Settleable, document: Settleable) -> Move {
    let (invoice, bill) = match document {
        Settleable::Invoice(sym) => (Some(sym), None),
        Settleable::Bill(sym) => (None, Some(sym)),
        Settleable::Payment(_)
        | Settleable::CreditNote(_)
        | Settleable::Line(_)
        | Settleable::SetOff(_) => (None, None),
    };
    let means = match means {
        Settleable::Payment(sym) => Some(Means::Payment(sym)),
        Settleable::CreditNote(sym) => Some(Means::CreditNote(sym)),
        Settleable::SetOff(sym) => Some(Means::SetOff(sym)),
        Settleable::Invoice(_) | Settleable::Bill(_) | Settleable::Line(_) => None,
    };
    Move { invoice, bill, means, ..plain(record) }
}

/// A record that the folds have taken, and what they know with it.
#[derive(Clone, Copy)]
struct Taken<'a> {
    trade: &'a Trade,
    lens: Lens<'a>,
    record: &'a Record,
}

/// The accounts of what has lived long.
#[derive(Debug, Clone, Default)]
pub(crate) struct Standings {
    /// Without sums where they were not in order when there were so many facts.
    accounts: BTreeMap<Settleable, Result<Account, usize>>,
    credited: BTreeMap<Settleable, Credited>,
    /// Which accounts a record stands in, or is needed by.
    places: BTreeMap<Position, BTreeSet<Settleable>>,
}

impl Standings {
    fn account(&self, of: Settleable) -> Option<&Account> {
        self.accounts.get(&of).and_then(|account| account.as_ref().ok())
    }
    /// What is left of a line of a statement; `None` where that is not kept.
    pub(super) fn left(&self, of: Settleable) -> Option<Decimal> {
        self.account(of).map(|account| account.open.whole().sum)
    }
    /// What the credits of a document come to; `None` where that is not kept.
    pub(super) fn credited(&self, of: Settleable) -> Option<&Credited> {
        self.credited.get(&of)
    }

    /// Takes a record that the folds have taken.
    pub(crate) fn take(&mut self, trade: &Trade, lens: Lens<'_>, record: &Record) {
        let taken = Taken { trade, lens, record };
        match &record.event {
            Event::Invoices(e) => self.take_invoice(taken, e),
            Event::Accounting(e) => self.take_accounting(taken, e),
            Event::System(_) => {
                if let Some(target) = record.voids {
                    self.void(target, record.position);
                }
            }
            Event::Clients(_)
            | Event::Counterparties(_)
            | Event::Interactions(_)
            | Event::Deals(_)
            | Event::Catalogue(_)
            | Event::Orders(_) => (),
            Event::Stock(_)
            | Event::Marketing(_)
            | Event::Claims(_)
            | Event::Tasks(_)
            | Event::Staff(_)
            | Event::Surveys(_)
            | Event::Access(_) => (),
        }
    }
    fn take_invoice(&mut self, taken: Taken<'_>, event: &Invoices) {
        let Taken { trade, record, .. } = taken;
        match event {
            Invoices::InvoiceIssued(_)
            | Invoices::InvoiceBroughtForward(_)
            | Invoices::PaymentBroughtForward(_)
            | Invoices::StatementLineImported(_) => {
                self.open(trade, &record.event.home());
            }
            Invoices::PaymentReceived(e) => {
                self.open(trade, &record.event.home());
                if let Some(line) = &e.statement_line {
                    self.matched(taken, &line.entity());
                }
            }
            Invoices::CreditNoteIssued(e) => match &e.invoice {
                Some(invoice) => {
                    self.credit(taken, &invoice.entity(), e.total.amount.get());
                }
                None => self.open(trade, &record.event.home()),
            },
            Invoices::PaymentAllocated(e) => {
                let both = (&e.payment.entity(), &e.invoice.entity());
                self.both(taken, both, MoveKind::Allocated, -e.amount.get());
            }
            Invoices::PaymentUnallocated(e) => {
                self.both(
                    taken,
                    (&e.payment.entity(), &e.invoice.entity()),
                    MoveKind::Unallocated,
                    e.amount.get(),
                );
            }
            Invoices::CreditNoteAllocated(e) => {
                self.both(
                    taken,
                    (&e.credit_note.entity(), &e.invoice.entity()),
                    MoveKind::Allocated,
                    -e.amount.get(),
                );
            }
            Invoices::CreditNoteUnallocated(e) => {
                self.both(
                    taken,
                    (&e.credit_note.entity(), &e.invoice.entity()),
                    MoveKind::Unallocated,
                    e.amount.get(),
                );
            }
            Invoices::PaymentRefunded(e) => {
                self.one(taken, &e.payment.entity(), MoveKind::Refunded, -e.amount.get());
            }
            Invoices::CreditNoteRefunded(e) => {
                self.one(taken, &e.credit_note.entity(), MoveKind::Refunded, -e.amount.get());
            }
            Invoices::DebtWrittenOff(e) => {
                self.one(taken, &e.invoice.entity(), MoveKind::WrittenOff, -e.amount.get());
            }
            Invoices::PaymentReversed(e) => self.reverse(taken, &e.payment.entity()),
            Invoices::SetOffRecorded(e) => self.set_off(taken, e),
            Invoices::SetOffReversed(e) => self.set_off_ended(taken, e),
            Invoices::StatementLineMatched(e) => {
                self.matched(taken, &e.statement_line.entity());
            }
            Invoices::PeriodClosed(_)
            | Invoices::PeriodReopened(_)
            | Invoices::InvoiceLinesAdded(_)
            | Invoices::CreditNoteLinesAdded(_) => (),
        }
    }

    /// What is opened again counts from then on, and so does what was put against it or it was put
    /// against.
    fn open(&mut self, trade: &Trade, entity: &EntityRef) {
        let Some(of) =
            trade.settleable(entity).filter(|of| trade.settleable_facts(*of, Side::Decided) > 0)
        else {
            return;
        };
        let others = trade
            .paid_with(entity, Side::Decided)
            .into_iter()
            .chain(trade.paid_by(entity, Side::Decided))
            .filter_map(|entity| trade.settleable(&entity));
        for of in others.chain([of]).chain(trade.lines_moved_by(of, Side::Decided)) {
            self.forget(of);
        }
    }
    fn forget(&mut self, of: Settleable) {
        self.accounts.remove(&of);
        self.credited.remove(&of);
    }
    fn one(
        &mut self,
        Taken { trade, lens, record }: Taken<'_>,
        entity: &EntityRef,
        kind: MoveKind,
        amount: Decimal,
    ) {
        let Some(of) = trade.settleable(entity) else { return };
        self.grow(trade, lens, of, &Move { kind, amount, ..plain(record) });
    }
    fn both(
        &mut self,
        Taken { trade, lens, record }: Taken<'_>,
        (means, document): (&EntityRef, &EntityRef),
        kind: MoveKind,
        amount: Decimal,
    ) {
        let (Some(means), Some(document)) = (trade.settleable(means), trade.settleable(document))
        else {
            return;
        };
        let one = Move { kind, amount, ..between(record, means, document) };
        for (of, other) in [(means, document), (document, means)] {
            if trade.settleable_facts(of, Side::Decided) < FACTS_LONG {
                continue;
            }
            // What is reversed, or does not count, is not told by one move.
            let ended = matches!(
                means,
                Settleable::Payment(payment) if trade.reversal(payment, lens).is_some()
            );
            match trade.settleable_opening(other, lens).filter(|_| !ended) {
                Some(opening) => {
                    self.rests(of, [opening]);
                    self.grow(trade, lens, of, &one);
                }
                None => self.forget(of),
            }
        }
    }
    fn credit(&mut self, taken: Taken<'_>, document: &EntityRef, total: Decimal) {
        let Taken { trade, lens, record } = taken;
        self.one(taken, document, MoveKind::Credited, -total);
        let Some(of) = trade.settleable(document).filter(|of| {
            trade.credits_of(*of).is_some_and(|credits| credits.len(Side::Decided) >= FACTS_LONG)
        }) else {
            return;
        };
        self.rests(of, [(record.occurred_at(), record.position)]);
        let goes_on = self.credited.get_mut(&of).is_some_and(|credited| {
            credited.take(trade, of, (record.occurred_at(), record.position), lens)
        });
        if !goes_on {
            self.credited.remove(&of);
            self.credited.extend(Credited::of(trade, of, lens).map(|credited| (of, credited)));
        }
    }
    fn matched(&mut self, Taken { trade, lens, record }: Taken<'_>, line: &EntityRef) {
        let Some(of) = trade
            .settleable(line)
            .filter(|of| trade.settleable_facts(*of, Side::Decided) >= FACTS_LONG)
        else {
            return;
        };
        let Some(matched) = trade.match_at(of, (record.occurred_at(), record.position), lens)
        else {
            return;
        };
        let opening = trade.mover_opening(matched.to, lens);
        self.rests(of, opening);
        match matched.amount.filter(|_| opening.is_some()) {
            Some(amount) => self.grow(
                trade,
                lens,
                of,
                &Move { kind: MoveKind::Allocated, amount: -amount.get(), ..plain(record) },
            ),
            // A match that takes what is left has no amount of its own.
            None => self.forget(of),
        }
    }
    fn reverse(&mut self, Taken { trade, lens, record }: Taken<'_>, payment: &EntityRef) {
        let Some(of) = trade.settleable(payment) else { return };
        let order = (record.occurred_at(), record.position);
        self.rests(of, [order]);
        let documents: Vec<Settleable> = match self.account(of) {
            Some(account) => account.parts.keys().flatten().copied().collect(),
            None => trade
                .paid_with(payment, Side::Decided)
                .iter()
                .filter_map(|entity| trade.settleable(entity))
                .collect(),
        };
        self.accounts.insert(of, Err(trade.settleable_facts(of, Side::Decided)));
        // One that is reversed already, or does not count, ends nothing anew.
        let reversal = match of {
            Settleable::Payment(sym) => trade.reversal(sym, lens),
            Settleable::Invoice(_)
            | Settleable::Bill(_)
            | Settleable::CreditNote(_)
            | Settleable::Line(_)
            | Settleable::SetOff(_) => None,
        };
        let ends = reversal.is_some_and(|first| first.order() == order);
        let counts = trade.settleable_opening(of, lens).is_some();
        for document in documents {
            self.end_part(record, (of, document), order, ends && counts);
        }
    }
    /// What a payment or set-off still holds of a document ends with its reversal.
    fn end_part(
        &mut self,
        record: &Record,
        (of, document): (Settleable, Settleable),
        order: Order,
        ends: bool,
    ) {
        self.rests(document, [order]);
        let Some(account) =
            self.accounts.get_mut(&document).and_then(|account| account.as_mut().ok())
        else {
            return;
        };
        let part = account.parts.get(&Some(of));
        let put = part.map_or(Decimal::ZERO, |part| part.whole().sum);
        if ends && part.and_then(Summed::last).is_none_or(|last| last < order) {
            let ended =
                Move { kind: MoveKind::Ended, amount: put, ..between(record, of, document) };
            account.add(document, &ended);
        } else {
            self.forget(document);
        }
    }
    /// Adds a move that is among the facts already, or makes the account.
    fn grow(&mut self, trade: &Trade, lens: Lens<'_>, of: Settleable, one: &Move) {
        let facts = trade.settleable_facts(of, Side::Decided);
        if facts < FACTS_LONG {
            return;
        }
        match self.accounts.get_mut(&of) {
            Some(Ok(account)) => {
                if account.fits(of, one) {
                    account.add(of, one);
                    self.rests(of, [(one.at, one.position)]);
                } else {
                    self.accounts.insert(of, Err(facts));
                }
            }
            // Not at every fact: what is out of order mostly stays so.
            Some(Err(tried)) if facts < *tried * 2 => (),
            Some(Err(_)) | None => {
                let moves = trade.settleable_moves(of, lens);
                let account = Account::of(of, &moves);
                if account.is_some() {
                    self.rests(of, moves.iter().map(|m| (m.at, m.position)));
                    let others: BTreeSet<Settleable> =
                        moves.iter().filter_map(|m| of.other_side(m)).collect();
                    self.rests(
                        of,
                        others
                            .into_iter()
                            .filter_map(|other| trade.settleable_opening(other, lens)),
                    );
                    self.rests(
                        of,
                        trade
                            .line_movers(of, Side::Decided)
                            .filter_map(|mover| trade.mover_opening(mover, lens)),
                    );
                }
                self.accounts.insert(of, account.ok_or(facts));
            }
        }
    }

    /// Takes note that an account rests on a record.
    fn rests(&mut self, of: Settleable, on: impl IntoIterator<Item = Order>) {
        on.into_iter().for_each(|(_, position)| {
            self.places.entry(position).or_default().insert(of);
        });
    }
    fn void(&mut self, target: Position, void: Position) {
        for of in self.places.remove(&target).unwrap_or_default() {
            self.take_out(target, of);
            // Should the void be taken back, the record is missing.
            self.places.entry(void).or_default().insert(of);
        }
    }
    fn take_out(&mut self, position: Position, of: Settleable) {
        self.credited.remove(&of);
        let goes_on = match self.accounts.get_mut(&of) {
            Some(Ok(account)) => account.remove(position),
            Some(Err(_)) | None => false,
        };
        if !goes_on {
            self.accounts.remove(&of);
        }
    }
    /// Takes everything from a position on as never recorded.
    pub(crate) fn truncate(&mut self, after: Position) {
        // The last first, so that nothing lacks what it rests on meanwhile.
        for (position, all) in self.places.split_off(&after.next()).into_iter().rev() {
            all.into_iter().for_each(|of| self.take_out(position, of));
        }
    }
}
