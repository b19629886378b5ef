//! Oracles of what is told of the company as a whole: profit and loss, cash, what is owed to
//! suppliers, margins, orders, claims, warranties, tasks, working time, headcounts and the age of
//! stock. Invariant: each figure is worked out again from the raw records, or by another way from
//! reports that have oracles of their own.

mod books;
mod due;
mod goods;
mod hours;
mod owed;
mod relations;
mod sent;
mod work;

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sijil_projections::{Cut, report::ReportError};
use sijil_schemas::Record;

use crate::{
    stock::naive::counting,
    trade::history::Random,
    wide::{ALL, questions::Values},
    world::World,
};

/// A row as shown.
type Row = BTreeMap<&'static str, String>;

/// One history, and the clocks and the window it is asked with.
struct Asked<'w> {
    world: &'w World,
    known_at: String,
    as_of: String,
    from: String,
    to: String,
}

impl<'w> Asked<'w> {
    fn of(world: &'w World, random: &mut Random) -> Asked<'w> {
        let values = Values::of(&world.records);
        let head = world.records.len() as u64;
        let mut known_at = if random.one_in(2) { head } else { head - random.below(head / 2) };
        // A document in parts is there with its last one.
        let is_part = |position: u64| {
            let next = world.records.get(usize::try_from(position).unwrap());
            next.is_some_and(|next| next.event.event_type().name.ends_with(".lines_added"))
        };
        while is_part(known_at) {
            known_at += 1;
        }
        let mut days = [values.day(random), values.day(random)];
        days.sort_unstable();
        let [from, to] = days;
        let (known_at, as_of) = (known_at.to_string(), values.day(random));
        Asked { world, known_at, as_of, from, to }
    }
    /// The company's own currency.
    fn base(&self) -> String {
        self.world.views.company.base().expect("a ledger is opened first").to_string()
    }
    fn cut(&self, as_of: &str) -> Cut {
        self.world.cut(&[("as_of", as_of), ("known_at", &self.known_at)]).0
    }
    /// The records that count by the end of a day, in replay order.
    fn records(&self, as_of: &str) -> Vec<&'w Record> {
        counting(&self.world.records, &self.cut(as_of))
    }
    /// The rows of a report at the end of a day; nothing where a rate is missing.
    fn rows(&self, report: &str, as_of: &str, more: &[(&str, &str)]) -> Option<Vec<Row>> {
        let clocks = [("known_at", self.known_at.as_str()), ("as_of", as_of)];
        let parameters: Vec<(&str, &str)> =
            clocks.into_iter().chain(more.iter().copied()).collect();
        match self.world.report(report, &parameters) {
            Ok(table) => Some(World::rows(&table)),
            Err(ReportError::MissingRate { .. }) => None,
            Err(error) => panic!("{report} {parameters:?}: {error}"),
        }
    }
}

/// The day before one.
fn before(day: &str) -> String {
    day.parse::<sijil_schemas::time::Date>().unwrap().plus_days(-1).to_string()
}

fn number(text: &str) -> Decimal {
    if text.is_empty() { Decimal::ZERO } else { text.parse().unwrap() }
}

/// What a column of rows comes to, by some others.
fn sums(rows: &[Row], by: &[&str], column: &str) -> BTreeMap<Vec<String>, Decimal> {
    let mut sums = BTreeMap::new();
    for row in rows {
        let key: Vec<String> = by.iter().map(|name| row[name].clone()).collect();
        *sums.entry(key).or_default() += number(&row[column]);
    }
    sums.retain(|_, sum: &mut Decimal| !sum.is_zero());
    sums
}

/// Runs a comparison over many histories and questions; says the seed of the one that fails, and
/// that enough was compared to tell.
fn over(what: &str, least: usize, compare: impl Fn(&Asked<'_>, &mut Random) -> usize) {
    let mut compared = 0;
    for (story, seed) in ALL.iter().zip(1..) {
        let mut random = Random::new(seed ^ 0xB00C);
        for _ in 0..3 {
            let asked = Asked::of(&story.world, &mut random);
            let run = || compare(&asked, &mut random);
            let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run));
            compared += found.unwrap_or_else(|_| {
                panic!(
                    "SEED={seed} known_at={} as_of={} from={} to={}",
                    asked.known_at, asked.as_of, asked.from, asked.to
                )
            });
        }
    }
    println!("{compared} {what}");
    assert!(compared >= least, "the histories are rich enough to tell: {compared} {what}");
}

#[test]
fn profit_and_loss_and_the_balance_sheet_are_the_trial_balance_apart() {
    over("accounts in profit and loss and balance sheets", 1_000, books::financials);
}

#[test]
fn cash_flow_is_what_bank_accounts_of_the_trial_balance_went_through() {
    over("figures of cash flow", 500, books::cash_flow);
}

#[test]
fn margins_are_sales_less_the_cost_of_goods() {
    over("margins", 60, books::margins);
}

#[test]
fn payables_are_what_a_walk_over_the_bills_says() {
    over("figures of bills", 200, owed::payables);
}

#[test]
fn orders_are_what_a_walk_over_shipments_says() {
    over("figures of orders", 1_000, sent::orders);
}

#[test]
fn claims_and_tasks_are_what_a_walk_over_them_says() {
    over("claims and tasks", 100, work::claims_and_tasks);
}

#[test]
fn work_lists_are_what_a_walk_over_what_is_open_says() {
    over("things that are due", 200, due::work_list);
}

#[test]
fn clients_are_what_a_walk_over_their_purchases_says() {
    over("clients by stage", 1_000, relations::clients);
}

#[test]
fn interactions_are_what_a_walk_over_them_says() {
    over("figures of interactions", 150, relations::interactions);
}

#[test]
fn surveys_and_competitors_are_what_a_walk_over_answers_and_deals_says() {
    over("figures of surveys and competitors", 200, relations::asked_and_bid);
}

#[test]
fn turnover_and_ages_come_to_the_valuation() {
    over("figures of stock", 200, goods::turnover);
}

#[test]
fn working_time_is_what_its_entries_say() {
    over("groups of working time", 200, hours::time);
}

#[test]
fn headcounts_are_what_a_walk_over_employees_says() {
    over("rows of headcounts", 500, hours::headcount);
}

#[test]
fn warranties_and_service_are_what_a_walk_over_them_says() {
    over("terms of warranties and groups of service", 100, hours::warranty);
}
