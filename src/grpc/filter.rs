//! Filters by type or by stream. Invariant: prefixes or a regular expression, whichever the client
//! gave; nothing given lets everything pass.

use fancy_regex::Regex;
use tonic::Status;

use crate::{
    limits::{CHECKPOINT_EVENTS, PREFIXES_MAX, REGEX_BYTES_MAX},
    protocol::event_store::client::streams::read_req::options::{
        FilterOptions,
        filter_options::{Expression, Filter as On, Window},
    },
    refusal::invalid,
    source::StreamEvent,
};

enum Subject {
    Type,
    Stream,
}

enum Test {
    Anything,
    Prefixes(Vec<String>),
    Matches(Regex),
}

/// Which events pass, and how often a checkpoint is due.
pub(crate) struct Filter {
    subject: Subject,
    test: Test,
    /// Events looked at between two checkpoints.
    pub(crate) checkpoint_events: u64,
}

impl Filter {
    pub(crate) fn new(options: FilterOptions) -> Result<Filter, Status> {
        let (subject, expression) = match options.filter {
            Some(On::EventType(expression)) => (Subject::Type, expression),
            Some(On::StreamIdentifier(expression)) => (Subject::Stream, expression),
            None => return Err(invalid("expected a filter by event type or by stream, got none")),
        };
        let window = match options.window {
            Some(Window::Max(events)) => u64::from(events.max(1)),
            Some(Window::Count(_)) | None => CHECKPOINT_EVENTS,
        };
        let checkpoint_events =
            window.saturating_mul(u64::from(options.checkpoint_interval_multiplier.max(1)));
        Ok(Filter { subject, test: Test::new(expression)?, checkpoint_events })
    }

    /// Whether the event passes. An expression too hard to decide is an error, not a no.
    pub(crate) fn passes(&self, event: &StreamEvent) -> Result<bool, Status> {
        let text = match self.subject {
            Subject::Type => &event.event_type,
            Subject::Stream => &*event.stream,
        };
        match &self.test {
            Test::Anything => Ok(true),
            Test::Prefixes(prefixes) => Ok(prefixes.iter().any(|prefix| text.starts_with(prefix))),
            Test::Matches(regex) => regex.is_match(text).map_err(|error| {
                invalid(format!("the filter's expression cannot be decided for {text}: {error}"))
            }),
        }
    }
}

impl Test {
    fn new(Expression { regex, prefix }: Expression) -> Result<Test, Status> {
        if prefix.len() > PREFIXES_MAX {
            return Err(invalid(format!(
                "expected at most {PREFIXES_MAX} prefixes, got {}",
                prefix.len()
            )));
        }
        if regex.len() > REGEX_BYTES_MAX {
            return Err(invalid(format!(
                "expected at most {REGEX_BYTES_MAX} bytes of expression, got {}",
                regex.len()
            )));
        }
        match (regex.is_empty(), prefix.is_empty()) {
            (true, true) => Ok(Test::Anything),
            (true, false) => Ok(Test::Prefixes(prefix)),
            (false, _) => Regex::new(&regex).map(Test::Matches).map_err(|error| {
                invalid(format!("expected a regular expression, got {regex:?}: {error}"))
            }),
        }
    }
}
