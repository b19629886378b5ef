//! All entities of a kind. Invariant: a page begins after an id, so it stays while others come.

use maud::html;
use sijil_ledger::family_of;
use sijil_projections::{Cut, entities::Life};
use sijil_schemas::{
    May,
    id::{EntityRef, Kind},
    time::Timestamp,
};

use crate::{
    frame::{Leaf, plural_of},
    link::Link,
    reader::{Reader, Trouble},
    words::{Say, named},
};

/// How many are on a page.
const ROWS: usize = 100;

pub(super) fn page(reader: &Reader<'_>, kind: Kind, after: Option<&str>) -> Result<Leaf, Trouble> {
    reader.desk.may(May::Read, family_of(kind))?;
    let cut = reader.clocks.cut;
    let views = reader.desk.views();
    let lens = views.lens(Cut { before: Timestamp::END, ..cut });
    let mut all = views.entities.of_kind(kind, lens);
    all.retain(|(_, life)| life.birth(lens).is_some_and(|birth| birth.at < cut.before));
    let count = all.len();
    all.retain(|(id, _)| after.is_none_or(|after| *id > after));
    let next = all.get(ROWS).and(all.get(ROWS - 1)).map(|(id, _)| (*id).to_owned());
    all.truncate(ROWS);
    if kind == Kind::Client {
        reader.learn(all.iter().map(|(id, _)| *id));
    }
    let words = reader.words();
    let row = |(id, life): &(&str, Life<'_>)| {
        let since = life.birth(lens).map(|birth| reader.day_of(birth.at));
        let entity = EntityRef::new(kind, id).ok();
        html! { @if let Some(entity) = entity {
            tr {
                th.row scope="row" { (reader.entity(&entity)) }
                td.nw { (since.unwrap_or_default()) }
                td.n { bdi { (words.count(life.revision(cut.known_at))) } }
            }
        } }
    };
    let body = html! {
        div.head { div {
            h1 { (plural_of(reader, kind)) }
            p.lede {
                (reader.says(
                    Say::RowsOf,
                    &[&words.count(all.len() as u64), &words.count(count as u64)],
                ))
            }
        } }
        @if all.is_empty() { p.empty { (reader.say(Say::NoneOfKind)) } } @else {
            section.card.flush aria-label=(reader.say(Say::Table)) {
                div.scroll tabindex="0" role="group" aria-label=(reader.say(Say::Table)) { table {
                    thead { tr {
                        th scope="col" { (reader.say(Say::Name)) }
                        th scope="col" { (reader.say(Say::When)) }
                        th.n scope="col" { (reader.say(Say::RecordWord)) }
                    } }
                    tbody { @for one in &all { (row(one)) } }
                } }
            }
        }
        @if next.is_some() || after.is_some() {
            nav.pager aria-label=(reader.say(Say::Table)) {
                @if after.is_some() {
                    a.btn href=(reader.to(&Link::Kind(kind, None))) { (reader.say(Say::First)) }
                }
                @if next.is_some() {
                    a.btn href=(reader.to(&Link::Kind(kind, next))) { (reader.say(Say::Next)) }
                }
            }
        }
    };
    Ok(Leaf { title: named(&sijil_ledger::plural(kind), reader.lang).0, body })
}
