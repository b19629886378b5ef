//! The OpenAPI 3.1 document. Invariant: made from the list of routes, the registry of reports and
//! the types; nothing in it is written twice.

use std::collections::{BTreeMap, BTreeSet};

use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};
use sijil_ledger::limits::{PAGE_RECORDS_MAX, POSITION_MAX};
use sijil_projections::{
    Families,
    report::{Parameter, ParameterKind, ROWS_MAX},
    reports,
};
use sijil_schemas::{
    event::{EVENT_TYPES, FAMILIES},
    id::{EntityRef, Key, Kind},
};

use crate::{
    cookies,
    docs::problem_names,
    gate::Needs,
    limits::KEY_BYTES_MAX,
    problem::{address, title},
    routes::{ANYWHERE, GUARDED, Route, Takes},
    wire::ProblemBody,
};

/// The document for these routes.
pub(crate) fn document(routes: &[Route]) -> Value {
    let settings = SchemaSettings::draft2020_12().for_serialize().with(|s| {
        s.definitions_path = "/components/schemas".into();
        s.meta_schema = None;
    });
    let mut generator = settings.into_generator();
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for route in routes {
        paths
            .entry(&route.path)
            .or_default()
            .insert(route.method.into(), operation(route, &mut generator));
    }
    let mut schemas: Value = generator.take_definitions(true).into();
    close(&mut schemas);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Sijil",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "The event-sourced ledger of a trading company: record events, ask \
                            reports on two clocks, explain, restate and verify them.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "security": [{"key": []}, {"session": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "key": {
                    "type": "http", "scheme": "bearer",
                    "description": "the secret of a key, or on the machine itself the credential \
                                    in the data directory's keys/local",
                },
                "session": {
                    "type": "apiKey", "in": "cookie", "name": cookies::NAME,
                    "description": "the session of a browser that signed in",
                },
            },
        },
    })
}

/// What a type does not list is not there: every object of listed members is closed. How wide a
/// number is in memory is nobody's business.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            members.values_mut().for_each(close);
            if members.get("type").is_some_and(|t| {
                t == "integer" || t.as_array().is_some_and(|all| all.contains(&"integer".into()))
            }) {
                members.remove("format");
            }
            if members.get("properties").is_some_and(Value::is_object)
                && members.get("type").is_some()
            {
                members.entry("additionalProperties").or_insert(false.into());
            }
        }
        Value::Array(all) => all.iter_mut().for_each(close),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => (),
    }
}

fn operation(route: &Route, generator: &mut SchemaGenerator) -> Value {
    let mut parameters: Vec<Value> =
        path_names(&route.path).map(|name| json!({
            "name": name, "in": "path", "required": true, "schema": path_schema(&route.path, name),
        })).collect();
    for p in route.query {
        parameters.push(json!({
            "name": p.name, "in": "query", "required": p.required, "description": p.about,
            "schema": takes(p.takes),
        }));
    }
    if route.path.starts_with("/v1/reports/{name}") {
        parameters.extend(report_parameters(&parameters));
    }
    parameters.extend(headers(route));
    let mut responses = Map::new();
    let content: Map<String, Value> = route
        .answers
        .iter()
        .map(|media| (media.name.to_owned(), json!({"schema": (media.schema)(generator)})))
        .collect();
    for status in route.statuses {
        let body = match status {
            204 => json!({"description": "done"}),
            303 => json!({"description": "the page to go to"}),
            304 => json!({"description": "not modified"}),
            _ => json!({"description": route.about, "content": content}),
        };
        responses.insert(status.to_string(), body);
    }
    // A status that a route gives for an answer of its own is no problem there.
    let own: Vec<String> = route.statuses.iter().map(ToString::to_string).collect();
    responses
        .extend(problems(route, generator).into_iter().filter(|(status, _)| !own.contains(status)));
    let id = format!("{}{}", route.method, route.path.replace(['/', '{', '}', '.'], "_"));
    let mut operation = json!({
        "operationId": id, "summary": route.about, "parameters": parameters, "responses": responses,
    });
    operation["x-needs"] = route.needs.words().into();
    if route.needs == Needs::Nothing {
        operation["security"] = json!([]);
    }
    let taken = route.bodies.iter();
    let content: Map<String, Value> = taken
        .map(|media| (media.name.to_owned(), json!({"schema": (media.schema)(generator)})))
        .collect();
    if !content.is_empty() {
        operation["requestBody"] = json!({"required": true, "content": content});
    }
    operation
}

/// The problems of a route by status, each with the names it can have.
fn problems(route: &Route, generator: &mut SchemaGenerator) -> Map<String, Value> {
    let body = generator.subschema_for::<ProblemBody>();
    let mut by_status: BTreeMap<u16, BTreeSet<&str>> = BTreeMap::new();
    let guarded = if route.needs == Needs::Nothing { &[] } else { GUARDED };
    for kind in route.problems.iter().chain(ANYWHERE).chain(guarded) {
        for status in kind.statuses() {
            by_status.entry(*status).or_default().insert(kind.name());
        }
    }
    let response = |status: u16, names: BTreeSet<&str>| {
        let (titles, pages): (Vec<String>, Vec<String>) =
            names.iter().map(|name| (title(name), address(name))).unzip();
        let schema = json!({
            "allOf": [
                body,
                {
                    "properties": {
                        "type": {"enum": pages}, "title": {"enum": titles},
                        "status": {"const": status},
                    },
                },
            ],
        });
        let mut response = json!({
            "description": titles.join("; "),
            "content": {"application/problem+json": {"schema": schema}},
        });
        if matches!(status, 429 | 503) {
            response["headers"] = json!({
                "Retry-After": {
                    "description": "seconds after which to come back", "required": true,
                    "schema": {"type": "integer"},
                },
            });
        }
        response
    };
    by_status
        .into_iter()
        .map(|(status, names)| (status.to_string(), response(status, names)))
        .collect()
}

fn headers(route: &Route) -> Vec<Value> {
    let header = |name: &str, about: &str, schema: Value| {
        json!({
            "name": name, "in": "header", "required": false, "description": about, "schema": schema,
        })
    };
    match (route.method, route.path.as_str()) {
        ("post", "/v1/events") => vec![
            header(
                "Idempotency-Key",
                "the same key and body get the same answer, for ever",
                json!({
                    "type": "string", "pattern": "^[!-~]+$", "minLength": 1,
                    "maxLength": KEY_BYTES_MAX,
                }),
            ),
            header(
                "If-Match",
                "the revision the home entity must be at, in quotes",
                json!({"type": "string", "pattern": "^\"[0-9]{1,18}\"$"}),
            ),
            header(
                "Prefer",
                "`proof` asks for the proof of each event with the answer",
                json!({"type": "string", "enum": ["proof"]}),
            ),
        ],
        ("get", "/v1/events/stream") => vec![header(
            "Last-Event-ID",
            "go on after this position",
            json!({"type": "string", "pattern": "^[0-9]{1,18}$"}),
        )],
        ("get", "/v1/reports/{name}") => vec![header(
            "If-None-Match",
            "the ETag of the answer that is known",
            json!({"type": "string"}),
        )],
        _ => Vec::new(),
    }
}

fn path_names(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

fn path_schema(path: &str, name: &str) -> Value {
    let one_of = |names: Vec<&str>| json!({"type": "string", "enum": names});
    match name {
        "position" => takes(Takes::Position),
        "level" => json!({"type": "integer", "minimum": 0, "maximum": 63}),
        "tile" => json!({
            "type": "string", "pattern": "^(x[0-9]{3}/)*[0-9]{3}(\\.p/[1-9][0-9]{0,2})?$",
        }),
        "type" => one_of(EVENT_TYPES.iter().map(|t| t.name).collect()),
        "name" if path.starts_with("/v1/reports/") => {
            one_of(reports::all().map(|r| r.name).collect())
        }
        "name" if path.starts_with("/v1/projections/") => {
            one_of(Families::FOLDS.iter().copied().chain(["all"]).collect())
        }
        "name" => one_of(problem_names()),
        "code" => json!({"type": "string", "pattern": "^[!-.0-~]+$"}),
        _ => schema_of::<Key>(),
    }
}

fn schema_of<T: schemars::JsonSchema>() -> Value {
    SchemaGenerator::default().subschema_for::<T>().into()
}

fn moment() -> Value {
    json!({"type": "string", "anyOf": [{"format": "date"}, {"format": "date-time"}]})
}

fn takes(what: Takes) -> Value {
    match what {
        Takes::Text => json!({"type": "string"}),
        Takes::Moment => moment(),
        Takes::KnownAt => json!({"anyOf": [takes(Takes::Position), moment()]}),
        Takes::Position => json!({"type": "integer", "minimum": 0, "maximum": POSITION_MAX}),
        Takes::Limit => json!({"type": "integer", "minimum": 1, "maximum": PAGE_RECORDS_MAX}),
        Takes::Rows => json!({"type": "integer", "minimum": 1, "maximum": ROWS_MAX}),
        Takes::Types => json!({"type": "string", "pattern": "^[a-z_.]+(,[a-z_.]+)*$"}),
        Takes::Family => json!({"type": "string", "enum": FAMILIES}),
        Takes::Entity => schema_of::<EntityRef>(),
        Takes::Choice(all) => json!({"type": "string", "enum": all}),
    }
}

fn parameter_schema(kind: ParameterKind) -> Value {
    match kind {
        ParameterKind::Date => json!({"type": "string", "format": "date"}),
        ParameterKind::Moment => moment(),
        ParameterKind::Id(Kind::Currency) | ParameterKind::Currency => {
            json!({"type": "string", "pattern": "^[A-Z]{3}$"})
        }
        ParameterKind::Id(_) => schema_of::<Key>(),
        ParameterKind::Choice(all) => json!({"type": "string", "enum": all}),
        ParameterKind::Count => json!({"type": "integer", "minimum": 0, "maximum": u32::MAX}),
        ParameterKind::Decimal => json!({"type": "string", "pattern": "^-?[0-9]+([.][0-9]+)?$"}),
        ParameterKind::Flag => json!({"type": "boolean"}),
        ParameterKind::Attribute(_) => json!({"type": "string", "minLength": 1, "maxLength": 64}),
        ParameterKind::Text => json!({"type": "string", "maxLength": 256}),
    }
}

/// The parameters of all reports together: which of them a report takes is said in the registry.
fn report_parameters(given: &[Value]) -> Vec<Value> {
    let mut all: Vec<(&Parameter, Vec<&str>, Vec<Value>)> = Vec::new();
    for report in reports::all() {
        for parameter in report.parameters {
            let schema = parameter_schema(parameter.kind);
            match all.iter_mut().find(|(p, _, _)| p.name == parameter.name) {
                Some((_, names, schemas)) => {
                    names.push(report.name);
                    if !schemas.contains(&schema) {
                        schemas.push(schema);
                    }
                }
                None => all.push((parameter, vec![report.name], vec![schema])),
            }
        }
    }
    all.retain(|(p, _, _)| !given.iter().any(|g| g["name"] == p.name));
    let about =
        |p: &Parameter, names: &[&str]| format!("{} (reports: {})", p.about, names.join(", "));
    let schema = |all: &[Value]| if let [one] = all { one.clone() } else { json!({"anyOf": all}) };
    all.iter()
        .map(|(p, names, schemas)| {
            json!({
                "name": p.name, "in": "query", "required": false, "description": about(p, names),
                "schema": schema(schemas),
            })
        })
        .collect()
}
