//! `demo`: fills a ledger with the demo company and serves it. Invariant: making it twice adds
//! nothing, and a ledger that is not this very demo is left alone.

use std::path::Path;

use serde_json::{Value, json};
use sijil_demo::Company;

use crate::{
    Beside, CliError, House, Listen, Mode,
    arguments::{Arguments, Demo},
    credential,
    door::{Door, get},
    home::shown,
    output::say,
    place,
    sending::{Lines, sent, tell},
};

/// `sijil demo`.
pub(crate) fn demo(house: &dyn House, arguments: &Arguments, demo: &Demo) -> Result<(), CliError> {
    if demo.events == 0 {
        return Err(CliError::Use("--events: expected 1 or more, got 0".into()));
    }
    let listen = Listen {
        http: demo.listen,
        grpc: None,
        public: None,
        open: demo.open,
        guard: demo.guard.clone(),
    };
    if !demo.no_serve {
        demo.guard.check(demo.listen, "HTTP")?;
        credential::check_open(&listen)?;
    }
    let company = Company::new(demo.seed, demo.events);
    let place = place(house, arguments, Mode::Write)?;
    fill(&*place.door, company, arguments, demo)?;
    let (events, home) = (demo.events, arguments.home());
    match &place.ledger {
        Some(ledger) if !demo.no_serve => {
            let (data, own) = (arguments.data.clone(), what_to_say(arguments));
            house.serve(
                ledger,
                &arguments.home(),
                listen,
                Beside::default(),
                Box::new(move |listening, code| {
                    let url = format!("{}://{}", listening.guard.scheme(), listening.http);
                    let here = format!("--server {url} {own}");
                    say(&format!(
                        "serving {home} on {url} (reference: {url}/docs)\n{}\n{}",
                        credential::how(&data, &listening, code.as_ref()),
                        what_next(&here, Some((&url, &data)), events)
                    ));
                }),
            )
        }
        Some(_) | None => {
            let here = arguments
                .server
                .as_ref()
                .map_or_else(|| what_to_say(arguments), |url| format!("--server {url}"));
            let data = arguments.data.clone();
            say(&what_next(&here, arguments.server.as_deref().map(|url| (url, &*data)), events));
            Ok(())
        }
    }
}

/// Tells the story from where the ledger stands in it to its end.
fn fill(
    door: &dyn Door,
    company: Company,
    arguments: &Arguments,
    demo: &Demo,
) -> Result<(), CliError> {
    let head = get(door, "/v1/log".into())?["position"].as_u64().unwrap_or(0);
    let known = if head == 0 { 0 } else { told(door, &company, head, arguments, demo)? };
    if known == demo.events {
        say(&format!("all {known} events of this demo are here; nothing was sent"));
        return tell(
            &json!({"recorded": 0, "known": known, "refused": 0, "position": head, "refusals": []}),
            arguments.format,
        );
    }
    if known > 0 {
        say(&format!(
            "{known} of {} events of this demo are here; it goes on from there",
            demo.events
        ));
    }
    let rest = company.skip(usize::try_from(known).unwrap_or(usize::MAX));
    let mut report = sent(door, Box::new(Lines::new(rest)), Some(demo.events - known))?;
    report["known"] = json!(report["known"].as_u64().unwrap_or(0) + known);
    tell(&report, arguments.format)
}

/// How many events the ledger holds of the story, from its first one on without a gap. A ledger
/// that is not this very demo is left alone.
fn told(
    door: &dyn Door,
    company: &Company,
    head: u64,
    arguments: &Arguments,
    demo: &Demo,
) -> Result<u64, CliError> {
    let at = |position: u64| get(door, format!("/v1/events/{position}"));
    let is_there = |position: u64| {
        Ok::<bool, CliError>(
            at(position)?["id"].as_str() == Some(company.event_id(position).to_string().as_str()),
        )
    };
    if !is_there(1)? {
        return Err(another(&at(1)?, arguments, demo));
    }
    // The story is told in order into an empty ledger, so an event that stands at its own number
    // has all before it in front of it.
    let (mut known, mut beyond) = (1, head.min(demo.events) + 1);
    let mut probe = beyond - 1;
    while beyond - known > 1 {
        if is_there(probe)? {
            known = probe;
        } else {
            beyond = probe;
        }
        probe = known.midpoint(beyond);
    }
    Ok(known)
}

fn another(first: &Value, arguments: &Arguments, demo: &Demo) -> CliError {
    let there = arguments.server.clone().unwrap_or_else(|| arguments.home().to_string());
    let (seed, events) = (demo.seed, demo.events);
    let whose = first["data"]["company"].as_str().unwrap_or("unknown");
    CliError::No(format!(
        "{there} holds another ledger (company {whose}): expected none yet, or the demo of seed \
         {seed} with {events} events; nothing was recorded. Give the demo a directory of its own \
         with --data DIR, or the --seed and --events this one was made with"
    ))
}

/// The options that lead to this ledger.
fn what_to_say(arguments: &Arguments) -> String {
    let data = format!("--data {}", quoted(&arguments.data));
    arguments.log.as_ref().map_or(data.clone(), |log| format!("{data} --log '{}'", shown(log)))
}

fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    if text.chars().all(plain) { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

/// Questions of both clocks, for a person who has just begun.
fn what_next(place: &str, server: Option<(&str, &Path)>, events: u64) -> String {
    let half = (events / 2).max(1);
    let words = [
        "query financials by=quarter".to_owned(),
        "query trial_balance --as-of 2024-12-31".to_owned(),
        "query receivables --as-of 2025-06-30 group=client".to_owned(),
        format!("query receivables --as-of 2024-12-31 --known-at {half}"),
        format!("restate receivables --as-of 2025-02-28 --since {half}"),
        "query funnel from=2024-01-01 to=2024-12-31 pipeline=trade --as-of 2024-12-31".to_owned(),
        "query kpi from=2025-01-01 to=2025-03-31 by=department --as-of 2025-03-31".to_owned(),
        "query sales from=2024-01-01 to=2025-12-31 group=owner".to_owned(),
        "query client_timeline client=C-1".to_owned(),
        "query valuation --as-of 2025-12-31 group=all".to_owned(),
    ];
    let mut lines: Vec<String> = words.iter().map(|w| format!("  sijil {place} {w}")).collect();
    match server {
        Some((url, data)) => lines.extend(
            [
                "/v1/reports",
                "/v1/reports/receivables?as_of=2025-06-30&group=client",
                "/v1/clients/C-1",
                "/v1/events?type=employee.work_handed_over",
                "/v1/log",
            ]
            .map(|path| format!("  curl -H @{} '{url}{path}'", quoted(&data.join("keys/curl")))),
        ),
        None => lines
            .extend(["verify", "replay", "serve"].map(|word| format!("  sijil {place} {word}"))),
    }
    format!("what to try next:\n{}", lines.join("\n"))
}
