//! How fast do projections take records? Invariant: all projections together, then each alone.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sijil_benches::{candidates, drafts, events, records};
use sijil_projections::Views;

fn fold(criterion: &mut Criterion) {
    let records = records(candidates(&drafts(events())));
    let mut group = criterion.benchmark_group("fold");
    group.throughput(Throughput::Elements(events())).sample_size(10);
    group.bench_function("all", |bencher| {
        bencher.iter(|| {
            let mut views = Views::default();
            records.iter().for_each(|(record, _)| views.apply(record));
            views
        });
    });
    for name in Views::FOLDS {
        group.bench_function(*name, |bencher| {
            bencher.iter(|| {
                let mut views = Views::default();
                records.iter().for_each(|(record, _)| views.apply_to(name, record));
                views
            });
        });
    }
    group.finish();
}

criterion_group!(benches, fold);
criterion_main!(benches);
