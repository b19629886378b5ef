//! Modules, and what was taken out. Invariant: of what is said of a module the newest decides, of
//! the whole company or of a department that one belongs to.

use sijil_schemas::{
    ExportOf, ExportPurpose, Module, Position, Record,
    event::Access as AccessEvent,
    id::{Key, kind},
    time::Timestamp,
};

use super::{Access, recorded};
use crate::{cells, cut::Lens, ids::Sym, words::Word};

cells! {
    list ExportOf { Events, Entities, Report, Tables, Backup, Subject }
}
cells! {
    list ExportPurpose { Work, Following, Publication, Backup, SubjectAccess, Audit }
}
cells! {
    /// A module was switched.
    pub(super) struct ModuleStep {
        /// In which department; `None` for the whole company.
        department: Option<Sym<Word>>,
        /// Whether it can be worked with.
        enabled: bool,
    }
}
cells! {
    /// A step of an export.
    pub(super) enum ExportStep {
        /// It began.
        Begun {
            /// What is taken out.
            what: ExportOf,
            /// What for.
            purpose: ExportPurpose,
            /// Whether values about persons go along.
            personal: bool,
            /// Up to which position.
            known_at: u64,
            /// Who takes it.
            by: Sym<Word>,
        },
        /// It ended.
        Ended {
            /// How many rows left.
            rows: u64,
            /// How many bytes left.
            bytes: u64,
            /// Whether it was all.
            whole: bool,
        },
    }
}

/// What left of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exported {
    /// How many rows or records.
    pub rows: u64,
    /// How many bytes.
    pub bytes: u64,
    /// Whether it is all that was asked for.
    pub whole: bool,
    /// When.
    pub at: Timestamp,
    /// The record that says so.
    pub position: Position,
}

/// An export, as known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExportState<'a> {
    /// The export.
    pub export: &'a str,
    /// What is taken out.
    pub what: ExportOf,
    /// What for.
    pub purpose: ExportPurpose,
    /// Whether values about persons go along.
    pub personal: bool,
    /// Up to which position.
    pub known_at: Position,
    /// Who takes it.
    pub by: &'a str,
    /// When it began.
    pub at: Timestamp,
    /// The record that says it began.
    pub begun: Position,
    /// What left; `None` if nobody says that it ended.
    pub ended: Option<Exported>,
}

/// What the word on a module in a department, or in the whole company, is kept under.
fn switch(module: Module, department: Option<&str>) -> String {
    // No department has this sign in its name.
    format!("{}@{}", module.name(), department.unwrap_or_default())
}

impl Access {
    pub(super) fn take_export(&self, record: &Record, event: &AccessEvent) {
        match event {
            AccessEvent::ModuleEnabled(e) => {
                self.take_module(record, e.module, e.department.as_ref(), true);
            }
            AccessEvent::ModuleDisabled(e) => {
                self.take_module(record, e.module, e.department.as_ref(), false);
            }
            AccessEvent::ExportBegun(e) => {
                let step = ExportStep::Begun {
                    what: e.what,
                    purpose: e.purpose,
                    personal: e.personal,
                    known_at: e.known_at.get(),
                    by: self.words.intern(record.envelope.actor.as_str(), record.position),
                };
                self.exports.push(self.ids.sym(&e.export), recorded(record, step));
            }
            AccessEvent::DataExported(e) => {
                let step = ExportStep::Ended { rows: e.rows, bytes: e.bytes, whole: e.whole };
                self.exports.push(self.ids.sym(&e.export), recorded(record, step));
            }
            _ => (),
        }
    }
    fn take_module(
        &self,
        record: &Record,
        module: Module,
        department: Option<&Key>,
        enabled: bool,
    ) {
        let number = self.ids.find::<kind::Module>(module.name()).expect("a module that is named");
        let word = |key: &Key| self.words.intern(key.as_str(), record.position);
        let step = ModuleStep { department: department.map(word), enabled };
        self.modules.push(number, recorded(record, step));
        let switch = switch(module, department.map(Key::as_str));
        let switch = self.words.intern(&switch, record.position);
        self.switched.push(switch, recorded(record, enabled));
    }
    /// Whether anything was ever said of a module.
    #[must_use]
    pub fn is_switched(&self, module: Module, lens: Lens<'_>) -> bool {
        let steps = self.modules.of_any(self.ids.find(module.name()));
        steps.newest_known(lens).is_some()
    }
    /// The record that bars a department from recording events of a module, or, where none is
    /// named, whoever belongs to none; `None` if nothing does.
    #[must_use]
    pub fn disabled(
        &self,
        module: Module,
        department: Option<&str>,
        lens: Lens<'_>,
    ) -> Option<Position> {
        let newest = |of: Option<&str>| {
            let switched = self.switched.of_any(self.words.find(&switch(module, of)));
            switched.newest_known(lens)
        };
        // The department, and each that it is a part of.
        let of = department.unwrap_or_default();
        let ends = of.match_indices('/').map(|(at, _)| at).chain([of.len()]);
        let own = ends.filter(|end| *end > 0).filter_map(|end| newest(Some(&of[..end])));
        let newest = own.chain(newest(None)).max_by_key(|said| said.position)?;
        (!newest.what).then_some(newest.position)
    }
    /// Whether the newest that is said of a module is said of the same department, or of the
    /// whole company, and the same: to say it again changes nothing.
    #[must_use]
    pub fn is_said(
        &self,
        module: Module,
        department: Option<&str>,
        enabled: bool,
        lens: Lens<'_>,
    ) -> bool {
        let steps = self.modules.of_any(self.ids.find(module.name()));
        match steps.newest_known(lens) {
            Some(step) => {
                let of = step.what.department.map(|of| self.words.text(of));
                of == department && step.what.enabled == enabled
            }
            None => enabled,
        }
    }
    /// An export, ended or not; `None` if none of this id began.
    #[must_use]
    pub fn export(&self, export: &str, lens: Lens<'_>) -> Option<ExportState<'_>> {
        let export = self.ids.find(export)?;
        let mut state: Option<ExportState<'_>> = None;
        for step in self.exports.of(export).counting(lens) {
            match (step.what, &mut state) {
                (ExportStep::Begun { what, purpose, personal, known_at, by }, _) => {
                    state = Some(ExportState {
                        export: self.ids.name(export),
                        what,
                        purpose,
                        personal,
                        known_at: Position::new(known_at),
                        by: self.words.text(by),
                        at: step.at,
                        begun: step.position,
                        ended: None,
                    });
                }
                (ExportStep::Ended { rows, bytes, whole }, Some(state)) => {
                    let (at, position) = (step.at, step.position);
                    state.ended = Some(Exported { rows, bytes, whole, at, position });
                }
                (ExportStep::Ended { .. }, None) => (),
            }
        }
        state
    }
    /// The exports, ended or not, in order of the ids: all that are known, those too of which
    /// nothing counts yet.
    #[must_use]
    pub fn exports(&self, lens: Lens<'_>) -> Vec<&str> {
        self.known_of(&self.exports, lens)
    }
}
