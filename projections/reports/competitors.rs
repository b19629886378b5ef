//! Competitors (R33): which deals are won and lost against whom, and what others ask for the same.
//! Invariant: a deal counts once on the row of each competitor that took part in it.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use sijil_schemas::{
    CompetitorFact, Position,
    id::{Kind, kind},
    money::{Amount, Currency},
    time::{Date, Timestamp},
};

use super::win_rate::Side;
use crate::{
    Sym,
    company::Price,
    cut::Dated,
    deals::{Outcome, Walked, currencies, currency_cell},
    marketing::Observed,
    ratio::Ratio,
    report::parameters::{FROM, IN, TO},
    report::{
        ColumnKind, Context, Draw, Parameter, ParameterKind, Picture, Report, ReportError, Row,
        Sight, Table, Value, When, col, key, only, share,
    },
};

pub(crate) static REPORT: Option<Report> = Some(Report {
    name: "competitors",
    title: "Competitors",
    about: "Which deals were won and lost against each competitor, by close date; what others ask \
            for an item beside the list; and what share of the market they were seen to have.",
    formula: "deals: a competitor takes part in a deal where the last deal.competitors_set names \
              it, or the loss that the deal stands at; won and lost by close date within from and \
              to, open as they stand; win_rate = won ÷ (won + lost); a deal without amount counts \
              and is unvalued. prices: ours = the price of the list in force on the day, theirs = \
              the latest observed up to it, in one currency; gap = (ours − theirs) ÷ theirs. \
              shares: the latest observed up to the day, in percent; what they leave is the \
              company's own.",
    source: "DOMAIN R33",
    edition: 1,
    question: "Whom do we win against, and what do they ask for the same?",
    draws_on: &["deals", "marketing", "catalogue"],
    sight: Sight::Subset,
    pictures: &[
        Picture::when(
            &[When::Is("view", &["deals"])],
            Draw::Parts { of: Some("competitor"), parts: &["won", "lost", "open"] },
        ),
        Picture::when(
            &[When::Is("view", &["prices"])],
            Draw::Bars { label: "item", y: "gap", mark: None },
        ),
        Picture::when(
            &[When::Is("view", &["shares"])],
            Draw::Bars { label: "competitor", y: "share", mark: None },
        ),
    ],
    needs_as_of: false,
    parameters: &[
        Parameter {
            name: "view",
            kind: ParameterKind::Choice(&["deals", "prices", "shares"]),
            required: false,
            default: Some("deals"),
            about: "deals won and lost, prices beside a list, or shares of the market",
        },
        Parameter {
            name: "list",
            kind: ParameterKind::Id(Kind::PriceList),
            required: false,
            default: None,
            about: "with view=prices: only this list of prices",
        },
        FROM,
        TO,
        IN,
    ],
    only: &[
        only("list", &[When::Is("view", &["prices"])]),
        only("from", &[When::Is("view", &["deals"])]),
        only("in", &[When::Is("view", &["deals"])]),
    ],
    run,
});

fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    match ctx.arguments.text("view") {
        Some("prices") => prices(ctx),
        Some("shares") => shares(ctx),
        _ => deals(ctx),
    }
}

/// The rows of the deals in which one competitor took part, one per currency.
fn rows(side: &Side, competitor: &str) -> Vec<Row> {
    let mut closed = side.won.clone();
    closed += &side.lost;
    let row = |currency| {
        vec![
            Value::id(Some(competitor)).because(side.placed.clone()),
            currency_cell(currency),
            side.won.shown(),
            side.lost.shown(),
            side.open.shown(),
            share(&side.won, &closed, "deals won and lost"),
            side.won_amount.cell(currency),
            side.lost_amount.cell(currency),
            side.unvalued.shown(),
        ]
    };
    currencies([&side.won_amount, &side.lost_amount]).into_iter().map(row).collect()
}

/// Who took part in a deal, with the record that says so: by the last word on who bids, and by the
/// loss it stands at.
fn took_part<'a>(ctx: &Context<'a>, walked: &Walked) -> BTreeMap<&'a str, Position> {
    let deals = ctx.views.deals;
    let mut all = BTreeMap::new();
    if let Some((position, competitors)) = walked.course.competitors() {
        all.extend(deals.bidding(competitors).map(|word| (deals.word(word), position)));
    }
    if let Some(close) = walked.course.closing()
        && let Outcome::Lost(loss) = close.outcome
        && let Some(competitor) = loss.competitor
    {
        all.insert(deals.word(competitor), close.moment.position);
    }
    all
}

fn deals(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let (within, mut sides) = (ctx.interval()?, BTreeMap::<&str, Side>::new());
    for walked in ctx.views.deals.courses(ctx.lens()) {
        let closed = walked.course.closing().map(|close| close.moment.at);
        if closed.is_some_and(|at| !within.contains(&at)) {
            continue;
        }
        for (competitor, said) in took_part(ctx, &walked) {
            let side = sides.entry(competitor).or_insert_with(|| Side::new(ctx));
            side.placed.add(said);
            side.add(ctx, &walked)?;
        }
    }
    // A deal stands on the row of each competitor, and is counted on that of each currency.
    let count = |name| col(name, ColumnKind::Count);
    let mut table = Table::new(&[
        key("competitor", ColumnKind::Id),
        key("currency", ColumnKind::Text),
        count("won"),
        count("lost"),
        count("open"),
        col("win_rate", ColumnKind::Percent),
        col("won_amount", ColumnKind::Amount),
        col("lost_amount", ColumnKind::Amount),
        count("unvalued"),
    ]);
    for (competitor, side) in &sides {
        rows(side, competitor).into_iter().for_each(|row| table.push(row));
    }
    Ok(table)
}

/// The day that prices and shares are of: `to`, or that of `as_of`; `None` is the last there is.
fn day(ctx: &Context<'_>) -> Result<Option<Date>, ReportError> {
    let of_cut = (ctx.cut.before != Timestamp::END).then(|| ctx.as_of_day());
    Ok(match (ctx.arguments.date("to")?, of_cut) {
        (Some(to), Some(cut)) => Some(to.min(cut)),
        (to, cut) => to.or(cut),
    })
}

/// The latest observations of a kind up to a day, by what they are of.
fn latest<'a, K: Ord>(
    ctx: &Context<'a>,
    kind: CompetitorFact,
    of: impl Fn(&'a str, &Observed) -> Option<K>,
) -> Result<BTreeMap<K, Dated<Observed>>, ReportError> {
    let (marketing, day, lens) = (ctx.views.marketing, day(ctx)?, ctx.lens());
    let mut all = BTreeMap::new();
    for competitor in marketing.ids().syms::<kind::Competitor>() {
        let seen = marketing.observed(competitor, lens);
        let seen = seen.filter(|seen| day.is_none_or(|day| ctx.day(seen.at) <= day));
        for seen in seen.filter(|seen| seen.what.kind == kind) {
            if let Some(key) = of(marketing.ids().name(competitor), &seen.what) {
                all.insert(key, seen);
            }
        }
    }
    Ok(all)
}

/// The price of each list for an item on a day, in a currency: of those that hold by then the one
/// of the latest first day, then the one told last.
fn ours<'a>(
    ctx: &Context<'a>,
    item: Sym<kind::Item>,
    currency: Currency,
    day: Option<Date>,
) -> BTreeMap<&'a str, Dated<Price>> {
    let company = ctx.views.company;
    let mut lists: BTreeMap<&str, Dated<Price>> = BTreeMap::new();
    for price in company.prices_of(item, ctx.known()) {
        if day.is_some_and(|day| price.what.valid_from > day) {
            continue;
        }
        let of = company.ids().name(price.what.list);
        let later = |known: &Dated<Price>| {
            (known.what.valid_from, known.position) <= (price.what.valid_from, price.position)
        };
        if lists.get(of).is_none_or(later) {
            lists.insert(of, price);
        }
    }
    lists.retain(|_, price| price.what.currency == currency);
    lists
}

fn prices(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let (ids, wanted, day) = (ctx.views.company.ids(), ctx.arguments.text("list"), day(ctx)?);
    let mut table = Table::new(&[
        key("competitor", ColumnKind::Id),
        key("item", ColumnKind::Id),
        key("list", ColumnKind::Id),
        key("currency", ColumnKind::Text),
        col("ours", ColumnKind::Amount),
        col("theirs", ColumnKind::Amount),
        col("gap", ColumnKind::Percent),
        col("observed_on", ColumnKind::Date),
    ]);
    let seen = latest(ctx, CompetitorFact::Price, |competitor, seen| {
        let item = seen.item?;
        Some((competitor, ids.name(item), seen.currency?, item))
    })?;
    for ((competitor, name, currency, item), seen) in seen {
        let theirs = seen.what.value.map_or(Decimal::ZERO, Amount::get);
        for (list, price) in ours(ctx, item, currency, day) {
            if wanted.is_some_and(|wanted| wanted != list) {
                continue;
            }
            let own = price.what.price.get();
            let said = |positions: &[Position]| ctx.said_by(positions.iter().copied());
            let money = |amount| Value::money(amount, currency);
            table.push(vec![
                Value::id(Some(competitor)).because(said(&[seen.position])),
                Value::id(Some(name)).into(),
                Value::id(Some(list)).into(),
                Value::Text(currency.to_string()).into(),
                money(own).because(said(&[price.position])),
                money(theirs).because(said(&[seen.position])),
                Value::percent(Ratio::of(own - theirs, theirs))
                    .because(said(&[price.position, seen.position])),
                Value::Date(ctx.day(seen.at)).because(said(&[seen.position])),
            ]);
        }
    }
    Ok(table)
}

fn shares(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let mut table = Table::new(&[
        key("competitor", ColumnKind::Id),
        col("share", ColumnKind::Percent),
        col("observed_on", ColumnKind::Date),
    ]);
    let seen =
        latest(ctx, CompetitorFact::Share, |competitor, seen| seen.value.map(|_| competitor))?;
    let percent = |value: Decimal| Value::percent(Ratio::of(value, Decimal::ONE_HUNDRED));
    let (mut theirs, mut positions) = (Decimal::ZERO, BTreeSet::new());
    for (competitor, seen) in &seen {
        let value = seen.what.value.map_or(Decimal::ZERO, Amount::get);
        theirs += value;
        positions.insert(seen.position);
        let said = || ctx.said_by([seen.position]);
        table.push(vec![
            Value::id(Some(competitor)).because(said()),
            percent(value).because(said()),
            Value::Date(ctx.day(seen.at)).because(said()),
        ]);
    }
    if !seen.is_empty() {
        table.push(vec![
            Value::Null.into(),
            percent(Decimal::ONE_HUNDRED - theirs).because(ctx.said_by(positions)),
            Value::Null.into(),
        ]);
    }
    Ok(table)
}
