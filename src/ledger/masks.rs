//! Personal parts that nobody is shown, though they may still stand in the log. Invariant: a part
//! is masked from the moment on at which the record that erases it, or restricts whom it is about,
//! is known here; whoever reads through a ledger cannot tell it from one that is gone.

use std::sync::{Arc, OnceLock, Weak};

use sijil_log::ReadError;
use sijil_projections::Known;
use sijil_schemas::{Position, StoredRecord, record::Shown};

use crate::{ledger::Ledger, shared::Shared, subjects::person_of};

/// What tells which parts are masked, once the ledger has started.
#[derive(Clone, Default)]
pub(crate) struct Masks(Arc<OnceLock<Weak<Shared>>>);

/// Why personal fields of a record are absent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Absent {
    /// Those that were erased.
    pub erased: Vec<&'static str>,
    /// The record that erased them.
    pub erased_by: Option<Position>,
    /// Those that are hidden from everybody for now.
    pub restricted: Vec<&'static str>,
    /// Those that are not there though nothing has erased them.
    pub missing: Vec<&'static str>,
}

impl Masks {
    /// Follows what a ledger knows from now on.
    pub(crate) fn follow(&self, shared: &Arc<Shared>) {
        let _first = self.0.set(Arc::downgrade(shared));
    }

    /// What is known, if anything is masked by it.
    fn known(&self) -> Option<Known> {
        let known = self.0.get()?.upgrade()?.known();
        let access = known.folds().access;
        (access.erases() || access.restricts()).then_some(known)
    }

    /// Takes masked parts out of records that were read.
    pub(crate) fn cover(&self, records: &mut [StoredRecord]) -> Result<(), ReadError> {
        if records.iter().all(|record| record.personal.is_empty()) {
            return Ok(());
        }
        let Some(known) = self.known() else { return Ok(()) };
        for record in records.iter_mut().filter(|record| !record.personal.is_empty()) {
            let masked = masked(&known, record)?;
            if !masked.is_empty() {
                let left = record.without_parts(&masked);
                *record = left.map_err(|error| ReadError::of_record(record, error))?.0;
            }
        }
        Ok(())
    }

    /// Which of the parts that a record misses are missing without a reason that is known.
    pub(crate) fn unexplained(&self, position: Position, missing: &[u8]) -> Vec<u8> {
        let known = self.known();
        let erased = known.map(|known| {
            let erased = known.folds().access.erased_of(position, known.now());
            erased.into_iter().map(|(part, _)| part).collect::<Vec<u8>>()
        });
        let erased = erased.unwrap_or_default();
        missing.iter().copied().filter(|part| !erased.contains(part)).collect()
    }
}

/// The parts of a record that nobody is shown.
fn masked(known: &Known, record: &StoredRecord) -> Result<Vec<u8>, ReadError> {
    let (folds, lens) = (known.folds(), known.now());
    let erased = folds.access.erased_of(record.position(), lens);
    let mut masked: Vec<u8> = erased.into_iter().map(|(part, _)| part).collect();
    if folds.access.restricts() {
        let persons = record.persons().map_err(|error| ReadError::of_record(record, error))?;
        for (part, person) in (0..).zip(&persons) {
            let subject = person_of(record, person);
            if subject.is_some_and(|subject| folds.access.restricted(&subject, lens).is_some()) {
                masked.push(part);
            }
        }
    }
    Ok(masked)
}

impl Ledger {
    /// Why personal fields of a record that was read here are absent.
    pub(crate) fn absent(&self, record: &StoredRecord) -> Result<Absent, ReadError> {
        let missing = record.missing_numbers();
        if missing.is_empty() {
            return Ok(Absent::default());
        }
        let unreadable = |error| ReadError::of_record(record, error);
        let fields = record.missing_fields().map_err(unreadable)?;
        let known = self.views();
        let (folds, lens) = (known.folds(), known.now());
        let erased = folds.access.erased_of(record.position(), lens);
        let by = erased.iter().find(|(part, _)| missing.contains(part)).map(|(_, by)| *by);
        if by.is_some() {
            return Ok(Absent { erased: fields, erased_by: by, ..Absent::default() });
        }
        if masked(&known, record)?.is_empty() {
            return Ok(Absent { missing: fields, ..Absent::default() });
        }
        Ok(Absent { restricted: fields, ..Absent::default() })
    }

    /// A record as readers see it, told why what is not there is not there.
    pub(crate) fn shown(&self, stored: &StoredRecord) -> Result<Shown, ReadError> {
        let mut shown = stored.shown().map_err(|error| ReadError::of_record(stored, error))?;
        if shown.missing.is_empty() {
            return Ok(shown);
        }
        let pointers = |fields: Vec<&str>| -> Vec<String> {
            fields.into_iter().map(|field| format!("/data/{field}")).collect()
        };
        let absent = self.absent(stored)?;
        shown.erased = pointers(absent.erased);
        shown.erased_by = absent.erased_by;
        shown.hidden = pointers(absent.restricted);
        shown.missing = pointers(absent.missing);
        Ok(shown)
    }
}
