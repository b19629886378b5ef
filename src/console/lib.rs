#![doc = include_str!("README.md")]

mod assets;
mod effects;
mod form;
mod frame;
mod link;
mod pages;
mod parts;
mod reader;
mod words;

use maud::{DOCTYPE, html};
use sijil_ledger::Desk;

pub use assets::{Asset, asset};
pub use link::{At, Cell, Link, Records};
pub use words::Lang;

use frame::{Leaf, framed, head};
use pages::Came;
use reader::{Reader, Trouble};
use words::Say;

/// What a page may load, and where its forms go: its own style and sign, and here.
pub const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; \
                          form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What a browser asks for.
#[derive(Debug, Clone, Copy)]
pub struct Visit<'a> {
    /// The path, as it came.
    pub path: &'a str,
    /// The query, as it came.
    pub query: &'a str,
    /// The languages the browser asks for, as in `Accept-Language`.
    pub languages: &'a str,
}

/// A page as it is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The status.
    pub status: u16,
    /// Where the browser is sent on to, if it is.
    pub sent_on: Option<String>,
    /// The page in HTML.
    pub html: String,
}

/// Whether an address is one of the console's.
#[must_use]
pub fn knows(path: &str) -> bool {
    Link::read(path, "").is_some()
}

/// The page a browser asks for, with no more on it than its caller may see. It may wait for the
/// views and compute as long as the reports it shows do.
#[must_use]
pub fn page(desk: &Desk, visit: Visit<'_>) -> Page {
    made(desk, visit, pages::made)
}

fn made(
    desk: &Desk,
    visit: Visit<'_>,
    make: impl FnOnce(&Reader<'_>) -> Result<Came, Trouble>,
) -> Page {
    let accepted = Lang::accepted(visit.languages);
    let read = Link::read(visit.path, visit.query);
    let twice = link::given_twice(visit.query);
    let lang = read.as_ref().and_then(|(_, at)| at.lang).or(accepted).unwrap_or(Lang::En);
    let missing = || match twice {
        Some(name) => Trouble::twice(&name),
        None => Trouble::not_found(Say::NotFoundLede.in_(lang)),
    };
    let made = read.ok_or_else(missing).and_then(|(link, at)| {
        let reader = Reader::new(desk, link, at, accepted)?;
        Ok(match make(&reader) {
            Ok(Came::Shown(leaf)) => {
                Page { status: 200, sent_on: None, html: framed(&reader, &leaf) }
            }
            Ok(Came::Refused(status, leaf)) => {
                Page { status, sent_on: None, html: framed(&reader, &leaf) }
            }
            Ok(Came::SentOn(place)) => {
                Page { status: 303, sent_on: Some(place), html: String::new() }
            }
            Err(trouble) => {
                let status = trouble.kind.statuses()[0];
                let leaf = Leaf {
                    title: Say::ThereIsProblem.in_(lang).to_owned(),
                    body: troubled(&trouble, lang),
                };
                Page { status, sent_on: None, html: framed(&reader, &leaf) }
            }
        })
    });
    made.unwrap_or_else(|trouble| bare(&trouble, lang))
}

/// Whether a form can be sent to an address.
#[must_use]
pub fn takes(path: &str) -> bool {
    matches!(Link::read(path, ""), Some((Link::Form(..) | Link::Projection(_), _)))
}

/// The page that comes of a form. It may record, and wait until that is durable.
#[must_use]
pub fn sent(desk: &Desk, visit: Visit<'_>, body: &[u8]) -> Page {
    made(desk, visit, |reader| pages::sent(reader, body))
}

/// What is wrong, in the place of a page.
fn troubled(trouble: &Trouble, lang: Lang) -> maud::Markup {
    let name = trouble.kind.name();
    let heading = match trouble.kind.statuses()[0] {
        404 => Say::NotFound,
        403 => Say::Refused,
        _ => Say::ThereIsProblem,
    };
    let detail = sijil_ledger::masked(&trouble.detail).into_owned();
    html! {
        h1 { (heading.in_(lang)) }
        p.note.bad role="alert" { span lang="en" dir="auto" { (parts::safe(&detail)) } }
        p {
            a href={ "/docs/problems/" (name) } { (Say::ProblemMeans.in_(lang)) } " · "
            a href="/" { (Say::Back.in_(lang)) }
        }
    }
}

/// The same where not even the frame can be made, since its clocks are none.
fn bare(trouble: &Trouble, lang: Lang) -> Page {
    let html = html! {
        (DOCTYPE)
        html lang=(lang.tag()) dir=(lang.way()) {
            (head(Say::ThereIsProblem.in_(lang)))
            body.bare { main { (troubled(trouble, lang)) } }
        }
    };
    Page { status: trouble.kind.statuses()[0], sent_on: None, html: html.into_string() }
}
