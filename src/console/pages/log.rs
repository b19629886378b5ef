//! The log and one record of it. Invariant: what may not be seen is left out or named and not told,
//! as in `/v1/events`.

use maud::{Markup, html};
use serde_json::Value;
use sijil_ledger::Filter;
use sijil_schemas::{Position, event::FAMILIES, record::Shown};

use crate::{
    frame::{Leaf, kept},
    link::{Asked, At, Link, Records},
    reader::{Reader, Trouble},
    words::{Say, named},
};

/// How many records are on a page.
const RECORDS: usize = 50;

pub(super) fn page(reader: &Reader<'_>, asked: &Records) -> Result<Leaf, Trouble> {
    let known_at = reader.clocks.cut.known_at;
    let is_filtered = asked.family.is_some() || asked.actor.is_some();
    let last = known_at.get().saturating_sub(RECORDS as u64);
    let begin = if is_filtered { 0 } else { last };
    let after = asked.after.as_deref().and_then(sijil_ledger::position);
    let after = after.unwrap_or_else(|| Position::new(begin));
    let filter = Filter {
        family: asked.family.clone(),
        actor: asked.actor.clone(),
        known_at: Some(known_at),
        ..Filter::default()
    };
    let found = reader.desk.page(&filter, after, RECORDS)?;
    let mut shown = reader.desk.all_told(&found.records, known_at)?;
    shown.reverse();
    let to = |after: Position| {
        let after = Some(after.to_string());
        reader.to(&Link::Log(Records { after, ..asked.clone() }))
    };
    let older = Position::new(after.get().saturating_sub(RECORDS as u64));
    let said = reader.say(Say::Log);
    let body = html! {
        div.head { div {
            h1 { (said) }
            p.lede { (reader.says(Say::Sum, &[&reader.words().count(known_at.get())])) }
        } }
        (form(reader, asked))
        @if shown.is_empty() { p.empty { (reader.say(Say::NoRows)) } }
        @else { (table(reader, &shown)) }
        nav.pager aria-label=(said) {
            @if !is_filtered && after > Position::ZERO {
                a.btn href=(to(older)) { (reader.say(Say::Older)) }
            }
            @if let Some(next) = found.next.filter(|next| *next < known_at) {
                a.btn href=(to(next)) {
                    (reader.say(if is_filtered { Say::Next } else { Say::Newer }))
                }
            }
        }
    };
    Ok(Leaf { title: said.to_owned(), body })
}

fn form(reader: &Reader<'_>, asked: &Records) -> Markup {
    let address = Link::Log(Records::default()).to(&At::default());
    html! {
        form.card.fields action=(address) {
            (kept(reader))
            div.field {
                label for="family" { (reader.say(Say::Family)) }
                select #family name="family" {
                    option value="" { (reader.say(Say::Any)) }
                    @for family in FAMILIES {
                        option value=(family) selected[asked.family.as_deref() == Some(family)] {
                            (named(family, reader.lang).0)
                        }
                    }
                }
            }
            div.field {
                label for="actor" { (reader.say(Say::By)) }
                input #actor name="actor" value=(asked.actor.as_deref().unwrap_or(""));
            }
            button.btn.pri { (reader.say(Say::ShowOther)) }
        }
    }
}

/// Records, a line each.
pub(super) fn table(reader: &Reader<'_>, shown: &[Shown]) -> Markup {
    html! {
        section.card.flush aria-label=(reader.say(Say::Log)) {
            div.scroll tabindex="0" role="group" aria-label=(reader.say(Say::Log)) { table {
                thead { tr {
                    th scope="col" { (reader.say(Say::RecordWord)) }
                    th scope="col" { (reader.say(Say::What)) }
                    th scope="col" { (reader.say(Say::When)) }
                    th scope="col" { (reader.say(Say::RecordedAt)) }
                    th scope="col" { (reader.say(Say::By)) }
                } }
                tbody { @for one in shown { tr {
                    th.row scope="row" { (reader.record(one.position)) }
                    td {
                        @if one.voided.is_some() {
                            s { (reader.event(one.event_type)) }
                            " " span.tag.bad { (reader.say(Say::Voided)) }
                        }
                        @else { (reader.event(one.event_type)) }
                        " " (home(reader, one))
                    }
                    td.nw { (reader.moment(one.occurred_at)) }
                    td { (reader.recorded(one.occurred_at, one.recorded_at)) }
                    td { bdi { (one.actor.as_str()) } }
                } } }
            } }
        }
    }
}

/// The entity whose record it is.
fn home(reader: &Reader<'_>, shown: &Shown) -> Markup {
    let known = sijil_schemas::event::event_type(shown.event_type);
    let entity = known.and_then(|known| {
        let id = shown.data.get(known.home_field)?.as_str()?;
        sijil_schemas::id::EntityRef::new(known.home_kind?, id).ok()
    });
    html! { @if let Some(entity) = entity { (reader.entity(&entity)) } }
}

/// One record.
pub(super) fn record(reader: &Reader<'_>, position: Position) -> Result<Leaf, Trouble> {
    let stored = reader.desk.record(position)?;
    let shown = reader.desk.all_told(stored.as_slice(), reader.clocks.cut.known_at)?.pop();
    let nothing = || Trouble::not_found(format!("no record stands at position {position}"));
    let shown = shown.ok_or_else(nothing)?;
    let heading = reader.says(Say::RecordNo, &[&reader.words().count(position.get())]);
    let json = serde_json::to_string_pretty(&shown).unwrap_or_default();
    let step = |to: u64, say: Say| {
        let link = reader.to(&Link::Record(Position::new(to)));
        html! { a.btn href=(link) { (reader.say(say)) } }
    };
    let body = html! {
        p.crumb { a href=(reader.to(&Link::Log(Records::default()))) { (reader.say(Say::Log)) } }
        h1 { (heading) }
        p.lede { (reader.event(shown.event_type)) " " (home(reader, &shown)) }
        @if let Some(void) = &shown.voided {
            p.note.bad role="status" { span { (reader.void(void)) } }
        }
        div.grid.half {
            section.card aria-labelledby="facts" {
                h2 #facts { (reader.say(Say::Facts)) }
                (facts(reader, &shown))
            }
            section.card aria-labelledby="kept" {
                h2 #kept { (reader.say(Say::AsJson)) }
                pre tabindex="0" dir="ltr" { code { (crate::parts::safe(&json)) } }
            }
        }
        @if shown.voids.is_none() {
            @let like = Asked::from([("like".to_owned(), position.to_string())]);
            @let target = Asked::from([("target".to_owned(), shown.id.to_string())]);
            p.acts {
                a.btn href=(reader.to(&Link::Proof(position))) { (reader.say(Say::ProofWord)) }
                @if shown.voided.is_none() {
                    a.btn href=(reader.to(&Link::Form("event.voided".to_owned(), target))) {
                        (reader.say(Say::VoidIt))
                    }
                }
                a.btn href=(reader.to(&Link::Form(shown.event_type.to_owned(), like))) {
                    (reader.say(Say::RecordAgain))
                }
            }
        }
        nav.pager aria-label=(reader.say(Say::Log)) {
            @if position.get() > 1 { (step(position.get() - 1, Say::Older)) }
            @if position < reader.desk.durable() { (step(position.get() + 1, Say::Newer)) }
        }
    };
    Ok(Leaf { title: heading, body })
}

fn facts(reader: &Reader<'_>, shown: &Shown) -> Markup {
    let absent = [
        (&shown.hidden, Say::Hidden),
        (&shown.erased, Say::Erased),
        (&shown.missing, Say::Missing),
    ];
    html! {
        dl.facts {
            dt { (reader.say(Say::When)) } dd { (reader.moment(shown.occurred_at)) }
            dt { (reader.say(Say::RecordedAt)) }
            dd {
                (reader.moment(shown.recorded_at))
                (reader.late(shown.occurred_at, shown.recorded_at))
            }
            dt { (reader.say(Say::By)) } dd { bdi { (shown.actor.as_str()) } }
            @if let Some(source) = &shown.source {
                dt { (reader.say(Say::Source)) } dd { bdi { (source.as_str()) } }
            }
            @if let Some(target) = shown.voids {
                dt { (reader.say(Say::Voids)) } dd { (reader.record(target)) }
            }
            @if let Some(Value::String(reason)) = shown.data.get("reason") {
                dt { (reader.say(Say::Reason)) } dd { bdi { (crate::parts::safe(reason)) } }
            }
            @for (fields, say) in absent {
                @for field in fields {
                    dt { (reader.term(field)) } dd { span.tag { (reader.say(say)) } }
                }
            }
        }
    }
}
