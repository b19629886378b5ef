//! Which entities are somebody's. Invariant: every kind is told here, so that a new one is none
//! that anybody sees by chance.

use sijil_schemas::id::Kind;

/// Whether entities of a kind configure the company, and are nobody's own.
#[expect(clippy::too_many_lines, reason = "one kind after the other")]
pub(super) const fn configures(kind: Kind) -> bool {
    match kind {
        Kind::Company
        | Kind::CustomField
        | Kind::Pipeline
        | Kind::Regulation
        | Kind::Item
        | Kind::PriceList
        | Kind::StockPolicy
        | Kind::Limit
        | Kind::Currency
        | Kind::Account
        | Kind::Area
        | Kind::Source
        | Kind::Campaign
        | Kind::Segment
        | Kind::Competitor
        | Kind::Survey
        | Kind::Kpi => true,
        Kind::Client
        | Kind::Contact
        | Kind::Counterparty
        | Kind::Contract
        | Kind::Interaction
        | Kind::Deal
        | Kind::Order
        | Kind::Shipment
        | Kind::GoodsReturn
        | Kind::Invoice
        | Kind::CreditNote
        | Kind::Payment
        | Kind::StatementLine
        | Kind::BankAccount
        | Kind::Bill
        | Kind::BillCredit
        | Kind::FundsTransfer
        | Kind::Entry
        | Kind::Warehouse
        | Kind::PurchaseOrder
        | Kind::Receipt
        | Kind::Issue
        | Kind::GoodsTransfer
        | Kind::Reservation
        | Kind::Count
        | Kind::Adjustment
        | Kind::Production
        | Kind::Classification
        | Kind::Claim
        | Kind::Task
        | Kind::Employee
        | Kind::Substitution
        | Kind::Target
        | Kind::Event
        | Kind::Import
        | Kind::Role
        | Kind::User
        | Kind::Service
        | Kind::Grant
        | Kind::AccessKey
        | Kind::Module
        | Kind::Export
        | Kind::CheckpointKey
        | Kind::SubjectRequest
        | Kind::Hold
        | Kind::Erasure
        | Kind::Warranty
        | Kind::ServiceJob
        | Kind::Reminder
        | Kind::TimeEntry
        | Kind::Absence
        | Kind::StaffPlan
        | Kind::SetOff
        | Kind::Expense
        | Kind::FundsExchange
        | Kind::Agreement
        | Kind::Quote => false,
    }
}

/// Whether entities of a kind are somebody's, so that not everybody may know of each.
pub(super) const fn is_somebodys(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Client
            | Kind::Contact
            | Kind::Counterparty
            | Kind::Contract
            | Kind::Interaction
            | Kind::Deal
            | Kind::Order
            | Kind::Shipment
            | Kind::GoodsReturn
            | Kind::Invoice
            | Kind::CreditNote
            | Kind::Payment
            | Kind::Claim
            | Kind::Task
            | Kind::Warranty
            | Kind::ServiceJob
            | Kind::Reminder
            | Kind::TimeEntry
            | Kind::SetOff
            | Kind::Agreement
            | Kind::Quote
    )
}
