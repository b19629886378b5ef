//! Witnesses: asked beside the server, and one of our own. Invariant: whatever a witness does or
//! leaves undone delays the cosigned checkpoint and nothing else.

use std::{
    io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, Sender, SyncSender, channel, sync_channel},
    },
    thread::{Builder, JoinHandle},
    time::{Duration, Instant},
};

use sijil_cli::{CliError, Witnessing, door};
use sijil_ledger::{Desk, SignedCheckpoint};
use sijil_proof::{
    cosignature::{Cosigner, WitnessKey},
    note::Signature,
    policy::{KnownWitness, Policy},
    tree::Hash,
};
use sijil_schemas::Position;
use sijil_witness::{Answered, Witness, cosignature};

use crate::checkpoints::WITNESS;

/// How often it is looked whether there is something to ask, or to hear.
const LOOK: Duration = Duration::from_millis(50);
/// A checkpoint has at least so long before the next one.
const ROUND_MIN: Duration = Duration::from_secs(1);
/// After so long a checkpoint that is not cosigned by enough is asked for again, as a newer one.
const AGAIN: Duration = Duration::from_secs(3);
/// After so long it is, also while a witness is still waited for.
const ROUND_MAX: Duration = Duration::from_secs(15);
/// How long a witness may take.
const ANSWER_MAX: Duration = Duration::from_secs(10);
/// Nothing that a witness answers is longer.
const ANSWER_BYTES_MAX: u64 = 64 * 1024;

/// Asks witnesses until it is dropped.
pub(crate) struct Keeper {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    /// Begins to ask the witnesses of a policy.
    pub(crate) fn start(desk: &Desk, policy: Policy) -> Result<Keeper, CliError> {
        let (heard, answers) = channel();
        let mut asked = Vec::new();
        for (number, witness) in policy.witnesses().iter().enumerate() {
            match Line::to(desk, number, witness, &heard)? {
                Some(line) => asked.push(line),
                None => tracing::warn!(witness.name, "the policy says no address of a witness"),
            }
        }
        let stop = Arc::new(AtomicBool::new(false));
        let (told, desk) = (stop.clone(), desk.clone());
        let run = move || Rounds { desk, policy, asked, answers }.run(&told);
        let thread = Builder::new().name("witnesses".into()).spawn(run)?;
        Ok(Keeper { stop, thread: Some(thread) })
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("what asks witnesses panicked");
        }
    }
}

/// What a witness said of a checkpoint of so many records.
struct Heard {
    witness: usize,
    size: u64,
    said: Result<Signature, String>,
}

/// One witness, and the thread that waits for it: one that hangs keeps nobody else from being
/// asked.
struct Line {
    witness: usize,
    name: String,
    checkpoints: SyncSender<Arc<SignedCheckpoint>>,
    /// The size it was asked about and has not answered.
    waits: Option<u64>,
    /// The size it was asked about last.
    asked: Option<u64>,
    /// What it last said instead of signing.
    wrong: Option<String>,
}

impl Line {
    fn to(
        desk: &Desk,
        number: usize,
        witness: &KnownWitness,
        heard: &Sender<Heard>,
    ) -> Result<Option<Line>, CliError> {
        let Some(url) = &witness.url else { return Ok(None) };
        let agent = door::agent(url, None, Some(ANSWER_MAX))?;
        let url = format!("{}/add-checkpoint", url.trim_end_matches('/'));
        let (checkpoints, next) = sync_channel::<Arc<SignedCheckpoint>>(1);
        let (desk, key, heard) = (desk.clone(), witness.key.clone(), heard.clone());
        // It is not waited for when the server ends: it may hang as long as it may take.
        Builder::new().name("witness".into()).spawn(move || {
            let mut known = 0;
            while let Ok(signed) = next.recv() {
                let size = signed.checkpoint.size;
                let post = |body| post(&agent, &url, body);
                let said = ask(&desk, &key, &signed, &mut known, &post);
                if heard.send(Heard { witness: number, size, said }).is_err() {
                    return;
                }
            }
        })?;
        let (name, witness) = (witness.name.clone(), number);
        Ok(Some(Line { witness, name, checkpoints, waits: None, asked: None, wrong: None }))
    }
}

fn ask(
    desk: &Desk,
    key: &WitnessKey,
    signed: &SignedCheckpoint,
    known: &mut u64,
    post: &dyn Fn(String) -> io::Result<Answered>,
) -> Result<Signature, String> {
    let size = signed.checkpoint.size;
    let prove = |from| -> Result<Vec<Hash>, String> {
        let proof = desk.consistency(Position::new(from), Position::new(size));
        proof.map(|proof| proof.path).map_err(|error| error.to_string())
    };
    let found = cosignature(key, (&signed.note, size), known, &prove, post);
    found.map_err(|error| error.to_string())
}

fn post(agent: &ureq::Agent, url: &str, body: String) -> io::Result<Answered> {
    let sent = agent.post(url).header("content-type", "text/plain").send(body);
    let mut answer = sent.map_err(io::Error::other)?;
    let media = answer.headers().get("content-type").and_then(|media| media.to_str().ok());
    let media = media.unwrap_or_default().to_owned();
    let body = answer.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_string();
    Ok(Answered { status: answer.status().as_u16(), media, body: body.map_err(io::Error::other)? })
}

/// A checkpoint for which witnesses are asked.
struct Round {
    signed: Arc<SignedCheckpoint>,
    /// The same with the cosignatures so far.
    cosigned: SignedCheckpoint,
    began: Instant,
    holds: bool,
}

/// Asks all witnesses for one checkpoint after another.
struct Rounds {
    desk: Desk,
    policy: Policy,
    asked: Vec<Line>,
    answers: Receiver<Heard>,
}

impl Rounds {
    fn run(mut self, told: &AtomicBool) {
        let mut round: Option<Round> = None;
        while !told.load(Ordering::Acquire) {
            if self.is_over(round.as_ref()) {
                round = self.begun(round);
            }
            if let Some(round) = &round {
                self.ask(&round.signed);
            }
            match self.answers.recv_timeout(LOOK) {
                Ok(heard) => self.hear(heard, round.as_mut()),
                // Without witnesses nothing is ever heard.
                Err(_) if self.asked.is_empty() => std::thread::sleep(LOOK),
                Err(_) => (),
            }
        }
    }

    /// Whether another checkpoint should be cosigned than that of this round.
    fn is_over(&self, round: Option<&Round>) -> bool {
        let Some(round) = round else { return true };
        let (size, lasted) = (round.signed.checkpoint.size, round.began.elapsed());
        if round.holds {
            return lasted >= ROUND_MIN && self.desk.durable().get() > size;
        }
        let is_waited_for = self.asked.iter().any(|line| line.waits == Some(size));
        lasted >= if is_waited_for { ROUND_MAX } else { AGAIN }
    }

    fn begun(&mut self, before: Option<Round>) -> Option<Round> {
        if before.is_some_and(|before| !before.holds) {
            // Those that signed are asked again, too: all must sign one checkpoint.
            self.asked.iter_mut().for_each(|line| line.asked = None);
        }
        match self.desk.checkpoint(Position::ZERO) {
            Ok(signed) => {
                let mut round = Round {
                    cosigned: (*signed).clone(),
                    signed,
                    began: Instant::now(),
                    holds: false,
                };
                self.look(&mut round);
                Some(round)
            }
            Err(error) => {
                self.desk.keep_cosigned(Err(error.to_string()));
                std::thread::sleep(LOOK);
                None
            }
        }
    }

    fn ask(&mut self, signed: &Arc<SignedCheckpoint>) {
        let size = signed.checkpoint.size;
        for line in &mut self.asked {
            let is_new = line.asked != Some(size);
            if line.waits.is_none() && is_new && line.checkpoints.try_send(signed.clone()).is_ok() {
                (line.waits, line.asked) = (Some(size), Some(size));
            }
        }
    }

    fn hear(&mut self, heard: Heard, round: Option<&mut Round>) {
        let Heard { witness, size, said } = heard;
        let Some(line) = self.asked.iter_mut().find(|line| line.witness == witness) else { return };
        line.waits = None;
        match said {
            Ok(signature) => {
                line.wrong = None;
                if let Some(round) = round.filter(|round| round.signed.checkpoint.size == size) {
                    round.cosigned.note = round.cosigned.note.clone().with(signature);
                    self.look(round);
                }
            }
            Err(why) => {
                if line.wrong.as_ref() != Some(&why) {
                    tracing::warn!(line.name, why, "a witness does not cosign");
                }
                line.wrong = Some(why);
                self.tell();
            }
        }
    }

    /// Keeps the checkpoint as soon as enough have cosigned it, and with each who does later.
    fn look(&self, round: &mut Round) {
        round.holds = self.policy.holds(&round.cosigned.note);
        if round.holds {
            self.desk.keep_cosigned(Ok(round.cosigned.clone()));
        } else {
            self.tell();
        }
    }

    /// Says why there is no cosigned checkpoint, as long as there is none.
    fn tell(&self) {
        let said = |line: &Line| {
            let word = line.wrong.as_deref().unwrap_or("it is waited for, or has cosigned");
            format!("{}: {word}", line.name)
        };
        let said: Vec<String> = self.asked.iter().map(said).collect();
        let why = format!("{} witnesses are asked; {}", said.len(), said.join("; "));
        self.desk.keep_cosigned(Err(why));
    }
}

/// The witness that remembers in a directory, with the key that stands there or is made.
pub(crate) fn opened(word: &Witnessing) -> Result<Witness, CliError> {
    let dir: &Path = &word.dir;
    let reach = |error: io::Error| CliError::Reach(format!("{}: {error}", dir.display()));
    let seed = match WITNESS.stood(dir).map_err(reach)? {
        Some(seed) => seed,
        None => WITNESS.made(dir).map_err(reach)?,
    };
    let cosigner = Cosigner::new(&word.name, &seed);
    let cosigner = cosigner.map_err(|error| CliError::Use(format!("--name: {error}")))?;
    Witness::open(dir, cosigner, word.keys()?).map_err(reach)
}
