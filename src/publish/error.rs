//! Why a publication ends. Invariant: an error says what to do next, and whether trying again later
//! may help.

use postgres::error::SqlState;
use sijil_ledger::{ReadError, SubmitError};
use sijil_schemas::Position;
use uuid::Uuid;

/// Why tables cannot be published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The address is none of a Postgres server.
    #[error("expected an address as in postgres://user@host/database, got {got:?}: {why}")]
    Address {
        /// The address as it came, without a password.
        got: String,
        /// What is wrong with it.
        why: String,
    },
    /// The name of the schema would have to be quoted, or is one that tables are made in or swapped
    /// out to.
    #[error(
        "expected a schema of 1 to 40 characters a-z 0-9 _, not beginning with a digit or pg_ nor \
         ending in __next or __old, got {got:?}"
    )]
    Schema {
        /// The name as it came.
        got: String,
    },
    /// The server says no, or is gone.
    #[error("Postgres, while it {doing}: {}", told(source))]
    Server {
        /// What was being done.
        doing: &'static str,
        /// What came.
        source: postgres::Error,
    },
    /// There are no certificates to check the server's by.
    #[error("Postgres cannot be trusted: {0}")]
    Roots(std::io::Error),
    /// The schema holds something else.
    #[error(
        "the schema {schema} holds no tables of Sijil; give another name with --schema, or drop it"
    )]
    Foreign {
        /// The schema.
        schema: String,
    },
    /// The schema holds another ledger.
    #[error(
        "the schema {schema} holds the tables of ledger {theirs}, not of {ours}; give another name \
         with --schema, or drop it"
    )]
    OtherLedger {
        /// The schema.
        schema: String,
        /// Whose tables it holds.
        theirs: String,
        /// Whose were to be published.
        ours: Uuid,
    },
    /// Somebody else keeps these tables.
    #[error(
        "another process keeps the schema {schema}; end it first, or give another name with \
         --schema"
    )]
    Taken {
        /// The schema.
        schema: String,
    },
    /// That they leave could not be recorded.
    #[error("nothing leaves that is not recorded: {0}")]
    Unrecorded(#[from] Box<SubmitError>),
    /// Readers do not let go of the old tables.
    #[error(
        "the tables of the schema {schema} could not be swapped within {waited_s} s: a transaction \
         holds them (see pg_stat_activity); nothing was changed"
    )]
    Held {
        /// The schema.
        schema: String,
        /// How long it was tried, in seconds.
        waited_s: u64,
    },
    /// Somebody keeps a copy of the tables that would go with them.
    #[error(
        "the materialized view {view} is built on tables of the schema {schema} and would be lost \
         with the old ones; make it a view, or give another name with --schema"
    )]
    Copied {
        /// The schema.
        schema: String,
        /// The first such view.
        view: String,
    },
    /// The ledger has no record yet.
    #[error("the ledger is empty: there is nothing to publish")]
    Empty,
    /// The tables were made from records that the log does not have, or not yet: of several nodes
    /// on one log, one may be behind another.
    #[error(
        "the tables reflect position {published}, the log ends at {head} here; if it does not get \
         there, publish once more without --follow to rebuild them"
    )]
    Ahead {
        /// What they reflect.
        published: Position,
        /// Where the log ends.
        head: Position,
    },
    /// The log cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// What the server said, with its hint, and the names it gave.
fn told(error: &postgres::Error) -> String {
    let Some(said) = error.as_db_error() else {
        let mut text = error.to_string();
        let mut cause = std::error::Error::source(error);
        while let Some(next) = cause {
            text = format!("{text}: {next}");
            cause = next.source();
        }
        return text;
    };
    // Of these the detail is the row itself, and what is personal in it.
    let whole_rows = [&SqlState::NOT_NULL_VIOLATION, &SqlState::CHECK_VIOLATION];
    let detail = said
        .detail()
        .filter(|_| !whole_rows.contains(&said.code()))
        .map(|detail| format!(" ({detail})"))
        .unwrap_or_default();
    format!("{} [{}]{detail}", said.message(), said.code().code())
}

impl PublishError {
    /// Whether the same may succeed later: the server is gone, stopping, or full, or this node is
    /// behind another.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        let PublishError::Server { source, .. } = self else {
            return matches!(
                self,
                PublishError::Held { .. }
                    | PublishError::Taken { .. }
                    | PublishError::Ahead { .. }
                    | PublishError::Unrecorded(_)
            );
        };
        // Classes of SQLSTATE: connection, transaction rollback, resources, operator intervention.
        source.as_db_error().is_none_or(|said| {
            ["08", "40", "53", "55", "57"].iter().any(|class| said.code().code().starts_with(class))
        })
    }
    /// Whether a row names one that is not there.
    pub(crate) fn names_a_missing_row(&self) -> bool {
        matches!(
            self,
            PublishError::Server { source, .. }
                if source.code() == Some(&SqlState::FOREIGN_KEY_VIOLATION)
        )
    }
}

/// Says what was being done when the server said no.
pub(crate) trait While<T> {
    fn while_it(self, doing: &'static str) -> Result<T, PublishError>;
}
impl<T> While<T> for Result<T, postgres::Error> {
    fn while_it(self, doing: &'static str) -> Result<T, PublishError> {
        self.map_err(|source| PublishError::Server { doing, source })
    }
}
