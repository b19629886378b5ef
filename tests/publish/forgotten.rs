//! Tables that forget what is erased from the ledger.

use postgres::{Client, NoTls};
use serde_json::json;
use sijil_peers::Postgres;
use sijil_projections::Cut;
use sijil_publish::{Options, Publication};
use sijil_schemas::Position;

use crate::{
    books::{Books, options},
    kept::differences,
};

const CANARY: &str = "Canary Quillon";
/// Within a day of the clock of the books.
const NOW: &str = "2026-01-01T21:00:00Z";

/// The places that an erasure is gone from.
fn places(books: &Books) -> Vec<String> {
    books.settle();
    let views = books.ledger.views();
    let state = views.access.erasure("E1", views.lens(Cut::all())).expect("it is known");
    state.places.iter().map(|(place, _)| (*place).to_owned()).collect()
}

fn names(to: &str, schema: &str) -> Vec<Option<String>> {
    let mut client = Client::connect(to, NoTls).expect("a connection");
    let of = format!("SELECT name FROM {schema}.clients WHERE client_id = 'QUILLON'");
    client.query(&of, &[]).expect("rows").iter().map(|row| row.get(0)).collect()
}

/// A client whose name is to be erased; where it says its name.
fn registered(books: &mut Books, to: &str) -> Position {
    let mut client = Client::connect(to, NoTls).expect("a connection");
    let owner: String = client
        .query_one("SELECT employee_id FROM kept.employees ORDER BY 1 LIMIT 1", &[])
        .expect("an employee")
        .get(0);
    let draft = json!({
        "type": "client.registered", "occurred_at": NOW, "actor": "tester",
        "data": {"client": "QUILLON", "name": CANARY, "kind": "person", "owner": owner},
    });
    assert_eq!(books.record(&[draft]), 1);
    books.settle()
}

fn erase(books: &mut Books, position: Position) {
    books.hidden.lock().expect("nobody panics with it").insert(position, vec![0]);
    let draft = json!({
        "type": "personal_data.erased", "occurred_at": NOW, "actor": "tester",
        "data": {
            "erasure": "E1", "subject": "client:QUILLON", "basis": "unlawful",
            "parts": [[position, 0]],
        },
    });
    assert_eq!(books.record(&[draft]), 1);
    books.settle();
}

#[test]
fn what_is_erased_is_null_with_the_record_that_erases_it() {
    let Some(server) = Postgres::shared() else { return };
    let to = server.database("forgotten");
    let mut books = Books::new(7, 2_000);
    books.tell(400);
    books.settle();
    let (kept, anew) = (options(&to, "kept"), options(&to, "anew"));
    let bare = Options { personal: false, ..options(&to, "bare") };
    let (mut publication, _) =
        Publication::rebuilt(&kept, &books.ledger, &mut |_| ()).expect("published");
    let (mut without, _) =
        Publication::rebuilt(&bare, &books.ledger, &mut |_| ()).expect("published");
    let position = registered(&mut books, &to);
    assert!(publication.step(&books.ledger).expect("kept up"));
    assert_eq!(names(&to, "kept"), [Some(CANARY.to_owned())]);
    assert!(server.dump("forgotten").contains(CANARY));

    // Records that change no row of the client's come between.
    books.tell(50);
    erase(&mut books, position);
    assert!(places(&books).is_empty());
    assert!(publication.step(&books.ledger).expect("kept up"));
    assert_eq!(names(&to, "kept"), [None]);
    assert!(!server.dump("forgotten").contains(CANARY));
    assert!(without.step(&books.ledger).expect("kept up"));
    assert_eq!(places(&books), ["tables/kept"], "tables without names never had it");

    // The record that says so changes nothing, and is not said again.
    assert!(publication.step(&books.ledger).expect("kept up"));
    let (_, rebuilt) = Publication::rebuilt(&anew, &books.ledger, &mut |_| ()).expect("rebuilt");
    assert_eq!(rebuilt.missing, Vec::<String>::new());
    assert_eq!(places(&books), ["tables/kept", "tables/anew"]);
    assert!(publication.step(&books.ledger).expect("kept up"));
    let found = differences(&to, "kept", "anew");
    let of_rows = |line: &&String| !line.contains("report_");
    assert_eq!(found.iter().filter(of_rows).collect::<Vec<_>>(), Vec::<&String>::new());
    let head = books.settle();
    assert!(!publication.step(&books.ledger).expect("nothing to do"));
    assert_eq!(publication.position(), head);
}

#[test]
fn an_erasure_that_was_taken_out_and_not_told_is_told_by_the_next_run() {
    let Some(server) = Postgres::shared() else { return };
    let to = server.database("told_late");
    let mut books = Books::new(8, 2_000);
    books.tell(300);
    books.settle();
    let kept = options(&to, "kept");
    let (mut publication, _) =
        Publication::rebuilt(&kept, &books.ledger, &mut |_| ()).expect("published");
    let position = registered(&mut books, &to);
    publication.step(&books.ledger).expect("kept up");
    erase(&mut books, position);
    // A run of which the tables have the erasure, and the ledger does not know: it was cut short in
    // between. Here the row says that it is there already.
    let head = books.settle().get();
    let root = books.ledger.root_at(Position::new(head)).expect("a root").expect("of it");
    let root: String = root.iter().map(|byte| format!("{byte:02x}")).collect();
    drop(publication);
    server
        .sql("told_late", &format!("UPDATE kept.published SET position = {head}, root = '{root}'"));
    assert!(places(&books).is_empty());
    let resumed = loop {
        // The lock of the connection that was dropped goes a moment later.
        match Publication::resumed(&kept, &books.ledger, &mut |_| ()) {
            Err(sijil_publish::PublishError::Taken { .. }) => std::thread::yield_now(),
            end => break end.expect("resumed"),
        }
    };
    assert_eq!(resumed.position().get(), head);
    assert_eq!(places(&books), ["tables/kept"]);
}
