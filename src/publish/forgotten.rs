//! What is erased from the ledger goes from the tables, too. Invariant: a row that showed what was
//! erased is written again in the transaction that takes the erasure's record.

use std::collections::BTreeSet;

use serde_json::json;
use sijil_ledger::{Atomicity, Desk, ReadError, Request};
use sijil_projections::Cut;
use sijil_schemas::{Position, Record, StoredRecord, decode::Draft};

use crate::{error::PublishError, groups::tables, sql, target::Target};

/// The records that some records take values from: whose rows they changed have shown these.
pub(crate) fn shown(ledger: &Desk, stored: &[StoredRecord]) -> Result<Vec<Record>, PublishError> {
    let mut positions = BTreeSet::new();
    for record in stored {
        let parts = record.erases().map_err(|error| ReadError::of_record(record, error))?;
        positions.extend(parts.into_iter().map(|part| part.position));
    }
    let mut found = Vec::new();
    for position in positions {
        let Some(stored) = ledger.record(position)? else { continue };
        found.push(stored.decode().map_err(|error| ReadError::of_record(&stored, error))?);
    }
    Ok(found)
}

/// Sweeps rows as they were before out of the tables that show what is personal. Rows that somebody
/// still looks at stay until the server sweeps by itself.
pub(crate) fn sweep(target: &mut Target) {
    let of = tables().filter(|table| table.columns.iter().any(|column| column.personal));
    let names: Vec<String> = of.map(|table| sql::place(&target.schema, table.name)).collect();
    let swept = target.client.batch_execute(&format!("VACUUM {}", names.join(", ")));
    if let Err(error) = swept {
        tracing::warn!(%error, "rows as they were before an erasure wait for the server's vacuum");
    }
}

/// Records of each erasure up to a position that its values are gone from the tables of a schema.
/// Where nothing can be recorded, or may not be, nobody is told.
pub(crate) fn tell(ledger: &Desk, schema: &str, position: Position) {
    if ledger.read_only_because().is_some() {
        return;
    }
    let place = format!("tables/{schema}");
    let gone: Vec<String> = {
        let views = ledger.views();
        let lens = views.lens(Cut { known_at: position, ..Cut::all() });
        let is_told = |erasure: &&str| {
            let state = views.access.erasure(erasure, views.now());
            state.is_some_and(|state| state.places.iter().any(|(known, _)| *known == place))
        };
        let all = views.access.erasures(lens).into_iter();
        all.filter(|erasure| !is_told(erasure)).map(str::to_owned).collect()
    };
    for erasure in gone {
        let draft = Draft::from_value(json!({
            "type": "erasure.completed", "occurred_at": ledger.now().to_string(),
            "data": {"erasure": erasure, "place": place},
        }));
        let told = draft.map_err(|error| error.to_string()).and_then(|draft| {
            let request = Request {
                drafts: vec![draft],
                key: None,
                expect: Vec::new(),
                atomicity: Atomicity::Together,
            };
            ledger.submit_blocking(request).map_err(|error| error.to_string())
        });
        if let Err(error) = told {
            tracing::warn!(error, erasure, place, "that it is gone from there was not recorded");
        }
    }
}
