//! What routes take in their query. Invariant: a parameter is said here once, for every route that
//! takes it.

use sijil_projections::report::OF_ROWS;

/// What values a parameter of the query takes.
#[derive(Clone, Copy)]
pub(crate) enum Takes {
    Text,
    Moment,
    KnownAt,
    Position,
    Limit,
    Rows,
    Types,
    Family,
    Entity,
    Choice(&'static [&'static str]),
}

/// A parameter of the query, as the reference tells it.
#[derive(Clone, Copy)]
pub(crate) struct QueryParameter {
    pub(crate) name: &'static str,
    pub(crate) takes: Takes,
    pub(crate) required: bool,
    pub(crate) about: &'static str,
}

const fn may(name: &'static str, takes: Takes, about: &'static str) -> QueryParameter {
    QueryParameter { name, takes, required: false, about }
}

const fn must(name: &'static str, takes: Takes, about: &'static str) -> QueryParameter {
    QueryParameter { required: true, ..may(name, takes, about) }
}

pub(super) const AS_OF: QueryParameter = may(
    "as_of",
    Takes::Moment,
    "what was true then: a day, meaning its end, or a time with offset",
);

pub(super) const KNOWN_AT: QueryParameter =
    may("known_at", Takes::KnownAt, "what was known then: a position, a day or a time");

pub(super) const AT_LEAST: QueryParameter =
    may("at_least", Takes::Position, "wait until the views reflect this position");

pub(super) const LIMIT: QueryParameter = may("limit", Takes::Limit, "rows on the page");

pub(super) const CLOCKS: &[QueryParameter] = &[AS_OF, KNOWN_AT, AT_LEAST];

pub(super) const REPORT_QUERY: &[QueryParameter] = &[
    AS_OF,
    KNOWN_AT,
    AT_LEAST,
    may("format", Takes::Choice(&["json", "csv"]), "instead of the header Accept"),
    may(OF_ROWS[0].0, Takes::Choice(&["true", "false"]), OF_ROWS[0].1),
    may(OF_ROWS[1].0, Takes::Text, OF_ROWS[1].1),
    may(OF_ROWS[2].0, Takes::Rows, OF_ROWS[2].1),
    may(OF_ROWS[3].0, Takes::Text, OF_ROWS[3].1),
    may(OF_ROWS[4].0, Takes::Choice(&["true", "false"]), OF_ROWS[4].1),
];

pub(super) const EXPLAIN_QUERY: &[QueryParameter] = &[
    must(
        "row",
        Takes::Text,
        "the values of the key columns, as in a line of CSV: between commas, nothing is null, what \
         holds a comma stands in quotation marks",
    ),
    may("column", Takes::Text, "the column; absent is the whole row"),
    may(
        "after",
        Takes::Position,
        "only records after this position: the `next` of the page before",
    ),
    may("records", Takes::Limit, "the most records"),
    AS_OF,
    KNOWN_AT,
    AT_LEAST,
];

const YES_OR_NO: Takes = Takes::Choice(&["yes", "no", "true", "false"]);

pub(super) const RECORD_QUERY: &[QueryParameter] = &[
    may(
        "dry_run",
        YES_OR_NO,
        "yes says what would become of it, and records nothing; absent is no",
    ),
    may(
        "effects",
        Takes::Text,
        "in a dry run, reports separated by commas: the rows that would differ are told",
    ),
    may("as_of", Takes::Moment, "the day or time these reports are asked of"),
];

pub(super) const RESTATEMENT_QUERY: &[QueryParameter] = &[
    must("since", Takes::KnownAt, "the earlier known_at: a position, a day or a time"),
    AS_OF,
    KNOWN_AT,
    AT_LEAST,
];

pub(super) const LIST_QUERY: &[QueryParameter] =
    &[may("after", Takes::Text, "begin after this id"), LIMIT, AS_OF, KNOWN_AT, AT_LEAST];

pub(super) const REBUILD_QUERY: &[QueryParameter] =
    &[may("switch", YES_OR_NO, "no only compares; absent is yes")];

pub(super) const DIFFERENCES_QUERY: &[QueryParameter] = &[
    may("before_as_of", Takes::Moment, "as_of of the earlier point"),
    may("before_known_at", Takes::KnownAt, "known_at of the earlier point"),
    AS_OF,
    KNOWN_AT,
    AT_LEAST,
];

pub(super) const IMPORT_QUERY: &[QueryParameter] =
    &[may("dry_run", YES_OR_NO, "yes judges every line and records none; absent is no")];

pub(super) const ERASURE_QUERY: &[QueryParameter] = &[may(
    "preview",
    YES_OR_NO,
    "yes says what would be erased, with the values, and records nothing; absent is no",
)];

pub(super) const CORRECT_QUERY: &[QueryParameter] = &[
    must("source", Takes::Text, "the source of the events that are corrected"),
    may(
        "void_missing",
        YES_OR_NO,
        "yes voids what came from the source and no line gives any more; absent is no",
    ),
    may("dry_run", YES_OR_NO, "yes judges all of it and records nothing; absent is no"),
];

pub(super) const TIMELINE_QUERY: &[QueryParameter] = &[
    may("before", Takes::Text, "the `next` of the page before"),
    LIMIT,
    AS_OF,
    KNOWN_AT,
    AT_LEAST,
];

pub(super) const INCLUSION_QUERY: &[QueryParameter] = &[
    must("position", Takes::Position, "where the record stands"),
    may("size", Takes::Position, "how many records the tree has; absent is all that are durable"),
];

pub(super) const CONSISTENCY_QUERY: &[QueryParameter] = &[
    must("from", Takes::Position, "how many records the earlier tree has"),
    may("to", Takes::Position, "how many the later one has; absent is all that are durable"),
];

pub(super) const EVENTS_QUERY: &[QueryParameter] = &[
    may("type", Takes::Types, "event types, separated by commas"),
    may("family", Takes::Family, "a family of event types"),
    may("entity", Takes::Entity, "only records that name kind:id"),
    may("actor", Takes::Text, "only records by this actor"),
    may("from", Takes::Moment, "only what occurred from this day or time on"),
    may("as_of", Takes::Moment, "only what occurred up to this day or time"),
    may("known_at", Takes::Position, "only records up to this position"),
    may("after", Takes::Position, "begin after this position"),
    LIMIT,
    may("format", Takes::Choice(&["json", "ndjson"]), "instead of the header Accept"),
];

pub(super) const SIGN_IN_QUERY: &[QueryParameter] = &[may(
    "refused",
    Takes::Text,
    "the name of the problem that the try before had, or provider if it was not there",
)];
