//! The pages. Invariant: each asks its reader's desk alone, so none shows what `/v1` would refuse.

mod changed;
mod clocks;
mod entity;
mod list;
mod log;
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

/// What a page comes to.
pub(crate) enum Came {
    /// It is shown.
    Shown(Leaf),
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
        Link::Search(q) => {
            if let Some(place) = search::only(reader, q) {
                return Ok(Came::SentOn(place));
            }
            search::page(reader, q)
        }
    };
    leaf.map(Came::Shown)
}
