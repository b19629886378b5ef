//! Words about who may: users, grants, keys, and who one is. Invariant: a secret goes to stdout
//! once, and is kept nowhere.

use std::io::Cursor;

use serde_json::{Map, Value, json};

use crate::{
    arguments::{Grant, Key, KeyIssue, KeyRotate, Revoke, User},
    door::{Door, get, post},
    error::CliError,
    output::{Format, say, write_object},
};

fn body(value: &Value) -> Box<Cursor<Vec<u8>>> {
    Box::new(Cursor::new(value.to_string().into_bytes()))
}

/// Records an event of now; what was left out is not said.
fn told(door: &dyn Door, event_type: &str, data: Value) -> Result<Value, CliError> {
    let log = jiff::Timestamp::now().to_string();
    let draft = json!({"type": event_type, "occurred_at": log, "data": said(data)});
    post(door, "/v1/events", "application/json", Vec::new(), body(&draft))
}

/// An object without its members that are null.
fn said(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            members.into_iter().filter(|(_, value)| !value.is_null()).collect::<Map<_, _>>().into()
        }
        other => other,
    }
}

/// Rights, as a table shows them.
fn words(rights: &Value) -> String {
    let rights = rights.as_array().cloned().unwrap_or_default();
    let words = rights.iter().map(|right| {
        let may = right["may"].as_array().cloned().unwrap_or_default();
        let may: Vec<&str> = may.iter().filter_map(Value::as_str).collect();
        format!("{}: {}", right["family"].as_str().unwrap_or_default(), may.join(" "))
    });
    words.collect::<Vec<_>>().join("; ")
}

/// `sijil whoami`.
pub(crate) fn whoami(door: &dyn Door, format: Format) -> Result<(), CliError> {
    let mut me = get(door, "/v1/me".into())?;
    if format == Format::Table {
        me["rights"] = words(&me["rights"]).into();
        let within = me["within"].as_array().cloned().unwrap_or_default();
        let within =
            within.iter().map(|one| format!("{}: {}", one["scopes"], words(&one["rights"])));
        me["within"] = within.collect::<Vec<_>>().join("; ").into();
    }
    write_object(&me, format)
}

/// `sijil user`.
pub(crate) fn user(door: &dyn Door, user: &User, format: Format) -> Result<(), CliError> {
    let data = json!({"user": user.user, "employee": user.employee, "name": user.name});
    let receipt = told(door, "user.enrolled", data)?;
    let Some(role) = &user.role else { return written(&receipt, format) };
    let holder = format!("user:{}", user.user);
    let data = json!({"to": holder, "role": role, "reason": "enrolled"});
    written(&told(door, "permission.granted", data)?, format)
}

/// `sijil grant`.
pub(crate) fn grant(door: &dyn Door, grant: &Grant, format: Format) -> Result<(), CliError> {
    let data = json!({
        "to": grant.to, "role": grant.role, "scope": grant.scope.as_deref().map(scope),
        "from": grant.from, "until": grant.until, "reason": grant.reason,
    });
    written(&told(door, "permission.granted", data)?, format)
}

/// A scope as an event says it: a word, or a kind of place with which, as in `department:a+b`.
fn scope(text: &str) -> Value {
    match text.split_once(':') {
        Some((kind, which)) => json!({ kind: which.split('+').collect::<Vec<_>>() }),
        None => json!(text),
    }
}

/// `sijil revoke`.
pub(crate) fn revoke(door: &dyn Door, revoke: &Revoke, format: Format) -> Result<(), CliError> {
    let data = json!({"grant": revoke.grant, "reason": revoke.reason});
    written(&told(door, "permission.revoked", data)?, format)
}

fn written(receipt: &Value, format: Format) -> Result<(), CliError> {
    write_object(&receipt["events"][0], format)
}

/// `sijil key`.
pub(crate) fn key(door: &dyn Door, key: &Key, format: Format) -> Result<(), CliError> {
    match key {
        Key::Issue(KeyIssue { of, expires_on, networks }) => {
            let networks = (!networks.is_empty()).then_some(networks);
            let wanted = json!({"of": of, "expires_on": expires_on, "networks": networks});
            shown(&made(door, wanted)?, format)
        }
        Key::Rotate(KeyRotate { key, overlap_h, expires_on }) => {
            let wanted = json!({"expires_on": expires_on, "replaces": key, "overlap_h": overlap_h});
            shown(&made(door, wanted)?, format)
        }
        Key::Revoke { key, reason } => {
            let data = json!({"key": key, "reason": reason});
            written(&told(door, "key.revoked", data)?, format)
        }
    }
}

fn made(door: &dyn Door, wanted: Value) -> Result<Value, CliError> {
    post(door, "/v1/keys", "application/json", Vec::new(), body(&said(wanted)))
}

fn shown(made: &Value, format: Format) -> Result<(), CliError> {
    say(
        "the secret is shown this once; send it as Authorization: Bearer, or keep it in a file for \
         --credential",
    );
    write_object(made, format)
}
