//! What every event type has in common, and the registry of all types. Invariant: a type's name, code and home never change once released.

use schemars::{Schema, SchemaGenerator};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    decode::Refusal,
    id::{EntityRef, Kind},
};

/// How an event stands to the life of its home entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Birth {
    /// Opens its home entity: the id must be new.
    Opens,
    /// Makes a revision of configuration: the id may be new or known.
    Revises,
    /// Continues the life of an entity that must be known.
    Continues,
}

/// What the vocabulary knows of an event type.
#[derive(Debug, Clone, Copy)]
pub struct EventType {
    /// The wire name, as in `deal.stage_entered`.
    pub name: &'static str,
    /// The number that stands for it in stored records.
    pub code: u16,
    /// The family it belongs to.
    pub family: &'static str,
    /// The newest version of its schema.
    pub version: u8,
    /// How it stands to the life of its home entity.
    pub birth: Birth,
    /// The field of `data` that holds the home entity.
    pub home_field: &'static str,
    /// The kind of the home entity; `None` where the event itself says it.
    pub home_kind: Option<Kind>,
    /// The fields of `data` that are personal, and whether a draft must have them.
    pub personal: &'static [(&'static str, bool)],
    pub(crate) parse: fn(Value) -> Result<Event, Refusal>,
    pub(crate) schema: fn(&mut SchemaGenerator) -> Schema,
}

impl EventType {
    /// The JSON Schema of `data` in the newest version, generated from the type.
    #[must_use]
    pub fn json_schema(&self) -> Value {
        let settings = schemars::generate::SchemaSettings::draft2020_12();
        let mut generator = settings.into_generator();
        let mut schema = (self.schema)(&mut generator);
        let definitions = generator.take_definitions(true);
        if !definitions.is_empty() {
            schema.insert("$defs".into(), Value::Object(definitions.into_iter().collect::<Map<_, _>>()));
        }
        schema.insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
        schema.insert("title".into(), format!("{} v{}", self.name, self.version).into());
        schema.to_value()
    }
}

/// What one event type's struct answers about itself.
pub(crate) trait Body: Sized {
    fn home(&self) -> EntityRef;
    fn touch(&self, visit: &mut dyn FnMut(EntityRef));
}

/// The home entity an event's first field names.
pub(crate) trait Home {
    const KIND: Option<Kind>;
    fn home(&self) -> EntityRef;
}
impl<K: crate::id::Entity> Home for crate::id::Id<K> {
    const KIND: Option<Kind> = Some(K::KIND);
    fn home(&self) -> EntityRef {
        self.entity()
    }
}
impl Home for EntityRef {
    const KIND: Option<Kind> = None;
    fn home(&self) -> EntityRef {
        self.clone()
    }
}

/// Declares one event type: its struct, its fields, and what [`EventType`] says of it.
macro_rules! event {
    ($(#[$doc:meta])* $code:literal $wire:literal v $version:literal $birth:ident $name:ident {
        $(#[$home_doc:meta])* $home:ident : $home_ty:ty
        $(, $(#[$field_doc:meta])* $field:ident : $ty:ty)* $(,)?
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $(#[$home_doc])* pub $home: $home_ty,
            $($(#[$field_doc])* #[serde(skip_serializing_if = "crate::text::Field::is_absent")] pub $field: $ty,)*
            /// Other entities this event is about.
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            pub refs: Vec<crate::id::EntityRef>,
            /// The company's own fields; nothing personal.
            #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
            pub attributes: crate::text::Attributes,
        }
        impl crate::event::Body for $name {
            fn home(&self) -> crate::id::EntityRef { crate::event::Home::home(&self.$home) }
            fn touch(&self, visit: &mut dyn FnMut(crate::id::EntityRef)) {
                visit(crate::event::Home::home(&self.$home));
                $(crate::text::Field::touch(&self.$field, visit);)*
                for entity in &self.refs { visit(entity.clone()); }
            }
        }
        impl $name {
            const PERSONAL_COUNT: usize = 0 $(+ <$ty as crate::text::Field>::PERSONAL as usize)*;
            const PERSONAL: [(&'static str, bool); Self::PERSONAL_COUNT] = {
                let all: &[(bool, &'static str, bool)] = &[$((<$ty as crate::text::Field>::PERSONAL, stringify!($field), !<$ty as crate::text::Field>::OPTIONAL)),*];
                let mut kept = [("", false); Self::PERSONAL_COUNT];
                let (mut next, mut from) = (0, 0);
                while next < Self::PERSONAL_COUNT {
                    if all[from].0 {
                        kept[next] = (all[from].1, all[from].2);
                        next += 1;
                    }
                    from += 1;
                }
                kept
            };
            /// What the vocabulary knows of this type.
            pub(crate) const fn describe(family: &'static str, parse: fn(serde_json::Value) -> Result<crate::event::Event, crate::decode::Refusal>) -> crate::event::EventType {
                crate::event::EventType {
                    name: $wire, code: $code, family, version: $version, birth: crate::event::Birth::$birth,
                    home_field: stringify!($home), home_kind: <$home_ty as crate::event::Home>::KIND,
                    personal: &Self::PERSONAL, parse,
                    schema: |generator| <$name as schemars::JsonSchema>::json_schema(generator),
                }
            }
        }
    };
}
pub(crate) use event;

macro_rules! families {
    ($($(#[$doc:meta])* $family:ident $wire:literal { $($variant:ident),* $(,)? })*) => {
        $($(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum $family { $(#[doc = concat!("See [`", stringify!($variant), "`](crate::", stringify!($variant), ").")] $variant(crate::$variant),)* }

        impl $family {
            fn home(&self) -> EntityRef { match self { $($family::$variant(e) => e.home(),)* } }
            fn touch(&self, visit: &mut dyn FnMut(EntityRef)) { match self { $($family::$variant(e) => e.touch(visit),)* } }
            fn event_type(&self) -> &'static EventType {
                match self { $($family::$variant(_) => { static T: EventType = crate::$variant::describe($wire, |v| crate::decode::typed(v).map(|e| Event::$family($family::$variant(e)))); &T })* }
            }
            fn data(&self) -> serde_json::Result<Value> { match self { $($family::$variant(e) => serde_json::to_value(e),)* } }
        })*

        /// An event of any type, in the newest version.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Event { $($(#[$doc])* $family($family),)* }

        impl Event {
            /// The entity the event belongs to.
            #[must_use]
            pub fn home(&self) -> EntityRef { match self { $(Event::$family(e) => e.home(),)* } }
            /// Shows every entity the event names, the home first; one may come twice.
            pub fn touch(&self, visit: &mut dyn FnMut(EntityRef)) { match self { $(Event::$family(e) => e.touch(visit),)* } }
            /// What the vocabulary knows of its type.
            #[must_use]
            pub fn event_type(&self) -> &'static EventType { match self { $(Event::$family(e) => e.event_type(),)* } }
            /// The event's `data` as JSON, in the newest version.
            pub fn data(&self) -> serde_json::Result<Value> { match self { $(Event::$family(e) => e.data(),)* } }
        }

        /// Every event type, in the order of the families.
        pub static EVENT_TYPES: &[EventType] = &[
            $($(crate::$variant::describe($wire, |v| crate::decode::typed(v).map(|e| Event::$family($family::$variant(e)))),)*)*
        ];
        /// The families, in order.
        pub const FAMILIES: &[&str] = &[$($wire,)*];
    };
}

families! {
    /// Clients, their contacts and the company's own fields.
    Clients "clients" {
        ClientRegistered, ClientRenamed, ClientAttributesSet, ClientOwnerAssigned, ClientMerged, ClientUnmerged,
        ContactAdded, ContactRoleSet, CustomFieldDefined,
    }
    /// Legal entities, and whose client they are.
    Counterparties "counterparties" { CounterpartyRegistered, CounterpartyLinked, CounterpartyUnlinked, ContractSigned }
    /// Meetings, calls and messages.
    Interactions "interactions" { InteractionPlanned, InteractionRecorded, AttributionStated }
    /// Pipelines, regulations and deals.
    Deals "deals" {
        PipelineDefined, RegulationDefined, DealOpened, DealEstimateChanged, DealStageEntered, DealPutOnHold, DealResumed,
        DealOwnerChanged, RequirementFulfilled, RequirementWaived, DealWon, DealLost, DealReopened,
    }
    /// Items, prices, limits and rates.
    Catalogue "catalogue" { ItemRegistered, PriceSet, ReplenishmentPolicySet, StockPolicySet, ProductLimitSet, ExchangeRateSet }
    /// Orders, shipments and returns.
    Orders "orders" { OrderPlaced, OrderCancelled, ShipmentDispatched, ReturnReceived }
    /// Invoices, payments and closed periods.
    Invoices "invoices" {
        InvoiceIssued, CreditNoteIssued, PaymentReceived, PaymentAllocated, PaymentUnallocated, PaymentRefunded, PaymentReversed,
        DebtWrittenOff, StatementLineImported, StatementLineMatched, PeriodClosed, PeriodReopened,
    }
    /// The company's books.
    Accounting "accounting" {
        LedgerOpened, AccountOpened, BankAccountOpened, BillReceived, BillCredited, PaymentMade, PaymentMadeAllocated, FundsTransferred, EntryPosted,
    }
    /// Warehouses, purchases and goods.
    Stock "stock" {
        WarehouseRegistered, PurchaseOrderPlaced, GoodsReceived, GoodsIssued, GoodsTransferred, StockReserved, ReservationReleased,
        StockCounted, StockAdjusted, ReceiptCostAdjusted, ProductionCompleted,
    }
    /// Sources, campaigns and segments.
    Marketing "marketing" { SourceDefined, CampaignPlanned, CampaignCostRecorded, CampaignAttended, SegmentDefined, ClassificationCompleted }
    /// Complaints.
    Claims "claims" { ClaimOpened, ClaimResponded, ClaimStatusChanged, ClaimResolved }
    /// Work to be done.
    Tasks "tasks" { TaskAssigned, TaskCompleted }
    /// Employees, targets and substitutions.
    Staff "staff" { EmployeeHired, EmployeeMoved, SubstitutionStarted, SubstitutionEnded, WorkHandedOver, KpiDefined, TargetSet }
    /// Corrections of the log itself.
    System "system" { EventVoided }
}

impl Event {
    /// The family's wire name.
    #[must_use]
    pub fn family(&self) -> &'static str {
        self.event_type().family
    }
    /// Every entity the event names, each once, the home first.
    #[must_use]
    pub fn touched(&self) -> Vec<EntityRef> {
        let mut all: Vec<EntityRef> = Vec::new();
        self.touch(&mut |entity| {
            if !all.contains(&entity) {
                all.push(entity);
            }
        });
        all
    }
}

/// The event type of a wire name.
#[must_use]
pub fn event_type(name: &str) -> Option<&'static EventType> {
    use std::{collections::HashMap, sync::LazyLock};
    static BY_NAME: LazyLock<HashMap<&'static str, &'static EventType>> = LazyLock::new(|| EVENT_TYPES.iter().map(|t| (t.name, t)).collect());
    BY_NAME.get(name).copied()
}

/// The event type of a stored code.
#[must_use]
pub fn event_type_of_code(code: u16) -> Option<&'static EventType> {
    use std::{collections::HashMap, sync::LazyLock};
    static BY_CODE: LazyLock<HashMap<u16, &'static EventType>> = LazyLock::new(|| EVENT_TYPES.iter().map(|t| (t.code, t)).collect());
    BY_CODE.get(&code).copied()
}
