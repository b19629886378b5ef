//! The examples of the documents in SQL, as printed. Invariant: every block of SQL in every page
//! runs on published tables and finds something.

use std::{
    fs,
    path::{Path, PathBuf},
};

use postgres::{Client, NoTls, SimpleQueryMessage};
use sijil_peers::Postgres;
use sijil_publish::{Options, Publication};

use crate::books::{Books, options};

/// Every page of the documentation, found by walking the rooms.
fn pages(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        if path.is_dir()
            && name != "target"
            && name != "fixtures"
            && !name.to_string_lossy().starts_with('.')
        {
            pages(&path, found);
        } else if path.extension().is_some_and(|end| end == "md") {
            found.push(path);
        }
    }
}

/// The statements of the blocks of SQL in all pages: (page, statement).
fn documented() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .find(|folder| folder.join("Cargo.lock").exists())
        .expect("a workspace");
    let mut found = Vec::new();
    pages(root, &mut found);
    let mut statements = Vec::new();
    for page in found {
        let text = fs::read_to_string(&page).expect("a page");
        for block in text.split("```sql\n").skip(1) {
            let block = block.split("```").next().expect("a block ends");
            let parts = block.split(';').map(str::trim).filter(|part| !part.is_empty());
            statements.extend(parts.map(|part| (page.display().to_string(), part.to_owned())));
        }
    }
    statements
}

#[test]
fn every_example_in_sql_works_as_it_is_printed() {
    let Some(server) = Postgres::shared() else { return };
    let to = server.database("documented");
    let mut books = Books::new(3, 3_000);
    books.tell(3_000);
    books.settle();
    let (_publication, _) =
        Publication::rebuilt(&options(&to, "sijil_tables"), &books.ledger, &mut |_| ())
            .expect("published");
    let mut client = Client::connect(&to, NoTls).expect("a connection");
    let statements = documented();
    assert!(
        statements.iter().filter(|(_, text)| text.starts_with("SELECT")).count() >= 6,
        "{statements:?}"
    );
    for (page, statement) in &statements {
        let messages = client
            .simple_query(statement)
            .unwrap_or_else(|error| panic!("{page}: {statement}: {error:?}"));
        let rows =
            messages.iter().filter(|message| matches!(message, SimpleQueryMessage::Row(_))).count();
        assert!(
            rows > 0 || !statement.starts_with("SELECT"),
            "{page}: {statement}: it finds nothing"
        );
    }
}

/// The rows of a query, their cells as texts.
fn rows(client: &mut Client, sql: &str) -> Vec<Vec<Option<String>>> {
    let messages = client.simple_query(sql).unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    let row = |message: &SimpleQueryMessage| match message {
        SimpleQueryMessage::Row(row) => {
            Some((0..row.len()).map(|n| row.get(n).map(str::to_owned)).collect())
        }
        _ => None,
    };
    messages.iter().filter_map(row).collect()
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn names_numbers_and_units_stand_in_the_tables_and_a_report_says_what_it_answers() {
    let Some(server) = Postgres::shared() else { return };
    let to = server.database("named");
    let mut books = Books::new(5, 2_000);
    books.tell(1_500);
    let more = [
        serde_json::json!({
            "type": "item.registered", "id": "00000000-0000-4000-8000-00000000f001",
            "occurred_at": "2025-01-02T00:00:00Z",
            "data": {
                "item": "chair", "sku": "CH-1", "name": "Chair", "unit": "piece", "kind": "goods",
                "costing": "fifo",
            },
        }),
        serde_json::json!({
            "type": "warehouse.registered", "id": "00000000-0000-4000-8000-00000000f002",
            "occurred_at": "2025-01-02T00:00:00Z",
            "data": {"warehouse": "yard", "name": "The yard"},
        }),
        serde_json::json!({
            "type": "employee.hired", "id": "00000000-0000-4000-8000-00000000f003",
            "occurred_at": "2025-01-02T00:00:00Z",
            "data": {
                "employee": "emp-new", "name": "A Clerk", "department": "office", "role": "clerk",
            },
        }),
    ];
    let (before, mut publication) = {
        books.settle();
        let (publication, rebuilt) =
            Publication::rebuilt(&options(&to, "named"), &books.ledger, &mut |_| ())
                .expect("published");
        (rebuilt.position, publication)
    };
    assert_eq!(books.record(&more), 3, "all are admitted");
    assert!(books.settle() > before);
    assert!(publication.step(&books.ledger).expect("kept up"));
    let plain = Options { personal: false, ..options(&to, "plain") };
    let (_plain, _) = Publication::rebuilt(&plain, &books.ledger, &mut |_| ()).expect("published");

    let mut client = Client::connect(&to, NoTls).expect("a connection");
    let one = |client: &mut Client, sql: &str| {
        rows(client, sql)
            .concat()
            .into_iter()
            .map(Option::unwrap_or_default)
            .collect::<Vec<_>>()
            .join("|")
    };
    for schema in ["named", "plain"] {
        assert_eq!(
            one(
                &mut client,
                &format!("SELECT sku, name, unit FROM {schema}.items WHERE item_id = 'chair'")
            ),
            "CH-1|Chair|piece"
        );
        assert_eq!(
            one(
                &mut client,
                &format!("SELECT name FROM {schema}.warehouses WHERE warehouse_id = 'yard'")
            ),
            "The yard"
        );
        assert_eq!(
            one(&mut client, &format!("SELECT reports_refused FROM {schema}.published")),
            "{}"
        );
    }
    assert_eq!(
        one(&mut client, "SELECT name FROM named.employees WHERE employee_id = 'emp-new'"),
        "A Clerk"
    );
    let there = "SELECT count(*) FROM information_schema.columns WHERE table_schema = 'plain' AND \
                 table_name = 'employees' AND column_name = 'name'";
    assert_eq!(
        one(&mut client, there),
        "0",
        "names of persons are there only where they were asked for"
    );

    let question = "SELECT DISTINCT r.as_of = p.published_at::date, r.position = \
                    p.reports_position, parameters FROM named.report_receivables_by_client r, \
                    named.published p";
    let said = rows(&mut client, question).concat();
    assert_eq!(
        said[..2],
        [Some("t".to_owned()), Some("t".to_owned())],
        "one day, and what was known then"
    );
    let parameters: serde_json::Value =
        serde_json::from_str(said[2].as_deref().expect("parameters")).expect("JSON");
    assert_eq!(parameters["group"], "client");
    assert_eq!(
        one(&mut client, "SELECT count(*) FROM named.report_stock WHERE as_of IS NOT NULL"),
        "0",
        "nothing is cut off"
    );
}
