//! Set-offs, expenses and exchanges: what settles or moves money without a payment. Invariant: a
//! set-off stands with each document it settles, so that either tells of it.

use sijil_schemas::{
    AccountPath, ExpenseRecorded, FundsExchanged, Position, Record, SetOffRecorded,
    id::{EntityRef, kind},
    money::Currency,
    time::Timestamp,
};

use super::{
    ExchangeDoc, ExpenseDoc, Means, Off, Settlement, Trade, UnitSym, settleable::Settleable,
};
use crate::{
    cut::{Dated, Lens, Side},
    ids::{EntitySym, Sym},
};

impl Trade {
    pub(super) fn set_off(&self, record: &Record, e: &SetOffRecorded) {
        let set_off = self.ids.sym(&e.set_off);
        let means = Means::SetOff(set_off);
        for part in &e.invoices {
            let fact = Dated::of(record, Settlement::Allocated { means, amount: part.amount });
            self.settled.push(self.ids.sym(&part.invoice), fact);
        }
        for part in &e.bills {
            let fact = Dated::of(record, Settlement::Allocated { means, amount: part.amount });
            self.bills_settled.push(self.ids.sym(&part.bill), fact);
        }
        let invoices = e.invoices.iter().map(|part| {
            let document: EntitySym = self.ids.sym(&part.invoice).into();
            Off { document, amount: part.amount }
        });
        let bills = e.bills.iter().map(|part| {
            let document: EntitySym = self.ids.sym(&part.bill).into();
            Off { document, amount: part.amount }
        });
        let offs = self.offs.extend(record.position, invoices.chain(bills));
        self.set_offs.push(set_off, Dated::of(record, offs));
    }
    pub(super) fn spend(&self, record: &Record, e: &ExpenseRecorded) {
        let account = e.account.as_ref().map(|AccountPath(path)| self.ids.sym(path));
        let doc = ExpenseDoc {
            amount: e.amount,
            purpose: self.word(e.purpose.as_str(), record.position),
            account,
            bank: e.bank_account.as_ref().map(|bank| self.ids.sym(bank)),
        };
        self.expenses.push(self.ids.sym(&e.expense), Dated::of(record, doc));
        if let Some(account) = account {
            self.post(record, account, UnitSym::Currency { currency: e.amount.currency });
        }
    }
    pub(super) fn exchange(&self, record: &Record, e: &FundsExchanged) {
        let doc = ExchangeDoc {
            from: self.ids.sym(&e.from),
            to: self.ids.sym(&e.to),
            sold: e.sold,
            bought: e.bought,
            fee: e.fee,
        };
        self.exchanges.push(self.ids.sym(&e.funds_exchange), Dated::of(record, doc));
    }

    /// The reversal of a set-off, if it counts.
    #[must_use]
    pub fn set_off_reversal(
        &self,
        set_off: Sym<kind::SetOff>,
        lens: Lens<'_>,
    ) -> Option<Dated<()>> {
        self.set_offs_reversed.of(set_off).counting(lens).next()
    }
    /// Where a set-off was recorded, if it counts.
    #[must_use]
    pub fn set_off_opening(
        &self,
        set_off: Sym<kind::SetOff>,
        lens: Lens<'_>,
    ) -> Option<(Timestamp, Position)> {
        self.set_offs.of(set_off).last(lens).map(|fact| fact.order())
    }
    /// The number of a set-off's id.
    #[must_use]
    pub fn set_off_sym(&self, id: &str) -> Option<Sym<kind::SetOff>> {
        self.ids.find(id)
    }
    /// What a set-off said at a place in replay order, whether it counts or not: of which document
    /// how much.
    #[must_use]
    pub fn set_off_at(
        &self,
        set_off: Sym<kind::SetOff>,
        at: (Timestamp, Position),
        side: Side,
    ) -> Option<Vec<Off>> {
        let said = self.set_offs.of(set_off).at(at, side).next()?;
        Some(self.offs.of(said.what).collect())
    }
    /// The same of a set-off that counts.
    #[must_use]
    pub fn set_off_parts(&self, set_off: Sym<kind::SetOff>, lens: Lens<'_>) -> Vec<Off> {
        let said = self.set_offs.of(set_off).last(lens);
        said.into_iter().flat_map(|fact| self.offs.of(fact.what)).collect()
    }
    /// The documents a set-off ever settled, whether it counts or not.
    #[must_use]
    pub fn set_off_documents(&self, set_off: Sym<kind::SetOff>, side: Side) -> Vec<Settleable> {
        let offs = self.set_offs.of(set_off).all(side).flat_map(|fact| self.offs.of(fact.what));
        let settled = |off: Off| {
            let bill = || off.document.typed().map(Settleable::Bill);
            off.document.typed().map(Settleable::Invoice).or_else(bill)
        };
        offs.filter_map(settled).collect()
    }
    /// What an expense said at a place in replay order, whether it counts or not.
    #[must_use]
    pub fn expense_said_at(
        &self,
        expense: Sym<kind::Expense>,
        at: (Timestamp, Position),
        side: Side,
    ) -> Option<ExpenseDoc> {
        self.expenses.of(expense).at(at, side).next().map(|fact| fact.what)
    }
    /// An expense that counts.
    #[must_use]
    pub fn expense(
        &self,
        expense: Sym<kind::Expense>,
        lens: Lens<'_>,
    ) -> Option<Dated<ExpenseDoc>> {
        self.expenses.of(expense).last(lens)
    }
    /// The number of an expense's id.
    #[must_use]
    pub fn expense_sym(&self, id: &str) -> Option<Sym<kind::Expense>> {
        self.ids.find(id)
    }
    /// The id of an expense's number.
    #[must_use]
    pub fn expense_id(&self, expense: Sym<kind::Expense>) -> &str {
        self.ids.name(expense)
    }
    /// The reversal of an expense, if it counts.
    #[must_use]
    pub fn expense_reversal(
        &self,
        expense: Sym<kind::Expense>,
        lens: Lens<'_>,
    ) -> Option<Dated<()>> {
        self.expenses_reversed.of(expense).counting(lens).next()
    }
    /// What an exchange said at a place in replay order, whether it counts or not.
    #[must_use]
    pub fn exchange_said_at(
        &self,
        exchange: Sym<kind::FundsExchange>,
        at: (Timestamp, Position),
        side: Side,
    ) -> Option<ExchangeDoc> {
        self.exchanges.of(exchange).at(at, side).next().map(|fact| fact.what)
    }
    /// The id of an exchange's number.
    #[must_use]
    pub fn exchange_id(&self, exchange: Sym<kind::FundsExchange>) -> &str {
        self.ids.name(exchange)
    }
    /// An invoice or bill as an entity; `None` of anything else.
    #[must_use]
    pub fn document_entity(&self, of: Settleable) -> Option<EntityRef> {
        match of {
            Settleable::Invoice(sym) => Some(self.ids.entity_of(sym.into())),
            Settleable::Bill(sym) => Some(self.ids.entity_of(sym.into())),
            Settleable::Payment(_)
            | Settleable::CreditNote(_)
            | Settleable::Line(_)
            | Settleable::SetOff(_) => None,
        }
    }
    /// The currency of an invoice or bill, as known.
    #[must_use]
    pub fn currency_of(&self, document: EntitySym, lens: Lens<'_>) -> Option<Currency> {
        let bill = || document.typed().and_then(|bill| self.bill_currency(bill, lens));
        document.typed().and_then(|invoice| self.invoice_currency(invoice, lens)).or_else(bill)
    }
}
