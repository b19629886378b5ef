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
    let draft = |(at, (name, data)): (u128, (&str, Value))| {
        let draft = json!({
            "type": name, "id": Uuid::from_u128(0x00AC_CE55 << 64 | at), "data": data,
            "occurred_at": now.to_string(), "actor": "director",
        });
        Draft::from_value(draft).expect("a draft")
    };
    (1..).zip(told).map(draft).collect()
}
