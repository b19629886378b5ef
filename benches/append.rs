//! How fast does a log take records? Invariant: each batch is durable before the next is given.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use sijil_benches::{append, batches, candidates, drafts, events, open, records};

fn appends(criterion: &mut Criterion) {
    let records = records(candidates(&drafts(events())));
    let mut group = criterion.benchmark_group("append");
    group.throughput(Throughput::Elements(events())).sample_size(10);
    for size in [1_000, 8_000] {
        let batches = batches(&records, size);
        group.bench_function(format!("batches of {size}"), |bencher| {
            let empty = || {
                let dir = tempfile::tempdir().expect("a directory");
                let opened = open(dir.path());
                (dir, opened)
            };
            bencher.iter_batched(
                empty,
                |(dir, mut opened)| {
                    append(&mut opened, &batches);
                    (dir, opened)
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, appends);
criterion_main!(benches);
