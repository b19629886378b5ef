//! `replay` and `verify`. Invariant: they open to read only and never repair.

use serde_json::json;
use sijil_ledger::{Ledger, ReadError};
use sijil_schemas::Position;

use crate::{
    arguments::Replay,
    error::CliError,
    home::Home,
    house::House,
    output::{Format, Rows, bar, say, write, write_object},
};

/// `sijil replay`.
pub(crate) fn replay(ledger: &Ledger, arguments: &Replay, format: Format) -> Result<(), CliError> {
    let names = if arguments.projections.is_empty() { vec!["all".to_owned()] } else { arguments.projections.clone() };
    let (mut rows, mut differing) = (Vec::new(), Vec::new());
    for name in &names {
        let bar = bar("replaying", arguments.to.or_else(|| ledger.head().ok().map(|h| h.position.get())));
        let replay = ledger.replay(name, arguments.to.map(Position::new), arguments.threads, |at, _| bar.set_position(at.get()))?;
        bar.finish_and_clear();
        say(&format!("{name}: {} records in {} ms, {} a second", replay.records, replay.millis, replay.records * 1000 / replay.millis.max(1)));
        for one in replay.projections {
            let verdict = match one.agrees() {
                Some(true) => "equal",
                Some(false) => "DIFFERS",
                None => "not live there",
            };
            if one.agrees() == Some(false) {
                differing.push(one.projection);
            }
            rows.push(json!({"projection": one.projection, "edition": one.edition, "position": one.position, "digest": one.digest,
                "live": one.live_digest, "verdict": verdict, "bytes": one.bytes, "first_difference": one.first_difference}));
        }
    }
    write(&Rows::of_objects(&rows, &["projection", "edition", "position", "digest", "live", "verdict", "bytes"]), format, &json!({ "projections": rows }))?;
    if differing.is_empty() { Ok(()) } else { Err(CliError::No(format!("{} differ from their replay; run `sijil rebuild`", differing.join(", ")))) }
}

/// `sijil verify`.
pub(crate) fn verify(house: &dyn House, home: &Home, threads: usize, format: Format) -> Result<(), CliError> {
    let bar = bar("verifying", None);
    let shown = bar.clone();
    let report = house.verify(home, threads, Box::new(move |records| shown.set_position(records)))?;
    bar.finish_and_clear();
    let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    let damage: Vec<String> = report.damage.iter().chain(&report.derived).map(ToString::to_string).collect();
    write_object(
        &json!({"position": report.position, "root": hex(&report.root), "records": report.records, "batches": report.batches, "segments": report.segments,
            "bytes": report.bytes, "damage": damage, "torn": report.torn.as_ref().map(ToString::to_string), "live": report.live}),
        format,
    )?;
    if let Some(torn) = &report.torn {
        say(&format!("the last write was cut short and never acknowledged; the next opening removes it: {torn}"));
    }
    if report.is_sound() { Ok(()) } else { Err(CliError::Corrupt(format!("{} places are not as they were written:\n{}", damage.len(), damage.join("\n")))) }
}

/// A log that cannot be read, for a person.
impl From<ReadError> for CliError {
    fn from(error: ReadError) -> CliError {
        CliError::Corrupt(error.to_string())
    }
}
