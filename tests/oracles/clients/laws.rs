//! Laws that hold on every history: merges undone, records in any order, states and cards.
//! Invariant: as for the scans beside.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use sijil_projections::{
    Fold, Views,
    clients::{Clients, client_card},
    report::{Arguments, Change, Context, RowKey, Value as Cell, explain},
    reports, state,
};
use sijil_schemas::{Event, Position, Record, event, id::EntityRef, text::Name, time::Timestamp};

use super::{
    CLIENTS, Reached, ask, cut_parameters, each_history, history, naive, naive::Naive, timeline,
};
use crate::{restating::all_changes, world::World};

fn lists(world: &World) -> Vec<Vec<[String; 5]>> {
    CLIENTS.iter().map(|client| timeline(world, client, &[], 1_000)).collect()
}
fn links(world: &World, view: &str) -> Vec<BTreeMap<&'static str, String>> {
    World::rows(&ask(world, "counterparty_links", &[("view", view.to_owned())]).unwrap())
}

#[test]
fn an_unmerge_undoes_a_merge_exactly() {
    let check = |seed, reached: &mut Reached| {
        let (mut world, mut dice) = history(seed, reached);
        let (client, into) = (*dice.one(&CLIENTS), *dice.one(&CLIENTS));
        let (before, amounts) = (lists(&world), links(&world, "at_event"));
        if world
            .record(
                "client.merged",
                "2025-04-01T00:00:00Z",
                json!({"client": client, "into": into}),
            )
            .is_err()
        {
            return;
        }
        reached.note("merge");
        let merged = lists(&world);
        assert_eq!(
            merged.iter().map(Vec::len).sum::<usize>(),
            before.iter().map(Vec::len).sum::<usize>() + 1,
            "a merge loses nothing"
        );
        world.record("client.unmerged", "2025-04-02T00:00:00Z", json!({"client": client})).unwrap();
        let mut after = lists(&world);
        for list in &mut after {
            list.retain(|[at, ..]| at.as_str() < "2025-04-01");
        }
        assert_eq!(after, before);
        assert_eq!(links(&world, "at_event"), amounts);
    };
    each_history(check, &[("merge", 30)]);
}

#[test]
fn the_order_of_recording_changes_no_answer() {
    let check = |seed, reached: &mut Reached| {
        let (world, mut dice) = history(seed, reached);
        // Records of one moment keep their order, all others are dealt anew.
        let mut order: Vec<usize> = (0..world.records.len()).collect();
        for i in (1..order.len()).rev() {
            order.swap(i, usize::try_from(dice.below(i as u64 + 1)).unwrap());
        }
        let mut moments: BTreeMap<Timestamp, Vec<usize>> = BTreeMap::new();
        for (i, record) in world.records.iter().enumerate() {
            moments.entry(record.occurred_at()).or_default().push(i);
        }
        let mut slots: BTreeMap<Timestamp, std::collections::VecDeque<usize>> =
            moments.into_iter().map(|(at, all)| (at, all.into())).collect();
        let order: Vec<usize> = order
            .into_iter()
            .map(|i| slots.get_mut(&world.records[i].occurred_at()).unwrap().pop_front().unwrap())
            .collect();
        let place = |old: Position| {
            Position::new(order.iter().position(|i| *i as u64 + 1 == old.get()).unwrap() as u64 + 1)
        };
        let mut other = World::default();
        for (i, old) in order.iter().enumerate() {
            let mut record = world.records[*old].clone();
            record.position = Position::new(i as u64 + 1);
            record.voids = record.voids.map(place);
            other.views.apply(&record);
            other.records.push(record);
        }
        for client in CLIENTS {
            let parameters = [("as_of", dice.moment().to_string())];
            let told = |world: &World| {
                timeline(world, client, &parameters, 1_000)
                    .into_iter()
                    .map(|[at, _, name, home, actor]| [at, name, home, actor])
                    .collect::<Vec<_>>()
            };
            assert_eq!(told(&other), told(&world), "client {client} {parameters:?}");
            reached.note(if told(&world).len() > 2 { "told" } else { "little told" });
        }
        for view in ["at_event", "current"] {
            assert_eq!(links(&other, view), links(&world, view), "{view}");
        }
    };
    each_history(check, &[("told", 150)]);
}

#[test]
fn a_client_s_state_and_card_are_what_its_records_say() {
    let check = |seed, reached: &mut Reached| {
        let (world, mut dice) = history(seed, reached);
        let mut earlier: BTreeMap<&str, Option<state::State>> = BTreeMap::new();
        for _ in 0..4 {
            let parameters = cut_parameters(&world, &mut dice);
            let (naive, cut) = naive(&world, &parameters);
            let lens = world.views.lens(cut);
            for client in CLIENTS {
                let entity: EntityRef = format!("client:{client}").parse().unwrap();
                let got = state::state(&entity, &world.records, lens);
                let fields = got.as_ref().map(|s| {
                    s.fields
                        .iter()
                        .map(|(name, f)| (name.clone(), f.value.clone()))
                        .collect::<BTreeMap<_, _>>()
                });
                let expected = naive.client_fields(client);
                assert_eq!(fields, expected, "client {client} {parameters:?}");
                let fields = expected.unwrap_or_default();
                card_agrees(&world, lens, client, &fields, &naive);
                // Differences lead from one state to the other, and from a state to itself there
                // are none.
                let before = earlier.insert(client, got.clone()).flatten();
                let changes = state::differences(before.as_ref(), got.as_ref());
                let mut walked = before.map(|s| s.fields).unwrap_or_default();
                for change in &changes {
                    assert_ne!(
                        change.before.as_ref().map(|f| &f.value),
                        change.after.as_ref().map(|f| &f.value)
                    );
                    match change.after.clone() {
                        Some(field) => drop(walked.insert(change.field.clone(), field)),
                        None => drop(walked.remove(&change.field)),
                    }
                }
                assert_eq!(
                    walked.into_iter().map(|(name, f)| (name, f.value)).collect::<BTreeMap<_, _>>(),
                    fields
                );
                assert_eq!(state::differences(got.as_ref(), got.as_ref()), []);
                reached.note(if changes.is_empty() { "no change" } else { "change" });
                reached.note(if fields.contains_key("merged_into") { "merged" } else { "alone" });
            }
        }
    };
    each_history(check, &[("change", 300), ("no change", 50), ("merged", 100)]);
}

/// What a record says a client is called.
fn name_said(record: &Record) -> Option<&str> {
    let name = match &record.event {
        Event::Clients(event::Clients::ClientRegistered(e)) => &e.name,
        Event::Clients(event::Clients::ClientRenamed(e)) => &e.name,
        other => panic!("{} says no client's name", other.event_type().name),
    };
    name.get().map(Name::as_str)
}

fn card_agrees(
    world: &World,
    lens: sijil_projections::Lens<'_>,
    client: &str,
    fields: &BTreeMap<String, Value>,
    naive: &Naive,
) {
    let clients = &world.views.clients;
    let card = clients
        .sym(client)
        .and_then(|sym| client_card(clients, sym, lens))
        .expect("clients are registered before every cut");
    let name = name_said(&world.records[card.named_at.get() as usize - 1]);
    let text = |field: &str| fields.get(field).and_then(Value::as_str);
    assert_eq!(
        (name, card.owner, card.attributes.get("region").copied()),
        (text("name"), text("owner"), text("attributes.region"))
    );
    let root = naive.root(client);
    assert_eq!(card.merged_into, (root != client).then_some(root.as_str()));
    let merged: Vec<&str> = if root == client {
        CLIENTS.into_iter().filter(|c| *c != client && naive.root(c) == client).collect()
    } else {
        Vec::new()
    };
    let mut got = card.merged.clone();
    got.sort_unstable();
    assert_eq!(got, merged);
}

#[test]
fn a_fold_restored_halfway_ends_as_if_it_had_never_stopped() {
    let check = |seed, reached: &mut Reached| {
        let (world, mut dice) = history(seed, reached);
        let (mut stopped, half) =
            (Views::default(), usize::try_from(dice.below(world.records.len() as u64)).unwrap());
        world.records[..half].iter().for_each(|r| stopped.apply(r));
        let bytes = stopped.bytes(Clients::NAME).expect("a fold of the views");
        stopped.exchange(Clients::NAME, &mut Views::default());
        assert!(stopped.restore(Clients::NAME, &bytes), "its own bytes are of its edition");
        world.records[half..].iter().for_each(|r| stopped.apply(r));
        assert_eq!(stopped.digest(Clients::NAME), world.views.digest(Clients::NAME));
        assert_eq!(stopped.clients.quarantine(), []);
        reached.note(if half < 40 { "early" } else { "late" });
    };
    each_history(check, &[("early", 10), ("late", 5)]);
}

/// L1 belongs to A and has an invoice; later it is learned that it had gone to B before that.
fn relinked() -> World {
    let mut world = World::open("UTC", "EUR");
    let mut record = |name: &str, at: &str, data: Value| {
        assert!(world.record(name, at, data).is_ok(), "{name} is admitted");
    };
    for client in ["A", "B"] {
        record(
            "client.registered",
            "2024-01-01T00:00:00Z",
            json!({"client": client, "name": client, "kind": "org"}),
        );
    }
    record(
        "counterparty.registered",
        "2024-01-01T00:00:00Z",
        json!({"counterparty": "L1", "legal_name": "L1"}),
    );
    record(
        "counterparty.linked",
        "2024-01-01T00:00:00Z",
        json!({"counterparty": "L1", "client": "A"}),
    );
    let lines = json!([{"line": "1", "qty": "1", "price": "100", "net": "100", "tax": "0"}]);
    let invoice = json!({
        "invoice": "I1", "counterparty": "L1", "due_on": "2025-12-31", "lines": lines,
        "total": {"amount": "100", "currency": "EUR"},
    });
    record("invoice.issued", "2025-02-01T00:00:00Z", invoice);
    record(
        "counterparty.unlinked",
        "2025-01-15T00:00:00Z",
        json!({"counterparty": "L1", "client": "A"}),
    );
    record(
        "counterparty.linked",
        "2025-01-20T00:00:00Z",
        json!({"counterparty": "L1", "client": "B"}),
    );
    world
}

#[test]
fn a_moved_amount_is_explained_by_the_links_that_moved_it() {
    let world = relinked();
    for (name, given, key, behind) in [
        ("counterparty_links", vec![], vec!["B", "EUR"], [6, 8]),
        ("client_timeline", vec![("client", "B")], vec!["6"], [6, 8]),
    ] {
        let report = reports::find(name).unwrap();
        let arguments = Arguments::parse(report, given).unwrap();
        let (cut, _) = world.cut(&[]);
        let context = Context {
            views: world.views.folds(),
            cut,
            zone: world.views.company.zone(),
            arguments: &arguments,
            explain: false,
        };
        let key: Vec<String> = key.into_iter().map(str::to_owned).collect();
        let cells =
            explain(report, &context, &RowKey(key.iter().cloned().map(Some).collect()), None)
                .unwrap();
        let positions: BTreeSet<u64> =
            cells.iter().flat_map(|cell| &cell.parts).map(|part| part.position.get()).collect();
        assert_eq!(positions, BTreeSet::from(behind), "{name}");
        // Known only up to the invoice, it was A's: the link to B is what gave it to B.
        let changes = all_changes(report, &context, Position::new(6));
        let is_b = |c: &&Change| c.key.iter().filter_map(Cell::shown).eq(key.iter().cloned());
        let gained = changes
            .iter()
            .find(is_b)
            .filter(|c| c.before.is_none() && c.after.is_some())
            .expect("B gained a row");
        assert_eq!(
            gained.steps.iter().map(|step| step.position.get()).collect::<Vec<_>>(),
            [8],
            "{name}"
        );
        let lost = changes.iter().filter(|c| c.before.is_some() && c.after.is_none()).count();
        assert_eq!(lost, usize::from(name == "counterparty_links"), "{name}");
    }
}
