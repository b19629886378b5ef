//! What a route says of itself. Invariant: it says what it needs of whoever asks it, or there is no
//! route.

use axum::routing::MethodRouter;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use sijil_schemas::{problem::ProblemKind, record::Shown};

use super::QueryParameter;
use crate::{app::Front, caching::Keeping, gate::Needs};

/// A media type, and the schema of what is sent in it.
#[derive(Clone, Copy)]
pub(crate) struct Media {
    pub(crate) name: &'static str,
    pub(crate) schema: fn(&mut SchemaGenerator) -> Schema,
}

/// JSON of this type.
pub(super) const fn json<T: JsonSchema>() -> Media {
    Media { name: "application/json", schema: SchemaGenerator::subschema_for::<T> }
}

/// The same, as a form in a browser sends it.
pub(super) const fn form<T: JsonSchema>() -> Media {
    Media { name: "application/x-www-form-urlencoded", schema: SchemaGenerator::subschema_for::<T> }
}

/// Text of some form.
pub(super) const fn text(name: &'static str) -> Media {
    Media { name, schema: SchemaGenerator::subschema_for::<String> }
}

/// An event of the feed: its fields, by name.
pub(super) fn fed(generator: &mut SchemaGenerator) -> Schema {
    let record = generator.subschema_for::<Shown>();
    json_schema!({
        "type": "object",
        "properties": {
            "id": {
                "type": "string", "pattern": "^[0-9]+$",
                "description": "the position, for Last-Event-ID; alone it is a sign of life: \
                                nothing that passes the filter stands before it",
            },
            "event": {"type": "string", "description": "the event type"},
            "data": {
                "type": "string", "description": "the record",
                "contentMediaType": "application/json", "contentSchema": record,
            },
        },
        "required": ["id"], "additionalProperties": false,
    })
}

/// One route, as the reference tells it.
pub(crate) struct Route {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    /// What it needs of whoever asks it.
    pub(crate) needs: Needs,
    pub(crate) about: &'static str,
    pub(crate) query: &'static [QueryParameter],
    /// The bodies it takes, one of them.
    pub(crate) bodies: Vec<Media>,
    /// What it answers with, other than problems.
    pub(crate) answers: Vec<Media>,
    /// The statuses of those answers.
    pub(crate) statuses: &'static [u16],
    /// The kinds of its problems, besides those of every route.
    pub(crate) problems: Vec<ProblemKind>,
    /// Who may keep what it answers.
    pub(super) keeping: Keeping,
    pub(super) handler: MethodRouter<Front>,
}

/// A route, and whatever else it says is added.
pub(super) fn route(
    method: &'static str,
    path: &str,
    (needs, about): (Needs, &'static str),
    answer: Media,
    handler: MethodRouter<Front>,
) -> Route {
    let keeping = match (method, needs) {
        ("post", _) => Keeping::Nobody,
        (_, Needs::Nothing) => Keeping::Anybody,
        _ => Keeping::Caller,
    };
    Route {
        method,
        path: path.into(),
        needs,
        about,
        query: &[],
        bodies: Vec::new(),
        answers: vec![answer],
        statuses: &[200],
        problems: Vec::new(),
        keeping,
        handler,
    }
}

impl Route {
    pub(super) fn query(self, query: &'static [QueryParameter]) -> Route {
        Route { query, ..self }
    }
    pub(super) fn body(mut self, media: Media) -> Route {
        self.bodies.push(media);
        self
    }
    /// The route whose answers nobody keeps: values about persons can stand in them, or what the
    /// next caller is not told.
    pub(super) fn kept_by_nobody(self) -> Route {
        Route { keeping: Keeping::Nobody, ..self }
    }
    pub(super) fn or(mut self, media: Media) -> Route {
        self.answers.push(media);
        self
    }
    pub(super) fn statuses(self, statuses: &'static [u16]) -> Route {
        Route { statuses, ..self }
    }
    pub(super) fn problems(self, kinds: &[&[ProblemKind]]) -> Route {
        Route { problems: kinds.concat(), ..self }
    }
}
