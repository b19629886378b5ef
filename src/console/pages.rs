//! The pages. Invariant: each asks its reader's desk alone, so none shows what `/v1` would refuse.

mod changed;
mod clocks;
mod compare;
mod entity;
mod house;
mod list;
mod log;
mod record;
mod report;
mod reports;
mod search;
mod today;
mod why;

use crate::{
    frame::Leaf,
    link::Link,
    reader::{Reader, Trouble},
};

pub(crate) use entity::value;

/// What a page comes to.
pub(crate) enum Came {
    /// It is shown.
    Shown(Leaf),
    /// It is shown, with a status that says no.
    Refused(u16, Leaf),
    /// The reader is sent on.
    SentOn(String),
}

/// Makes the page of a reader.
pub(crate) fn made(reader: &Reader<'_>) -> Result<Came, Trouble> {
    let leaf = match &reader.link {
        Link::Today => today::page(reader),
        Link::Reports => reports::page(reader),
        Link::Report(name, asked) => report::page(reader, name, asked),
        Link::Why(name, asked, cell) => why::page(reader, name, asked, cell),
        Link::Changed(name, asked, since) => changed::page(reader, name, asked, since.as_deref()),
        Link::Kind(kind, after) => list::page(reader, *kind, after.as_deref()),
        Link::Entity(entity) => entity::page(reader, entity),
        Link::Log(records) => log::page(reader, records),
        Link::Record(position) => log::record(reader, *position),
        Link::Clocks(to, go) => {
            if *go {
                return clocks::sent_on(reader, to).map(Came::SentOn);
            }
            clocks::page(reader, to)
        }
        Link::Compare(entity, since) => compare::page(reader, entity, since.as_deref()),
        Link::Proof(position) => house::proof(reader, *position),
        Link::House => house::house(reader),
        // What is only looked at is done nothing to.
        Link::Projections | Link::Projection(_) => house::projections(reader),
        Link::Recording => record::all(reader),
        Link::Form(name, asked) => record::form(reader, name, asked),
        Link::Search(q) => {
            if let Some(place) = search::only(reader, q) {
                return Ok(Came::SentOn(place));
            }
            search::page(reader, q)
        }
    };
    leaf.map(Came::Shown)
}

/// Makes the page that comes of a form.
pub(crate) fn sent(reader: &Reader<'_>, body: &[u8]) -> Result<Came, Trouble> {
    match &reader.link {
        Link::Form(name, _) => record::sent(reader, name, body),
        Link::Projection(name) => house::sent(reader, name, body),
        _ => Err(Trouble::not_found("nothing is sent to this address")),
    }
}
