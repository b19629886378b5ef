//! The words of the command line that back up, restore and clone.

use std::{fs, path::Path, time::Duration};

use serde_json::{Value, json};

use super::{digests, files, records};
use crate::{
    damage::{ends as ends_with, said, serve, words},
    house::{House, made, wanted},
    server::{Directory, Server, code, invoice, opening},
    states::{books, copy, own, rows},
};

fn told(data: &Path, line: &str) -> Value {
    let output = words(data, &format!("{line} --format json"));
    assert_eq!(code(&output), 0, "sijil {line}: {}", said(&output));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[test]
fn a_ledger_in_use_is_backed_up_and_restored_elsewhere() {
    let directory = Directory::new();
    let [data, from, to] = ["data", "backup", "restored"].map(|name| directory.path().join(name));
    let server = Server::start(&data);
    assert_eq!(server.post("/v1/events", &json!({"events": opening()})).status, 201);
    let [to_from, from_to] = [
        format!("backup --to {}", from.display()),
        format!("restore --from {} --to {}", from.display(), to.display()),
    ];
    let first = told(&data, &to_from);
    assert_eq!((first["before"].as_u64(), first["position"].as_u64()), (Some(0), Some(4)));
    assert_eq!(server.post("/v1/events", &invoice("I1", "2025-01-31", "10.00")).status, 201);
    let second = told(&data, &to_from);
    assert_eq!((second["before"].as_u64(), second["position"].as_u64()), (Some(4), Some(5)));
    let verify = format!("backup verify {}", from.display());
    let checked = told(&data, &verify);
    assert_eq!(checked["backups"][0]["position"], 5);
    assert_eq!(checked["faults"], json!([]));
    let restored = told(&data, &from_to);
    assert_eq!((&restored["position"], &restored["cut_from"]), (&json!(5), &Value::Null));
    ends_with("there already", &data, &from_to, 1);
    assert!(server.terminate());
    // The drill: as a plain directory would be, and every figure as in the other.
    assert_eq!(records(&to), records(&data));
    ends_with("restored", &to, "verify", 0);
    assert_eq!(digests(&to, None), digests(&data, None));
    let server = Server::start(&to);
    // What it says first is of what it was made.
    let first = server.get("/v1/events?after=5").json()["events"].clone();
    assert_eq!(first.as_array().map(Vec::len), Some(1), "{first}");
    let data_of = &first[0]["data"];
    assert_eq!(
        (&first[0]["type"], &data_of["size"], &data_of["root"], &data_of["incarnation"]),
        (&json!("ledger.restored"), &json!(5), &restored["root"], &restored["incarnation"])
    );
    assert_eq!(data_of["lost_after"], Value::Null, "nothing is known to be lost");
    assert_eq!(server.post("/v1/events", &invoice("I2", "2025-01-31", "10.00")).status, 201);
    assert!(server.terminate());
    // It goes on in the same backup; the one that was left behind may not any more.
    let goes_on = told(&to, &to_from);
    assert_eq!((&goes_on["before"], &goes_on["position"]), (&json!(5), &json!(7)), "said once");
    books(&data, 1 << 20, &[vec![invoice("I9", "2025-01-31", "10.00")]]);
    ends_with("another history", &data, &to_from, 1);
    assert!(said(&words(&data, &to_from)).contains("another history"));
    let object = files(&from)
        .into_iter()
        .find(|path| path.ends_with("public/1-7"))
        .expect("the object that three runs were put together in");
    let mut bytes = fs::read(&object).expect("bytes");
    bytes[40] ^= 1;
    fs::write(&object, bytes).expect("written");
    let damaged = words(&data, &verify);
    assert_eq!(code(&damaged), 4);
    let name = object.file_name().expect("a name").to_string_lossy().into_owned();
    assert!(said(&damaged).contains(&name), "{}", said(&damaged));
    fs::remove_dir_all(&to).expect("removed");
    ends_with("damaged", &data, &from_to, 4);
    // Half of it stands there now, and answers nothing.
    for line in ["verify", "status", "events", "export", "query trial_balance", "replay", "adopt"] {
        ends_with("half restored", &to, line, 3);
    }
    ends_with("half restored", &to, &to_from, 3);
    assert_eq!(serve(&to, &[]), 3);
    assert!(said(&words(&to, "events")).contains("restoring"));
}

#[test]
fn a_cut_ledger_and_a_clone_are_others_from_then_on() {
    let directory = Directory::new();
    let [data, from, cut, clone] =
        ["data", "backup", "cut", "clone"].map(|name| directory.path().join(name));
    books(&data, 1 << 20, &rows(3));
    let back_up = format!("backup --to {}", from.display());
    let original = told(&data, &back_up)["backup"].as_str().expect("a name").to_owned();
    let restored =
        told(&data, &format!("restore --from {} --to {} --at 10", from.display(), cut.display()));
    assert_eq!((&restored["position"], &restored["cut_from"]), (&json!(9), &json!(19)));
    let server = Server::start(&cut);
    let first = server.get("/v1/events?after=9").json()["events"][0].clone();
    assert_eq!(first["type"], "ledger.restored");
    let ninth = server.get("/v1/events/9").json()["recorded_at"].clone();
    assert_eq!(first["data"]["lost_after"], ninth);
    assert_eq!(first["data"]["incarnation"], restored["incarnation"]);
    assert!(server.terminate());
    let of_cut = told(&cut, &back_up)["backup"].as_str().expect("a name").to_owned();
    assert_ne!(of_cut, original);
    assert_eq!(of_cut.split('/').next(), original.split('/').next(), "the same ledger");
    assert!(of_cut.ends_with(restored["incarnation"].as_str().expect("one")), "{of_cut}");
    // Two stand there now.
    let to = directory.path().join("which");
    let line = format!("restore --from {} --to {}", from.display(), to.display());
    ends_with("several", &data, &line, 2);
    assert_eq!(told(&data, &format!("{line} --of {original}"))["position"], 19);
    let word = format!("clone --from {} --to {}", data.display(), clone.display());
    let cloned = told(&data, &format!("{word} --to-position 16"));
    assert_eq!(cloned["position"], 14);
    assert_eq!(records(&clone), records(&data)[..14]);
    assert!(!clone.join("keys").exists(), "no key comes along");
    ends_with("cloned", &clone, "verify", 0);
    assert_eq!(digests(&clone, None), digests(&data, Some(sijil_schemas::Position::new(14))));
    ends_with("there already", &data, &word, 1);
    // Without persons: nothing about them is in it, and that is no damage.
    let public = directory.path().join("public");
    let told_of = told(
        &data,
        &format!("clone --from {} --to {} --without-personal", data.display(), public.display()),
    );
    assert!(told_of["parts_left_out"].as_u64() > Some(1), "{told_of}");
    assert!(records(&public).iter().all(|one| one.record.personal.is_empty()));
    ends_with("without persons", &public, "verify", 0);
    let server = Server::start(&public);
    assert_eq!(server.get("/readyz").json()["log"], json!("whole"));
    assert!(server.terminate());
    // A plain copy that was adopted goes on as the one it was copied from.
    let adopted = directory.path().join("adopted");
    own(&data, &adopted);
    assert_eq!(told(&adopted, &back_up)["backup"], json!(original));
    copy(&data, &directory.path().join("copied"));
    let copied = directory.path().join("copied");
    assert_eq!(told(&copied, "adopt --as-clone")["position"], 19);
    assert_ne!(told(&copied, &back_up)["backup"], json!(original));
}

#[test]
fn a_key_of_the_original_does_not_open_a_clone() {
    let house = House::new();
    house.user("u1", None, "auditor");
    let (_, secret) = house.key("user:u1", json!({}));
    let (data, clone) = (house.directory.path(), house.directory.path().with_file_name("clone"));
    told(&data, &format!("clone --from {} --to {}", data.display(), clone.display()));
    let me = |server: &Server, secret: &str| {
        let bearer = format!("Bearer {secret}");
        server.send("GET", "/v1/me", &[("authorization", &bearer)], None).status
    };
    assert_eq!(me(&house.server, &secret), 200);
    let cloned = Server::start(&clone);
    assert_eq!(me(&cloned, &secret), 401);
    let made_there = made(&cloned.post("/v1/keys", &wanted("user:u1", json!({}))));
    assert_eq!((me(&cloned, &made_there.1), me(&house.server, &made_there.1)), (200, 401));
    assert_eq!(cloned.get("/v1/me").status, 200, "whoever holds its files");
    assert!(cloned.terminate() && house.server.terminate());
}

#[test]
fn a_server_keeps_its_backup_up() {
    let directory = Directory::new();
    let [data, from, to] = ["data", "backup", "restored"].map(|name| directory.path().join(name));
    let place = from.display().to_string();
    let (server, _) = Server::start_with_more(&data, &["--backup-to", &place]);
    assert_eq!(server.post("/v1/events", &json!({"events": opening()})).status, 201);
    for n in 0..20 {
        let invoice = invoice(&format!("I{n}"), "2025-01-31", "10.00");
        assert_eq!(server.post("/v1/events", &invoice).status, 201);
        std::thread::sleep(Duration::from_millis(60));
    }
    let metric = |name: &str| -> Option<u64> {
        let text = server.get("/metrics").text;
        let line = text.lines().find_map(|line| line.strip_prefix(&format!("{name} ")))?;
        line.trim().parse().ok()
    };
    while metric("sijil_backup_position") != Some(24) {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(metric("sijil_backup_lag_milliseconds").is_some());
    // A second one does not write to the same.
    ends_with("held", &data, &format!("backup --to {place}"), 3);
    server.kill();
    let line = format!("restore --from {place} --to {}", to.display());
    assert_eq!(told(&data, &line)["position"], 24);
    assert_eq!(records(&to), records(&data));
    // Told to stop, it writes what is left.
    let (server, _) = Server::start_with_more(&data, &["--backup-to", &place]);
    assert_eq!(server.post("/v1/events", &invoice("L", "2025-01-31", "1.00")).status, 201);
    assert!(server.terminate());
    let checked = told(&data, &format!("backup verify {place}"));
    assert_eq!(checked["backups"][0]["position"], 25);
    // One that would write over another history does not start.
    let other = directory.path().join("other");
    own(&to, &other);
    books(&other, 1 << 20, &[vec![invoice("O", "2025-01-31", "1.00")]]);
    assert_eq!(serve(&other, &["--backup-to", &place]), 1);
}
