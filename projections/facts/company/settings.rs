//! What is known of the company as a whole: its zone, its currency, its own fields, its closed
//! periods. Invariant: all of it is configuration, few and rarely changed.

use std::{collections::BTreeMap, sync::OnceLock};

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use sijil_schemas::{
    ClosingArea, CustomFieldDefined, CustomFieldRetired, CustomFieldType, Position, Record,
    id::{Key, Kind},
    money::Currency,
    time::Date,
};

use crate::{
    config::Revised,
    cut::{Dated, Facts, Lens},
    few::Few,
    steps,
};

/// A closing of an area, or the undoing of the latest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Closing {
    /// Closed up to a day.
    Closed(Date),
    /// The latest closing undone.
    Reopened,
}

/// The closings of one area, in the order they were recorded, each with what stands after it if
/// nothing of them is voided or taken back.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Closings {
    all: Few<(Position, Closing)>,
    standing: Few<Standing>,
    /// The first record that voided any of them: from then on all are asked.
    disturbed: Option<Position>,
}

/// What stands of the closings of an area: places count from one, zero is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Standing {
    /// The latest closing that stands.
    top: u32,
    /// The one that stands below it.
    below: u32,
    count: u32,
    /// The last day that any of them closes.
    until: Option<Date>,
}

impl Closings {
    fn push(&mut self, position: Position, closing: Closing) {
        self.all.push((position, closing));
        let (there, before) =
            (self.standing.unseen(), self.standing.unseen().last().copied().unwrap_or_default());
        let at = |place: u32| {
            (place as usize)
                .checked_sub(1)
                .and_then(|index| there.get(index))
                .copied()
                .unwrap_or_default()
        };
        let after = match closing {
            Closing::Closed(until) => {
                let top = u32::try_from(there.len() + 1).unwrap_or(u32::MAX);
                Standing {
                    top,
                    below: before.top,
                    count: before.count + 1,
                    until: before.until.max(Some(until)),
                }
            }
            // What stands below the latest is what stood when that was made.
            Closing::Reopened => {
                let below = at(before.below);
                Standing {
                    top: before.below,
                    below: below.below,
                    count: before.count.saturating_sub(1),
                    until: below.until,
                }
            }
        };
        self.standing.push(after);
    }
    /// What stands, where the lens knows all of them and nothing disturbs them.
    fn undisturbed(&self, lens: Lens<'_>) -> Option<Standing> {
        let whole = lens.seen.is_none() && lens.cut.except.is_none();
        let plain = self.disturbed.is_none() && lens.watch.is_none() && whole;
        let known =
            plain && self.all.unseen().last().is_none_or(|(last, _)| *last <= lens.cut.known_at);
        known.then(|| self.standing.unseen().last().copied().unwrap_or_default())
    }
    /// Takes back those recorded after a position, and that any was voided since.
    fn truncate(&mut self, after: Position) {
        let keep = self.all.unseen().partition_point(|(position, _)| *position <= after);
        self.all.truncate(keep);
        self.standing.truncate(keep);
        self.disturbed = self.disturbed.filter(|by| *by <= after);
    }
    fn holds(&self, position: Position) -> bool {
        self.all.unseen().binary_search_by_key(&position, |(position, _)| *position).is_ok()
    }
}

/// One of the company's own fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomField {
    /// Whose field it is.
    pub entity: Kind,
    /// Under which key.
    pub key: Key,
    /// What values it takes.
    pub r#type: CustomFieldType,
    /// The list, for type option.
    pub options: Vec<String>,
    /// Whether an entity must have it.
    pub required: bool,
}

/// An opening of the ledger.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Opened {
    position: Position,
    company: String,
    zone: String,
    base: Currency,
    /// The rules of the zone, looked up once.
    #[serde(skip)]
    rules: OnceLock<TimeZone>,
}

/// The configuration of the company as a whole.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Settings {
    /// Every opening, the newest last: one that is voided can be followed by another.
    opened: Vec<Opened>,
    closings: BTreeMap<u8, Closings>,
    /// What was said of each of the company's own fields; `None` where it was retired.
    fields: BTreeMap<String, Facts<Option<CustomField>>>,
}

impl Settings {
    pub(super) fn open(&mut self, record: &Record, e: &sijil_schemas::LedgerOpened) {
        self.opened.push(Opened {
            position: record.position,
            company: e.company.to_string(),
            zone: e.time_zone.to_string(),
            base: e.base_currency,
            rules: OnceLock::new(),
        });
    }
    pub(super) fn close(&mut self, record: &Record, area: ClosingArea, closing: Closing) {
        self.closings.entry(area as u8).or_default().push(record.position, closing);
    }
    pub(super) fn define_field(&mut self, record: &Record, e: &CustomFieldDefined) {
        let field = CustomField {
            entity: e.entity.kind(),
            key: e.key.clone(),
            r#type: e.r#type,
            options: e.options.iter().map(ToString::to_string).collect(),
            required: e.required,
        };
        self.say_field(record, e.custom_field.as_str(), Some(field));
    }
    pub(super) fn retire_field(&mut self, record: &Record, e: &CustomFieldRetired) {
        self.say_field(record, e.custom_field.as_str(), None);
    }
    fn say_field(&mut self, record: &Record, id: &str, field: Option<CustomField>) {
        self.fields.entry(id.to_owned()).or_default().insert(Dated::of(record, field));
    }
    /// Whether a record is a closing, or the undoing of one.
    pub(super) fn is_closing(&self, position: Position) -> bool {
        self.closings.values().any(|closings| closings.holds(position))
    }
    /// Takes note that a closing was voided.
    pub(super) fn disturb(&mut self, target: Position, by: Position) {
        let of = self.closings.values_mut().filter(|closings| closings.holds(target));
        of.for_each(|closings| closings.disturbed = closings.disturbed.or(Some(by)));
    }
    /// The position of `ledger.opened`, if the ledger is open, as known.
    #[must_use]
    pub fn opened_at(&self, lens: Lens<'_>) -> Option<Position> {
        self.opened.iter().rev().map(|o| o.position).find(|p| lens.known(*p))
    }
    /// Whether a custom field of any entity has this key, as known.
    #[must_use]
    pub fn has_field(&self, key: &str, lens: Lens<'_>) -> bool {
        self.fields.values().any(|field| {
            field
                .counting(lens)
                .any(|fact| fact.what.as_ref().is_some_and(|of| of.key.as_str() == key))
        })
    }
    /// The company's id; empty before the ledger is open.
    #[must_use]
    pub fn id(&self) -> &str {
        self.opened.last().map_or("", |o| &o.company)
    }
    /// The rules of the company's time zone; UTC before the ledger is open.
    #[must_use]
    pub fn zone(&self) -> TimeZone {
        self.opened.last().map_or(TimeZone::UTC, |o| {
            o.rules.get_or_init(|| TimeZone::get(&o.zone).unwrap_or(TimeZone::UTC)).clone()
        })
    }
    /// The currency of base totals.
    #[must_use]
    pub fn base(&self) -> Option<Currency> {
        self.opened.last().map(|o| o.base)
    }
    /// The last closed day of an area, itself or with all areas, as known; `None` if nothing is
    /// closed. A reopening undoes the latest closing of its area that still stands.
    #[must_use]
    pub fn closed_until(&self, area: ClosingArea, lens: Lens<'_>) -> Option<Date> {
        let standing = |area: ClosingArea| {
            let closings = self.closings.get(&(area as u8))?;
            if let Some(standing) = closings.undisturbed(lens) {
                return standing.until;
            }
            let mut stack: Vec<Date> = Vec::new();
            for (_, closing) in closings.all.iter().filter(|(p, _)| lens.known(*p)) {
                match closing {
                    Closing::Closed(until) => stack.push(*until),
                    Closing::Reopened => drop(stack.pop()),
                }
            }
            stack.into_iter().max()
        };
        standing(area).max(standing(ClosingArea::All))
    }
    /// How many closings of an area itself stand, as known, and the reopenings that find nothing to
    /// undo.
    #[must_use]
    pub fn closings(&self, area: ClosingArea, lens: Lens<'_>) -> (usize, Vec<Position>) {
        let (mut standing, mut idle) = (0_usize, Vec::new());
        let Some(closings) = self.closings.get(&(area as u8)) else { return (0, idle) };
        // Nothing idle is ever let in.
        if let Some(standing) = closings.undisturbed(lens) {
            return (standing.count as usize, idle);
        }
        for (position, closing) in closings.all.iter().filter(|(p, _)| lens.known(*p)) {
            match closing {
                Closing::Closed(_) => standing += 1,
                Closing::Reopened if standing == 0 => idle.push(*position),
                Closing::Reopened => standing -= 1,
            }
        }
        (standing, idle)
    }
    /// The company's own fields in force, as known, by id.
    pub fn custom_fields<'a>(
        &'a self,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = (&'a str, &'a CustomField)> {
        steps::each(self.fields.iter())
            .filter_map(move |(id, facts)| Some((id.as_str(), facts.last(lens)?.what.as_ref()?)))
    }
    /// What was said of one of the company's own fields: its definitions, and `None` where it was
    /// retired; `None` if nobody ever said anything of it.
    #[must_use]
    pub fn field(&self, id: &str) -> Option<&Facts<Option<CustomField>>> {
        self.fields.get(id)
    }
}

impl Revised for Settings {
    fn truncate(&mut self, after: Position) {
        self.opened.retain(|opened| opened.position <= after);
        self.closings.values_mut().for_each(|closings| closings.truncate(after));
        self.closings.retain(|_, closings| !closings.all.unseen().is_empty());
        self.fields.values_mut().for_each(|facts| facts.truncate(after));
        self.fields.retain(|_, facts| !facts.is_empty());
    }
}
