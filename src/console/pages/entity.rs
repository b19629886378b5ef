//! One entity: what is known of it, and its history, newest first. Invariant: a voided record
//! stays, struck through, with who, when and why.

use maud::{Markup, html};
use serde_json::Value;
use sijil_ledger::{Card, Clocks, family_of};
use sijil_projections::{
    Cut,
    state::{Difference, Field, Step, history},
};
use sijil_schemas::{
    May, Record,
    id::{EntityRef, Kind},
    time::{Date, Timestamp},
};

use crate::{
    frame::{Leaf, plural_of},
    link::{At, Link},
    parts::safe,
    reader::{Reader, Trouble},
    words::{Say, named},
};

/// The most steps of a history on its page.
const STEPS_MAX: usize = 150;

pub(super) fn page(reader: &Reader<'_>, entity: &EntityRef) -> Result<Leaf, Trouble> {
    reader.desk.may(May::Read, family_of(entity.kind))?;
    let Some(card) = reader.desk.card(entity, reader.clocks.clone())? else {
        return not_yet(reader, entity);
    };
    let records = reader.desk.history(entity, reader.clocks.cut.known_at)?;
    let name = reader.name(entity);
    let kind = named(entity.kind.name(), reader.lang).0;
    let body = html! {
        p.crumb {
            a href=(reader.to(&Link::Kind(entity.kind, None))) { (plural_of(reader, entity.kind)) }
        }
        h1 {
            (reader.term(entity.kind.name())) " "
            @if let Some(name) = &name { bdi { (safe(name)) } " " small { bdi { (entity.id()) } } }
            @else { bdi { (entity.id()) } }
        }
        p.lede {
            (reader.says(Say::Opened, &[&reader.day_of(card.opened_at)])) " · "
            (reader.says(Say::Revision, &[&reader.words().count(card.revision)]))
            @if let Some(status) = card.fields.get("status").and_then(|it| it.value.as_str()) {
                " · " b { (named(status, reader.lang).0) }
            }
        }
        @if let Some(void) = &card.voided {
            p.note.bad role="status" {
                span { (reader.say(Say::GoneEntity)) " " (reader.void(void)) }
            }
        }
        p.acts {
            a.btn href=(reader.to(&Link::Compare(entity.clone(), None))) {
                (reader.say(Say::CompareEntity))
            }
        }
        (super::record::of_entity(reader, entity))
        div.grid.half {
            (facts(reader, &card))
            (told(reader, entity, &records))
        }
    };
    // A name can be a person's: it stands on the page, and not in the title of a window.
    Ok(Leaf { title: format!("{kind} {}", entity.id()), body })
}

/// An entity that is not there on the day that is shown: when it begins, if it does.
fn not_yet(reader: &Reader<'_>, entity: &EntityRef) -> Result<Leaf, Trouble> {
    let cut = Cut { before: Timestamp::END, ..reader.clocks.cut };
    let ever = Clocks { cut, as_of: None, ..reader.clocks.clone() };
    let unknown = || Trouble::not_found(format!("{entity} is not known"));
    let card = reader.desk.card(entity, ever)?.ok_or_else(unknown)?;
    let begins = card.opened_at.date(&reader.zone);
    let then = At { as_of: Some(begins.to_string()), ..reader.at.clone() };
    let body = html! {
        p.crumb {
            a href=(reader.to(&Link::Kind(entity.kind, None))) { (plural_of(reader, entity.kind)) }
        }
        h1 { (reader.term(entity.kind.name())) " " bdi { (entity.id()) } }
        p.note role="status" {
            span { (reader.says(Say::NotYet, &[&reader.words().day(begins)])) }
            a href=(reader.link.to(&then)) { (reader.words().day(begins)) }
        }
    };
    let kind = named(entity.kind.name(), reader.lang).0;
    Ok(Leaf { title: format!("{kind} {}", entity.id()), body })
}

fn facts(reader: &Reader<'_>, card: &Card) -> Markup {
    let absent =
        [(&card.hidden, Say::Hidden), (&card.erased, Say::Erased), (&card.missing, Say::Missing)];
    html! {
        section.card aria-labelledby="facts" {
            h2 #facts { (reader.say(Say::Facts)) }
            dl.facts {
                @for (name, field) in &card.fields {
                    dt { (field_heading(reader, name)) }
                    dd { (value(reader, name, &field.value)) (said_by(reader, field)) }
                }
                @for (fields, say) in absent { @for pointer in fields {
                    dt { (field_heading(reader, pointer.trim_start_matches("/fields/"))) }
                    dd { span.tag { (reader.say(say)) } }
                } }
            }
        }
    }
}

/// The name of a field; of a company's own, and of one of several, what comes behind the dot is a
/// name that was given.
pub(super) fn field_heading(reader: &Reader<'_>, name: &str) -> Markup {
    match name.split_once('.') {
        Some((of, rest)) => html! { (reader.term(of)) " · " bdi { (safe(rest)) } },
        None => reader.term(name),
    }
}

fn said_by(reader: &Reader<'_>, field: &Field) -> Markup {
    html! {
        small {
            (reader.day_of(field.occurred_at)) " · " bdi { (field.actor.as_str()) } " · "
            (reader.record(field.position))
        }
    }
}

/// A value as it stands in a record: an amount, a reference, a text, or what is made of them.
pub(crate) fn value(reader: &Reader<'_>, name: &str, value: &Value) -> Markup {
    let money = |amount: &str, unit: &str| {
        html! { b { bdi { (reader.words().decimal(amount)) } } " " bdi { (unit) } }
    };
    match value {
        Value::Null => html! { "–" },
        Value::Bool(yes) => reader.term(if *yes { "yes" } else { "no" }),
        Value::Number(number) => html! { bdi { (reader.words().decimal(&number.to_string())) } },
        Value::String(text) => match reference(name, text) {
            Some(entity) => reader.entity(&entity),
            None => match text.parse::<Date>() {
                Ok(day) => html! { (reader.words().day(day)) },
                Err(_) => html! { bdi { (safe(text)) } },
            },
        },
        Value::Array(all) => html! {
            ul.values { @for one in all { li { (self::value(reader, name, one)) } } }
        },
        Value::Object(fields) => {
            let text = |name: &str| fields.get(name).and_then(Value::as_str);
            if let (2, Some(amount), Some(unit)) = (fields.len(), text("amount"), text("currency"))
            {
                return money(amount, unit);
            }
            let said = fields.iter().filter(|(_, one)| !one.is_null());
            html! {
                @for (at, (name, one)) in said.enumerate() {
                    @if at > 0 { ", " }
                    (field_heading(reader, name)) ": " (self::value(reader, name, one))
                }
            }
        }
    }
}

/// The entity that a field of this name refers to.
fn reference(name: &str, text: &str) -> Option<EntityRef> {
    let kind = match name {
        "owner" | "assignee" | "employee" => Kind::Employee,
        "supplier" => Kind::Counterparty,
        name => name.parse().ok()?,
    };
    EntityRef::new(kind, text).ok()
}

fn told(reader: &Reader<'_>, entity: &EntityRef, records: &[Record]) -> Markup {
    let views = reader.desk.views();
    let steps = history(entity, records, views.lens(reader.clocks.cut));
    let words = reader.words();
    let (count, shown) = (steps.len(), steps.len().min(STEPS_MAX));
    html! {
        section.card.flush aria-labelledby="history" {
            header {
                h2 #history { (reader.say(Say::History)) }
                p.end {
                    (reader.says(Say::Sum, &[&words.count(count as u64)]))
                    " · "
                    (reader.say(Say::NewestFirst))
                }
            }
            ol.line { @for step in steps.iter().rev().take(STEPS_MAX) { (one(reader, step)) } }
            @if shown < count {
                p.empty {
                    (reader.says(
                        Say::MoreOf,
                        &[&words.count(shown as u64), &words.count(count as u64)],
                    ))
                }
            }
        }
    }
}

fn one(reader: &Reader<'_>, step: &Step<'_>) -> Markup {
    html! {
        li.voided[step.voided.is_some()] id={ "r" (step.position) } {
            time { (reader.day_of(step.occurred_at)) }
            div {
                p {
                    @if step.voided.is_some() { s { (reader.event(step.event_type)) } }
                    @else { (reader.event(step.event_type)) }
                    @if let Some(home) = &step.home { " " (reader.entity(home)) }
                    @if let Some(target) = step.voids {
                        " " (reader.say(Say::Voids)) " " (reader.record(target))
                    }
                }
                @if let Some(void) = &step.voided { p.small { (reader.void(void)) } }
                @else if let Some(reason) = &step.reason {
                    p.small { "“" bdi { (safe(reason)) } "”" }
                }
                @for change in &step.changes {
                    p.small {
                        (field_heading(reader, &change.field)) ": " (changed(reader, change))
                    }
                }
            }
            p.by { bdi { (step.actor.as_str()) } " " (reader.record(step.position)) }
        }
    }
}

/// What a field is after a change, and what it was.
pub(super) fn changed(reader: &Reader<'_>, change: &Difference) -> Markup {
    let side = |field: &Option<Field>| match field {
        Some(field) => value(reader, &change.field, &field.value),
        None => html! { "–" },
    };
    html! {
        (side(&change.after))
        @if change.before.is_some() { " (" (was(reader, side(&change.before))) ")" }
    }
}

/// "was …", with what it was in its place.
fn was(reader: &Reader<'_>, value: Markup) -> Markup {
    let (before, after) = reader.say(Say::Was).split_once("{}").unwrap_or(("", ""));
    html! { (before) (value) (after) }
}
