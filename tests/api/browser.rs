//! A real browser, led by WebDriver. Invariant: it has a profile of its own that goes with the
//! test, asks nobody but the servers of the test, and is ended by process id.

use std::{
    io::{BufRead, BufReader, Lines},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

/// How long a page may take to be what is waited for.
const WAIT: Duration = Duration::from_secs(20);
/// Where pictures of pages are put, if anybody wants to look at them.
const PICTURES: &str = "SIJIL_PICTURES";

/// The name of an element in WebDriver's answers.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Where Debian's packages put the browser and what leads it; `None` where they are missing, which
/// is a failure with `CI=true`.
fn programs() -> Option<(PathBuf, PathBuf)> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let find = |name: &str| {
        let mut all = std::env::split_paths(&path).map(|folder| folder.join(name));
        all.find(|program| program.exists())
    };
    let found = find("chromium").zip(find("chromedriver"));
    if found.is_none() {
        assert!(
            std::env::var("CI").as_deref() != Ok("true"),
            "chromium and chromedriver are missing: tests/run installs them"
        );
        eprintln!("skipped: no chromium and chromedriver (tests/run installs them)");
    }
    found
}

/// A browser with one window.
pub struct Browser {
    driver: Child,
    session: String,
    agent: ureq::Agent,
    /// Where the driver says more, which nobody hears.
    _said: Lines<BufReader<ChildStdout>>,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// A browser for which these names are addresses of this machine; `None` if there is none.
    pub fn start(names: &[&str]) -> Option<Browser> {
        let (browser, driver) = programs()?;
        let profile = tempfile::tempdir().expect("a temporary directory");
        // A group of its own, so that what the driver starts ends with it.
        let mut driver = Command::new(driver)
            .arg("--port=0")
            .process_group(0)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the driver starts");
        let mut lines = BufReader::new(driver.stdout.take().expect("stdout is piped")).lines();
        let port = lines.by_ref().map_while(Result::ok).find_map(|line| {
            let (_, port) = line.split_once("successfully on port ")?;
            port.trim_end_matches('.').parse::<u16>().ok()
        });
        let port = port.expect("the driver says where it listens");
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut led = Browser {
            driver,
            session: format!("http://127.0.0.1:{port}/session"),
            agent,
            _said: lines,
            _profile: profile,
        };
        let wanted = capabilities(&browser, led._profile.path(), names);
        let made = led.call("POST", "", &wanted);
        led.session += &format!("/{}", made["sessionId"].as_str().expect("a session"));
        Some(led)
    }

    /// Sends a command, and gives the value of its answer.
    fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        self.try_call(method, path, body).unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    fn try_call(&self, method: &str, path: &str, body: &Value) -> Result<Value, Value> {
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.session))
            .header("content-type", "application/json");
        let body = if method == "POST" { body.to_string() } else { String::new() };
        let answer = self.agent.run(request.body(body).expect("a request"));
        let mut answer = answer.map_err(|error| json!(error.to_string()))?;
        let is_fine = answer.status().is_success();
        let text = answer.body_mut().with_config().limit(1 << 26).read_to_string().expect("text");
        let mut value: Value = serde_json::from_str(&text).expect("JSON");
        if is_fine { Ok(value["value"].take()) } else { Err(value["value"].take()) }
    }

    /// Goes to an address.
    pub fn go(&self, url: &str) {
        self.call("POST", "/url", &json!({ "url": url }));
    }

    /// The address it is at.
    pub fn at(&self) -> String {
        self.call("GET", "/url", &Value::Null).as_str().expect("an address").to_owned()
    }

    /// Waits until it is at an address.
    pub fn comes_to(&self, url: &str) {
        self.wait(&format!("it is at {url}"), || self.at() == url);
    }

    fn wait(&self, what: &str, mut is_so: impl FnMut() -> bool) {
        let began = Instant::now();
        while !is_so() {
            assert!(began.elapsed() < WAIT, "{what}: it is at {} with {}", self.at(), self.text());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The element of a selector that is there, or comes to be.
    fn element(&self, css: &str) -> String {
        let wanted = json!({"using": "css selector", "value": css});
        let mut found = None;
        self.wait(&format!("{css} is there"), || {
            found = self.try_call("POST", "/element", &wanted).ok();
            found.is_some()
        });
        found.expect("it was found")[ELEMENT].as_str().expect("an element").to_owned()
    }

    /// Clicks.
    pub fn click(&self, css: &str) {
        self.call("POST", &format!("/element/{}/click", self.element(css)), &json!({}));
    }

    /// Types.
    pub fn types(&self, css: &str, text: &str) {
        self.call(
            "POST",
            &format!("/element/{}/value", self.element(css)),
            &json!({ "text": text }),
        );
    }

    /// The text of the page.
    pub fn text(&self) -> String {
        let text = self.runs("return document.body ? document.body.innerText : ''");
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the page has a text.
    pub fn shows(&self, text: &str) {
        self.wait(&format!("it shows {text:?}"), || self.text().contains(text));
    }

    /// Runs a script in the page, and gives what it returns; of a promise, what that comes to.
    pub fn runs(&self, script: &str) -> Value {
        self.call("POST", "/execute/sync", &json!({"script": script, "args": []}))
    }

    /// Makes the window so wide, and has the system prefer a scheme of colours.
    pub fn looks(&self, width: u32, scheme: &str) {
        let command = |cmd: &str, params: Value| {
            self.call("POST", "/goog/cdp/execute", &json!({"cmd": cmd, "params": params}));
        };
        let size = json!({
            "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false,
        });
        command("Emulation.setDeviceMetricsOverride", size);
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        command("Emulation.setEmulatedMedia", json!({"media": "", "features": features}));
    }

    /// What the console has had to say since it was asked last.
    pub fn console(&self) -> Vec<String> {
        let all = self.call("POST", "/se/log", &json!({"type": "browser"}));
        let all = all.as_array().expect("entries").iter();
        all.map(|entry| format!("{} {}", entry["level"], entry["message"])).collect()
    }

    /// Takes a picture of the page, where somebody wants one.
    pub fn picture(&self, name: &str) {
        let Some(folder) = std::env::var_os(PICTURES) else { return };
        let picture = self.call("GET", "/screenshot", &Value::Null);
        let bytes = STANDARD.decode(picture.as_str().expect("a picture")).expect("base64");
        std::fs::write(Path::new(&folder).join(format!("{name}.png")), bytes).expect("written");
    }
}

/// What browser is wanted: one that shows nothing, and asks nobody by itself.
fn capabilities(browser: &Path, profile: &Path, names: &[&str]) -> Value {
    let rules: Vec<String> = names.iter().map(|name| format!("MAP {name} 127.0.0.1")).collect();
    let arguments = [
        "--headless".to_owned(),
        "--no-sandbox".to_owned(),
        "--disable-gpu".to_owned(),
        "--disable-quic".to_owned(),
        "--disable-dev-shm-usage".to_owned(),
        "--no-first-run".to_owned(),
        "--disable-background-networking".to_owned(),
        "--disable-component-update".to_owned(),
        "--disable-sync".to_owned(),
        "--window-size=1000,700".to_owned(),
        format!("--user-data-dir={}", profile.display()),
        format!("--host-resolver-rules={}", rules.join(",")),
    ];
    json!({"capabilities": {"alwaysMatch": {
        "browserName": "chrome",
        "goog:chromeOptions": {"binary": browser, "args": arguments},
        "goog:loggingPrefs": {"browser": "ALL"},
    }}})
}

impl Drop for Browser {
    fn drop(&mut self) {
        drop(self.try_call("DELETE", "", &Value::Null));
        let group = format!("-{}", self.driver.id());
        drop(Command::new("kill").args(["-KILL", "--", &group]).status());
        drop(self.driver.wait());
    }
}
