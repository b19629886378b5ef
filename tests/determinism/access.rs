//! Access, told beside the demo's company. Invariant: every type of the family is among it, at the
//! time of the clock.

use serde_json::{Value, json};
use sijil_schemas::{decode::Draft, time::Timestamp};
use uuid::Uuid;

/// Who may do what, of every type: the demo's company tells of the past, which access never does.
pub fn drafts(now: Timestamp) -> Vec<Draft> {
    let rights = json!([{"family": "clients", "may": ["read", "record"], "scope": "team"}]);
    let key = |key: &str, replaces: Option<&str>| {
        json!({
            "key": key, "of": "service:shop", "sha256": "0".repeat(64), "hint": "7fQz",
            "networks": ["10.0.0.0/8", "2001:db8::/32"], "expires_on": "2027-06-30",
            "narrows": rights, "replaces": replaces, "overlap_h": replaces.map(|_| 24),
        })
    };
    let grant = json!({"grant": "g", "to": "user:u1", "role": "clerk", "reason": "-"});
    let told = [
        ("role.defined", json!({"role": "clerk", "rights": rights})),
        ("user.enrolled", json!({"user": "u1", "name": "User 1"})),
        ("user.suspended", json!({"user": "u1", "reason": "leave"})),
        ("user.resumed", json!({"user": "u1"})),
        ("integration.enrolled", json!({"service": "shop", "owner": "u1", "purpose": "orders"})),
        ("permission.granted", grant),
        ("permission.revoked", json!({"grant": "g", "reason": "-"})),
        ("key.issued", key("k1", None)),
        ("key.issued", key("k2", Some("k1"))),
        ("key.revoked", json!({"key": "k2", "reason": "lost"})),
    ];
    let told = told.into_iter().chain(kept());
    let draft = |(at, (name, data)): (u128, (&str, Value))| {
        let draft = json!({
            "type": name, "id": Uuid::from_u128(0x00AC_CE55 << 64 | at), "data": data,
            "occurred_at": now.to_string(), "actor": "director",
        });
        Draft::from_value(draft).expect("a draft")
    };
    (1..).zip(told).map(draft).collect()
}

/// What was taken out, signed, held and erased, of every type.
fn kept() -> [(&'static str, Value); 16] {
    let hash = "0".repeat(64);
    let vkey = "ledger.example/L1/1+5e2a91c4+AWXz1n8Q5t0o2u8Q6mJv0Gm3k7p0r1s2t3u4v5w6x7y8";
    let parts = json!([[1, 7], [2, 7]]);
    [
        ("module.disabled", json!({"module": "claims", "department": "nobody"})),
        ("module.enabled", json!({"module": "claims", "department": "nobody"})),
        (
            "export.begun",
            json!({
                "export": "x", "what": "report", "filter": "from=2025-01-01", "known_at": 1,
                "personal": false, "purpose": "audit",
            }),
        ),
        (
            "data.exported",
            json!({"export": "x", "rows": 4_294_967_297_u64, "bytes": 9, "sha256": hash,
                "whole": false}),
        ),
        ("checkpoint_key.added", json!({"checkpoint_key": "c", "vkey": vkey, "node": "a"})),
        ("checkpoint_key.retired", json!({"checkpoint_key": "c"})),
        (
            "figures.attested",
            json!({"company": "demo-trading", "report": "sales", "parameters": "", "known_at": 1,
                "sha256": hash}),
        ),
        (
            "ledger.restored",
            json!({"company": "demo-trading", "size": 1, "root": hash, "incarnation": "2"}),
        ),
        (
            "subject_request.received",
            json!({"request": "r", "kind": "erasure", "subject": "user:u1",
                "due_on": "2027-06-30"}),
        ),
        ("subject_request.answered", json!({"request": "r", "outcome": "done"})),
        (
            "hold.placed",
            json!({"hold": "h", "subject": "user:u1", "basis": "contract",
                "until": "2027-06-30"}),
        ),
        ("hold.lifted", json!({"hold": "h"})),
        ("personal_data.restricted", json!({"subject": "user:u1", "basis": "claims"})),
        ("personal_data.released", json!({"subject": "user:u1"})),
        (
            "personal_data.erased",
            json!({
                "erasure": "e", "subject": "user:u1", "basis": "objection", "parts": parts,
                "kept": [{"class": "legal", "until": "2034-12-31"}],
            }),
        ),
        ("erasure.completed", json!({"erasure": "e", "place": "log"})),
    ]
}
