//! What is switched off, taken out, signed, held and erased, against the raw records.
//! Invariant: the naive answer is read from the events as JSON, one record after the other.

mod reported;

use serde_json::{Value, json};
use sijil_projections::{Cut, Lens, access::Access};
use sijil_schemas::{Module, PersonalPart, Position, Record, Subject, time::Date};

use crate::{
    access::{HASH, id, ids, newest, said},
    trade::history::Random,
    world::World,
};

const HISTORIES: u64 = 200;
const DRAFTS: u64 = 150;
const VKEY: &str = "ledger.example/L1+5e2a91c4+AWXz1n8Q5t0o2u8Q6mJv0Gm3k7p0r1s2t3u4v5w6x7y8";
const DEPARTMENTS: [Option<&str>; 4] = [None, Some("a"), Some("a/b"), Some("ab")];
const SUBJECTS: [&str; 4] = ["client:c0", "client:c1", "contact:c0", "employee:m0"];
const DAYS: [&str; 3] = ["2099-12-01", "2099-12-31", "2100-06-01"];

#[expect(clippy::too_many_lines, reason = "one event after the other")]
fn event(random: &mut Random, head: u64) -> (&'static str, Value) {
    let (subject, day) = (random.pick(&SUBJECTS), random.pick(&DAYS));
    match random.below(16) {
        0 | 1 => {
            let mut data = json!({"module": random.pick(&["claims", "stock"])});
            if let Some(department) = random.pick(&DEPARTMENTS) {
                data["department"] = json!(department);
            }
            let name = if random.one_in(2) { "module.enabled" } else { "module.disabled" };
            (name, data)
        }
        2 => {
            let data = json!({
                "export": id(random, "x", 9), "what": "events", "known_at": random.below(head + 2),
                "personal": random.one_in(2), "purpose": "work",
            });
            ("export.begun", data)
        }
        3 => {
            let data = json!({
                "export": id(random, "x", 9), "rows": random.below(99), "bytes": 1_u64 << 40,
                "sha256": HASH, "whole": random.one_in(2),
            });
            ("data.exported", data)
        }
        4 => {
            let key = id(random, "s", 6);
            ("checkpoint_key.added", json!({"checkpoint_key": key, "vkey": VKEY, "node": "a"}))
        }
        5 => ("checkpoint_key.retired", json!({"checkpoint_key": id(random, "s", 6)})),
        6 => {
            let data = json!({
                "company": "acme", "report": "sales", "parameters": "", "known_at": 1,
                "sha256": HASH,
            });
            ("figures.attested", data)
        }
        7 => {
            let data = json!({
                "company": "acme", "size": random.below(head + 2), "root": HASH,
                "incarnation": id(random, "i", 9),
            });
            ("ledger.restored", data)
        }
        8 => {
            let request = id(random, "r", 9);
            let data = json!({
                "request": request, "kind": "access", "subject": subject, "due_on": day,
            });
            ("subject_request.received", data)
        }
        9 => {
            let request = id(random, "r", 9);
            ("subject_request.answered", json!({"request": request, "outcome": "done"}))
        }
        10 => {
            let mut data =
                json!({"hold": id(random, "h", 20), "subject": subject, "basis": "contract"});
            if random.one_in(2) {
                data["until"] = json!(day);
            }
            ("hold.placed", data)
        }
        11 => ("hold.lifted", json!({"hold": id(random, "h", 20)})),
        12 => ("personal_data.restricted", json!({"subject": subject, "basis": "claims"})),
        13 => ("personal_data.released", json!({"subject": subject})),
        14 => {
            let part = |random: &mut Random| json!([1 + random.below(head), random.below(2)]);
            let data = json!({
                "erasure": id(random, "e", 20), "subject": subject, "basis": "objection",
                "parts": [part(random), part(random)],
                "kept": [{"class": "legal", "until": day}],
            });
            ("personal_data.erased", data)
        }
        _ => {
            let place = id(random, "place", 3);
            ("erasure.completed", json!({"erasure": id(random, "e", 20), "place": place}))
        }
    }
}

fn history(seed: u64) -> World {
    let (mut world, mut random) = (World::open("Europe/Berlin", "EUR"), Random::new(seed));
    let mut open = |name: &str, data: Value| {
        world.record(name, "2025-01-01T00:00:00Z", data).unwrap();
    };
    for client in ["c0", "c1"] {
        open("client.registered", json!({"client": client, "name": "C", "kind": "org"}));
    }
    open("contact.added", json!({"contact": "c0", "client": "c0", "name": "K"}));
    let hired = json!({"employee": "m0", "name": "E", "department": "d", "role": "r"});
    open("employee.hired", hired);
    for n in 0..DRAFTS {
        let (name, data) = event(&mut random, world.records.len() as u64);
        let _ = world.record(name, &format!("2099-12-31T{:02}:30:00Z", 23 - n % 24), data);
    }
    world
}

/// What was begun under an id, with the newest that ended it.
fn lives(
    records: &[Record],
    known_at: u64,
    (opens, ends): (&str, &str),
    field: &str,
    told: impl Fn(&Record, &Value, Option<(&Record, &Value)>) -> Value,
) -> Vec<Value> {
    let (opens, ends) = ([opens], [ends]);
    let mut all: Vec<(String, Value)> = said(records, known_at, &opens)
        .map(|(record, data)| {
            let id = data[field].as_str().unwrap().to_owned();
            let mut ended = said(records, known_at, &ends);
            let ended = ended.rfind(|(_, other)| other[field] == id.as_str());
            let ended = ended.as_ref().map(|(record, data)| (*record, data));
            (id, told(record, &data, ended))
        })
        .collect();
    all.sort_by(|one, other| one.0.cmp(&other.0));
    all.into_iter().map(|(_, told)| told).collect()
}

fn covers(of: &Value, department: Option<&str>) -> bool {
    match (of.as_str(), department) {
        (None, _) => true,
        (Some(of), Some(department)) => format!("{department}/").starts_with(&format!("{of}/")),
        (Some(_), None) => false,
    }
}

fn naive_modules(records: &[Record], known_at: u64) -> Vec<Value> {
    let names = ["module.enabled", "module.disabled"];
    let mut all = Vec::new();
    for module in ["claims", "stock"] {
        for department in DEPARTMENTS {
            let newest = said(records, known_at, &names).rfind(|(_, data)| {
                data["module"] == module && covers(&data["department"], department)
            });
            let newest = newest.map(|(record, _)| record);
            let off = newest.filter(|r| r.event.event_type().name == "module.disabled");
            all.push(json!(off.map(|record| record.position)));
        }
    }
    all
}

/// Everything that is known, by the raw records.
fn naive(records: &[Record], known_at: u64) -> Value {
    let exports =
        lives(records, known_at, ("export.begun", "data.exported"), "export", |r, e, end| {
            json!([
                e["export"],
                e["what"],
                e["purpose"],
                e["personal"],
                e["known_at"],
                r.envelope.actor,
                r.position,
                end.map(|(r, e)| json!([e["rows"], e["bytes"], e["whole"], r.position])),
            ])
        });
    let names = ("checkpoint_key.added", "checkpoint_key.retired");
    let keys = lives(records, known_at, names, "checkpoint_key", |r, e, end| {
        json!([e["vkey"], e["node"], r.position, end.map(|(r, _)| r.position)])
    });
    let names = ("subject_request.received", "subject_request.answered");
    let requests = lives(records, known_at, names, "request", |r, e, end| {
        let end = end.map(|(r, e)| json!([e["outcome"], r.recorded_at, r.position]));
        json!([e["kind"], e["subject"], e["due_on"], r.recorded_at, r.position, end])
    });
    let holds = lives(records, known_at, ("hold.placed", "hold.lifted"), "hold", |r, e, end| {
        json!([e["subject"], e["basis"], e["until"], r.position, end.map(|(r, _)| r.position)])
    });
    let erasures = said(records, known_at, &["personal_data.erased"]).map(|(record, data)| {
        let id = data["erasure"].as_str().unwrap().to_owned();
        let names = ["erasure.completed"];
        let mut places: Vec<Value> = Vec::new();
        for (record, place) in said(records, known_at, &names).filter(|(_, e)| e["erasure"] == id) {
            if !places.iter().any(|known| known[0] == place["place"]) {
                places.push(json!([place["place"], record.position]));
            }
        }
        let what = json!([data["subject"], data["parts"], data["kept"], record.position, places]);
        (id, what)
    });
    let mut erasures: Vec<(String, Value)> = erasures.collect();
    erasures.sort_by(|one, other| one.0.cmp(&other.0));
    let attested = said(records, known_at, &["figures.attested"]);
    let attested: Vec<Value> =
        attested.map(|(record, data)| json!([record.position, data["sha256"]])).collect();
    let restored = said(records, known_at, &["ledger.restored"]).next_back();
    let restored =
        restored.map(|(r, e)| json!([e["size"], e["root"], e["incarnation"], r.position]));
    let subjects: Vec<Value> = SUBJECTS
        .iter()
        .map(|subject| {
            let position = |names: &[&str]| newest(records, known_at, names, "subject", subject);
            let restricted = position(&["personal_data.restricted"]);
            let released = position(&["personal_data.released"]);
            let is_restricted = restricted.as_u64() > released.as_u64();
            let restricted = if is_restricted { restricted } else { Value::Null };
            json!([restricted, position(&["personal_data.erased"]), in_force(&holds, subject)])
        })
        .collect();
    json!({
        "modules": naive_modules(records, known_at), "exports": exports, "keys": keys,
        "requests": requests, "holds": holds, "erasures": erasures, "attested": attested,
        "restored": restored, "subjects": subjects, "parts": naive_parts(records, known_at),
    })
}

/// Where the newest hold on somebody was placed that is in force, on each day.
fn in_force(holds: &[Value], subject: &str) -> Vec<Option<u64>> {
    let on = |day: &&str| {
        let holds = holds.iter().filter(|hold| {
            let until = hold[2].as_str().unwrap_or("9999");
            hold[0] == subject && hold[4].is_null() && *day <= until
        });
        holds.map(|hold| hold[3].as_u64().unwrap()).max()
    };
    DAYS.iter().map(on).collect()
}

/// By record and part, where it was erased.
fn naive_parts(records: &[Record], known_at: u64) -> Vec<Value> {
    let mut all: Vec<Value> = Vec::new();
    for (record, data) in said(records, known_at, &["personal_data.erased"]) {
        for part in data["parts"].as_array().unwrap() {
            all.push(json!([part[0], part[1], record.position]));
        }
    }
    all.sort_by_key(|part| (part[0].as_u64(), part[1].as_u64()));
    all
}

/// The same, as the facts tell it.
fn told(access: &Access, lens: Lens<'_>, head: u64) -> Value {
    let mut modules = Vec::new();
    for module in [Module::Claims, Module::Stock] {
        for department in DEPARTMENTS {
            modules.push(json!(access.disabled(module, department, lens)));
        }
    }
    let export = |id: &str| {
        let export = access.export(id, lens).unwrap();
        let ended = export.ended.map(|end| json!([end.rows, end.bytes, end.whole, end.position]));
        json!([
            export.export,
            export.what,
            export.purpose,
            export.personal,
            export.known_at,
            export.by,
            export.begun,
            ended,
        ])
    };
    let key = |id: &str| {
        let key = access.checkpoint_key(id, lens).unwrap();
        json!([key.vkey, key.node, key.added, key.retired])
    };
    let request = |id: &str| {
        let request = access.request(id, lens).unwrap();
        json!([
            request.kind,
            request.subject,
            request.due_on,
            request.at,
            request.received,
            request.answered,
        ])
    };
    let hold = |id: &str| {
        let hold = access.hold(id, lens).unwrap();
        json!([hold.subject, hold.basis, hold.until, hold.placed, hold.lifted])
    };
    let erasure = |id: &str| {
        let e = access.erasure(id, lens).unwrap();
        (id.to_owned(), json!([e.subject, e.parts, e.kept, e.erased, e.places]))
    };
    let subject = |text: &&str| {
        let subject: Subject = text.parse().unwrap();
        let held = |day: &&str| {
            let day: Date = day.parse().unwrap();
            access.held(&subject, day, lens).map(|hold| hold.placed)
        };
        let held: Vec<Option<Position>> = DAYS.iter().map(held).collect();
        let erased = access.erased_subject(&subject, lens);
        json!([access.restricted(&subject, lens), erased, held])
    };
    let restored = access.restored("acme", lens);
    let restored = restored.map(|r| json!([r.size, r.root, r.incarnation, r.position]));
    json!({
        "modules": modules,
        "exports": access.exports(lens).into_iter().map(export).collect::<Vec<_>>(),
        "keys": access.checkpoint_keys(lens).into_iter().map(key).collect::<Vec<_>>(),
        "requests": access.requests(lens).into_iter().map(request).collect::<Vec<_>>(),
        "holds": access.holds(lens).into_iter().map(hold).collect::<Vec<_>>(),
        "erasures": access.erasures(lens).into_iter().map(erasure).collect::<Vec<_>>(),
        "attested": access.attested("sales", lens),
        "restored": restored,
        "subjects": SUBJECTS.iter().map(subject).collect::<Vec<_>>(),
        "parts": told_parts(access, lens, head),
    })
}

fn told_parts(access: &Access, lens: Lens<'_>, head: u64) -> Vec<Value> {
    let mut all = Vec::new();
    for position in 1..=head {
        for part in 0..2 {
            let of = PersonalPart { position: Position::new(position), part };
            if let Some(by) = access.erased(of, lens) {
                assert!(access.erased_of(of.position, lens).contains(&(part, by)), "{of:?}");
                all.push(json!([position, part, by]));
            }
        }
    }
    all
}

#[test]
fn what_is_kept_of_access_is_what_the_records_up_to_a_position_say() {
    let (mut asked, mut erased) = (0, 0);
    for seed in 1..=HISTORIES {
        let mut world = history(seed);
        let mut random = Random::new(seed ^ 0x0E4A);
        let head = world.records.len() as u64;
        for known_at in [head, 1 + random.below(head), 1 + random.below(head)] {
            let cut = Cut { known_at: Position::new(known_at), ..Cut::all() };
            let expected = naive(&world.records, known_at);
            for access in [&world.views.access, &world.book.access] {
                let lens = world.views.lens(cut);
                assert_eq!(told(access, lens, head), expected, "SEED={seed} at {known_at}");
            }
            asked += 1;
            erased += expected["parts"].as_array().unwrap().len();
        }
        assert!(ids(&world.records, head, "hold.placed", "hold").len() <= 20);
        // What is taken back was never said.
        let left = 5 + random.below(head - 5);
        world.book.truncate(Position::new(left));
        let now = told(&world.book.access, world.book.now(), head);
        assert_eq!(now, naive(&world.records, left), "SEED={seed} taken back to {left}");
    }
    println!("{asked} moments of {HISTORIES} histories, {erased} erased parts");
    assert!(erased > 1_000, "{erased}");
}
