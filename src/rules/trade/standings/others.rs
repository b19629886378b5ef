//! The sums of bills, payments made and set-offs. Invariant: as in the parent.

use sijil_projections::{
    Side,
    trade::{Move, MoveKind, Settleable},
};
use sijil_schemas::{SetOffRecorded, SetOffReversed, event::Accounting};

use super::{Standings, Taken, between};

impl Standings {
    pub(super) fn take_accounting(&mut self, taken: Taken<'_>, event: &Accounting) {
        let Taken { trade, record, .. } = taken;
        let (allocated, taken_back) = (MoveKind::Allocated, MoveKind::Unallocated);
        match event {
            Accounting::BillReceived(_)
            | Accounting::BillBroughtForward(_)
            | Accounting::PaymentMade(_) => self.open(trade, &record.event.home()),
            Accounting::BillCredited(e) => {
                self.credit(taken, &e.bill.entity(), e.total.amount.get());
            }
            Accounting::PaymentMadeAllocated(e) => {
                let both = (&e.payment.entity(), &e.bill.entity());
                self.both(taken, both, allocated, -e.amount.get());
            }
            Accounting::PaymentMadeUnallocated(e) => {
                let both = (&e.payment.entity(), &e.bill.entity());
                self.both(taken, both, taken_back, e.amount.get());
            }
            Accounting::PaymentMadeRefunded(e) => {
                self.one(taken, &e.payment.entity(), MoveKind::Refunded, -e.amount.get());
            }
            Accounting::BillWrittenOff(e) => {
                self.one(taken, &e.bill.entity(), MoveKind::WrittenOff, -e.amount.get());
            }
            Accounting::LedgerOpened(_)
            | Accounting::AccountOpened(_)
            | Accounting::BankAccountOpened(_)
            | Accounting::EntryPosted(_) => (),
            Accounting::ExpenseRecorded(_)
            | Accounting::ExpenseReversed(_)
            | Accounting::FundsExchanged(_)
            | Accounting::AccountRevalued(_) => (),
            Accounting::FundsTransferred(_)
            | Accounting::BillLinesAdded(_)
            | Accounting::BillCreditLinesAdded(_) => (),
        }
    }
    /// A set-off takes of its documents; one that is reversed already is not told by one move.
    pub(super) fn set_off(&mut self, taken: Taken<'_>, event: &SetOffRecorded) {
        let Taken { trade, lens, record } = taken;
        let Some(set_off) = trade.set_off_sym(event.set_off.as_str()) else { return };
        let ended = trade.set_off_reversal(set_off, lens).is_some();
        for part in trade.set_off_parts(set_off, lens) {
            let bill = || part.document.typed().map(Settleable::Bill);
            let Some(of) = part.document.typed().map(Settleable::Invoice).or_else(bill) else {
                continue;
            };
            let taken = between(record, Settleable::SetOff(set_off), of);
            let (kind, amount) = (MoveKind::Allocated, -part.amount.get());
            if ended {
                self.forget(of);
            } else {
                self.grow(trade, lens, of, &Move { kind, amount, ..taken });
            }
        }
    }
    /// What a set-off took of its documents is open again.
    pub(super) fn set_off_ended(
        &mut self,
        Taken { trade, lens, record }: Taken<'_>,
        e: &SetOffReversed,
    ) {
        let Some(set_off) = trade.set_off_sym(e.set_off.as_str()) else { return };
        let (of, order) = (Settleable::SetOff(set_off), (record.occurred_at(), record.position));
        // One that is reversed already, or does not count, ends nothing anew.
        let ends = trade.set_off_reversal(set_off, lens).is_some_and(|end| end.order() == order)
            && trade.set_off_opening(set_off, lens).is_some();
        for document in trade.set_off_documents(set_off, Side::Decided) {
            self.end_part(record, (of, document), order, ends);
        }
    }
}
