//! How fast is the log read as it is stored? Invariant: every checksum is checked on the way.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sijil_benches::{events, ledger, log};

fn scan(criterion: &mut Criterion) {
    let dir = log(events());
    let ledger = ledger(dir.path());
    let mut group = criterion.benchmark_group("scan");
    group.throughput(Throughput::Elements(events())).sample_size(10);
    for threads in [1, 2] {
        group.bench_function(format!("{threads} threads"), |bencher| {
            bencher.iter(|| assert_eq!(ledger.scan(threads).expect("it is read"), events()));
        });
    }
    group.finish();
    ledger.stop();
}

criterion_group!(benches, scan);
criterion_main!(benches);
