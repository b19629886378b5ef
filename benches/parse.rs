//! How fast does a draft become a typed event? Invariant: every draft of the demo is one.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sijil_benches::{candidates, drafts, events};

fn parse(criterion: &mut Criterion) {
    let drafts = drafts(events());
    let mut group = criterion.benchmark_group("parse");
    group.throughput(Throughput::Elements(events())).sample_size(10);
    group.bench_function("drafts", |bencher| bencher.iter(|| candidates(&drafts).len()));
    group.finish();
}

criterion_group!(benches, parse);
criterion_main!(benches);
