//! Money that moved on bank accounts, and the lines of statements that tell of it. Invariant: a
//! move has one amount and one account; of a line no more is matched than it is.

use rust_decimal::Decimal;
use sijil_schemas::{
    Position, Record, StatementLineMatched,
    id::{EntityRef, Kind, StatementLineId, kind},
    money::{Amount, Currency, Money},
    time::Timestamp,
};

use super::{Imported, Listed, Matched, Move, MoveKind, PaymentChange, Trade, TransferDoc};
use crate::{
    cells::{Cells, Cursor, Row, Source},
    cut::{Dated, Lens, Side},
    ids::{EntitySym, Sym},
};

/// What moved money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mover {
    /// A payment, received or made.
    Payment(Sym<kind::Payment>),
    /// A transfer between own accounts.
    Transfer(Sym<kind::FundsTransfer>),
    /// A free credit note that was paid out.
    CreditNote(Sym<kind::CreditNote>),
    /// Money spent without a bill.
    Expense(Sym<kind::Expense>),
    /// Money changed into another currency.
    Exchange(Sym<kind::FundsExchange>),
}

impl From<Mover> for EntitySym {
    fn from(mover: Mover) -> EntitySym {
        match mover {
            Mover::Payment(payment) => payment.into(),
            Mover::Transfer(transfer) => transfer.into(),
            Mover::CreditNote(note) => note.into(),
            Mover::Expense(expense) => expense.into(),
            Mover::Exchange(exchange) => exchange.into(),
        }
    }
}
impl Mover {
    fn of(entity: EntitySym) -> Option<Mover> {
        match entity.kind {
            Kind::Payment => entity.typed().map(Mover::Payment),
            Kind::FundsTransfer => entity.typed().map(Mover::Transfer),
            Kind::CreditNote => entity.typed().map(Mover::CreditNote),
            Kind::Expense => entity.typed().map(Mover::Expense),
            Kind::FundsExchange => entity.typed().map(Mover::Exchange),
            _ => None,
        }
    }
}
impl Cells for Mover {
    const CELLS: usize = EntitySym::CELLS;
    fn put(self, to: &mut Row) {
        EntitySym::from(self).put(to);
    }
    fn get<S: Source + ?Sized>(from: &mut Cursor<'_, S>) -> Self {
        Mover::of(EntitySym::get(from)).expect("what moves money was put")
    }
}

/// Why money moved on a bank account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BankKind {
    /// A payment came in.
    Payment,
    /// Part of one was paid back.
    Refund,
    /// One turned out to be none.
    Reversal,
    /// A payment went out.
    PaymentMade,
    /// One came back.
    Returned,
    /// Money was moved between own accounts.
    Transfer,
    /// Money was spent without a bill.
    Expense,
    /// Money was changed into another currency.
    Exchange,
}

impl BankKind {
    /// The kind as it is shown.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            BankKind::Payment => "payment",
            BankKind::Refund => "refund",
            BankKind::Reversal => "reversal",
            BankKind::PaymentMade => "payment_made",
            BankKind::Returned => "returned",
            BankKind::Transfer => "transfer",
            BankKind::Expense => "expense",
            BankKind::Exchange => "exchange",
        }
    }
}

/// Money that moved on a bank account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BankMove {
    /// When.
    pub at: Timestamp,
    /// The record that says so.
    pub position: Position,
    /// What moved it.
    pub mover: Mover,
    /// Why.
    pub kind: BankKind,
    /// Where.
    pub bank: Sym<kind::BankAccount>,
    /// Of which currency.
    pub currency: Currency,
    /// How much: in is above zero, out below.
    pub amount: Decimal,
}

impl Trade {
    pub(super) fn match_line(&self, record: &Record, e: &StatementLineMatched) {
        match Mover::of(self.ids.entity(&e.to)) {
            Some(to) => self.matched(record, &e.statement_line, Matched { to, amount: e.amount }),
            None => {
                let (entity, why) = (e.statement_line.entity(), "nothing of this kind moves money");
                self.aside.add(entity, record.position, why);
            }
        }
    }
    pub(super) fn matched(&self, record: &Record, line: &StatementLineId, matched: Matched) {
        let line = self.ids.sym(line);
        self.matched.push(line, Dated::of(record, matched));
        match matched.to {
            Mover::Payment(payment) => {
                self.told_of_payments.push(payment, Dated::of(record, line));
            }
            Mover::CreditNote(note) => drop(self.told_of_notes.push(note, Dated::of(record, line))),
            Mover::Expense(expense) => {
                self.told_of_expenses.push(expense, Dated::of(record, line));
            }
            Mover::Transfer(_) | Mover::Exchange(_) => (),
        }
    }
    /// The moves of one mover that count, in replay order.
    #[must_use]
    pub fn moves_of(&self, mover: Mover, lens: Lens<'_>) -> Vec<BankMove> {
        let of = |(at, position), kind, bank, currency, amount| BankMove {
            at,
            position,
            mover,
            kind,
            bank,
            currency,
            amount,
        };
        match mover {
            Mover::Transfer(sym) => {
                let Some(fact) = self.transfers.of(sym).last(lens) else { return Vec::new() };
                let TransferDoc { from, to, amount } = fact.what;
                let leg =
                    |bank, sum| of(fact.order(), BankKind::Transfer, bank, amount.currency, sum);
                vec![leg(from, -amount.amount.get()), leg(to, amount.amount.get())]
            }
            Mover::CreditNote(sym) => {
                let Some(note) = self.free_credit(sym, lens) else { return Vec::new() };
                let currency = note.doc.document.currency;
                let paid = self.credit_refunds(sym, lens);
                paid.map(|(fact, bank, amount)| {
                    of(fact.order(), BankKind::Refund, bank, currency, -amount)
                })
                .collect()
            }
            Mover::Expense(sym) => {
                let Some(fact) = self.expense(sym, lens) else { return Vec::new() };
                let Some(bank) = fact.what.bank else { return Vec::new() };
                let Money { amount, currency } = fact.what.amount;
                let spent = of(fact.order(), BankKind::Expense, bank, currency, -amount.get());
                let back = self.expense_reversal(sym, lens).map(|reversal| {
                    of(reversal.order(), BankKind::Returned, bank, currency, amount.get())
                });
                std::iter::once(spent).chain(back).collect()
            }
            Mover::Exchange(sym) => {
                let Some(fact) = self.exchanges.of(sym).last(lens) else { return Vec::new() };
                let doc = fact.what;
                // A bank tells the fee with what it is taken from.
                let fee = |bank| {
                    let paid = doc.fee.filter(|fee| doc.pays_fee(*fee) == bank);
                    paid.map_or(Decimal::ZERO, |fee| fee.amount.get())
                };
                let sold = (doc.from, -doc.sold.amount.get() - fee(doc.from), doc.sold.currency);
                let bought = (doc.to, doc.bought.amount.get() - fee(doc.to), doc.bought.currency);
                [sold, bought]
                    .into_iter()
                    .filter(|(_, sum, _)| !sum.is_zero())
                    .map(|(bank, sum, currency)| {
                        of(fact.order(), BankKind::Exchange, bank, currency, sum)
                    })
                    .collect()
            }
            Mover::Payment(sym) => self
                .payment_on_banks(sym, lens)
                .into_iter()
                .filter_map(|(bank, currency, kind, m)| {
                    let sum = (!m.amount.is_zero()).then_some(m.amount)?;
                    Some(of((m.at, m.position), kind, bank?, currency, sum))
                })
                .collect(),
        }
    }
    /// The moves of a payment, received or made, that are moves of money, each with its account;
    /// what goes out is below zero. An advance that was brought forward came in nowhere.
    fn payment_on_banks(
        &self,
        sym: Sym<kind::Payment>,
        lens: Lens<'_>,
    ) -> Vec<(Option<Sym<kind::BankAccount>>, Currency, BankKind, Move)> {
        let (moves, own, currency, is_in) =
            match (self.payment(sym, lens), self.payment_made(sym, lens)) {
                (Some(of), _) => {
                    (self.payment_moves(sym, lens), of.doc.bank, of.doc.currency, true)
                }
                (None, Some(of)) => {
                    (self.outgoing_moves(sym, lens), of.doc.bank, of.doc.currency, false)
                }
                (None, None) => return Vec::new(),
            };
        let told = moves.into_iter().filter_map(|m| {
            let kind = bank_kind(m.kind, is_in)?;
            let bank = self.bank_of(sym, own, &m, lens.side);
            let amount = if is_in { m.amount } else { -m.amount };
            Some((bank, currency, kind, Move { amount, ..m }))
        });
        told.collect()
    }
    /// The account that a move of a payment is on: its own, or that which a refund says.
    #[must_use]
    pub fn bank_of(
        &self,
        payment: Sym<kind::Payment>,
        own: Option<Sym<kind::BankAccount>>,
        one: &Move,
        side: Side,
    ) -> Option<Sym<kind::BankAccount>> {
        if one.kind != MoveKind::Refunded {
            return own;
        }
        let said = self.changes.of(payment).at((one.at, one.position), side).next();
        match said?.what {
            PaymentChange::Refunded { bank, .. } => bank.or(own),
            _ => own,
        }
    }
    /// The bank account of the first move of a direction, on the account that is asked about if any
    /// is, and that it is of the direction; else that of the first move. `None` if nothing moved.
    #[must_use]
    pub fn first_towards(
        &self,
        mover: Mover,
        (is_in, on): (bool, Sym<kind::BankAccount>),
        lens: Lens<'_>,
    ) -> Option<(Sym<kind::BankAccount>, bool)> {
        if let Mover::Payment(sym) = mover {
            // What a payment began with is its first move: of a long life nothing else need be
            // asked.
            let received = self
                .payment(sym, lens)
                .filter(|p| is_in && !p.doc.amount.get().is_zero())
                .and_then(|p| p.doc.bank);
            let made = || {
                self.payment_made(sym, lens).filter(|p| {
                    !is_in && !p.doc.amount.get().is_zero() && self.payment(sym, lens).is_none()
                })
            };
            if let Some(bank) = received.or_else(|| made().and_then(|p| p.doc.bank)) {
                return Some((bank, true));
            }
        }
        let moves = self.moves_of(mover, lens);
        let is_towards = |m: &&BankMove| (m.amount > Decimal::ZERO) == is_in;
        let own = moves.iter().find(|m| is_towards(m) && m.bank == on);
        let towards = own.or_else(|| moves.iter().find(is_towards));
        towards.or(moves.first()).map(|m| (m.bank, towards.is_some()))
    }
    /// Every payment, transfer, free credit note, expense and exchange that counts, by kind and in
    /// order of first appearance of the ids.
    pub fn movers<'a>(&'a self, lens: Lens<'a>) -> impl Iterator<Item = Mover> + 'a {
        let payments = self.ids.syms().filter(move |payment| {
            self.received.of(*payment).any(lens) || self.made.of(*payment).any(lens)
        });
        let transfers = self.ids.syms().filter(move |sym| self.transfers.of(*sym).any(lens));
        let notes = self.ids.syms().filter(move |note| self.notes.of(*note).any(lens));
        let expenses = self.ids.syms().filter(move |sym| self.expenses.of(*sym).any(lens));
        let exchanges = self.ids.syms().filter(move |sym| self.exchanges.of(*sym).any(lens));
        payments
            .map(Mover::Payment)
            .chain(transfers.map(Mover::Transfer))
            .chain(notes.map(Mover::CreditNote))
            .chain(expenses.map(Mover::Expense))
            .chain(exchanges.map(Mover::Exchange))
    }
    /// The entity that moved money.
    #[must_use]
    pub fn mover(&self, mover: Mover) -> EntityRef {
        self.ids.entity_of(mover.into())
    }
    /// What an entity is as a mover of money, if it may be one and was ever named.
    #[must_use]
    pub fn mover_of(&self, entity: &EntityRef) -> Option<Mover> {
        self.ids.find_entity(entity).and_then(Mover::of)
    }
    /// The matches of a line that count, in replay order, each with what it takes of the line: an
    /// amount that is absent is what the others left.
    #[must_use]
    pub fn matches(
        &self,
        line: Listed<'_, kind::StatementLine, Imported>,
        lens: Lens<'_>,
    ) -> Vec<(Position, Matched, Decimal)> {
        let standing = self.matched.of(line.sym).counting(lens);
        let standing: Vec<_> = standing.filter(|fact| self.moved(fact.what.to, lens)).collect();
        let given: Decimal =
            standing.iter().filter_map(|fact| fact.what.amount).map(Amount::get).sum();
        let mut left = (line.doc.amount.amount.get().abs() - given).max(Decimal::ZERO);
        let takes = standing.into_iter().map(|fact| {
            (
                fact.position,
                fact.what,
                fact.what.amount.map_or_else(|| std::mem::take(&mut left), Amount::get),
            )
        });
        takes.collect()
    }
    /// Whether what moved money counts.
    pub(super) fn moved(&self, mover: Mover, lens: Lens<'_>) -> bool {
        match mover {
            Mover::Payment(sym) => self.received.of(sym).any(lens) || self.made.of(sym).any(lens),
            Mover::Transfer(sym) => self.transfers.of(sym).any(lens),
            Mover::CreditNote(sym) => self.notes.of(sym).any(lens),
            Mover::Expense(sym) => self.expenses.of(sym).any(lens),
            Mover::Exchange(sym) => self.exchanges.of(sym).any(lens),
        }
    }
    /// The lines that were ever matched to a payment, credit note or expense, whether that counts
    /// or not, in order of their numbers; none are kept of transfers and exchanges.
    #[must_use]
    pub fn lines_of(&self, mover: Mover, side: Side) -> Vec<Sym<kind::StatementLine>> {
        let mut lines: Vec<_> = match mover {
            Mover::Payment(payment) => {
                self.told_of_payments.of(payment).all(side).map(|fact| fact.what).collect()
            }
            Mover::CreditNote(note) => {
                self.told_of_notes.of(note).all(side).map(|fact| fact.what).collect()
            }
            Mover::Expense(expense) => {
                self.told_of_expenses.of(expense).all(side).map(|fact| fact.what).collect()
            }
            Mover::Transfer(_) | Mover::Exchange(_) => Vec::new(),
        };
        lines.sort_unstable();
        lines.dedup();
        lines
    }
}

/// What a move of a payment, received or made, is on the bank account; `None` if no money moves.
const fn bank_kind(kind: MoveKind, is_in: bool) -> Option<BankKind> {
    Some(match (kind, is_in) {
        (MoveKind::Opened, true) => BankKind::Payment,
        (MoveKind::Opened, false) => BankKind::PaymentMade,
        (MoveKind::Refunded, true) => BankKind::Refund,
        (MoveKind::Reversed, true) => BankKind::Reversal,
        (MoveKind::Refunded | MoveKind::Reversed, false) => BankKind::Returned,
        (
            MoveKind::Deducted
            | MoveKind::Credited
            | MoveKind::WrittenOff
            | MoveKind::Allocated
            | MoveKind::Unallocated
            | MoveKind::Ended,
            _,
        ) => return None,
    })
}

/// How lines and moves of one direction cover each other. Invariant: of a move no more is on lines
/// than it is.
#[derive(Debug, Clone, Default)]
pub struct Covered {
    /// By match, in order: how much moved by it.
    pub moved: Vec<Decimal>,
    /// By match: the first move it tells of.
    pub first: Vec<Option<usize>>,
    /// By move: how much of it is on no line.
    pub alone: Vec<Decimal>,
}

/// Lays matches over moves of one mover, account and direction, the first over the first. A match
/// takes what it says of the money; the last that does not say takes all that is left.
#[must_use]
pub fn cover(moves: &[Decimal], matches: &[(Decimal, bool)], taken_off: Decimal) -> Covered {
    let whole: Decimal = moves.iter().sum();
    let laid = |available: Decimal| {
        let mut left = available;
        let mut lay = |claim: Decimal| {
            let part = claim.min(left).max(Decimal::ZERO);
            left -= part;
            part
        };
        let mut moved: Vec<Decimal> = matches.iter().map(|(claim, _)| lay(*claim)).collect();
        if let Some(last) = matches.iter().rposition(|(_, says)| !says) {
            moved[last] += left;
        }
        moved
    };
    let on_lines = laid(whole);
    let (mut alone, mut first, mut at) = (moves.to_vec(), Vec::with_capacity(matches.len()), 0);
    for part in &on_lines {
        let mut part = *part;
        while at < alone.len() && alone[at].is_zero() {
            at += 1;
        }
        first.push((at < alone.len()).then_some(at));
        let mut n = at;
        while !part.is_zero() && n < alone.len() {
            let taken = part.min(alone[n]);
            alone[n] -= taken;
            part -= taken;
            n += 1;
        }
    }
    Covered { moved: laid((whole - taken_off).max(Decimal::ZERO)), first, alone }
}
