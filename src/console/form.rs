//! Forms made from the schema of an event. Invariant: whatever a schema allows can be said in its
//! form, and what is said is judged by the schema and the rules alone: a form adds no check.

use std::str::FromStr;

use serde_json::Value;
use sijil_schemas::{event::EventType, id::Kind};

mod filled;
mod shown;

pub(crate) use filled::{Filled, Op};
pub(crate) use shown::{Marks, hidden, inputs, said};

/// What a field takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A word or a line of text.
    Text,
    /// Text of several lines.
    Long,
    /// An exact decimal.
    Decimal,
    /// A whole number.
    Whole,
    /// Yes or no.
    Flag,
    /// A day.
    Day,
    /// A moment, in the company's zone.
    Moment,
    /// An amount and its currency.
    Money,
    /// One of these words, each with what it means.
    Choice(Vec<(String, String)>),
    /// The id of an entity of a kind.
    Entity(Kind),
    /// An entity of any kind, as `kind:id`.
    Ref,
    /// These fields together.
    Group(Vec<Field>),
    /// Several of one shape.
    List(Box<Shape>),
    /// Names and texts of the company's own.
    Pairs,
    /// Anything else, as JSON.
    Json,
}

/// A field of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) name: String,
    /// What it is, as the schema says it.
    pub(crate) hint: String,
    pub(crate) is_required: bool,
    pub(crate) is_personal: bool,
    pub(crate) shape: Shape,
}

/// The order of fields in what is no event's own: what it is, how much, of what worth.
const ORDER: [&str; 18] = [
    "line", "item", "text", "qty", "unit", "price", "discount", "net", "tax", "stage", "name",
    "kind", "key", "account", "purpose", "due_on", "amount", "first",
];

/// The fields of an event, in the order its type gives them.
pub(crate) fn fields(of: &EventType) -> Vec<Field> {
    let schema = of.json_schema();
    let mut fields = properties(&schema, &schema, &mut Vec::new(), true);
    let place = |field: &Field| of.fields().position(|name| name == field.name);
    fields.sort_by_key(|field| place(field).unwrap_or(usize::MAX));
    fields
}

/// The fields of an object; below its first level a list is said as JSON.
fn properties<'s>(
    root: &'s Value,
    schema: &'s Value,
    within: &mut Vec<&'s str>,
    is_top: bool,
) -> Vec<Field> {
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let all = schema["properties"].as_object().into_iter().flatten();
    let mut fields: Vec<Field> = all
        .map(|(name, of)| {
            let shape = match shape(root, of, within) {
                Shape::List(_) | Shape::Pairs if !is_top => Shape::Json,
                shape => shape,
            };
            Field {
                name: name.clone(),
                hint: of["description"].as_str().unwrap_or_default().to_owned(),
                is_required: required.contains(&name.as_str()),
                is_personal: of.get("x-personal").is_some(),
                shape,
            }
        })
        .collect();
    let place = |name: &str| ORDER.iter().position(|known| *known == name).unwrap_or(ORDER.len());
    fields.sort_by_key(|field| place(&field.name));
    fields
}

/// Whether a schema is of nothing.
fn is_null(schema: &Value) -> bool {
    schema["type"] == "null"
}

/// The word that a schema allows alone.
fn constant(schema: &Value) -> Option<(String, String)> {
    let word = schema["const"].as_str()?;
    Some((word.to_owned(), schema["description"].as_str().unwrap_or(word).to_owned()))
}

/// What a schema takes; `within` are the definitions it stands in, so that one in itself ends.
fn shape<'s>(root: &'s Value, schema: &'s Value, within: &mut Vec<&'s str>) -> Shape {
    if let Some(name) = schema["$ref"].as_str().and_then(|it| it.strip_prefix("#/$defs/")) {
        if name == "Money" {
            return Shape::Money;
        }
        if within.contains(&name) {
            return Shape::Json;
        }
        within.push(name);
        let shape = shape(root, &root["$defs"][name], within);
        within.pop();
        return shape;
    }
    if let Some(either) = schema["anyOf"].as_array() {
        let some: Vec<&Value> = either.iter().filter(|one| !is_null(one)).collect();
        return if let [one] = *some { shape(root, one, within) } else { Shape::Json };
    }
    if let Some(kind) = schema["x-entity"].as_str().and_then(|kind| Kind::from_str(kind).ok()) {
        return Shape::Entity(kind);
    }
    if let Some(either) = schema["oneOf"].as_array() {
        return one_of(root, either, within);
    }
    let kinds = match &schema["type"] {
        Value::String(one) => vec![one.as_str()],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let kind = kinds.iter().copied().find(|kind| *kind != "null").unwrap_or_default();
    match kind {
        "string" => text(schema),
        "integer" => Shape::Whole,
        "boolean" => Shape::Flag,
        "array" if schema.get("prefixItems").is_none() => {
            match shape(root, &schema["items"], within) {
                Shape::List(_) | Shape::Pairs | Shape::Json => Shape::Json,
                item => Shape::List(Box::new(item)),
            }
        }
        "object" if schema.get("properties").is_some() => {
            Shape::Group(properties(root, schema, within, false))
        }
        "object" if schema.get("patternProperties").is_some() => Shape::Pairs,
        _ => Shape::Json,
    }
}

/// One word of several, or one thing of several that are each said by a field of its own.
fn one_of<'s>(root: &'s Value, either: &'s [Value], within: &mut Vec<&'s str>) -> Shape {
    if let Some(words) = either.iter().map(constant).collect::<Option<Vec<_>>>() {
        return Shape::Choice(words);
    }
    let mut fields: Vec<Field> = Vec::new();
    for one in either.iter().filter(|one| !is_null(one)) {
        if one["properties"].is_null() {
            return Shape::Json;
        }
        for field in properties(root, one, within, false) {
            if !fields.iter().any(|known| known.name == field.name) {
                let hint = if field.hint.is_empty() { &one["description"] } else { &Value::Null };
                let hint = hint.as_str().map_or(field.hint.clone(), ToOwned::to_owned);
                fields.push(Field { hint, is_required: false, ..field });
            }
        }
    }
    Shape::Group(fields)
}

/// What a text is by its pattern or format.
fn text(schema: &Value) -> Shape {
    if let Some(word) = constant(schema) {
        return Shape::Choice(vec![word]);
    }
    match (schema["format"].as_str(), schema["pattern"].as_str()) {
        (Some("date"), _) => Shape::Day,
        (Some("date-time"), _) => Shape::Moment,
        (_, Some(pattern)) if pattern.contains("[0-9]{1,") && pattern.contains("\\.") => {
            Shape::Decimal
        }
        (_, Some(pattern)) if pattern.starts_with("^[a-z_]+:") || pattern.starts_with("^(") => {
            Shape::Ref
        }
        _ if schema["maxLength"].as_u64().is_some_and(|most| most > 256) => Shape::Long,
        _ => Shape::Text,
    }
}

#[cfg(test)]
mod tests {
    use sijil_schemas::event::{EVENT_TYPES, event_type};

    use super::*;

    fn shape_of(of: &str, name: &str) -> Shape {
        let fields = fields(event_type(of).expect("a type"));
        fields.into_iter().find(|field| field.name == name).expect("a field").shape
    }

    #[test]
    fn fields_stand_in_the_order_of_the_event_and_each_has_a_shape() {
        let names: Vec<String> = fields(event_type("payment.received").expect("a type"))
            .into_iter()
            .map(|field| field.name)
            .collect();
        assert_eq!(names[..4], ["payment", "counterparty", "client", "amount"]);
        assert_eq!(shape_of("payment.received", "amount"), Shape::Money);
        assert_eq!(shape_of("payment.received", "client"), Shape::Entity(Kind::Client));
        assert!(matches!(shape_of("payment.received", "purpose_lines"), Shape::List(_)));
        assert_eq!(shape_of("invoice.issued", "due_on"), Shape::Day);
        assert_eq!(shape_of("deal.lost", "attributes"), Shape::Pairs);
        assert!(matches!(shape_of("client.registered", "kind"), Shape::Choice(_)));
        // What stands in itself is said as JSON.
        let Shape::Group(parts) = shape_of("segment.defined", "criteria") else { panic!("parts") };
        assert_eq!((parts[0].name.as_str(), &parts[0].shape), ("all", &Shape::Json));
        assert!(matches!(shape_of("product_limit.set", "most"), Shape::Group(_)));
        assert_eq!(shape_of("target.set", "scope"), Shape::Json);
    }

    #[test]
    fn the_example_of_every_type_goes_through_its_form_unchanged() {
        for of in EVENT_TYPES {
            let data = of.example()["data"].clone();
            let filled = Filled::of(&fields(of), &data);
            assert_eq!(filled.data(&fields(of)), data, "{}", of.name);
        }
    }
}
