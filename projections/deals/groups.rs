//! What the deal reports share: which deals are asked for, how they are grouped, counted and
//! valued. Invariant: a deal stands in exactly one group, and one without a value for the key
//! stands in a group of its own, the last.

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
    report::{
        Cell, Column, ColumnKind, Context, Count, Grounds, Parameter, ParameterKind, Part,
        ReportError, Sum, Value, key, parameters::grouped, quotient,
    },
    trade::grouping::converted,
};

const GROUPS: &[&str] = &["none", "owner", "client", "counterparty", "pipeline", "attribute"];

pub(crate) const GROUP: Parameter = Parameter {
    name: "group",
    kind: ParameterKind::Choice(GROUPS),
    required: false,
    default: Some("none"),
    about: "rows per owner (at the closing, else now), client, counterparty, pipeline, or one of \
            the company's own fields (`attribute` names it)",
};
pub(crate) const PIPELINE: Parameter = Parameter {
    name: "pipeline",
    kind: ParameterKind::Id(Kind::Pipeline),
    required: false,
    default: None,
    about: "only deals of this pipeline",
};

/// The deals a report is asked about, walked.
pub(crate) fn deals_asked<'a>(ctx: &Context<'a>) -> impl Iterator<Item = Walked> + 'a {
    deals_asked_within(ctx, Timestamp::MIN..Timestamp::END)
}
/// The same, of those deals of which anything was said in an interval.
pub(crate) fn deals_asked_within<'a>(
    ctx: &Context<'a>,
    within: Range<Timestamp>,
) -> impl Iterator<Item = Walked> + 'a {
    ctx.views.deals.courses_within(ctx.lens(), within).filter(of_pipeline(ctx))
}
/// The same, of those deals that were opened in an interval.
pub(crate) fn deals_opened<'a>(
    ctx: &Context<'a>,
    within: Range<Timestamp>,
) -> impl Iterator<Item = Walked> + 'a {
    ctx.views.deals.courses_opened(ctx.lens(), within).filter(of_pipeline(ctx))
}
/// Whether a deal is of the pipeline that is asked for, if one is.
fn of_pipeline(ctx: &Context<'_>) -> impl Fn(&Walked) -> bool + use<> {
    let asked = ctx.arguments.text("pipeline").map(|id| ctx.views.deals.ids().find(id));
    move |walked| asked.is_none_or(|asked| asked == Some(walked.course.opening.pipeline))
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
    /// The cell of the column `group`, if there is one, with the records that say it.
    pub(crate) fn cells(&self, said: &Grounds) -> Vec<Cell> {
        match self {
            Group::All => Vec::new(),
            Group::Of(text) => vec![Value::Text(text.clone()).because(said.clone())],
            Group::Without => vec![Value::Null.because(said.clone())],
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
            ("client", None) => {
                By::Client(Resolver::new(ctx.views.clients, ctx.lens(), LinkView::AtEvent))
            }
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
    /// The group of a deal; the records that say it are added to `said`.
    pub(crate) fn of(&self, walked: &Walked, said: &mut Grounds) -> Group {
        let (opening, deals) = (&walked.course.opening, self.ctx.views.deals);
        let ids = deals.ids();
        if let By::Pipeline = &self.by {
            said.add(walked.course.opened.position);
        }
        match &self.by {
            By::Nothing => Group::All,
            By::Owner => {
                let (position, owner) = walked.course.credited();
                said.add(position);
                Group::of(Some(ids.name(owner)))
            }
            By::Client(resolver) => {
                let hints = Hints { deal: Some(ids.name(walked.deal)), ..Hints::default() };
                let found = resolver.client_of(&hints, walked.course.opened.at);
                if self.ctx.explain {
                    said.add(walked.course.opened.position);
                    resolver.because(&hints, walked.course.opened.at, said);
                }
                Group::of(found.map(|sym| self.ctx.views.clients.id(sym)))
            }
            By::Counterparty => {
                let (moment, party) = walked.course.party();
                said.add(moment.position);
                Group::of(party.counterparty.map(|legal| ids.name(legal)))
            }
            By::Pipeline => Group::of(Some(ids.name(opening.pipeline))),
            By::Attribute(key) => {
                let story = deals.story(Some(walked.deal));
                let found = story.attribute(key.as_str(), self.ctx.lens());
                found.iter().for_each(|fact| said.add(fact.position));
                Group::of(found.map(|fact| deals.word(fact.what)))
            }
        }
    }
}

/// The column `group`, if rows are grouped.
pub(crate) fn group_columns(grouping: &Grouping<'_>, rest: &[Column]) -> Vec<Column> {
    let first = match grouping.by {
        By::Nothing => None,
        By::Attribute(_) => Some(key("group", ColumnKind::Text)),
        By::Owner | By::Client(_) | By::Counterparty | By::Pipeline => {
            Some(key("group", ColumnKind::Id))
        }
    };
    first.into_iter().chain(rest.iter().copied()).collect()
}

/// What a deal is worth in the currency asked for: rounded once in base, so that sums of deals add
/// up in every grouping.
pub(crate) fn convert(
    ctx: &Context<'_>,
    worth: &Worth,
) -> Result<(Currency, Decimal), ReportError> {
    converted(
        ctx,
        (worth.money.currency, worth.money.amount.get()),
        worth.document.at,
        worth.document.position,
    )
}
/// The part of a deal's amount that its chance leaves: exact in its own currency, in base to the
/// minor unit, so that it adds up as amounts do.
pub(crate) fn weighted(
    ctx: &Context<'_>,
    (currency, amount): (Currency, Decimal),
    chance: Decimal,
) -> Decimal {
    if ctx.arguments.is("in", "base") {
        mul_div(amount, chance, Decimal::ONE, currency.minor_unit())
    } else {
        amount * chance
    }
}

/// Amounts of deals by currency, each made by the record that says it, with the deals they are of.
#[derive(Debug, Clone)]
pub(crate) struct Slice {
    explain: bool,
    by_currency: BTreeMap<Currency, Sum>,
    deals: Count,
}

impl Slice {
    pub(crate) fn new(ctx: &Context<'_>) -> Slice {
        Slice { explain: ctx.explain, by_currency: BTreeMap::new(), deals: ctx.count() }
    }
    /// Adds what a record says that a deal (with the record that makes it count) is worth.
    pub(crate) fn add(
        &mut self,
        (currency, amount): (Currency, Decimal),
        said: Position,
        deal: Position,
    ) {
        *self.by_currency.entry(currency).or_insert_with(|| Sum::new(self.explain)) +=
            Part::of(said, amount);
        self.deals += deal;
    }
    pub(crate) fn currencies(&self) -> impl Iterator<Item = Currency> {
        self.by_currency.keys().copied()
    }
    pub(crate) fn sum(&self, currency: Option<Currency>) -> Sum {
        currency
            .and_then(|c| self.by_currency.get(&c))
            .cloned()
            .unwrap_or_else(|| Sum::new(self.explain))
    }
    /// The deals that all sums are of.
    pub(crate) const fn deals(&self) -> &Count {
        &self.deals
    }
    /// The sum, rounded to the minor unit; null where there is no currency.
    pub(crate) fn cell(&self, currency: Option<Currency>) -> Cell {
        shown(&self.sum(currency), currency)
    }
}

/// A sum of a currency, rounded to the minor unit; null where there is no currency.
pub(crate) fn shown(sum: &Sum, currency: Option<Currency>) -> Cell {
    sum.shown(|amount| currency.map_or(Value::Null, |c| Value::money(rounded(amount, c), c)))
}

/// An amount rounded to the minor unit if it has more decimal places than amounts may have:
/// products with a probability or a rate do.
pub(crate) fn rounded(amount: Decimal, currency: Currency) -> Decimal {
    let places = sijil_schemas::money::SCALE_MAX;
    if amount.normalize().scale() <= places {
        amount
    } else {
        sijil_schemas::money::round(amount, currency.minor_unit())
    }
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

/// One length of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Length {
    micros: i64,
    /// The record that makes it: of a cycle the closing, of a visit the entry.
    said: Position,
}

/// Lengths of time, each with the record that says it.
#[derive(Debug, Clone)]
pub(crate) struct Spread {
    explain: bool,
    lengths: Vec<Length>,
}

impl Spread {
    pub(crate) const fn new(ctx: &Context<'_>) -> Spread {
        Spread { explain: ctx.explain, lengths: Vec::new() }
    }
    pub(crate) fn add(&mut self, micros: i64, said: Position) {
        self.lengths.push(Length { micros, said });
    }
    /// How many there are, their mean, their median (the mean of the two middle ones) and their
    /// 90th percentile (nearest rank), in days.
    pub(crate) fn cells(mut self, ctx: &Context<'_>) -> Vec<Cell> {
        self.lengths.sort_unstable();
        let (n, mut count, mut sum) =
            (self.lengths.len(), Count::new(self.explain), Sum::new(self.explain));
        for length in &self.lengths {
            count += length.said;
            sum += Part::of(length.said, day_decimal(length.micros));
        }
        let over = |lengths: &[Length]| {
            let sum: Decimal = lengths.iter().map(|length| Decimal::from(length.micros)).sum();
            Value::number(days(sum).over(&Ratio::whole(Decimal::from(lengths.len() as u64))))
        };
        let middle = if n == 0 { &[][..] } else { &self.lengths[(n - 1) / 2..=n / 2] };
        let tenth = if n == 0 {
            &[][..]
        } else {
            &self.lengths[(9 * n).div_ceil(10) - 1..(9 * n).div_ceil(10)]
        };
        let of = |lengths: &[Length]| {
            over(lengths).because(ctx.said_by(lengths.iter().map(|length| length.said)))
        };
        vec![
            count.shown(),
            quotient(over(&self.lengths), &sum, &count, "how many there are"),
            of(middle),
            of(tenth),
        ]
    }
}

/// Microseconds as days of 24 hours, to six places: what a record adds to a mean, which itself is
/// exact.
pub(crate) fn day_decimal(micros: i64) -> Decimal {
    days(micros).round(6)
}
