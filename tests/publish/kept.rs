//! Rows kept up one by one against a rebuild. Invariant: after any history, every table has the
//! same rows.

use std::thread;

use postgres::{Client, NoTls};
use sijil_peers::Postgres;
use sijil_publish::{Heard, Publication, PublishError, tables};

use crate::books::{Books, options};

/// Tables that differ between two schemas, with the rows that do.
pub fn differences(to: &str, one: &str, other: &str) -> Vec<String> {
    let mut client = Client::connect(to, NoTls).expect("a connection");
    let mut found = Vec::new();
    for table in tables().map(|table| table.name) {
        for (here, there) in [(one, other), (other, one)] {
            let sql = format!(
                "SELECT x::text FROM (TABLE {here}.{table} EXCEPT ALL TABLE {there}.{table}) x \
                 LIMIT 3"
            );
            let rows = client.query(&sql, &[]).expect("rows");
            found.extend(
                rows.iter()
                    .map(|row| format!("only in {here}.{table}: {}", row.get::<_, String>(0))),
            );
        }
    }
    found
}

#[test]
fn rows_kept_up_through_random_histories_are_those_of_a_rebuild() {
    let Some(server) = Postgres::shared() else { return };
    let (mut steps, mut events, mut mischief, mut rows) = (0, 0, 0, 0);
    for seed in 1..=3_u64 {
        let to = server.database(&format!("kept_{seed}"));
        let mut books = Books::new(seed, 5_000);
        books.tell(600);
        books.settle();
        let (kept, anew) = (options(&to, "kept"), options(&to, "anew"));
        let (mut publication, _) =
            Publication::rebuilt(&kept, &books.ledger, &mut |_| ()).expect("published");
        for round in 0..12 {
            let (told, made) = (1 + books.dice.below(400), books.dice.below(60));
            books.tell(told);
            books.mischief(made);
            let position = books.settle();
            assert!(publication.step(&books.ledger).expect("kept up"));
            assert_eq!(publication.position(), position);
            steps += 1;
            if round % 4 == 3 {
                let (_, rebuilt) =
                    Publication::rebuilt(&anew, &books.ledger, &mut |_| ()).expect("rebuilt");
                assert_eq!(rebuilt.position, position);
                assert_eq!(rebuilt.missing, Vec::<String>::new(), "every foreign key holds");
                rows = rebuilt.rows;
                let found = differences(&to, "kept", "anew");
                assert!(
                    found.is_empty(),
                    "seed {seed}, position {position}:\n{}",
                    found.join("\n")
                );
            }
        }
        (events, mischief) = (events + books.settle().get(), mischief + books.mischief);
        // Whoever comes later goes on where the tables are.
        drop(publication);
        books.tell(50);
        books.settle();
        let mut heard = Vec::new();
        let mut resumed = loop {
            // The lock of the connection that was dropped goes a moment later.
            match Publication::resumed(&kept, &books.ledger, &mut |word| {
                heard.push(matches!(word, Heard::Resumed(_)));
            }) {
                Err(PublishError::Taken { .. }) => thread::yield_now(),
                end => break end.expect("resumed"),
            }
        };
        assert_eq!(heard, [true], "nothing is rebuilt");
        resumed.step(&books.ledger).expect("kept up");
        Publication::rebuilt(&anew, &books.ledger, &mut |_| ()).expect("rebuilt");
        assert_eq!(differences(&to, "kept", "anew"), Vec::<String>::new());
    }
    println!(
        "3 histories, {events} events, {mischief} of them mischief, {steps} steps; {rows} rows in \
         the last"
    );
}
