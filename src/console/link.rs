//! Every address of the console. Invariant: an address is made here and read here, and what is
//! read is what was made.

use std::collections::BTreeMap;

use sijil_ledger::{plural, position};
use sijil_schemas::{
    Position,
    id::{EntityRef, Kind},
};

use crate::words::Lang;

/// Parameters of a report, by name.
pub(crate) type Asked = BTreeMap<String, String>;

/// The clocks and the language of a page, as far as its address says them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct At {
    /// What was true then; absent is today.
    pub as_of: Option<String>,
    /// What was known then; absent is now.
    pub known_at: Option<String>,
    /// The language; absent is what the browser asks for.
    pub lang: Option<Lang>,
}

/// A page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// What is to be seen first.
    Today,
    /// All reports.
    Reports,
    /// One report: name and parameters.
    Report(String, Asked),
    /// The records behind a row or cell of it: the row, the column, and after which record.
    Why(String, Asked, Cell),
    /// What changed in it since an earlier `known_at`, if one is named.
    Changed(String, Asked, Option<String>),
    /// All entities of a kind, after an id.
    Kind(Kind, Option<String>),
    /// One entity.
    Entity(EntityRef),
    /// The log: of a family, of an actor, after a record.
    Log(Records),
    /// One record.
    Record(Position),
    /// Where one chooses the clocks of another page, by its address; once they are chosen, the way
    /// there.
    Clocks(String, bool),
    /// What has an id or a number.
    Search(String),
    /// One entity against itself at an earlier point, if one is named.
    Compare(EntityRef, Option<String>),
    /// The proof of a record.
    Proof(Position),
    /// How the ledger stands.
    House,
    /// Every fold.
    Projections,
    /// Where what is to be done to a fold is sent.
    Projection(String),
    /// Everything that can be recorded.
    Recording,
    /// The form of an event type, with what is said in it already.
    Form(String, Asked),
}

/// A row or cell of a report.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cell {
    /// The row, as in a line of CSV.
    pub row: String,
    /// The column; absent is the row.
    pub column: Option<String>,
    /// After which record.
    pub after: Option<String>,
}

/// Which records of the log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Records {
    /// Of this family.
    pub family: Option<String>,
    /// By this actor.
    pub actor: Option<String>,
    /// After this record.
    pub after: Option<String>,
}

/// A segment of a path: what ids may hold is kept but for what would end it.
fn segment(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    // A browser takes segments of dots for steps up.
    let dots = text == "." || text == "..";
    for byte in text.bytes() {
        match byte {
            b'.' if dots => safe.push_str("%2E"),
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b':' | b'~' => {
                safe.push(char::from(byte));
            }
            other => safe.push_str(&format!("%{other:02X}")),
        }
    }
    safe
}

fn unsegment(text: &str) -> Option<String> {
    let (mut bytes, mut rest) = (Vec::with_capacity(text.len()), text.as_bytes());
    while let Some((first, after)) = rest.split_first() {
        if *first == b'%' {
            let digits = std::str::from_utf8(after.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

type Pairs = Vec<(String, String)>;

/// A parameter that a query gives more than once, if there is one.
pub(crate) fn given_twice(query: &str) -> Option<String> {
    let mut seen = std::collections::BTreeSet::new();
    form_urlencoded::parse(query.as_bytes())
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, _)| name.into_owned())
        .find(|name| !seen.insert(name.clone()))
}

impl Link {
    /// Its path, and what its query says besides the clocks.
    fn parts(&self) -> (String, Pairs) {
        let pairs = |asked: &Asked| -> Pairs {
            asked.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
        };
        let may = |name: &str, value: &Option<String>| -> Pairs {
            value.iter().map(|value| (name.to_owned(), value.clone())).collect()
        };
        match self {
            Link::Today => ("/".into(), vec![]),
            Link::Reports => ("/reports".into(), vec![]),
            Link::Report(name, asked) => (format!("/reports/{}", segment(name)), pairs(asked)),
            Link::Why(name, asked, cell) => {
                let mut all = pairs(asked);
                all.push(("row".into(), cell.row.clone()));
                all.extend(may("column", &cell.column));
                all.extend(may("after", &cell.after));
                (format!("/reports/{}/why", segment(name)), all)
            }
            Link::Changed(name, asked, since) => {
                let path = format!("/reports/{}/changed", segment(name));
                (path, [pairs(asked), may("since", since)].concat())
            }
            Link::Kind(kind, after) => (format!("/{}", plural(*kind)), may("after", after)),
            Link::Entity(entity) => {
                (format!("/{}/{}", plural(entity.kind), segment(entity.id())), vec![])
            }
            Link::Log(Records { family, actor, after }) => {
                let all = [may("family", family), may("actor", actor), may("after", after)];
                ("/log".into(), all.concat())
            }
            Link::Record(position) => (format!("/log/{position}"), vec![]),
            Link::Clocks(to, go) => {
                let go = go.then(|| ("go".to_owned(), "1".to_owned()));
                let to = ("to".to_owned(), to.clone());
                ("/clocks".into(), std::iter::once(to).chain(go).collect())
            }
            Link::Search(q) => ("/search".into(), vec![("q".into(), q.clone())]),
            Link::Compare(entity, since) => {
                let path = format!("/{}/{}/compare", plural(entity.kind), segment(entity.id()));
                (path, may("since", since))
            }
            Link::Proof(position) => (format!("/log/{position}/proof"), vec![]),
            Link::House => ("/house".into(), vec![]),
            Link::Projections => ("/projections".into(), vec![]),
            Link::Projection(name) => (format!("/projections/{}", segment(name)), vec![]),
            Link::Recording => ("/record".into(), vec![]),
            Link::Form(name, asked) => (format!("/record/{}", segment(name)), pairs(asked)),
        }
    }

    /// What a page asks of its report, if it is of one.
    pub(crate) const fn asked(&self) -> Option<&Asked> {
        match self {
            Link::Report(_, asked) | Link::Why(_, asked, _) | Link::Changed(_, asked, _) => {
                Some(asked)
            }
            _ => None,
        }
    }

    /// The address of the page at these clocks.
    #[must_use]
    pub fn to(&self, at: &At) -> String {
        let (path, pairs) = self.parts();
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(pairs);
        for (name, value) in [
            ("as_of", at.as_of.as_deref()),
            ("known_at", at.known_at.as_deref()),
            ("lang", at.lang.map(Lang::tag)),
        ] {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        let query = query.finish();
        if query.is_empty() { path } else { format!("{path}?{query}") }
    }

    /// The page of a path and a query, with its clocks; `None` where there is none.
    #[must_use]
    pub fn read(path: &str, query: &str) -> Option<(Link, At)> {
        let mut asked = Asked::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            // What a form leaves empty was not chosen.
            if !value.is_empty() && asked.insert(name.into_owned(), value.into_owned()).is_some() {
                return None;
            }
        }
        let lang = asked.remove("lang");
        let at = At {
            as_of: asked.remove("as_of"),
            known_at: asked.remove("known_at"),
            lang: lang.as_deref().and_then(Lang::of),
        };
        let segments: Vec<String> =
            path.strip_prefix('/')?.split('/').map(unsegment).collect::<Option<_>>()?;
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        Some((Link::of(&segments, asked)?, at))
    }

    fn of(segments: &[&str], mut asked: Asked) -> Option<Link> {
        Some(match *segments {
            [""] => Link::Today,
            ["reports"] => Link::Reports,
            ["reports", name] => Link::Report(name.into(), asked),
            ["reports", name, "why"] => {
                let row = asked.remove("row").unwrap_or_default();
                let (column, after) = (asked.remove("column"), asked.remove("after"));
                Link::Why(name.into(), asked, Cell { row, column, after })
            }
            ["reports", name, "changed"] => {
                let since = asked.remove("since");
                Link::Changed(name.into(), asked, since)
            }
            ["log"] => Link::Log(Records {
                family: asked.remove("family"),
                actor: asked.remove("actor"),
                after: asked.remove("after"),
            }),
            ["log", number] => Link::Record(position(number)?),
            ["log", number, "proof"] => Link::Proof(position(number)?),
            ["house"] => Link::House,
            ["projections"] => Link::Projections,
            ["projections", name] => Link::Projection(name.into()),
            ["clocks"] => {
                let to = asked.remove("to").unwrap_or_default();
                let (path, query) = to.split_once('?').unwrap_or((&to, ""));
                // What is none of the pages leads nowhere.
                let to = match Link::read(path, query) {
                    Some((Link::Clocks(..), _)) | None => Link::Today,
                    Some((link, _)) => link,
                };
                Link::Clocks(to.to(&At::default()), asked.contains_key("go"))
            }
            ["record"] => Link::Recording,
            ["record", name] => Link::Form(name.into(), asked),
            ["search"] => Link::Search(asked.remove("q").unwrap_or_default()),
            [kind] => Link::Kind(kind_of(kind)?, asked.remove("after")),
            [kind, id] => Link::Entity(EntityRef::new(kind_of(kind)?, id).ok()?),
            [kind, id, "compare"] => {
                let entity = EntityRef::new(kind_of(kind)?, id).ok()?;
                Link::Compare(entity, asked.remove("since"))
            }
            _ => return None,
        })
    }
}

/// The kind that a segment of an address stands for.
fn kind_of(word: &str) -> Option<Kind> {
    let mut kinds = Kind::ALL.iter().copied().filter(|kind| *kind != Kind::Event);
    kinds.find(|kind| plural(*kind) == word)
}
