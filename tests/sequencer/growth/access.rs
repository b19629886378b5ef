//! Access that has lived long: what it stands on, what piles up on it, what may follow. Invariant:
//! it is told at the time it is recorded, as access always is.

use serde_json::{Value, json};
use sijil_schemas::event::Access;

use super::{Ledger, at, kept, piles::start};

/// Users, two of whom are keyholders, and a key.
pub(super) fn open(ledger: &mut Ledger) {
    let mut tell = |name: &str, data: Value| ledger.tell(name, start(), data);
    for user in ["u0", "u1", "u2"] {
        tell("user.enrolled", json!({"user": user}));
    }
    for (grant, user) in [("other", "u0"), ("holds", "u2")] {
        let to = format!("user:{user}");
        tell(
            "permission.granted",
            json!({"grant": grant, "to": to, "role": "keyholder", "reason": "owns it"}),
        );
    }
    tell(
        "key.issued",
        json!({
            "key": "kept", "of": "user:u0", "sha256": "0".repeat(64), "hint": "abcd",
            "expires_on": "2025-06-30",
        }),
    );
}

/// What piles up on users, roles, grants and keys.
pub(super) fn pile(ledger: &mut Ledger, k: usize) {
    let mut tell = |second: usize, name: &str, data: Value| ledger.tell(name, at(k, second), data);
    let rights = json!([{"family": "stock", "may": ["read"], "scope": {"warehouse": ["w0"]}}]);
    tell(0, "role.defined", json!({"role": "clerk", "rights": rights}));
    tell(0, "user.suspended", json!({"user": "u1", "reason": "leave"}));
    tell(1, "user.resumed", json!({"user": "u1"}));
    let given = format!("given-{k}");
    tell(
        2,
        "permission.granted",
        json!({"grant": given, "to": "user:u0", "role": "keyholder", "reason": "helps"}),
    );
    tell(3, "permission.revoked", json!({"grant": given, "reason": "helps no more"}));
    tell(
        4,
        "key.issued",
        json!({
            "key": format!("key-{k}"), "of": "user:u0", "sha256": "0".repeat(64), "hint": "abcd",
            "expires_on": "2025-06-30",
        }),
    );
    tell(5, "key.revoked", json!({"key": format!("key-{k}"), "reason": "lost"}));
}

/// What may follow.
pub(super) fn probes(event: &Access) -> Vec<Value> {
    let key = |replaces: &str| {
        json!({
            "key": format!("after-{replaces}"), "of": "user:u0", "sha256": "0".repeat(64),
            "hint": "abcd", "expires_on": "2025-06-30", "replaces": replaces,
        })
    };
    match event {
        Access::RoleDefined(_) => {
            let rights =
                json!([{"family": "stock", "may": ["read"], "scope": {"warehouse": ["w0"]}}]);
            vec![json!({"role": "clerk", "rights": rights})]
        }
        Access::UserEnrolled(_) => {
            vec![json!({"user": "new"}), json!({"user": "n2", "employee": "e2"})]
        }
        Access::UserSuspended(_) => {
            vec![json!({"user": "u1", "reason": "leave"}), json!({"user": "u0", "reason": "leave"})]
        }
        Access::UserResumed(_) => vec![json!({"user": "u1"}), json!({"user": "u0"})],
        Access::IntegrationEnrolled(_) => {
            vec![json!({"service": "new", "owner": "u0", "purpose": "shop"})]
        }
        Access::PermissionGranted(_) => vec![json!({
            "grant": "new", "to": "user:u0", "role": "clerk", "reason": "helps",
            "scope": {"warehouse": ["w0"]},
        })],
        Access::PermissionRevoked(_) => vec![
            json!({"grant": "new", "reason": "helps no more"}),
            json!({"grant": "holds", "reason": "another does"}),
        ],
        Access::KeyIssued(_) => vec![key("kept")],
        Access::KeyRevoked(_) => vec![json!({"key": "after-kept", "reason": "lost"})],
        event => kept::probes(event),
    }
}
