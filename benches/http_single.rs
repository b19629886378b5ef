//! What does the door cost for one event, without a network? Invariant: each is durable before it
//! is answered.

use axum::{Router, body::Body, http::Request};
use criterion::{Criterion, criterion_group, criterion_main};
use sijil_benches::{ledger, log};
use tower::ServiceExt;

const LETTER: &str = concat!(
    r#"{"type":"interaction.recorded","occurred_at":"2025-12-31T12:00:00Z","#,
    r#""actor":"manager-1","source":"crm","#,
    r#""data":{"client":"C-1","channel":"call","direction":"out","#,
    r#""duration_s":60,"outcome":"reached"}}"#,
);

async fn send(service: Router) -> u16 {
    let request = Request::post("/v1/events")
        .header("content-type", "application/json")
        .body(Body::from(LETTER))
        .expect("a request");
    service.oneshot(request).await.expect("an answer").status().as_u16()
}

fn single(criterion: &mut Criterion) {
    let dir = log(1_000);
    let ledger = ledger(dir.path());
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let service = sijil_http::service(&ledger);
    let mut group = criterion.benchmark_group("http_single");
    group.bench_function("durable", |bencher| {
        bencher.iter(|| assert_eq!(runtime.block_on(send(service.clone())), 201));
    });
    group.bench_function("bare handler", |bencher| {
        bencher.iter(|| assert_eq!(runtime.block_on(send(sijil_benches::bare())), 201));
    });
    group.finish();
    ledger.stop();
}

criterion_group!(benches, single);
criterion_main!(benches);
