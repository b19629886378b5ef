//! The names of every no. Invariant: each variant has one name, which is also its problem page, and a row in `tests/stories`.

use rust_decimal::Decimal;
use sijil_schemas::{
    Position,
    id::EntityRef,
    time::{Date, Timestamp},
};

macro_rules! rejections {
    ($($(#[$doc:meta])* $variant:ident { $($(#[$field_doc:meta])* $field:ident : $ty:ty),* $(,)? } $name:literal $message:literal $(, $arg:expr)?;)*) => {
        /// Why the rules do not let an event follow the history.
        #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
        pub enum Rejection {
            $($(#[$doc])* #[error($message $(, $arg)?)] $variant { $($(#[$field_doc])* $field: $ty),* },)*
        }
        impl Rejection {
            /// Every name, for the documentation.
            pub const NAMES: &[&str] = &[$($name,)*];
            /// The rejection's name, which is also its problem page.
            #[must_use]
            pub const fn name(&self) -> &'static str {
                match self { $(Rejection::$variant { .. } => $name,)* }
            }
        }
    };
}

impl Rejection {
    /// The same rejection with the places of the book it names turned into positions of the log.
    #[must_use]
    pub fn with_positions(mut self, position_of: impl Fn(Position) -> Position) -> Rejection {
        match &mut self {
            Rejection::LedgerAlreadyOpen { position } | Rejection::AlreadyExists { position, .. } => *position = position_of(*position),
            Rejection::VoidOfVoid { target } => *target = position_of(*target),
            Rejection::AlreadyVoided { target, void } => (*target, *void) = (position_of(*target), position_of(*void)),
            Rejection::HasDependants { target, dependants } => {
                *target = position_of(*target);
                dependants.iter_mut().for_each(|p| *p = position_of(*p));
            }
            _ => (),
        }
        self
    }
}

fn list(positions: &[Position]) -> String {
    let shown: Vec<String> = positions.iter().take(20).map(ToString::to_string).collect();
    if positions.len() > 20 { format!("{} and {} more", shown.join(", "), positions.len() - 20) } else { shown.join(", ") }
}

rejections! {
    /// Nothing can be recorded before the ledger is open.
    LedgerNotOpen {} "ledger_not_open" "the ledger is not open yet; record ledger.opened first";
    /// The ledger is opened once.
    LedgerAlreadyOpen {
        /// Where it was opened.
        position: Position
    } "ledger_already_open" "the ledger was opened at position {position}, and is opened once";
    /// The business date lies too far ahead.
    TooFarAhead {
        /// The business date.
        at: Timestamp,
        /// The clock.
        clock: Timestamp
    } "too_far_ahead" "expected occurred_at at most 24 hours after the clock ({clock}), got {at}; plans are data, not business dates";
    /// The period is closed.
    PeriodClosed {
        /// The area.
        area: &'static str,
        /// The last closed day.
        until: Date,
        /// The day of the event.
        on: Date
    } "period_closed" "the {area} books are closed up to {until}, got an event of {on}; record a reversal with a later date, or reopen the period";
    /// The id is taken.
    AlreadyExists {
        /// The entity.
        entity: EntityRef,
        /// Where it was opened.
        position: Position
    } "already_exists" "{entity} exists since position {position}; take another id, or void that event first";
    /// The event names something nobody recorded.
    UnknownReference {
        /// The entity.
        entity: EntityRef
    } "unknown_reference" "{entity} is not known; record the event that opens it first";
    /// A void is final.
    AlreadyVoided {
        /// The target.
        target: Position,
        /// Where it was voided.
        void: Position
    } "already_voided" "the event at position {target} was voided at position {void}";
    /// A void cannot be voided.
    VoidOfVoid {
        /// The target.
        target: Position
    } "void_of_void" "the event at position {target} is a void itself; record the voided event again instead";
    /// Other events rest on the target.
    HasDependants {
        /// The target.
        target: Position,
        /// What rests on it.
        dependants: Vec<Position>
    } "has_dependants" "the event at position {target} has dependants at positions {}; void them first or in the same request", list(dependants);
    /// A quantity or amount must have a direction.
    NotPositive {
        /// The field, as a JSON pointer.
        pointer: String,
        /// What came.
        got: Decimal
    } "not_positive" "{pointer}: expected more than 0, got {got}";
}
