//! `replay`, `rebuild` and `verify`. Invariant: `replay` and `verify` open to read only and never
//! repair.

use serde_json::{Value, json};
use sijil_ledger::Desk;
use sijil_schemas::Position;

use crate::{
    arguments::{Arguments, Rebuild, Replay},
    door::{self, Door},
    error::CliError,
    home::Home,
    house::{House, Mode},
    output::{Format, Rows, bar, say, write, write_object},
    place, read,
};

/// Rows that differ, said one by one.
const ROWS_SAID_MAX: usize = 20;

/// `sijil replay`.
pub(crate) fn replay(ledger: &Desk, arguments: &Replay, format: Format) -> Result<(), CliError> {
    let names = if arguments.projections.is_empty() {
        vec!["all".to_owned()]
    } else {
        arguments.projections.clone()
    };
    let (mut rows, mut differing) = (Vec::new(), Vec::new());
    for name in &names {
        let bar =
            bar("replaying", arguments.to.or_else(|| ledger.head().ok().map(|h| h.position.get())));
        let replay =
            ledger.replay(name, arguments.to.map(Position::new), arguments.threads, |at, _| {
                bar.set_position(at.get());
            })?;
        bar.finish_and_clear();
        say_differences(&serde_json::to_value(&replay.differences).unwrap_or_default());
        say(&format!(
            "{name}: {} records in {} ms, {} a second",
            replay.records,
            replay.millis,
            replay.records * 1000 / replay.millis.max(1)
        ));
        for one in replay.projections {
            let verdict = match one.agrees() {
                Some(true) => "equal",
                Some(false) => "DIFFERS",
                None => "not live there",
            };
            if one.agrees() == Some(false) {
                differing.push(format!("{} ({})", one.projection, one.differing_parts.join(", ")));
            }
            rows.push(json!({
                "projection": one.projection, "edition": one.edition, "position": one.position,
                "digest": one.digest, "live": one.live_digest, "verdict": verdict,
                "bytes": one.bytes, "first_difference": one.first_difference,
            }));
        }
    }
    write(
        &Rows::of_objects(
            &rows,
            &["projection", "edition", "position", "digest", "live", "verdict", "bytes"],
        ),
        format,
        &json!({ "projections": rows }),
    )?;
    if differing.is_empty() {
        Ok(())
    } else {
        Err(CliError::No(format!(
            "{} differ from their replay; run `sijil rebuild`",
            differing.join(", ")
        )))
    }
}

/// `sijil status`, where the ledger is here: what stands in the directory is told whatever its
/// state, and the exit code is that of `verify`.
pub(crate) fn status(
    house: &dyn House,
    arguments: &Arguments,
    format: Format,
) -> Result<(), CliError> {
    match place(house, arguments, Mode::Read) {
        Ok(place) => {
            read::status(&*place.door, format)?;
            let rolled_back = place.ledger.as_ref().and_then(|ledger| ledger.rolled_back());
            rolled_back.map_or(Ok(()), |why| Err(CliError::No(why.to_owned())))
        }
        Err(CliError::Corrupt(why)) => {
            write_object(&house.survey(&arguments.home())?, format)?;
            Err(CliError::Corrupt(why))
        }
        Err(error) => Err(error),
    }
}

/// `sijil rebuild`.
pub(crate) fn rebuild(
    door: &dyn Door,
    arguments: &Rebuild,
    format: Format,
) -> Result<(), CliError> {
    let word = match arguments {
        Rebuild { rollback: true, .. } => "rollback",
        Rebuild { no_switch: true, .. } => "rebuild?switch=no",
        Rebuild { .. } => "rebuild",
    };
    let path = format!("/v1/projections/{}/{word}", door::escaped(&arguments.projection));
    let answer =
        door::post(door, &path, "application/json", Vec::new(), Box::new(std::io::empty()))?;
    let rows = answer["projections"].as_array().cloned().unwrap_or_default();
    say_differences(&answer["differences"]);
    if answer["kept"] == true {
        say("what was replaced is kept; `sijil rebuild --rollback` puts it back");
    }
    write(
        &Rows::of_objects(
            &rows,
            &[
                "projection",
                "edition",
                "position",
                "digest",
                "live_digest",
                "bytes",
                "differing_parts",
            ],
        ),
        format,
        &answer,
    )
}

/// The rows that differ, for a person; nothing if digests were equal.
fn say_differences(differences: &Value) {
    let Some(shown) = differences["shown"].as_array() else { return };
    say(&format!(
        "{} rows differ in the answers to {} questions{}",
        differences["rows"],
        differences["questions"],
        if shown.is_empty() { "" } else { ":" }
    ));
    for row in shown.iter().take(ROWS_SAID_MAX) {
        let parameters: Vec<String> = row["parameters"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, value)| format!(" {name}={}", text(value)))
            .collect();
        let key: Vec<String> = row["key"].as_array().into_iter().flatten().map(text).collect();
        say(&format!(
            "  {}{} [{}]: {}",
            text(&row["report"]),
            parameters.concat(),
            key.join(", "),
            changes(&row["before"], &row["after"])
        ));
    }
    if shown.len() > ROWS_SAID_MAX {
        say("  … (--format json tells more)");
    }
}

/// The columns that differ, as `name before → after`.
fn changes(before: &Value, after: &Value) -> String {
    match (before.as_object(), after.as_object()) {
        (Some(before), Some(after)) => {
            let differing = before.iter().filter(|(name, value)| after.get(*name) != Some(value));
            differing
                .map(|(name, value)| format!("{name} {} → {}", text(value), text(&after[name])))
                .collect::<Vec<_>>()
                .join(", ")
        }
        (None, _) => "was not there".into(),
        (_, None) => "is not there".into(),
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}

/// `sijil verify`.
pub(crate) fn verify(
    house: &dyn House,
    home: &Home,
    threads: usize,
    format: Format,
) -> Result<(), CliError> {
    let bar = bar("verifying", None);
    let shown = bar.clone();
    let report =
        house.verify(home, threads, Box::new(move |records| shown.set_position(records)))?;
    bar.finish_and_clear();
    let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    let damage: Vec<String> =
        report.damage.iter().chain(&report.derived).map(ToString::to_string).collect();
    write_object(
        &json!({
            "position": report.position, "root": hex(&report.root), "records": report.records,
            "batches": report.batches, "segments": report.segments, "bytes": report.bytes,
            "erased": report.erased, "damage": damage,
            "torn": report.torn.as_ref().map(ToString::to_string),
            "live": report.live, "copy": report.copy.as_ref().map(ToString::to_string),
        }),
        format,
    )?;
    if let Some(copy) = &report.copy {
        say(&copy.to_string());
    }
    if let Some(torn) = &report.torn {
        say(&format!(
            "the last write was cut short and never acknowledged; the next opening removes it: \
             {torn}"
        ));
    }
    // What was cut short was never acknowledged: that is said, and no damage.
    if damage.is_empty() {
        let rolled_back = if report.copy.is_none() { house.rolled_back(home)? } else { None };
        rolled_back.map_or(Ok(()), |why| Err(CliError::No(format!("rolled_back: {why}"))))
    } else {
        Err(CliError::Corrupt(format!(
            "{} places are not as they were written:\n{}",
            damage.len(),
            damage.join("\n")
        )))
    }
}
