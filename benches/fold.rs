//! How fast do projections take records? Invariant: all projections together, then each alone.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sijil_benches::{candidates, drafts, events, records};
use sijil_projections::{Families, Views};
use sijil_schemas::Record;

fn fold(criterion: &mut Criterion) {
    let records: Vec<Record> =
        records(candidates(&drafts(events()))).into_iter().map(|(record, _)| record).collect();
    let mut group = criterion.benchmark_group("fold");
    group.throughput(Throughput::Elements(events())).sample_size(10);
    group.bench_function("all", |bencher| {
        bencher.iter(|| {
            let mut views = Views::default();
            views.work(&records, &|_, _| true).into_iter().for_each(|piece| piece());
            views
        });
    });
    for name in Families::FOLDS {
        group.bench_function(*name, |bencher| {
            bencher.iter(|| {
                let mut views = Views::default();
                views
                    .work(&records, &|fold, _| fold == *name)
                    .into_iter()
                    .for_each(|piece| piece());
                views
            });
        });
    }
    group.finish();
}

criterion_group!(benches, fold);
criterion_main!(benches);
