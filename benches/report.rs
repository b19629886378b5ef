//! How fast are the reports answered? Invariant: each question is asked of a ledger that is read
//! from the disk, without HTTP; those of one client or deal go round many of them.

use std::collections::BTreeMap;

use criterion::{Criterion, criterion_group, criterion_main};
use sijil_benches::{events, ledger, log};
use sijil_ledger::{Desk, Question};
use sijil_projections::state::state;
use sijil_schemas::id::{EntityRef, Kind};

const REPORTS: [(&str, &[(&str, &str)]); 7] = [
    ("funnel", &[("pipeline", "trade"), ("from", "2025-01-01"), ("to", "2025-12-31")]),
    ("receivables", &[("as_of", "2025-12-31")]),
    ("receivables", &[("as_of", "2024-12-31")]),
    ("trial_balance", &[]),
    (
        "kpi",
        &[
            ("from", "2025-10-01"),
            ("to", "2025-12-31"),
            ("as_of", "2025-12-31"),
            ("by", "department"),
        ],
    ),
    ("kpi", &[("from", "2025-10-01"), ("to", "2025-12-31"), ("as_of", "2025-12-31")]),
    ("abc", &[("from", "2025-01-01"), ("to", "2025-12-31")]),
];

fn question(report: &str, parameters: &[(&str, &str)]) -> Question {
    let parameters: BTreeMap<String, String> =
        parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Question { report: report.to_owned(), parameters }
}

/// The state of a deal, as its card shows it.
fn deal(ledger: &Desk, number: u64) -> Option<u64> {
    let entity = EntityRef::new(Kind::Deal, &format!("D-{number}")).expect("an id");
    let clocks = ledger.clocks(&mut BTreeMap::new()).expect("the views follow");
    let records = ledger.history(&entity, clocks.cut.known_at).expect("the log is read");
    let views = ledger.views();
    state(&entity, &records, views.lens(clocks.cut)).map(|state| state.revision)
}

fn report(criterion: &mut Criterion) {
    let dir = log(events());
    let ledger = ledger(dir.path());
    let many = events() / 100;
    let mut group = criterion.benchmark_group("report");
    group.sample_size(10);
    let mut number = 0;
    let mut next = move || {
        // A prime stride meets old and new ones alike.
        number = (number + 7_919) % many;
        number + 1
    };
    for name in ["statement", "client_timeline"] {
        group.bench_function(format!("{name} of a client"), |bencher| {
            bencher.iter(|| {
                ledger
                    .ask(&question(name, &[("client", &format!("C-{}", next()))]))
                    .expect("an answer")
            });
        });
    }
    group.bench_function("a deal", |bencher| bencher.iter(|| deal(&ledger, next())));
    for (name, parameters) in REPORTS {
        let words: Vec<String> =
            parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
        group.bench_function(format!("{name} {}", words.join(" ")), |bencher| {
            bencher.iter(|| ledger.ask(&question(name, parameters)).expect("an answer"));
        });
    }
    group.finish();
}

criterion_group!(benches, report);
criterion_main!(benches);
