//! A real `sijil serve` on a random port and a directory of its own. Invariant: it is stopped by
//! process id, whatever the test does.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Lines},
    path::{Path, PathBuf},
    process::{Child, ChildStderr, Command, Output, Stdio},
    sync::{Mutex, PoisonError},
};

use serde_json::{Value, json};

use crate::document::document;

/// The binary under test.
pub fn sijil() -> Command {
    Command::new(env!("CARGO_BIN_EXE_sijil"))
}

/// A data directory that goes with the test.
pub struct Directory(tempfile::TempDir);

impl Directory {
    pub fn new() -> Directory {
        Directory(tempfile::tempdir().expect("a temporary directory"))
    }
    pub fn path(&self) -> PathBuf {
        self.0.path().join("data")
    }
    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, text).expect("a file can be written");
        path
    }
}

/// The credentials of the servers that were started here, by their addresses.
static CREDENTIALS: Mutex<BTreeMap<String, String>> = Mutex::new(BTreeMap::new());

/// Keeps the credential of a server that stands in a file.
pub fn keep_credential(url: &str, file: &Path) {
    if let Ok(text) = std::fs::read_to_string(file) {
        let mut all = CREDENTIALS.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(url.to_owned(), text.trim().to_owned());
    }
}

/// The credential of whoever holds the data directory of a server that was started here.
pub fn credential_of(url: &str) -> Option<String> {
    CREDENTIALS.lock().unwrap_or_else(PoisonError::into_inner).get(url).cloned()
}

/// The same as a line of a request's head; empty where nobody is asked.
pub fn authorization(address: &str) -> String {
    credential_of(&format!("http://{address}"))
        .map_or(String::new(), |secret| format!("authorization: Bearer {secret}\r\n"))
}

/// A running server.
pub struct Server {
    pub child: Child,
    pub url: String,
    data: PathBuf,
    /// The file with its credential, where that is not the data directory's.
    credential: Option<PathBuf>,
}

impl Server {
    pub fn start(data: &Path) -> Server {
        Server::start_by(sijil(), data)
    }
    /// Started by a command that ends with the binary: under another program, or within limits.
    pub fn start_by(command: Command, data: &Path) -> Server {
        Server::start_with(command, data, &[]).0
    }
    /// Its log stands elsewhere.
    pub fn start_on(log: &str, data: &Path) -> Server {
        Server::start_with(sijil(), data, &["--log", log]).0
    }
    /// The gRPC door is there too, and nobody is asked who he is; the second value is how its
    /// clients name it.
    pub fn start_with_grpc(data: &Path) -> (Server, String) {
        let (server, said) =
            Server::start_with(sijil(), data, &["--open", "--grpc", "127.0.0.1:0"]);
        let url = said
            .split_whitespace()
            .find(|word| word.starts_with("esdb://"))
            .expect("a connection string")
            .to_owned();
        (server, url)
    }
    /// With more words than where to listen; also what it said of where it serves.
    pub fn start_with_more(data: &Path, more: &[&str]) -> (Server, String) {
        Server::start_with(sijil(), data, more)
    }
    /// The same; nobody hears what it says later, and its words find a broken pipe.
    pub fn start_unheard(log: &str, data: &Path) -> Server {
        let (server, _, lines) = Server::launch(sijil(), data, &["--log", log]);
        drop(lines);
        server
    }
    fn start_with(command: Command, data: &Path, more: &[&str]) -> (Server, String) {
        let (server, said, lines) = Server::launch(command, data, more);
        std::thread::spawn(move || {
            lines.map_while(Result::ok).for_each(|line| eprintln!("server: {line}"));
        });
        (server, said)
    }
    /// The gRPC door is open too; what is said later is left to the caller.
    pub fn start_heard(
        command: Command,
        data: &Path,
    ) -> (Server, String, Lines<BufReader<ChildStderr>>) {
        let (server, said, lines) =
            Server::launch(command, data, &["--open", "--grpc", "127.0.0.1:0"]);
        let url = said
            .split_whitespace()
            .find(|word| word.starts_with("esdb://"))
            .expect("a connection string")
            .to_owned();
        (server, url, lines)
    }
    /// The same of any command; what is said later is left to the caller.
    pub fn launch(
        mut command: Command,
        data: &Path,
        more: &[&str],
    ) -> (Server, String, Lines<BufReader<ChildStderr>>) {
        command.args(["serve", "--listen", "127.0.0.1:0"]).args(more).arg("--data").arg(data);
        let mut child = command.stderr(Stdio::piped()).spawn().expect("the server starts");
        let mut lines = BufReader::new(child.stderr.take().expect("stderr is piped")).lines();
        let mut credential = None;
        let said = lines
            .by_ref()
            .map_while(Result::ok)
            .inspect(|line| {
                let named = line.split_once("with --credential ");
                credential = credential.take().or(named.map(|(_, file)| PathBuf::from(file)));
            })
            .find(|line| line.contains("http://") || line.contains("https://"))
            .expect("the server says where it listens");
        let url = said
            .split_whitespace()
            .find(|w| w.starts_with("http://") || w.starts_with("https://"))
            .expect("an address")
            .trim_end_matches(['(', ')'])
            .to_owned();
        let local = data.join("keys/local");
        keep_credential(&url, credential.as_ref().unwrap_or(&local));
        (Server { child, url, data: data.to_owned(), credential }, said, lines)
    }
    /// The binary with these words, asking this server as whoever holds its files.
    pub fn asked_by(&self, words: &[&str]) -> Command {
        let mut command = sijil();
        command.args(words).args(["--server", &self.url]).arg("--data").arg(&self.data);
        if let Some(file) = &self.credential {
            command.arg("--credential").arg(file);
        }
        command
    }
    /// SIGKILL: nothing is finished.
    pub fn kill(mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("gone");
    }
    /// SIGTERM: what was accepted is finished.
    pub fn terminate(mut self) -> bool {
        let status =
            Command::new("kill").arg(self.child.id().to_string()).status().expect("kill runs");
        status.success() && self.child.wait().expect("it ends").success()
    }
    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], None)
    }
    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, &[("content-type", "application/json")], Some(&body.to_string()))
    }
    pub fn import(&self, lines: &str) -> Answer {
        self.send(
            "POST",
            "/v1/events/import",
            &[("content-type", "application/x-ndjson")],
            Some(lines),
        )
    }
    pub fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&str>,
    ) -> Answer {
        try_send(&self.url, method, path, headers, body).expect("the server answers")
    }
}

/// What a server answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: ureq::http::HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text)
            .unwrap_or_else(|e| panic!("expected JSON: {e}: {}", self.text))
    }
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }
    /// The name of the problem, checked to be one.
    pub fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text);
        let body = self.json();
        assert_eq!(body["status"], json!(self.status));
        assert!(body["detail"].as_str().is_some_and(|d| d.len() > 10), "{body}");
        body["type"].as_str().expect("a type").rsplit('/').next().expect("a name").to_owned()
    }
}

/// Asks a server that may not answer; what it does answer is checked against the document it
/// serves.
pub fn try_send(
    url: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<&str>,
) -> Result<Answer, ureq::Error> {
    let answer = ask(url, method, path, headers, body)?;
    document_check(url, method, path, &answer);
    Ok(answer)
}

/// Fails unless the server's document tells this answer.
pub fn document_check(url: &str, method: &str, path: &str, answer: &Answer) {
    document(url).check(method, path, answer);
}

/// Asks a server as nobody in particular.
pub fn ask_as_nobody(url: &str, method: &str, path: &str) -> Answer {
    ask_plainly(url, method, path, &[], None)
}

/// Asks a server with these headers and no credential besides.
pub fn ask_plainly(
    url: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<&str>,
) -> Answer {
    let answer = sent(url, method, path, headers, body).expect("it answers");
    document_check(url, method, path, &answer);
    answer
}

/// Asks a server, and takes whatever it answers; as whoever holds its files, if no credential is
/// sent.
pub fn ask(
    url: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<&str>,
) -> Result<Answer, ureq::Error> {
    let bearer = credential_of(url).map(|secret| format!("Bearer {secret}"));
    let mut headers = headers.to_vec();
    if let Some(bearer) = bearer.as_deref()
        && !headers.iter().any(|(name, _)| *name == "authorization")
    {
        headers.push(("authorization", bearer));
    }
    sent(url, method, path, &headers, body)
}

fn sent(
    url: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<&str>,
) -> Result<Answer, ureq::Error> {
    let config = ureq::Agent::config_builder().http_status_as_error(false);
    let agent: ureq::Agent = config.max_redirects(0).max_redirects_will_error(false).build().into();
    let mut request = ureq::http::Request::builder().method(method).uri(format!("{url}{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut response = match body {
        Some(body) => agent.run(request.body(body.to_owned()).expect("a request"))?,
        None => agent.run(request.body(()).expect("a request"))?,
    };
    let headers = response.headers().clone();
    let bytes = response.body_mut().with_config().limit(1 << 30).read_to_vec()?;
    // Hashes are no text; whoever wants them reads them otherwise.
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Ok(Answer { status: response.status().as_u16(), headers, text })
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A draft.
pub fn draft(event_type: &str, at: &str, data: Value) -> Value {
    json!({
        "type": event_type, "occurred_at": format!("{at}T00:00:00Z"), "actor": "tester",
        "data": data,
    })
}

/// The drafts that open a ledger with a few entities.
pub fn opening() -> Vec<Value> {
    vec![
        draft(
            "ledger.opened",
            "2025-01-01",
            json!({"company": "acme", "time_zone": "UTC", "base_currency": "EUR"}),
        ),
        draft(
            "employee.hired",
            "2025-01-01",
            json!({
                "employee": "m1", "name": "Manager One", "department": "sales", "role": "manager",
            }),
        ),
        draft(
            "client.registered",
            "2025-01-01",
            json!({"client": "C1", "name": "Client One", "kind": "org", "owner": "m1"}),
        ),
        draft(
            "bank_account.opened",
            "2025-01-01",
            json!({"bank_account": "bank", "currency": "EUR"}),
        ),
    ]
}

/// An invoice of one line.
pub fn invoice(id: &str, at: &str, amount: &str) -> Value {
    let line = json!({
        "line": "1", "text": "goods", "qty": "1", "price": amount, "net": amount, "tax": "0",
    });
    draft(
        "invoice.issued",
        at,
        json!({
            "invoice": id, "client": "C1", "lines": [line],
            "total": {"amount": amount, "currency": "EUR"}, "due_on": "2025-02-28",
        }),
    )
}

/// Runs the binary on a data directory.
pub fn run(data: &Path, arguments: &[&str]) -> Output {
    sijil().args(arguments).arg("--data").arg(data).output().expect("the binary runs")
}

/// The same, with the log elsewhere.
pub fn run_on(log: &str, data: &Path, arguments: &[&str]) -> Output {
    sijil()
        .args(arguments)
        .arg("--data")
        .arg(data)
        .args(["--log", log])
        .output()
        .expect("the binary runs")
}

/// Its exit code.
pub fn code(output: &Output) -> i32 {
    output.status.code().expect("an exit code")
}
