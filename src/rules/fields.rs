//! Rules on the company's own fields. Invariant: a field that is defined takes only the values its
//! definition says, and an entity is never opened without a field its kind must have; a field
//! nobody defined is free.

use sijil_projections::{Lens, company::CustomField};
use sijil_schemas::{
    CustomFieldDefined, CustomFieldRetired, CustomFieldType, Event, Position, Record,
    event::{Birth, Clients},
    id::Key,
    money::Amount,
    text::Text,
    time::{Date, Timestamp},
};

use crate::{Book, Proposal, Rejection};

/// Judges the fields of any event by the definitions in force on its date.
pub(crate) fn check(book: &Book, proposal: &Proposal<'_>) -> Result<(), Rejection> {
    let event = &proposal.candidate.event;
    let home = event.home();
    let lens = book.now().until(proposal.at());
    let settings = book.company.settings();
    let mut definitions =
        settings.custom_fields(lens).filter(|(_, field)| field.entity == home.kind).peekable();
    if definitions.peek().is_none() {
        return Ok(());
    }
    let opens =
        event.event_type().birth != Birth::Continues && !book.entities.exists(&home, book.now());
    for (id, field) in definitions {
        let value = event.attributes().get(&field.key);
        check_value(id, field, value, "attributes")?;
        if opens && field.required && value.is_none() {
            return Err(missing(id, field, "attributes"));
        }
        if let Event::Clients(Clients::ClientAttributesSet(e)) = event {
            match e.set.get(&field.key) {
                Some(None) if field.required => return Err(missing(id, field, "set")),
                Some(value) => check_value(id, field, value.as_ref(), "set")?,
                None => (),
            }
        }
    }
    Ok(())
}

fn pointer(under: &str, key: &Key) -> String {
    // A key may hold a slash, which a JSON pointer writes as ~1.
    format!("/data/{under}/{}", key.as_str().replace('/', "~1"))
}

fn missing(id: &str, field: &CustomField, under: &str) -> Rejection {
    Rejection::FieldMissing {
        pointer: pointer(under, &field.key),
        field: id.to_owned(),
        entity: field.entity.name(),
    }
}

fn check_value(
    id: &str,
    field: &CustomField,
    value: Option<&Text>,
    under: &str,
) -> Result<(), Rejection> {
    let Some(value) = value else { return Ok(()) };
    let text = value.as_str();
    let (fits, expected) = match field.r#type {
        CustomFieldType::Text => (true, String::new()),
        CustomFieldType::Number => {
            (text.parse::<Amount>().is_ok(), "a decimal, as in 12.5".to_owned())
        }
        CustomFieldType::Date => {
            (text.parse::<Date>().is_ok(), "a day, as in 2025-01-31".to_owned())
        }
        CustomFieldType::Boolean => (matches!(text, "true" | "false"), "true or false".to_owned()),
        CustomFieldType::Option => (
            field.options.iter().any(|o| o == text),
            format!("one of {}", field.options.join(", ")),
        ),
    };
    if fits {
        return Ok(());
    }
    Err(Rejection::FieldValue {
        pointer: pointer(under, &field.key),
        field: id.to_owned(),
        expected,
        got: text.chars().take(80).collect(),
    })
}

/// A field is retired once, after it was defined; it may be defined again.
pub(crate) fn check_retirement(
    book: &Book,
    proposal: &Proposal<'_>,
    e: &CustomFieldRetired,
) -> Result<(), Rejection> {
    let (entity, at, now) = (e.custom_field.entity(), proposal.at(), book.now());
    let settings = book.company.settings();
    let Some(facts) = settings.field(e.custom_field.as_str()) else { return Ok(()) };
    let retired = |at: Timestamp, position: Position| {
        let (entity, word) = (e.custom_field.entity(), "retired");
        Err(Rejection::IllegalTransition { entity, from: word, to: word, at, position })
    };
    match facts.in_force(at, now) {
        Some(before) if before.what.is_none() => return retired(at, proposal.position),
        Some(_) => (),
        None => {
            let opened = facts.counting(now).next().map_or(at, |first| first.at);
            return Err(Rejection::BeforeOpening { entity, opened, at });
        }
    }
    match facts.first_after(at, now) {
        Some(after) if after.what.is_none() => retired(after.at, after.position),
        _ => Ok(()),
    }
}

/// The fields that have taken the key that a retirement left free.
pub(crate) fn dependants(book: &Book, target: &Record, e: &CustomFieldRetired) -> Vec<Position> {
    let without = book.without(target.position);
    let (settings, own) = (book.company.settings(), e.custom_field.as_str());
    let field = |of: &str, lens: Lens<'_>| settings.field(of)?.last(lens).cloned();
    let Some(back) = field(own, without).and_then(|fact| fact.what) else { return Vec::new() };
    let others = settings.custom_fields(book.now());
    others
        .filter(|(id, of)| *id != own && (of.entity, &of.key) == (back.entity, &back.key))
        .filter_map(|(id, _)| Some(field(id, book.now())?.position))
        .collect()
}

/// Judges a definition itself.
pub(crate) fn check_definition(
    book: &Book,
    definition: &CustomFieldDefined,
) -> Result<(), Rejection> {
    let refuse = |expected: &str, got: String| Rejection::FieldDefinition {
        field: definition.custom_field.to_string(),
        expected: expected.to_owned(),
        got,
    };
    match (definition.r#type, definition.options.len()) {
        (CustomFieldType::Option, 0) => {
            return Err(refuse(
                "at least one option for a field of type option",
                "none".to_owned(),
            ));
        }
        (CustomFieldType::Option, _) | (_, 0) => (),
        (_, count) => {
            return Err(refuse(
                "options only for a field of type option",
                format!("{count} options"),
            ));
        }
    }
    let settings = book.company.settings();
    let mut others = settings
        .custom_fields(book.now())
        .filter(|(id, _)| *id != definition.custom_field.as_str());
    match others
        .find(|(_, field)| field.entity == definition.entity.kind() && field.key == definition.key)
    {
        Some((other, _)) => Err(refuse(
            "a key that no other field of this kind of entity has",
            format!("{}, which {other} has", definition.key),
        )),
        None => Ok(()),
    }
}
