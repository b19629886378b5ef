//! What each report must say, by counting. Invariant: every number is an integer until it is shown.

use std::collections::BTreeMap;

use sijil_schemas::time::{Date, Timestamp};

use super::lengths::{DAY, cycle, cycles, shorter, stages};
use super::{
    naive::{Deal, Facts, Money},
    rules::{compliance, compliance_by_owner},
};

/// A question: the report, its parameters besides the dates, the columns compared, and what they
/// must be.
#[derive(Debug)]
pub struct Question {
    pub report: &'static str,
    pub parameters: &'static str,
    pub columns: &'static str,
    pub expected: fn(&Facts, Date, Date) -> Rows,
}

pub type Rows = Vec<Vec<String>>;

pub const QUESTIONS: &[Question] = &[
    Question {
        report: "funnel",
        parameters: "",
        columns: "revision_since stage reached step deals won lost open overall",
        expected: |f, a, b| cohort(f, a, b, false),
    },
    Question {
        report: "funnel",
        parameters: "view=strict",
        columns: "revision_since stage entered step deals won lost open overall",
        expected: |f, a, b| cohort(f, a, b, true),
    },
    Question {
        report: "funnel",
        parameters: "view=flow",
        columns: "move from to transitions",
        expected: flow,
    },
    Question {
        report: "funnel",
        parameters: "view=snapshot",
        columns: "stage currency deals amount unvalued on_hold",
        expected: snapshot,
    },
    Question {
        report: "win_rate",
        parameters: "",
        columns: WIN,
        expected: |f, a, b| win_rate(f, a, b, false, |_| None),
    },
    Question {
        report: "win_rate",
        parameters: "view=cohort",
        columns: WIN,
        expected: |f, a, b| win_rate(f, a, b, true, |_| None),
    },
    Question {
        report: "win_rate",
        parameters: "group=owner",
        columns: WIN_BY,
        expected: |f, a, b| win_rate(f, a, b, false, |d| Some(d.credited().to_owned())),
    },
    Question {
        report: "losses",
        parameters: "",
        columns: "at_stage reason currency deals amount unvalued",
        expected: losses,
    },
    Question {
        report: "cycle_time",
        parameters: "",
        columns: "outcome deals mean_days median_days p90_days",
        expected: |f, a, b| cycles(f, a, b, false),
    },
    Question {
        report: "cycle_time",
        parameters: "subtract_on_hold=true",
        columns: "outcome deals mean_days",
        expected: |f, a, b| shorter(cycles(f, a, b, true)),
    },
    Question {
        report: "stage_time",
        parameters: "",
        columns: "stage visits mean_days median_days p90_days open_visits open_mean_days",
        expected: stages,
    },
    Question {
        report: "sales_velocity",
        parameters: "",
        columns: "currency open won lost win_rate mean_won mean_days velocity",
        expected: velocity,
    },
    Question {
        report: "pipeline",
        parameters: "",
        columns: "month currency open raw weighted unvalued won_deals won",
        expected: pipeline,
    },
    Question { report: "compliance", parameters: "", columns: COMPLIANCE, expected: compliance },
    Question {
        report: "compliance",
        parameters: "view=total group=owner",
        columns: "group obligations on_time late missed skipped deals",
        expected: compliance_by_owner,
    },
];

const WIN: &str =
    "currency won lost open rate resolved_rate won_amount lost_amount value_rate unvalued";
const WIN_BY: &str =
    "group currency won lost open rate resolved_rate won_amount lost_amount value_rate unvalued";
const COMPLIANCE: &str = "stage requirement obligations on_time late missed pending waived skipped \
                          on_time_rate done_rate deals deals_on_time";

/// `top ÷ bottom` with two decimals, half away from zero; empty for a zero denominator.
pub fn fixed(top: i128, bottom: i128) -> String {
    if bottom == 0 {
        return String::new();
    }
    let hundredths = (top * 200 + bottom) / (bottom * 2);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

pub fn percent(part: usize, whole: usize) -> String {
    fixed(part as i128 * 100, whole as i128)
}

pub fn within(facts: &Facts, from: Date, to: Date, at: i64) -> bool {
    from.start(&facts.zone).micros() <= at && at < to.plus_days(1).start(&facts.zone).micros()
}

/// The rank in the latest known definition that has the stage.
pub fn listed_rank(facts: &Facts, stage: &str) -> i64 {
    let revisions = facts.definitions.iter().rev().filter(|f| f.event == "pipeline.defined");
    revisions.flat_map(Facts::stages).find(|s| s.0 == stage).map_or(i64::from(u16::MAX), |s| s.1)
}

fn cohort(facts: &Facts, from: Date, to: Date, strict: bool) -> Rows {
    let mut funnels: BTreeMap<i64, Vec<&Deal>> = BTreeMap::new();
    for deal in facts.deals.iter().filter(|d| within(facts, from, to, d.opened)) {
        if let Some(revision) = facts.in_force("pipeline.defined", deal.opened) {
            funnels.entry(revision.at).or_default().push(deal);
        }
    }
    let mut rows = Vec::new();
    for (since, deals) in funnels {
        let stages = Facts::stages(facts.in_force("pipeline.defined", since).expect("a revision"));
        let (won, closed) = (
            deals.iter().filter(|d| d.won()).count(),
            deals.iter().filter(|d| d.close.is_some()).count(),
        );
        let reached = |stage: &(String, i64, i64)| {
            let there = |d: &Deal| {
                d.stays.iter().any(|s| {
                    if strict {
                        s.stage == stage.0
                    } else {
                        facts.stage(d, &s.stage, s.from).is_some_and(|(rank, _)| rank >= stage.1)
                    }
                })
            };
            deals.iter().filter(|d| there(d) || (!strict && d.won())).count()
        };
        let counts: Vec<usize> = stages.iter().map(reached).chain([won]).collect();
        for (n, stage) in stages.iter().enumerate() {
            let (all, lost) = (deals.len(), closed - won);
            let mut row = vec![
                Timestamp::from_micros(since).expect("a moment").to_string(),
                stage.0.clone(),
                counts[n].to_string(),
                percent(counts[n + 1], counts[n]),
            ];
            row.extend([all, won, lost, all - closed].map(|n| n.to_string()));
            row.push(percent(won, all));
            rows.push(row);
        }
    }
    rows
}

fn flow(facts: &Facts, from: Date, to: Date) -> Rows {
    let mut lines: BTreeMap<(u8, i64, i64, String, String, &str), usize> = BTreeMap::new();
    let mut add = |order: u8, word: &'static str, at: i64, one: &str, other: &str| {
        if within(facts, from, to, at) {
            *lines
                .entry((
                    order,
                    listed_rank(facts, one),
                    listed_rank(facts, other),
                    one.to_owned(),
                    other.to_owned(),
                    word,
                ))
                .or_default() += 1;
        }
    };
    for deal in &facts.deals {
        for stay in &deal.stays {
            if let Some((at, _, word, next)) = &stay.to {
                add(
                    ["stage", "won", "lost"].iter().position(|w| w == word).expect("a word") as u8,
                    word,
                    *at,
                    &stay.stage,
                    next,
                );
            }
        }
        deal.reopenings.iter().for_each(|(at, was, stage)| add(3, "reopened", *at, was, stage));
    }
    lines
        .into_iter()
        .map(|((_, _, _, one, other, word), n)| vec![word.to_owned(), one, other, n.to_string()])
        .collect()
}

/// A row per currency among these amounts, or one without.
fn by_currency<'a>(
    amounts: impl IntoIterator<Item = &'a Money>,
    row: impl Fn(Option<&str>) -> Vec<String>,
) -> Rows {
    let mut all: Vec<&str> = amounts.into_iter().map(|m| m.0.as_str()).collect();
    all.sort_unstable();
    all.dedup();
    if all.is_empty() { vec![row(None)] } else { all.into_iter().map(|c| row(Some(c))).collect() }
}

fn sum(amounts: &[Money], currency: Option<&str>) -> i64 {
    amounts.iter().filter(|m| Some(m.0.as_str()) == currency).map(|m| m.1).sum()
}

fn money(amount: i64, currency: Option<&str>) -> String {
    currency.map(|_| format!("{amount}.00")).unwrap_or_default()
}

fn amounts(deals: &[&Deal]) -> Vec<Money> {
    deals.iter().filter_map(|d| d.worth()).collect()
}

fn unvalued(deals: &[&Deal]) -> String {
    deals.iter().filter(|d| d.worth().is_none()).count().to_string()
}

fn snapshot(facts: &Facts, _: Date, _: Date) -> Rows {
    let mut stages: BTreeMap<(i64, &str), Vec<&Deal>> = BTreeMap::new();
    for deal in facts.deals.iter().filter(|d| d.close.is_none()) {
        stages.entry((listed_rank(facts, deal.stage()), deal.stage())).or_default().push(deal);
    }
    let row = |((_, stage), deals): (&(i64, &str), &Vec<&Deal>)| {
        let (values, held) = (amounts(deals), deals.iter().filter(|d| d.is_on_hold()).count());
        by_currency(&values, |c| {
            let amount = money(sum(&values, c), c);
            vec![
                (*stage).to_owned(),
                c.unwrap_or_default().to_owned(),
                deals.len().to_string(),
                amount,
                unvalued(deals),
                held.to_string(),
            ]
        })
    };
    stages.iter().flat_map(row).collect()
}

fn win_rate(
    facts: &Facts,
    from: Date,
    to: Date,
    by_opening: bool,
    group: fn(&Deal) -> Option<String>,
) -> Rows {
    let dated = |d: &Deal| if by_opening { Some(d.opened) } else { d.close.as_ref().map(|c| c.0) };
    let mut groups: BTreeMap<Option<String>, Vec<&Deal>> = BTreeMap::new();
    for deal in
        facts.deals.iter().filter(|d| dated(d).is_some_and(|at| within(facts, from, to, at)))
    {
        groups.entry(group(deal)).or_default().push(deal);
    }
    // Without groups there is one row even of nothing; every deal has an owner.
    if groups.is_empty()
        && facts.deals.iter().all(|d| group(d).is_none())
        && group(&sample()).is_none()
    {
        groups.insert(None, Vec::new());
    }
    let rows = |(name, deals): (&Option<String>, &Vec<&Deal>)| {
        let (won, rest): (Vec<&Deal>, Vec<&Deal>) = deals.iter().copied().partition(|d| d.won());
        let (lost, open): (Vec<&Deal>, Vec<&Deal>) =
            rest.into_iter().partition(|d| d.close.is_some());
        let (ours, theirs) = (amounts(&won), amounts(&lost));
        let closed: Vec<&Deal> = won.iter().chain(&lost).copied().collect();
        by_currency(ours.iter().chain(&theirs), |c| {
            let (a, b) = (sum(&ours, c), sum(&theirs, c));
            let mut row: Vec<String> = name.iter().cloned().collect();
            row.push(c.unwrap_or_default().to_owned());
            row.extend([won.len(), lost.len(), open.len()].map(|n| n.to_string()));
            row.extend([
                percent(won.len(), deals.len()),
                percent(won.len(), closed.len()),
                money(a, c),
                money(b, c),
            ]);
            row.extend([fixed(i128::from(a) * 100, i128::from(a + b)), unvalued(&closed)]);
            row
        })
    };
    groups.iter().flat_map(rows).collect()
}

/// Some deal, to see whether there are groups at all.
fn sample() -> Deal {
    let owners = vec![(0, 0, "m1".to_owned())];
    let (stays, holds, reopenings, facts) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    Deal {
        id: String::new(),
        opened: 0,
        stays,
        owners,
        holds,
        reopenings,
        close: None,
        estimate: None,
        expected: None,
        probability: None,
        facts,
    }
}

fn losses(facts: &Facts, from: Date, to: Date) -> Rows {
    let mut lines: BTreeMap<(i64, &str, &str), Vec<&Deal>> = BTreeMap::new();
    for deal in &facts.deals {
        if let Some((at, _, false, _, reason)) = &deal.close
            && within(facts, from, to, *at)
        {
            lines
                .entry((listed_rank(facts, deal.stage()), deal.stage(), reason))
                .or_default()
                .push(deal);
        }
    }
    let row = |((_, stage, reason), deals): (&(i64, &str, &str), &Vec<&Deal>)| {
        let values = amounts(deals);
        by_currency(&values, |c| {
            let (stage, reason, currency) =
                ((*stage).to_owned(), (*reason).to_owned(), c.unwrap_or_default().to_owned());
            vec![
                stage,
                reason,
                currency,
                deals.len().to_string(),
                money(sum(&values, c), c),
                unvalued(deals),
            ]
        })
    };
    lines.iter().flat_map(row).collect()
}

fn velocity(facts: &Facts, from: Date, to: Date) -> Rows {
    let closed: Vec<&Deal> = facts
        .deals
        .iter()
        .filter(|d| d.close.as_ref().is_some_and(|c| within(facts, from, to, c.0)))
        .collect();
    let won: Vec<&Deal> = closed.iter().copied().filter(|d| d.won()).collect();
    let open = facts.deals.iter().filter(|d| d.close.is_none()).count();
    let (values, micros) =
        (amounts(&won), won.iter().map(|d| i128::from(cycle(d, false))).sum::<i128>());
    let (n, w, all, valued) =
        (open as i128, won.len() as i128, closed.len() as i128, values.len() as i128);
    by_currency(&values, |c| {
        let total = i128::from(sum(&values, c));
        let mut row = vec![c.unwrap_or_default().to_owned()];
        row.extend([open, won.len(), closed.len() - won.len()].map(|n| n.to_string()));
        row.extend([
            percent(won.len(), closed.len()),
            fixed(total, valued),
            fixed(micros, DAY * w),
        ]);
        row.push(if valued == 0 {
            String::new()
        } else {
            fixed(n * w * total * w * DAY, all * valued * micros)
        });
        row
    })
}

fn pipeline(facts: &Facts, from: Date, to: Date) -> Rows {
    let mut months: BTreeMap<String, Vec<&Deal>> = BTreeMap::new();
    for deal in facts.deals.iter().filter(|d| d.won() || d.close.is_none()) {
        // Days as text compare as days.
        if let Some(day) =
            deal.expected.as_ref().filter(|day| (from.to_string()..=to.to_string()).contains(*day))
        {
            months.entry(day[..7].to_owned()).or_default().push(deal);
        }
    }
    if months.is_empty() {
        let row = ["", "", "0", "", "", "0", "0", ""];
        return vec![row.map(str::to_owned).to_vec()];
    }
    let rows = |(month, deals): (&String, &Vec<&Deal>)| {
        let (won, open): (Vec<&Deal>, Vec<&Deal>) = deals.iter().copied().partition(|d| d.won());
        let (raw, brought) = (amounts(&open), amounts(&won));
        let chance = |d: &Deal| {
            d.probability
                .or_else(|| {
                    facts.stage(d, d.stage(), d.stays.last().expect("a stay").from).map(|s| s.1)
                })
                .unwrap_or(0)
        };
        let weighted: Vec<Money> =
            open.iter().filter_map(|d| d.worth().map(|m| (m.0, m.1 * chance(d) / 100))).collect();
        by_currency(raw.iter().chain(&brought), |c| {
            let mut row =
                vec![month.clone(), c.unwrap_or_default().to_owned(), open.len().to_string()];
            row.extend([
                money(sum(&raw, c), c),
                money(sum(&weighted, c), c),
                unvalued(&open),
                won.len().to_string(),
                money(sum(&brought, c), c),
            ]);
            row
        })
    };
    months.iter().flat_map(rows).collect()
}
