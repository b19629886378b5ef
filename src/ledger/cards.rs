//! Cards of entities (R36): what is known of one, at the reader's clocks. Invariant: what a caller
//! may not see is named and not told, whichever door asks.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;
use sijil_log::ReadError;
use sijil_projections::state::{Field, State, state, voided, voids};
use sijil_schemas::{
    Position,
    id::{EntityRef, Kind},
    record::Voided,
    time::Timestamp,
};

use crate::{ask::Clocks, desk::Desk, masks::Absent};

/// What is known of an entity.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Card {
    /// The entity.
    pub entity: EntityRef,
    /// How many records have it as home.
    pub revision: u64,
    /// The record that opened it.
    pub opened: Position,
    /// Since when it exists.
    pub opened_at: Timestamp,
    /// What was true then; null is no cut.
    pub as_of: Option<String>,
    /// What was known then.
    pub known_at: Position,
    /// Field to value; of a voided entity, `status` alone, which says so.
    pub fields: BTreeMap<String, Field>,
    /// Fields about persons that have no value here because the reader may not see them, as JSON
    /// pointers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hidden: Vec<String>,
    /// Fields that have no value here because a personal part is gone without an erasure, as JSON
    /// pointers; run `sijil verify`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// Fields that are absent because they were erased.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub erased: Vec<String>,
    /// The newest record that erased any of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub erased_by: Option<Position>,
    /// Who voided its opening, when and why; null if it stands.
    pub voided: Option<Voided>,
    /// The voids of records that name it, in order of position.
    pub voids: Vec<TakenBack>,
}

/// A record that was voided, and its void.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TakenBack {
    /// The record that was voided.
    pub voids: Position,
    /// Its void.
    #[serde(flatten)]
    pub by: Voided,
}

/// The word in an address for a kind of entity.
#[must_use]
pub fn plural(kind: Kind) -> String {
    let name = kind.name();
    match name.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies"),
        None if name.ends_with('s') || name.ends_with('x') => format!("{name}es"),
        _ => format!("{name}s"),
    }
}

/// Fields that are absent for one reason, each with where its record stands.
fn each(
    absent: &[(Position, Absent)],
    which: fn(&Absent) -> &Vec<&'static str>,
) -> Vec<(Position, &'static str)> {
    let of = |(position, absent): &(Position, Absent)| {
        let position = *position;
        which(absent).iter().map(move |field| (position, *field)).collect::<Vec<_>>()
    };
    absent.iter().flat_map(of).collect()
}

impl Desk {
    /// What is known of an entity; `None` if no record that may be read names it, or it does not
    /// exist there.
    pub fn card(&self, entity: &EntityRef, clocks: Clocks) -> Result<Option<Card>, ReadError> {
        let records = self.history(entity, clocks.cut.known_at)?;
        if records.is_empty() {
            return Ok(None);
        }
        let absent = self.absent(entity, &records)?;
        let views = self.views();
        let lens = views.lens(clocks.cut);
        let standing = state(entity, &records, lens).map(|state| (state, None));
        let gone = || voided(entity, &records, lens).map(|(state, void)| (state, Some(void)));
        let Some((state, voided)) = standing.or_else(gone) else { return Ok(None) };
        let State { entity, revision, opened, opened_at, fields } = state;
        let voids = voids(&records, lens)
            .filter_map(|void| Some(TakenBack { voids: void.voids?, by: Voided::by(void) }))
            .collect();
        let counts = |position: Position| {
            lens.known(position) && views.entities.moment(position) < clocks.cut.before
        };
        let named = |of: Vec<(Position, &str)>| -> Vec<String> {
            let gone = of
                .into_iter()
                .filter(|(position, field)| counts(*position) && !fields.contains_key(*field));
            let fields: BTreeSet<_> = gone.map(|(_, field)| format!("/fields/{field}")).collect();
            fields.into_iter().collect()
        };
        let mut hidden = named(self.hidden_fields(&entity, &records));
        let restricted = named(each(&absent, |absent| &absent.restricted));
        hidden =
            hidden.into_iter().chain(restricted).collect::<BTreeSet<_>>().into_iter().collect();
        let besides = |of: fn(&Absent) -> &Vec<&'static str>| {
            let mut fields = named(each(&absent, of));
            fields.retain(|field| !hidden.contains(field));
            fields
        };
        let erased = besides(|absent| &absent.erased);
        let by = absent.iter().filter(|(position, _)| counts(*position));
        let by = by.filter_map(|(_, absent)| absent.erased_by).max();
        let (erased_by, missing) =
            (by.filter(|_| !erased.is_empty()), besides(|absent| &absent.missing));
        Ok(Some(Card {
            entity,
            revision,
            opened,
            opened_at,
            as_of: clocks.as_of,
            known_at: clocks.cut.known_at,
            fields,
            hidden,
            missing,
            erased,
            erased_by,
            voided,
            voids,
        }))
    }
}
