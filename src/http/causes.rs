//! Why lines of an import were refused, folded: what follows from an earlier refusal is counted
//! there. Invariant: a line is folded only if mending the earlier one is what it waits for.

use std::collections::HashMap;

use sijil_ledger::{Rejection, SubmitError};
use sijil_schemas::{decode::draft_from_slice, event::event_type, id::EntityRef, time::Date};

use crate::limits::IMPORT_CAUSES_MAX;

/// What later lines can rest on.
#[derive(PartialEq, Eq, Hash)]
enum Cause {
    /// The ledger was not opened.
    Unopened,
    /// A period is closed.
    Closed(&'static str, Date),
    /// Something was not opened, or a step of its life not taken.
    Entity(EntityRef),
}

/// The refusals that others may rest on.
#[derive(Default)]
pub(crate) struct Causes {
    /// By cause, the number of the refusal that is shown for it.
    first: HashMap<Cause, usize>,
}

impl Causes {
    /// The number of the refusal this one rests on; otherwise it is the next of its own, `number`,
    /// and later ones may rest on it.
    pub(crate) fn rests_on(
        &mut self,
        error: &SubmitError,
        line: &[u8],
        number: usize,
    ) -> Option<usize> {
        let home = home(line).map(Cause::Entity);
        let cause = match error {
            SubmitError::Rejected { rejection, .. } => match rejection {
                Rejection::LedgerNotOpen {} => Some(Cause::Unopened),
                Rejection::PeriodClosed { area, until, .. } => Some(Cause::Closed(area, *until)),
                Rejection::UnknownReference { entity } => Some(Cause::Entity(entity.clone())),
                // The event is right or wrong whatever came before it.
                Rejection::AlreadyExists { .. } => return None,
                Rejection::FromMismatch { .. } => None,
                other if other.pointer().is_some() => return None,
                _ => None,
            },
            SubmitError::IdempotencyConflict { .. } => return None,
            _ => {
                self.note(home, number);
                return None;
            }
        };
        let found =
            cause.as_ref().or(home.as_ref()).and_then(|cause| self.first.get(cause)).copied();
        let shown = found.unwrap_or(number);
        self.note(cause, shown);
        self.note(home, shown);
        found
    }

    fn note(&mut self, cause: Option<Cause>, number: usize) {
        if let Some(cause) = cause
            && self.first.len() < IMPORT_CAUSES_MAX
        {
            self.first.entry(cause).or_insert(number);
        }
    }
}

/// The home entity of a draft, as far as the line is one.
fn home(line: &[u8]) -> Option<EntityRef> {
    let draft = draft_from_slice(line.trim_ascii_end()).ok()?;
    let known = event_type(&draft.r#type)?;
    EntityRef::new(known.home_kind?, draft.data.get(known.home_field)?.as_str()?).ok()
}
