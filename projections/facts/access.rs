//! Access: who may see and do what. Invariant: what is recorded counts from its position on, never
//! by its business date, so that nobody could do yesterday what is granted today; each question is
//! answered by the latest that is known.
//!
//! Each fact stands at the time it was recorded, which never decreases: replay order is the order
//! of position.

use sijil_schemas::{
    Checksum, Event, Network, Record, Subject, event::Access as AccessEvent, id::kind,
};

use crate::{
    cells::Run,
    column::Column,
    cut::Dated,
    family,
    ids::Sym,
    rows::Rows,
    words::{Word, Words},
};

mod erasures;
mod exports;
mod grants;
mod keys;
mod rights;
mod said;
mod signed;
mod subjects;
mod users;

pub use erasures::ErasureState;
use erasures::{ErasureStep, KeptCells, PartCells, RecordAt};
pub use exports::{ExportState, Exported};
use exports::{ExportStep, ModuleStep};
pub use grants::GrantState;
use grants::GrantStep;
use keys::KeyStep;
pub use keys::{KeyState, Replaced};
use rights::RightCells;
pub use signed::{CheckpointKeyState, RestoredState};
use signed::{CheckpointKeyStep, RestoredStep};
pub use subjects::{HoldState, RequestState};
use subjects::{HoldStep, RequestStep};
use users::UserStep;
pub use users::{ServiceState, UserState};

family! {
    /// What is known of roles, users, integrations, grants and keys; of what was taken out,
    /// signed, held and erased.
    pub struct Access {
        words: Words,
        /// The departments that scopes list.
        departments: Rows<Sym<Word>>,
        warehouses: Rows<Sym<kind::Warehouse>>,
        bank_accounts: Rows<Sym<kind::BankAccount>>,
        /// The rights that roles and keys list.
        rights: Rows<RightCells>,
        networks: Rows<Network>,
        roles: Column<kind::Role, Run<RightCells>>,
        users: Column<kind::User, UserStep>,
        /// By the employee behind a user.
        enrolled: Column<kind::Employee, Sym<kind::User>>,
        /// Who answers for an integration.
        services: Column<kind::Service, Sym<kind::User>>,
        grants: Column<kind::Grant, GrantStep>,
        /// By who got it, when each was given.
        granted_users: Column<kind::User, Sym<kind::Grant>>,
        granted_services: Column<kind::Service, Sym<kind::Grant>>,
        /// By the role that was given.
        granted_roles: Column<Word, Sym<kind::Grant>>,
        keys: Column<kind::AccessKey, KeyStep>,
        /// By whose it is, when each was issued.
        keys_of_users: Column<kind::User, Sym<kind::AccessKey>>,
        keys_of_services: Column<kind::Service, Sym<kind::AccessKey>>,
        modules: Column<kind::Module, ModuleStep>,
        /// By module and department, whether it can be worked with.
        switched: Column<Word, bool>,
        exports: Column<kind::Export, ExportStep>,
        checkpoint_keys: Column<kind::CheckpointKey, CheckpointKeyStep>,
        /// What was attested of each report.
        attested: Column<Word, Checksum>,
        restored: Column<kind::Company, RestoredStep>,
        requests: Column<kind::SubjectRequest, RequestStep>,
        holds: Column<kind::Hold, HoldStep>,
        /// By whom they are about, as in `client:C-17`.
        held: Column<Word, Sym<kind::Hold>>,
        restricted: Column<Word, bool>,
        erasures: Column<kind::Erasure, ErasureStep>,
        erased_subjects: Column<Word, Sym<kind::Erasure>>,
        parts: Rows<PartCells>,
        kept: Rows<KeptCells>,
        /// By the record, which of its personal parts is erased.
        erased: Column<RecordAt, u8>,
    }
}

/// What a record says, at the time it was recorded.
const fn recorded<T>(record: &Record, what: T) -> Dated<T> {
    Dated { at: record.recorded_at, position: record.position, what }
}

impl Access {
    /// Takes the next record.
    pub fn take(&self, record: &Record) {
        match &record.event {
            Event::Access(e) => self.take_access(record, e),
            Event::Clients(_)
            | Event::Counterparties(_)
            | Event::Interactions(_)
            | Event::Deals(_)
            | Event::Catalogue(_)
            | Event::Orders(_)
            | Event::Invoices(_) => (),
            Event::Accounting(_)
            | Event::Stock(_)
            | Event::Marketing(_)
            | Event::Claims(_)
            | Event::Tasks(_)
            | Event::Staff(_)
            | Event::Surveys(_)
            | Event::System(_) => (),
        }
    }
    fn take_access(&self, record: &Record, event: &AccessEvent) {
        match event {
            AccessEvent::RoleDefined(e) => {
                let rights = self.keep_rights(&e.rights, record.position);
                self.roles.push(self.ids.sym(&e.role), recorded(record, rights));
            }
            AccessEvent::UserEnrolled(e) => {
                let user = self.ids.sym(&e.user);
                let employee = e.employee.as_ref().map(|employee| self.ids.sym(employee));
                self.users.push(user, recorded(record, UserStep::Enrolled { employee }));
                if let Some(employee) = employee {
                    self.enrolled.push(employee, recorded(record, user));
                }
            }
            AccessEvent::UserSuspended(e) => {
                self.users.push(self.ids.sym(&e.user), recorded(record, UserStep::Suspended));
            }
            AccessEvent::UserResumed(e) => {
                self.users.push(self.ids.sym(&e.user), recorded(record, UserStep::Resumed));
            }
            AccessEvent::IntegrationEnrolled(e) => {
                let owner = recorded(record, self.ids.sym(&e.owner));
                self.services.push(self.ids.sym(&e.service), owner);
            }
            AccessEvent::PermissionGranted(e) => self.take_grant(record, e),
            AccessEvent::PermissionRevoked(e) => {
                self.grants.push(self.ids.sym(&e.grant), recorded(record, GrantStep::Revoked));
            }
            AccessEvent::KeyIssued(e) => self.take_key(record, e),
            AccessEvent::KeyRevoked(e) => {
                self.keys.push(self.ids.sym(&e.key), recorded(record, KeyStep::Revoked));
            }
            AccessEvent::ModuleEnabled(_)
            | AccessEvent::ModuleDisabled(_)
            | AccessEvent::ExportBegun(_)
            | AccessEvent::DataExported(_) => self.take_export(record, event),
            AccessEvent::CheckpointKeyAdded(_)
            | AccessEvent::CheckpointKeyRetired(_)
            | AccessEvent::FiguresAttested(_)
            | AccessEvent::LedgerRestored(_) => self.take_signed(record, event),
            AccessEvent::SubjectRequestReceived(_)
            | AccessEvent::SubjectRequestAnswered(_)
            | AccessEvent::HoldPlaced(_)
            | AccessEvent::HoldLifted(_)
            | AccessEvent::PersonalDataRestricted(_)
            | AccessEvent::PersonalDataReleased(_) => self.take_subject(record, event),
            AccessEvent::PersonalDataErased(e) => self.take_erased(record, e),
            AccessEvent::ErasureCompleted(e) => self.take_completed(record, e),
        }
    }
    /// The number of whom something is about, given now if there is none.
    fn subject(&self, subject: &Subject, record: &Record) -> Sym<Word> {
        self.words.intern(&subject.to_string(), record.position)
    }
}
