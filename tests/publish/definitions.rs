//! Are the tables well defined, and described as they are? Invariant: the page beside the code is
//! made from it.

use std::{collections::BTreeSet, env, fs, path::PathBuf};

use sijil_publish::{GROUPS, Owner, POSITION, page, tables};

#[test]
fn the_page_of_the_tables_is_made_from_their_definitions() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("TABLES.md");
    if env::var("WRITE_TABLES").is_ok() {
        fs::write(&path, page()).expect("written");
    }
    assert_eq!(
        fs::read_to_string(&path).unwrap_or_default(),
        page(),
        "write it anew with WRITE_TABLES=1 and this test"
    );
}

#[test]
fn every_table_has_a_key_names_that_need_no_quotes_and_references_that_exist() {
    let reserved = [
        "order",
        "group",
        "from",
        "to",
        "user",
        "table",
        "column",
        "select",
        "default",
        "end",
        "limit",
        "offset",
        "references",
        "all",
        "and",
        "as",
        "check",
    ];
    let names: Vec<&str> = tables().map(|t| t.name).collect();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "names are unique");
    assert!(names.len() > 60, "all reports give tables, too: {}", names.len());
    for table in tables() {
        let columns: Vec<&str> = table.shown(true).map(|c| c.name).collect();
        assert_eq!(
            columns.iter().collect::<BTreeSet<_>>().len(),
            columns.len(),
            "{}: {columns:?}",
            table.name
        );
        assert_eq!(columns.last(), Some(&POSITION.name));
        assert!(table.key().next().is_some(), "{} has a key", table.name);
        for column in table.shown(true) {
            assert!(
                !reserved.contains(&column.name)
                    && column
                        .name
                        .chars()
                        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'),
                "{}.{}",
                table.name,
                column.name
            );
            assert!(
                !(column.key && (column.optional || column.personal)),
                "{}.{}: a key is never null and never personal",
                table.name,
                column.name
            );
            if let Some(to) = column.to {
                let to = tables()
                    .find(|t| t.name == to)
                    .unwrap_or_else(|| panic!("{}.{} names {to}", table.name, column.name));
                assert_eq!(to.key().count(), 1, "{} has a key of one column", to.name);
            }
        }
    }
    for group in GROUPS.iter().filter(|g| matches!(g.owner, Owner::Each(_))) {
        let first: BTreeSet<&str> = group.tables.iter().map(|t| t.columns[0].name).collect();
        assert_eq!(first.len(), 1, "the first column names the owner: {first:?}");
    }
}
