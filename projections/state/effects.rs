//! What each event type says about an entity, field by field. Invariant: exhaustive; of its home
//! entity, an event that is not listed with effects of its own sets its data; of another one, only
//! a hand-over of work, an issue from a reservation and a key in place of another say something.

use rust_decimal::Decimal;
use serde_json::{Map, Value, json};
use sijil_schemas::{
    Event, Record,
    event::{
        Access, Accounting, Birth, Catalogue, Claims, Clients, Counterparties, Deals, Interactions,
        Invoices, Marketing, Orders, Staff, Stock, Surveys, Tasks,
    },
    id::{EntityRef, Key, Kind},
    parts::PartNumber,
};

/// What happens to one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Effect {
    /// It gets a value.
    Put(String, Value),
    /// It no longer has one.
    Remove(String),
    /// Its value is what it was before the last change.
    Undo(String),
    /// Its value, zero at first, grows by this.
    Add(String, Decimal),
    /// Every field loses its value: a revision says everything anew.
    Clear,
}

impl Effect {
    /// The field it is about; `None` if it is about all.
    pub(crate) fn field(&self) -> Option<&str> {
        match self {
            Effect::Put(field, _)
            | Effect::Remove(field)
            | Effect::Undo(field)
            | Effect::Add(field, _) => Some(field),
            Effect::Clear => None,
        }
    }
}

fn put(field: impl Into<String>, value: impl serde::Serialize) -> Effect {
    Effect::Put(field.into(), serde_json::to_value(value).unwrap_or_default())
}
fn put_or_remove(field: &str, value: Option<&impl serde::Serialize>) -> Effect {
    value.map_or_else(|| Effect::Remove(field.to_owned()), |value| put(field, value))
}
fn status(word: &str) -> Vec<Effect> {
    vec![put("status", word)]
}

/// What a record says about an entity, in the order it takes effect; nothing if it says nothing of
/// it.
pub(crate) fn effects(entity: &EntityRef, record: &Record) -> Vec<Effect> {
    if record.event.home() == *entity {
        return of_home(record);
    }
    if let (Event::Stock(Stock::GoodsIssued(e)), Kind::Reservation) = (&record.event, entity.kind) {
        let taken = e
            .reservation
            .as_ref()
            .filter(|id| id.as_str() == entity.id())
            .map(|_| Effect::Add("taken".into(), e.qty.get()));
        return taken.into_iter().collect();
    }
    if let (Event::Access(Access::KeyIssued(e)), Kind::AccessKey) = (&record.event, entity.kind) {
        let replaced = e.replaces.as_ref().is_some_and(|key| key.as_str() == entity.id());
        let by = [put("replaced_by", &e.key), put("overlap_h", e.overlap_h.unwrap_or_default())];
        return if replaced { by.to_vec() } else { Vec::new() };
    }
    let Event::Staff(Staff::WorkHandedOver(e)) = &record.event else { return Vec::new() };
    match entity.kind {
        Kind::Client | Kind::Deal if e.refs.contains(entity) => vec![put("owner", &e.to)],
        Kind::Task if e.refs.contains(entity) => vec![put("assignee", &e.to)],
        _ => Vec::new(),
    }
}

fn of_home(record: &Record) -> Vec<Effect> {
    let mut all = match &record.event {
        Event::Clients(e) => clients(&record.event, e),
        Event::Counterparties(e) => counterparties(&record.event, e),
        Event::Interactions(e) => interactions(&record.event, e),
        Event::Deals(e) => deals(&record.event, e),
        Event::Catalogue(e) => catalogue(&record.event, e),
        Event::Orders(e) => orders(&record.event, e),
        Event::Invoices(e) => invoices(&record.event, e),
        Event::Accounting(e) => accounting(&record.event, e),
        Event::Stock(e) => stock(&record.event, e),
        Event::Marketing(e) => marketing(&record.event, e),
        Event::Claims(e) => claims(record, e),
        Event::Tasks(e) => tasks(&record.event, e),
        Event::Staff(e) => staff(&record.event, e),
        Event::Surveys(e) => surveys(e),
        Event::Access(e) => access(&record.event, e),
        Event::System(_) => return Vec::new(),
    };
    all.extend(
        record
            .event
            .attributes()
            .iter()
            .map(|(key, value)| put(format!("attributes.{key}"), value)),
    );
    all
}

/// The data itself: every field but the home id, what refers elsewhere and, where something goes
/// on, why it did.
fn data(event: &Event) -> Vec<Effect> {
    let continues = event.event_type().birth == Birth::Continues;
    let kept = |field: &str| {
        field != event.event_type().home_field
            && field != "attributes"
            && !(continues && matches!(field, "reason" | "refs"))
    };
    let fields = match event.data() {
        Ok(Value::Object(fields)) => fields,
        Ok(_) | Err(_) => Map::new(),
    };
    fields
        .into_iter()
        .filter(|(field, _)| kept(field))
        .map(|(field, value)| Effect::Put(field, value))
        .collect()
}
fn data_and(event: &Event, more: Vec<Effect>) -> Vec<Effect> {
    [data(event), more].concat()
}
/// A whole new definition in place of the one before.
fn revision(event: &Event) -> Vec<Effect> {
    [vec![Effect::Clear], data(event)].concat()
}

fn clients(event: &Event, e: &Clients) -> Vec<Effect> {
    match e {
        Clients::ClientAttributesSet(e) => {
            let one = |(key, value): (&_, &Option<_>)| {
                put_or_remove(&format!("attributes.{key}"), value.as_ref())
            };
            e.set.iter().map(one).collect()
        }
        Clients::ClientOwnerAssigned(e) => vec![put("owner", &e.employee)],
        Clients::ClientMerged(e) => vec![put("merged_into", &e.into)],
        Clients::ClientUnmerged(_) => vec![Effect::Remove("merged_into".into())],
        Clients::CustomFieldDefined(_) => revision(event),
        Clients::CustomFieldRetired(_) => status("retired"),
        Clients::ClientArchived(_) => status("archived"),
        Clients::ClientRestored(_) => status("live"),
        Clients::ClientGoalSet(e) => {
            let goal = json!({
                "metric": e.metric, "value": e.value, "by_date": e.by_date, "text": e.text,
            });
            vec![put(format!("goals.{}", e.key), goal)]
        }
        Clients::ConsentGiven(e) => consent(&e.channel, e.purpose.as_ref(), "given"),
        Clients::ConsentWithdrawn(e) => consent(&e.channel, e.purpose.as_ref(), "withdrawn"),
        Clients::AgreementNoted(_) => data_and(event, status("noted")),
        Clients::AgreementSettled(e) => vec![
            put("status", "settled"),
            put("kept", e.kept),
            put_or_remove("outcome", e.text.as_ref()),
        ],
        Clients::ClientRegistered(_)
        | Clients::ClientRenamed(_)
        | Clients::ContactAdded(_)
        | Clients::ContactRoleSet(_)
        | Clients::ContactChannelsChanged(_) => data(event),
    }
}

/// What was said for everything, and what was said for one purpose, stand beside each other.
fn consent(channel: &Key, purpose: Option<&Key>, said: &str) -> Vec<Effect> {
    let field = match purpose {
        Some(purpose) => format!("consents.{channel}.{purpose}"),
        None => format!("consents.{channel}"),
    };
    vec![put(field, said)]
}

fn counterparties(event: &Event, e: &Counterparties) -> Vec<Effect> {
    match e {
        Counterparties::CounterpartyUnlinked(_) => vec![Effect::Remove("client".into())],
        Counterparties::CounterpartyRegistered(_)
        | Counterparties::CounterpartyLinked(_)
        | Counterparties::CounterpartyDetailsChanged(_)
        | Counterparties::ContractSigned(_)
        | Counterparties::ContractAmended(_) => data(event),
        Counterparties::ContractTerminated(_) => status("terminated"),
    }
}

fn interactions(event: &Event, e: &Interactions) -> Vec<Effect> {
    match e {
        Interactions::InteractionPlanned(_) => data_and(event, status("planned")),
        Interactions::InteractionRecorded(_) => data_and(event, status("recorded")),
        Interactions::InteractionAnnotated(e) => vec![put("annotation", &e.text)],
        Interactions::AttributionStated(e) => {
            let question = serde_json::to_value(e.question).unwrap_or_default();
            vec![put(
                format!("attribution.{}", question.as_str().unwrap_or_default()),
                json!({"source": e.source, "detail": e.detail}),
            )]
        }
    }
}

fn deals(event: &Event, e: &Deals) -> Vec<Effect> {
    match e {
        Deals::PipelineDefined(_) | Deals::RegulationDefined(_) => revision(event),
        Deals::DealOpened(_) => data_and(event, status("open")),
        Deals::DealEstimateChanged(_) | Deals::DealItemsChanged(_) => data(event),
        Deals::DealClientSet(e) => vec![
            put_or_remove("client", e.client.as_ref()),
            put_or_remove("counterparty", e.counterparty.as_ref()),
        ],
        Deals::DealParticipantSet(e) => {
            vec![put_or_remove(&format!("participants.{}", e.contact), e.role.as_ref())]
        }
        Deals::DealCompetitorsSet(e) => vec![put("competitors", &e.competitors)],
        Deals::DealCreditSharesSet(e) => vec![put("credit_shares", json!(e.shares))],
        Deals::DealStageEntered(e) => vec![put("stage", &e.to)],
        Deals::DealPutOnHold(_) => status("on_hold"),
        Deals::DealResumed(_) => status("open"),
        Deals::DealOwnerChanged(e) => vec![put("owner", &e.to)],
        Deals::RequirementFulfilled(e) => {
            vec![put(format!("requirements.{}.{}", e.requirement, e.visit), "fulfilled")]
        }
        Deals::RequirementWaived(e) => {
            vec![put(format!("requirements.{}.{}", e.requirement, e.visit), "waived")]
        }
        Deals::DealWon(_) => data_and(event, status("won")),
        Deals::DealLost(e) => {
            vec![
                put("status", "lost"),
                put("lost_at_stage", &e.at_stage),
                put("lost_reason", &e.reason),
                put_or_remove("competitor", e.competitor.as_ref()),
            ]
        }
        Deals::DealReopened(e) => {
            let closed = ["lost_at_stage", "lost_reason", "competitor"]
                .map(|field| Effect::Remove(field.into()));
            [vec![put("status", "open"), put("stage", &e.stage)], closed.to_vec()].concat()
        }
    }
}

fn catalogue(event: &Event, e: &Catalogue) -> Vec<Effect> {
    match e {
        Catalogue::PriceSet(e) => vec![put(format!("prices.{}.{}", e.item, e.valid_from), e.price)],
        Catalogue::ReplenishmentPolicySet(e) => {
            let policy = json!({
                "safety": e.safety, "max": e.max, "multiple": e.multiple, "lead_days": e.lead_days,
            });
            vec![put(format!("replenishment.{}", e.warehouse), policy)]
        }
        Catalogue::StockPolicySet(_) | Catalogue::ProductLimitSet(_) => revision(event),
        Catalogue::ItemRegistered(_)
        | Catalogue::ExchangeRateSet(_)
        | Catalogue::CurrencyDefined(_) => data(event),
    }
}

/// The lines of a later part stand beside those of the opening.
fn part(number: PartNumber, lines: &impl serde::Serialize) -> Vec<Effect> {
    vec![put(format!("lines.{}", u8::from(number)), json!(lines))]
}

fn orders(event: &Event, e: &Orders) -> Vec<Effect> {
    match e {
        Orders::OrderPlaced(_) => data_and(event, status("placed")),
        Orders::OrderCancelled(_) => status("cancelled"),
        Orders::OrderClosed(_) => status("closed"),
        Orders::ShipmentDispatched(_) | Orders::ReturnReceived(_) => data(event),
        Orders::QuoteIssued(_) => data_and(event, status("issued")),
        Orders::QuoteAccepted(_) => data_and(event, status("accepted")),
        Orders::QuoteDeclined(_) => data_and(event, status("declined")),
        Orders::QuoteLinesAdded(e) => part(e.part, &e.lines),
        Orders::OrderLinesAdded(e) => part(e.part, &e.lines),
        Orders::ShipmentLinesAdded(e) => part(e.part, &e.lines),
        Orders::ReturnLinesAdded(e) => part(e.part, &e.lines),
    }
}

fn invoices(event: &Event, e: &Invoices) -> Vec<Effect> {
    match e {
        Invoices::PaymentAllocated(e) => {
            vec![Effect::Add(format!("allocated.{}", e.invoice), e.amount.get())]
        }
        Invoices::PaymentUnallocated(e) => {
            vec![Effect::Add(format!("allocated.{}", e.invoice), -e.amount.get())]
        }
        Invoices::CreditNoteAllocated(e) => {
            vec![Effect::Add(format!("allocated.{}", e.invoice), e.amount.get())]
        }
        Invoices::CreditNoteUnallocated(e) => {
            vec![Effect::Add(format!("allocated.{}", e.invoice), -e.amount.get())]
        }
        Invoices::InvoiceLinesAdded(e) => part(e.part, &e.lines),
        Invoices::CreditNoteLinesAdded(e) => part(e.part, &e.lines),
        Invoices::CreditNoteRefunded(e) => vec![Effect::Add("refunded".into(), e.amount.get())],
        Invoices::PaymentRefunded(e) => vec![Effect::Add("refunded".into(), e.amount.get())],
        Invoices::PaymentReversed(_) => status("reversed"),
        Invoices::DebtWrittenOff(e) => vec![Effect::Add("written_off".into(), e.amount.get())],
        Invoices::SetOffRecorded(_) => data_and(event, status("recorded")),
        Invoices::SetOffReversed(_) => status("reversed"),
        Invoices::InvoiceBroughtForward(_) | Invoices::PaymentBroughtForward(_) => data(event),
        Invoices::PeriodReopened(_) => vec![Effect::Undo("until".into())],
        Invoices::InvoiceIssued(_)
        | Invoices::CreditNoteIssued(_)
        | Invoices::PaymentReceived(_) => data(event),
        Invoices::StatementLineImported(_)
        | Invoices::StatementLineMatched(_)
        | Invoices::PeriodClosed(_) => data(event),
    }
}

fn accounting(event: &Event, e: &Accounting) -> Vec<Effect> {
    match e {
        Accounting::PaymentMadeAllocated(e) => {
            vec![Effect::Add(format!("allocated.{}", e.bill), e.amount.get())]
        }
        Accounting::PaymentMadeUnallocated(e) => {
            vec![Effect::Add(format!("allocated.{}", e.bill), -e.amount.get())]
        }
        Accounting::PaymentMadeRefunded(e) => vec![Effect::Add("refunded".into(), e.amount.get())],
        Accounting::BillWrittenOff(e) => vec![Effect::Add("written_off".into(), e.amount.get())],
        Accounting::ExpenseRecorded(_) => data_and(event, status("recorded")),
        Accounting::ExpenseReversed(_) => status("reversed"),
        // What it is worth, the books say.
        Accounting::AccountRevalued(_) => Vec::new(),
        Accounting::BillBroughtForward(_) | Accounting::FundsExchanged(_) => data(event),
        Accounting::LedgerOpened(_)
        | Accounting::AccountOpened(_)
        | Accounting::BankAccountOpened(_)
        | Accounting::BillReceived(_) => data(event),
        Accounting::BillLinesAdded(e) => part(e.part, &e.lines),
        Accounting::BillCreditLinesAdded(e) => part(e.part, &e.lines),
        Accounting::BillCredited(_)
        | Accounting::PaymentMade(_)
        | Accounting::FundsTransferred(_)
        | Accounting::EntryPosted(_) => data(event),
    }
}

fn stock(event: &Event, e: &Stock) -> Vec<Effect> {
    match e {
        Stock::ReservationReleased(e) => match e.qty {
            Some(qty) => vec![Effect::Add("released".into(), qty.get())],
            None => status("released"),
        },
        Stock::StockReserved(_) => data_and(event, status("reserved")),
        Stock::ReceiptCostAdjusted(e) => {
            vec![Effect::Add("cost_adjusted".into(), e.delta_value.amount.get())]
        }
        Stock::WarehouseRegistered(_)
        | Stock::PurchaseOrderPlaced(_)
        | Stock::GoodsReceived(_)
        | Stock::GoodsIssued(_)
        | Stock::GoodsTransferred(_) => data(event),
        Stock::StockCounted(_) | Stock::StockAdjusted(_) | Stock::ProductionCompleted(_) => {
            data(event)
        }
        Stock::PurchaseOrderClosed(_) => status("closed"),
        Stock::PurchaseOrderLinesAdded(e) => part(e.part, &e.lines),
    }
}

fn marketing(event: &Event, e: &Marketing) -> Vec<Effect> {
    match e {
        Marketing::SourceDefined(_) | Marketing::SegmentDefined(_) => revision(event),
        Marketing::CampaignCostRecorded(e) => {
            vec![Effect::Add(format!("cost.{}", e.amount.currency), e.amount.amount.get())]
        }
        Marketing::CampaignAttended(e) => vec![put(format!("attended.{}", e.client), true)],
        Marketing::CampaignPlanned(_)
        | Marketing::ClassificationCompleted(_)
        | Marketing::CompetitorRegistered(_) => data(event),
        Marketing::CampaignStarted(_) => status("started"),
        Marketing::CampaignEnded(_) => status("ended"),
        Marketing::CompetitorFactObserved(e) => {
            let kind = serde_json::to_value(e.kind).unwrap_or_default();
            let kind = kind.as_str().unwrap_or_default();
            let field = match &e.item {
                Some(item) => format!("{kind}.{item}"),
                None => kind.to_owned(),
            };
            let seen = json!({
                "value": e.value, "currency": e.currency, "source": e.source, "text": e.text,
            });
            vec![put(field, seen)]
        }
    }
}

fn surveys(e: &Surveys) -> Vec<Effect> {
    match e {
        Surveys::SurveyPublished(e) => vec![
            put("questions", json!(e.questions)),
            put_or_remove("closes_on", e.closes_on.as_ref()),
            put("status", "open"),
        ],
        Surveys::SurveyInvited(e) => vec![put(format!("invited.{}", e.respondent), true)],
        Surveys::SurveyAnswered(_) => vec![Effect::Add("answers".into(), Decimal::ONE)],
        Surveys::SurveyClosed(_) => status("closed"),
    }
}

fn claims(record: &Record, e: &Claims) -> Vec<Effect> {
    match e {
        Claims::ClaimOpened(_) => data_and(&record.event, status("open")),
        Claims::ClaimResponded(_) => vec![put("last_response_at", record.occurred_at())],
        Claims::ClaimStatusChanged(e) => vec![put("status", e.to)],
        Claims::ClaimResolved(_) => data_and(&record.event, status("resolved")),
        Claims::ClaimAssigned(e) => vec![put("assignee", &e.employee)],
        Claims::ClaimRejected(e) => vec![put("status", "rejected"), put("rejected_for", &e.reason)],
        Claims::ClaimReopened(_) => {
            let closed = ["resolution", "rejected_for"].map(|field| Effect::Remove(field.into()));
            [status("open"), closed.to_vec()].concat()
        }
        Claims::WarrantyStarted(_) | Claims::ServicePerformed(_) => data(&record.event),
    }
}

fn tasks(event: &Event, e: &Tasks) -> Vec<Effect> {
    match e {
        Tasks::TaskAssigned(_) => data_and(event, status("assigned")),
        Tasks::TaskCompleted(_) => data_and(event, status("completed")),
        Tasks::TaskStarted(_) => status("started"),
        Tasks::TaskCancelled(_) => status("cancelled"),
        Tasks::TaskReassigned(e) => vec![put("assignee", &e.to)],
        Tasks::TaskDueChanged(e) => vec![put("due", e.due)],
        Tasks::ReminderSet(_) => data_and(event, status("set")),
        Tasks::ReminderDone(_) => status("done"),
        Tasks::TimeLogged(_) => data(event),
    }
}

fn staff(event: &Event, e: &Staff) -> Vec<Effect> {
    match e {
        Staff::EmployeeMoved(e) => vec![
            put("department", &e.department),
            put("role", &e.role),
            put_or_remove("manager", e.manager.as_ref()),
        ],
        Staff::SubstitutionStarted(_) => data_and(event, status("started")),
        Staff::SubstitutionEnded(_) => data_and(event, status("ended")),
        Staff::WorkHandedOver(_) => Vec::new(),
        Staff::EmployeeDismissed(_) => status("dismissed"),
        Staff::KpiDefined(_) | Staff::TargetSet(_) | Staff::StaffPlanSet(_) => revision(event),
        Staff::EmployeeHired(_) | Staff::EmployeeAbsent(_) => data(event),
    }
}

/// A key's hash is nobody's business who looks at a card.
fn access(event: &Event, e: &Access) -> Vec<Effect> {
    match e {
        Access::RoleDefined(_) => revision(event),
        Access::UserEnrolled(_) | Access::IntegrationEnrolled(_) => {
            data_and(event, status("enrolled"))
        }
        Access::UserSuspended(_) => status("suspended"),
        Access::UserResumed(_) => status("enrolled"),
        Access::PermissionGranted(_) => data_and(event, status("granted")),
        Access::KeyIssued(_) => {
            let mut all = data_and(event, status("issued"));
            // How long the one it replaces is still good is said of that one.
            all.retain(|effect| !matches!(effect.field(), Some("sha256" | "overlap_h")));
            all
        }
        Access::PermissionRevoked(_) | Access::KeyRevoked(_) => status("revoked"),
        Access::ModuleEnabled(e) => switched(e.department.as_ref(), "enabled"),
        Access::ModuleDisabled(e) => switched(e.department.as_ref(), "disabled"),
        Access::ExportBegun(_) => data_and(event, status("begun")),
        Access::DataExported(_) => data_and(event, status("exported")),
        Access::CheckpointKeyAdded(_) => data_and(event, status("added")),
        Access::CheckpointKeyRetired(_) => status("retired"),
        Access::FiguresAttested(e) => vec![put(format!("attested.{}", e.report), e.sha256)],
        Access::LedgerRestored(e) => vec![put("incarnation", &e.incarnation)],
        Access::SubjectRequestReceived(_) => data_and(event, status("received")),
        Access::SubjectRequestAnswered(_) => data_and(event, status("answered")),
        Access::HoldPlaced(_) => data_and(event, status("placed")),
        Access::HoldLifted(_) => status("lifted"),
        Access::PersonalDataRestricted(e) => vec![put("restricted", e.basis)],
        Access::PersonalDataReleased(_) => vec![Effect::Remove("restricted".into())],
        Access::PersonalDataErased(_) => data_and(event, status("erased")),
        Access::ErasureCompleted(e) => vec![put(format!("completed.{}", e.place), true)],
    }
}

/// What is said of the whole company is the module's status; of a department a field of its own.
fn switched(department: Option<&Key>, to: &str) -> Vec<Effect> {
    match department {
        Some(department) => vec![put(format!("departments.{department}"), to)],
        None => vec![Effect::Clear, put("status", to)],
    }
}
