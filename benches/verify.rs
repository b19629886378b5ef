//! How fast is a log verified? Invariant: every byte, hash, root, footer and index; the log is
//! sound.

use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sijil_benches::{events, log};
use sijil_log::{
    embedded::{VerifyOptions, verify},
    machine::Disk,
    seam::Storage,
};

fn verifies(criterion: &mut Criterion) {
    let dir = log(events());
    let storage: Arc<dyn Storage> = Arc::new(Disk);
    let mut group = criterion.benchmark_group("verify");
    group.throughput(Throughput::Elements(events())).sample_size(10);
    for threads in [1, 2] {
        let options = VerifyOptions { threads, ..VerifyOptions::default() };
        group.bench_function(format!("{threads} threads"), |bencher| {
            bencher.iter(|| {
                assert!(
                    verify(&storage, dir.path(), &options, &|_| ()).expect("it is read").is_sound()
                );
            });
        });
    }
    group.finish();
}

criterion_group!(benches, verifies);
criterion_main!(benches);
