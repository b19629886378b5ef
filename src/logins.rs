//! The sign-in provider, asked beside the server. Invariant: whatever it does or leaves undone,
//! keys and sessions go on as before; its word counts only while its keys are known.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{Builder, JoinHandle},
    time::{Duration, Instant},
};

use sijil_cli::{CliError, SignIn, door};
use sijil_oidc::{Answer, Provider, Wire};

/// How often its keys are asked for.
const EVERY: Duration = Duration::from_secs(600);
/// The same while it was not reached, and when a token names a key that is not known.
const AGAIN: Duration = Duration::from_secs(5);
/// How often it is looked whether there is something to ask.
const LOOK: Duration = Duration::from_millis(50);
/// How long it may take to answer.
const ANSWER_MAX: Duration = Duration::from_secs(10);
/// Nothing that it answers is longer.
const ANSWER_BYTES_MAX: u64 = 1024 * 1024;

/// The provider that was named, if one was.
pub(crate) fn provider(named: &SignIn) -> Result<Option<Arc<Provider>>, CliError> {
    let Some(config) = named.provider()? else { return Ok(None) };
    let agent = door::agent(&config.issuer, named.oidc_ca.as_deref(), Some(ANSWER_MAX))?;
    let provider = Provider::new(config, Box::new(Line { agent }));
    provider.map(|it| Some(Arc::new(it))).map_err(|error| CliError::Use(error.to_string()))
}

/// The way to the provider.
struct Line {
    agent: ureq::Agent,
}

impl Wire for Line {
    fn get(&self, url: &str) -> io::Result<Answer> {
        answer(self.agent.get(url).header("accept", "application/json").call())
    }
    fn post(&self, url: &str, form: &str, client: Option<(&str, &str)>) -> io::Result<Answer> {
        let mut request = self
            .agent
            .post(url)
            .header("accept", "application/json")
            .header("content-type", "application/x-www-form-urlencoded");
        if let Some((id, secret)) = client {
            request = request.header("authorization", door::basic(id, secret));
        }
        answer(request.send(form))
    }
}

fn answer(got: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> io::Result<Answer> {
    let mut answer = got.map_err(io::Error::other)?;
    let body = answer.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec();
    Ok(Answer { status: answer.status().as_u16(), body: body.map_err(io::Error::other)? })
}

/// Asks for the provider's keys until it is dropped.
pub(crate) struct Keeper {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    /// Begins to ask.
    pub(crate) fn start(provider: Arc<Provider>) -> io::Result<Keeper> {
        let stop = Arc::new(AtomicBool::new(false));
        let told = stop.clone();
        let run = move || {
            // What it last said of itself that was no good is told once.
            let mut wrong: Option<String> = None;
            let mut asked: Option<Instant> = None;
            while !told.load(Ordering::Acquire) {
                let is_wanted = wrong.is_some() || provider.is_wanting();
                let pause = if is_wanted { AGAIN } else { EVERY };
                if asked.is_some_and(|asked| asked.elapsed() < pause) {
                    std::thread::sleep(LOOK);
                    continue;
                }
                asked = Some(Instant::now());
                let told = if is_wanted { provider.refresh() } else { provider.renew() };
                let now_wrong = told.err().map(|error| error.to_string());
                if now_wrong != wrong {
                    match &now_wrong {
                        Some(why) => tracing::warn!(why, "the sign-in provider gives no keys"),
                        None => tracing::info!("the sign-in provider's keys are known"),
                    }
                }
                wrong = now_wrong;
            }
        };
        let thread = Builder::new().name("logins".into()).spawn(run)?;
        Ok(Keeper { stop, thread: Some(thread) })
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        // It ends within a request to the provider, which takes so long at most.
        self.stop.store(true, Ordering::Release);
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread that asks for the provider's keys panicked");
        }
    }
}
