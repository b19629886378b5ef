//! The company's books. Invariant: the legs of every entry sum to zero per unit.

use std::{borrow::Cow, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{
    coin::{Coin, Place},
    event::event,
    id::{
        AccountId, BankAccountId, BillCreditId, BillId, CompanyId, CounterpartyId, EntityRef,
        EntryId, ExpenseId, FundsExchangeId, FundsTransferId, ItemId, Key, PaymentId,
    },
    line::{AccountPath, BillLine, Deduction, Instalment, PurposeLine},
    money::{Amount, Currency, Money},
    parts::PartNumber,
    text::{Field, Name, Text, from_text},
    time::{Date, Zone},
};

/// What an account counts: a currency (three capital letters) or the units of an item (`item:ID`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// Money of a currency.
    Currency(Currency),
    /// Units of an item.
    Item(ItemId),
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unit::Currency(c) => write!(f, "{c}"),
            Unit::Item(i) => write!(f, "item:{i}"),
        }
    }
}
impl FromStr for Unit {
    type Err = String;
    fn from_str(text: &str) -> Result<Unit, String> {
        match text.strip_prefix("item:") {
            Some(id) => ItemId::new(id).map(Unit::Item).map_err(|e| e.to_string()),
            None => text
                .parse()
                .map(Unit::Currency)
                .map_err(|_| format!("expected a currency as in EUR, or item:ID, got {text:?}")),
        }
    }
}
impl Serialize for Unit {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}
impl<'de> Deserialize<'de> for Unit {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        from_text(d, "a currency as in EUR, or item:ID", str::parse)
    }
}
impl JsonSchema for Unit {
    fn schema_name() -> Cow<'static, str> {
        "unit".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "pattern": "^([A-Z]{3}|item:[A-Za-z0-9._:/-]{1,64})$"})
    }
}
impl Field for Unit {
    fn touch(&self, visit: &mut dyn FnMut(EntityRef)) {
        match self {
            Unit::Currency(_) => (),
            Unit::Item(item) => visit(item.entity()),
        }
    }
    fn coins(&self, place: Place, visit: &mut dyn FnMut(Coin)) {
        if let Unit::Currency(currency) = self {
            visit(Coin { place, amount: None, currency: Some(*currency) });
        }
    }
}

/// One leg of an entry: positive is debit, negative is credit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct Posting {
    /// A path under `assets/ liabilities/ equity/ income/ expenses/`.
    pub account: AccountId,
    /// What is counted.
    pub unit: Unit,
    /// How much.
    pub amount: Amount,
}

impl Field for Posting {
    // The account is a path that need not have been opened on its own: only the item is a
    // reference.
    fn touch(&self, visit: &mut dyn FnMut(EntityRef)) {
        self.unit.touch(visit);
    }
    fn paths(&self, visit: &mut dyn FnMut(&AccountId)) {
        visit(&self.account);
    }
    fn coins(&self, place: Place, visit: &mut dyn FnMut(Coin)) {
        if let Unit::Currency(currency) = self.unit {
            visit(Coin {
                place: place.part("amount"),
                amount: Some(self.amount),
                currency: Some(currency),
            });
        }
    }
}

event! {
    /// The ledger began: the first record of every ledger.
    801 "ledger.opened" v 1 Opens LedgerOpened {
        /// The company.
        company: CompanyId,
        /// Its label.
        name: Option<Name>,
        /// The time zone of its days.
        time_zone: Zone,
        /// The currency of base totals.
        base_currency: Currency,
    }
}
event! {
    /// An account was opened under a path.
    802 "account.opened" v 1 Opens AccountOpened {
        /// The path, under `assets/ liabilities/ equity/ income/ expenses/`.
        path: AccountId,
        /// The only unit it takes.
        unit: Option<Unit>,
    }
}
event! {
    /// A bank account or cash desk was opened.
    803 "bank_account.opened" v 1 Opens BankAccountOpened {
        /// The bank account.
        bank_account: BankAccountId,
        /// Its currency.
        currency: Currency,
    }
}
event! {
    /// A supplier's invoice came in.
    804 "bill.received" v 3 Opens BillReceived {
        /// The bill.
        bill: BillId,
        /// From whom.
        supplier: CounterpartyId,
        /// What it charges; lines with an item are goods, the others expenses.
        lines: Vec<BillLine>,
        /// With tax; equals the lines' net and tax together.
        total: Money,
        /// When it is due; or `instalments`.
        due_on: Option<Date>,
        /// When its parts are due; or `due_on`.
        #[serde(default)]
        instalments: Vec<Instalment>,
        /// In how many parts it comes, where one record is too short: this is the first,
        /// `bill.lines_added` has the others.
        parts: Option<PartNumber>,
    }
}
event! {
    /// A supplier's invoice was reduced.
    805 "bill.credited" v 3 Opens BillCredited {
        /// The credit.
        bill_credit: BillCreditId,
        /// The bill.
        bill: BillId,
        /// What is taken back; without lines, net and tax split in the bill's proportion.
        #[serde(default)]
        lines: Vec<BillLine>,
        /// With tax; equals the lines, if there are any.
        total: Money,
        /// Why.
        reason: Text,
        /// In how many parts it comes, where one record is too short: this is the first,
        /// `bill_credit.lines_added` has the others.
        parts: Option<PartNumber>,
    }
}
event! {
    /// Money went out.
    806 "payment.made" v 2 Opens PaymentMade {
        /// The payment.
        payment: PaymentId,
        /// To whom.
        counterparty: CounterpartyId,
        /// How much.
        amount: Money,
        /// From where it went out.
        bank_account: BankAccountId,
        /// What it is for; the parts sum to the payment.
        #[serde(default)]
        purpose_lines: Vec<PurposeLine>,
        /// What was kept back of it; it settles like the money that went out.
        deductions: Option<Vec<Deduction>>,
    }
}
event! {
    /// Part of a payment made was put against a bill.
    807 "payment.made_allocated" v 2 Continues PaymentMadeAllocated {
        /// The payment.
        payment: PaymentId,
        /// The bill.
        bill: BillId,
        /// How much, in the currency of both.
        amount: Amount,
        /// The legal entity whose bill it is, where the payment is another's.
        for_party: Option<EntityRef>,
    }
}
event! {
    /// Money moved between own bank accounts of one currency.
    808 "funds.transferred" v 1 Opens FundsTransferred {
        /// The transfer.
        funds_transfer: FundsTransferId,
        /// From where.
        from: BankAccountId,
        /// To where.
        to: BankAccountId,
        /// How much.
        amount: Money,
    }
}
event! {
    /// The general entry: opening balances, and whatever has no event of its own.
    809 "entry.posted" v 1 Opens EntryPosted {
        /// The entry.
        entry: EntryId,
        /// Its legs; they sum to zero per unit.
        postings: Vec<Posting>,
        /// What it is.
        text: Text,
    }
}
event! {
    /// A later part of a bill too long for one record; it follows the part before it at once, in
    /// the same request.
    810 "bill.lines_added" v 1 Continues BillLinesAdded {
        /// The bill.
        bill: BillId,
        /// Which part it is: 2, 3 … up to its opening's `parts`.
        part: PartNumber,
        /// The lines it adds.
        lines: Vec<BillLine>,
    }
}
event! {
    /// A later part of a credit of a bill too long for one record; it follows the part before it at
    /// once, in the same request.
    811 "bill_credit.lines_added" v 1 Continues BillCreditLinesAdded {
        /// The credit.
        bill_credit: BillCreditId,
        /// Which part it is: 2, 3 … up to its opening's `parts`.
        part: PartNumber,
        /// The lines it adds.
        lines: Vec<BillLine>,
    }
}
event! {
    /// A supplier's invoice from before these books is owed still. Nothing of it is bought in them:
    /// only what is open of it counts.
    812 "bill.brought_forward" v 1 Opens BillBroughtForward {
        /// The bill.
        bill: BillId,
        /// From whom.
        supplier: CounterpartyId,
        /// What is open of it, with tax.
        total: Money,
        /// The day it was issued; absent, that of this event.
        issued_on: Option<Date>,
        /// When it is due; or `instalments`.
        due_on: Option<Date>,
        /// When its parts are due; or `due_on`.
        #[serde(default)]
        instalments: Vec<Instalment>,
    }
}
event! {
    /// Money was spent without a bill.
    813 "expense.recorded" v 1 Opens ExpenseRecorded {
        /// The expense.
        expense: ExpenseId,
        /// How much.
        amount: Money,
        /// What for: travel, postage …
        purpose: Key,
        /// Where it goes, under `expenses/` or `assets/`; absent, `expenses/` and the purpose.
        account: Option<AccountPath>,
        /// To whom.
        supplier: Option<CounterpartyId>,
        /// From where it went out; absent, it is owed still.
        bank_account: Option<BankAccountId>,
    }
}
event! {
    /// An expense turned out to be none, or came back.
    814 "expense.reversed" v 1 Continues ExpenseReversed {
        /// The expense.
        expense: ExpenseId,
        /// Why.
        reason: Text,
    }
}
event! {
    /// An allocation of a payment made was taken back.
    815 "payment.made_unallocated" v 1 Continues PaymentMadeUnallocated {
        /// The payment.
        payment: PaymentId,
        /// The bill.
        bill: BillId,
        /// How much.
        amount: Amount,
    }
}
event! {
    /// Part of a payment made came back.
    816 "payment.made_refunded" v 1 Continues PaymentMadeRefunded {
        /// The payment.
        payment: PaymentId,
        /// How much, from what is not allocated.
        amount: Amount,
        /// Where it came in; absent, from where the payment went out.
        bank_account: Option<BankAccountId>,
    }
}
event! {
    /// Part of a bill need not be paid any more.
    817 "bill.written_off" v 1 Continues BillWrittenOff {
        /// The bill.
        bill: BillId,
        /// How much.
        amount: Amount,
        /// Where it goes, under `income/` or `expenses/`; absent, `income/other`.
        account: Option<AccountPath>,
        /// Why.
        reason: Text,
    }
}
event! {
    /// Money of one own bank account was changed into the currency of another.
    818 "funds.exchanged" v 1 Opens FundsExchanged {
        /// The exchange.
        funds_exchange: FundsExchangeId,
        /// From where.
        from: BankAccountId,
        /// To where.
        to: BankAccountId,
        /// What went out, in the currency of the account it left.
        sold: Money,
        /// What came in, in the currency of the account it came to.
        bought: Money,
        /// What the bank took for it, from the account of its currency.
        fee: Option<Money>,
    }
}
event! {
    /// A bank account of another currency than the base was valued at the rate of the day.
    819 "account.revalued" v 1 Revises AccountRevalued {
        /// The account: `assets/bank/` and the id of the bank account.
        account: AccountId,
    }
}
