//! What was taken out, signed, held and erased over a long life. Invariant: it is told at the time
//! it is recorded, as access always is.

use serde_json::{Value, json};
use sijil_schemas::event::Access;

use super::{Ledger, at, piles::start};

const HASH: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
const VKEY: &str = "ledger.example/L1/1+5e2a91c4+AWXz1n8Q5t0o2u8Q6mJv0Gm3k7p0r1s2t3u4v5w6x7y8";

fn begun(export: &str) -> Value {
    json!({
        "export": export, "what": "events", "known_at": 1, "personal": true, "purpose": "work",
    })
}
fn exported(export: &str) -> Value {
    json!({"export": export, "rows": 1, "bytes": 300, "sha256": HASH, "whole": true})
}
fn received(request: &str) -> Value {
    json!({"request": request, "kind": "access", "subject": "user:u1", "due_on": "2025-06-30"})
}
fn placed(hold: &str) -> Value {
    json!({"hold": hold, "subject": "user:u1", "basis": "litigation"})
}
fn restored(size: usize) -> Value {
    json!({"company": "acme", "size": size, "root": HASH, "incarnation": format!("i{size}")})
}
fn attested() -> Value {
    json!({
        "company": "acme", "report": "sales", "parameters": "", "known_at": 1, "sha256": HASH,
    })
}

/// What has begun and not ended.
pub(super) fn open(ledger: &mut Ledger) {
    let mut tell = |name: &str, data: Value| ledger.tell(name, start(), data);
    tell("export.begun", begun("kept"));
    tell("checkpoint_key.added", json!({"checkpoint_key": "kept", "vkey": VKEY, "node": "a"}));
    tell("subject_request.received", received("kept"));
    tell("hold.placed", json!({"hold": "kept", "subject": "user:u0", "basis": "contract"}));
}

/// What piles up on modules, exports, keys, and on one person.
pub(super) fn pile(ledger: &mut Ledger, k: usize) {
    let mut tell = |second: usize, name: &str, data: Value| ledger.tell(name, at(k, second), data);
    let module = json!({"module": "claims", "department": "far"});
    tell(6, "module.disabled", module.clone());
    tell(7, "module.enabled", module);
    let id = format!("id-{k}");
    tell(8, "export.begun", begun(&id));
    tell(9, "data.exported", exported(&id));
    tell(10, "checkpoint_key.added", json!({"checkpoint_key": id, "vkey": VKEY, "node": "a"}));
    tell(11, "checkpoint_key.retired", json!({"checkpoint_key": id}));
    tell(12, "figures.attested", attested());
    tell(13, "ledger.restored", restored(k));
    tell(14, "subject_request.received", received(&id));
    tell(15, "subject_request.answered", json!({"request": id, "outcome": "done"}));
    tell(16, "hold.placed", placed(&id));
    tell(17, "hold.lifted", json!({"hold": id}));
    tell(18, "personal_data.restricted", json!({"subject": "user:u1", "basis": "accuracy"}));
    tell(19, "personal_data.released", json!({"subject": "user:u1"}));
    let parts = json!([[k + 1, 1], [k + 2, 0]]);
    tell(20, "personal_data.erased", erased(&id, &parts));
    tell(21, "erasure.completed", json!({"erasure": id, "place": "log"}));
}

fn erased(erasure: &str, parts: &Value) -> Value {
    json!({
        "erasure": erasure, "subject": "user:u1", "basis": "not_needed", "parts": parts,
        "kept": [{"class": "legal", "until": "2034-12-31"}],
    })
}

/// What may follow.
pub(super) fn probes(event: &Access) -> Vec<Value> {
    match event {
        Access::ModuleEnabled(_) => vec![json!({"module": "claims"})],
        Access::ModuleDisabled(_) => vec![json!({"module": "tasks", "department": "near"})],
        Access::ExportBegun(_) => vec![begun("new")],
        Access::DataExported(_) => vec![exported("kept")],
        Access::CheckpointKeyAdded(_) => {
            vec![json!({"checkpoint_key": "new", "vkey": VKEY, "node": "a"})]
        }
        Access::CheckpointKeyRetired(_) => vec![json!({"checkpoint_key": "kept"})],
        Access::FiguresAttested(_) => vec![attested()],
        Access::LedgerRestored(_) => vec![restored(1)],
        Access::SubjectRequestReceived(_) => vec![received("new")],
        Access::SubjectRequestAnswered(_) => {
            vec![json!({"request": "kept", "outcome": "refused"})]
        }
        Access::HoldPlaced(_) => {
            vec![json!({"hold": "new", "subject": "user:u0", "basis": "contract"})]
        }
        Access::HoldLifted(_) => vec![json!({"hold": "kept"})],
        Access::PersonalDataRestricted(_) => {
            vec![json!({"subject": "user:u1", "basis": "claims"})]
        }
        Access::PersonalDataReleased(_) => vec![json!({"subject": "user:u1"})],
        Access::PersonalDataErased(_) => vec![erased("new", &json!([[1, 9]]))],
        Access::ErasureCompleted(_) => vec![json!({"erasure": "new", "place": "log"})],
        _ => Vec::new(),
    }
}
