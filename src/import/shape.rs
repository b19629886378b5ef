//! The shape of an event's data: a tree of fields as the mapping writes it. Invariant: every string
//! of the tree is an expression, save under `text`; everything else is a constant.

use serde_json::Value as Json;

use crate::error::MappingError;

/// A node of the tree.
#[derive(Debug, Clone)]
pub(crate) enum Shape {
    Constant(Json),
    Field(Field),
    Object(Vec<(String, Shape)>),
    List(Vec<Shape>),
    Each(Each),
    When { when: String, make: Box<Shape> },
}

/// A list with one element per element of another list.
#[derive(Debug, Clone)]
pub(crate) struct Each {
    pub(crate) over: String,
    pub(crate) name: String,
    pub(crate) when: Option<String>,
    pub(crate) make: Box<Shape>,
}

/// One expression, and what to do when it gives nothing or fails.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub(crate) expr: String,
    pub(crate) on_missing: Action,
    pub(crate) on_error: Action,
}

/// The alternative to using a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    /// Leave the field out.
    Omit,
    /// Leave the event out.
    Skip,
    /// Stop.
    Fail,
    /// Use this expression.
    Default(String),
}

const FIELD_WORDS: &[&str] = &["expr", "on_missing", "on_error", "default"];
const EACH_WORDS: &[&str] = &["each", "as", "when", "make"];

impl Shape {
    pub(crate) fn from_toml(value: &toml::Value, at: &str) -> Result<Shape, MappingError> {
        Ok(match value {
            toml::Value::String(expr) => Shape::Field(Field {
                expr: expr.clone(),
                on_missing: Action::Omit,
                on_error: Action::Fail,
            }),
            toml::Value::Integer(n) => Shape::Constant(Json::from(*n)),
            toml::Value::Boolean(b) => Shape::Constant(Json::from(*b)),
            toml::Value::Float(_) => {
                return Err(MappingError::rule(
                    at,
                    format!(
                        "a decimal constant is written as text, got {value}: {{ text = \"{value}\" \
                         }}"
                    ),
                ));
            }
            toml::Value::Datetime(_) => {
                return Err(MappingError::rule(
                    at,
                    format!(
                        "a date constant is written as text, got {value}: {{ text = \"{value}\" }}"
                    ),
                ));
            }
            toml::Value::Array(items) => Shape::List(
                items
                    .iter()
                    .enumerate()
                    .map(|(i, v)| Shape::from_toml(v, &format!("{at}.{i}")))
                    .collect::<Result<_, _>>()?,
            ),
            toml::Value::Table(table) if table.contains_key("expr") => {
                Shape::Field(Field::from_table(table, Action::Omit, at)?)
            }
            toml::Value::Table(table)
                if table.contains_key("each") && table.contains_key("make") =>
            {
                Shape::Each(Each::from_table(table, at)?)
            }
            toml::Value::Table(table)
                if table.len() == 2 && table.contains_key("when") && table.contains_key("make") =>
            {
                Shape::When {
                    when: text(table, "when", at)?.unwrap_or_default(),
                    make: Box::new(Shape::from_toml(&table["make"], &format!("{at}.make"))?),
                }
            }
            toml::Value::Table(table) => match (table.len(), table.get("text")) {
                (1, Some(toml::Value::String(text))) => Shape::Constant(Json::from(text.as_str())),
                _ => {
                    let fields = table
                        .iter()
                        .map(|(k, v)| Ok((k.clone(), Shape::from_toml(v, &format!("{at}.{k}"))?)));
                    Shape::Object(fields.collect::<Result<_, MappingError>>()?)
                }
            },
        })
    }

    /// The first field as an expression, if it is a plain one: by custom the id of the event's home
    /// entity.
    pub(crate) fn first_field(&self) -> Option<String> {
        let Shape::Object(fields) = self else { return None };
        match fields.first() {
            Some((_, Shape::Field(field))) => Some(field.expr.clone()),
            Some((_, Shape::Constant(Json::String(text)))) if !text.contains(['"', '\\']) => {
                Some(format!("\"{text}\""))
            }
            _ => None,
        }
    }

    pub(crate) fn expressions(&self, at: &str, into: &mut Vec<(String, String)>) {
        match self {
            Shape::Constant(_) => {}
            Shape::Field(field) => field.expressions(at, into),
            Shape::Object(fields) => fields
                .iter()
                .for_each(|(name, shape)| shape.expressions(&format!("{at}.{name}"), into)),
            Shape::List(items) => items
                .iter()
                .enumerate()
                .for_each(|(i, shape)| shape.expressions(&format!("{at}.{i}"), into)),
            Shape::Each(each) => {
                into.push((format!("{at}.each"), each.over.clone()));
                into.extend(each.when.iter().map(|e| (format!("{at}.when"), e.clone())));
                each.make.expressions(&format!("{at}.make"), into);
            }
            Shape::When { when, make } => {
                into.push((format!("{at}.when"), when.clone()));
                make.expressions(&format!("{at}.make"), into);
            }
        }
    }
}

impl Each {
    fn from_table(table: &toml::Table, at: &str) -> Result<Each, MappingError> {
        only(table, EACH_WORDS, at)?;
        let make = table.get("make").ok_or_else(|| {
            MappingError::rule(at, "`each` needs `make`: the shape of one element")
        })?;
        Ok(Each {
            over: text(table, "each", at)?.unwrap_or_default(),
            name: text(table, "as", at)?.unwrap_or_else(|| "it".to_owned()),
            when: text(table, "when", at)?,
            make: Box::new(Shape::from_toml(make, &format!("{at}.make"))?),
        })
    }
}

impl Field {
    /// A field that must be there unless the mapping says otherwise.
    pub(crate) fn required(value: &toml::Value, at: &str) -> Result<Field, MappingError> {
        match value {
            toml::Value::String(expr) => {
                Ok(Field { expr: expr.clone(), on_missing: Action::Fail, on_error: Action::Fail })
            }
            toml::Value::Table(table) if table.contains_key("expr") => {
                Field::from_table(table, Action::Fail, at)
            }
            other => Err(MappingError::rule(at, format!("expected an expression, got {other}"))),
        }
    }

    fn from_table(table: &toml::Table, missing: Action, at: &str) -> Result<Field, MappingError> {
        only(table, FIELD_WORDS, at)?;
        let default = text(table, "default", at)?;
        let action = |word: &str, otherwise: Action| -> Result<Action, MappingError> {
            Ok(match (text(table, word, at)?.as_deref(), &default) {
                (None, Some(default)) if word == "on_missing" => Action::Default(default.clone()),
                (None, _) => otherwise,
                (Some("omit"), _) => Action::Omit,
                (Some("skip"), _) => Action::Skip,
                (Some("fail"), _) => Action::Fail,
                (Some("default"), Some(default)) => Action::Default(default.clone()),
                (Some("default"), None) => {
                    return Err(MappingError::rule(
                        at,
                        format!("`{word} = \"default\"` needs `default`"),
                    ));
                }
                (Some(got), _) => {
                    return Err(MappingError::rule(
                        format!("{at}.{word}"),
                        format!("expected omit, default, skip or fail, got {got:?}"),
                    ));
                }
            })
        };
        Ok(Field {
            expr: text(table, "expr", at)?.unwrap_or_default(),
            on_missing: action("on_missing", missing)?,
            on_error: action("on_error", Action::Fail)?,
        })
    }

    pub(crate) fn expressions(&self, at: &str, into: &mut Vec<(String, String)>) {
        into.push((at.to_owned(), self.expr.clone()));
        for action in [&self.on_missing, &self.on_error] {
            if let Action::Default(expr) = action {
                into.push((format!("{at}.default"), expr.clone()));
            }
        }
    }
}

fn text(table: &toml::Table, word: &str, at: &str) -> Result<Option<String>, MappingError> {
    match table.get(word) {
        None => Ok(None),
        Some(toml::Value::String(text)) => Ok(Some(text.clone())),
        Some(other) => {
            Err(MappingError::rule(format!("{at}.{word}"), format!("expected a text, got {other}")))
        }
    }
}

fn only(table: &toml::Table, words: &[&str], at: &str) -> Result<(), MappingError> {
    match table.keys().find(|k| !words.contains(&k.as_str())) {
        None => Ok(()),
        Some(word) => {
            Err(MappingError::rule(at, format!("expected only {}, got {word:?}", words.join(", "))))
        }
    }
}
