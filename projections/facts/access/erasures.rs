//! What was erased. Invariant: what is erased is told by record and part, so that whoever reads one
//! asks for that record alone.

use sijil_schemas::{
    ErasureBasis, ErasureCompleted, Kept, KeptClass, PersonalDataErased, PersonalPart, Position,
    Record, Subject, id::EntityRef, time::Date,
};

use super::{Access, recorded};
use crate::{
    cells,
    cells::{POSITION_MAX, Run},
    cut::Lens,
    ids::{EntitySym, Sym},
    words::Word,
};

/// What the number of a position stands for.
#[derive(Debug, Clone, Copy)]
pub(super) struct RecordAt;

cells! {
    list ErasureBasis {
        NotNeeded, ConsentWithdrawn, Objection, Unlawful, Obligation, RetentionEnded,
    }
}
cells! {
    list KeptClass { Legal, Claims }
}
cells! {
    /// A personal part of a record.
    pub(super) struct PartCells {
        pub(super) position: Position,
        pub(super) part: u8,
    }
}
cells! {
    /// Values that stay.
    pub(super) struct KeptCells {
        pub(super) class: KeptClass,
        pub(super) until: Date,
    }
}
cells! {
    /// A step of an erasure.
    pub(super) enum ErasureStep {
        /// Values are removed.
        Erased {
            /// About whom.
            subject: EntitySym,
            /// Why.
            basis: ErasureBasis,
            /// Which.
            parts: Run<PartCells>,
            /// What stays.
            kept: Run<KeptCells>,
        },
        /// They are gone from a place.
        Completed {
            /// Which.
            place: Sym<Word>,
        },
    }
}

/// An erasure, as known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErasureState<'a> {
    /// The erasure.
    pub erasure: &'a str,
    /// About whom.
    pub subject: EntityRef,
    /// Why.
    pub basis: ErasureBasis,
    /// What is removed.
    pub parts: Vec<PersonalPart>,
    /// What stays for now.
    pub kept: Vec<Kept>,
    /// The record that removes it.
    pub erased: Position,
    /// The places it is gone from, each with the record that says so first.
    pub places: Vec<(&'a str, Position)>,
}

impl Access {
    pub(super) fn take_erased(&self, record: &Record, e: &PersonalDataErased) {
        let erasure = self.ids.sym(&e.erasure);
        // What lies ahead is nothing that can be erased.
        let stands = |part: &&PersonalPart| part.position < record.position.min(POSITION_MAX);
        let parts: Vec<PartCells> = e
            .parts
            .iter()
            .filter(stands)
            .map(|part| PartCells { position: part.position, part: part.part })
            .collect();
        for part in &parts {
            self.erased.push(at(part.position), recorded(record, part.part));
        }
        let kept = e.kept.iter().map(|kept| KeptCells { class: kept.class, until: kept.until });
        let step = ErasureStep::Erased {
            subject: self.ids.entity(&e.subject.entity()),
            basis: e.basis,
            parts: self.parts.extend(record.position, parts),
            kept: self.kept.extend(record.position, kept),
        };
        self.erasures.push(erasure, recorded(record, step));
        self.erased_subjects.push(self.subject(&e.subject, record), recorded(record, erasure));
    }
    pub(super) fn take_completed(&self, record: &Record, e: &ErasureCompleted) {
        let place = self.words.intern(e.place.as_str(), record.position);
        let step = recorded(record, ErasureStep::Completed { place });
        self.erasures.push(self.ids.sym(&e.erasure), step);
    }
    /// The record that erased a personal part of a record; `None` if it is there.
    #[must_use]
    pub fn erased(&self, of: PersonalPart, lens: Lens<'_>) -> Option<Position> {
        let parts = self.erased.of(checked(of.position)?).known(lens);
        let mut parts = parts.filter(|erased| erased.what == of.part);
        parts.next().map(|erased| erased.position)
    }
    /// The personal parts of a record that were erased, each with the record that erased it, in
    /// order of that record. Of nearly all records none are, and that takes one look.
    #[must_use]
    pub fn erased_of(&self, position: Position, lens: Lens<'_>) -> Vec<(u8, Position)> {
        let Some(record) = checked(position) else { return Vec::new() };
        let parts = self.erased.of(record).known(lens);
        parts.map(|erased| (erased.what, erased.position)).collect()
    }
    /// Whether values about anybody were ever erased, durable or not.
    #[must_use]
    pub fn erases(&self) -> bool {
        !self.erased_subjects.is_empty()
    }
    /// Whether values about anybody were ever restricted, durable or not.
    #[must_use]
    pub fn restricts(&self) -> bool {
        !self.restricted.is_empty()
    }
    /// The newest record that erased values about somebody.
    #[must_use]
    pub fn erased_subject(&self, subject: &Subject, lens: Lens<'_>) -> Option<Position> {
        let erased = self.erased_subjects.of_any(self.words.find(&subject.to_string()));
        erased.newest_known(lens).map(|erased| erased.position)
    }
    /// An erasure; `None` if there is none of this id.
    #[must_use]
    pub fn erasure(&self, erasure: &str, lens: Lens<'_>) -> Option<ErasureState<'_>> {
        let erasure = self.ids.find(erasure)?;
        let mut state: Option<ErasureState<'_>> = None;
        for step in self.erasures.of(erasure).known(lens) {
            match (step.what, &mut state) {
                (ErasureStep::Erased { subject, basis, parts, kept }, _) => {
                    let part = |cells: PartCells| PersonalPart {
                        position: cells.position,
                        part: cells.part,
                    };
                    let stays = |cells: KeptCells| Kept { class: cells.class, until: cells.until };
                    state = Some(ErasureState {
                        erasure: self.ids.name(erasure),
                        subject: self.ids.entity_of(subject),
                        basis,
                        parts: self.parts.of(parts).map(part).collect(),
                        kept: self.kept.of(kept).map(stays).collect(),
                        erased: step.position,
                        places: Vec::new(),
                    });
                }
                (ErasureStep::Completed { place }, Some(state)) => {
                    let place = self.words.text(place);
                    if !state.places.iter().any(|(known, _)| *known == place) {
                        state.places.push((place, step.position));
                    }
                }
                (ErasureStep::Completed { .. }, None) => (),
            }
        }
        state
    }
    /// All that was erased, in order, each part once.
    #[must_use]
    pub fn erased_parts(&self, lens: Lens<'_>) -> Vec<PersonalPart> {
        let states = self.erasures(lens).into_iter().filter_map(|id| self.erasure(id, lens));
        let mut parts: Vec<PersonalPart> = states.flat_map(|state| state.parts).collect();
        parts.sort_unstable();
        parts.dedup();
        parts
    }
    /// The erasures, in order of the ids.
    #[must_use]
    pub fn erasures(&self, lens: Lens<'_>) -> Vec<&str> {
        self.known_of(&self.erasures, lens)
    }
}

fn checked(position: Position) -> Option<Sym<RecordAt>> {
    u32::try_from(position.get()).ok().map(Sym::of)
}
fn at(position: Position) -> Sym<RecordAt> {
    checked(position).expect("a position of the log")
}
