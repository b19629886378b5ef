//! Access against the raw records: who is a user, holds which grants, has which keys. Invariant:
//! the naive answer is read from the events as JSON, one record after the other.

use serde_json::{Value, json};
use sijil_projections::{Cut, Lens, access::Access};
use sijil_schemas::{Position, Record, id::EntityRef, time::Timestamp};

use crate::{trade::history::Random, world::World};

const HISTORIES: u64 = 200;
const DRAFTS: u64 = 150;
pub(crate) const HASH: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const ROLES: [&str; 4] = ["keyholder", "storekeeper", "r0", "r1"];

pub(crate) fn id(random: &mut Random, of: &str, count: u64) -> String {
    format!("{of}{}", random.below(count))
}
fn holder(random: &mut Random) -> String {
    if random.one_in(3) {
        format!("service:{}", id(random, "s", 3))
    } else {
        format!("user:{}", id(random, "u", 5))
    }
}
fn scope(random: &mut Random) -> Value {
    match random.below(6) {
        0 => json!("own"),
        1 => json!("team"),
        2 => json!({"department": ["sales", "stock/main"]}),
        3 => json!({"warehouse": ["w1", "w0"]}),
        4 => json!({"bank_account": ["b0"]}),
        _ => json!("all"),
    }
}
fn rights(random: &mut Random) -> Value {
    let right = |family: &str, random: &mut Random| {
        let may = if random.one_in(2) { json!(["read", "erase"]) } else { json!(["record"]) };
        json!({"family": family, "may": may, "scope": scope(random)})
    };
    let first = right("stock", random);
    if random.one_in(2) { json!([first]) } else { json!([first, right("all", random)]) }
}

fn event(random: &mut Random) -> (&'static str, Value) {
    let user = id(random, "u", 5);
    match random.below(11) {
        0 => {
            let role = id(random, "r", 2);
            ("role.defined", json!({"role": role, "rights": rights(random)}))
        }
        1 => ("user.enrolled", json!({"user": user, "employee": id(random, "m", 4)})),
        2 => ("user.enrolled", json!({"user": user})),
        3 => ("user.suspended", json!({"user": user, "reason": "leave"})),
        4 => ("user.resumed", json!({"user": user})),
        5 => {
            let service = id(random, "s", 3);
            ("integration.enrolled", json!({"service": service, "owner": user, "purpose": "shop"}))
        }
        6 | 7 => {
            let mut data = json!({
                "grant": id(random, "g", 30), "to": holder(random), "role": random.pick(&ROLES),
                "reason": "so",
            });
            if random.one_in(2) {
                data["scope"] = scope(random);
            }
            if random.one_in(3) {
                data["from"] = json!("2099-06-01T00:00:00Z");
                data["until"] = json!("2101-06-01T00:00:00Z");
            }
            ("permission.granted", data)
        }
        8 => ("permission.revoked", json!({"grant": id(random, "g", 30), "reason": "not so"})),
        9 => {
            let mut data = json!({
                "key": id(random, "k", 20), "of": holder(random), "sha256": HASH, "hint": "7fQz",
                "expires_on": format!("2100-0{}-01", random.below(9) + 1),
            });
            if random.one_in(3) {
                data["narrows"] = rights(random);
                data["networks"] = json!(["10.0.0.0/8", "2001:db8::/32", "192.168.7.1/32"]);
            }
            if random.one_in(2) {
                data["replaces"] = json!(id(random, "k", 20));
                data["overlap_h"] = json!(random.below(169));
            }
            ("key.issued", data)
        }
        _ => ("key.revoked", json!({"key": id(random, "k", 20), "reason": "lost"})),
    }
}

pub(crate) fn history(seed: u64) -> World {
    let (mut world, mut random) = (World::open("Europe/Berlin", "EUR"), Random::new(seed));
    let mut open = |name: &str, data: Value| {
        world.record(name, "2025-01-01T00:00:00Z", data).unwrap();
    };
    for n in 0..4 {
        let data =
            json!({"employee": format!("m{n}"), "name": "E", "department": "d", "role": "r"});
        open("employee.hired", data);
    }
    for n in 0..2 {
        open("warehouse.registered", json!({"warehouse": format!("w{n}"), "name": "W"}));
    }
    open("bank_account.opened", json!({"bank_account": "b0", "currency": "EUR"}));
    for n in 0..DRAFTS {
        let (name, data) = event(&mut random);
        // The business date goes up and down within the day that is let, and means nothing.
        let hour = 23 - n % 24;
        let _ = world.record(name, &format!("2099-12-31T{hour:02}:30:00Z"), data);
    }
    world
}

/// The records of a type that count, with their data, oldest first.
pub(crate) fn said<'a>(
    records: &'a [Record],
    known_at: u64,
    names: &'a [&'a str],
) -> impl DoubleEndedIterator<Item = (&'a Record, Value)> {
    records[..usize::try_from(known_at).unwrap()]
        .iter()
        .filter(move |record| names.contains(&record.event.event_type().name))
        .map(|record| (record, record.event.data().unwrap()))
}
pub(crate) fn ids(records: &[Record], known_at: u64, name: &str, field: &str) -> Vec<String> {
    let names = [name];
    let mut all: Vec<String> = said(records, known_at, &names)
        .map(|(_, data)| data[field].as_str().unwrap().to_owned())
        .collect();
    all.sort();
    all.dedup();
    all
}
/// The position of the newest record of some types that names this in a field.
pub(crate) fn newest(
    records: &[Record],
    known_at: u64,
    names: &[&str],
    field: &str,
    id: &str,
) -> Value {
    let mut all = said(records, known_at, names);
    all.rfind(|(_, data)| data[field] == id).map_or(Value::Null, |(r, _)| json!(r.position))
}

/// Everything that is known, by the raw records.
fn naive(records: &[Record], known_at: u64) -> Value {
    let all = |name: &str, field: &str| ids(records, known_at, name, field);
    let mut users = Vec::new();
    for (record, data) in said(records, known_at, &["user.enrolled"]) {
        let id = data["user"].as_str().unwrap();
        let suspended = newest(records, known_at, &["user.suspended"], "user", id);
        let resumed = newest(records, known_at, &["user.resumed"], "user", id);
        let is_suspended = suspended.as_u64() > resumed.as_u64();
        let suspended = if is_suspended { suspended } else { Value::Null };
        users.push(json!([id, data["employee"], suspended, record.position]));
    }
    users.sort_by_key(|user| user[0].as_str().unwrap().to_owned());
    let employees: Vec<Value> = (0..4)
        .map(|n| {
            let employee = format!("m{n}");
            let mut enrolled = said(records, known_at, &["user.enrolled"]);
            let user = enrolled.rfind(|(_, data)| data["employee"] == employee.as_str());
            user.map_or(Value::Null, |(_, data)| data["user"].clone())
        })
        .collect();
    let services = said(records, known_at, &["integration.enrolled"]);
    let mut services: Vec<Value> = services
        .map(|(record, data)| json!([data["service"], data["owner"], record.position]))
        .collect();
    services.sort_by_key(|service| service[0].as_str().unwrap().to_owned());
    let roles: Vec<Value> = all("role.defined", "role")
        .iter()
        .map(|role| {
            let mut defined = said(records, known_at, &["role.defined"]);
            let (_, data) = defined.rfind(|(_, data)| data["role"] == role.as_str()).unwrap();
            json!([role, data["rights"]])
        })
        .collect();
    let grants: Vec<Value> = said(records, known_at, &["permission.granted"])
        .map(|(record, data)| {
            let id = data["grant"].as_str().unwrap();
            let revoked = newest(records, known_at, &["permission.revoked"], "grant", id);
            json!({
                "grant": id, "to": data["to"], "role": data["role"], "scope": data["scope"],
                "from": data["from"], "until": data["until"], "granted": record.position,
                "revoked": revoked,
            })
        })
        .collect();
    let keys: Vec<Value> = said(records, known_at, &["key.issued"])
        .map(|(record, data)| {
            let id = data["key"].as_str().unwrap();
            let revoked = newest(records, known_at, &["key.revoked"], "key", id);
            let after = newest(records, known_at, &["key.issued"], "replaces", id);
            let ends = after.as_u64().map(|after| {
                let after = &records[usize::try_from(after).unwrap() - 1];
                let hours = after.event.data().unwrap()["overlap_h"].as_i64().unwrap_or_default();
                after.recorded_at.micros() + hours * 3_600_000_000
            });
            json!({
                "key": id, "of": data["of"], "sha256": data["sha256"], "hint": data["hint"],
                "narrows": data["narrows"], "networks": data.get("networks").unwrap_or(&json!([])),
                "expires_on": data["expires_on"], "issued": record.position, "revoked": revoked,
                "replaced": after, "ends": ends,
            })
        })
        .collect();
    json!([users, employees, services, roles, grants, keys])
}

/// The same, as the facts tell it.
fn told(access: &Access, lens: Lens<'_>) -> Value {
    let user = |id: &str| {
        let user = access.user(id, lens).unwrap();
        json!([id, user.employee, user.suspended, user.enrolled])
    };
    let service = |id: &str| {
        let service = access.service(id, lens).unwrap();
        json!([id, service.owner, service.enrolled])
    };
    let grant = |id: &str| {
        let grant = access.grant(id, lens).unwrap();
        json!({
            "grant": grant.grant, "to": grant.to, "role": grant.role, "scope": grant.scope,
            "from": grant.from, "until": grant.until, "granted": grant.granted,
            "revoked": grant.revoked,
        })
    };
    let key = |id: &str| {
        let key = access.key(id, lens).unwrap();
        let hash: String = key.sha256.iter().map(|byte| format!("{byte:02x}")).collect();
        json!({
            "key": key.key, "of": key.of, "sha256": hash, "hint": key.hint, "narrows": key.narrows,
            "networks": key.networks, "expires_on": key.expires_on, "issued": key.issued,
            "revoked": key.revoked, "replaced": key.replaced.map(|replaced| replaced.position),
            "ends": key.replaced.map(|replaced| replaced.ends().micros()),
        })
    };
    let by = |mut all: Vec<Value>, field: &str| {
        all.sort_by_key(|one| one[field].as_u64());
        all
    };
    let users: Vec<Value> = access.users(lens).into_iter().map(user).collect();
    let employees: Vec<Value> =
        (0..4).map(|n| json!(access.user_of(&format!("m{n}"), lens))).collect();
    let services: Vec<Value> = access.services(lens).into_iter().map(service).collect();
    let role = |role: &str| json!([role, access.role(role, lens)]);
    let roles: Vec<Value> = access.roles(lens).into_iter().map(role).collect();
    let grants = by(access.grants(lens).into_iter().map(grant).collect(), "granted");
    let keys = by(access.keys(lens).into_iter().map(key).collect(), "issued");
    json!([users, employees, services, roles, grants, keys])
}

/// What holders and roles are asked for is what the list of all says of them.
fn check_holders(access: &Access, lens: Lens<'_>, all: &Value) {
    let stands = |grant: &&Value| grant["revoked"].is_null();
    let names = |of: &Value, field: &str, value: &str, name: &str| -> Vec<String> {
        let of = of.as_array().unwrap().iter().filter(|one| one[field] == value);
        let of = of.filter(|one| name == "key" || stands(one));
        of.map(|one| one[name].as_str().unwrap().to_owned()).collect()
    };
    let holders =
        (0..5).map(|n| format!("user:u{n}")).chain((0..3).map(|n| format!("service:s{n}")));
    for holder in holders {
        let of: EntityRef = holder.parse().unwrap();
        let grants: Vec<&str> =
            access.grants_of(&of, lens).into_iter().map(|grant| grant.grant).collect();
        assert_eq!(grants, names(&all[4], "to", &holder, "grant"), "grants of {holder}");
        assert_eq!(access.keys_of(&of, lens), names(&all[5], "of", &holder, "key"), "of {holder}");
    }
    for role in ROLES {
        let mut grants: Vec<&str> =
            access.grants_of_role(role, lens).map(|grant| grant.grant).collect();
        grants.reverse();
        assert_eq!(grants, names(&all[4], "role", role, "grant"), "grants of {role}");
    }
    let zone = jiff::tz::TimeZone::get("Europe/Berlin").unwrap();
    for key in all[5].as_array().unwrap() {
        let state = access.key(key["key"].as_str().unwrap(), lens).unwrap();
        let over = state.expires_on.plus_days(1).start(&zone).micros();
        let ends = key["ends"].as_i64().unwrap_or(i64::MAX).min(over);
        let good = |micros: i64| state.is_good(Timestamp::from_micros(micros).unwrap(), &zone);
        let stands = key["revoked"].is_null();
        assert_eq!((good(ends - 1), good(ends)), (stands, false), "{key} ends at {ends}");
    }
}

#[test]
fn access_is_what_the_records_up_to_a_position_say() {
    let (mut asked, mut keys) = (0, 0);
    for seed in 1..=HISTORIES {
        let mut world = history(seed);
        let mut random = Random::new(seed ^ 0xACCE);
        let head = world.records.len() as u64;
        for known_at in [head, 1 + random.below(head), 1 + random.below(head)] {
            let cut = Cut { known_at: Position::new(known_at), ..Cut::all() };
            let expected = naive(&world.records, known_at);
            for access in [&world.views.access, &world.book.access] {
                let lens = world.views.lens(cut);
                assert_eq!(told(access, lens), expected, "SEED={seed} known at {known_at}");
                check_holders(access, lens, &expected);
            }
            asked += 1;
            keys += expected[5].as_array().unwrap().len();
        }
        // What is taken back was never said.
        let left = 8 + random.below(head - 8);
        world.book.truncate(Position::new(left));
        let now = told(&world.book.access, world.book.now());
        assert_eq!(now, naive(&world.records, left), "SEED={seed} taken back to {left}");
    }
    println!("{asked} moments of {HISTORIES} histories, {keys} keys");
    assert!(keys > 1_000, "{keys}");
}
