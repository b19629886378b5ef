//! Names: what an expression may call the columns of a table. Invariant: a column has one name,
//! made of its title, and every column can be reached: by its name, or as `row["title"]`.

use std::collections::BTreeSet;

use sijil_schemas::near::suggestion;

use crate::{tokens::Token, tokens::tokens};

/// Names the language gives a meaning of its own.
pub(crate) const RESERVED: &[&str] = &["params", "previous", "next", "row", "rows", "index"];
/// The facts that `row` tells of the row itself.
pub(crate) const ROW_FACTS: [&str; 4] = ["number", "count", "first", "last"];

/// The word that stands for an object written in an expression, `#{…}`: its fields are in no table.
pub(crate) const OBJECTS: &str = "#{";

/// The words some expressions use.
#[derive(Debug, Clone, Default)]
pub(crate) struct Words(pub(crate) BTreeSet<String>);

impl Words {
    /// Adds every word of this text, whether it is a name, a function or part of a quoted text: a
    /// superset is enough.
    pub(crate) fn add(&mut self, text: &str) {
        let words =
            text.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|w| !w.is_empty());
        self.0.extend(words.map(str::to_owned));
        // Titles in brackets: `row["Invoice No."]`.
        let quoted = tokens(text).into_iter().filter_map(|token| {
            if let Token::Quoted(title) = token { Some(name_of(title)) } else { None }
        });
        self.0.extend(quoted);
        self.0.extend(text.contains(OBJECTS).then(|| OBJECTS.to_owned()));
    }

    /// Adds a column by its name or title.
    pub(crate) fn add_column(&mut self, column: &str) {
        self.0.extend([column.to_owned(), name_of(column)]);
    }

    pub(crate) fn has(&self, word: &str) -> bool {
        self.0.contains(word)
    }
}

/// The names of one stage.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    /// Those that have a value.
    known: BTreeSet<String>,
    /// Every column of the table, for messages; one that nothing names has no value.
    columns: Vec<String>,
}

impl Names {
    /// The columns of a table, all of them and those that are loaded, with other names.
    pub(crate) fn of<'a>(
        columns: impl IntoIterator<Item = &'a str>,
        known: impl IntoIterator<Item = &'a str>,
    ) -> Names {
        Names {
            columns: columns.into_iter().map(str::to_owned).collect(),
            known: known.into_iter().map(str::to_owned).collect(),
        }
    }

    pub(crate) fn extend(&mut self, names: impl IntoIterator<Item = String>) {
        self.known.extend(names);
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.known.contains(name)
    }

    /// The known name of a column, by its name or title.
    pub(crate) fn column(&self, title: &str) -> Option<&str> {
        let known = |name: &str| {
            self.known.get(name).map(String::as_str).filter(|name| !RESERVED.contains(name))
        };
        known(title).or_else(|| known(&name_of(title)))
    }

    /// The end of a message about a name that is none.
    pub(crate) fn suggestion(&self, name: &str) -> String {
        let others = self
            .known
            .iter()
            .map(String::as_str)
            .filter(|name| !self.columns.iter().any(|column| column == name));
        suggestion(name, self.columns.iter().map(String::as_str).chain(others))
    }
}

/// Whether an expression can use this text as a name.
pub(crate) fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && chars.all(|c| c.is_alphanumeric() || c == '_')
}

/// A column's header as a name: every run of other characters becomes one `_`.
pub(crate) fn name_of(header: &str) -> String {
    let mut name = String::new();
    for c in header.trim().chars() {
        match c {
            c if c.is_alphanumeric() || c == '_' => name.push(c),
            _ if name.ends_with('_') || name.is_empty() => {}
            _ => name.push('_'),
        }
    }
    let name = name.trim_end_matches('_');
    if name.chars().next().is_some_and(char::is_numeric) {
        format!("_{name}")
    } else {
        name.to_owned()
    }
}
