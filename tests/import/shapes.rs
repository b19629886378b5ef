//! Three more shapes of foreign data: a process event log, a wide table, retail lines with negative
//! quantities.

use rust_decimal::Decimal;
use serde_json::{Value as Json, json};
use sijil_import::Options;

use crate::tables::{Written, made};

fn drafts(mapping: &str, file: (&str, &str)) -> Vec<Json> {
    made(
        mapping,
        &Written::of(&[file]),
        &Options { key_secret: Some(b"s".to_vec()), ..Options::default() },
    )
    .unwrap_or_else(|e| panic!("{e}"))
}

/// Type, home id and the part of the data that matters.
fn shown(drafts: &[Json], fields: &[&str]) -> Vec<String> {
    let line = |d: &Json| {
        let data = fields
            .iter()
            .filter_map(|f| d["data"].pointer(f))
            .map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned));
        let words = [
            d["occurred_at"].as_str().unwrap()[..16].to_owned(),
            d["type"].as_str().unwrap().to_owned(),
        ];
        words.into_iter().chain(data).collect::<Vec<_>>().join(" ")
    };
    drafts.iter().map(line).collect()
}

#[test]
fn a_process_event_log_becomes_deals() {
    let got =
        drafts(include_str!("process_log.toml"), ("log.csv", include_str!("process_log.csv")));
    let deals: Vec<Json> =
        got.into_iter().filter(|d| d["type"].as_str().unwrap().starts_with("deal.")).collect();
    assert_eq!(
        shown(
            &deals,
            &["/deal", "/stage", "/from", "/to", "/at_stage", "/reason", "/amount/amount"]
        ),
        [
            "2024-03-01T08:00 deal.opened 173688 submitted",
            "2024-03-01T08:30 deal.opened 173691 submitted",
            "2024-03-02T10:15 deal.stage_entered 173688 submitted checked",
            "2024-03-03T09:00 deal.lost 173691 submitted declined",
            "2024-03-05T14:40 deal.stage_entered 173688 checked submitted",
            "2024-03-06T11:05 deal.stage_entered 173688 submitted checked",
            "2024-03-09T16:20 deal.won 173688 20000",
        ]
    );
}

#[test]
fn a_wide_table_becomes_targets() {
    let got = drafts(include_str!("wide_table.toml"), ("plan.csv", include_str!("wide_table.csv")));
    let targets: Vec<Json> = got.into_iter().filter(|d| d["type"] == "target.set").collect();
    assert_eq!(
        shown(&targets, &["/scope/employee", "/period/first", "/period/last", "/value"]),
        [
            "2023-12-15T00:00 target.set 17 2024-01-01 2024-01-31 12500.5",
            "2023-12-15T00:00 target.set 17 2024-02-01 2024-02-29 13000",
            "2023-12-15T00:00 target.set 17 2024-12-01 2024-12-31 9000",
            "2023-12-15T00:00 target.set 23 2024-02-01 2024-02-29 8000",
        ]
    );
}

#[test]
fn retail_lines_become_invoices_and_credit_notes() {
    let got = drafts(include_str!("retail.toml"), ("retail.csv", include_str!("retail.csv")));
    let papers: Vec<Json> = got
        .into_iter()
        .filter(|d| ["invoice.issued", "credit_note.issued"].contains(&d["type"].as_str().unwrap()))
        .collect();
    assert_eq!(
        shown(&papers, &["/invoice", "/client", "/credit_note", "/total/amount", "/lines/0/qty"]),
        [
            "2010-12-01T08:26 invoice.issued 536365 17850 35.64 6",
            "2010-12-01T09:02 invoice.issued 536370 no-customer 45 12",
            "2010-12-02T10:01 credit_note.issued 536365 C536379 11 2",
            "2010-12-03T12:00 invoice.issued 536400 17850 2.55 1",
        ]
    );
    // What is sold less what comes back is what the till says, line by line.
    let exact = |text: &str| text.parse::<Decimal>().unwrap();
    let sum = |kind: &str| -> Decimal {
        let totals = papers
            .iter()
            .filter(|d| d["type"] == kind)
            .map(|d| d["data"]["total"]["amount"].as_str().unwrap());
        totals.map(exact).sum()
    };
    let lines = include_str!("retail.csv").lines().skip(1).filter(|l| !l.starts_with("A563186"));
    let till: Decimal =
        lines.map(|l| l.split(',').collect::<Vec<_>>()).map(|c| exact(c[3]) * exact(c[5])).sum();
    assert_eq!(sum("invoice.issued") - sum("credit_note.issued"), till);
    assert_eq!(
        papers[0]["data"]["lines"][1],
        json!({
            "line": "2", "item": "71053", "qty": "6", "price": "3.39", "net": "20.34", "tax": "0",
        })
    );
}
