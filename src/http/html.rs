//! Pages for people. Invariant: a page needs nothing from outside and no script; what it shows of
//! what somebody sent is escaped.

use axum::{
    http::{HeaderValue, header},
    response::{Html, IntoResponse, Response},
};

/// The text, as it stands between tags and in quoted attributes.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

const STYLE: &str = "\
    body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;\
    color:#1a1a1a}\
    code,pre{font:14px/1.4 ui-monospace,monospace;background:#f3f3f0}\
    pre{padding:.6rem;overflow:auto}\
    table{border-collapse:collapse;width:100%}\
    td,th{text-align:left;padding:.25rem .6rem;border-bottom:1px solid #ddd;vertical-align:top}\
    th{white-space:nowrap}\
    h1,h2{font-weight:600}\
    a{color:#0b5d8a}\
    form{margin:1.5rem 0}\
    label{display:block;font-weight:600}\
    input,button,.button{display:block;box-sizing:border-box;font:inherit;padding:.5rem .75rem;\
    margin:.5rem 0;border:1px solid #767676;border-radius:.25rem}\
    input{width:100%;max-width:34rem}\
    button,.button{width:max-content;border-color:#0b5d8a;background:#0b5d8a;color:#fff;\
    text-decoration:none;cursor:pointer}\
    button:hover,.button:hover{background:#08466a}\
    .no{max-width:34rem;padding:.5rem .75rem;border-left:.25rem solid #b00020;background:#fdf1f2}\
    small{color:#555}";

/// What a page may load and where its forms go: its own style, named by its SHA-256, and here.
macro_rules! policy {
    ($more:literal) => {
        concat!(
            "default-src 'none'; style-src 'sha256-LDDTkNBPdXvSzGDGH37/tfvGpd/TgnO2EYCOaap2/WU='; ",
            "frame-ancestors 'none'; base-uri 'none'",
            $more
        )
    };
}

/// A page to read.
pub(crate) fn page(heading: &str, body: &str) -> Response {
    made(heading, body, policy!(""))
}

/// A page with forms that are sent to this server alone.
pub(crate) fn form(heading: &str, body: &str) -> Response {
    made(heading, body, policy!("; form-action 'self'"))
}

fn made(heading: &str, body: &str, policy: &'static str) -> Response {
    let html = format!(
        "<!doctype html><html lang=en><meta charset=utf-8>\
         <meta name=viewport content=\"width=device-width\">\
         <title>Sijil: {heading}</title><style>{STYLE}</style><h1>{heading}</h1>{body}</html>",
        heading = escaped(heading)
    );
    let mut response = Html(html).into_response();
    let policy = HeaderValue::from_static(policy);
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}
