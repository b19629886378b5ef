//! What has an id or a number. Invariant: it finds only what its reader may read, and says nothing
//! of the rest.

use maud::html;
use sijil_ledger::family_of;
use sijil_projections::Cut;
use sijil_schemas::{
    May,
    id::{EntityRef, Kind},
    time::Timestamp,
};

use crate::{
    frame::Leaf,
    link::Link,
    parts::safe,
    reader::{Reader, Trouble},
    words::Say,
};

/// What is found, in the order of kinds; a record first.
fn found(reader: &Reader<'_>, q: &str) -> Vec<Link> {
    let (q, mut all) = (q.trim(), Vec::new());
    let number = q.trim_start_matches('#').replace([',', '\u{a0}', ' '], "");
    if let Some(position) = sijil_ledger::position(&number)
        && reader.desk.record(position).is_ok_and(|record| record.is_some())
    {
        all.push(Link::Record(position));
    }
    let views = reader.desk.views();
    let lens = views.lens(Cut { before: Timestamp::END, ..reader.clocks.cut });
    let kinds = Kind::ALL.iter().copied().filter(|kind| *kind != Kind::Event);
    let named: Vec<EntityRef> = match q.parse::<EntityRef>() {
        Ok(entity) => vec![entity],
        Err(_) => kinds.filter_map(|kind| EntityRef::new(kind, q).ok()).collect(),
    };
    let seen = named.into_iter().filter(|entity| {
        reader.desk.may(May::Read, family_of(entity.kind)).is_ok()
            && views.entities.exists(entity, lens)
    });
    // Within a scope one may read a family and not each of its entities.
    let seen = seen.filter(|entity| {
        reader.desk.card(entity, reader.clocks.clone()).is_ok_and(|card| card.is_some())
    });
    all.extend(seen.map(Link::Entity));
    all
}

/// Where one is sent on to if there is one thing.
pub(super) fn only(reader: &Reader<'_>, q: &str) -> Option<String> {
    match &*found(reader, q) {
        [one] => Some(reader.to(one)),
        _ => None,
    }
}

pub(super) fn page(reader: &Reader<'_>, q: &str) -> Result<Leaf, Trouble> {
    let all = found(reader, q);
    let heading = reader.say(Say::Search);
    let body = html! {
        h1 { (heading) }
        p.lede {
            bdi { (reader.says(Say::Found, &[&safe(&q.chars().take(80).collect::<String>())])) }
        }
        @if all.is_empty() {
            p.empty { b { (reader.say(Say::FoundNone)) } " " (reader.say(Say::FoundHint)) }
        } @else {
            section.card.flush aria-label=(heading) { ul.list {
                @for link in &all { li { @match link {
                    Link::Entity(entity) => (reader.entity_of_kind(entity)),
                    Link::Record(position) => {
                        (reader.say(Say::RecordWord)) " " (reader.record(*position))
                    }
                    _ => {}
                } } }
            } }
        }
    };
    Ok(Leaf { title: heading.to_owned(), body })
}
