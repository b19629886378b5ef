//! The names of every no. Invariant: each variant has one name, which is also its problem page, and a row in `tests/stories`.

use rust_decimal::Decimal;
use sijil_schemas::{
    Position,
    id::EntityRef,
    time::{Date, Timestamp},
};

macro_rules! rejections {
    ($($(#[$doc:meta])* $variant:ident { $($(#[$field_doc:meta])* $field:ident : $ty:ty),* $(,)? } $name:literal $message:literal $(, $arg:expr)*;)*) => {
        /// Why the rules do not let an event follow the history.
        #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
        pub enum Rejection {
            $($(#[$doc])* #[error($message $(, $arg)*)] $variant { $($(#[$field_doc])* $field: $ty),* },)*
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
    /// The JSON pointer of the field it is about, if it is about one: its message then begins with it.
    #[must_use]
    pub fn pointer(&self) -> Option<String> {
        let text = self.to_string();
        text.split_once(": ").map(|(pointer, _)| pointer.to_owned()).filter(|pointer| pointer.starts_with('/'))
    }
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
            Rejection::IssueAboveOnHand { position, .. } | Rejection::ReleaseAboveRemainder { position, .. } | Rejection::CostBelowZero { position, .. } => {
                *position = position.map(&position_of);
            }
            _ => (),
        }
        self
    }
}

fn later(position: Option<Position>) -> String {
    position.map_or_else(String::new, |p| format!(", since the event at position {p} needs the rest"))
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
    } "counterparty_linked_twice" "expected counterparty {counterparty} to be linked to no client at {at}, but since {since} (position {position}) it is linked to {linked}, got a link to {got}; unlink it by then first, or void the later link and record it again after this one";
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

    // Pipelines, regulations and deals.
    /// A list in a configuration does not hold together.
    Configuration {
        /// The field, as a JSON pointer.
        pointer: String,
        /// What was expected.
        expected: &'static str,
        /// What came.
        got: String
    } "configuration" "{pointer}: expected {expected}, got {got}";
    /// The pipeline has no such stage at that date.
    UnknownStage {
        /// The pipeline.
        pipeline: String,
        /// The stage that came.
        stage: sijil_schemas::id::Key,
        /// When it would be entered.
        at: Timestamp,
        /// The stages there are.
        known: String
    } "unknown_stage" "expected a stage of pipeline {pipeline} as it is in force at {at} ({known}), got {stage}; record pipeline.defined with a date up to then first";
    /// The requirement is not asked at that visit.
    UnknownRequirement {
        /// The deal.
        deal: String,
        /// The requirement that came.
        requirement: sijil_schemas::id::Key,
        /// The visit that came.
        visit: u32,
        /// When.
        at: Timestamp,
        /// Where that event stands.
        position: Position
    } "unknown_requirement" "deal {deal}: expected a requirement of a stage it entered up to {at} and the number of that visit, got {requirement} at visit {visit} (position {position}); the regulation in force at the entry lists them";
    /// What changes is not what the event says.
    FromMismatch {
        /// The entity.
        entity: EntityRef,
        /// The field, as a JSON pointer.
        pointer: &'static str,
        /// The current value.
        current: String,
        /// The value that came.
        got: String,
        /// When.
        at: Timestamp,
        /// Where that event stands.
        position: Position
    } "from_mismatch" "{pointer}: expected {current}, the current value of {entity} at {at}, got {got} (position {position})";
    /// A closed deal stays as it is until it is opened again.
    DealClosed {
        /// The deal.
        deal: String,
        /// What the event brings.
        what: &'static str,
        /// How the deal stands.
        state: &'static str,
        /// When.
        at: Timestamp,
        /// Where that event stands.
        position: Position
    } "deal_closed" "expected an open deal for {what} at {at} (position {position}), got deal {deal}, which is {state} then; record deal.reopened first";
    /// A gate of the stage is open.
    OpenGate {
        /// The deal.
        deal: String,
        /// The requirements that are not met.
        requirements: String,
        /// The stage they belong to.
        stage: sijil_schemas::id::Key,
        /// The visit.
        visit: u32,
        /// When the deal would rise.
        at: Timestamp,
        /// Where that event stands.
        position: Position
    } "open_gate" "deal {deal}: expected {requirements} of stage {stage} (visit {visit}) to be fulfilled or waived before {at} (position {position}), got none; record the fulfilment, or deal.requirement_waived";

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
    // Trade and money.
    /// More of a payment is put somewhere than it holds.
    AllocationExceedsRemainder {
        /// The payment.
        payment: EntityRef,
        /// What is free of it.
        remainder: Decimal,
        /// What was to be taken.
        amount: Decimal,
        /// When.
        on: Timestamp
    } "allocation_exceeds_remainder" "{payment} has {remainder} free on {on}, got an allocation of {amount} ({} too much); allocate less, or take back another allocation first", amount - remainder;
    /// More is put against a document than is open.
    PaymentExceedsOpenAmount {
        /// The invoice or bill.
        document: EntityRef,
        /// What is open.
        open: Decimal,
        /// What was to be paid.
        paid: Decimal,
        /// When.
        on: Timestamp
    } "payment_exceeds_open_amount" "{document} has {open} open on {on}, got an allocation of {paid} ({} too much); leave the rest free as an advance", paid - open;
    /// More is given up than is open.
    WriteOffExceedsOpenAmount {
        /// The invoice.
        invoice: EntityRef,
        /// What is open.
        open: Decimal,
        /// What was to be given up.
        amount: Decimal,
        /// When.
        on: Timestamp
    } "write_off_exceeds_open_amount" "{invoice} has {open} open on {on}, got a write-off of {amount} ({} too much); write off what is open", amount - open;
    /// More is credited than the document or its line has left.
    CreditExceedsDocument {
        /// The invoice or bill.
        document: EntityRef,
        /// The line, after a space; empty for the total.
        line: String,
        /// What can still be credited.
        left: Decimal,
        /// What was to be credited.
        amount: Decimal,
        /// When.
        on: Timestamp
    } "credit_exceeds_document" "{document}{line} has {left} left to credit on {on}, got {amount} ({} too much); credit less", amount - left;
    /// More is taken from an invoice than the payment has there.
    UnallocationExceedsAllocation {
        /// The invoice.
        document: EntityRef,
        /// What the payment has there.
        allocated: Decimal,
        /// What was to be taken back.
        amount: Decimal,
        /// When.
        on: Timestamp
    } "unallocation_exceeds_allocation" "the payment has {allocated} on {document} on {on}, got {amount} to take back; take back what is there";
    /// More is paid back than is free.
    RefundExceedsRemainder {
        /// The payment.
        payment: EntityRef,
        /// What is free of it.
        remainder: Decimal,
        /// What was to be paid back.
        amount: Decimal,
        /// When.
        on: Timestamp
    } "refund_exceeds_remainder" "{payment} has {remainder} free on {on}, got a refund of {amount}; take back an allocation first, or refund less";
    /// Two amounts are of different currencies.
    OtherCurrency {
        /// Which amount.
        what: &'static str,
        /// The currency wanted.
        expected: sijil_schemas::money::Currency,
        /// The currency that came.
        got: sijil_schemas::money::Currency
    } "other_currency" "{what}: expected {expected}, got {got}; different currencies are never added: exchange the money first";
    /// Payment and document are of different parties.
    OtherCounterparty {
        /// Whose document it is.
        expected: String,
        /// Whose payment it is.
        got: String
    } "other_counterparty" "expected a payment of {expected}, got one of {got}; a payment settles only its own party's documents";
    /// A payment of the other direction.
    WrongDirection {
        /// The payment.
        payment: EntityRef,
        /// The direction wanted.
        expected: &'static str,
        /// The direction that came.
        got: &'static str
    } "wrong_direction" "expected a payment {expected}, but {payment} was {got}; use the events of its own direction";
    /// The total is not the sum of the lines.
    TotalMismatch {
        /// The sum of the lines' net and tax.
        expected: Decimal,
        /// The total that came.
        got: Decimal,
        /// Total less lines.
        difference: Decimal
    } "total_mismatch" "/data/total: expected the lines' net and tax together, {expected}, got {got}, a difference of {difference}; correct the lines or the total";
    /// The instalments are not the total.
    InstalmentsMismatch {
        /// The total.
        expected: Decimal,
        /// The sum of the instalments.
        got: Decimal,
        /// Instalments less total.
        difference: Decimal
    } "instalments_mismatch" "/data/instalments: expected them to sum to the total, {expected}, got {got}, a difference of {difference}; correct the instalments";
    /// When the document is due is not clear.
    DueUnclear {
        /// What came: both, or neither.
        got: &'static str
    } "due_unclear" "expected either due_on or instalments, got {got}; say it one way";
    /// The purposes are not the payment.
    PurposesMismatch {
        /// The payment.
        expected: Decimal,
        /// The sum of the purposes.
        got: Decimal,
        /// Purposes less payment.
        difference: Decimal
    } "purposes_mismatch" "/data/purpose_lines: expected them to sum to the payment, {expected}, got {got}, a difference of {difference}; correct the purposes";
    /// A line's key comes twice.
    DuplicateLine {
        /// The line.
        line: String
    } "duplicate_line" "/data/lines: expected each line once, got line {line} twice; give each line a key of its own";
    /// A line the document does not have.
    UnknownLine {
        /// The document.
        document: EntityRef,
        /// The line.
        line: String
    } "unknown_line" "{document} has no line {line} about that item; name one of its lines";
    /// More is sent than was ordered.
    ShipmentExceedsOrder {
        /// The order.
        order: EntityRef,
        /// The line or item.
        what: String,
        /// What was ordered.
        ordered: Decimal,
        /// What would be sent in all.
        would: Decimal,
        /// When.
        on: Timestamp
    } "shipment_exceeds_order" "{order}, {what}: expected at most {ordered} sent in all, got {would} on {on} ({} too much); place another order for the rest", would - ordered;
    /// More comes back than was sent.
    ReturnExceedsShipment {
        /// The shipment.
        shipment: EntityRef,
        /// The item.
        item: String,
        /// What is still with the client.
        left: Decimal,
        /// What was to come back.
        qty: Decimal,
        /// When.
        on: Timestamp
    } "return_exceeds_shipment" "{shipment}, item {item}: expected at most {left} to come back on {on}, got {qty}; name the shipment the rest was sent with";
    /// A line of a bank statement has its payment.
    AlreadyMatched {
        /// The line.
        statement_line: String,
        /// The payment it is matched to.
        matched: String,
        /// The payment that came.
        payment: String
    } "already_matched" "statement line {statement_line} is matched to payment {matched}, got payment {payment}; void that match first";
    /// A line of another bank account's statement.
    OtherBankAccount {
        /// The line.
        statement_line: String,
        /// Whose statement it is of.
        expected: String,
        /// Where the payment is.
        got: String
    } "other_bank_account" "statement line {statement_line} is of bank account {expected}, got a payment on {got}; match it to a payment of its own account";
    /// A transfer to where the money is.
    SameBankAccount {
        /// The bank account.
        bank_account: String
    } "same_bank_account" "expected two bank accounts, got {bank_account} twice; name another account";
    /// A reopening of what is not closed.
    NothingClosed {
        /// The area.
        area: &'static str
    } "nothing_closed" "the {area} books are not closed, so there is nothing to reopen; reopen the area that is closed";
    /// A limit would be passed.
    LimitPassed {
        /// The limit.
        limit: String,
        /// How much is allowed.
        most: Decimal,
        /// How much is used.
        used: Decimal,
        /// How much was asked for.
        asked: Decimal
    } "limit_passed" "limit {limit} allows {most} and has {used} used, got {asked} more ({} too much); ask for less, or raise the limit", used + asked - most;
    /// An account outside the five roots.
    AccountPath {
        /// The path.
        got: String
    } "account_path" "expected a path under assets/, liabilities/, equity/, income/ or expenses/, got {got:?}; choose one";
    /// A unit the account does not take.
    AccountUnit {
        /// The account.
        account: String,
        /// The unit it takes.
        expected: String,
        /// The unit that came.
        got: String
    } "account_unit" "account {account} takes {expected}, got {got}; use an account of that unit";
    /// An entry that does not balance.
    Unbalanced {
        /// The unit.
        unit: String,
        /// The sum of its legs.
        sum: Decimal
    } "unbalanced" "expected the legs of {unit} to sum to 0, got {sum}; correct the legs";
    /// An entry without legs.
    NoPostings {} "no_postings" "expected at least one posting, got none; an entry says what moves where";

    // Items, goods and their value.
    /// An amount or quantity that may be zero, but not less.
    BelowZero {
        /// The field, as a JSON pointer.
        pointer: String,
        /// What came.
        got: Decimal
    } "below_zero" "{pointer}: expected 0 or more, got {got}";
    /// Services are not stocked.
    ServiceNotStocked {
        /// The item.
        item: String
    } "service_not_stocked" "expected goods, got item {item}, which is a service; services are sold, but never received, kept or issued";
    /// A quantity with more decimal places than its item has.
    TooManyDecimals {
        /// The field, as a JSON pointer.
        pointer: String,
        /// The item.
        item: String,
        /// How many its quantities have.
        decimals: u8,
        /// What came.
        got: Decimal
    } "too_many_decimals" "{pointer}: expected a quantity of item {item} with at most {decimals} decimal places, got {got}; round it to a whole number of its smallest parts";
    /// More is taken than is there, at its own date or at a later moment.
    IssueAboveOnHand {
        /// The item.
        item: String,
        /// The warehouse.
        warehouse: String,
        /// The business date.
        at: Timestamp,
        /// The most that could be taken.
        most: Decimal,
        /// What is taken.
        asked: Decimal,
        /// The later record that needs the rest, if it is not missing at the date itself.
        position: Option<Position>
    } "issue_above_on_hand" "expected at most {most} of item {item} to be taken from warehouse {warehouse} at {at}{}, got {asked} ({} too much); receive or transfer the goods first, or let a stock policy allow stock below zero", later(*position), asked - most;
    /// Goods move between two warehouses.
    TransferToItself {
        /// The warehouse.
        warehouse: String
    } "transfer_to_itself" "expected two warehouses, got {warehouse} twice; name the warehouse the goods go to";
    /// An adjustment changes something.
    NothingAdjusted {} "nothing_adjusted" "/data/delta: expected more or less than 0, got 0; leave the adjustment out, or adjust the cost of a receipt with receipt.cost_adjusted";
    /// More is reserved than is available.
    ReservationAboveAvailable {
        /// The item.
        item: String,
        /// The warehouse.
        warehouse: String,
        /// The business date.
        at: Timestamp,
        /// The least that is available from then on.
        available: Decimal,
        /// What should be reserved.
        asked: Decimal
    } "reservation_above_available" "expected a reservation of at most {available} of item {item} in warehouse {warehouse} from {at} on, got {asked}; release another reservation or receive goods first";
    /// More is released than is held.
    ReleaseAboveRemainder {
        /// The reservation.
        reservation: String,
        /// The business date.
        at: Timestamp,
        /// The most that could be released.
        remainder: Decimal,
        /// What should be released.
        asked: String,
        /// The later release that needs the rest, if it is not missing at the date itself.
        position: Option<Position>
    } "release_above_remainder" "reservation {reservation}: expected a release of at most {remainder} at {at}{}, got {asked}; release what is held", later(*position);
    /// A return brings back an issue of another item.
    ReturnOfOther {
        /// The issue.
        issue: String,
        /// The item that came back.
        item: String
    } "return_of_other" "/data/returns: expected an issue of item {item}, got issue {issue} of another item; name the issue that sold it";
    /// Only what was sold comes back.
    ReturnOfNoSale {
        /// The issue.
        issue: String
    } "return_of_no_sale" "/data/returns: expected an issue with reason sale, got issue {issue} of another reason; record stock.adjusted for goods that are found or left over";
    /// More comes back than was sold.
    ReturnAboveIssued {
        /// The issue.
        issue: String,
        /// What of it is still out.
        left: Decimal,
        /// What came back.
        got: Decimal
    } "return_above_issued" "/data/qty: expected at most {left}, what issue {issue} still has out, got {got}; record the rest as a receipt of its own";
    /// Goods cost nothing or something.
    CostBelowZero {
        /// The receipt.
        receipt: String,
        /// What its goods cost before.
        cost: Decimal,
        /// By how much that should change.
        delta: Decimal,
        /// The later adjustment that would leave less than nothing, if it is not this one.
        position: Option<Position>
    } "cost_below_zero" "receipt {receipt}: expected a cost of 0 or more after the adjustment, got {cost} changed by {delta}{}; adjust by less", later(*position);
    /// A value in a currency that has no rate.
    NoRate {
        /// The currency.
        currency: String,
        /// The day.
        on: Date
    } "no_rate" "expected a rate of {currency} on {on}, since goods are valued in the base currency, got none; record exchange_rate.set with a date on or before it";
}
