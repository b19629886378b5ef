//! How drafts are written. Invariant: every value written here is plain ASCII that needs no
//! escaping in JSON.

use std::fmt::{self, Display, Write};

/// An id: a prefix and a number.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Id(pub(crate) &'static str, pub(crate) u64);

impl Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.0, self.1)
    }
}

/// Hundredths, as a decimal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cents(pub(crate) i64);

impl Display for Cents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        write!(f, "{sign}{}.{:02}", self.0.unsigned_abs() / 100, self.0.unsigned_abs() % 100)
    }
}

/// Who acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Who {
    /// A manager in sales, by number.
    Manager(u16),
    /// Somebody with a role of their own.
    Role(&'static str),
}

impl Who {
    /// The system in which they record.
    pub(crate) fn system(self) -> &'static str {
        match self {
            Who::Manager(_) | Who::Role("support-1" | "marketer-1") => "crm",
            Who::Role("accountant-1") => "books",
            Who::Role("storekeeper-1" | "buyer-1") => "warehouse",
            Who::Role(_) => "office",
        }
    }
}

impl Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Who::Manager(number) => write!(f, "manager-{number}"),
            Who::Role(role) => f.write_str(role),
        }
    }
}

/// The members of a JSON object, as they are written; of a document that is told in two parts,
/// those of the second, too.
#[derive(Debug, Clone)]
pub(crate) struct Data(String, Option<Box<Data>>);

impl Data {
    pub(crate) fn new() -> Data {
        let mut text = String::with_capacity(192);
        text.push('{');
        Data(text, None)
    }

    fn put(&mut self, what: fmt::Arguments<'_>) {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        // Writing to a text cannot fail.
        self.0.write_fmt(what).ok();
    }

    /// A text, or whatever is written as one.
    pub(crate) fn text(mut self, key: &str, value: impl Display) -> Data {
        self.put(format_args!("\"{key}\":\"{value}\""));
        self
    }
    /// A number, `true`, or JSON that is written already.
    pub(crate) fn raw(mut self, key: &str, value: impl Display) -> Data {
        self.put(format_args!("\"{key}\":{value}"));
        self
    }
    pub(crate) fn cents(self, key: &str, cents: i64) -> Data {
        self.text(key, Cents(cents))
    }
    pub(crate) fn money(mut self, key: &str, cents: i64, currency: &str) -> Data {
        self.put(format_args!(
            "\"{key}\":{{\"amount\":\"{}\",\"currency\":\"{currency}\"}}",
            Cents(cents)
        ));
        self
    }
    pub(crate) fn maybe(self, key: &str, value: Option<impl Display>) -> Data {
        match value {
            Some(value) => self.text(key, value),
            None => self,
        }
    }
    /// A list of objects, or of what is written already.
    pub(crate) fn list(mut self, key: &str, items: impl IntoIterator<Item = impl Display>) -> Data {
        self.put(format_args!("\"{key}\":["));
        for (n, item) in items.into_iter().enumerate() {
            write!(self.0, "{}{item}", if n == 0 { "" } else { "," }).ok();
        }
        self.0.push(']');
        self
    }
    /// The lines of a document. Now and then it is told in two parts, as one too long for a record
    /// is: the first has half of the lines, which may be none.
    pub(crate) fn lines(
        mut self,
        (kind, id): (&str, impl Display),
        in_parts: bool,
        lines: impl IntoIterator<Item = Data>,
    ) -> Data {
        let mut lines: Vec<Data> = lines.into_iter().collect();
        if in_parts {
            let later = lines.split_off(lines.len() / 2);
            self.1 = Some(Box::new(Data::new().text(kind, id).raw("part", 2).list("lines", later)));
            self = self.raw("parts", 2);
        }
        self.list("lines", lines)
    }
    /// What the second part says.
    pub(crate) fn later(&self) -> Option<&Data> {
        self.1.as_deref()
    }
    /// References to other entities: kind and id.
    pub(crate) fn refs(self, refs: &[(&str, Id)]) -> Data {
        self.list("refs", refs.iter().map(|(kind, id)| Quoted(kind, *id)))
    }
}

struct Quoted<'a>(&'a str, Id);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}:{}\"", self.0, self.1)
    }
}

impl Display for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}}}", self.0)
    }
}
