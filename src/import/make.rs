//! From a row to an event's data: the compiled shape. Invariant: a missing value is left out, never
//! written as null or empty.

use rhai::{Dynamic, Engine, Scope};
use serde_json::{Map, Value as Json};

use crate::{
    bind::failed,
    error::{Cells, ImportError, MappingError, Place},
    expression::Expression,
    names::Names,
    shape::{Action, Each, Field, Shape},
    time_value::TimeValue,
};

/// Why a row gives no event.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The mapping says to leave it out.
    Skip(String),
    Fail(Box<ImportError>),
}

impl From<ImportError> for Fault {
    fn from(error: ImportError) -> Fault {
        Fault::Fail(Box::new(error))
    }
}

/// The parts of a run that a compiled shape needs besides the scope.
pub(crate) struct Site<'a> {
    pub(crate) engine: &'a Engine,
    /// The event's type, for messages.
    pub(crate) event: &'a str,
    pub(crate) place: &'a Place,
}

#[derive(Debug)]
pub(crate) enum Made {
    Constant(Json),
    Field(MadeField),
    Object(Vec<(String, Made)>),
    List(Vec<Made>),
    Each { over: Expression, name: String, when: Option<Expression>, make: Box<Made> },
    When { when: Expression, make: Box<Made> },
}

#[derive(Debug)]
pub(crate) struct MadeField {
    pub(crate) expr: Expression,
    on_missing: MadeAction,
    on_error: MadeAction,
}

#[derive(Debug)]
enum MadeAction {
    Omit,
    Skip,
    Fail,
    Default(Expression),
}

/// Compiles expressions over the names they may use.
pub(crate) struct Compiler<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) known: Names,
    pub(crate) at: &'a str,
}

impl Compiler<'_> {
    pub(crate) fn expression(&self, text: &str) -> Result<Expression, MappingError> {
        Expression::compile(self.engine, text, &self.known)
            .map_err(|what| MappingError::rule(self.at, format!("`{text}`: {what}")))
    }

    pub(crate) fn optional(
        &self,
        text: Option<&String>,
    ) -> Result<Option<Expression>, MappingError> {
        text.map(|t| self.expression(t)).transpose()
    }

    pub(crate) fn field(&self, field: &Field) -> Result<MadeField, MappingError> {
        Ok(MadeField {
            expr: self.expression(&field.expr)?,
            on_missing: self.action(&field.on_missing)?,
            on_error: self.action(&field.on_error)?,
        })
    }

    fn action(&self, action: &Action) -> Result<MadeAction, MappingError> {
        Ok(match action {
            Action::Omit => MadeAction::Omit,
            Action::Skip => MadeAction::Skip,
            Action::Fail => MadeAction::Fail,
            Action::Default(text) => MadeAction::Default(self.expression(text)?),
        })
    }

    pub(crate) fn shape(&self, shape: &Shape) -> Result<Made, MappingError> {
        Ok(match shape {
            Shape::Constant(json) => Made::Constant(json.clone()),
            Shape::Field(field) => Made::Field(self.field(field)?),
            Shape::Object(fields) => Made::Object(
                fields
                    .iter()
                    .map(|(name, s)| Ok((name.clone(), self.shape(s)?)))
                    .collect::<Result<_, MappingError>>()?,
            ),
            Shape::List(items) => {
                Made::List(items.iter().map(|s| self.shape(s)).collect::<Result<_, _>>()?)
            }
            Shape::Each(each) => self.each(each)?,
            Shape::When { when, make } => {
                Made::When { when: self.expression(when)?, make: Box::new(self.shape(make)?) }
            }
        })
    }

    fn each(&self, each: &Each) -> Result<Made, MappingError> {
        let mut known = self.known.clone();
        known.extend([each.name.clone(), "index".to_owned()]);
        let inner = Compiler { engine: self.engine, known, at: self.at };
        Ok(Made::Each {
            over: self.expression(&each.over)?,
            name: each.name.clone(),
            when: inner.optional(each.when.as_ref())?,
            make: Box::new(inner.shape(&each.make)?),
        })
    }
}

impl Made {
    /// Every expression of the tree.
    pub(crate) fn expressions<'e>(&'e self, into: &mut Vec<&'e Expression>) {
        match self {
            Made::Constant(_) => {}
            Made::Field(field) => field.expressions(into),
            Made::Object(fields) => fields.iter().for_each(|(_, made)| made.expressions(into)),
            Made::List(items) => items.iter().for_each(|made| made.expressions(into)),
            Made::Each { over, when, make, .. } => {
                into.push(over);
                into.extend(when);
                make.expressions(into);
            }
            Made::When { when, make } => {
                into.push(when);
                make.expressions(into);
            }
        }
    }

    /// The JSON of this node; nothing if it is missing.
    pub(crate) fn json<'m>(
        &'m self,
        site: &Site<'_>,
        scope: &mut Scope<'_>,
        path: &mut Path<'m>,
    ) -> Result<Option<Json>, Fault> {
        Ok(match self {
            Made::Constant(json) => Some(json.clone()),
            Made::Field(field) => match field.value(site, scope, path)? {
                Some(value) => json(&value)
                    .map_err(|why| expression_failed(&field.expr, site, scope, path, why))?,
                None => None,
            },
            Made::Object(fields) => {
                let mut object = Map::new();
                for (name, made) in fields {
                    path.0.push(Step::Name(name));
                    object.extend(made.json(site, scope, path)?.map(|v| (name.clone(), v)));
                    path.0.pop();
                }
                (!object.is_empty()).then_some(Json::Object(object))
            }
            Made::List(items) => {
                let mut list = Vec::new();
                for made in items {
                    made.push_onto(&mut list, site, scope, path)?;
                }
                (!list.is_empty() || items.is_empty()).then_some(Json::Array(list))
            }
            Made::Each { .. } => {
                let mut list = Vec::new();
                self.push_onto(&mut list, site, scope, path)?;
                (!list.is_empty()).then_some(Json::Array(list))
            }
            Made::When { when, make } => {
                let holds = when
                    .holds(site.engine, scope)
                    .map_err(|why| expression_failed(when, site, scope, path, why))?;
                if holds { make.json(site, scope, path)? } else { None }
            }
        })
    }

    /// Adds this node to a list: an `each` adds its elements, a missing value nothing.
    pub(crate) fn push_onto<'m>(
        &'m self,
        list: &mut Vec<Json>,
        site: &Site<'_>,
        scope: &mut Scope<'_>,
        path: &mut Path<'m>,
    ) -> Result<(), Fault> {
        let Made::Each { over, name, when, make } = self else {
            path.0.push(Step::Index(list.len()));
            list.extend(self.json(site, scope, path)?);
            path.0.pop();
            return Ok(());
        };
        for (i, element) in elements(over, site, scope, path)?.into_iter().enumerate() {
            let depth = scope.len();
            scope.push_dynamic(name.as_str(), element);
            scope
                .push_dynamic("index", Dynamic::from_int(i64::try_from(i + 1).unwrap_or(i64::MAX)));
            path.0.push(Step::Index(list.len()));
            let meant = when.as_ref().map_or(Ok(true), |w| {
                w.holds(site.engine, scope)
                    .map_err(|why| expression_failed(w, site, scope, path, why))
            })?;
            if meant {
                list.extend(make.json(site, scope, path)?);
            }
            path.0.pop();
            scope.rewind(depth);
        }
        Ok(())
    }
}

/// The elements of a list; a missing list has none.
pub(crate) fn elements(
    over: &Expression,
    site: &Site<'_>,
    scope: &mut Scope<'_>,
    path: &Path<'_>,
) -> Result<Vec<Dynamic>, Fault> {
    let value = over
        .eval(site.engine, scope)
        .map_err(|why| expression_failed(over, site, scope, path, why))?;
    if value.is_unit() {
        return Ok(Vec::new());
    }
    let kind = crate::expression::shown(&value);
    value.into_array().map_err(|_| {
        expression_failed(over, site, scope, path, format!("expected a list, got {kind}"))
    })
}

impl MadeField {
    pub(crate) fn expressions<'e>(&'e self, into: &mut Vec<&'e Expression>) {
        into.push(&self.expr);
        for action in [&self.on_missing, &self.on_error] {
            if let MadeAction::Default(expression) = action {
                into.push(expression);
            }
        }
    }

    /// The value; nothing if the mapping says to leave it out.
    pub(crate) fn value(
        &self,
        site: &Site<'_>,
        scope: &mut Scope<'_>,
        path: &Path<'_>,
    ) -> Result<Option<Dynamic>, Fault> {
        match self.expr.eval(site.engine, scope) {
            Ok(value) if !value.is_unit() => Ok(Some(value)),
            Ok(_) => {
                self.instead(&self.on_missing, site, scope, path, "expected a value, got nothing")
            }
            Err(why) => self.instead(&self.on_error, site, scope, path, &why),
        }
    }

    fn instead(
        &self,
        action: &MadeAction,
        site: &Site<'_>,
        scope: &mut Scope<'_>,
        path: &Path<'_>,
        why: &str,
    ) -> Result<Option<Dynamic>, Fault> {
        match action {
            MadeAction::Omit => Ok(None),
            MadeAction::Skip => {
                Err(Fault::Skip(format!("{path}: `{}` gave no value", self.expr.text)))
            }
            MadeAction::Fail => {
                Err(expression_failed(&self.expr, site, scope, path, why.to_owned()))
            }
            MadeAction::Default(default) => {
                let value = default
                    .eval(site.engine, scope)
                    .map_err(|why| expression_failed(default, site, scope, path, why))?;
                Ok((!value.is_unit()).then_some(value))
            }
        }
    }
}

/// Where in an event's data a value goes, as a JSON pointer.
#[derive(Debug, Default)]
pub(crate) struct Path<'m>(Vec<Step<'m>>);

#[derive(Debug)]
enum Step<'m> {
    Name(&'m str),
    Index(usize),
}

impl Path<'_> {
    pub(crate) fn of(word: &str) -> Path<'_> {
        Path(vec![Step::Name(word)])
    }
}

impl std::fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|step| match step {
            Step::Name(name) => write!(f, "/{name}"),
            Step::Index(index) => write!(f, "/{index}"),
        })
    }
}

pub(crate) fn expression_failed(
    expression: &Expression,
    site: &Site<'_>,
    scope: &Scope<'_>,
    path: &Path<'_>,
    why: String,
) -> Fault {
    let field = format!("{} {path}", site.event);
    let error = failed(expression, scope, site.place.clone(), &field, why);
    Fault::from(without_rows(error))
}

/// A joined row says nothing in a message; its columns would be too many.
fn without_rows(error: ImportError) -> ImportError {
    match error {
        ImportError::Expression { place, field, expression, why, cells } => {
            let cells = Cells(cells.0.into_iter().filter(|(_, v)| v != "a row").collect());
            ImportError::Expression { place, field, expression, why, cells }
        }
        other => other,
    }
}

/// A value as JSON: decimals as text, nothing for a missing one.
pub(crate) fn json(value: &Dynamic) -> Result<Option<Json>, String> {
    if value.is_unit() {
        return Ok(None);
    }
    if let Ok(text) = value.as_immutable_string_ref() {
        return Ok(Some(Json::from(text.as_str())));
    }
    if let Ok(n) = value.as_decimal() {
        return Ok(Some(Json::from(n.normalize().to_string())));
    }
    if let Ok(n) = value.as_int() {
        return Ok(Some(Json::from(n)));
    }
    if let Ok(b) = value.as_bool() {
        return Ok(Some(Json::from(b)));
    }
    if let Ok(c) = value.as_char() {
        return Ok(Some(Json::from(c.to_string())));
    }
    if let Ok(list) = value.as_array_ref() {
        let items =
            list.iter().filter_map(|v| json(v).transpose()).collect::<Result<Vec<_>, _>>()?;
        return Ok((!items.is_empty()).then_some(Json::Array(items)));
    }
    if let Ok(map) = value.as_map_ref() {
        let fields = map
            .iter()
            .filter_map(|(k, v)| json(v).transpose().map(|v| v.map(|v| (k.to_string(), v))));
        let object = fields.collect::<Result<Map<_, _>, _>>()?;
        return Ok((!object.is_empty()).then_some(Json::Object(object)));
    }
    if let Some(time) = TimeValue::of(value) {
        return Ok(Some(Json::from(time.to_string())));
    }
    Err(format!("a value of type {} cannot stand in an event", value.type_name()))
}
