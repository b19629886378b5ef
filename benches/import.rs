//! How fast does a file of drafts become durable and folded? Invariant: every draft is judged by
//! the rules and recorded.

use axum::{body::Body, http::Request};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use sijil_benches::{drafts, events, ledger};
use tower::ServiceExt;

fn import(criterion: &mut Criterion) {
    let body = drafts(events()).join(&b'\n');
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mut group = criterion.benchmark_group("import");
    group.throughput(Throughput::Elements(events())).sample_size(10);
    group.bench_function("drafts", |bencher| {
        let empty = || {
            let dir = tempfile::tempdir().expect("a directory");
            let ledger = ledger(dir.path());
            let request = Request::post("/v1/events/import")
                .header("content-type", "application/x-ndjson")
                .body(Body::from(body.clone()))
                .expect("a request");
            (dir, ledger, request)
        };
        bencher.iter_batched(
            empty,
            |(dir, ledger, request)| {
                let answer = runtime
                    .block_on(sijil_http::service(&ledger).oneshot(request))
                    .expect("an answer");
                assert!(answer.status().is_success());
                assert!(ledger.settle(std::time::Duration::from_secs(60)));
                assert_eq!(ledger.durable().get(), events());
                ledger.stop();
                dir
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

criterion_group!(benches, import);
criterion_main!(benches);
