//! What has an id, a number, an amount or a name. Invariant: it finds only what its reader may
//! read, and says nothing of the rest.

use maud::html;
use rust_decimal::Decimal;
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

/// The most documents of one amount, and clients of one name, that are shown.
const FOUND_MAX: usize = 50;
/// The most clients whose names are looked through.
const NAMES_MAX: usize = 20_000;

/// What is known at the reader's clocks, of whatever day.
fn at_any_time(reader: &Reader<'_>) -> Cut {
    Cut { before: Timestamp::END, ..reader.clocks.cut }
}

/// The documents and payments of an amount, in order of kinds.
fn of_amount(reader: &Reader<'_>, amount: Decimal) -> Vec<EntityRef> {
    let views = reader.desk.views();
    let (trade, lens) = (&views.trade, views.lens(at_any_time(reader)));
    let may = |kind| reader.desk.may(May::Read, family_of(kind)).is_ok();
    let mut all: Vec<(Kind, &str)> = Vec::new();
    if may(Kind::Invoice) {
        let invoices = trade.invoices(lens).filter(|one| one.doc.total.get() == amount);
        all.extend(invoices.map(|one| (Kind::Invoice, one.id)));
        let received = trade.payments(lens).filter(|one| one.doc.amount.get() == amount);
        all.extend(received.map(|one| (Kind::Payment, one.id)));
        let made = trade.payments_made(lens).filter(|one| one.doc.amount.get() == amount);
        all.extend(made.map(|one| (Kind::Payment, one.id)));
    }
    if may(Kind::Bill) {
        let bills = trade.bills(lens).filter(|one| one.doc.total.get() == amount);
        all.extend(bills.map(|one| (Kind::Bill, one.id)));
    }
    let found = all.into_iter().filter_map(|(kind, id)| EntityRef::new(kind, id).ok());
    found.take(FOUND_MAX).collect()
}

/// The clients in whose names all these words begin a word, as they are named at the clocks.
fn by_name(reader: &Reader<'_>, q: &str) -> Vec<EntityRef> {
    let words: Vec<String> = q.split_whitespace().map(str::to_lowercase).collect();
    if words.is_empty() || reader.desk.may(May::Read, family_of(Kind::Client)).is_err() {
        return Vec::new();
    }
    let views = reader.desk.views();
    let lens = views.lens(at_any_time(reader));
    let mut ids: Vec<&str> =
        views.entities.of_kind(Kind::Client, lens).into_iter().map(|(id, _)| id).collect();
    ids.truncate(NAMES_MAX);
    reader.learn(ids.iter().copied());
    let has = |name: &str| {
        let name = name.to_lowercase();
        let parts: Vec<&str> = name.split(|sign: char| !sign.is_alphanumeric()).collect();
        words.iter().all(|word| parts.iter().any(|part| part.starts_with(word.as_str())))
    };
    let all = ids.into_iter().filter_map(|id| EntityRef::new(Kind::Client, id).ok());
    all.filter(|one| reader.name(one).is_some_and(|name| has(&name))).take(FOUND_MAX).collect()
}

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
    let lens = views.lens(at_any_time(reader));
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
    let rest = match number.parse::<Decimal>() {
        Ok(amount) => of_amount(reader, amount),
        Err(_) => by_name(reader, q),
    };
    for entity in rest.into_iter().map(Link::Entity) {
        if !all.contains(&entity) {
            all.push(entity);
        }
    }
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
