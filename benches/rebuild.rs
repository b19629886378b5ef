//! How fast is a projection rebuilt from the log on the disk? Invariant: what is rebuilt equals
//! what serves.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sijil_benches::{events, ledger, log};

fn rebuild(criterion: &mut Criterion) {
    let dir = log(events());
    let ledger = ledger(dir.path());
    let mut group = criterion.benchmark_group("rebuild");
    group.throughput(Throughput::Elements(events())).sample_size(10);
    for name in ["all", "clients", "trade"] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let replay = ledger.replay(name, None, 2, |_, _| ()).expect("it is rebuilt");
                assert!(replay.projections.iter().all(|one| one.agrees() == Some(true)));
            });
        });
    }
    group.finish();
    ledger.stop();
}

criterion_group!(benches, rebuild);
criterion_main!(benches);
