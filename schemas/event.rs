//! What every event type has in common, and the registry of all types. Invariant: a type's name,
//! code and home never change once released.

use schemars::{
    Schema, SchemaGenerator,
    generate::SchemaSettings,
    transform::{RecursiveTransform, Transform},
};
use serde::Serialize;
use serde_json::Value;

use crate::{
    coin::{Coin, Place},
    decode::Refusal,
    id::{EntityRef, Kind},
    upcast::{grown_from, old_release, old_schema},
};

mod named;
mod registry;

pub use registry::{event_type, event_type_of_code};

/// How an event stands to the life of its home entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(inline)]
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
    pub(crate) parse: fn(&Value) -> Result<Event, Refusal>,
    pub(crate) read: fn(&str) -> serde_json::Result<Event>,
    pub(crate) release: Release,
    pub(crate) schema: fn(&mut SchemaGenerator) -> Schema,
}

impl EventType {
    /// The JSON Schema of `data` in the newest version, generated from the type.
    #[must_use]
    pub fn json_schema(&self) -> Value {
        self.generate(self.version, self.schema)
    }

    /// The JSON Schema of `data` in any version, generated from the type (as released, where a
    /// later version only grew); `None` if there is no such version.
    #[must_use]
    pub fn generated_schema(&self, version: u8) -> Option<Value> {
        if version == self.version {
            return Some(self.json_schema());
        }
        if let Some(before) = grown_from(self.name, version) {
            // It has no type of its own: what its file says is held against what is read by the
            // differential tests.
            return serde_json::from_str(before.schema).ok();
        }
        let mut found = true;
        let schema = self.generate(version, |generator| {
            old_schema(self.name, version, generator).unwrap_or_else(|| {
                found = false;
                Schema::default()
            })
        });
        found.then_some(schema)
    }

    /// The JSON Schema of `data` in a version as it was released; `None` if there is no such
    /// version.
    #[must_use]
    pub fn released_schema(&self, version: u8) -> Option<&'static str> {
        self.released(version).map(|release| release.schema)
    }

    /// A whole draft of a version as it was released; `None` if there is no such version.
    #[must_use]
    pub fn released_example(&self, version: u8) -> Option<&'static str> {
        self.released(version).map(|release| release.example)
    }

    /// A whole draft of the newest version.
    #[must_use]
    pub fn example(&self) -> Value {
        match serde_json::from_str(self.release.example) {
            Ok(example) => example,
            Err(e) => {
                unreachable!("json/{}/v{}.example.json is JSON: {e}", self.name, self.version)
            }
        }
    }

    /// Whether Sijil makes the home entity's id when a draft leaves it out.
    #[must_use]
    pub const fn makes_home_id(&self) -> bool {
        !matches!(self.birth, Birth::Continues)
            && !matches!(
                self.home_kind,
                None | Some(
                    Kind::Area | Kind::Currency | Kind::Event | Kind::Account | Kind::Module
                )
            )
    }

    fn released(&self, version: u8) -> Option<Release> {
        if version == self.version { Some(self.release) } else { old_release(self.name, version) }
    }

    fn generate(&self, version: u8, schema: impl FnOnce(&mut SchemaGenerator) -> Schema) -> Value {
        let mut generator = SchemaSettings::draft2020_12().into_generator();
        let mut schema = schema(&mut generator);
        let definitions = generator.take_definitions(true);
        if !definitions.is_empty() {
            schema.insert("$defs".into(), Value::Object(definitions));
        }
        schema.insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
        schema.insert("title".into(), format!("{} v{version}", self.name).into());
        if let (true, Some(Value::Array(required))) =
            (self.makes_home_id(), schema.get_mut("required"))
        {
            required.retain(|field| field != self.home_field);
        }
        // A description is one line, however its comment is broken into lines.
        let mut on_one_line = RecursiveTransform(|schema: &mut Schema| {
            if let Some(Value::String(text)) = schema.get_mut("description") {
                *text = text.replace('\n', " ");
            }
        });
        on_one_line.transform(&mut schema);
        schema.to_value()
    }
}

/// The files of a released version, as they stand in `json/`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Release {
    pub(crate) schema: &'static str,
    pub(crate) example: &'static str,
}

/// Ties an event type's struct to its entry in the registry.
pub(crate) trait Described {
    const TYPE: &'static EventType;
}

/// What one event type's struct answers about itself.
pub(crate) trait Body: Sized {
    fn home(&self) -> EntityRef;
    fn touch(&self, visit: &mut dyn FnMut(EntityRef));
    fn coins(&self, visit: &mut dyn FnMut(Coin));
    fn paths(&self, visit: &mut dyn FnMut(&crate::id::AccountId));
    fn refs(&self) -> &[EntityRef];
    fn attributes(&self) -> &crate::text::Attributes;
}

/// The home entity an event's first field names.
pub(crate) trait Home {
    const KIND: Option<Kind>;
    fn home(&self) -> EntityRef;
    /// Shows the currency, where the home entity is one.
    fn coins(&self, _place: Place, _visit: &mut dyn FnMut(Coin)) {}
}
impl<K: crate::id::Entity> Home for crate::id::Id<K> {
    const KIND: Option<Kind> = Some(K::KIND);
    fn home(&self) -> EntityRef {
        self.entity()
    }
    fn coins(&self, place: Place, visit: &mut dyn FnMut(Coin)) {
        crate::text::Field::coins(self, place, visit);
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
        #[derive(
            Debug, Clone, PartialEq, Eq,
            serde::Serialize, serde::Deserialize, schemars::JsonSchema,
        )]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $(#[$home_doc])* pub $home: $home_ty,
            $($(#[$field_doc])*
            #[serde(skip_serializing_if = "crate::text::Field::is_absent")]
            pub $field: $ty,)*
            /// Other entities this event is about.
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            pub refs: Vec<crate::id::EntityRef>,
            /// The company's own fields; nothing personal.
            #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
            #[schemars(extend("maxProperties" = crate::text::ATTRIBUTES_MAX))]
            pub attributes: crate::text::Attributes,
        }
        impl crate::event::Body for $name {
            fn home(&self) -> crate::id::EntityRef { crate::event::Home::home(&self.$home) }
            fn touch(&self, visit: &mut dyn FnMut(crate::id::EntityRef)) {
                visit(crate::event::Home::home(&self.$home));
                $(crate::text::Field::touch(&self.$field, visit);)*
                for entity in &self.refs { visit(entity.clone()); }
            }
            fn coins(&self, visit: &mut dyn FnMut(crate::coin::Coin)) {
                let home = crate::coin::Place::of(stringify!($home));
                crate::event::Home::coins(&self.$home, home, visit);
                $(
                    let place = crate::coin::Place::of(stringify!($field));
                    crate::text::Field::coins(&self.$field, place, visit);
                )*
            }
            fn paths(&self, visit: &mut dyn FnMut(&crate::id::AccountId)) {
                $(crate::text::Field::paths(&self.$field, visit);)*
                // Of an event without fields none.
                let _ = visit;
            }
            fn refs(&self) -> &[crate::id::EntityRef] { &self.refs }
            fn attributes(&self) -> &crate::text::Attributes { &self.attributes }
        }
        impl $name {
            const PERSONAL_COUNT: usize = 0 $(+ <$ty as crate::text::Field>::PERSONAL as usize)*;
            const PERSONAL: [(&'static str, bool); Self::PERSONAL_COUNT] = {
                let all: &[(bool, &'static str, bool)] = &[$((
                    <$ty as crate::text::Field>::PERSONAL,
                    stringify!($field),
                    !<$ty as crate::text::Field>::OPTIONAL,
                )),*];
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
            pub(crate) const fn describe(
                family: &'static str,
                parse: fn(
                    &serde_json::Value,
                ) -> Result<crate::event::Event, crate::decode::Refusal>,
                read: fn(&str) -> serde_json::Result<crate::event::Event>,
            ) -> crate::event::EventType {
                crate::event::EventType {
                    name: $wire,
                    code: $code,
                    family,
                    version: $version,
                    birth: crate::event::Birth::$birth,
                    home_field: stringify!($home),
                    home_kind: <$home_ty as crate::event::Home>::KIND,
                    personal: &Self::PERSONAL,
                    parse,
                    read,
                    release: crate::event::Release {
                        schema: include_str!(concat!("json/", $wire, "/v", $version, ".json")),
                        example: include_str!(
                            concat!("json/", $wire, "/v", $version, ".example.json")
                        ),
                    },
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
        pub enum $family {
            $(
                #[doc = concat!(
                    "See [`", stringify!($variant), "`](crate::", stringify!($variant), ")."
                )]
                $variant(crate::$variant),
            )*
        }

        impl $family {
            fn home(&self) -> EntityRef {
                match self { $($family::$variant(e) => e.home(),)* }
            }
            fn touch(&self, visit: &mut dyn FnMut(EntityRef)) {
                match self { $($family::$variant(e) => e.touch(visit),)* }
            }
            fn coins(&self, visit: &mut dyn FnMut(Coin)) {
                match self { $($family::$variant(e) => e.coins(visit),)* }
            }
            fn paths(&self, visit: &mut dyn FnMut(&crate::id::AccountId)) {
                match self { $($family::$variant(e) => e.paths(visit),)* }
            }
            fn refs(&self) -> &[EntityRef] {
                match self { $($family::$variant(e) => e.refs(),)* }
            }
            fn attributes(&self) -> &crate::text::Attributes {
                match self { $($family::$variant(e) => e.attributes(),)* }
            }
            fn event_type(&self) -> &'static EventType {
                match self { $($family::$variant(_) => <crate::$variant as Described>::TYPE,)* }
            }
            fn data(&self) -> serde_json::Result<Value> {
                match self { $($family::$variant(e) => serde_json::to_value(e),)* }
            }
        }
        $(impl Described for crate::$variant {
            const TYPE: &'static EventType = &crate::$variant::describe(
                $wire,
                |value| {
                    crate::decode::typed_ref(value).map(|e| Event::$family($family::$variant(e)))
                },
                |json| serde_json::from_str(json).map(|e| Event::$family($family::$variant(e))),
            );
        })*)*

        /// An event of any type, in the newest version.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Event { $($(#[$doc])* $family($family),)* }

        impl Event {
            /// The entity the event belongs to.
            #[must_use]
            pub fn home(&self) -> EntityRef {
                match self { $(Event::$family(e) => e.home(),)* }
            }
            /// Shows every entity the event names, the home first; one may come twice.
            pub fn touch(&self, visit: &mut dyn FnMut(EntityRef)) {
                match self { $(Event::$family(e) => e.touch(visit),)* }
            }
            /// Shows every amount and every currency the event names, with where it stands.
            pub fn coins(&self, visit: &mut dyn FnMut(Coin)) {
                match self { $(Event::$family(e) => e.coins(visit),)* }
            }
            /// Shows the paths of accounts the event posts to, which need not have been opened.
            pub fn paths(&self, visit: &mut dyn FnMut(&crate::id::AccountId)) {
                match self { $(Event::$family(e) => e.paths(visit),)* }
            }
            /// The other entities the event is about: the last that [`Event::touch`] shows.
            #[must_use]
            pub fn refs(&self) -> &[EntityRef] {
                match self { $(Event::$family(e) => e.refs(),)* }
            }
            /// The company's own fields on the event.
            #[must_use]
            pub fn attributes(&self) -> &crate::text::Attributes {
                match self { $(Event::$family(e) => e.attributes(),)* }
            }
            /// What the vocabulary knows of its type.
            #[must_use]
            pub fn event_type(&self) -> &'static EventType {
                match self { $(Event::$family(e) => e.event_type(),)* }
            }
            /// The event's `data` as JSON, in the newest version.
            pub fn data(&self) -> serde_json::Result<Value> {
                match self { $(Event::$family(e) => e.data(),)* }
            }
        }

        /// Every event type, in the order of the families.
        pub static EVENT_TYPES: &[EventType] = &[
            $($(*<crate::$variant as Described>::TYPE,)*)*
        ];
        /// The families, in order.
        pub const FAMILIES: &[&str] = &[$($wire,)*];
    };
}

families! {
    /// Clients, their contacts and the company's own fields.
    Clients "clients" {
        ClientRegistered, ClientRenamed, ClientAttributesSet, ClientOwnerAssigned, ClientMerged,
        ClientUnmerged, ContactAdded, ContactRoleSet, CustomFieldDefined, ClientArchived,
        ClientRestored, ClientGoalSet, ContactChannelsChanged, ConsentGiven, ConsentWithdrawn,
        AgreementNoted, AgreementSettled, CustomFieldRetired,
    }
    /// Legal entities, and whose client they are.
    Counterparties "counterparties" {
        CounterpartyRegistered, CounterpartyLinked, CounterpartyUnlinked, ContractSigned,
        CounterpartyDetailsChanged, ContractAmended, ContractTerminated,
    }
    /// Meetings, calls and messages.
    Interactions "interactions" {
        InteractionPlanned, InteractionRecorded, AttributionStated, InteractionAnnotated,
    }
    /// Pipelines, regulations and deals.
    Deals "deals" {
        PipelineDefined, RegulationDefined, DealOpened, DealEstimateChanged, DealStageEntered,
        DealPutOnHold, DealResumed, DealOwnerChanged, RequirementFulfilled, RequirementWaived,
        DealWon, DealLost, DealReopened, DealItemsChanged, DealClientSet, DealParticipantSet,
        DealCompetitorsSet, DealCreditSharesSet,
    }
    /// Items, prices, limits and rates.
    Catalogue "catalogue" {
        ItemRegistered, PriceSet, ReplenishmentPolicySet, StockPolicySet, ProductLimitSet,
        ExchangeRateSet, CurrencyDefined,
    }
    /// Quotes, orders, shipments and returns.
    Orders "orders" {
        OrderPlaced, OrderCancelled, ShipmentDispatched, ReturnReceived, OrderLinesAdded,
        ShipmentLinesAdded, ReturnLinesAdded, OrderClosed, QuoteIssued, QuoteAccepted,
        QuoteDeclined, QuoteLinesAdded,
    }
    /// Invoices, payments and closed periods.
    Invoices "invoices" {
        InvoiceIssued, CreditNoteIssued, PaymentReceived, PaymentAllocated, PaymentUnallocated,
        PaymentRefunded, PaymentReversed, DebtWrittenOff, StatementLineImported,
        StatementLineMatched, PeriodClosed, PeriodReopened, CreditNoteAllocated,
        CreditNoteUnallocated, CreditNoteRefunded, InvoiceLinesAdded, CreditNoteLinesAdded,
        InvoiceBroughtForward, PaymentBroughtForward, SetOffRecorded, SetOffReversed,
    }
    /// The company's books.
    Accounting "accounting" {
        LedgerOpened, AccountOpened, BankAccountOpened, BillReceived, BillCredited, PaymentMade,
        PaymentMadeAllocated, FundsTransferred, EntryPosted, BillLinesAdded, BillCreditLinesAdded,
        BillBroughtForward, ExpenseRecorded, ExpenseReversed, PaymentMadeUnallocated,
        PaymentMadeRefunded, BillWrittenOff, FundsExchanged, AccountRevalued,
    }
    /// Warehouses, purchases and goods.
    Stock "stock" {
        WarehouseRegistered, PurchaseOrderPlaced, GoodsReceived, GoodsIssued, GoodsTransferred,
        StockReserved, ReservationReleased, StockCounted, StockAdjusted, ReceiptCostAdjusted,
        ProductionCompleted, PurchaseOrderClosed, PurchaseOrderLinesAdded,
    }
    /// Sources, campaigns, segments and competitors.
    Marketing "marketing" {
        SourceDefined, CampaignPlanned, CampaignCostRecorded, CampaignAttended, SegmentDefined,
        ClassificationCompleted, CompetitorRegistered, CompetitorFactObserved, CampaignStarted,
        CampaignEnded,
    }
    /// Complaints, warranties and service.
    Claims "claims" {
        ClaimOpened, ClaimResponded, ClaimStatusChanged, ClaimResolved, ClaimAssigned,
        ClaimRejected, ClaimReopened, WarrantyStarted, ServicePerformed,
    }
    /// Work to be done, reminders, and the time it took.
    Tasks "tasks" {
        TaskAssigned, TaskCompleted, TaskStarted, TaskCancelled, TaskReassigned, TaskDueChanged,
        ReminderSet, ReminderDone, TimeLogged,
    }
    /// Employees, absences, targets and substitutions.
    Staff "staff" {
        EmployeeHired, EmployeeMoved, SubstitutionStarted, SubstitutionEnded, WorkHandedOver,
        KpiDefined, TargetSet, EmployeeAbsent, EmployeeDismissed, StaffPlanSet,
    }
    /// What clients are asked, and what they answer.
    Surveys "surveys" { SurveyPublished, SurveyInvited, SurveyAnswered, SurveyClosed }
    /// Roles, users, integrations, grants and keys; what was taken out, signed, held and erased.
    Access "access" {
        RoleDefined, UserEnrolled, UserSuspended, UserResumed, IntegrationEnrolled,
        PermissionGranted, PermissionRevoked, KeyIssued, KeyRevoked, ModuleEnabled, ModuleDisabled,
        ExportBegun, DataExported, CheckpointKeyAdded, CheckpointKeyRetired, FiguresAttested,
        LedgerRestored, SubjectRequestReceived, SubjectRequestAnswered, HoldPlaced, HoldLifted,
        PersonalDataRestricted, PersonalDataReleased, PersonalDataErased, ErasureCompleted,
    }
    /// Corrections of the log itself, and where it came from.
    System "system" { EventVoided, ImportKeyed }
}
