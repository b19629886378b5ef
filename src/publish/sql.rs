//! Tables in the words of SQL. Invariant: every name and text comes from the definitions, and is
//! quoted.

use crate::{
    groups::tables,
    table::{Table, Type},
};

/// The table that says what the others reflect.
pub(crate) const PUBLISHED: &str = "published";

/// The columns of `published`: (name, type, meaning).
pub(crate) const PUBLISHED_COLUMNS: &[(&str, &str, &str)] = &[
    ("ledger_id", "text PRIMARY KEY", "The ledger: the id of its first event."),
    ("position", "bigint NOT NULL", "The last record that the tables of entities reflect."),
    (
        "reports_position",
        "bigint NOT NULL",
        "The last record that the tables of reports reflect; they are asked anew from time to \
         time.",
    ),
    (
        "root",
        "text NOT NULL",
        "The root of the log's Merkle tree at position, in hexadecimal: which history this is.",
    ),
    ("published_at", "timestamptz NOT NULL", "When the record at position was recorded."),
    ("edition", "text NOT NULL", "A digest of the definitions of all tables."),
    ("personal", "boolean NOT NULL", "Whether the columns with what is personal are there."),
    (
        "reports_refused",
        "jsonb NOT NULL",
        "The tables of reports that are empty because the report gave no answer, each with the \
         reason; none: {}.",
    ),
];

/// A name, quoted.
pub(crate) fn name(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
/// A text, quoted.
pub(crate) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
/// A table in a schema.
pub(crate) fn place(schema: &str, table: &str) -> String {
    format!("{}.{}", name(schema), name(table))
}
/// Names, separated by commas.
pub(crate) fn list<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    names.into_iter().map(name).collect::<Vec<_>>().join(", ")
}

/// Makes every table, without keys: rows come in faster without.
pub(crate) fn create(schema: &str, personal: bool) -> String {
    let mut sql = format!("CREATE SCHEMA {};\n", name(schema));
    let columns: Vec<String> =
        PUBLISHED_COLUMNS.iter().map(|(column, of, _)| format!("{} {of}", name(column))).collect();
    sql += &format!("CREATE TABLE {} ({});\n", place(schema, PUBLISHED), columns.join(", "));
    for table in tables() {
        let column = |c: &crate::table::Column| {
            format!("{} {}{}", name(c.name), c.of.sql(), if c.optional { "" } else { " NOT NULL" })
        };
        let columns: Vec<String> = table.shown(personal).map(column).collect();
        sql += &format!("CREATE TABLE {} ({});\n", place(schema, table.name), columns.join(", "));
    }
    sql
}

/// Says what everything is.
pub(crate) fn comments(schema: &str, personal: bool) -> String {
    let mut sql = format!(
        "COMMENT ON SCHEMA {} IS {};\n",
        name(schema),
        literal("Tables of a Sijil ledger; the table published says which position they reflect.")
    );
    sql += &format!(
        "COMMENT ON TABLE {} IS {};\n",
        place(schema, PUBLISHED),
        literal("One row: which ledger, and which position of its log, the tables reflect.")
    );
    for (column, _, about) in PUBLISHED_COLUMNS {
        sql += &format!(
            "COMMENT ON COLUMN {}.{} IS {};\n",
            place(schema, PUBLISHED),
            name(column),
            literal(about)
        );
    }
    for table in tables() {
        sql += &format!(
            "COMMENT ON TABLE {} IS {};\n",
            place(schema, table.name),
            literal(table.about)
        );
        for column in table.shown(personal) {
            sql += &format!(
                "COMMENT ON COLUMN {}.{} IS {};\n",
                place(schema, table.name),
                name(column.name),
                literal(column.about)
            );
        }
    }
    sql
}

/// Adds the primary key of a table, and an index by owner where the key does not begin with it.
pub(crate) fn keys(schema: &str, table: &Table) -> String {
    let constraint = name(&format!("{}_key", table.name));
    let mut sql = format!(
        "ALTER TABLE {} ADD CONSTRAINT {constraint} PRIMARY KEY ({});\n",
        place(schema, table.name),
        list(table.key())
    );
    if let Some(first) = table.columns.first().filter(|c| !c.key) {
        sql += &format!("CREATE INDEX ON {} ({});\n", place(schema, table.name), name(first.name));
    }
    for column in table.columns.iter().filter(|c| c.to.is_some() && !c.key) {
        if table.columns.first().is_none_or(|first| first.name != column.name) {
            sql += &format!(
                "CREATE INDEX ON {} ({});\n",
                place(schema, table.name),
                name(column.name)
            );
        }
    }
    sql
}

/// Each foreign key of a table: (its name, the statement that adds it). They are checked at the end
/// of a transaction, so rows may come in any order.
pub(crate) fn references(schema: &str, table: &Table) -> Vec<(String, String)> {
    let one = |column: &crate::table::Column| {
        let to = tables().find(|t| Some(t.name) == column.to)?;
        let constraint = format!("{}_{}_is_known", table.name, column.name);
        let sql = format!(
            "ALTER TABLE {} ADD CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {} ({}) DEFERRABLE \
             INITIALLY DEFERRED",
            place(schema, table.name),
            name(&constraint),
            name(column.name),
            place(schema, to.name),
            list(to.key())
        );
        Some((constraint, sql))
    };
    table.columns.iter().filter_map(one).collect()
}

/// A table of this session with the columns of another: rows on their way into it.
pub(crate) fn anew(schema: &str, table: &Table) -> String {
    format!(
        "CREATE TEMPORARY TABLE IF NOT EXISTS {} (LIKE {}) ON COMMIT DELETE ROWS",
        name(&new(table)),
        place(schema, table.name)
    )
}
/// The name of that table.
pub(crate) fn new(table: &Table) -> String {
    format!("new_{}", table.name)
}
/// Reads rows into a table.
pub(crate) fn copy(place: &str) -> String {
    format!("COPY {place} FROM STDIN")
}

/// Deletes the rows that are no longer there: of the owners given, or of all.
pub(crate) fn delete(schema: &str, table: &Table, owners: bool) -> String {
    let same: Vec<String> = table.key().map(|k| format!("n.{0} = t.{0}", name(k))).collect();
    let of = table
        .columns
        .first()
        .filter(|_| owners)
        .map_or_else(String::new, |first| format!("t.{} = ANY($1) AND ", name(first.name)));
    format!(
        "DELETE FROM {} t WHERE {of}NOT EXISTS (SELECT FROM {} n WHERE {})",
        place(schema, table.name),
        name(&new(table)),
        same.join(" AND ")
    )
}

/// Inserts the rows that are new, and changes those that differ.
pub(crate) fn merge(schema: &str, table: &Table, personal: bool) -> String {
    let all: Vec<&str> = table.shown(personal).map(|c| c.name).collect();
    let keys: Vec<&str> = table.key().collect();
    let rest: Vec<&str> = all.iter().copied().filter(|c| !keys.contains(c)).collect();
    let set: Vec<String> = rest.iter().map(|c| format!("{0} = excluded.{0}", name(c))).collect();
    let of = |prefix: &str| {
        rest.iter().map(|c| format!("{prefix}.{}", name(c))).collect::<Vec<_>>().join(", ")
    };
    format!(
        "INSERT INTO {} AS t ({columns}) SELECT {columns} FROM {} ON CONFLICT ({}) DO UPDATE SET \
         {} WHERE ({}) IS DISTINCT FROM ({})",
        place(schema, table.name),
        name(&new(table)),
        list(keys.iter().copied()),
        set.join(", "),
        of("t"),
        of("excluded"),
        columns = list(all.iter().copied()),
    )
}

/// The types of a table's columns, for a digest of all definitions.
pub(crate) fn definition(table: &Table) -> String {
    let of = |of: Type| of.sql();
    let columns: Vec<String> = table
        .columns
        .iter()
        .map(|c| format!("{} {} {} {} {:?} {}", c.name, of(c.of), c.optional, c.key, c.to, c.about))
        .collect();
    format!("{}: {} ({})\n", table.name, table.about, columns.join(", "))
}
