//! Cash flow (R39). Invariant: opening + in − out = closing, which is the balance of the bank
//! account in the trial balance, and what moved for each purpose comes to what moved.

use std::collections::{BTreeMap, BTreeSet};

use sijil_facts::accounts::Entry;
use sijil_schemas::{Position, id::kind, money::Currency, time::Timestamp};

use super::payments::{Direction, moved};
use crate::{
    Sym,
    accounts::{Account, Ledger, LegUnit},
    report::parameters::{FROM, IN, TO},
    report::{
        Context, Draw, Parameter, ParameterKind, Part, Picture, Report, ReportError, Sight, Table,
        When, only,
    },
    trade::{calendar::BY, grouping::CURRENCY},
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
              back in proportion to what is left of them; transfer, entry, refund of a credit \
              note; null where nobody said); net = in − out; view=balance: closing = opening + in \
              − out per account and period; view=forecast: due_in and due_out are what is open of \
              invoices and bills by due date, what is due before as_of in a row overdue; closing = \
              what is on all accounts at as_of + all due_in so far − all due_out so far",
    source: "DOMAIN R39",
    edition: 1,
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

/// Where all bank accounts stand.
const BANK: &str = "assets/bank/";

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
            path.strip_prefix(BANK).filter(|bank| wanted.has(ctx, bank)).map(str::to_owned)
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

/// What moves of a record are for: the parts of payments, by record and account.
struct Purposes<'a> {
    parts: BTreeMap<(Position, Sym<kind::BankAccount>), Split<'a>>,
    transfers: BTreeSet<Position>,
}

impl<'a> Purposes<'a> {
    fn of(ctx: &Context<'a>) -> Result<Purposes<'a>, ReportError> {
        let mut parts: BTreeMap<_, Split<'_>> = BTreeMap::new();
        for payment in moved(ctx, Direction::Both)? {
            for flow in payment.flows() {
                let amount = if payment.is_out { -flow.of.amount } else { flow.of.amount };
                parts
                    .entry((flow.of.position, flow.bank))
                    .or_default()
                    .push((flow.purpose, Part::of(flow.of.position, amount)));
            }
        }
        let entries = ctx.views.accounts.entries(ctx.lens());
        let transfers = entries
            .filter(|entry| matches!(entry.what, Entry::Transferred { .. }))
            .map(|entry| entry.position)
            .collect();
        Ok(Purposes { parts, transfers })
    }
    /// The parts of what a record moved on an account; all of it for one purpose where it is no
    /// payment's.
    fn split(&self, ctx: &Context<'_>, moved: &OnAccount) -> Split<'a> {
        let bank = ctx.views.trade.ids().find::<kind::BankAccount>(&moved.bank);
        let parts = bank.and_then(|bank| self.parts.get(&(moved.part.position, bank)));
        let kind = || match self.transfers.contains(&moved.part.position) {
            true => "transfer",
            false => "entry",
        };
        parts.cloned().unwrap_or_else(|| vec![(Some(kind()), moved.part)])
    }
}
