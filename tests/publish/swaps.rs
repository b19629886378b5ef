//! Rebuilds under the eyes of readers. Invariant: a reader sees one position in all tables; what
//! others own is never touched.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
};

use postgres::{Client, NoTls};
use sijil_peers::Postgres;
use sijil_publish::{Options, Publication, PublishError};

use crate::books::{Books, options};

#[test]
#[expect(clippy::too_many_lines, reason = "one story, told from its beginning to its end")]
fn readers_see_old_or_new_tables_and_what_was_granted_and_built_on_them_stays() {
    let Some(server) = Postgres::shared() else { return };
    let to = server.database("swaps");
    let mut books = Books::new(21, 4_000);
    books.tell(500);
    books.settle();
    let options = options(&to, "shown");
    Publication::rebuilt(&options, &books.ledger, &mut |_| ()).expect("published");
    let mut owner = Client::connect(&to, NoTls).expect("a connection");
    owner
        .batch_execute(
            "CREATE ROLE analyst LOGIN; GRANT USAGE ON SCHEMA shown TO analyst; GRANT SELECT ON \
             shown.published, shown.clients, shown.invoices TO analyst; CREATE SCHEMA mine; CREATE \
             VIEW mine.owed AS SELECT client_id, sum(outstanding) AS owed FROM shown.invoices \
             GROUP BY 1; GRANT USAGE ON SCHEMA mine TO analyst; GRANT SELECT ON mine.owed TO \
             analyst",
        )
        .expect("granted");
    let (stop, looks) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let reader = thread::spawn({
        let (stop, looks, to) = (stop.clone(), looks.clone(), to.replace("sijil@", "analyst@"));
        move || {
            let mut client = Client::connect(&to, NoTls).expect("a connection");
            let mut last = 0_i64;
            while !stop.load(Ordering::Relaxed) {
                let mut transaction = client
                    .build_transaction()
                    .isolation_level(postgres::IsolationLevel::RepeatableRead)
                    .start()
                    .expect("a transaction");
                let position: i64 = transaction
                    .query_one("SELECT position FROM shown.published", &[])
                    .expect("one row")
                    .get(0);
                let newest: Option<i64> = transaction
                    .query_one("SELECT max(position) FROM shown.invoices", &[])
                    .expect("one row")
                    .get(0);
                let clients: i64 = transaction
                    .query_one("SELECT count(*) FROM shown.clients", &[])
                    .expect("one row")
                    .get(0);
                transaction.query("SELECT * FROM mine.owed", &[]).expect("the view reads");
                assert!(
                    newest.is_none_or(|newest| newest <= position)
                        && clients > 0
                        && position >= last,
                    "one position, never an older one"
                );
                last = position;
                looks.fetch_add(1, Ordering::Relaxed);
            }
            last
        }
    });
    let mut locked = Vec::new();
    for _ in 0..4 {
        books.tell(600);
        let position = books.settle();
        let (_, rebuilt) =
            Publication::rebuilt(&options, &books.ledger, &mut |_| ()).expect("published");
        assert_eq!(rebuilt.position, position);
        locked.push(rebuilt.locked_ms);
    }
    let seen = looks.load(Ordering::Relaxed);
    while looks.load(Ordering::Relaxed) < seen + 2 {
        thread::yield_now();
    }
    stop.store(true, Ordering::Relaxed);
    let last = reader.join().expect("the reader saw nothing wrong");
    assert_eq!(
        u64::try_from(last).expect("a position"),
        books.settle().get(),
        "the reader reads the newest tables"
    );
    let left: i64 = owner
        .query_one("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'shown\\_\\_%'", &[])
        .expect("one row")
        .get(0);
    let comments: i64 = owner
        .query_one(
            "SELECT count(*) FROM pg_description d JOIN pg_class c ON c.oid = d.objoid WHERE \
             c.relnamespace = 'shown'::regnamespace",
            &[],
        )
        .expect("one row")
        .get(0);
    let columns: i64 = owner
        .query_one(
            "SELECT count(*) FROM information_schema.columns WHERE table_schema = 'shown'",
            &[],
        )
        .expect("one row")
        .get(0);
    let tables: i64 = owner
        .query_one(
            "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'shown'",
            &[],
        )
        .expect("one row")
        .get(0);
    assert_eq!(
        (left, comments),
        (0, columns + tables),
        "nothing is left over; every table and column has a comment"
    );
    println!(
        "4 swaps under {} looks of a reader; old tables locked for {locked:?} ms",
        looks.load(Ordering::Relaxed)
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "one story, told from its beginning to its end")]
fn what_is_not_this_ledgers_is_left_alone() {
    let Some(server) = Postgres::shared() else { return };
    let to = server.database("alone");
    let mut books = Books::new(31, 500);
    let published = |options: &Options, books: &Books| {
        Publication::rebuilt(options, &books.ledger, &mut |_| ())
            .map(|(publication, _)| publication)
    };
    assert!(matches!(published(&options(&to, "a"), &books), Err(PublishError::Empty)));
    books.tell(100);
    books.settle();
    let mut client = Client::connect(&to, NoTls).expect("a connection");
    client
        .batch_execute(
            "CREATE SCHEMA theirs; CREATE TABLE theirs.things (n int); CREATE SCHEMA nothing",
        )
        .expect("made");
    assert!(matches!(
        published(&options(&to, "theirs"), &books),
        Err(PublishError::Foreign { .. })
    ));
    for beside in ["beside__next", "beside__old"] {
        client
            .batch_execute(&format!("CREATE SCHEMA {beside}; CREATE TABLE {beside}.things (n int)"))
            .expect("made");
        assert!(
            matches!(
                published(&options(&to, "beside"), &books),
                Err(PublishError::Foreign { schema }) if schema == beside
            ),
            "{beside} would be dropped"
        );
        client.batch_execute(&format!("DROP TABLE {beside}.things")).expect("it is still there");
        assert!(
            matches!(published(&options(&to, beside), &books), Err(PublishError::Schema { .. })),
            "{beside} is a name of our own"
        );
    }
    client
        .batch_execute(
            "CREATE SCHEMA words; CREATE FUNCTION words.one() RETURNS int LANGUAGE sql AS 'SELECT \
             1'",
        )
        .expect("made");
    assert!(
        matches!(published(&options(&to, "words"), &books), Err(PublishError::Foreign { .. })),
        "a schema of functions is somebody's"
    );
    assert!(matches!(
        published(&options(&to, "Robert'); --"), &books),
        Err(PublishError::Schema { .. })
    ));
    assert!(matches!(
        published(&options("postgres://127.0.0.1:1/none", "a"), &books),
        Err(error) if error.may_pass()
    ));
    assert!(matches!(
        published(&options("http://127.0.0.1", "a"), &books),
        Err(PublishError::Address { .. })
    ));
    assert!(matches!(
        published(&options(&format!("{to}?sslmode=prefer"), "a"), &books),
        Err(PublishError::Address { .. })
    ));
    let plain =
        published(&options(&format!("{to}?sslmode=verify-full&sslrootcert=/nowhere"), "a"), &books)
            .err()
            .expect("refused");
    assert!(matches!(plain, PublishError::Roots(_)), "{plain}");
    let kept = published(&options(&to, "nothing"), &books).expect("an empty schema is taken");
    assert!(
        matches!(published(&options(&to, "nothing"), &books), Err(PublishError::Taken { .. })),
        "one at a time"
    );
    drop(kept);
    let mut other = Books::new(32, 500);
    other.tell(100);
    other.settle();
    let refused = loop {
        // The lock of the connection that was dropped goes a moment later.
        match published(&options(&to, "nothing"), &other) {
            Err(PublishError::Taken { .. }) => thread::yield_now(),
            end => break end.err().expect("refused"),
        }
    };
    assert!(matches!(refused, PublishError::OtherLedger { .. }), "{refused}");

    client
        .batch_execute(
            "CREATE MATERIALIZED VIEW theirs.counted AS SELECT count(*) FROM nothing.clients",
        )
        .expect("made");
    let refused = published(&options(&to, "nothing"), &books).err().expect("refused");
    assert!(
        matches!(&refused, PublishError::Copied { view, .. } if view == "theirs.counted"),
        "{refused}"
    );

    let names = "SELECT count(*) FROM information_schema.columns WHERE table_schema = 'plain' AND \
                 column_name IN ('name', 'legal_name', 'tax_id', 'channels') AND table_name IN \
                 ('clients', 'contacts', 'counterparties')";
    published(&Options { personal: false, ..options(&to, "plain") }, &books).expect("published");
    assert_eq!(
        client.query_one(names, &[]).expect("one row").get::<_, i64>(0),
        0,
        "nothing personal unless it is asked for"
    );
}
