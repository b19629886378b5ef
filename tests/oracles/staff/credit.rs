//! Attribution, told touch by touch. Invariant: shares are whole cents; what is left over goes to
//! the largest remainders, the earliest first.

use std::collections::BTreeMap;

use sijil_schemas::{
    AttributionQuestion, Event,
    event::{Interactions, Marketing},
    id::Kind,
};

use super::naive::{DAY, Gain, Naive, at, cents};

type Origin = (String, String);

#[derive(Default)]
pub struct Line {
    count: usize,
    credit: i128,
    cost: i128,
}

impl Line {
    pub fn shown(&self) -> Vec<String> {
        let money = |cents: i128| format!("{}.{:02}", cents / 100, cents % 100);
        vec![self.count.to_string(), money(self.credit), money(self.cost)]
    }
}

fn of_campaign(campaign: &str) -> Origin {
    (if campaign == "G" { "ad" } else { "" }.to_owned(), campaign.to_owned())
}
fn of_source(source: &str) -> Origin {
    (source.to_owned(), if source == "ad" { "G" } else { "" }.to_owned())
}

pub fn split(whole: i128, weights: &[i128]) -> Vec<i128> {
    let total: i128 = weights.iter().sum();
    let mut parts: Vec<i128> = weights.iter().map(|w| whole * w / total).collect();
    let mut by_rest: Vec<usize> = (0..weights.len()).collect();
    by_rest.sort_by_key(|i| (-(whole * weights[*i] % total), *i));
    let left = whole - parts.iter().sum::<i128>();
    for i in by_rest.into_iter().take(usize::try_from(left).unwrap()) {
        parts[i] += 1;
    }
    parts
}

/// The touches of a gain, in replay order.
fn touches(naive: &Naive<'_>, gain: &Gain, window: i64) -> Vec<Origin> {
    let in_time = |t: i64| gain.opened - window * DAY <= t && t <= gain.won;
    let mut touches = Vec::new();
    for record in &naive.records {
        match &record.event {
            Event::Marketing(Marketing::CampaignAttended(e)) if in_time(at(record)) => {
                if Some(naive.root(e.client.as_str())) == gain.client {
                    touches.push(of_campaign(e.campaign.as_str()));
                }
            }
            Event::Interactions(Interactions::AttributionStated(e))
                if e.question == AttributionQuestion::Prompted =>
            {
                let of_client = e.subject.kind == Kind::Client
                    && Some(naive.root(e.subject.id())) == gain.client
                    && in_time(at(record));
                let of_itself = e.subject.to_string() == gain.subject
                    && (e.subject.kind == Kind::Order || in_time(at(record)));
                if of_client || of_itself {
                    touches.push(of_source(e.source.as_str()));
                }
            }
            _ => (),
        }
    }
    touches
}

fn stated(
    naive: &Naive<'_>,
    question: AttributionQuestion,
    about: impl Fn(&sijil_schemas::id::EntityRef) -> bool,
) -> Option<Origin> {
    let said = naive.records.iter().rev().find_map(|record| match &record.event {
        Event::Interactions(Interactions::AttributionStated(e))
            if e.question == question && about(&e.subject) =>
        {
            Some(e.source.as_str())
        }
        _ => None,
    });
    said.map(of_source)
}

/// Whose client a subject is: itself, or that of the deal or order.
fn client_of(naive: &Naive<'_>, subject: &sijil_schemas::id::EntityRef) -> Option<String> {
    match subject.kind {
        Kind::Client => Some(naive.root(subject.id())),
        Kind::Deal => naive
            .deals()
            .into_iter()
            .find(|deal| deal.id == subject.id())
            .and_then(|deal| deal.client),
        _ => naive.records.iter().find_map(|record| match &record.event {
            Event::Orders(sijil_schemas::event::Orders::OrderPlaced(e))
                if e.order.as_str() == subject.id() =>
            {
                e.client.as_ref().map(|c| naive.root(c.as_str()))
            }
            _ => None,
        }),
    }
}

pub fn expected(naive: &Naive<'_>, of: &str, model: &str, window: i64) -> BTreeMap<Origin, Line> {
    let mut lines: BTreeMap<Origin, Line> = BTreeMap::new();
    for gain in naive.gains(of) {
        let all = touches(naive, &gain, window);
        let chosen = match model {
            "learned" => stated(naive, AttributionQuestion::Learned, |subject| {
                client_of(naive, subject) == gain.client
            })
            .or_else(|| all.first().cloned())
            .into_iter()
            .collect(),
            "prompted" => stated(naive, AttributionQuestion::Prompted, |subject| {
                subject.to_string() == gain.subject
            })
            .into_iter()
            .collect(),
            _ => all,
        };
        let n = chosen.len();
        let middle = i128::try_from(n).unwrap() - 2;
        let weight = |i: usize| match model {
            "first" => i128::from(i == 0),
            "last" => i128::from(i + 1 == n),
            "position" if n > 2 => {
                if i == 0 || i + 1 == n {
                    2 * middle
                } else {
                    1
                }
            }
            _ => 1,
        };
        let weights: Vec<i128> = (0..n).map(weight).collect();
        let parts = if model == "full" {
            vec![gain.cents; n]
        } else if n == 0 {
            Vec::new()
        } else {
            split(gain.cents, &weights)
        };
        let mut touched: Vec<(Origin, i128)> = chosen
            .into_iter()
            .zip(parts)
            .zip(weights)
            .filter(|(_, w)| *w > 0)
            .map(|(pair, _)| pair)
            .collect();
        if n == 0 {
            touched = vec![(("unattributed".into(), String::new()), gain.cents)];
        }
        let mut counted: Vec<Origin> = Vec::new();
        for (origin, part) in touched {
            let line = lines.entry(origin.clone()).or_default();
            line.credit += part;
            if !counted.contains(&origin) {
                line.count += 1;
                counted.push(origin);
            }
        }
    }
    for record in naive.records.iter().filter(|r| naive.first <= at(r) && at(r) < naive.end) {
        if let Event::Marketing(Marketing::CampaignCostRecorded(e)) = &record.event {
            lines.entry(of_campaign(e.campaign.as_str())).or_default().cost +=
                cents(&format!("{:.2}", e.amount.amount.get()));
        }
    }
    lines
}
