//! A small store that speaks as much of S3 as a backup needs. Invariant: a request that is not
//! signed by its key as AWS's signature version 4 has it is refused, whoever sends it.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
};

use axum::{
    Router,
    body::{Bytes, to_bytes},
    extract::Request,
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use sijil_log::{ReadLimit, Reader};
use sijil_schemas::Position;
use tokio::runtime::Runtime;

/// So few names stand on a page that each list has several.
const PAGE: usize = 3;

#[derive(Default)]
struct Kept {
    objects: Mutex<BTreeMap<String, Vec<u8>>>,
    pages: AtomicU64,
    forgets: AtomicBool,
    /// Every so manieth request fails; none if zero.
    fails: AtomicU64,
    asked: AtomicU64,
}

/// One bucket, `books`, on a server of its own.
pub(super) struct Bucket {
    pub(super) url: String,
    kept: Arc<Kept>,
    _runtime: Runtime,
}

impl Bucket {
    pub(super) const KEY: &str = "AKIDBOOKS";
    pub(super) const SECRET: &str = "wJalrXUtnFEMI-secret-of-the-books";

    pub(super) fn start() -> Bucket {
        let kept = Arc::new(Kept::default());
        let runtime = Runtime::new().expect("a runtime");
        let answering = kept.clone();
        let router = Router::new().fallback(move |request: Request| {
            let kept = answering.clone();
            async move { answered(&kept, request).await }
        });
        let listener =
            runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a free address");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        runtime.spawn(async move { axum::serve(listener, router).await });
        Bucket { url, kept, _runtime: runtime }
    }
    pub(super) fn names(&self) -> Vec<String> {
        self.kept.objects.lock().expect("a lock").keys().cloned().collect()
    }
    pub(super) fn pages(&self) -> u64 {
        self.kept.pages.load(Relaxed)
    }
    pub(super) fn set(&self, name: &str, text: &str) {
        self.kept.objects.lock().expect("a lock").insert(name.into(), text.into());
    }
    pub(super) fn flip(&self, name: &str) {
        self.kept.objects.lock().expect("a lock").get_mut(name).expect("an object")[40] ^= 1;
    }
    pub(super) fn forgets_conditions(&self) {
        self.kept.forgets.store(true, Relaxed);
    }
    pub(super) fn fails_every(&self, count: u64) {
        self.kept.fails.store(count, Relaxed);
    }
    /// As if the time of every lease were over.
    pub(super) fn lets_go(&self) {
        self.kept.objects.lock().expect("a lock").retain(|name, _| !name.ends_with(".lease"));
    }
    /// Where a log's backup stands.
    pub(super) fn shelf(&self, reader: &dyn Reader) -> String {
        let first = reader.read(Position::new(1), ReadLimit::SCAN).expect("it can be read");
        format!("nightly/{}/1", first[0].event_id())
    }
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn plain(text: &str) -> String {
    let pair = format!("x={text}");
    let mut parsed = form_urlencoded::parse(pair.as_bytes());
    parsed.next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

/// Whether a request is signed by the key, in its query, as the page "Authenticating Requests:
/// Using Query Parameters" of AWS says.
fn is_signed(method: &Method, path: &str, query: &str, headers: &HeaderMap) -> bool {
    let mut pairs: Vec<&str> = query.split('&').collect();
    let said = |name: &str| {
        let pair = pairs.iter().find_map(|pair| pair.strip_prefix(&format!("{name}=")));
        pair.map(plain).unwrap_or_default()
    };
    let (signed, signature) = (said("X-Amz-SignedHeaders"), said("X-Amz-Signature"));
    let (credential, date) = (said("X-Amz-Credential"), said("X-Amz-Date"));
    let Some(scope) = credential.strip_prefix(&format!("{}/", Bucket::KEY)) else { return false };
    // A condition that is not signed might have been put in by anybody.
    for name in ["if-none-match", "if-match"] {
        if headers.contains_key(name) && !signed.split(';').any(|one| one == name) {
            return false;
        }
    }
    pairs.retain(|pair| !pair.starts_with("X-Amz-Signature="));
    pairs.sort_unstable();
    let lines: String = signed
        .split(';')
        .map(|name| {
            let value = headers.get(name).and_then(|value| value.to_str().ok());
            format!("{name}:{}\n", value.unwrap_or_default())
        })
        .collect();
    let request =
        format!("{method}\n{path}\n{}\n{lines}\n{signed}\nUNSIGNED-PAYLOAD", pairs.join("&"));
    let hash = hex(&Sha256::digest(request.as_bytes()));
    let text = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{hash}");
    let secret = format!("AWS4{}", Bucket::SECRET).into_bytes();
    let key = scope.split('/').fold(secret, |key, part| hmac(&key, part));
    signature == hex(&hmac(&key, &text))
}

fn refused(status: StatusCode, code: &str) -> Response {
    (status, format!("<Error><Code>{code}</Code><Message>no</Message></Error>")).into_response()
}

async fn answered(kept: &Kept, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let (path, query) = (parts.uri.path(), parts.uri.query().unwrap_or_default());
    if !is_signed(&parts.method, path, query, &parts.headers) {
        return refused(StatusCode::FORBIDDEN, "SignatureDoesNotMatch");
    }
    let (asked, fails) = (kept.asked.fetch_add(1, Relaxed), kept.fails.load(Relaxed));
    if fails > 0 && asked % fails == 0 {
        return refused(StatusCode::INTERNAL_SERVER_ERROR, "InternalError");
    }
    let body = to_bytes(body, usize::MAX).await.expect("a body");
    let Some(name) = path.strip_prefix("/books/") else {
        return refused(StatusCode::NOT_FOUND, "NoSuchBucket");
    };
    match parts.method {
        Method::GET if name.is_empty() => listed(kept, query),
        Method::GET => got(kept, name),
        Method::PUT => put(kept, name, &parts.headers, body),
        Method::DELETE => {
            kept.objects.lock().expect("a lock").remove(name);
            StatusCode::NO_CONTENT.into_response()
        }
        _ => refused(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed"),
    }
}

fn etag(bytes: &[u8]) -> String {
    format!("\"{}\"", hex(&Sha256::digest(bytes)[..16]))
}

fn got(kept: &Kept, name: &str) -> Response {
    match kept.objects.lock().expect("a lock").get(name) {
        Some(bytes) => ([(header::ETAG, etag(bytes))], bytes.clone()).into_response(),
        None => refused(StatusCode::NOT_FOUND, "NoSuchKey"),
    }
}

fn put(kept: &Kept, name: &str, headers: &HeaderMap, body: Bytes) -> Response {
    let mut objects = kept.objects.lock().expect("a lock");
    let stands = objects.get(name).map(|bytes| etag(bytes));
    let said = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let is_good = match (said(header::IF_NONE_MATCH), said(header::IF_MATCH)) {
        (Some(_), _) => stands.is_none(),
        (None, Some(tag)) => stands.as_deref() == Some(tag),
        (None, None) => true,
    };
    if !is_good && !kept.forgets.load(Relaxed) {
        return refused(StatusCode::PRECONDITION_FAILED, "PreconditionFailed");
    }
    let tag = etag(&body);
    objects.insert(name.to_owned(), body.to_vec());
    [(header::ETAG, tag)].into_response()
}

fn listed(kept: &Kept, query: &str) -> Response {
    let said = |name: &str| {
        let pairs = form_urlencoded::parse(query.as_bytes());
        pairs.into_iter().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    };
    let (prefix, after) = (said("prefix").unwrap_or_default(), said("continuation-token"));
    let objects = kept.objects.lock().expect("a lock");
    let mut names = objects
        .keys()
        .filter(|name| name.starts_with(&prefix) && after.as_ref().is_none_or(|at| *name > at));
    let page: Vec<&String> = names.by_ref().take(PAGE).collect();
    let rows: String =
        page.iter().map(|name| format!("<Contents><Key>{name}</Key></Contents>")).collect();
    let more = match (names.next(), page.last()) {
        (Some(_), Some(last)) => {
            kept.pages.fetch_add(1, Relaxed);
            format!(
                "<IsTruncated>true</IsTruncated><NextContinuationToken>{last}\
                 </NextContinuationToken>"
            )
        }
        (_, _) => "<IsTruncated>false</IsTruncated>".to_owned(),
    };
    let space = "http://s3.amazonaws.com/doc/2006-03-01/";
    format!("<ListBucketResult xmlns=\"{space}\">{rows}{more}</ListBucketResult>").into_response()
}
