//! The legs of every event that counts, and their balances. Invariant: legs are shown event by
//! event, and each event's sum to zero per unit, also in the base currency, where what rates leave
//! over is income from exchange.

use std::collections::BTreeMap;

use hashbrown::HashMap;
use rust_decimal::Decimal;
use sijil_facts::words::Word;
use sijil_schemas::{
    IssueReason, Position, Unit,
    id::{ItemId, kind},
    money::Currency,
    time::Timestamp,
};

use super::{booked, money::Money};
use crate::{
    Sym,
    cut::{Dated, Lens},
    families::Folds,
    report::{Part, ReportError, Sum, halves},
    stock::{
        Moved,
        valuation::{Against, Effect, Valuation},
    },
};

/// An account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Account {
    /// What clients owe.
    Receivable,
    /// Tax on purchases.
    InputTax,
    /// Money at a bank account or in a cash desk.
    Bank(Sym<kind::BankAccount>),
    /// Paid to suppliers in advance.
    SupplierAdvances,
    /// The value of the goods.
    Stock,
    /// Work in production.
    InProduction,
    /// Tax on sales.
    SalesTax,
    /// Paid by clients in advance.
    Advances,
    /// Owed to suppliers.
    Payable,
    /// Goods received, not invoiced.
    NotInvoiced,
    /// Stands between two currencies of one event.
    Conversion,
    /// Spent without a bill.
    Accrued,
    /// Net sales.
    Sales,
    /// What exchange rates brought or cost.
    Exchange,
    /// Cents that rounding of several documents at one rate leaves, in base.
    Rounding,
    /// Debt given up.
    BadDebt,
    /// Owed to suppliers and waived.
    OtherIncome,
    /// What was there before these books.
    Opening,
    /// What banks take for an exchange.
    BankFees,
    /// What an expense is for.
    Purpose(Sym<Word>),
    /// Bills for what is no goods.
    Purchases,
    /// Cost of goods.
    CostOfGoods,
    /// Goods lost.
    StockLoss,
    /// Corrections of stock.
    StockAdjustment,
    /// Cost of campaigns.
    Marketing,
    /// Cost of claims.
    Claims,
    /// Cost of service on goods that clients have.
    Service,
    /// An account by its path, from a general entry.
    Named(Sym<kind::Account>),
    /// Goods at a warehouse.
    Warehouse(Sym<kind::Warehouse>),
    /// Goods at a warehouse that are reserved.
    Reserved(Sym<kind::Warehouse>),
    /// What reservations are taken from.
    Reservable(Sym<kind::Warehouse>),
    /// Where goods come from.
    FromSupplier,
    /// Where goods go.
    ToClient,
    /// Goods in production.
    Production,
    /// Goods lost.
    Loss,
    /// Goods found or missed.
    Adjustment,
}

/// One leg of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leg {
    /// The business date of the event.
    pub at: Timestamp,
    /// The event.
    pub position: Position,
    /// The account.
    pub account: Account,
    /// What is counted.
    pub unit: LegUnit,
    /// How much: positive is debit, negative is credit.
    pub amount: Decimal,
}

/// What a leg counts: a currency or an item of the stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LegUnit {
    /// Money.
    Money(Currency),
    /// Units of an item.
    Goods(Sym<kind::Item>),
}

/// What an account holds of a unit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Balance {
    /// The sum of the positive legs.
    pub debit: Sum,
    /// The sum of the negative legs, as a positive number.
    pub credit: Sum,
}

impl Balance {
    fn new(explain: bool) -> Balance {
        Balance { debit: Sum::new(explain), credit: Sum::new(explain) }
    }
    /// Debit minus credit.
    #[must_use]
    pub fn net(&self) -> Sum {
        self.debit.minus(&self.credit)
    }
}

/// The books at two clocks.
#[derive(Debug, Clone, Copy)]
pub struct Ledger<'a> {
    pub(super) views: Folds<'a>,
    pub(super) lens: Lens<'a>,
    /// Money in the base currency, not in its own.
    pub(super) base: bool,
}

impl Account {
    /// The path of the account.
    #[must_use]
    pub fn path(self, views: Folds<'_>) -> String {
        let warehouse = |w| views.stock.warehouse_name(w);
        match self {
            Account::Receivable => "assets/receivable".into(),
            Account::InputTax => "assets/tax".into(),
            Account::Bank(bank) => format!("assets/bank/{}", views.accounts.ids().name(bank)),
            Account::SupplierAdvances => "assets/supplier_advances".into(),
            Account::Stock => "assets/stock".into(),
            Account::InProduction => "assets/in_production".into(),
            Account::SalesTax => "liabilities/tax".into(),
            Account::Advances => "liabilities/advances".into(),
            Account::Payable => "liabilities/payable".into(),
            Account::NotInvoiced => "liabilities/goods_received_not_invoiced".into(),
            Account::Conversion => "equity/conversion".into(),
            Account::Accrued => "liabilities/accrued".into(),
            Account::Sales => "income/sales".into(),
            Account::Exchange => "income/fx".into(),
            Account::Rounding => "income/rounding".into(),
            Account::BadDebt => "expenses/bad_debt".into(),
            Account::OtherIncome => "income/other".into(),
            Account::Opening => "equity/opening".into(),
            Account::BankFees => "expenses/bank_fees".into(),
            Account::Purpose(purpose) => format!("expenses/{}", views.trade.text(purpose)),
            Account::Purchases => "expenses/purchases".into(),
            Account::CostOfGoods => "expenses/cost_of_goods".into(),
            Account::StockLoss => "expenses/stock_loss".into(),
            Account::StockAdjustment => "expenses/stock_adjustment".into(),
            Account::Marketing => "expenses/marketing".into(),
            Account::Claims => "expenses/claims".into(),
            Account::Service => "expenses/service".into(),
            Account::Named(path) => views.accounts.ids().name(path).into(),
            Account::Warehouse(w) => format!("stock/{}", warehouse(w)),
            Account::Reserved(w) => format!("reserved/{}", warehouse(w)),
            Account::Reservable(w) => format!("reservable/{}", warehouse(w)),
            Account::FromSupplier => "outside/supplier".into(),
            Account::ToClient => "outside/client".into(),
            Account::Production => "outside/production".into(),
            Account::Loss => "outside/loss".into(),
            Account::Adjustment => "outside/adjustment".into(),
        }
    }
}

/// The balances of accounts and units.
type Balances = HashMap<(Account, LegUnit), Balance>;

/// The balances of all legs that are shown.
fn added_up(
    explain: bool,
    show: impl FnOnce(&mut dyn FnMut(&Leg)) -> Result<(), ReportError>,
) -> Result<Balances, ReportError> {
    let mut all = Balances::new();
    show(&mut |leg| {
        let balance = all.entry((leg.account, leg.unit)).or_insert_with(|| Balance::new(explain));
        let part = Part::of(leg.position, leg.amount);
        if leg.amount.is_sign_negative() {
            balance.credit -= part;
        } else {
            balance.debit += part;
        }
    })?;
    Ok(all)
}

impl<'a> Ledger<'a> {
    /// The books at two clocks, in own currencies.
    #[must_use]
    pub const fn new(views: Folds<'a>, lens: Lens<'a>) -> Ledger<'a> {
        Ledger { views, lens, base: false }
    }
    /// The books at two clocks, all money in the base currency: each leg is a share of its
    /// document, which is rounded once at its own rate.
    #[must_use]
    pub const fn in_base(views: Folds<'a>, lens: Lens<'a>) -> Ledger<'a> {
        Ledger { views, lens, base: true }
    }
    /// Shows every leg of money, in replay order.
    pub(crate) fn money(&self, visit: &mut dyn FnMut(&Leg)) -> Result<(), ReportError> {
        let mut money = Money::new(self, visit)?;
        for entry in self.views.accounts.entries(self.lens) {
            if let Some(what) = booked(self.views, entry) {
                money.book(Dated { at: entry.at, position: entry.position, what })?;
            }
        }
        Ok(())
    }
    /// Shows every leg of goods item by item, then those of the value of goods.
    fn stock(&self, visit: &mut dyn FnMut(&Leg)) -> Result<(), ReportError> {
        self.goods(visit);
        self.values(visit)
    }
    /// Shows every leg of money, its own and that of the value of goods; those of goods themselves
    /// are left out.
    pub(crate) fn legs(&self, visit: &mut dyn FnMut(&Leg)) -> Result<(), ReportError> {
        let mut of_money = |leg: &Leg| {
            if matches!(leg.unit, LegUnit::Money(_)) {
                visit(leg);
            }
        };
        self.money(&mut of_money)?;
        self.values(&mut of_money)
    }
    /// The balance of each account and unit, in order of the paths.
    pub fn balances(
        &self,
        explain: bool,
    ) -> Result<BTreeMap<(String, Unit), Balance>, ReportError> {
        let (money, stock) = halves(
            || added_up(explain, |visit| self.money(visit)),
            || added_up(explain, |visit| self.stock(visit)),
        );
        let mut all: Vec<_> = money?.into_iter().chain(stock?).collect();
        all.sort_unstable_by_key(|(of, _)| *of);
        let mut named: BTreeMap<(String, Unit), Balance> = BTreeMap::new();
        for ((account, unit), balance) in all {
            let Some(unit) = self.unit(unit) else { continue };
            let sum = named
                .entry((account.path(self.views), unit))
                .or_insert_with(|| Balance::new(explain));
            sum.debit += &balance.debit;
            sum.credit += &balance.credit;
        }
        Ok(named)
    }
    fn unit(&self, unit: LegUnit) -> Option<Unit> {
        match unit {
            LegUnit::Money(currency) => Some(Unit::Currency(currency)),
            LegUnit::Goods(item) => {
                ItemId::new(self.views.stock.item_name(item)).ok().map(Unit::Item)
            }
        }
    }
    fn goods(&self, visit: &mut dyn FnMut(&Leg)) {
        let stock = self.views.stock;
        for (item, _) in stock.items() {
            let unit = LegUnit::Goods(item);
            let mut running: BTreeMap<Sym<kind::Warehouse>, Decimal> = BTreeMap::new();
            for fact in stock.moves(item).counting(self.lens) {
                let other = other_side(fact.what.what);
                for (warehouse, step) in fact.what.what.steps() {
                    let before = running.entry(warehouse).or_default();
                    let after = step.after(*before);
                    let amount = after - std::mem::replace(before, after);
                    visit(&Leg {
                        at: fact.at,
                        position: fact.position,
                        account: Account::Warehouse(warehouse),
                        unit,
                        amount,
                    });
                    if let Some(account) = other {
                        visit(&Leg {
                            at: fact.at,
                            position: fact.position,
                            account,
                            unit,
                            amount: -amount,
                        });
                    }
                }
            }
            for reservation in stock.reservations_of(item, self.lens.side) {
                let Some(opening) = reservation.opening(self.lens).filter(|o| o.what.item == item)
                else {
                    continue;
                };
                let (reserved, reservable) = (
                    Account::Reserved(opening.what.warehouse),
                    Account::Reservable(opening.what.warehouse),
                );
                let steps = reservation.counting(self.lens);
                for step in steps.into_iter().filter(|step| !step.delta.is_zero()) {
                    visit(&Leg {
                        at: step.at,
                        position: step.position,
                        account: reserved,
                        unit,
                        amount: step.delta,
                    });
                    visit(&Leg {
                        at: step.at,
                        position: step.position,
                        account: reservable,
                        unit,
                        amount: -step.delta,
                    });
                }
            }
        }
    }
    fn values(&self, visit: &mut dyn FnMut(&Leg)) -> Result<(), ReportError> {
        let valuation = Valuation::of(self.views, self.lens);
        let Some(currency) = valuation.currency() else { return Ok(()) };
        let unit = LegUnit::Money(currency);
        let mut show = |effect: &Effect| {
            let (at, position, amount) = (effect.fact.at, effect.fact.position, effect.value);
            let against = match effect.against {
                Against::Supplier => Some(Account::NotInvoiced),
                Against::CostOfGoods => Some(Account::CostOfGoods),
                Against::Production | Against::Product => Some(Account::InProduction),
                Against::Loss => Some(Account::StockLoss),
                Against::Adjustment => Some(Account::StockAdjustment),
                Against::Warehouse => None,
            };
            if !amount.is_zero() {
                visit(&Leg { at, position, account: Account::Stock, unit, amount });
                if let Some(account) = against {
                    visit(&Leg { at, position, account, unit, amount: -amount });
                }
            }
        };
        valuation.all(&mut show).map_err(|e| e.in_report(self.views.company))?;
        self.exchanged(&valuation, unit, visit)
    }
    /// What rates did between receipts and their bills: in base it is won or lost, in own units it
    /// was exchanged.
    fn exchanged(
        &self,
        valuation: &Valuation<'_>,
        unit: LegUnit,
        visit: &mut dyn FnMut(&Leg),
    ) -> Result<(), ReportError> {
        let account = if self.base { Account::Exchange } else { Account::Conversion };
        for (item, _) in self.views.stock.items() {
            for settled in
                valuation.settlements(item).map_err(|e| e.in_report(self.views.company))?
            {
                let (at, position, amount) =
                    (settled.fact.at, settled.fact.position, settled.exchange);
                if !amount.is_zero() {
                    visit(&Leg { at, position, account, unit, amount });
                    visit(&Leg {
                        at,
                        position,
                        account: Account::NotInvoiced,
                        unit,
                        amount: -amount,
                    });
                }
            }
        }
        Ok(())
    }
}

/// Where goods come from or go to; a transfer has a warehouse on both sides.
const fn other_side(what: Moved) -> Option<Account> {
    match what {
        Moved::Received { returns: None, .. } => Some(Account::FromSupplier),
        Moved::Received { returns: Some(_), .. } => Some(Account::ToClient),
        Moved::Issued { reason: IssueReason::Sale, .. } => Some(Account::ToClient),
        Moved::Issued { reason: IssueReason::Production, .. }
        | Moved::Consumed { .. }
        | Moved::Produced { .. } => Some(Account::Production),
        Moved::Issued { reason: IssueReason::Loss, .. } => Some(Account::Loss),
        Moved::Counted { .. } | Moved::Adjusted { .. } => Some(Account::Adjustment),
        Moved::Transferred { .. } | Moved::CostAdjusted { .. } | Moved::Billed { .. } => None,
    }
}
