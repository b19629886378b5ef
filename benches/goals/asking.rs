//! Rows 8, 9 and 10: questions over HTTP. Invariant: a cold question has never been asked before:
//! each round asks at a position of its own.

use std::{net::SocketAddr, time::Duration};

use sijil_benches::figures::Goal;
use sijil_projections::{
    report::{ParameterKind, Report},
    reports,
};
use sijil_schemas::id::Kind;

use crate::{
    BenchError, Run,
    caller::{Wire, asking, closed, cold},
    filling::Filled,
    output::say,
};

/// The most one measure may take.
const MOST: Duration = Duration::from_secs(10);
/// Asks of a report in one round, if there is time.
const ASKS: usize = 100;

/// One page, one deal and one balance, of many clients and deals.
pub(crate) fn points(
    run: &mut Run<'_>,
    address: SocketAddr,
    filled: &Filled,
) -> Result<(), BenchError> {
    say("asking for one thing at a time");
    let spread = |count: u64, path: &dyn Fn(u64) -> String| -> Vec<Wire> {
        // A prime stride meets old and new ones alike.
        (0..500_u64).map(|n| asking(&path(1 + n.wrapping_mul(7_919) % count.max(1)))).collect()
    };
    let questions = [
        (
            "client timeline page",
            spread(filled.clients, &|n| {
                format!("/v1/reports/client_timeline?client=C-{n}&limit=50")
            }),
        ),
        ("one deal", spread(filled.deals, &|n| format!("/v1/deals/D-{n}"))),
        (
            "one balance now",
            spread(filled.clients, &|n| format!("/v1/reports/statement?client=C-{n}")),
        ),
    ];
    let count = run.share(1_000, 30, 1_000);
    for (name, requests) in questions {
        let rounds =
            run.rounds(|| Ok(closed(address, 1, &requests, count, MOST)?.quantile(0.99)))?;
        run.add(8, name, "µs", &rounds, Goal::AtMost(1_000));
    }
    Ok(())
}

const NOW: [(&str, &str); 6] = [
    ("funnel", "funnel?pipeline=trade&from=2025-01-01&to=2025-12-31"),
    ("receivables ageing", "receivables?as_of=2025-12-31"),
    ("receivables ageing of a past date", "receivables?as_of=2024-12-31"),
    ("trial balance", "trial_balance"),
    ("KPI", "kpi?from=2025-10-01&to=2025-12-31&as_of=2025-12-31&by=department"),
    ("ABC", "abc?from=2025-01-01&to=2025-12-31"),
];

/// The reports of every day.
pub(crate) fn reports(run: &mut Run<'_>, address: SocketAddr) -> Result<(), BenchError> {
    say("asking reports");
    for (name, path) in NOW {
        let request = [asking(&format!("/v1/reports/{path}"))];
        let rounds =
            run.rounds(|| Ok(closed(address, 1, &request, ASKS, MOST / 5)?.quantile(0.99)))?;
        run.add(9, name, "µs", &rounds, Goal::AtMost(50_000));
    }
    Ok(())
}

/// Every report there is, as it was known about half way.
pub(crate) fn past(run: &mut Run<'_>, address: SocketAddr) -> Result<(), BenchError> {
    say("asking every report at a past known_at");
    let mut known_at =
        (run.events / 2).saturating_sub((run.rounds * reports::REPORTS.len()) as u64).max(1);
    for report in reports::all() {
        let rounds = run.rounds(|| {
            known_at += 1;
            cold(
                address,
                &asking(&format!(
                    "/v1/reports/{}?{}&known_at={known_at}",
                    report.name,
                    parameters(report)
                )),
            )
        })?;
        run.add(10, report.name, "µs", &rounds, Goal::AtMost(1_000_000));
    }
    Ok(())
}

/// Reports that look at much of the company, each at a past position of its own.
pub(crate) fn heavy(events: u64) -> Vec<Wire> {
    let paths = NOW.iter().zip(1..).map(|((_, path), back)| {
        let mark = if path.contains('?') { '&' } else { '?' };
        asking(&format!(
            "/v1/reports/{path}{mark}known_at={}",
            (events - events / 10).saturating_sub(back).max(1)
        ))
    });
    paths.collect()
}

/// What a report must be asked with, by its registration.
fn parameters(report: &Report) -> String {
    let value = |kind: ParameterKind, name: &str| match kind {
        ParameterKind::Id(Kind::Client) => "C-1",
        ParameterKind::Id(_) => "item-1",
        _ if name == "from" => "2024-01-01",
        _ => "2025-12-31",
    };
    let required = report
        .parameters
        .iter()
        .filter(|p| p.required)
        .map(|p| format!("&{}={}", p.name, value(p.kind, p.name)));
    let mut all = String::from("as_of=2025-12-31");
    all.extend(required);
    all
}
