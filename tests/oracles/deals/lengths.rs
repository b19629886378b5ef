//! How long deals take, and how long they stay in each stage. Invariant: nothing of the reports is
//! used.

use super::naive::{Deal, Facts};
use super::reports::{Rows, fixed, listed_rank, within};
use sijil_schemas::time::Date;
use std::collections::BTreeMap;

pub(super) const DAY: i128 = 86_400_000_000;

/// How many, mean, median and 90th percentile of lengths, in days.
fn spread(mut lengths: Vec<i64>) -> Vec<String> {
    lengths.sort_unstable();
    let n = lengths.len();
    let total: i128 = lengths.iter().map(|l| i128::from(*l)).sum();
    let middle =
        if n == 0 { 0 } else { i128::from(lengths[(n - 1) / 2]) + i128::from(lengths[n / 2]) };
    // The smallest rank that at least nine tenths of the lengths do not pass.
    let p90 =
        (1..=n).find(|rank| rank * 10 >= n * 9).map_or(0, |rank| i128::from(lengths[rank - 1]));
    let some = i128::from(n != 0);
    vec![
        n.to_string(),
        fixed(total, DAY * n as i128),
        fixed(middle, DAY * 2 * some),
        fixed(p90, DAY * some),
    ]
}

/// How long a deal was open, stay by stay.
pub(super) fn cycle(deal: &Deal, subtract: bool) -> i64 {
    let open: i64 = deal.stays.iter().map(|s| s.to.as_ref().map_or(0, |to| to.0 - s.from)).sum();
    let held: i64 = deal.holds.iter().map(|h| h.1.unwrap_or(h.0) - h.0).sum();
    if subtract { open - held } else { open }
}

pub(super) fn cycles(facts: &Facts, from: Date, to: Date, subtract: bool) -> Rows {
    let of = |won: bool| {
        let closed = facts.deals.iter().filter(|d| {
            d.close.as_ref().is_some_and(|c| c.2 == won && within(facts, from, to, c.0))
        });
        let mut row = vec![if won { "won" } else { "lost" }.to_owned()];
        row.extend(spread(closed.map(|d| cycle(d, subtract)).collect()));
        row
    };
    vec![of(true), of(false)]
}

pub(super) fn shorter(rows: Rows) -> Rows {
    rows.into_iter().map(|row| row.into_iter().take(3).collect()).collect()
}

/// Lengths of finished stays, and of those still open, by the rank and key of the stage.
type Stays<'a> = BTreeMap<(i64, &'a str), [Vec<i64>; 2]>;

pub(super) fn stages(facts: &Facts, from: Date, to: Date) -> Rows {
    let mut all = Stays::new();
    for stay in facts.deals.iter().flat_map(|d| &d.stays) {
        let place = (listed_rank(facts, &stay.stage), stay.stage.as_str());
        match &stay.to {
            Some((at, ..)) if within(facts, from, to, *at) => {
                all.entry(place).or_default()[0].push(at - stay.from);
            }
            Some(_) => (),
            None => all.entry(place).or_default()[1].push(facts.cut - stay.from),
        }
    }
    let row = |((_, stage), [done, open]): ((i64, &str), [Vec<i64>; 2])| {
        let mut row = vec![stage.to_owned()];
        row.extend(spread(done));
        row.extend(spread(open).into_iter().take(2));
        row
    };
    all.into_iter().map(row).collect()
}
