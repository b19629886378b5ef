//! What every request passes before it is looked at. Invariant: one step, whatever is checked in
//! it: a layer for each would cost every request more than the checks do.

use std::sync::Arc;

use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{browsers, headers, hosts::Hosts, keys_in_query, reception::Reception};

/// Refuses a request, or answers it; `hosts` are those the server answers to, if there is a network
/// between.
pub(crate) async fn pass(
    hosts: Option<Hosts>,
    reception: Arc<Reception>,
    request: Request,
    next: Next,
) -> Response {
    // An address that tells comes first: nothing else may say or log anything of it.
    let refused = keys_in_query::refused(&request)
        .or_else(|| hosts.and_then(|hosts| hosts.refused(&request)))
        .or_else(|| browsers::refused(&request))
        .or_else(|| reception.refused(request.headers()));
    let mut response = match refused {
        Some(problem) => problem.into_response(),
        None => next.run(request).await,
    };
    headers::put(response.headers_mut(), reception.entrance.tls.is_some());
    response
}
