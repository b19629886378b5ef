//! The names of every no. Invariant: each variant has one name, which is also its problem page, and
//! a row in `tests/stories`.

use rust_decimal::Decimal;
use sijil_schemas::{
    Position,
    id::{EntityRef, Key},
    money::Currency,
    time::{Date, Timestamp},
};

use super::{Places, later, list};

rejections! {
    /// Nothing can be recorded before the ledger is open.
    LedgerNotOpen {}
        "ledger_not_open" => "the ledger is not open yet; record ledger.opened first";
    /// The ledger is opened once.
    LedgerAlreadyOpen { position: Position = "Where it was opened." }
        "ledger_already_open" => "the ledger was opened at position {position}, and is opened once";
    /// The business date lies too far ahead.
    TooFarAhead { at: Timestamp = "The business date.", clock: Timestamp = "The clock." }
        "too_far_ahead" => "expected occurred_at at most 24 hours after the clock ({clock}), got {at}; plans are data, not business dates";
    /// The period is closed.
    PeriodClosed { area: &'static str = "The area.", until: Date = "The last closed day.", on: Date = "The day of the event." }
        "period_closed" => "the {area} books are closed up to {until}, got an event of {on}; record a reversal with a later date, or reopen the period";
    /// The id is taken.
    AlreadyExists { entity: EntityRef = "The entity.", position: Position = "Where it was opened." }
        "already_exists" => "{entity} exists since position {position}; take another id, or void that event first";
    /// The event names something nobody recorded.
    UnknownReference { entity: EntityRef = "The entity." }
        "unknown_reference" => "{entity} is not known; record the event that opens it first";
    /// A void is final.
    AlreadyVoided { target: Position = "The target.", void: Position = "Where it was voided." }
        "already_voided" => "the event at position {target} was voided at position {void}";
    /// A void cannot be voided.
    VoidOfVoid { target: Position = "The target." }
        "void_of_void" => "the event at position {target} is a void itself; record the voided event again instead";
    /// Other events rest on the target.
    HasDependants { target: Position = "The target.", dependants: Vec<Position> = "What rests on it." }
        "has_dependants" => "the event at position {target} has dependants at positions {}; void them first or in the same request", list(dependants);
    // Clients, legal entities and the company's own fields.
    /// A legal entity belongs to one client at a time.
    CounterpartyLinkedTwice {
        counterparty: String = "The legal entity.", linked: String = "The client it is linked to.", since: Timestamp = "Since when.",
        position: Position = "Where that link stands.", got: String = "The client of the link that does not fit.",
        at: Timestamp = "From when that link would hold.",
    }
        "counterparty_linked_twice" => "expected counterparty {counterparty} to be linked to no client at {at}, but since {since} (position {position}) it is linked to {linked}, got a link to {got}; unlink it by then first, or void the later link and record it again after this one";
    /// Only a link that is there can end.
    CounterpartyNotLinked {
        counterparty: String = "The legal entity.", client: String = "The client of the link that should end.",
        linked: String = "What it is linked to.", at: Timestamp = "When the link should end.",
    }
        "counterparty_not_linked" => "expected counterparty {counterparty} to be linked to {client} at {at}, got a counterparty linked to {linked}; unlink it from the client it is linked to";
    /// A client is merged into one other at a time.
    ClientMergedTwice {
        client: String = "The client.", into: String = "The client it counts for.", got: String = "The client of the merge that does not fit.",
        at: Timestamp = "From when that merge would hold.",
    }
        "client_merged_twice" => "expected client {client} to stand on its own at {at}, but it is merged into {into}, got a merge into {got}; record client.unmerged first";
    /// Only a merge that is there can be undone.
    ClientNotMerged { client: String = "The client.", at: Timestamp = "When the merge should be undone." }
        "client_not_merged" => "expected client {client} to be merged into another at {at}, got a client that stands on its own; there is nothing to undo";
    /// Merges form no circle.
    MergeCycle {
        client: String = "The client that would be merged.", into: String = "The client it would be merged into.", at: Timestamp = "From when.",
    }
        "merge_cycle" => "expected a merge of client {client} into one that does not count for it at {at}, got {into}, which does; merge the other way round, or undo that merge first";
    /// One of the company's own fields has a value it does not take.
    FieldValue {
        pointer: String = "The field, as a JSON pointer.", field: String = "The definition it does not fit.", expected: String = "What was expected.",
        got: String = "What came.",
    }
        "field_value" at pointer => "expected {expected} (custom field {field}), got {got:?}";
    /// One of the company's own fields must be there.
    FieldMissing {
        pointer: String = "The field, as a JSON pointer.", field: String = "The definition that wants it.",
        entity: &'static str = "The kind of entity.",
    }
        "field_missing" at pointer => "expected a value, since custom field {field} says every {entity} must have one, got none; set it";
    /// A definition of a field that cannot be met, or that another has taken.
    FieldDefinition { field: String = "The definition.", expected: String = "What was expected.", got: String = "What came." }
        "field_definition" => "custom field {field}: expected {expected}, got {got}";
    /// A contract ends after it begins.
    ContractPeriod { from: Date = "The first day.", to: Date = "The last day." }
        "contract_period" at "/data/valid_to" => "expected a day on or after valid_from ({from}), got {to}";
    /// A limit may be zero, but not less.
    NegativeLimit { pointer: String = "The field, as a JSON pointer.", got: Decimal = "What came." }
        "negative_limit" at pointer => "expected 0 or more, got {got}; leave it out for no limit";

    // Pipelines, regulations and deals.
    /// A list in a configuration does not hold together.
    Configuration { pointer: String = "The field, as a JSON pointer.", expected: &'static str = "What was expected.", got: String = "What came." }
        "configuration" at pointer => "expected {expected}, got {got}";
    /// The pipeline has no such stage at that date.
    UnknownStage {
        pipeline: String = "The pipeline.", stage: Key = "The stage that came.", at: Timestamp = "When it would be entered.",
        known: String = "The stages there are.",
    }
        "unknown_stage" => "expected a stage of pipeline {pipeline} as it is in force at {at} ({known}), got {stage}; record pipeline.defined with a date up to then first";
    /// The requirement is not asked at that visit.
    UnknownRequirement {
        deal: String = "The deal.", requirement: Key = "The requirement that came.", visit: u32 = "The visit that came.",
        at: Timestamp = "When.", position: Position = "Where that event stands.",
    }
        "unknown_requirement" => "deal {deal}: expected a requirement of a stage it entered up to {at} and the number of that visit, got {requirement} at visit {visit} (position {position}); the regulation in force at the entry lists them";
    /// What changes is not what the event says.
    FromMismatch {
        entity: EntityRef = "The entity.", pointer: &'static str = "The field, as a JSON pointer.", current: String = "The current value.",
        got: String = "The value that came.", at: Timestamp = "When.", position: Position = "Where that event stands.",
    }
        "from_mismatch" at pointer => "expected {current}, the current value of {entity} at {at}, got {got} (position {position})";
    /// A closed deal stays as it is until it is opened again.
    DealClosed {
        deal: String = "The deal.", what: &'static str = "What the event brings.", state: &'static str = "How the deal stands.",
        at: Timestamp = "When.", position: Position = "Where that event stands.",
    }
        "deal_closed" => "expected an open deal for {what} at {at} (position {position}), got deal {deal}, which is {state} then; record deal.reopened first";
    /// A gate of the stage is open.
    OpenGate {
        deal: String = "The deal.", requirements: String = "The requirements that are not met.",
        stage: Key = "The stage they belong to.", visit: u32 = "The visit.", at: Timestamp = "When the deal would rise.",
        position: Position = "Where that event stands.",
    }
        "open_gate" => "deal {deal}: expected {requirements} of stage {stage} (visit {visit}) to be fulfilled or waived before {at} (position {position}), got none; record the fulfilment, or deal.requirement_waived";

    /// A quantity or amount must have a direction.
    NotPositive { pointer: String = "The field, as a JSON pointer.", got: Decimal = "What came." }
        "not_positive" at pointer => "expected more than 0, got {got}";
    // Claims, tasks, interactions, staff and marketing.
    /// An event of something's life before it began.
    BeforeOpening {
        entity: EntityRef = "What it is about.", opened: Timestamp = "When it was opened.", at: Timestamp = "When the event is said to be.",
    }
        "before_opening" => "{entity} was opened at {opened}; expected events of it from then on, got one of {at}";
    /// A step that its state does not allow, there or at a later step already recorded.
    IllegalTransition {
        entity: EntityRef = "What it is about.", from: &'static str = "Where it stands then.", to: &'static str = "Where the step leads.",
        at: Timestamp = "The moment of the step.",
        position: Position = "The position of the step: the new one, or one that is recorded already and would become illegal.",
    }
        "illegal_transition" => "{entity} is {from} at {at}; expected a step that may follow, got {to} (position {position})";
    /// An interaction takes place once.
    InteractionRecordedTwice { entity: EntityRef = "The interaction.", position: Position = "Where it was recorded." }
        "interaction_recorded_twice" => "{entity} was recorded at position {position}; void that record first, or take another id";
    /// Two employees above each other.
    ManagerCycle {
        employee: EntityRef = "The employee.", chain: String = "From the employee up to the employee again.", at: Timestamp = "When it would be so.",
    }
        "manager_cycle" => "{employee} would be under themself at {at} ({chain}); expected a manager who is not below";
    /// One employee in two places of a pair.
    SameEmployee { pointer: &'static str = "The field, as a JSON pointer.", employee: EntityRef = "The employee." }
        "same_employee" at pointer => "expected somebody other than {employee}";
    /// Two deputies for one absent employee at one time.
    SubstitutionOverlap {
        absent: EntityRef = "Who is away.", other: EntityRef = "The other term.", from: Timestamp = "When it begins.",
        until: Timestamp = "When it ends.",
    }
        "substitution_overlap" => "{absent} has a deputy by {other} from {from} until {until}; end that term first";
    /// A last day before the first.
    DaysOutOfOrder {
        pointer: &'static str = "The field with the last day, as a JSON pointer.", first: Date = "The first day.", last: Date = "The last day.",
    }
        "days_out_of_order" at pointer => "expected a day not before {first}, got {last}";
    /// A measure nobody computes.
    UnknownMetric { pointer: &'static str = "The field, as a JSON pointer.", got: String = "What came.", known: String = "What there is." }
        "unknown_metric" at pointer => "expected one of {known}, got {got}; define a measure of your own with kpi.defined";
    /// A measure counted in a unit it does not have.
    WrongMetricUnit { metric: &'static str = "The metric.", expected: &'static str = "The units it has.", got: String = "What came." }
        "wrong_metric_unit" at "/data/unit" => "{metric} is counted in {expected}, got {got}";
    /// A segment's question that has no answer.
    InvalidCriteria { pointer: String = "The field, as a JSON pointer.", expected: String = "What was expected.", got: String = "What came." }
        "invalid_criteria" at pointer => "expected {expected}, got {got}";
    /// One object with two classes.
    ClassifiedTwice { object: EntityRef = "The object." }
        "classified_twice" at "/data/result" => "expected each object once, got {object} twice";
    /// A position that the log does not have yet.
    KnownAtBeyondHead { known_at: u64 = "What came.", head: u64 = "The last position." }
        "known_at_beyond_head" at "/data/known_at" => "expected a position up to {head}, got {known_at}";
    /// Nobody says where such a thing came from.
    AttributionSubject { subject: EntityRef = "The subject." }
        "attribution_subject" at "/data/subject" => "expected a client, interaction, deal, order or claim, got {subject}";
    // Trade and money.
    /// More of a payment is put somewhere than it holds.
    AllocationExceedsRemainder {
        payment: EntityRef = "The payment.", remainder: Decimal = "What is free of it.", amount: Decimal = "What was to be taken.",
        on: Timestamp = "When.",
    }
        "allocation_exceeds_remainder" => "{payment} has {remainder} free on {on}, got an allocation of {amount} ({} too much); allocate less, or take back another allocation first", amount - remainder;
    /// More is put against a document than is open.
    PaymentExceedsOpenAmount {
        document: EntityRef = "The invoice or bill.", open: Decimal = "What is open.", paid: Decimal = "What was to be paid.",
        on: Timestamp = "When.",
    }
        "payment_exceeds_open_amount" => "{document} has {open} open on {on}, got an allocation of {paid} ({} too much); leave the rest free as an advance", paid - open;
    /// More is given up than is open.
    WriteOffExceedsOpenAmount {
        invoice: EntityRef = "The invoice.", open: Decimal = "What is open.", amount: Decimal = "What was to be given up.", on: Timestamp = "When.",
    }
        "write_off_exceeds_open_amount" => "{invoice} has {open} open on {on}, got a write-off of {amount} ({} too much); write off what is open", amount - open;
    /// A credit note of an invoice is bound to it.
    CreditNotFree { credit_note: EntityRef = "The credit note.", invoice: String = "The invoice it takes back." }
        "credit_not_free" => "expected a credit note without an invoice, but {credit_note} takes back part of invoice {invoice}, which settles itself; refund the payment instead";
    /// A credit note without an invoice says what it is for.
    CreditLinesNeeded {}
        "credit_lines_needed" at "/data/lines" => "expected at least one line on a credit note without an invoice, got none; say what is credited, or name the invoice";
    /// A credit note of an invoice has the invoice's party.
    PartyOfInvoice { pointer: &'static str = "The field, as a JSON pointer." }
        "party_of_invoice" at pointer => "expected nothing, since a credit note of an invoice has the client, owner and order of the invoice; leave it out, or the invoice";
    /// A deduction keeps something back.
    NothingDeducted { pointer: String = "The field, as a JSON pointer." }
        "nothing_deducted" at pointer => "expected more or less than 0, got 0; leave the deduction out";
    /// More is credited than the document or its line has left.
    CreditExceedsDocument {
        document: EntityRef = "The invoice or bill.", line: String = "The line and figure, after a space; empty for the total.",
        left: Decimal = "What can still be credited.", amount: Decimal = "What was to be credited.", on: Timestamp = "When.",
    }
        "credit_exceeds_document" => "{document}{line} has {left} left to credit on {on}, got {amount} ({} too much); credit less", amount - left;
    /// More is taken from an invoice than the payment has there.
    UnallocationExceedsAllocation {
        document: EntityRef = "The invoice.", allocated: Decimal = "What the payment has there.", amount: Decimal = "What was to be taken back.",
        on: Timestamp = "When.",
    }
        "unallocation_exceeds_allocation" => "the payment has {allocated} on {document} on {on}, got {amount} to take back; take back what is there";
    /// More is paid back than is free.
    RefundExceedsRemainder {
        payment: EntityRef = "The payment.", remainder: Decimal = "What is free of it.", amount: Decimal = "What was to be paid back.",
        on: Timestamp = "When.",
    }
        "refund_exceeds_remainder" => "{payment} has {remainder} free on {on}, got a refund of {amount}; take back an allocation first, or refund less";
    /// Two amounts are of different currencies.
    OtherCurrency {
        what: &'static str = "Which amount.", expected: Currency = "The currency wanted.",
        got: Currency = "The currency that came.",
    }
        "other_currency" => "{what}: expected {expected}, got {got}; different currencies are never added: exchange the money first";
    /// Payment and document are of different parties.
    OtherCounterparty { expected: String = "Whose document it is.", got: String = "Whose payment it is, or whom for_party names." }
        "other_counterparty" => "expected one of {expected}, got one of {got}; a payment or credit note settles its own party's documents, and another's only if for_party names that party";
    /// A payment of the other direction.
    WrongDirection {
        payment: EntityRef = "The payment.", expected: &'static str = "The direction wanted.", got: &'static str = "The direction that came.",
    }
        "wrong_direction" => "expected a payment {expected}, but {payment} was {got}; use the events of its own direction";
    /// The total is not the sum of the lines.
    TotalMismatch {
        expected: Decimal = "The sum of the lines' net and tax.", got: Decimal = "The total that came.", difference: Decimal = "Total less lines.",
    }
        "total_mismatch" at "/data/total" => "expected the lines' net and tax together, {expected}, got {got}, a difference of {difference}; correct the lines or the total";
    /// The instalments are not the total.
    InstalmentsMismatch {
        expected: Decimal = "The total.", got: Decimal = "The sum of the instalments.", difference: Decimal = "Instalments less total.",
    }
        "instalments_mismatch" at "/data/instalments" => "expected them to sum to the total, {expected}, got {got}, a difference of {difference}; correct the instalments";
    /// When the document is due is not clear.
    DueUnclear { got: &'static str = "What came: both, or neither." }
        "due_unclear" => "expected either due_on or instalments, got {got}; say it one way";
    /// The purposes are not the payment.
    PurposesMismatch { expected: Decimal = "The payment.", got: Decimal = "The sum of the purposes.", difference: Decimal = "Purposes less payment." }
        "purposes_mismatch" at "/data/purpose_lines" => "expected them to sum to the payment, {expected}, got {got}, a difference of {difference}; correct the purposes";
    /// A line's key comes twice.
    DuplicateLine { line: String = "The line." }
        "duplicate_line" at "/data/lines" => "expected each line once, got line {line} twice; give each line a key of its own";
    /// A line the document does not have.
    UnknownLine { document: EntityRef = "The document.", line: String = "The line." }
        "unknown_line" => "{document} has no line {line} about that item; name one of its lines";
    /// More is sent than was ordered.
    ShipmentExceedsOrder {
        order: EntityRef = "The order.", what: String = "The line or item.", ordered: Decimal = "What was ordered.",
        would: Decimal = "What would be sent in all.", on: Timestamp = "When.",
    }
        "shipment_exceeds_order" => "{order}, {what}: expected at most {ordered} sent in all, got {would} on {on} ({} too much); place another order for the rest", would - ordered;
    /// More comes back than was sent.
    ReturnExceedsShipment {
        shipment: EntityRef = "The shipment.", item: String = "The item.", left: Decimal = "What is still with the client.",
        qty: Decimal = "What was to come back.", on: Timestamp = "When.",
    }
        "return_exceeds_shipment" => "{shipment}, item {item}: expected at most {left} to come back on {on}, got {qty}; name the shipment the rest was sent with";
    /// A line of a bank statement has its match.
    AlreadyMatched {
        statement_line: String = "The line.", matched: String = "What it is matched to.", to: EntityRef = "What came.",
    }
        "already_matched" => "all of statement line {statement_line} is matched, the last of it to {matched}, got {to}; void that match first";
    /// A match of more than is left of its line.
    MatchExceedsLine { statement_line: String = "The line.", left: Decimal = "What is left of it.", amount: Decimal = "What was to be matched." }
        "match_exceeds_line" at "/data/amount" => "statement line {statement_line} has {left} left to match, got {amount} ({} too much); match what is left", amount - left;
    /// What moves no money on a bank account.
    NotMatchable { statement_line: String = "The line.", got: EntityRef = "What came." }
        "not_matchable" at "/data/to" => "expected a payment, funds_transfer or credit_note for statement line {statement_line}, got {got}; record what moved the money, and match the line to that";
    /// A line of another bank account's statement.
    OtherBankAccount { statement_line: String = "The line.", expected: String = "Whose statement it is of.", got: String = "Where the money moved." }
        "other_bank_account" => "statement line {statement_line} is of bank account {expected}, got money that moved on {got}; match it to what moved on its own account";
    /// A transfer to where the money is.
    SameBankAccount { bank_account: String = "The bank account." }
        "same_bank_account" => "expected two bank accounts, got {bank_account} twice; name another account";
    /// A reopening of what is not closed.
    NothingClosed { area: &'static str = "The area." }
        "nothing_closed" => "the {area} books are not closed, so there is nothing to reopen; reopen the area that is closed";
    /// A limit would be passed.
    LimitPassed {
        limit: String = "The limit.", most: Decimal = "How much is allowed.", used: Decimal = "How much is used.",
        asked: Decimal = "How much was asked for.",
    }
        "limit_passed" => "limit {limit} allows {most} and has {used} used, got {asked} more ({} too much); ask for less, or raise the limit", used + asked - most;
    /// An account outside the five roots.
    AccountPath { roots: &'static str = "Where it may be.", got: String = "The path." }
        "account_path" => "expected a path under {roots}, got {got:?}; choose one";
    /// A bill is spent on what is no expense or asset.
    AccountOfBill { pointer: String = "The field, as a JSON pointer.", got: String = "The path." }
        "account_of_bill" at pointer => "expected a path under expenses/ or assets/, got {got:?}; choose one, or leave it out for expenses/purchases";
    /// Goods that are billed go to the stock, whatever the bill says.
    AccountOfGoods { pointer: String = "The field, as a JSON pointer.", account: String = "The account." }
        "account_of_goods" at pointer => "expected no account on a line of goods or of a receipt, got {account}; leave it out: what it bills is in the stock";
    /// A unit the account does not take.
    AccountUnit { account: String = "The account.", expected: String = "The unit it takes.", got: String = "The unit that came." }
        "account_unit" => "account {account} takes {expected}, got {got}; use an account of that unit";
    /// An entry that does not balance.
    Unbalanced { unit: String = "The unit.", sum: Decimal = "The sum of its legs." }
        "unbalanced" => "expected the legs of {unit} to sum to 0, got {sum}; correct the legs";
    /// An entry without legs.
    NoPostings {}
        "no_postings" => "expected at least one posting, got none; an entry says what moves where";

    // Items, goods and their value.
    /// An amount or quantity that may be zero, but not less.
    BelowZero { pointer: String = "The field, as a JSON pointer.", got: Decimal = "What came." }
        "below_zero" at pointer => "expected 0 or more, got {got}";
    /// Services are not stocked.
    ServiceNotStocked { item: String = "The item." }
        "service_not_stocked" => "expected goods, got item {item}, which is a service; services are sold, but never received, kept or issued";
    /// A quantity with more decimal places than its item has, or an amount with more than its
    /// currency.
    TooManyDecimals {
        pointer: String = "The field, as a JSON pointer.", of: String = "What it is of: a quantity of an item, an amount of a currency.",
        decimals: u32 = "How many such have.", got: Decimal = "What came.",
    }
        "too_many_decimals" at pointer => "expected {of} with at most {decimals} decimal places, got {got}; round it to a whole number of the smallest parts";
    /// A document that came in parts is not whole, or more than whole.
    DocumentParts { document: EntityRef = "The document.", expected: String = "What was expected.", got: String = "What came." }
        "document_parts" => "{document}: expected {expected}, got {got}; send its opening and all its parts in one request, one after the other, each with the opening's time and actor";
    /// A currency nobody knows.
    UnknownCurrency { pointer: String = "The field, as a JSON pointer.", currency: Currency = "The currency." }
        "unknown_currency" at pointer => "expected a currency of ISO 4217, got {currency}; record currency.defined first if the books shall count in it";
    /// A currency with fewer decimal places than it must have.
    FewerDecimals {
        currency: String = "The currency.", least: u32 = "How many it has, by ISO 4217 or where it was used.", got: u32 = "How many came.",
        position: Option<Position> = "A record that uses more.",
    }
        "fewer_decimals" at "/data/decimals" => "expected at least {least} decimal places for {currency}{}, got {got}; what is counted finer stays so", later(*position);
    /// More is taken than is there, at its own date or at a later moment.
    IssueAboveOnHand {
        item: String = "The item.", warehouse: String = "The warehouse.", at: Timestamp = "The business date.",
        most: Decimal = "The most that could be taken.", asked: Decimal = "What is taken.",
        position: Option<Position> = "The later record that needs the rest, if it is not missing at the date itself.",
    }
        "issue_above_on_hand" => "expected at most {most} of item {item} to be taken from warehouse {warehouse} at {at}{}, got {asked} ({} too much); receive or transfer the goods first, or let a stock policy allow stock below zero", later(*position), asked - most;
    /// Goods move between two warehouses.
    TransferToItself { warehouse: String = "The warehouse." }
        "transfer_to_itself" => "expected two warehouses, got {warehouse} twice; name the warehouse the goods go to";
    /// An adjustment changes something.
    NothingAdjusted {}
        "nothing_adjusted" at "/data/delta" => "expected more or less than 0, got 0; leave the adjustment out, or adjust the cost of a receipt with receipt.cost_adjusted";
    /// More is reserved than is available.
    ReservationAboveAvailable {
        item: String = "The item.", warehouse: String = "The warehouse.", at: Timestamp = "The business date.",
        available: Decimal = "The least that is available from then on.", asked: Decimal = "What should be reserved.",
    }
        "reservation_above_available" => "expected a reservation of at most {available} of item {item} in warehouse {warehouse} from {at} on, got {asked}; release another reservation or receive goods first";
    /// More is released than is held.
    ReleaseAboveRemainder {
        reservation: String = "The reservation.", at: Timestamp = "The business date.", remainder: Decimal = "The most that could be released.",
        asked: String = "What should be released.",
        position: Option<Position> = "The later release that needs the rest, if it is not missing at the date itself.",
    }
        "release_above_remainder" => "reservation {reservation}: expected a release of at most {remainder} at {at}{}, got {asked}; release what is held", later(*position);
    /// A loss is worth no more than what is there.
    ValueAboveStock {
        item: String = "The item.", warehouse: String = "The warehouse.", at: Timestamp = "The business date.",
        worth: Decimal = "What is there is worth, in the base currency.", got: Decimal = "What the loss is said to be worth, in the base currency.",
    }
        "value_above_stock" at "/data/value" => "expected the loss to be worth at most what is there: item {item} in warehouse {warehouse} is worth {worth} at {at}, got {got}; say a lower value, or leave it out: then it is worked out";
    /// Goods that others have reserved are not taken.
    ReservedForOthers {
        goods: String = "The item and the warehouse.", at: Timestamp = "The business date.",
        reserved: Decimal = "What others have reserved.", most: Decimal = "The most that could be taken.", asked: Decimal = "What is taken.",
        position: Option<Position> = "The later record from which on too little would be left, if it is not so at the date itself.",
    }
        "reserved_for_others" => "expected at most {most} of {goods} to be taken at {at}, since others have reserved {reserved}{}, got {asked} ({} too much); name the reservation or the order it is for, release it, or let a stock policy say reserved: ignore", position.map_or_else(String::new, |p| format!(" by the event at position {p}")), asked - most;
    /// A reservation of other goods.
    ReservationOfOther {
        reservation: String = "The reservation.", item: String = "The item it keeps.", warehouse: String = "The warehouse it keeps it in.",
    }
        "reservation_of_other" at "/data/reservation" => "expected a reservation of the goods that are issued, but {reservation} keeps item {item} in warehouse {warehouse}; name another, or none";
    /// Nothing comes in for a purchase order that is closed.
    PurchaseOrderClosed {
        purchase_order: String = "The purchase order.", closed: Timestamp = "When it is closed.", at: Timestamp = "When goods come in for it.",
        position: Option<Position> = "The receipt, if it is recorded already.",
    }
        "purchase_order_closed" => "purchase order {purchase_order} is closed at {closed}; expected nothing to come in for it after that, got a receipt at {at}{}; leave the purchase order out of the receipt, place another, or close it later", position.map_or_else(String::new, |p| format!(" (position {p})"));
    /// A return brings back an issue of another item.
    ReturnOfOther { issue: String = "The issue.", item: String = "The item that came back." }
        "return_of_other" at "/data/returns" => "expected an issue of item {item}, got issue {issue} of another item; name the issue that sold it";
    /// Only what was sold comes back.
    ReturnOfNoSale { issue: String = "The issue." }
        "return_of_no_sale" at "/data/returns" => "expected an issue with reason sale, got issue {issue} of another reason; record stock.adjusted for goods that are found or left over";
    /// More comes back than was sold.
    ReturnAboveIssued { issue: String = "The issue.", left: Decimal = "What of it is still out.", got: Decimal = "What came back." }
        "return_above_issued" at "/data/qty" => "expected at most {left}, what issue {issue} still has out, got {got}; record the rest as a receipt of its own";
    /// Goods cost nothing or something.
    CostBelowZero {
        receipt: String = "The receipt.", cost: Decimal = "What its goods cost before.", delta: Decimal = "By how much that should change.",
        position: Option<Position> = "The later adjustment that would leave less than nothing, if it is not this one.",
    }
        "cost_below_zero" => "receipt {receipt}: expected a cost of 0 or more after the adjustment, got {cost} changed by {delta}{}; adjust by less", later(*position);
    /// A value in a currency that has no rate.
    NoRate { currency: String = "The currency.", on: Date = "The day." }
        "no_rate" => "expected a rate of {currency} on {on}, since goods are valued in the base currency, got none; record exchange_rate.set with a date on or before it";
}
