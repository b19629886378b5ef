//! Cash flow (R39). Invariant: opening + in − out = closing, which is the balance of the bank
//! account in the trial balance, and what moved for each purpose comes to what moved.

use std::collections::BTreeMap;

use sijil_facts::accounts::{BANK_PATH, Entry};
use sijil_schemas::{
    Position,
    id::kind,
    money::{Currency, Money},
    time::Timestamp,
};

use super::payments::{Direction, moved};
use crate::{
    Sym,
    accounts::{Account, Ledger, LegUnit},
    report::parameters::{FROM, IN, TO},
    report::{
        Context, Draw, Parameter, ParameterKind, Part, Picture, Report, ReportError, Sight, Table,
        When, only,
    },
    trade::{
        ExchangeDoc,
        calendar::BY,
        grouping::{CURRENCY, converted},
    },
};

mod actual;
mod balance;
mod forecast;

pub(crate) static REPORT: Option<Report> = Some(Report {
    name: "cash_flow",
    title: "Cash flow",
    about: "What moved on the bank accounts and for what, what was on them before and after, and \
            what will be, if what is open is paid when it is due.",
    formula: "view=actual: every leg on assets/bank, by the purposes of its payment (what goes \
              back in proportion to what is left of them; of an expense its own; transfer, \
              exchange and its fee, entry, refund of a credit note, in base revaluation; null \
              where nobody said); net = in − out; view=balance: closing = opening + in \
              − out per account and period; view=forecast: due_in and due_out are what is open of \
              invoices and bills by due date, what is due before as_of in a row overdue; closing = \
              what is on all accounts at as_of + all due_in so far − all due_out so far",
    source: "DOMAIN R39",
    edition: 2,
    question: "What came into our accounts and went out, and what will be there?",
    draws_on: &["invoices", "accounting", "orders"],
    sight: Sight::Whole,
    pictures: &[
        Picture::when(
            &[When::Is("view", &["forecast"])],
            Draw::Columns { x: "period", y: &["due_in", "due_out"], ghost: Some("closing") },
        ),
        Picture::when(
            &[When::Is("view", &["balance"])],
            Draw::Waterfall { start: "opening", plus: &["in"], minus: &["out"], end: "closing" },
        ),
        Picture::when(
            &[When::Is("view", &["actual"]), When::Is("by", &["month", "quarter", "year"])],
            Draw::Columns { x: "period", y: &["net"], ghost: None },
        ),
        Picture::when(
            &[When::Is("view", &["actual"])],
            Draw::Bars { label: "purpose", y: "net", mark: None },
        ),
    ],
    needs_as_of: false,
    parameters: &[
        Parameter {
            name: "view",
            kind: ParameterKind::Choice(&["actual", "balance", "forecast"]),
            required: false,
            default: Some("actual"),
            about: "what moved and for what; what was there before and after; or what is due from \
                    the day of as_of on, which must be given then",
        },
        BY,
        FROM,
        TO,
        CURRENCY,
        IN,
    ],
    only: &[only("from", &[When::Is("view", &["actual", "balance"])])],
    run,
});

fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    match ctx.arguments.text("view") {
        Some("balance") => balance::run(ctx),
        Some("forecast") => forecast::run(ctx),
        _ => actual::run(ctx),
    }
}

/// What a record moved on a bank account: above zero what came in.
struct OnAccount {
    /// The account, as its path ends.
    bank: String,
    at: Timestamp,
    currency: Currency,
    part: Part,
}

/// Shows every leg on a bank account, in the currency that is asked for.
fn legs(ctx: &Context<'_>, visit: &mut dyn FnMut(OnAccount)) -> Result<(), ReportError> {
    let (lens, base) = (ctx.lens(), ctx.arguments.is("in", "base"));
    let ledger = if base { Ledger::in_base(ctx.views, lens) } else { Ledger::new(ctx.views, lens) };
    let mut names: BTreeMap<Account, Option<String>> = BTreeMap::new();
    let wanted = Wanted::new(ctx)?;
    ledger.money(&mut |leg| {
        let LegUnit::Money(currency) = leg.unit else { return };
        let bank = names.entry(leg.account).or_insert_with(|| {
            let path = leg.account.path(ctx.views);
            path.strip_prefix(BANK_PATH).filter(|bank| wanted.has(ctx, bank)).map(str::to_owned)
        });
        if let Some(bank) = bank {
            let part = Part::of(leg.position, leg.amount);
            visit(OnAccount { bank: bank.clone(), at: leg.at, currency, part });
        }
    })
}

/// Which accounts are asked for: those of a currency, whatever amounts are shown in.
struct Wanted(Option<Currency>);

impl Wanted {
    fn new(ctx: &Context<'_>) -> Result<Wanted, ReportError> {
        Ok(Wanted(ctx.arguments.currency("currency")?))
    }
    fn has(&self, ctx: &Context<'_>, bank: &str) -> bool {
        let of = || ctx.views.trade.bank_currency(bank, ctx.known());
        self.0.is_none_or(|wanted| of() == Some(wanted))
    }
}

/// The parts of a move, each with what it is for.
type Split<'a> = Vec<(Option<&'a str>, Part)>;

/// What moves of a record are for: the parts of payments and exchanges, by record and account; of
/// other records one word.
struct Purposes<'a> {
    parts: BTreeMap<(Position, Sym<kind::BankAccount>), Split<'a>>,
    words: BTreeMap<Position, &'a str>,
}

impl<'a> Purposes<'a> {
    fn of(ctx: &Context<'a>) -> Result<Purposes<'a>, ReportError> {
        let mut of = Purposes { parts: BTreeMap::new(), words: BTreeMap::new() };
        for payment in moved(ctx, Direction::Both)? {
            for flow in payment.flows() {
                let amount = if payment.is_out { -flow.of.amount } else { flow.of.amount };
                of.parts
                    .entry((flow.of.position, flow.bank))
                    .or_default()
                    .push((flow.purpose, Part::of(flow.of.position, amount)));
            }
        }
        let (trade, lens) = (ctx.views.trade, ctx.lens());
        for entry in ctx.views.accounts.entries(lens) {
            let (position, order) = (entry.position, entry.order());
            let word = match entry.what {
                Entry::Transferred { .. } => "transfer",
                Entry::Revalued { .. } => "revaluation",
                Entry::Expensed { expense } => {
                    let said = trade.expense_said_at(expense, order, lens.side);
                    said.map_or("expense", |doc| trade.text(doc.purpose))
                }
                Entry::ExpenseReversed { expense } => {
                    let said = trade.expense(expense, lens);
                    said.map_or("expense", |doc| trade.text(doc.what.purpose))
                }
                Entry::Exchanged { exchange } => {
                    if let Some(doc) = trade.exchange_said_at(exchange, order, lens.side) {
                        of.exchanged(ctx, entry.order(), doc)?;
                    }
                    "exchange"
                }
                _ => continue,
            };
            of.words.insert(position, word);
        }
        Ok(of)
    }
    /// The account that pays the fee of an exchange moves for both.
    fn exchanged(
        &mut self,
        ctx: &Context<'a>,
        (at, position): (Timestamp, Position),
        doc: ExchangeDoc,
    ) -> Result<(), ReportError> {
        let Some(fee) = doc.fee else { return Ok(()) };
        let pays = doc.pays_fee(fee);
        let counted = |of: Money| {
            converted(ctx, (of.currency, of.amount.get()), at, position).map(|(_, amount)| amount)
        };
        let own = if pays == doc.to { counted(doc.bought)? } else { -counted(doc.sold)? };
        let parts = [("exchange", own), ("fee", -counted(fee)?)];
        let parts = parts.map(|(word, amount)| (Some(word), Part::of(position, amount)));
        self.parts.insert((position, pays), parts.to_vec());
        Ok(())
    }
    /// The parts of what a record moved on an account; all of it for one purpose where it is no
    /// payment's.
    fn split(&self, ctx: &Context<'_>, moved: &OnAccount) -> Split<'a> {
        let bank = ctx.views.trade.ids().find::<kind::BankAccount>(&moved.bank);
        let parts = bank.and_then(|bank| self.parts.get(&(moved.part.position, bank)));
        let word = || self.words.get(&moved.part.position).copied().unwrap_or("entry");
        parts.cloned().unwrap_or_else(|| vec![(Some(word()), moved.part)])
    }
}
