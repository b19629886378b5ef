//! How fast do stored bytes become a record again? Invariant: every record decodes.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sijil_benches::{candidates, drafts, events, records};

fn decode(criterion: &mut Criterion) {
    let records = records(candidates(&drafts(events())));
    let mut group = criterion.benchmark_group("decode");
    group.throughput(Throughput::Elements(events())).sample_size(10);
    group.bench_function("records", |bencher| {
        bencher.iter(|| records.iter().filter(|(_, stored)| stored.decode().is_ok()).count());
    });
    group.finish();
}

criterion_group!(benches, decode);
criterion_main!(benches);
