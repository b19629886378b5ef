//! What the ledger itself is made of, for whoever looks after it: how it stands, its folds, and the
//! proof of a record. Invariant: what is done to a fold is asked for by a button, never by an
//! address that is only looked at.

use maud::{Markup, html};
use sijil_ledger::{AuditError, Denied, ProveError, Replay, Replayed};
use sijil_schemas::{May, Position, RightFamily};

use super::Came;
use crate::{
    form::Filled,
    frame::Leaf,
    link::Link,
    parts::safe,
    reader::{Reader, Trouble},
    words::Say,
};

/// The most rows that are shown of what differs.
const DIFFERING_MAX: usize = 30;

impl From<AuditError> for Trouble {
    fn from(error: AuditError) -> Trouble {
        Trouble { kind: error.kind(), detail: error.to_string() }
    }
}
impl From<ProveError> for Trouble {
    fn from(error: ProveError) -> Trouble {
        Trouble { kind: error.kind(), detail: error.to_string() }
    }
}

/// Whoever watches over the server may see how it stands.
fn watches(reader: &Reader<'_>) -> Result<(), Trouble> {
    let may = |may| reader.desk.may(may, RightFamily::System);
    Ok(may(May::Operate).or_else(|_: Denied| may(May::Audit))?)
}

/// How the ledger stands.
pub(super) fn house(reader: &Reader<'_>) -> Result<Leaf, Trouble> {
    watches(reader)?;
    let (desk, words) = (reader.desk, reader.words());
    let head = desk.head()?;
    let why = desk.poisoned().or_else(|| desk.stale()).or_else(|| desk.why_read_only());
    let count = |number: u64| words.count(number);
    let of =
        |counter: &std::sync::atomic::AtomicU64| counter.load(std::sync::atomic::Ordering::Relaxed);
    let counters = desk.counters();
    let waiting = counters.waiting.load(std::sync::atomic::Ordering::Relaxed) as u64;
    let is_backed_up = counters.is_backed_up.load(std::sync::atomic::Ordering::Relaxed);
    let said = reader.say(Say::House);
    let fact = |name: &str, value: Markup| html! { dt { (reader.term(name)) } dd { (value) } };
    let plain = |text: String| html! { bdi { (text) } };
    let body = html! {
        h1 { (said) }
        @if desk.writable() {
            p.fine role="status" { (reader.say(Say::TakesWrites)) }
        } @else {
            p.note.bad role="status" {
                span { (reader.say(Say::TakesNoWrites)) " "
                    @if let Some(why) = &why { bdi lang="en" { (safe(why)) } }
                }
            }
        }
        div.grid.half {
            section.card aria-labelledby="log" {
                h2 #log { (reader.say(Say::Log)) }
                dl.facts {
                    (fact("ledger", html! { bdi.mono.long { (desk.id()) } }))
                    (fact("position", plain(count(head.position.get()))))
                    (fact("folded", plain(count(desk.folded().get()))))
                    (fact("root", html! { bdi.mono.long { (hex(&head.root)) } }))
                    @if let Some(at) = desk.views().recorded_at() {
                        (fact("recorded_at", html! { (reader.moment(at)) }))
                    }
                    @if let Ok(key) = desk.vkey() {
                        (fact("vkey", html! { bdi.mono.long { (key) } }))
                    }
                }
            }
            section.card aria-labelledby="work" {
                h2 #work { (reader.say(Say::SinceStart)) }
                dl.facts {
                    (fact("records", plain(count(of(&counters.records)))))
                    (fact("batches", plain(count(of(&counters.batches)))))
                    (fact("refused", plain(count(of(&counters.refused)))))
                    (fact("waiting", plain(count(waiting))))
                    @if is_backed_up {
                        (fact("backup", html! {
                            bdi { (count(of(&counters.backup_position))) }
                        }))
                    }
                }
            }
        }
        p.acts {
            a.btn href=(reader.to(&Link::Projections)) { (reader.say(Say::Projections)) }
            a.btn href="/checkpoint" { (reader.say(Say::Checkpoint)) }
            a.btn href="/metrics" { "/metrics" }
        }
    };
    Ok(Leaf { title: said.to_owned(), body })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Every fold, with what can be done to it.
pub(super) fn projections(reader: &Reader<'_>) -> Result<Leaf, Trouble> {
    watches(reader)?;
    let said = reader.say(Say::Projections);
    let (views, mut kept) = (reader.desk.views(), reader.desk.kept());
    let operates = reader.desk.may(May::Operate, RightFamily::System).is_ok();
    let words = reader.words();
    let statuses = views.status();
    let body = html! {
        p.crumb { a href=(reader.to(&Link::House)) { (reader.say(Say::House)) } }
        h1 { (said) }
        p.lede { (reader.say(Say::ProjectionsLede)) }
        section.card.flush aria-label=(said) {
            div.scroll tabindex="0" role="group" aria-label=(said) { table {
                thead { tr {
                    th scope="col" { (reader.say(Say::Name)) }
                    th.n scope="col" { (reader.term("edition")) }
                    th.n scope="col" { (reader.term("position")) }
                    th.n scope="col" { (reader.term("bytes")) }
                    th.n scope="col" { (reader.term("quarantine")) }
                    th scope="col" { (reader.term("kept")) }
                    @if operates { th scope="col" { (reader.say(Say::Rebuild)) } }
                } }
                tbody { @for status in &statuses {
                    @let kept = kept.remove(status.name);
                    tr {
                        th.row scope="row" { bdi { (status.name) } }
                        td.n { bdi { (words.count(u64::from(status.edition))) } }
                        td.n { bdi { (words.count(views.position().get())) } }
                        td.n {
                            @let bytes = status.memory.iter().map(|(_, of)| of).sum::<u64>();
                            bdi { (words.count(bytes)) }
                        }
                        td.n { bdi { (words.count(status.quarantine.len() as u64)) } }
                        td { @if let Some(kept) = &kept {
                            bdi { "#" (words.count(kept.position.get())) }
                        } }
                        @if operates { td { (buttons(reader, status.name, kept.is_some())) } }
                    }
                } }
            } }
        }
        @for status in statuses.iter().filter(|status| !status.quarantine.is_empty()) {
            section.card {
                h2 { (reader.term("quarantine")) ": " bdi { (status.name) } }
                ul.values { @for set in &status.quarantine { li lang="en" dir="auto" {
                    (reader.record(set.position)) " " (safe(&set.reason))
                } } }
            }
        }
    };
    Ok(Leaf { title: said.to_owned(), body })
}

fn buttons(reader: &Reader<'_>, name: &str, is_kept: bool) -> Markup {
    let action = reader.to(&Link::Projection(name.to_owned()));
    let label = |say: Say| format!("{}: {name}", reader.say(say));
    html! {
        form.acts method="post" action=(action) {
            button.btn name="~op" value="compare" aria-label=(label(Say::CompareOnly)) {
                (reader.say(Say::CompareOnly))
            }
            button.btn name="~op" value="rebuild" aria-label=(label(Say::RebuildSwitch)) {
                (reader.say(Say::RebuildSwitch))
            }
            @if is_kept {
                button.btn name="~op" value="rollback" aria-label=(label(Say::PutBack)) {
                    (reader.say(Say::PutBack))
                }
            }
        }
    }
}

/// Does what a button asks of a fold, and says what came of it.
pub(super) fn sent(reader: &Reader<'_>, name: &str, body: &[u8]) -> Result<Came, Trouble> {
    let filled = Filled::read(body).ok_or_else(|| Trouble::twice("a field"))?;
    let replay = match filled.get("~op") {
        "compare" => reader.desk.rebuild(name, false)?,
        "rebuild" => reader.desk.rebuild(name, true)?,
        "rollback" => reader.desk.rollback(name)?,
        other => {
            return Err(Trouble::not_found(format!(
                "expected compare, rebuild or rollback, got {:?}",
                other.chars().take(40).collect::<String>()
            )));
        }
    };
    Ok(Came::Shown(told(reader, name, &replay)))
}

/// What a rebuild found.
fn told(reader: &Reader<'_>, name: &str, replay: &Replay) -> Leaf {
    let words = reader.words();
    let agrees = replay.projections.iter().all(|one| one.agrees() == Some(true));
    let differing = replay.differences.as_ref();
    let said = reader.say(Say::Rebuild);
    let digest = |one: &Replayed| {
        html! {
            dt { bdi { (one.projection) } }
            dd {
                bdi.mono.long { (one.digest) }
                @if let Some(live) = &one.live_digest {
                    small { (reader.say(Say::LiveDigest)) " " bdi.mono.long { (live) } }
                }
            }
        }
    };
    let body = html! {
        p.crumb { a href=(reader.to(&Link::Projections)) { (reader.say(Say::Projections)) } }
        h1 { (said) " " bdi { (name) } }
        @if agrees {
            p.fine role="status" { (reader.say(Say::DigestsEqual)) }
        } @else {
            p.note.bad role="status" { (reader.say(Say::DigestsDiffer)) }
        }
        p.lede {
            (reader.says(
                Say::Rebuilt,
                &[&words.count(replay.records), &words.count(replay.millis)],
            ))
            @if replay.switched { " " (reader.say(Say::Switched)) }
            @if replay.kept { " " (reader.say(Say::KeptBack)) }
        }
        section.card aria-label=(said) {
            dl.facts { @for one in &replay.projections { (digest(one)) } }
        }
        @if let Some(all) = differing {
            section.card {
                p { (reader.says(Say::Rows, &[&words.count(all.rows as u64)])) }
                pre tabindex="0" dir="ltr" { @for row in all.shown.iter().take(DIFFERING_MAX) {
                    (safe(&serde_json::to_string(row).unwrap_or_default())) "\n"
                } }
            }
        }
    };
    Leaf { title: said.to_owned(), body }
}

/// The proof of one record, and how it is checked elsewhere.
pub(super) fn proof(reader: &Reader<'_>, position: Position) -> Result<Leaf, Trouble> {
    let proof = reader.desk.prove(position)?;
    let said = reader.says(Say::ProofOf, &[&reader.words().count(position.get())]);
    let key = reader.desk.vkey()?;
    let body = html! {
        p.crumb {
            a href=(reader.to(&Link::Record(position))) {
                (reader.says(Say::RecordNo, &[&reader.words().count(position.get())]))
            }
        }
        h1 { (said) }
        p.lede { (reader.say(Say::ProofLede)) }
        p.acts {
            a.btn.pri href={ "/v1/events/" (position) "/proof" }
                download={ "record-" (position) ".tlog-proof" } { (reader.say(Say::Download)) }
        }
        div.grid.half {
            section.card aria-labelledby="text" {
                h2 #text { (reader.say(Say::AsJson)) }
                pre tabindex="0" dir="ltr" { code { (proof) } }
            }
            section.card aria-labelledby="how" {
                h2 #how { (reader.say(Say::HowChecked)) }
                p { (reader.say(Say::CheckWith)) }
                pre tabindex="0" dir="ltr" { code {
                    "sijil check record-" (position) ".tlog-proof \\\n  --key '" (key) "'"
                } }
                dl.facts {
                    dt { (reader.term("vkey")) } dd { bdi.mono.long { (key) } }
                }
            }
        }
    };
    Ok(Leaf { title: said, body })
}
