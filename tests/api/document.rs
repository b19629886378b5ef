//! The served OpenAPI document, and every answer against it. Invariant: an answer with a status, a
//! media type or a body that the document does not tell fails the test that got it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, OnceLock},
};

use roas::validation::{Options, Validate};
use serde_json::{Value, json};

use crate::server::{Answer, Directory, Server, ask, credential_of, draft, opening, sijil};

/// The document, and what has been compiled of it.
pub struct Document {
    json: Value,
    schemas: Mutex<BTreeMap<String, Arc<jsonschema::Validator>>>,
}

static DOCUMENT: OnceLock<Document> = OnceLock::new();

/// The document as the first server serves it; all servers here are one binary.
pub fn document(url: &str) -> &'static Document {
    DOCUMENT.get_or_init(|| {
        let json =
            ask(url, "GET", "/openapi.json", &[], None).expect("the document is served").json();
        Document { json, schemas: Mutex::default() }
    })
}

impl Document {
    /// The template of a path: the one with the most parts as they stand.
    fn template(&self, path: &str) -> Option<&str> {
        let parts: Vec<&str> = path.split('/').collect();
        let literal = |template: &str| -> Option<usize> {
            let wanted: Vec<&str> = template.split('/').collect();
            // The number of a tile may be several parts.
            let long = wanted.last() == Some(&"{tile}") && parts.len() > wanted.len();
            let fits = (wanted.len() == parts.len() || long)
                && wanted
                    .iter()
                    .zip(&parts)
                    .all(|(w, p)| w == p || (w.starts_with('{') && !p.is_empty()));
            fits.then(|| wanted.iter().filter(|w| !w.starts_with('{')).count())
        };
        let templates = self.json["paths"].as_object().expect("paths").keys();
        templates
            .filter_map(|t| Some((literal(t)?, t.as_str())))
            .max()
            .map(|(_, template)| template)
    }

    fn validator(&self, place: String, schema: &Value) -> Arc<jsonschema::Validator> {
        let mut schemas = self.schemas.lock().expect("no check panics while it holds this");
        let compiled = || {
            let mut whole = schema.clone();
            whole["components"] = self.json["components"].clone();
            Arc::new(
                jsonschema::options()
                    .should_validate_formats(true)
                    .build(&whole)
                    .expect("a schema"),
            )
        };
        schemas.entry(place).or_insert_with(compiled).clone()
    }

    /// Fails unless the document tells this answer: its status, its media type and its body.
    pub fn check(&self, method: &str, path: &str, answer: &Answer) {
        let path = path.split('?').next().unwrap_or_default();
        let Some(template) = self.template(path) else {
            return assert_eq!(
                (answer.status, answer.problem().as_str()),
                (404, "not_found"),
                "{method} {path} is no path of the document"
            );
        };
        let asked = if method == "HEAD" { "get" } else { &*method.to_lowercase() };
        let operation = &self.json["paths"][template][asked];
        if operation.is_null() {
            return assert_eq!(
                (answer.status, answer.problem().as_str()),
                (405, "method_not_allowed"),
                "{method} {template} is not in the document"
            );
        }
        let status = answer.status.to_string();
        let response = &operation["responses"][&status];
        assert!(
            response.is_object(),
            "{method} {template} answers {status}, which the document does not tell: {}",
            answer.text
        );
        for (name, header) in response["headers"].as_object().into_iter().flatten() {
            assert!(
                header["required"] != true || !answer.header(name).is_empty(),
                "{method} {template} answers {status} without {name}"
            );
        }
        if method == "HEAD" {
            return assert_eq!(answer.text, "", "an answer to HEAD has no body");
        }
        let Some(content) = response["content"].as_object() else {
            return assert!(
                answer.text.is_empty(),
                "{method} {template} answers {status} with a body"
            );
        };
        let media = answer.header("content-type").split(';').next().unwrap_or_default();
        let schema = content.get(media).unwrap_or_else(|| {
            panic!(
                "{method} {template} answers {status} as {media:?}, the document tells {:?}",
                content.keys()
            )
        });
        let (schema, bodies) = match media {
            "application/x-ndjson" => (
                &json!({"$ref": "#/components/schemas/Record"}),
                answer.text.lines().map(|l| serde_json::from_str(l).expect("JSON")).collect(),
            ),
            _ if media.ends_with("json") => (&schema["schema"], vec![answer.json()]),
            _ => return,
        };
        let validator = self.validator(format!("{method} {template} {status} {media}"), schema);
        for body in &bodies {
            let wrong: Vec<String> = validator
                .iter_errors(body)
                .take(3)
                .map(|e| format!("{}: {e}", e.instance_path()))
                .collect();
            assert!(
                wrong.is_empty(),
                "{method} {template} {status} is not what the document tells: {}\n{body}",
                wrong.join("; ")
            );
        }
    }
}

fn served() -> (Directory, Server, Value) {
    let directory = Directory::new();
    let server = Server::start(&directory.path());
    let document = server.get("/openapi.json").json();
    (directory, server, document)
}

/// Every schema in the document that is not a reference alone.
fn schemas(value: &Value, found: &mut Vec<Value>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("schema").cloned());
            members.values().for_each(|v| schemas(v, found));
        }
        Value::Array(all) => all.iter().for_each(|v| schemas(v, found)),
        _ => (),
    }
}

#[test]
fn the_document_is_valid_openapi_and_its_schemas_are_json_schema() {
    let (_directory, _server, document) = served();
    let spec: roas::v3_1::spec::Spec =
        serde_json::from_value(document.clone()).expect("OpenAPI 3.1");
    // The validator does not look for uses of a schema within arrays that may be null.
    let lenient = Options::IgnoreMissingTags | Options::IgnoreUnusedSchemas;
    spec.validate(lenient, None).unwrap_or_else(|e| panic!("the document is not valid: {e:?}"));
    let mut found = Vec::new();
    schemas(&document["paths"], &mut found);
    found.extend(document["components"]["schemas"].as_object().expect("schemas").values().cloned());
    for schema in &found {
        jsonschema::meta::validate(schema).unwrap_or_else(|e| panic!("{e}: {schema}"));
    }
    let mut broken = document;
    broken["paths"]["/v1/log"]["get"]["responses"] = json!({"200": {}});
    let broken: Result<roas::v3_1::spec::Spec, _> = serde_json::from_value(broken);
    assert!(
        broken.is_err() || broken.is_ok_and(|s| s.validate(lenient, None).is_err()),
        "the validator finds what is missing"
    );
    println!("{} paths, {} schemas", spec.paths.as_ref().map_or(0, |p| p.paths.len()), found.len());
}

#[test]
fn every_response_has_a_schema_that_says_something() {
    let (_directory, _server, document) = served();
    let exact = |schema: &Value| {
        schema.get("$ref").is_some()
            || schema["type"] == "string"
            || schema.get("allOf").is_some()
            || schema["properties"].as_object().is_some_and(|properties| !properties.is_empty())
    };
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            for (status, response) in operation["responses"].as_object().expect("responses") {
                for (media, content) in response["content"].as_object().into_iter().flatten() {
                    assert!(
                        path == "/openapi.json" || exact(&content["schema"]),
                        "{method} {path} {status} {media}: {}",
                        content["schema"]
                    );
                }
            }
        }
    }
    for (name, schema) in document["components"]["schemas"].as_object().expect("schemas") {
        let known =
            ["properties", "oneOf", "anyOf", "enum"].iter().any(|k| schema.get(*k).is_some())
                || schema["type"].is_array();
        assert!(known, "{name} says nothing: {schema}");
    }
}

/// The value of a parameter in a path, for a ledger that has everything.
fn filled(server: &Server, template: &str) -> Option<String> {
    let Some((before, rest)) = template.split_once('{') else { return Some(template.to_owned()) };
    let (name, after) = rest.split_once('}').expect("a parameter ends");
    let value = match (name, before) {
        ("position", _) => "3".to_owned(),
        ("type", _) => "deal.won".to_owned(),
        ("name", "/v1/reports/") => "trial_balance".to_owned(),
        ("name", "/v1/projections/") => "deals".to_owned(),
        ("name", _) => "busy".to_owned(),
        ("level", _) => "0".to_owned(),
        ("tile", _) => "000".to_owned(),
        ("kind", _) => "client".to_owned(),
        ("code", _) => "sijil_nothing".to_owned(),
        _ => {
            let list = before.replace("/subjects/client/", "/clients");
            server.get(&format!("{}?limit=1", list.trim_end_matches('/'))).json()["rows"][0]["id"]
                .as_str()?
                .replace('/', "%2F")
        }
    };
    filled(server, &format!("{before}{value}{after}"))
}

#[test]
#[expect(clippy::too_many_lines, reason = "one story, told from its beginning to its end")]
fn every_route_answers_as_the_document_says() {
    let directory = Directory::new();
    let status = sijil()
        .args(["demo", "--no-serve", "--events", "3000", "--seed", "5", "--data"])
        .arg(directory.path())
        .status()
        .expect("the demo runs");
    assert!(status.success());
    let server = Server::start(&directory.path());
    let document = document(&server.url);
    let (mut answered, mut bodies) = (0, BTreeSet::new());
    for (template, methods) in document.json["paths"].as_object().expect("paths") {
        for method in
            methods.as_object().expect("methods").keys().filter(|_| template != "/v1/events/stream")
        {
            let Some(path) = filled(&server, template) else { continue };
            let (headers, body) = match path.as_str() {
                "/v1/events" if method == "post" => {
                    (vec![("content-type", "application/json")], Some(opening()[1].to_string()))
                }
                "/v1/keys" if method == "post" => {
                    let at = jiff::Timestamp::now().to_string();
                    let user = json!({
                        "type": "user.enrolled", "occurred_at": at, "data": {"user": "whoever"},
                    });
                    assert_eq!(server.post("/v1/events", &user).status, 201);
                    let wanted = json!({"of": "user:whoever"});
                    (vec![("content-type", "application/json")], Some(wanted.to_string()))
                }
                "/v1/session" if method == "post" => {
                    let wanted = json!({"key": credential_of(&server.url)});
                    (vec![("content-type", "application/json")], Some(wanted.to_string()))
                }
                "/v1/erasures" if method == "post" => {
                    let wanted = json!({"subject": "client:C1", "basis": "not_needed"});
                    let data = json!({"client": "C1", "name": "Gone Soon", "kind": "person"});
                    let client = draft("client.registered", "2025-01-01", data);
                    assert_eq!(server.post("/v1/events", &client).status, 201);
                    (vec![("content-type", "application/json")], Some(wanted.to_string()))
                }
                "/v1/events/import" | "/v1/events/correct" => (
                    vec![("content-type", "application/x-ndjson")],
                    Some(format!("{}\nno draft\n", opening()[1])),
                ),
                _ => (Vec::new(), None),
            };
            let query = if template.ends_with("explain") {
                "?row=EUR"
            } else if template.ends_with("restatement") {
                "?since=5&known_at=20"
            } else if template.ends_with("correct") {
                "?source=nobody"
            } else if template.ends_with("erasures") && method == "post" {
                "?preview=yes"
            } else if template.ends_with("inclusion") {
                "?position=1"
            } else if template.ends_with("consistency") {
                "?from=1"
            } else {
                ""
            };
            let answer = server.send(
                &method.to_uppercase(),
                &format!("{path}{query}"),
                &headers,
                body.as_deref(),
            );
            let may_refuse =
                ["explain", "rollback", "cosigned"].iter().any(|word| template.ends_with(word));
            let is_fine = answer.status < 300 || answer.status == 303;
            assert!(is_fine || may_refuse, "{method} {path}: {}", answer.text);
            answered += 1;
            bodies.insert((template.clone(), answer.status));
            // The wrong way: an unknown parameter, an unknown name, a method that is not there.
            server.send(
                &method.to_uppercase(),
                &format!("{path}?colour=red"),
                &headers,
                body.as_deref(),
            );
            server.send(
                &method.to_uppercase(),
                &format!("{path}?limit=0&limit=1"),
                &headers,
                body.as_deref(),
            );
            server.send("DELETE", &path, &[], None);
        }
    }
    for report in server.get("/v1/reports").json()["reports"].as_array().expect("reports") {
        for wanted in [
            "",
            "?as_of=2025-06-30",
            "?as_of=2025-06-30&in=base",
            "?as_of=never",
            "?known_at=999999999",
            "?as_of=2025-06-30&format=csv",
        ] {
            server
                .get(&format!("/v1/reports/{}{wanted}", report["name"].as_str().expect("a name")));
            answered += 1;
        }
    }
    println!(
        "{answered} questions answered as the document says, {} kinds of answer",
        bodies.len()
    );
}

#[test]
fn the_check_finds_what_the_document_does_not_tell() {
    let (_directory, server, _) = served();
    let document = document(&server.url);
    let found = |status: u16, media: &str, text: &str| {
        let mut headers = ureq::http::HeaderMap::new();
        headers.insert("content-type", media.parse().expect("a media type"));
        let answer = Answer { status, headers, text: text.to_owned() };
        std::panic::catch_unwind(|| document.check("GET", "/v1/log", &answer)).is_err()
    };
    let right = server.get("/v1/log");
    assert!(!found(200, "application/json", &right.text));
    assert!(found(418, "application/json", &right.text), "a status");
    assert!(found(200, "text/plain", &right.text), "a media type");
    let mut more = right.json();
    more["colour"] = json!("red");
    assert!(found(200, "application/json", &more.to_string()), "a member more");
    assert!(found(200, "application/json", "{}"), "members missing");
    assert!(
        found(
            500,
            "application/problem+json",
            &json!({"type": "/docs/problems/busy", "title": "Busy", "status": 500, "detail": "x"})
                .to_string()
        ),
        "a name"
    );
}

#[test]
fn what_the_router_would_say_in_its_own_words_is_a_problem_too() {
    let (_directory, server, _) = served();
    assert_eq!(server.get("/v1/clients/%FF").problem(), "invalid_query");
    assert_eq!(
        server.get("/v1/log?limit=1&limit=2").status,
        200,
        "a route without parameters takes no notice of any"
    );
    assert_eq!(server.get("/v1/events?limit=1&limit=2").problem(), "invalid_query");
    let long = draft("client.renamed", "2025-01-01", json!({"client": "C1", "name": "X"}));
    assert_eq!(
        server
            .send(
                "PUT",
                "/v1/events",
                &[("content-type", "application/json")],
                Some(&long.to_string())
            )
            .problem(),
        "method_not_allowed"
    );
}
