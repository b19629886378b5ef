//! Expressions: small scripts over the columns of a row, with exact decimals. Invariant: an
//! expression sees the names it is given and the functions of this room, nothing else: no clock, no
//! randomness, no file, no loop without end.

use rhai::{
    AST, Dynamic, Engine, EvalAltResult, ImmutableString, OptimizationLevel, ParseErrorType, Scope,
    packages::{
        BasicArrayPackage, BasicMapPackage, CorePackage, LogicPackage, MoreStringPackage, Package,
    },
};

use crate::{
    date_functions,
    names::{Names, ROW_FACTS, Words, is_name},
    number_functions, order, text_functions,
    text_functions::Secrets,
    time_value::{Clock, TimeValue},
    tokens::{accesses, tokens},
};

/// The most that one evaluation may cost, in steps of the engine.
const STEPS_MAX: u64 = 5_000_000;
const DEPTH_MAX: usize = 64;

/// An engine that can parse, and knows no name.
pub(crate) fn syntax() -> Engine {
    let mut engine = Engine::new_raw();
    CorePackage::new().register_into_engine(&mut engine);
    LogicPackage::new().register_into_engine(&mut engine);
    BasicArrayPackage::new().register_into_engine(&mut engine);
    BasicMapPackage::new().register_into_engine(&mut engine);
    MoreStringPackage::new().register_into_engine(&mut engine);
    for word in ["eval", "print", "debug", "import", "export"] {
        engine.disable_symbol(word);
    }
    engine.set_allow_looping(false);
    engine.set_optimization_level(OptimizationLevel::None);
    engine.set_max_operations(STEPS_MAX);
    engine.set_max_expr_depths(DEPTH_MAX, DEPTH_MAX);
    engine.set_max_call_levels(DEPTH_MAX);
    engine
}

/// An engine that can evaluate.
pub(crate) fn engine(secrets: Secrets, clock: &Clock) -> Engine {
    let mut engine = syntax();
    engine.set_strict_variables(true);
    engine.set_fail_on_invalid_map_property(true);
    // Without this the engine's own integer division and text-with-number comparison would come
    // first.
    engine.set_fast_operators(false);
    number_functions::register(&mut engine, secrets.currency.clone(), clock);
    text_functions::register(&mut engine, secrets);
    date_functions::register(&mut engine, clock);
    order::register(&mut engine, clock);
    engine
}

/// Parses a text, knowing no names.
pub(crate) fn parse(engine: &Engine, text: &str) -> Result<(), String> {
    if text.trim().is_empty() {
        return Err(
            "expected an expression, got an empty text; a constant text is written { text = \"\" }"
                .to_owned(),
        );
    }
    // A name alone may be a word of the engine's own: it is looked up, not run.
    let plain = |text: &str| text.trim().split('.').all(is_name).then_some(());
    let looked_up = plain(text).is_some() || template_parts(text.trim(), plain).is_some();
    if looked_up {
        Ok(())
    } else {
        engine.compile(text).map(|_| ()).map_err(|e| cannot_be_read(&e))
    }
}

fn cannot_be_read(error: &rhai::ParseError) -> String {
    let reserved = match error.err_type() {
        ParseErrorType::Reserved(word) => Some(word.clone()),
        ParseErrorType::BadInput(rhai::LexError::MalformedIdentifier(word)) => Some(word.clone()),
        _ => None,
    };
    match reserved {
        Some(word) => format!(
            "{error}; a column of this name is written row[\"{word}\"], of a joined row \
             l[\"{word}\"]"
        ),
        None => error.to_string(),
    }
}

/// A compiled expression.
#[derive(Debug)]
pub(crate) struct Expression {
    pub(crate) text: String,
    /// The known names it uses.
    pub(crate) names: Vec<ImmutableString>,
    code: Code,
}

#[derive(Debug)]
enum Code {
    Name(ImmutableString),
    /// A column of a joined row: far the commonest script, so it does not pay for an engine.
    Member(ImmutableString, ImmutableString),
    Constant(Dynamic),
    /// A text with names in it, as in `` `order:${id}` ``.
    Template(Vec<Part>),
    Script(Box<AST>),
}

#[derive(Debug)]
enum Part {
    Text(String),
    Value(Code),
}

impl Expression {
    /// Compiles a text that may use these names.
    pub(crate) fn compile(
        engine: &Engine,
        text: &str,
        known: &Names,
    ) -> Result<Expression, String> {
        let mut words = Words::default();
        words.add(text);
        let names: Vec<ImmutableString> =
            words.0.iter().filter(|w| known.contains(w)).map(ImmutableString::from).collect();
        let plain = text.trim();
        check_row_columns(text, known)?;
        let code = if let Some(code) = simple(plain, known) {
            code
        } else if let Some(parts) = template(plain, known) {
            Code::Template(parts)
        } else {
            let mut scope = Scope::new();
            for name in &names {
                scope.push_dynamic(name.as_str(), Dynamic::UNIT);
            }
            let ast = engine.compile_with_scope(&scope, text).map_err(|e| match e.err_type() {
                ParseErrorType::VariableUndefined(name) => no_name(name, known),
                _ if is_name(plain) => no_name(plain, known),
                _ => cannot_be_read(&e),
            })?;
            Code::Script(Box::new(ast))
        };
        Ok(Expression { text: text.to_owned(), names, code })
    }

    /// The value over the names in this scope, or why there is none.
    pub(crate) fn eval(&self, engine: &Engine, scope: &mut Scope<'_>) -> Result<Dynamic, String> {
        match &self.code {
            Code::Template(parts) => {
                let mut text = String::new();
                for part in parts {
                    match part {
                        Part::Text(constant) => text.push_str(constant),
                        Part::Value(code) => {
                            text.push_str(
                                &key_text(&code.simple_value(scope)?).unwrap_or_default(),
                            );
                        }
                    }
                }
                Ok(text.into())
            }
            Code::Script(ast) => {
                let depth = scope.len();
                let result = engine.eval_ast_with_scope::<Dynamic>(scope, ast);
                scope.rewind(depth);
                result.map_err(|e| why(&e))
            }
            simple => simple.simple_value(scope),
        }
    }

    /// The value as yes or no.
    pub(crate) fn holds(&self, engine: &Engine, scope: &mut Scope<'_>) -> Result<bool, String> {
        let value = self.eval(engine, scope)?;
        value.as_bool().map_err(|_| format!("expected true or false, got {}", shown(&value)))
    }
}

impl Code {
    /// The value of code that needs no engine.
    fn simple_value(&self, scope: &Scope<'_>) -> Result<Dynamic, String> {
        match self {
            Code::Name(name) => {
                scope.get(name).cloned().ok_or_else(|| format!("{name} has no value here"))
            }
            Code::Member(name, column) => {
                let row = scope.get(name).ok_or_else(|| format!("{name} has no value here"))?;
                let row = row.as_map_ref().map_err(|_| {
                    format!(
                        "{name} is {}, so it has no {column}; {name}?.{column} takes that for \
                         missing",
                        shown(row)
                    )
                })?;
                row.get(column.as_str())
                    .cloned()
                    .ok_or_else(|| format!("{name} has no column {column}"))
            }
            Code::Constant(value) => Ok(value.clone()),
            Code::Template(_) | Code::Script(_) => Err("needs an engine".to_owned()),
        }
    }
}

fn no_name(name: &str, known: &Names) -> String {
    format!("no column, join or parameter is named {name}{}", known.suggestion(name))
}

/// Each column that is read from `row` must be one.
fn check_row_columns(text: &str, known: &Names) -> Result<(), String> {
    for access in
        accesses(&tokens(text)).iter().filter(|a| a.of == Some("row") && known.contains("row"))
    {
        if !ROW_FACTS.contains(&access.column) && known.column(access.column).is_none() {
            return Err(format!(
                "row has no column {:?}{}",
                access.column,
                known.suggestion(access.column)
            ));
        }
    }
    Ok(())
}

/// `row["title"]` or `row.name`, if that is all a text is: the column.
fn of_row<'k>(text: &str, known: &'k Names) -> Option<&'k str> {
    let rest = text.strip_prefix("row").filter(|_| known.contains("row"))?;
    let title = match rest.strip_prefix("[\"") {
        Some(quoted) => quoted.strip_suffix("\"]").filter(|title| !title.contains(['"', '\\']))?,
        None => rest.strip_prefix('.').filter(|name| is_name(name))?,
    };
    if ROW_FACTS.contains(&title) { None } else { known.column(title) }
}

fn simple(text: &str, known: &Names) -> Option<Code> {
    if known.contains(text) {
        return Some(Code::Name(text.into()));
    }
    if let Some(column) = of_row(text, known) {
        return Some(Code::Name(column.into()));
    }
    if let Some((name, column)) = text.split_once('.')
        && known.contains(name)
        && is_name(column)
    {
        return Some(Code::Member(name.into(), column.into()));
    }
    constant(text).map(Code::Constant)
}

/// A text in backticks whose `${…}` are names or columns; anything more is left to the engine.
fn template(text: &str, known: &Names) -> Option<Vec<Part>> {
    let parts = template_parts(text, |inside| simple(inside.trim(), known))?;
    Some(
        parts
            .into_iter()
            .flat_map(|(before, code)| [Some(Part::Text(before.to_owned())), code.map(Part::Value)])
            .flatten()
            .collect(),
    )
}

/// The constant pieces of a text in backticks, each with what is read from the `${…}` behind it;
/// nothing if one cannot be read.
fn template_parts<T>(
    text: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Option<Vec<(&str, Option<T>)>> {
    let mut rest = text.strip_prefix('`')?.strip_suffix('`')?;
    let mut parts = Vec::new();
    if rest.contains(['`', '\\']) {
        return None;
    }
    while let Some((before, after)) = rest.split_once("${") {
        let (inside, behind) = after.split_once('}')?;
        parts.push((before, Some(read(inside)?)));
        rest = behind;
    }
    parts.push((rest, None));
    Some(parts)
}

/// A quoted text without escapes, as the constant it is.
fn constant(text: &str) -> Option<Dynamic> {
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    (!inner.contains(['"', '\\'])).then(|| Dynamic::from(ImmutableString::from(inner)))
}

/// The reason of a failed evaluation, without the engine's wrapping.
fn why(error: &EvalAltResult) -> String {
    match error {
        EvalAltResult::ErrorInFunctionCall(_, _, inner, _) => why(inner),
        EvalAltResult::ErrorRuntime(message, _) => message.to_string(),
        EvalAltResult::ErrorFunctionNotFound(signature, _) => {
            let text = if signature.contains("time") { ", `text(x)` a date its text" } else { "" };
            format!(
                "there is no {signature}; `types` gives a text column another type, `??` a missing \
                 value a default{text}"
            )
        }
        EvalAltResult::ErrorPropertyNotFound(name, _) => format!("there is no column {name} here"),
        EvalAltResult::ErrorDotExpr(message, _) => {
            format!("{message}: is the value before the dot missing?")
        }
        other => other.to_string(),
    }
}

/// A value as a message shows it.
pub(crate) fn shown(value: &Dynamic) -> String {
    if value.is_unit() {
        "nothing".to_owned()
    } else if let Ok(text) = value.as_immutable_string_ref() {
        format!("{:?}", crate::error::cut(&text))
    } else if let Ok(list) = value.as_array_ref() {
        format!("a list of {}", list.len())
    } else if value.is_map() {
        "a row".to_owned()
    } else if let Some(time) = TimeValue::of(value) {
        time.to_string()
    } else {
        value.to_string()
    }
}

/// A value as the text of a key; nothing for a missing one.
pub(crate) fn key_text(value: &Dynamic) -> Option<String> {
    if value.is_unit() {
        None
    } else if let Ok(n) = value.as_decimal() {
        Some(n.normalize().to_string())
    } else if let Some(time) = TimeValue::of(value) {
        Some(time.to_string())
    } else {
        Some(value.to_string())
    }
}
