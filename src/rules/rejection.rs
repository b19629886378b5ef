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
    // Clients, legal entities and the company's own fields.
    /// A legal entity belongs to one client at a time.
    CounterpartyLinkedTwice {
        /// The legal entity.
        counterparty: String,
        /// The client it is linked to.
        linked: String,
        /// Since when.
        since: Timestamp,
        /// Where that link stands.
        position: Position,
        /// The client of the link that does not fit.
        got: String,
        /// From when that link would hold.
        at: Timestamp
    } "counterparty_linked_twice" "expected counterparty {counterparty} to be linked to no client at {at}, but since {since} (position {position}) it is linked to {linked}, got a link to {got}; record counterparty.unlinked with a date up to then first";
    /// Only a link that is there can end.
    CounterpartyNotLinked {
        /// The legal entity.
        counterparty: String,
        /// The client of the link that should end.
        client: String,
        /// What it is linked to.
        linked: String,
        /// When the link should end.
        at: Timestamp
    } "counterparty_not_linked" "expected counterparty {counterparty} to be linked to {client} at {at}, got a counterparty linked to {linked}; unlink it from the client it is linked to";
    /// A client is merged into one other at a time.
    ClientMergedTwice {
        /// The client.
        client: String,
        /// The client it counts for.
        into: String,
        /// The client of the merge that does not fit.
        got: String,
        /// From when that merge would hold.
        at: Timestamp
    } "client_merged_twice" "expected client {client} to stand on its own at {at}, but it is merged into {into}, got a merge into {got}; record client.unmerged first";
    /// Only a merge that is there can be undone.
    ClientNotMerged {
        /// The client.
        client: String,
        /// When the merge should be undone.
        at: Timestamp
    } "client_not_merged" "expected client {client} to be merged into another at {at}, got a client that stands on its own; there is nothing to undo";
    /// Merges form no circle.
    MergeCycle {
        /// The client that would be merged.
        client: String,
        /// The client it would be merged into.
        into: String,
        /// From when.
        at: Timestamp
    } "merge_cycle" "expected a merge of client {client} into one that does not count for it at {at}, got {into}, which does; merge the other way round, or undo that merge first";
    /// One of the company's own fields has a value it does not take.
    FieldValue {
        /// The field, as a JSON pointer.
        pointer: String,
        /// The definition it does not fit.
        field: String,
        /// What was expected.
        expected: String,
        /// What came.
        got: String
    } "field_value" "{pointer}: expected {expected} (custom field {field}), got {got:?}";
    /// One of the company's own fields must be there.
    FieldMissing {
        /// The field, as a JSON pointer.
        pointer: String,
        /// The definition that wants it.
        field: String,
        /// The kind of entity.
        entity: &'static str
    } "field_missing" "{pointer}: expected a value, since custom field {field} says every {entity} must have one, got none; set it";
    /// A definition of a field that cannot be met, or that another has taken.
    FieldDefinition {
        /// The definition.
        field: String,
        /// What was expected.
        expected: String,
        /// What came.
        got: String
    } "field_definition" "custom field {field}: expected {expected}, got {got}";
    /// A contract ends after it begins.
    ContractPeriod {
        /// The first day.
        from: Date,
        /// The last day.
        to: Date
    } "contract_period" "/data/valid_to: expected a day on or after valid_from ({from}), got {to}";
    /// A limit may be zero, but not less.
    NegativeLimit {
        /// The field, as a JSON pointer.
        pointer: String,
        /// What came.
        got: Decimal
    } "negative_limit" "{pointer}: expected 0 or more, got {got}; leave it out for no limit";

    /// A quantity or amount must have a direction.
    NotPositive {
        /// The field, as a JSON pointer.
        pointer: String,
        /// What came.
        got: Decimal
    } "not_positive" "{pointer}: expected more than 0, got {got}";
    // Claims, tasks, interactions, staff and marketing.
    /// An event of something's life before it began.
    BeforeOpening {
        /// What it is about.
        entity: EntityRef,
        /// When it was opened.
        opened: Timestamp,
        /// When the event is said to be.
        at: Timestamp
    } "before_opening" "{entity} was opened at {opened}; expected events of it from then on, got one of {at}";
    /// A step that its state does not allow, there or at a later step already recorded.
    IllegalTransition {
        /// What it is about.
        entity: EntityRef,
        /// Where it stands then.
        from: &'static str,
        /// Where the step leads.
        to: &'static str,
        /// The moment of the step.
        at: Timestamp,
        /// The position of the step: the new one, or one that is recorded already and would become illegal.
        position: Position
    } "illegal_transition" "{entity} is {from} at {at}; expected a step that may follow, got {to} (position {position})";
    /// An interaction takes place once.
    InteractionRecordedTwice {
        /// The interaction.
        entity: EntityRef,
        /// Where it was recorded.
        position: Position
    } "interaction_recorded_twice" "{entity} was recorded at position {position}; void that record first, or take another id";
    /// Work is handed over by whoever has it.
    NotTheOwner {
        /// The work.
        entity: EntityRef,
        /// Who has it then.
        owner: String,
        /// Who was said to have it.
        from: String,
        /// The moment.
        at: Timestamp
    } "not_the_owner" "{entity} belongs to {owner} at {at}, got from {from}; hand it over from {owner}";
    /// Two employees above each other.
    ManagerCycle {
        /// The employee.
        employee: EntityRef,
        /// From the employee up to the employee again.
        chain: String,
        /// When it would be so.
        at: Timestamp
    } "manager_cycle" "{employee} would be under themself at {at} ({chain}); expected a manager who is not below";
    /// One employee in two places of a pair.
    SameEmployee {
        /// The field, as a JSON pointer.
        pointer: &'static str,
        /// The employee.
        employee: EntityRef
    } "same_employee" "{pointer}: expected somebody other than {employee}";
    /// Two deputies for one absent employee at one time.
    SubstitutionOverlap {
        /// Who is away.
        absent: EntityRef,
        /// The other term.
        other: EntityRef,
        /// When it begins.
        from: Timestamp,
        /// When it ends.
        until: Timestamp
    } "substitution_overlap" "{absent} has a deputy by {other} from {from} until {until}; end that term first";
    /// A last day before the first.
    DaysOutOfOrder {
        /// The field with the last day, as a JSON pointer.
        pointer: &'static str,
        /// The first day.
        first: Date,
        /// The last day.
        last: Date
    } "days_out_of_order" "{pointer}: expected a day not before {first}, got {last}";
    /// A measure nobody computes.
    UnknownMetric {
        /// The field, as a JSON pointer.
        pointer: &'static str,
        /// What came.
        got: String,
        /// What there is.
        known: String
    } "unknown_metric" "{pointer}: expected one of {known}, got {got}; define a measure of your own with kpi.defined";
    /// A measure counted in a unit it does not have.
    WrongMetricUnit {
        /// The metric.
        metric: &'static str,
        /// The units it has.
        expected: &'static str,
        /// What came.
        got: String
    } "wrong_metric_unit" "/data/unit: {metric} is counted in {expected}, got {got}";
    /// A segment's question that has no answer.
    InvalidCriteria {
        /// The field, as a JSON pointer.
        pointer: String,
        /// What was expected.
        expected: String,
        /// What came.
        got: String
    } "invalid_criteria" "{pointer}: expected {expected}, got {got}";
    /// One object with two classes.
    ClassifiedTwice {
        /// The object.
        object: EntityRef
    } "classified_twice" "/data/result: expected each object once, got {object} twice";
    /// A position that the log does not have yet.
    KnownAtBeyondHead {
        /// What came.
        known_at: u64,
        /// The last position.
        head: Position
    } "known_at_beyond_head" "/data/known_at: expected a position up to {head}, got {known_at}";
    /// Nobody says where such a thing came from.
    AttributionSubject {
        /// The subject.
        subject: EntityRef
    } "attribution_subject" "/data/subject: expected a client, interaction, deal, order or claim, got {subject}";
}
