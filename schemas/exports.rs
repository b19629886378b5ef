//! What leaves the ledger and who vouches for it: modules, exports, signing keys, attested figures,
//! restores. Invariant: what was taken out is told by numbers and hashes, never by what it held.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    access::{Checksum, VerifierKey, words},
    event::{Home, event},
    id::{CheckpointKeyId, CompanyId, EntityRef, ExportId, Key, Kind, ModuleId},
    record::Position,
    text::{Name, Text, plain_fields},
    time::Timestamp,
};

words! {
    /// A part of the vocabulary that departments work with or not.
    Module {
        /// Clients, their contacts and the company's own fields.
        Clients "clients";
        /// Legal entities, and whose client they are.
        Counterparties "counterparties";
        /// Meetings, calls and messages.
        Interactions "interactions";
        /// Pipelines, regulations and deals.
        Deals "deals";
        /// Items, prices, limits and rates.
        Catalogue "catalogue";
        /// Orders, shipments and returns.
        Orders "orders";
        /// Invoices, payments and closed periods.
        Invoices "invoices";
        /// The company's books.
        Accounting "accounting";
        /// Warehouses, purchases and goods.
        Stock "stock";
        /// Sources, campaigns and segments.
        Marketing "marketing";
        /// Complaints.
        Claims "claims";
        /// Work to be done.
        Tasks "tasks";
        /// Employees, targets and substitutions.
        Staff "staff";
        /// What clients are asked, and what they answer.
        Surveys "surveys";
    }
}

impl Module {
    /// The module that the events of a family are; `None` for those that are always there.
    #[must_use]
    pub fn named(family: &str) -> Option<Module> {
        Module::ALL.iter().copied().find(|module| module.name() == family)
    }
}
impl Home for Module {
    const KIND: Option<Kind> = Some(Kind::Module);
    fn home(&self) -> EntityRef {
        match ModuleId::new(self.name()) {
            Ok(id) => id.entity(),
            Err(e) => unreachable!("the modules are ids: {e}"),
        }
    }
}

words! {
    /// What is taken out.
    ExportOf {
        /// Records, as they are.
        Events "events";
        /// The state of entities.
        Entities "entities";
        /// The rows of a report.
        Report "report";
        /// Tables that are kept elsewhere.
        Tables "tables";
        /// A copy of the whole ledger.
        Backup "backup";
        /// All that is known of somebody.
        Subject "subject";
    }
}
words! {
    /// What something is taken out for.
    ExportPurpose {
        /// The work of whoever takes it.
        Work "work";
        /// Another program that follows.
        Following "following";
        /// Tables for analysts.
        Publication "publication";
        /// To have it back after a loss.
        Backup "backup";
        /// A person asked what is known of them.
        SubjectAccess "subject_access";
        /// Somebody from outside looks at the books.
        Audit "audit";
    }
}
words! {
    /// What became of the erasures that were not in what a ledger was restored from.
    RestoredErasures {
        /// They were erased again.
        Applied "applied";
        /// None were known, and that was accepted.
        None "none";
    }
}
plain_fields!(Module, ExportOf, ExportPurpose, RestoredErasures);

event! {
    /// A module can be worked with again.
    1510 "module.enabled" v 2 Revises ModuleEnabled {
        /// The module.
        module: Module,
        /// By which department, with its parts; left out, by the whole company.
        department: Option<Key>,
    }
}
event! {
    /// Nobody records events of a module any more; what is recorded can be read.
    1511 "module.disabled" v 2 Revises ModuleDisabled {
        /// The module.
        module: Module,
        /// In which department, with its parts; left out, in the whole company.
        department: Option<Key>,
    }
}
event! {
    /// Somebody begins to take much out. It is recorded before the first byte leaves.
    1512 "export.begun" v 1 Opens ExportBegun {
        /// The export.
        export: ExportId,
        /// What is taken out.
        what: ExportOf,
        /// What of it, as it was asked; nothing personal.
        filter: Option<Text>,
        /// Up to which position; what follows later is not counted.
        known_at: Position,
        /// Whether values about persons go along.
        personal: bool,
        /// What for.
        purpose: ExportPurpose,
    }
}
event! {
    /// What was taken out has left, whole or cut off.
    1513 "data.exported" v 1 Continues DataExported {
        /// The export.
        export: ExportId,
        /// How many rows or records left.
        rows: u64,
        /// How many bytes left.
        bytes: u64,
        /// The SHA-256 of these bytes.
        sha256: Checksum,
        /// Whether it is all that was asked for.
        whole: bool,
    }
}
event! {
    /// A node signs checkpoints with a key from here on.
    1514 "checkpoint_key.added" v 1 Opens CheckpointKeyAdded {
        /// The key.
        checkpoint_key: CheckpointKeyId,
        /// What its signatures are checked with.
        vkey: VerifierKey,
        /// The node that holds it.
        node: Key,
    }
}
event! {
    /// Nothing is signed with a key any more.
    1515 "checkpoint_key.retired" v 1 Continues CheckpointKeyRetired {
        /// The key.
        checkpoint_key: CheckpointKeyId,
    }
}
event! {
    /// Somebody stands for the figures of a report, byte for byte.
    1516 "figures.attested" v 1 Continues FiguresAttested {
        /// The company whose figures they are.
        company: CompanyId,
        /// The report.
        report: Key,
        /// What it was asked, as it is written in an address.
        parameters: Text,
        /// At which position.
        known_at: Position,
        /// The SHA-256 of the answer.
        sha256: Checksum,
    }
}
event! {
    /// The ledger was restored from a backup.
    1517 "ledger.restored" v 1 Continues LedgerRestored {
        /// The company.
        company: CompanyId,
        /// How many records there were in it.
        size: u64,
        /// The root of the tree of them.
        root: Checksum,
        /// After which moment records were lost; left out, if none are known to be.
        lost_after: Option<Timestamp>,
        /// The name of this history from here on, which no other has.
        incarnation: Name,
        /// What became of erasures that the backup did not know; left out, if there were none.
        erasures: Option<RestoredErasures>,
    }
}
