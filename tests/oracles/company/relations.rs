//! R9 interactions, R27, R33 and R43 from the raw records. Invariant: see the parent.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::{Decimal, RoundingStrategy};
use sijil_schemas::time::{Date, Timestamp};

use super::{Asked, Row, number};
use crate::{
    clients::naive::{Naive, Raw},
    trade::history::Random,
};

fn naive(asked: &Asked<'_>) -> Naive {
    Naive::new(&asked.world.records, asked.cut(&asked.as_of))
}

fn count(n: usize) -> Decimal {
    Decimal::from(n as u64)
}

/// A quotient as it is shown: two places, half away from zero.
fn shown(above: Decimal, below: Decimal) -> String {
    if below.is_zero() {
        return String::new();
    }
    let half = RoundingStrategy::MidpointAwayFromZero;
    let mut value = (above / below).round_dp_with_strategy(2, half);
    value.rescale(2);
    value.to_string()
}

fn figures(rows: &[Row], key: &str, names: &[&str]) -> BTreeMap<String, Vec<Decimal>> {
    let of = |row: &Row| names.iter().map(|name| number(&row[*name])).collect::<Vec<_>>();
    rows.iter().map(|row| (row[key].clone(), of(row))).collect()
}

/// How each client buys: registered, root, archived, first and last purchase.
pub fn clients(asked: &Asked<'_>, random: &mut Random) -> usize {
    let naive = naive(asked);
    let zone = asked.world.views.company.zone();
    let day: Date = asked.as_of.parse().unwrap();
    let since = |at: Timestamp| day.days() - at.date(&zone).days();
    let (active, lost) = *random.pick(&[(90, 180), (30, 60), (0, 400)]);
    let mut owners: BTreeMap<String, Option<String>> = BTreeMap::new();
    let mut archived = BTreeSet::new();
    let mut bought: BTreeMap<String, Vec<Timestamp>> = BTreeMap::new();
    for raw in naive.counting() {
        let client = || raw.text("client").unwrap().to_owned();
        match raw.name {
            "client.registered" => {
                owners.insert(client(), raw.text("owner").map(str::to_owned));
            }
            "client.owner_assigned" => {
                if let Some(owner) = owners.get_mut(&client()) {
                    *owner = raw.text("employee").map(str::to_owned);
                }
            }
            "employee.work_handed_over" => {
                for of in raw.data["refs"].as_array().into_iter().flatten() {
                    if let Some(client) = of.as_str().and_then(|of| of.strip_prefix("client:")) {
                        // One who is not there yet is given to nobody.
                        if let Some(owner) = owners.get_mut(client) {
                            *owner = raw.text("to").map(str::to_owned);
                        }
                    }
                }
            }
            "client.archived" => drop(archived.insert(client())),
            "client.restored" => drop(archived.remove(&client())),
            "invoice.issued" => {
                let total: Decimal = raw.data["total"]["amount"].as_str().unwrap().parse().unwrap();
                if let Some(client) = naive.client_of(raw, false).filter(|_| !total.is_zero()) {
                    bought.entry(client).or_default().push(raw.at);
                }
            }
            _ => (),
        }
    }
    let names = ["all", "potential", "new", "active", "sleeping", "lost", "archived"];
    let mut expected: BTreeMap<String, Vec<Decimal>> = BTreeMap::new();
    for (client, owner) in owners.iter().filter(|(client, _)| naive.root(client) == **client) {
        let stage = match bought.get(client).map(|all| (all[0], all[all.len() - 1])) {
            _ if archived.contains(client) => 6,
            None => 1,
            Some((first, _)) if since(first) <= active => 2,
            Some((_, last)) if since(last) <= active => 3,
            Some((_, last)) if since(last) <= lost => 4,
            Some(_) => 5,
        };
        let row = expected
            .entry(owner.clone().unwrap_or_default())
            .or_insert_with(|| vec![Decimal::ZERO; names.len()]);
        row[stage] += Decimal::ONE;
        row[0] += Decimal::from(u8::from(stage != 6));
    }
    let (active, lost) = (active.to_string(), lost.to_string());
    let more =
        [("group", "owner"), ("active_days", active.as_str()), ("lost_after", lost.as_str())];
    let rows = asked.rows("clients", &asked.as_of, &more).expect("no rate is asked");
    assert_eq!(figures(&rows, "group", &names), expected);
    for row in &rows {
        let sum: Decimal = names[1..6].iter().map(|name| number(&row[*name])).sum();
        assert_eq!(number(&row["all"]), sum, "{row:?}");
    }
    let listed = asked.rows("clients", &asked.as_of, &[("view", "list")]).unwrap();
    let all: Decimal = expected.values().map(|row| row[0] + row[6]).sum();
    assert_eq!(count(listed.len()), all);
    owners.len()
}

/// What was said, by channel, employee, month or deal.
pub fn interactions(asked: &Asked<'_>, random: &mut Random) -> usize {
    let naive = naive(asked);
    let zone = asked.world.views.company.zone();
    let (from, to): (Date, Date) = (asked.from.parse().unwrap(), asked.to.parse().unwrap());
    let within = |at: Timestamp| {
        let day = at.date(&zone);
        from <= day && day <= to
    };
    let by = *random.pick(&["all", "channel", "employee", "month", "deal", "client"]);
    let deal = |raw: &Raw| {
        let mut refs = raw.data["refs"].as_array().into_iter().flatten();
        refs.find_map(|of| of.as_str()?.strip_prefix("deal:")).unwrap_or_default().to_owned()
    };
    let group = |raw: &Raw, at: Timestamp| match by {
        "channel" => raw.text("channel").unwrap().to_owned(),
        "employee" => raw.actor.clone(),
        "month" => at.date(&zone).to_string()[..7].to_owned(),
        "deal" => deal(raw),
        "client" => naive.client_of(raw, false).unwrap_or_default(),
        _ => "all".to_owned(),
    };
    let mut expected: BTreeMap<String, Vec<Decimal>> = BTreeMap::new();
    let mut met: BTreeSet<(String, String)> = BTreeSet::new();
    if by == "all" {
        expected.insert("all".to_owned(), vec![Decimal::ZERO; 7]);
    }
    let recorded: BTreeSet<&str> = naive
        .counting()
        .iter()
        .filter(|raw| raw.name == "interaction.recorded")
        .filter_map(|raw| raw.text("interaction"))
        .collect();
    for raw in naive.counting() {
        let planned = raw.name == "interaction.planned";
        let at = match raw.text("at") {
            Some(at) if planned => at.parse().unwrap(),
            _ => raw.at,
        };
        if !(planned || raw.name == "interaction.recorded") || !within(at) {
            continue;
        }
        let name = group(raw, at);
        let row = expected.entry(name.clone()).or_insert_with(|| vec![Decimal::ZERO; 7]);
        if planned {
            let kept = recorded.contains(raw.text("interaction").unwrap());
            row[5] += Decimal::ONE;
            row[6] += Decimal::from(u8::from(kept));
            continue;
        }
        row[0] += Decimal::ONE;
        row[if raw.text("direction") == Some("in") { 1 } else { 2 }] += Decimal::ONE;
        if let Some(client) = naive.client_of(raw, false) {
            row[3] += Decimal::from(u8::from(met.insert((name, client))));
        }
        let minutes =
            Decimal::from(raw.data["duration_s"].as_u64().unwrap_or_default()) / count(60);
        row[4] += minutes.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    }
    let window = [("group", by), ("from", asked.from.as_str()), ("to", asked.to.as_str())];
    let rows = asked.rows("interactions", &asked.as_of, &window).expect("no rate is asked");
    let names = ["interactions", "in", "out", "clients", "minutes", "planned", "kept"];
    assert_eq!(figures(&rows, "group", &names), expected, "by {by}");
    for row in &rows {
        let rate = shown(number(&row["kept"]) * Decimal::ONE_HUNDRED, number(&row["planned"]));
        assert_eq!(row["kept_rate"], rate, "{row:?}");
    }
    rows.len()
}

/// What was answered, and which deals were won against whom.
pub fn asked_and_bid(asked: &Asked<'_>, _: &mut Random) -> usize {
    let naive = naive(asked);
    surveys(asked, &naive) + competitors(asked, &naive)
}

fn surveys(asked: &Asked<'_>, naive: &Naive) -> usize {
    let of = |name: &'static str| naive.counting().iter().filter(move |raw| raw.name == name);
    let published: BTreeSet<&str> =
        of("survey.published").filter_map(|raw| raw.text("survey")).collect();
    let mut compared = 0;
    let summary = asked.rows("surveys", &asked.as_of, &[]).expect("no rate is asked");
    let there: Vec<&str> = summary.iter().map(|row| row["survey"].as_str()).collect();
    assert_eq!(there, published.iter().copied().collect::<Vec<_>>());
    for row in &summary {
        let own = |raw: &&Raw| raw.text("survey") == Some(row["survey"].as_str());
        let invited: BTreeSet<&str> =
            of("survey.invited").filter(own).filter_map(|raw| raw.text("respondent")).collect();
        let answered: BTreeSet<&str> =
            of("survey.answered").filter(own).filter_map(|raw| raw.text("respondent")).collect();
        let anonymous =
            of("survey.answered").filter(own).filter(|raw| raw.text("respondent").is_none());
        let both = answered.intersection(&invited).count();
        assert_eq!(number(&row["invited"]), count(invited.len()), "{row:?}");
        assert_eq!(number(&row["answered"]), count(both), "{row:?}");
        assert_eq!(number(&row["uninvited"]), count(answered.len() - both), "{row:?}");
        assert_eq!(number(&row["anonymous"]), count(anonymous.count()), "{row:?}");
        let response = shown(count(both) * Decimal::ONE_HUNDRED, count(invited.len()));
        assert_eq!(row["response"], response, "{row:?}");
        compared += 1;
    }
    let rows = asked.rows("surveys", &asked.as_of, &[("view", "questions")]).unwrap();
    for row in rows.iter().filter(|row| row["kind"] == "nps") {
        let mut last: BTreeMap<String, Decimal> = BTreeMap::new();
        let answered = of("survey.answered");
        for (n, raw) in
            answered.filter(|raw| raw.text("survey") == Some(row["survey"].as_str())).enumerate()
        {
            let who = raw.text("respondent").map_or_else(|| format!("#{n}"), str::to_owned);
            let mut answers = raw.data["answers"].as_array().into_iter().flatten();
            let own = answers.find(|of| of["question"].as_str() == Some(&row["question"]));
            if let Some(value) = own.and_then(|of| of["value"].as_str()) {
                last.insert(who, value.parse().unwrap());
            }
        }
        let between = |least: u8, most: u8| {
            let range = Decimal::from(least)..=Decimal::from(most);
            count(last.values().filter(|value| range.contains(value)).count())
        };
        let (promoters, detractors) = (between(9, 10), between(0, 6));
        assert_eq!(number(&row["answers"]), count(last.len()), "{row:?}");
        assert_eq!(number(&row["promoters"]), promoters, "{row:?}");
        assert_eq!(number(&row["passive"]), between(7, 8), "{row:?}");
        assert_eq!(number(&row["detractors"]), detractors, "{row:?}");
        let nps = shown((promoters - detractors) * Decimal::ONE_HUNDRED, count(last.len()));
        assert_eq!(row["value"], nps, "{row:?}");
        compared += 1;
    }
    compared
}

/// A deal, naively.
#[derive(Default)]
struct Deal {
    closed: Option<(Timestamp, bool, Option<String>)>,
    bids: BTreeSet<String>,
}

fn competitors(asked: &Asked<'_>, naive: &Naive) -> usize {
    let zone = asked.world.views.company.zone();
    let (from, to): (Date, Date) = (asked.from.parse().unwrap(), asked.to.parse().unwrap());
    let mut deals: BTreeMap<&str, Deal> = BTreeMap::new();
    for raw in naive.counting() {
        let Some(id) = raw.home.strip_prefix("deal:") else { continue };
        let deal = deals.entry(id).or_default();
        match raw.name {
            "deal.won" => deal.closed = Some((raw.at, true, None)),
            "deal.lost" => {
                deal.closed = Some((raw.at, false, raw.text("competitor").map(str::to_owned)));
            }
            "deal.reopened" => deal.closed = None,
            "deal.competitors_set" => {
                let all = raw.data["competitors"].as_array().into_iter().flatten();
                deal.bids = all.filter_map(|of| of.as_str().map(str::to_owned)).collect();
            }
            _ => (),
        }
    }
    let mut expected: BTreeMap<String, Vec<Decimal>> = BTreeMap::new();
    for deal in deals.into_values() {
        let (mut bids, mut which) = (deal.bids, 2);
        if let Some((at, won, competitor)) = deal.closed {
            let day = at.date(&zone);
            if day < from || to < day {
                continue;
            }
            which = usize::from(!won);
            bids.extend(competitor);
        }
        for bid in bids {
            expected.entry(bid).or_insert_with(|| vec![Decimal::ZERO; 3])[which] += Decimal::ONE;
        }
    }
    let window = [("from", asked.from.as_str()), ("to", asked.to.as_str())];
    let rows = asked.rows("competitors", &asked.as_of, &window).expect("own currencies");
    // One row a currency, each with all deals.
    assert_eq!(figures(&rows, "competitor", &["won", "lost", "open"]), expected);
    for row in &rows {
        let closed = number(&row["won"]) + number(&row["lost"]);
        let rate = shown(number(&row["won"]) * Decimal::ONE_HUNDRED, closed);
        assert_eq!(row["win_rate"], rate, "{row:?}");
    }
    rows.len()
}
