//! The OpenAPI 3.1 document. Invariant: made from the list of routes, the registry of reports and the types; nothing in it is written twice.

use serde_json::{Map, Value, json};
use sijil_projections::{report::Parameter, reports};

use crate::{problem::title, routes::Route};

/// The document for these routes.
pub(crate) fn document(routes: &[Route]) -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for route in routes {
        let path = paths.entry(route.path.clone()).or_insert_with(|| json!({}));
        path[route.method] = operation(route);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Sijil",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "The event-sourced ledger of a trading company: record events, ask reports on two clocks, explain, restate and verify them.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "paths": paths,
        "components": {"schemas": components()},
    })
}

fn operation(route: &Route) -> Value {
    let mut parameters: Vec<Value> = path_names(&route.path)
        .map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}))
        .chain(
            route
                .query
                .iter()
                .map(|(name, about, required)| json!({"name": name, "in": "query", "required": required, "description": about, "schema": {"type": "string"}})),
        )
        .collect();
    if route.path.starts_with("/v1/reports/{name}") {
        parameters.extend(report_parameters(&parameters));
    }
    if route.path == "/v1/events" && route.method == "post" {
        for (name, about) in
            [("Idempotency-Key", "the same key and body get the same answer, for ever"), ("If-Match", "the revision the home entity must be at, in quotes")]
        {
            parameters.push(json!({"name": name, "in": "header", "required": false, "description": about, "schema": {"type": "string"}}));
        }
    }
    let mut responses = Map::new();
    for status in route.statuses {
        let content: Map<String, Value> = route.answers.iter().map(|media| ((*media).to_owned(), json!({"schema": answer_schema(route, media)}))).collect();
        let body = if *status == 304 { json!({"description": "not modified"}) } else { json!({"description": route.about, "content": content}) };
        responses.insert(status.to_string(), body);
    }
    for status in route.problems.iter().chain(&[405, 500]) {
        responses.insert(
            status.to_string(),
            json!({"description": "a problem", "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}),
        );
    }
    let id = format!("{}{}", route.method, route.path.replace(['/', '{', '}', '.'], "_"));
    let mut operation = json!({"operationId": id, "summary": route.about, "parameters": parameters, "responses": responses});
    if let Some(media) = route.body {
        operation["requestBody"] = json!({"required": true, "content": {media: {"schema": body_schema(media)}}});
    }
    operation
}

fn path_names(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

/// The parameters of all reports together: which of them a report takes is said in the registry.
fn report_parameters(given: &[Value]) -> Vec<Value> {
    let mut all: Vec<(&Parameter, Vec<&str>)> = Vec::new();
    for report in reports::all() {
        for parameter in report.parameters {
            match all.iter_mut().find(|(p, _)| p.name == parameter.name) {
                Some((_, names)) => names.push(report.name),
                None => all.push((parameter, vec![report.name])),
            }
        }
    }
    all.retain(|(p, _)| !given.iter().any(|g| g["name"] == p.name));
    let about = |p: &Parameter, names: &[&str]| format!("{} (reports: {})", p.about, names.join(", "));
    all.iter()
        .map(|(p, names)| json!({"name": p.name, "in": "query", "required": false, "description": about(p, names), "schema": {"type": "string"}}))
        .collect()
}

fn body_schema(media: &str) -> Value {
    if media == "application/json" {
        json!({"oneOf": [{"$ref": "#/components/schemas/Draft"}, {"$ref": "#/components/schemas/Batch"}]})
    } else {
        json!({"type": "string", "description": "one draft a line"})
    }
}

fn answer_schema(route: &Route, media: &str) -> Value {
    let name = match (route.method, route.path.as_str()) {
        _ if media != "application/json" => return json!({"type": "string"}),
        ("post", "/v1/events") => "Receipt",
        ("post", "/v1/events/import") => "ImportReport",
        ("get", "/v1/events/{position}") => "Record",
        ("get", "/v1/reports/{name}") => "Answer",
        _ => return json!({"type": "object"}),
    };
    json!({"$ref": format!("#/components/schemas/{name}")})
}

fn components() -> Value {
    let text = json!({"type": "string"});
    let position = json!({"type": "integer", "minimum": 0});
    json!({
        "Problem": {"type": "object", "required": ["type", "title", "status", "detail"], "properties": {
            "type": text, "title": text, "status": {"type": "integer"}, "detail": text, "pointer": text, "index": position}},
        "Draft": {"type": "object", "required": ["type", "occurred_at", "data"], "additionalProperties": false, "properties": {
            "type": {"type": "string", "description": "an event type; GET /v1/schemas lists them"},
            "version": {"type": "integer", "minimum": 1, "maximum": 255}, "id": {"type": "string", "format": "uuid"},
            "occurred_at": {"type": "string", "format": "date-time"}, "actor": text, "on_behalf_of": text, "correlation": text, "causation": text, "source": text,
            "data": {"type": "object", "description": "as the schema of the type says"}}},
        "Batch": {"type": "object", "required": ["events"], "additionalProperties": false, "properties": {
            "events": {"type": "array", "items": {"$ref": "#/components/schemas/Draft"}, "minItems": 1, "maxItems": 1000},
            "expect": {"type": "array", "items": {"type": "object", "required": ["entity", "revision"], "properties": {"entity": text, "revision": position}}}}},
        "Receipt": {"type": "object", "required": ["position", "events"], "properties": {
            "position": position, "events": {"type": "array", "items": {"type": "object", "required": ["position", "id", "entity", "recorded_at", "known"]}}}},
        "ImportReport": {"type": "object", "required": ["recorded", "known", "refused", "position", "refusals"]},
        "Record": {"type": "object", "required": ["position", "id", "type", "version", "occurred_at", "recorded_at", "actor", "data"]},
        "Answer": {"type": "object", "required": ["report", "edition", "parameters", "known_at", "position", "columns", "rows"], "description": title("columns with kinds, and rows by column")},
    })
}
