//! Entity kinds, ids and references. Invariant: an id that exists has 1–64 bytes of `A-Z a-z 0-9 .
//! _ : / -`, so no id ever needs escaping.

use std::{borrow::Cow, fmt, hash::Hash, marker::PhantomData, str::FromStr};

use compact_str::CompactString;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::text::from_text;

/// The longest id, in bytes.
pub const ID_BYTES_MAX: usize = 64;
const ID_PATTERN: &str = "^[A-Za-z0-9._:/-]{1,64}$";

/// Why a text is no id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}, got {got:?}")]
pub struct InvalidId {
    /// What was wanted.
    pub expected: &'static str,
    /// The text as it came, cut at 80 characters.
    pub got: String,
}

const EXPECTED: &str = "1 to 64 bytes of A-Z a-z 0-9 . _ : / -";

/// Which bytes an id may have; a look-up, since every id of every record passes here.
const ALLOWED: [bool; 256] = {
    let mut allowed = [false; 256];
    let (text, mut at) =
        (b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:/-", 0);
    while at < text.len() {
        allowed[text[at] as usize] = true;
        at += 1;
    }
    allowed
};

fn is_id(bytes: &[u8]) -> bool {
    (1..=ID_BYTES_MAX).contains(&bytes.len()) && bytes.iter().all(|b| ALLOWED[usize::from(*b)])
}

fn checked(text: &str) -> Result<CompactString, InvalidId> {
    if is_id(text.as_bytes()) {
        Ok(CompactString::new(text))
    } else {
        Err(InvalidId { expected: EXPECTED, got: text.chars().take(80).collect() })
    }
}

/// An id of a kind. A currency is named by its three letters: any other id would stand for no
/// money.
fn checked_as(kind: Kind, text: &str) -> Result<CompactString, InvalidId> {
    if kind == Kind::Currency && !(text.len() == 3 && text.bytes().all(|b| b.is_ascii_uppercase()))
    {
        return Err(InvalidId {
            expected: "the three letters of a currency, as in EUR",
            got: text.chars().take(80).collect(),
        });
    }
    checked(text)
}

/// A kind of entity, known to the type system by its marker in [`kind`].
pub trait Entity: Copy + Ord + Hash + Default + fmt::Debug + Send + Sync + 'static {
    /// The kind this marker stands for.
    const KIND: Kind;
}

macro_rules! entities {
    ($($(#[$doc:meta])* $marker:ident $alias:ident $name:literal;)*) => {
        /// Every kind of entity an event can name.
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash,
            Serialize, Deserialize, JsonSchema,
        )]
        #[schemars(inline)]
        #[repr(u8)]
        pub enum Kind { $($(#[$doc])* #[serde(rename = $name)] $marker,)* }

        impl Kind {
            /// All kinds, in the order of their codes.
            pub const ALL: &[Kind] = &[$(Kind::$marker,)*];
            /// The wire name, as in `deal:D-1`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Kind::$marker => $name,)* }
            }
        }

        /// One marker type per [`Kind`].
        pub mod kind {
            use super::{Entity, Kind};
            $($(#[$doc])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
            pub struct $marker;
            impl Entity for $marker { const KIND: Kind = Kind::$marker; })*
        }
        $($(#[$doc])* pub type $alias = Id<kind::$marker>;)*
    };
}

entities! {
    /// The company the ledger belongs to.
    Company CompanyId "company";
    /// Who the company trades with, as sales sees it.
    Client ClientId "client";
    /// A person at a client.
    Contact ContactId "contact";
    /// The legal entity behind a client or supplier.
    Counterparty CounterpartyId "counterparty";
    /// A signed contract.
    Contract ContractId "contract";
    /// One of the company's own fields.
    CustomField CustomFieldId "custom_field";
    /// A meeting, call or message.
    Interaction InteractionId "interaction";
    /// An ordered set of stages.
    Pipeline PipelineId "pipeline";
    /// What must be done at the stages of a pipeline.
    Regulation RegulationId "regulation";
    /// An opportunity to sell.
    Deal DealId "deal";
    /// What is sold, bought or stocked.
    Item ItemId "item";
    /// A list of prices.
    PriceList PriceListId "price_list";
    /// A rule on stock below zero.
    StockPolicy StockPolicyId "stock_policy";
    /// A limit on quantities or amounts.
    Limit LimitId "limit";
    /// A currency with a rate.
    Currency CurrencyId "currency";
    /// A client's order.
    Order OrderId "order";
    /// Goods sent for an order.
    Shipment ShipmentId "shipment";
    /// Goods a client sent back.
    GoodsReturn GoodsReturnId "goods_return";
    /// A claim for payment on a client.
    Invoice InvoiceId "invoice";
    /// A reduction of an invoice.
    CreditNote CreditNoteId "credit_note";
    /// Money received, or paid.
    Payment PaymentId "payment";
    /// A line of a bank statement.
    StatementLine StatementLineId "statement_line";
    /// An account of the double entry.
    Account AccountId "account";
    /// A bank account or cash desk.
    BankAccount BankAccountId "bank_account";
    /// A supplier's invoice.
    Bill BillId "bill";
    /// A reduction of a bill.
    BillCredit BillCreditId "bill_credit";
    /// A move of money between own bank accounts.
    FundsTransfer FundsTransferId "funds_transfer";
    /// A general entry.
    Entry EntryId "entry";
    /// An area whose periods are closed.
    Area AreaId "area";
    /// A place that holds stock.
    Warehouse WarehouseId "warehouse";
    /// An order to a supplier.
    PurchaseOrder PurchaseOrderId "purchase_order";
    /// Goods that came in.
    Receipt ReceiptId "receipt";
    /// Goods that went out.
    Issue IssueId "issue";
    /// Goods moved between warehouses.
    GoodsTransfer GoodsTransferId "goods_transfer";
    /// Stock kept for somebody.
    Reservation ReservationId "reservation";
    /// A stock count.
    Count CountId "count";
    /// A correction of stock.
    Adjustment AdjustmentId "adjustment";
    /// Goods made from components.
    Production ProductionId "production";
    /// Where clients come from.
    Source SourceId "source";
    /// A marketing campaign.
    Campaign CampaignId "campaign";
    /// A set of clients by criteria.
    Segment SegmentId "segment";
    /// A classification kept as a fact.
    Classification ClassificationId "classification";
    /// A complaint.
    Claim ClaimId "claim";
    /// Work to be done by a date.
    Task TaskId "task";
    /// Who works for the company.
    Employee EmployeeId "employee";
    /// A deputy's term.
    Substitution SubstitutionId "substitution";
    /// A measure of the company's own.
    Kpi KpiId "kpi";
    /// What is to be reached in a period.
    Target TargetId "target";
    /// An event, as the target of a void.
    Event EventRefId "event";
    /// Foreign tables that became events.
    Import ImportId "import";
    /// What a holder may do, by one name.
    Role RoleId "role";
    /// A person who works with the ledger.
    User UserId "user";
    /// The account of an integration.
    Service ServiceId "service";
    /// A role that a user or an integration got.
    Grant GrantId "grant";
    /// What a user or an integration signs in with.
    AccessKey AccessKeyId "key";
    /// A part of the vocabulary that departments work with or not.
    Module ModuleId "module";
    /// Records that were taken out together.
    Export ExportId "export";
    /// What a node signs checkpoints with.
    CheckpointKey CheckpointKeyId "checkpoint_key";
    /// What somebody asked about the values that are theirs.
    SubjectRequest SubjectRequestId "subject_request";
    /// A reason that values about somebody must stay.
    Hold HoldId "hold";
    /// Values about somebody that were removed.
    Erasure ErasureId "erasure";
    /// A promise to repair or replace goods for so long.
    Warranty WarrantyId "warranty";
    /// A job of service on goods that a client has.
    ServiceJob ServiceJobId "service_job";
    /// What somebody shall be reminded of.
    Reminder ReminderId "reminder";
    /// Working time that was written down.
    TimeEntry TimeEntryId "time_entry";
    /// A span of days in which an employee is away.
    Absence AbsenceId "absence";
    /// How many a department is to have in a period.
    StaffPlan StaffPlanId "staff_plan";
    /// Invoices and bills of one party put against each other.
    SetOff SetOffId "set_off";
    /// Money spent without a bill.
    Expense ExpenseId "expense";
    /// Money of one currency changed into another.
    FundsExchange FundsExchangeId "funds_exchange";
    /// Something agreed that is no contract.
    Agreement AgreementId "agreement";
    /// Who sells the same to the same clients.
    Competitor CompetitorId "competitor";
    /// Questions that clients are asked.
    Survey SurveyId "survey";
    /// An offer of goods or services at a price.
    Quote QuoteId "quote";
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Kind {
    type Err = UnknownKind;
    fn from_str(text: &str) -> Result<Kind, UnknownKind> {
        Kind::ALL
            .iter()
            .copied()
            .find(|k| k.name() == text)
            .ok_or_else(|| UnknownKind { got: text.chars().take(80).collect() })
    }
}

/// A word that names no kind of entity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a kind of entity such as client, deal or invoice, got {got:?}")]
pub struct UnknownKind {
    /// The word as it came.
    pub got: String,
}

/// An id of one kind of entity; a client's id cannot stand where a deal's is wanted.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id<K> {
    text: CompactString,
    kind: PhantomData<K>,
}

impl<K: Entity> Id<K> {
    /// The id with this text; refused unless it has 1–64 allowed bytes.
    pub fn new(text: &str) -> Result<Self, InvalidId> {
        checked_as(K::KIND, text).map(|text| Id { text, kind: PhantomData })
    }
    /// The text of the id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
    /// The same id with its kind said at run time.
    #[must_use]
    pub fn entity(&self) -> EntityRef {
        EntityRef { kind: K::KIND, id: self.text.clone() }
    }
}

impl<K> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
impl<K> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}
impl<K: Entity> FromStr for Id<K> {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Id::new(text)
    }
}
impl<K> Serialize for Id<K> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.text)
    }
}
impl<'de, K: Entity> Deserialize<'de> for Id<K> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        from_text(d, "an id", Id::new)
    }
}
impl<K: Entity> JsonSchema for Id<K> {
    fn schema_name() -> Cow<'static, str> {
        Cow::Owned(format!("{}_id", K::KIND.name()))
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let pattern = if K::KIND == Kind::Currency { "^[A-Z]{3}$" } else { ID_PATTERN };
        json_schema!({"type": "string", "pattern": pattern, "x-entity": K::KIND.name()})
    }
}

/// A short name inside an entity, or an actor: a stage, a requirement, a department. Same alphabet
/// as an id.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(CompactString);

impl Key {
    /// The key whose text these bytes are, if they are one.
    pub(crate) fn of_bytes(bytes: &[u8]) -> Option<Key> {
        if is_id(bytes) { CompactString::from_utf8(bytes).ok().map(Key) } else { None }
    }
    /// The key with this text; refused unless it has 1–64 allowed bytes.
    pub fn new(text: &str) -> Result<Key, InvalidId> {
        checked(text).map(Key)
    }
    /// The text of the key.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
impl Serialize for Key {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.0)
    }
}
impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        from_text(d, "a key", Key::new)
    }
}
impl JsonSchema for Key {
    fn schema_name() -> Cow<'static, str> {
        "key".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "pattern": ID_PATTERN})
    }
}

/// An entity of any kind, written `kind:id`, as in `deal:D-1`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntityRef {
    /// The kind of entity.
    pub kind: Kind,
    id: CompactString,
}

impl EntityRef {
    /// The entity of this kind with this id; refused unless the id is one.
    pub fn new(kind: Kind, id: &str) -> Result<EntityRef, InvalidId> {
        Ok(EntityRef { kind, id: checked_as(kind, id)? })
    }
    /// The text of the id, without the kind.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }
    /// The typed id, if this is of kind `K`.
    #[must_use]
    pub fn typed<K: Entity>(&self) -> Option<Id<K>> {
        (self.kind == K::KIND).then(|| Id { text: self.id.clone(), kind: PhantomData })
    }
}
impl fmt::Display for EntityRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind, self.id)
    }
}
impl FromStr for EntityRef {
    type Err = InvalidEntityRef;
    fn from_str(text: &str) -> Result<EntityRef, InvalidEntityRef> {
        let (kind, id) = text
            .split_once(':')
            .ok_or_else(|| InvalidEntityRef::Form(text.chars().take(80).collect()))?;
        Ok(EntityRef::new(kind.parse()?, id)?)
    }
}

/// Why a text names no entity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEntityRef {
    /// No colon between kind and id.
    #[error("expected kind:id, as in deal:D-1, got {0:?}")]
    Form(String),
    /// The word before the colon is no kind.
    #[error(transparent)]
    Kind(#[from] UnknownKind),
    /// The text after the colon is no id.
    #[error(transparent)]
    Id(#[from] InvalidId),
}

impl Serialize for EntityRef {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}
impl<'de> Deserialize<'de> for EntityRef {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        from_text(d, "kind:id, as in deal:D-1", str::parse)
    }
}
impl JsonSchema for EntityRef {
    fn schema_name() -> Cow<'static, str> {
        "entity_ref".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "pattern": "^[a-z_]+:[A-Za-z0-9._:/-]{1,64}$"})
    }
}
