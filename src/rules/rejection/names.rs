//! The rows of the ledger itself, of clients, deals and staff, and the list of all. Invariant: each
//! variant has a row in `tests/stories`.

use rust_decimal::Decimal;
use sijil_schemas::{
    Position,
    id::{EntityRef, Key},
    money::Currency,
    near::suggestion,
    problem::ProblemKind,
    time::{Date, Timestamp},
};

use super::{later, list};

rejections_of_trade! {
    /// Nothing can be recorded before the ledger is open.
    LedgerNotOpen {}
        => "the ledger is not open yet; record ledger.opened first";
    /// The ledger is opened once.
    LedgerAlreadyOpen { position: Position = "Where it was opened." }
        => "the ledger was opened at position {position}, and is opened once";
    /// The business date lies too far ahead.
    TooFarAhead { at: Timestamp = "The business date.", clock: Timestamp = "The clock." }
        => "expected occurred_at at most 24 hours after the clock ({clock}), got {at}; plans are \
            data, not business dates";
    /// The period is closed.
    PeriodClosed {
        area: &'static str = "The area.", until: Date = "The last closed day.",
        on: Date = "The day of the event.",
    }
        => "the {area} books are closed up to {until}, got an event of {on}; record a reversal \
            with a later date, or reopen the period";
    /// The id is taken.
    AlreadyExists { entity: EntityRef = "The entity.", position: Position = "Where it was opened." }
        => "{entity} exists since position {position}; take another id, or void that event first";
    /// The event names something nobody recorded.
    UnknownReference { entity: EntityRef = "The entity." }
        => "{entity} is not known; record the event that opens it first";
    /// A void is final.
    AlreadyVoided { target: Position = "The target.", void: Position = "Where it was voided." }
        => "the event at position {target} was voided at position {void}";
    /// A void cannot be voided.
    VoidOfVoid { target: Position = "The target." }
        => "the event at position {target} is a void itself; record the voided event again instead";
    /// Other events rest on the target.
    HasDependants {
        target: Position = "The target.", dependants: Vec<Position> = "What rests on it.",
    }
        => "the event at position {target} has dependants at positions {}; void them first or in \
            the same request", list(dependants);
    // Clients, legal entities and the company's own fields.
    /// A legal entity belongs to one client at a time.
    CounterpartyLinkedTwice {
        counterparty: String = "The legal entity.", linked: String = "The client it is linked to.",
        since: Timestamp = "Since when.", position: Position = "Where that link stands.",
        got: String = "The client of the link that does not fit.",
        at: Timestamp = "From when that link would hold.",
    }
        => "expected counterparty {counterparty} to be linked to no client at {at}, but since \
            {since} (position {position}) it is linked to {linked}, got a link to {got}; unlink it \
            by then first, or void the later link and record it again after this one";
    /// Only a link that is there can end.
    CounterpartyNotLinked {
        counterparty: String = "The legal entity.",
        client: String = "The client of the link that should end.",
        linked: String = "What it is linked to.", at: Timestamp = "When the link should end.",
    }
        => "expected counterparty {counterparty} to be linked to {client} at {at}, got a \
            counterparty linked to {linked}; unlink it from the client it is linked to";
    /// A client is merged into one other at a time.
    ClientMergedTwice {
        client: String = "The client.", into: String = "The client it counts for.",
        got: String = "The client of the merge that does not fit.",
        at: Timestamp = "From when that merge would hold.",
    }
        => "expected client {client} to stand on its own at {at}, but it is merged into {into}, \
            got a merge into {got}; record client.unmerged first";
    /// Only a merge that is there can be undone.
    ClientNotMerged {
        client: String = "The client.", at: Timestamp = "When the merge should be undone.",
    }
        => "expected client {client} to be merged into another at {at}, got a client that stands \
            on its own; there is nothing to undo";
    /// Merges form no circle.
    MergeCycle {
        client: String = "The client that would be merged.",
        into: String = "The client it would be merged into.", at: Timestamp = "From when.",
    }
        => "expected a merge of client {client} into one that does not count for it at {at}, got \
            {into}, which does; merge the other way round, or undo that merge first";
    /// One of the company's own fields has a value it does not take.
    FieldValue {
        pointer: String = "The field, as a JSON pointer.",
        field: String = "The definition it does not fit.", expected: String = "What was expected.",
        got: String = "What came.",
    }
        at pointer => "expected {expected} (custom field {field}), got {got:?}";
    /// One of the company's own fields must be there.
    FieldMissing {
        pointer: String = "The field, as a JSON pointer.",
        field: String = "The definition that wants it.",
        entity: &'static str = "The kind of entity.",
    }
        at pointer => "expected a value, since custom field {field} says every {entity} must have \
            one, got none; set it";
    /// A definition of a field that cannot be met, or that another has taken.
    FieldDefinition {
        field: String = "The definition.", expected: String = "What was expected.",
        got: String = "What came.",
    }
        => "custom field {field}: expected {expected}, got {got}";
    /// A contract ends after it begins.
    ContractPeriod { from: Date = "The first day.", to: Date = "The last day." }
        at "/data/valid_to" => "expected a day on or after valid_from ({from}), got {to}";
    /// A limit may be zero, but not less.
    NegativeLimit { pointer: String = "The field, as a JSON pointer.", got: Decimal = "What came." }
        at pointer => "expected 0 or more, got {got}; leave it out for no limit";

    /// An archived client gets nothing new.
    ClientArchived {
        client: String = "The client.", since: Timestamp = "Since when it is archived.",
        position: Position = "Where it was archived.", what: &'static str = "What it would get.",
        at: Timestamp = "When.",
    }
        => "expected a client who is dealt with at {at} for {what}, but {client} is archived since \
            {since} (position {position}); record client.restored first";
    /// A change that changes nothing.
    NothingSaid { fields: &'static str = "What could have been said." }
        => "expected at least one of {fields}, got none; say what changed";
    /// Nothing changes a contract after its end.
    ContractEnded {
        contract: String = "The contract.", ended: Date = "Its last day.",
        on: Date = "The day of the event.", position: Position = "Where that event stands.",
    }
        => "expected an event of contract {contract} up to its last day, {ended}, got one of {on} \
            (position {position}); sign another contract";

    // Pipelines, regulations and deals.
    /// A list in a configuration does not hold together.
    Configuration {
        pointer: String = "The field, as a JSON pointer.",
        expected: &'static str = "What was expected.", got: String = "What came.",
    }
        at pointer => "expected {expected}, got {got}";
    /// The pipeline has no such stage at that date.
    UnknownStage {
        pipeline: String = "The pipeline.", stage: Key = "The stage that came.",
        at: Timestamp = "When it would be entered.", known: String = "The stages there are.",
    }
        => "expected a stage of pipeline {pipeline} as it is in force at {at} ({known}), got \
            {stage}; record pipeline.defined with a date up to then first";
    /// The requirement is not asked at that visit.
    UnknownRequirement {
        deal: String = "The deal.", requirement: Key = "The requirement that came.",
        visit: u32 = "The visit that came.", at: Timestamp = "When.",
        position: Position = "Where that event stands.",
    }
        => "deal {deal}: expected a requirement of a stage it entered up to {at} and the number of \
            that visit, got {requirement} at visit {visit} (position {position}); the regulation \
            in force at the entry lists them";
    /// What changes is not what the event says.
    FromMismatch {
        entity: EntityRef = "The entity.", pointer: &'static str = "The field, as a JSON pointer.",
        current: String = "The current value.", got: String = "The value that came.",
        at: Timestamp = "When.", position: Position = "Where that event stands.",
    }
        at pointer => "expected {current}, the current value of {entity} at {at}, got {got} \
            (position {position})";
    /// A closed deal stays as it is until it is opened again.
    DealClosed {
        deal: String = "The deal.", what: &'static str = "What the event brings.",
        state: &'static str = "How the deal stands.", at: Timestamp = "When.",
        position: Position = "Where that event stands.",
    }
        => "expected an open deal for {what} at {at} (position {position}), got deal {deal}, which \
            is {state} then; record deal.reopened first";
    /// Shares are of the whole.
    SharesMismatch { sum: Decimal = "What they come to." }
        at "/data/shares" => "expected shares that together are 1, got {sum} ({} off)",
            (Decimal::ONE - sum).abs();
    /// A gate of the stage is open.
    OpenGate {
        deal: String = "The deal.", requirements: String = "The requirements that are not met.",
        stage: Key = "The stage they belong to.", visit: u32 = "The visit.",
        at: Timestamp = "When the deal would rise.",
        position: Position = "Where that event stands.",
    }
        => "deal {deal}: expected {requirements} of stage {stage} (visit {visit}) to be fulfilled \
            or waived before {at} (position {position}), got none; record the fulfilment, or \
            deal.requirement_waived";

    /// A quantity or amount must have a direction.
    NotPositive { pointer: String = "The field, as a JSON pointer.", got: Decimal = "What came." }
        at pointer => "expected more than 0, got {got}";
    // Claims, tasks, interactions, staff and marketing.
    /// An event of something's life before it began.
    BeforeOpening {
        entity: EntityRef = "What it is about.", opened: Timestamp = "When it was opened.",
        at: Timestamp = "When the event is said to be.",
    }
        => "{entity} was opened at {opened}; expected events of it from then on, got one of {at}";
    /// A step that its state does not allow, there or at a later step already recorded.
    IllegalTransition {
        entity: EntityRef = "What it is about.", from: &'static str = "Where it stands then.",
        to: &'static str = "Where the step leads.", at: Timestamp = "The moment of the step.",
        position: Position = "The position of the step: the new one, or one that is recorded \
            already and would become illegal.",
    }
        => "{entity} is {from} at {at}; expected a step that may follow, got {to} (position \
            {position})";
    /// An interaction takes place once.
    InteractionRecordedTwice {
        entity: EntityRef = "The interaction.", position: Position = "Where it was recorded.",
    }
        => "{entity} was recorded at position {position}; void that record first, or take another \
            id";
    /// Two employees above each other.
    ManagerCycle {
        employee: EntityRef = "The employee.",
        chain: String = "From the employee up to the employee again.",
        at: Timestamp = "When it would be so.",
    }
        => "{employee} would be under themself at {at} ({chain}); expected a manager who is not \
            below";
    /// One employee in two places of a pair.
    SameEmployee {
        pointer: &'static str = "The field, as a JSON pointer.",
        employee: EntityRef = "The employee.",
    }
        at pointer => "expected somebody other than {employee}";
    /// Two deputies for one absent employee at one time.
    SubstitutionOverlap {
        absent: EntityRef = "Who is away.", other: EntityRef = "The other term.",
        from: Timestamp = "When it begins.", until: Timestamp = "When it ends.",
    }
        => "{absent} has a deputy by {other} from {from} until {until}; end that term first";
    /// Somebody is away twice on one day.
    AbsenceOverlap {
        employee: EntityRef = "Who is away.", other: EntityRef = "The other absence.",
        from: Date = "Its first day.", to: Date = "Its last day.",
    }
        => "{employee} is away by {other} from {from} to {to}; expected days outside that, or void \
            it first";
    /// Who left gets nothing new.
    EmployeeDismissed {
        pointer: &'static str = "The field, as a JSON pointer.", employee: EntityRef = "Who left.",
        at: Timestamp = "When.", position: Position = "Where that is recorded.",
    }
        at pointer => "expected somebody who works for the company then, got {employee}, dismissed \
            at {at} (position {position}); name somebody else";
    /// No warranty covers the day of a job.
    OutOfWarranty {
        by: EntityRef = "The warranty, or the shipment it came with.",
        from: Date = "Its first day.", end: Date = "The first day after it.",
        on: Date = "The day of the job.",
    }
        at "/data/in_warranty" => "expected a day from {from} and before {end}, the term of {by}, \
            got {on}; say in_warranty false, or name the warranty that covers it";
    /// A last day before the first.
    DaysOutOfOrder {
        pointer: &'static str = "The field with the last day, as a JSON pointer.",
        first: Date = "The first day.", last: Date = "The last day.",
    }
        at pointer => "expected a day not before {first}, got {last}";
    /// A measure nobody computes.
    UnknownMetric {
        pointer: &'static str = "The field, as a JSON pointer.", got: String = "What came.",
        known: String = "What there is.",
    }
        at pointer => "expected one of {known}, got {got}; define a measure of your own with \
            kpi.defined";
    /// A measure counted in a unit it does not have.
    WrongMetricUnit {
        metric: &'static str = "The metric.", expected: &'static str = "The units it has.",
        got: String = "What came.",
    }
        at "/data/unit" => "{metric} is counted in {expected}, got {got}";
    /// A segment's question that has no answer.
    InvalidCriteria {
        pointer: String = "The field, as a JSON pointer.", expected: String = "What was expected.",
        got: String = "What came.",
    }
        at pointer => "expected {expected}, got {got}";
    /// One object with two classes.
    ClassifiedTwice { object: EntityRef = "The object." }
        at "/data/result" => "expected each object once, got {object} twice";
    /// A price without what makes it one.
    PriceIncomplete { pointer: &'static str = "The field that is missing, as a JSON pointer." }
        at pointer => "expected an item, a value and a currency with a price, got none here; say \
            it";
    /// A closed survey asks and takes nothing.
    SurveyClosed {
        survey: String = "The survey.", closed: String = "When it was closed, or its last day.",
        at: Timestamp = "When the event is said to be.",
        position: Position = "Where that event stands.",
    }
        => "expected an event of survey {survey} before it was closed ({closed}), got one of {at} \
            (position {position}); publish another survey";
    /// An answer that the question does not take.
    AnswerNotTaken {
        pointer: String = "The field, as a JSON pointer.", expected: String = "What was expected.",
        got: String = "What came.",
    }
        at pointer => "expected {expected}, got {got}";
    /// A position that the log does not have yet.
    KnownAtBeyondHead { known_at: u64 = "What came.", head: u64 = "The last position." }
        at "/data/known_at" => "expected a position up to {head}, got {known_at}";
    /// Nobody says where such a thing came from.
    AttributionSubject { subject: EntityRef = "The subject." }
        at "/data/subject" => "expected a client, interaction, deal, order or claim, got {subject}";
    // Access.
    /// Who may do what is said for now, never for an earlier time.
    AccessNotBackdated { at: Timestamp = "The business date.", clock: Timestamp = "The clock." }
        => "expected occurred_at at most 24 hours before the clock ({clock}), since access counts \
            from when it is recorded, got {at}; give the present time";
    /// What gave or took access stays.
    AccessNotVoidable {
        target: Position = "The target.", event_type: &'static str = "What it is.",
    }
        => "expected an event that can be voided, got {event_type} at position {target}, which \
            counted from there on; revoke, suspend or define anew instead";
    /// A role that ships has its rights from the release.
    RoleShips { role: String = "The role." }
        at "/data/role" => "expected a name that no role of the release has, got {role}, which \
            ships; define one of another name";
    /// A role that nobody defined.
    UnknownRole { got: String = "What came.", known: Vec<String> = "The roles there are." }
        at "/data/role" => "expected a role that ships or is defined, got {got}{}; record \
            role.defined first", suggestion(got, known.iter().map(String::as_str));
    /// Two users of one employee.
    EmployeeHasUser {
        employee: EntityRef = "The employee.", user: EntityRef = "The user the employee is.",
    }
        at "/data/employee" => "expected an employee who is no user yet, got {employee}, who is \
            {user}; give that user the permissions";
    /// The name under which an account would act is not its own alone.
    ActorNotOwn {
        pointer: &'static str = "The field, as a JSON pointer.", got: String = "The id as it came.",
    }
        at pointer => "expected an id under which nobody else acts: of a user at most 59 bytes, of \
            an integration 56, and no employee who is named local, anonymous, import or like an \
            account, got {got}; take another id";
    /// A suspended user gets nothing to act with.
    UserSuspended {
        pointer: &'static str = "The field, as a JSON pointer.", user: EntityRef = "The user.",
        since: Position = "The record that suspended the user.",
    }
        at pointer => "expected a user who is not suspended, got {user}, suspended at position \
            {since}; record user.resumed first, or name another user";
    /// A grant over before it begins.
    GrantSpan { from: Timestamp = "From when.", until: Timestamp = "Up to when." }
        at "/data/until" => "expected a moment after from ({from}), got {until}; leave until out \
            for a grant that ends when it is revoked";
    /// A key must end, and not before it begins.
    KeyExpiry {
        first: Date = "The clock's day.", last: Date = "The last day there may be.",
        got: Date = "What came.",
    }
        at "/data/expires_on" => "expected a day from {first} to {last}, got {got}; issue a new \
            key in place of this one before it ends";
    /// A key in place of one that it cannot follow.
    KeyReplaces {
        pointer: &'static str = "The field, as a JSON pointer.",
        expected: &'static str = "What was expected.", got: String = "What came.",
    }
        at pointer => "expected {expected}, got {got}; issue a key that replaces none instead";
    /// Somebody always holds everything.
    LastKeyholder {
        user: EntityRef = "The user.", grant: EntityRef = "The grant of that user.",
    }
        => "expected another user who is keyholder, without a scope and now, got {user} with \
            {grant} alone; grant keyholder to another user first";
    /// A record cannot tell of what is recorded later.
    PositionAhead {
        pointer: &'static str = "The field, as a JSON pointer.", got: u64 = "What came.",
        head: u64 = "The last position there is.",
    }
        at pointer => "expected a position up to {head}, the last there is, got {got}; name one \
            that is recorded";
    /// A value is erased once.
    PartErased {
        position: Position = "The record.", part: u8 = "Its personal part.",
        by: Position = "Where it was erased.",
    }
        at "/data/parts" => "expected parts that nobody erased yet, got [{position}, {part}], \
            erased at position {by}; leave it out";
    /// Values that must stay are not erased.
    ErasureOnHold {
        subject: EntityRef = "Whose values they are.", hold: EntityRef = "The hold.",
        placed: Position = "Where it was placed.",
    }
        at "/data/subject" => "expected somebody whose values are not held, got {subject}, held by \
            {hold} since position {placed}; record hold.lifted first";
    /// Nobody records events of a module where it is disabled.
    ModuleDisabled {
        module: &'static str = "The module.", actor: String = "Who acts.",
        department: String = "Of which department, in words; empty if of none.",
        by: Position = "Where it was disabled.",
    }
        => "expected an event of a module that {actor}{department} works with, got one of \
            {module}, disabled at position {by}; record module.enabled first";
    /// Of somebody whose values were erased no new ones are taken.
    SubjectErased {
        pointer: String = "The field, as a JSON pointer.", subject: EntityRef = "Whose values.",
        by: Position = "Where they were erased.",
    }
        at pointer => "expected no value about {subject}, whose values were erased at position \
            {by}; leave it out, or record it of a new id";
}
