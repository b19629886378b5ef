//! Rules on the company's own fields. Invariant: a field that is defined takes only the values its
//! definition says, and an entity is never opened without a field its kind must have; a field
//! nobody defined is free.

use sijil_projections::company::CustomField;
use sijil_schemas::{
    CustomFieldDefined, CustomFieldType, Event,
    event::{Birth, Clients},
    id::Key,
    money::Amount,
    text::Text,
    time::Date,
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
