//! The registry of all reports, one file each. Invariant: a report that is not listed here does not
//! exist.

use crate::report::Report;

mod abc;
mod attribution;
mod cash_flow;
mod claims;
mod client_timeline;
mod clients;
mod competitors;
mod compliance;
mod counterparty_links;
mod cycle_time;
mod exports;
mod financials;
mod funnel;
mod headcount;
mod interactions;
mod kpi;
mod losses;
mod margin;
mod orders;
mod payables;
mod payments;
mod permissions;
mod pipeline;
mod receivables;
mod response_time;
mod retention;
mod sales;
mod sales_velocity;
mod stage_time;
mod statement;
mod stock;
mod stock_card;
mod subject_requests;
mod surveys;
mod tasks;
mod time;
mod trial_balance;
mod turnover;
mod valuation;
mod warranty;
mod win_rate;
mod work_list;
mod xyz;

/// Every report, in the order of their numbers in the domain.
pub static REPORTS: &[&Option<Report>] = &[
    &client_timeline::REPORT,
    &counterparty_links::REPORT,
    &funnel::REPORT,
    &win_rate::REPORT,
    &losses::REPORT,
    &cycle_time::REPORT,
    &stage_time::REPORT,
    &sales_velocity::REPORT,
    &pipeline::REPORT,
    &compliance::REPORT,
    &response_time::REPORT,
    &interactions::REPORT,
    &attribution::REPORT,
    &sales::REPORT,
    &retention::REPORT,
    &abc::REPORT,
    &xyz::REPORT,
    &receivables::REPORT,
    &payments::REPORT,
    &statement::REPORT,
    &stock::REPORT,
    &valuation::REPORT,
    &stock_card::REPORT,
    &turnover::REPORT,
    &trial_balance::REPORT,
    &kpi::REPORT,
    &claims::REPORT,
    &warranty::REPORT,
    &headcount::REPORT,
    &time::REPORT,
    &tasks::REPORT,
    &payables::REPORT,
    &cash_flow::REPORT,
    &financials::REPORT,
    &orders::REPORT,
    &margin::REPORT,
    &surveys::REPORT,
    &competitors::REPORT,
    &clients::REPORT,
    &work_list::REPORT,
    &permissions::REPORT,
    &exports::REPORT,
    &subject_requests::REPORT,
];

/// Every report.
pub fn all() -> impl Iterator<Item = &'static Report> {
    REPORTS.iter().filter_map(|r| r.as_ref())
}

/// The report of a name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Report> {
    all().find(|r| r.name == name)
}
