//! A read request understood. Invariant: everything after this is free of wire types and of missing
//! fields.

use tonic::Status;

use crate::{
    filter::Filter,
    protocol::event_store::client::streams::{
        ReadReq,
        read_req::{
            Options,
            options::{
                self, CountOption, FilterOption, StreamOption, all_options::AllOption,
                stream_options::RevisionOption, uuid_option,
            },
        },
    },
    refusal::invalid,
    source::{Direction, Place},
};

/// Where to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    First,
    Last,
    At(u64),
}

/// How much is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    Events(u64),
    Live,
}

/// What a client wants to read.
pub(crate) struct Plan {
    pub(crate) place: Place,
    pub(crate) start: Start,
    pub(crate) direction: Direction,
    pub(crate) extent: Extent,
    pub(crate) filter: Option<Filter>,
    /// Ids as two numbers, not as text.
    pub(crate) structured_ids: bool,
    /// Whether the client knows messages about first and last positions.
    pub(crate) bounds: bool,
}

impl Plan {
    pub(crate) fn new(request: ReadReq) -> Result<Plan, Status> {
        let options = request.options.ok_or_else(|| invalid("expected options, got none"))?;
        let (place, start) = place(&options)?;
        let direction = match options.read_direction {
            0 => Direction::Forwards,
            1 => Direction::Backwards,
            other => return Err(invalid(format!("expected read direction 0 or 1, got {other}"))),
        };
        let extent = match options.count_option {
            Some(CountOption::Count(events)) => Extent::Events(events),
            Some(CountOption::Subscription(_)) if direction == Direction::Backwards => {
                return Err(invalid("expected a subscription forwards, got backwards"));
            }
            Some(CountOption::Subscription(_)) => Extent::Live,
            None => return Err(invalid("expected a count or a subscription, got neither")),
        };
        let filter = match options.filter_option {
            Some(FilterOption::Filter(_)) if place != Place::All => {
                return Err(invalid("expected a filter on $all alone, got one on a stream"));
            }
            Some(FilterOption::Filter(filter)) => Some(Filter::new(filter)?),
            Some(FilterOption::NoFilter(_)) | None => None,
        };
        let structured_ids = matches!(
            options.uuid_option.and_then(|o| o.content),
            Some(uuid_option::Content::Structured(_))
        );
        let bounds = options.control_option.is_some_and(|control| control.compatibility >= 1);
        Ok(Plan { place, start, direction, extent, filter, structured_ids, bounds })
    }
}

fn place(options: &Options) -> Result<(Place, Start), Status> {
    match options.stream_option.as_ref() {
        Some(StreamOption::Stream(stream)) => {
            let name = stream
                .stream_identifier
                .as_ref()
                .ok_or_else(|| invalid("expected the name of a stream, got none"))?;
            let name = std::str::from_utf8(&name.stream_name)
                .map_err(|_| invalid("expected the name of a stream in UTF-8"))?;
            let start = match stream.revision_option {
                Some(RevisionOption::Revision(revision)) => Start::At(revision),
                Some(RevisionOption::Start(_)) => Start::First,
                Some(RevisionOption::End(_)) => Start::Last,
                None => return Err(invalid("expected a revision, start or end, got none")),
            };
            Ok((Place::Stream(name.to_owned()), start))
        }
        Some(StreamOption::All(all)) => {
            let start = match &all.all_option {
                Some(AllOption::Position(options::Position { commit_position, .. })) => {
                    Start::At(*commit_position)
                }
                Some(AllOption::Start(_)) => Start::First,
                Some(AllOption::End(_)) => Start::Last,
                None => return Err(invalid("expected a position, start or end, got none")),
            };
            Ok((Place::All, start))
        }
        None => Err(invalid("expected a stream or $all, got neither")),
    }
}
