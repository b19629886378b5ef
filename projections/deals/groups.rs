//! What the deal reports share: which deals are asked for, how they are grouped, counted and valued. Invariant: a deal stands in exactly one group, and one without
//! a value for the key stands in a group of its own, the last.

use std::{collections::BTreeMap, ops::Range};

use rust_decimal::Decimal;
use sijil_schemas::{
    Position,
    id::{Key, Kind},
    money::{Currency, mul_div},
    time::Timestamp,
};

use super::{Walked, Worth, days};
use crate::{
    clients::{Hints, LinkView, Resolver},
    ratio::Ratio,
    report::{Cell, Column, ColumnKind, Context, Parameter, ParameterKind, ReportError, Value, Why, key, parameters::grouped},
    trade::grouping::converted,
};

const GROUPS: &[&str] = &["none", "owner", "client", "counterparty", "pipeline", "attribute"];

pub(crate) const GROUP: Parameter = Parameter {
    name: "group",
    kind: ParameterKind::Choice(GROUPS),
    required: false,
    default: Some("none"),
    about: "rows per owner (at the closing, else now), client, counterparty, pipeline, or one of the company's own fields (`attribute` names it)",
};
pub(crate) const PIPELINE: Parameter =
    Parameter { name: "pipeline", kind: ParameterKind::Id(Kind::Pipeline), required: false, default: None, about: "only deals of this pipeline" };

/// The deals a report is asked about, walked.
pub(crate) fn deals_asked<'a>(ctx: &Context<'a>) -> impl Iterator<Item = Walked<'a>> {
    deals_asked_within(ctx, Timestamp::MIN..Timestamp::END)
}
/// The same, of those deals of which anything was said in an interval.
pub(crate) fn deals_asked_within<'a>(ctx: &Context<'a>, within: Range<Timestamp>) -> impl Iterator<Item = Walked<'a>> {
    let pipeline = ctx.arguments.text("pipeline");
    let of_pipeline = move |walked: &Walked<'_>| pipeline.is_none_or(|p| walked.course.opening.pipeline.as_str() == p);
    ctx.views.deals.courses_within(ctx.lens(), within).filter(of_pipeline)
}

/// The group a deal stands in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Group {
    /// No grouping is asked for.
    All,
    /// The group of this value.
    Of(String),
    /// It has no value.
    Without,
}

impl Group {
    pub(crate) fn of(value: Option<&str>) -> Group {
        value.map_or(Group::Without, |v| Group::Of(v.to_owned()))
    }
    /// The cell of the column `group`, if there is one.
    pub(crate) fn cells(&self) -> Vec<Cell> {
        match self {
            Group::All => Vec::new(),
            Group::Of(text) => vec![Value::Text(text.clone()).into()],
            Group::Without => vec![Value::Null.into()],
        }
    }
}

#[derive(Debug, Clone)]
enum By<'a> {
    Nothing,
    Owner,
    Client(Resolver<'a>),
    Counterparty,
    Pipeline,
    Attribute(Key),
}

/// How deals are grouped.
#[derive(Debug, Clone)]
pub(crate) struct Grouping<'a> {
    by: By<'a>,
    ctx: &'a Context<'a>,
}

impl<'a> Grouping<'a> {
    /// By the parameters `group` and `attribute`.
    pub(crate) fn asked(ctx: &'a Context<'a>) -> Result<Grouping<'a>, ReportError> {
        let by = match grouped(ctx.arguments)? {
            (_, Some(field)) => By::Attribute(field),
            ("owner", None) => By::Owner,
            ("client", None) => By::Client(Resolver::new(ctx.views.clients, ctx.lens(), LinkView::AtEvent)),
            ("counterparty", None) => By::Counterparty,
            ("pipeline", None) => By::Pipeline,
            (_, None) => By::Nothing,
        };
        Ok(Grouping { by, ctx })
    }
    /// Whether rows are per owner.
    pub(crate) const fn is_by_owner(&self) -> bool {
        matches!(self.by, By::Owner)
    }
    /// Whether there is one group for all.
    pub(crate) const fn is_none(&self) -> bool {
        matches!(self.by, By::Nothing)
    }
    /// The group of a deal; what decides it is added to `why`.
    pub(crate) fn of(&self, walked: &Walked<'_>, why: &mut Why) -> Group {
        let opening = walked.course.opening;
        match &self.by {
            By::Nothing => Group::All,
            By::Owner => {
                let (said, owner) = walked.course.credited();
                why.add(said);
                Group::of(Some(owner.as_str()))
            }
            By::Client(resolver) => {
                let (client, counterparty) =
                    (opening.client.as_ref().map(sijil_schemas::id::Id::as_str), opening.counterparty.as_ref().map(sijil_schemas::id::Id::as_str));
                let hints = Hints { client, counterparty, ..Hints::default() };
                let found = resolver.client_of(&hints, walked.course.opened.at);
                self.explain_client(client, counterparty, walked, why);
                Group::of(found.map(|sym| self.ctx.views.clients.id(sym)))
            }
            By::Counterparty => Group::of(opening.counterparty.as_ref().map(sijil_schemas::id::Id::as_str)),
            By::Pipeline => Group::of(Some(opening.pipeline.as_str())),
            By::Attribute(key) => {
                let said = walked.deal.attribute(key.as_str(), self.ctx.lens());
                if let Some(said) = &said {
                    why.add(said.position);
                }
                Group::of(said.map(|s| s.what.as_str()))
            }
        }
    }
    /// The links and merges that decide whose deal it is.
    fn explain_client(&self, client: Option<&str>, counterparty: Option<&str>, walked: &Walked<'_>, why: &mut Why) {
        if !self.ctx.explain {
            return;
        }
        let (clients, lens) = (&self.ctx.views.clients, self.ctx.lens());
        let named = client.and_then(|id| clients.sym(id));
        let link = counterparty.and_then(|id| clients.counterparty(id)).and_then(|legal| clients.linked_client(legal, lens.until(walked.course.opened.at)));
        if let (None, Some((_, position))) = (named, link) {
            why.add(position);
        }
        for member in named.or(link.map(|(linked, _)| linked)).into_iter().flat_map(|sym| clients.merge_family(sym)) {
            clients.merge_facts(member).iter().filter(|fact| lens.counts(fact)).for_each(|fact| why.add(fact.position));
        }
    }
}

/// The column `group`, if rows are grouped.
pub(crate) fn group_columns(grouping: &Grouping<'_>, rest: &[Column]) -> Vec<Column> {
    let first = match grouping.by {
        By::Nothing => None,
        By::Attribute(_) => Some(key("group", ColumnKind::Text)),
        By::Owner | By::Client(_) | By::Counterparty | By::Pipeline => Some(key("group", ColumnKind::Id)),
    };
    first.into_iter().chain(rest.iter().copied()).collect()
}

/// What a deal is worth in the currency asked for: rounded once in base, so that sums of deals add up in every grouping.
pub(crate) fn convert(ctx: &Context<'_>, worth: &Worth) -> Result<(Currency, Decimal), ReportError> {
    converted(ctx, (worth.money.currency, worth.money.amount.get()), worth.document.at, worth.document.position)
}
/// The part of a deal's amount that its chance leaves: exact in its own currency, in base to the minor unit, so that it adds up as amounts do.
pub(crate) fn weighted(ctx: &Context<'_>, (currency, amount): (Currency, Decimal), chance: Decimal) -> Decimal {
    if ctx.arguments.is("in", "base") { mul_div(amount, chance, Decimal::ONE, currency.minor_unit()) } else { amount * chance }
}

/// A count of deals and the records behind it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    pub(crate) n: usize,
    pub(crate) why: Why,
}

impl Tally {
    pub(crate) const fn new(ctx: &Context<'_>) -> Tally {
        Tally { n: 0, why: ctx.why() }
    }
    pub(crate) fn add(&mut self, why: &Why) {
        self.n += 1;
        self.why.join(why);
    }
    pub(crate) fn cell(self) -> Cell {
        Value::count(self.n).because(self.why)
    }
}

/// Amounts by currency, each with how many deals it is of and the records behind it.
#[derive(Debug, Clone)]
pub(crate) struct Slice {
    empty: Why,
    by_currency: BTreeMap<Currency, (Decimal, usize, Why)>,
}

impl Slice {
    pub(crate) const fn new(ctx: &Context<'_>) -> Slice {
        Slice { empty: ctx.why(), by_currency: BTreeMap::new() }
    }
    pub(crate) fn add(&mut self, currency: Currency, amount: Decimal, why: &Why) {
        let empty = &self.empty;
        let sum = self.by_currency.entry(currency).or_insert_with(|| (Decimal::ZERO, 0, empty.clone()));
        sum.0 += amount;
        sum.1 += 1;
        sum.2.join(why);
    }
    pub(crate) fn currencies(&self) -> impl Iterator<Item = Currency> {
        self.by_currency.keys().copied()
    }
    pub(crate) fn sum(&self, currency: Option<Currency>) -> Decimal {
        currency.and_then(|c| self.by_currency.get(&c)).map_or(Decimal::ZERO, |sum| sum.0)
    }
    /// How many deals all sums are of.
    pub(crate) fn deals(&self) -> usize {
        self.by_currency.values().map(|sum| sum.1).sum()
    }
    pub(crate) fn why(&self, currency: Option<Currency>) -> Why {
        currency.and_then(|c| self.by_currency.get(&c)).map_or_else(|| self.empty.clone(), |sum| sum.2.clone())
    }
    /// The sum, rounded to the minor unit; null where there is no currency.
    pub(crate) fn cell(&self, currency: Option<Currency>) -> Cell {
        let Some(c) = currency else { return Value::Null.into() };
        Value::money(rounded(self.sum(currency), c), c).because(self.why(currency))
    }
}

/// An amount rounded to the minor unit if it has more decimal places than amounts may have: products with a probability or a rate do.
pub(crate) fn rounded(amount: Decimal, currency: Currency) -> Decimal {
    let places = sijil_schemas::money::SCALE_MAX;
    if amount.normalize().scale() <= places { amount } else { sijil_schemas::money::round(amount, currency.minor_unit()) }
}

/// The currencies of a row set: each of these, or none at all.
pub(crate) fn currencies<'s>(slices: impl IntoIterator<Item = &'s Slice>) -> Vec<Option<Currency>> {
    let mut all: Vec<Currency> = slices.into_iter().flat_map(Slice::currencies).collect();
    all.sort_unstable();
    all.dedup();
    if all.is_empty() { vec![None] } else { all.into_iter().map(Some).collect() }
}

/// The cell of the column `currency`.
pub(crate) fn currency_cell(currency: Option<Currency>) -> Cell {
    currency.map_or(Value::Null, |c| Value::Text(c.to_string())).into()
}

/// Joins positions to what is behind a number.
pub(crate) fn add_all(why: &mut Why, positions: impl IntoIterator<Item = Position>) {
    positions.into_iter().for_each(|position| why.add(position));
}

/// Lengths of time, and the records behind them.
#[derive(Debug, Clone)]
pub(crate) struct Spread {
    micros: Vec<i64>,
    why: Why,
}

impl Spread {
    pub(crate) const fn new(ctx: &Context<'_>) -> Spread {
        Spread { micros: Vec::new(), why: ctx.why() }
    }
    pub(crate) fn add(&mut self, micros: i64, why: &Why) {
        self.micros.push(micros);
        self.why.join(why);
    }
    /// How many there are, their mean, their median (the mean of the two middle ones) and their 90th percentile (nearest rank), in days.
    pub(crate) fn cells(mut self) -> Vec<Cell> {
        self.micros.sort_unstable();
        let (n, micros) = (self.micros.len(), &self.micros);
        let at = |rank: usize| micros.get(rank).copied().map(Decimal::from);
        let over = |sum: Decimal, n: usize| days(sum).over(&Ratio::whole(Decimal::from(n as u64)));
        let mean = over(micros.iter().copied().map(Decimal::from).sum(), n);
        let median = if n == 0 { None } else { at((n - 1) / 2).zip(at(n / 2)).and_then(|(low, high)| over(low + high, 2)) };
        let p90 = if n == 0 { None } else { at((9 * n).div_ceil(10) - 1).map(days) };
        let numbers = [mean, median, p90].map(|ratio| Value::number(ratio).because(self.why.clone()));
        std::iter::once(Value::count(n).because(self.why.clone())).chain(numbers).collect()
    }
}
