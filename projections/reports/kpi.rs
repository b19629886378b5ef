//! R25, manager KPIs. Invariant: for every metric that adds up, the employees and "no employee" sum
//! to the company, and a department to its members.

use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    ops::Range,
};

use sijil_schemas::{
    Better, Position,
    id::Kind,
    money::{Currency, SCALE_MAX},
    time::{Date, Period, Timestamp},
};

use crate::report::{When, only};
use crate::{
    ratio::Ratio,
    report::{
        Cell,
        ColumnKind::{Amount, Date as Day, Id, Percent, Text},
        Context, Draw, Parameter, ParameterKind, Part, Picture, Report, ReportError, Sight, Table,
        Value, col, key,
    },
    staff::{Metric, TargetKey, Unit, Whom},
};

mod credited;
mod figure;
mod flows;
mod scopes;
mod standing;

use credited::Credited;
use figure::Measure;
use flows::{Credit, Flows, Share};
use scopes::Scope;

pub(crate) static REPORT: Option<Report> = Some(Report {
    name: "kpi",
    title: "Manager KPIs",
    about: "What did each employee, department and the company reach, and what was the target?",
    formula: "variance = actual − target; attainment = actual ÷ target; expected to date = target \
              × elapsed days ÷ days of the period (rates and standing figures: the target itself); \
              good = variance, with its sign turned where less is better. Activity counts for who \
              did it (a deputy while one stands in), a won deal for its owner at the win, a \
              claim for the last who was given it, else, as debts, for the client's owner; a \
              cancelled task is not overdue; departments by membership at the event",
    source: "R25",
    edition: 3,
    question: "Who reached what, and who is behind?",
    draws_on: &[
        "staff",
        "deals",
        "interactions",
        "tasks",
        "claims",
        "orders",
        "invoices",
        "clients",
        "counterparties",
    ],
    sight: Sight::Subset,
    pictures: &[Picture::always(Draw::Bullet {
        label: "metric",
        actual: "actual",
        target: "target",
        expected: Some("expected"),
        better: Some("better"),
    })],
    needs_as_of: true,
    parameters: &[
        Parameter {
            name: "from",
            kind: ParameterKind::Date,
            required: false,
            default: None,
            about: "the first day; without a period, one row per target and its own period",
        },
        Parameter {
            name: "to",
            kind: ParameterKind::Date,
            required: false,
            default: None,
            about: "the last day",
        },
        Parameter {
            name: "metric",
            kind: ParameterKind::Text,
            required: false,
            default: None,
            about: "only this metric, or measure of the company's own",
        },
        Parameter {
            name: "by",
            kind: ParameterKind::Choice(&["all", "employee", "department", "company"]),
            required: false,
            default: Some("all"),
            about: "whose rows",
        },
        Parameter {
            name: "employee",
            kind: ParameterKind::Id(Kind::Employee),
            required: false,
            default: None,
            about: "only this employee",
        },
        Parameter {
            name: "department",
            kind: ParameterKind::Text,
            required: false,
            default: None,
            about: "only this department",
        },
        Parameter {
            name: "credit",
            kind: ParameterKind::Choice(&["owner", "tenure", "opener", "shared"]),
            required: false,
            default: Some("owner"),
            about: "for whom a won deal counts: its owner at the win; its owners by days owned; \
                    who opened it; those whose shares were set last before the win",
        },
        Parameter {
            name: "in",
            kind: ParameterKind::Choice(&["own", "base"]),
            required: false,
            default: Some("own"),
            about: "amounts in their own currencies, or in the base currency at the rate of the \
                    document's date, as known at its position",
        },
    ],
    only: &[only("credit", &[When::Is("by", &["all", "employee", "department"])])],
    run,
});

/// One question: a measure, of whom, when.
struct Asked<'a> {
    scope: Scope<'a>,
    measure: Measure<'a>,
    period: Period,
}

/// A target's value and the record that set it.
type Target = Option<(Ratio, Position)>;

fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let missing = |name: &str| ReportError::MissingParameter {
        name: name.into(),
        about: "a period has a first and a last day".into(),
    };
    let asked = match (ctx.arguments.date("from")?, ctx.arguments.date("to")?) {
        (None, None) => of_targets(ctx)?,
        (Some(first), Some(last)) if first <= last => of_period(ctx, Period { first, last })?,
        (Some(first), Some(last)) => {
            return Err(ReportError::InvalidParameter {
                name: "from".into(),
                expected: format!("a day not after {last}"),
                got: first.to_string(),
            });
        }
        (Some(_), None) => return Err(missing("to")),
        (None, Some(_)) => return Err(missing("from")),
    };
    let mut table = Table::new(&[
        key("scope", Text),
        key("id", Id),
        key("metric", Text),
        key("unit", Text),
        key("from", Day),
        key("to", Day),
        col("target", Amount),
        col("actual", Amount),
        col("variance", Amount),
        col("attainment", Percent),
        col("expected", Amount),
        col("better", Text),
        col("good", Amount),
    ]);
    let flows = Flows::new(ctx, Credit::named(ctx.arguments.text("credit")), within(ctx, &asked));
    let mut shares = Shares { ctx, flows, by_metric: BTreeMap::new(), standing: BTreeMap::new() };
    for question in &asked {
        let found = shares.of(question)?;
        let target = target(ctx, question);
        for unit in units(ctx, question, &found) {
            add_row(ctx, question, unit, &found, target.as_ref(), &mut table);
        }
    }
    Ok(table)
}

/// From the first to the last moment of all periods asked for. With base amounts everything is
/// looked at: a missing rate of any document is a refusal.
fn within(ctx: &Context<'_>, asked: &[Asked<'_>]) -> Range<Timestamp> {
    let periods = || asked.iter().map(|question| question.period);
    match (periods().map(|period| period.first).min(), periods().map(|period| period.last).max()) {
        (Some(first), Some(last)) if !ctx.arguments.is("in", "base") => {
            first.start(&ctx.zone)..last.plus_days(1).start(&ctx.zone)
        }
        _ => Timestamp::MIN..Timestamp::END,
    }
}

/// What adds to metrics, worked out once per metric (flows) or per metric and day (standing
/// figures).
struct Shares<'c, 'a> {
    ctx: &'c Context<'a>,
    flows: Flows<'c, 'a>,
    by_metric: BTreeMap<Metric, Credited<'a>>,
    standing: BTreeMap<(Metric, Date), Credited<'a>>,
}

impl<'a> Shares<'_, 'a> {
    fn of(&mut self, question: &Asked<'_>) -> Result<Vec<&Share<'a>>, ReportError> {
        let (ctx, metric, period) = (self.ctx, question.measure.metric, question.period);
        let channel = flows::channel(metric);
        let all = if metric.is_standing() {
            match self.standing.entry((metric, period.last)) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => {
                    new.insert(Credited::of(ctx, standing::shares(ctx, metric, period.last)?))
                }
            }
        } else {
            // Interactions by one means are found among all.
            let found_as = if channel.is_some() { Metric::Interactions } else { metric };
            match self.by_metric.entry(found_as) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => new.insert(Credited::of(ctx, self.flows.shares(found_as)?)),
            }
        };
        let within = period.first.start(&ctx.zone)..period.last.plus_days(1).start(&ctx.zone);
        let counts = |share: &&Share<'a>| {
            (metric.is_standing() || within.contains(&share.at))
                && (channel.is_none() || share.channel == channel)
        };
        Ok(all.of_scope(&question.scope).filter(counts).collect())
    }
}

fn of_targets<'a>(ctx: &Context<'a>) -> Result<Vec<Asked<'a>>, ReportError> {
    let mut asked = Vec::new();
    let measures = figure::measures(ctx)?;
    let staff = ctx.views.staff;
    for target in staff.targets(ctx.known()) {
        let key = target.what.key;
        let scope = match key.whom {
            Whom::Employee { employee } => Scope::Employee(staff.ids().name(employee)),
            Whom::Department { department } => Scope::Department(staff.word(department)),
            Whom::Company => Scope::Company,
        };
        let metric = staff.word(key.metric);
        let measure = measures.iter().find(|measure| measure.name == metric);
        if let Some(measure) = measure.filter(|_| scope.is_asked(ctx)) {
            asked.push(Asked { scope, measure: *measure, period: key.period });
        }
    }
    Ok(asked)
}

fn of_period<'a>(ctx: &Context<'a>, period: Period) -> Result<Vec<Asked<'a>>, ReportError> {
    let measures = figure::measures(ctx)?;
    let scopes = scopes::all(ctx, period.last.plus_days(1).start(&ctx.zone));
    let pairs =
        scopes.iter().flat_map(|scope| measures.iter().map(move |measure| (*scope, *measure)));
    Ok(pairs.map(|(scope, measure)| Asked { scope, measure, period }).collect())
}

/// The target of a question.
fn target(ctx: &Context<'_>, question: &Asked<'_>) -> Target {
    let staff = ctx.views.staff;
    let whom = match question.scope {
        Scope::Employee(id) => Whom::Employee { employee: staff.ids().find(id)? },
        Scope::Department(name) => Whom::Department { department: staff.find_word(name)? },
        Scope::Company => Whom::Company,
        Scope::Nobody => return None,
    };
    let metric = staff.find_word(question.measure.name)?;
    let key = TargetKey { whom, metric, period: question.period };
    let target = staff.target(&key, ctx.known())?;
    Some((Ratio::whole(target.what.get()), target.position))
}

/// The units a question is answered in: for money, the measure's own currency, else the base
/// currency and every one that there was.
fn units(ctx: &Context<'_>, question: &Asked<'_>, found: &[&Share<'_>]) -> Vec<Option<Currency>> {
    if question.measure.metric.unit() != Unit::Money {
        return vec![None];
    }
    if question.measure.currency.is_some() {
        return vec![question.measure.currency];
    }
    let all: BTreeSet<Currency> = ctx
        .views
        .company
        .base()
        .into_iter()
        .chain(found.iter().filter_map(|share| share.currency))
        .collect();
    all.into_iter().map(Some).collect()
}

fn add_row(
    ctx: &Context<'_>,
    question: &Asked<'_>,
    unit: Option<Currency>,
    found: &[&Share<'_>],
    target: Option<&(Ratio, Position)>,
    table: &mut Table,
) {
    let measure = &question.measure;
    let of_unit: Vec<&Share<'_>> =
        found.iter().copied().filter(|share| share.currency == unit).collect();
    // A target without a currency of its own is in the base currency.
    let target = target.filter(|_| {
        unit.is_none() || measure.currency.is_some() || unit == ctx.views.company.base()
    });
    let (set, target) =
        (target.map(|(_, position)| *position), target.map(|(value, _)| value.clone()));
    let (actual, reached) =
        (figure::actual(measure, &of_unit), figure::Reached::of(ctx, measure, &of_unit));
    let pair = actual.as_ref().zip(target.as_ref());
    let (variance, attainment) = (
        pair.map(|(actual, target)| actual.minus(target)),
        pair.and_then(|(actual, target)| actual.over(target)),
    );
    let expected =
        target.as_ref().and_then(|target| expected(ctx, measure, question.period, target));
    let is_down = measure.better == Better::Down;
    let good = variance.as_ref().map(|variance| {
        if is_down { Ratio::whole(0.into()).minus(variance) } else { variance.clone() }
    });
    let show = |value: &Option<Ratio>| figure::shown(value.as_ref(), unit, measure.metric);
    let by_target = |value: Value| value.because(ctx.said_by(set));
    let mut goal = ctx.sum();
    set.iter()
        .zip(&target)
        .for_each(|(position, value)| goal += Part::of(*position, value.round(SCALE_MAX)));
    let text = |text: &str| -> Cell { Value::Text(text.to_owned()).into() };
    table.push(vec![
        text(question.scope.kind()),
        question.scope.cell(),
        text(measure.name),
        text(&unit.map_or_else(|| measure.unit_name().to_owned(), |currency| currency.to_string())),
        Value::Date(question.period.first).into(),
        Value::Date(question.period.last).into(),
        by_target(show(&target)),
        reached.cell(show(&actual)),
        reached.against(show(&variance), set),
        reached.over(Value::percent(attainment), &goal),
        by_target(show(&expected)),
        text(if is_down { "down" } else { "up" }),
        reached.against(show(&good), set),
    ]);
}

/// What part of the target should be reached by now.
fn expected(
    ctx: &Context<'_>,
    measure: &Measure<'_>,
    period: Period,
    target: &Ratio,
) -> Option<Ratio> {
    if measure.metric.is_standing() || matches!(measure.metric.unit(), Unit::Percent | Unit::Time) {
        return Some(target.clone());
    }
    let elapsed = (ctx.as_of_day().days() - period.first.days() + 1).clamp(0, period.days());
    Some(target.times(&Ratio::of(elapsed.into(), period.days().into())?))
}
