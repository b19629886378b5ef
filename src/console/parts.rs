//! What pages are made of. Invariant: a number, an id and a range are read from left to right in
//! every language, and what is in another language than the page says so.

use maud::{Markup, html};
use sijil_chart::{Address, Direction, Figure, Voice};
use sijil_projections::report::{Column, ColumnKind, Table, Value};
use sijil_schemas::{
    Position,
    id::{EntityRef, Kind},
    record::Voided,
    time::Timestamp,
};

use crate::{
    link::{Asked, Cell, Link},
    reader::Reader,
    words::{Lang, Say, happened, named, rounded},
};

/// Columns whose values are words of the vocabulary.
const WORDED: [&str; 12] = [
    "outcome", "verdict", "kind", "better", "what", "move", "censored", "standing", "status",
    "class", "scope", "metric",
];
/// Columns that hold ids of a kind of another name.
const OF_KIND: [(&str, Kind); 7] = [
    ("owner", Kind::Employee),
    ("assignee", Kind::Employee),
    ("actor", Kind::Employee),
    ("employee", Kind::Employee),
    ("supplier", Kind::Counterparty),
    ("campaign", Kind::Campaign),
    ("list", Kind::PriceList),
];

/// Days a record may be later than what it tells before that is said.
const LATE_DAYS: i32 = 1;

impl Reader<'_> {
    /// A name of the registry in words, marked where it is English on a page that is not.
    pub(crate) fn term(&self, name: &str) -> Markup {
        self.marked(named(name, self.lang))
    }
    pub(crate) fn marked(&self, (said, lang): (String, Lang)) -> Markup {
        html! {
            @if lang == self.lang { (said) } @else { bdi lang=(lang.tag()) dir="ltr" { (said) } }
        }
    }
    /// English on a page of any language.
    pub(crate) fn english(&self, text: &str) -> Markup {
        self.marked((text.to_owned(), Lang::En))
    }

    /// A value in words, as text alone.
    pub(crate) fn plain(&self, column: &Column, value: &Value) -> String {
        let Some(shown) = value.shown() else { return "–".to_owned() };
        match value {
            Value::Amount(_) | Value::Quantity(_) | Value::Number(_) | Value::Count(_) => {
                self.words().decimal(&shown)
            }
            Value::Percent(_) => format!("{}\u{a0}%", self.words().decimal(&shown)),
            Value::Date(day) => self.words().day(*day),
            Value::Time(at) => self.moment(*at),
            Value::Text(text) if WORDED.contains(&column.name) => named(text, self.lang).0,
            Value::Text(_) | Value::Id(_) | Value::Null => shown,
        }
    }
    /// A moment in the company's zone, to the minute.
    pub(crate) fn moment(&self, at: Timestamp) -> String {
        let micros = jiff::Timestamp::from_microsecond(at.micros()).unwrap_or_default();
        let civil = self.zone.to_datetime(micros);
        let comma = if self.lang == Lang::Ar { '،' } else { ',' };
        format!("{}{comma} {:02}:{:02}", self.day_of(at), civil.hour(), civil.minute())
    }

    /// The entity that a cell names, if it names one.
    pub(crate) fn entity_in(&self, column: &Column, value: &Value) -> Option<EntityRef> {
        let (Value::Id(text) | Value::Text(text)) = value else { return None };
        if let Some(found) = text.split_once(':').and_then(|_| text.parse().ok()) {
            return Some(found);
        }
        let name = match (column.name, column.kind) {
            // What rows are grouped by is named in the question.
            ("group", _) => self.link.asked()?.get("group")?,
            ("object", _) => self.link.asked()?.get("object").map_or("client", String::as_str),
            (name, ColumnKind::Id) => name,
            _ => return None,
        };
        let known = OF_KIND.iter().find(|(known, _)| *known == name);
        let kind = known.map(|(_, kind)| *kind).or_else(|| name.parse().ok())?;
        EntityRef::new(kind, text).ok()
    }

    /// A link to an entity, by its name where that may be seen; its id beside it.
    pub(crate) fn entity(&self, entity: &EntityRef) -> Markup {
        let address = self.to(&Link::Entity(entity.clone()));
        html! {
            @if let Some(name) = self.name(entity) {
                a href=(address) { bdi { (safe(&name)) } } " " small { bdi { (entity.id()) } }
            } @else {
                a href=(address) { bdi { (entity.id()) } }
            }
        }
    }
    /// The same with the word for its kind before it.
    pub(crate) fn entity_of_kind(&self, entity: &EntityRef) -> Markup {
        html! { (self.term(entity.kind.name())) " " (self.entity(entity)) }
    }

    /// A link to a record.
    pub(crate) fn record(&self, position: Position) -> Markup {
        let said = format!("#{}", self.words().count(position.get()));
        html! { a.mono href=(self.to(&Link::Record(position))) { bdi { (said) } } }
    }

    /// The type of an event in words.
    pub(crate) fn event(&self, event_type: &str) -> Markup {
        self.marked(happened(event_type, self.lang))
    }

    /// When a record was made, with how much later than what it tells.
    pub(crate) fn recorded(&self, occurred: Timestamp, recorded: Timestamp) -> Markup {
        html! { span.nw { (self.day_of(recorded)) } (self.late(occurred, recorded)) }
    }
    /// That a record is later than what it tells, if it is.
    pub(crate) fn late(&self, occurred: Timestamp, recorded: Timestamp) -> Markup {
        let days = recorded.date(&self.zone).days() - occurred.date(&self.zone).days();
        let said = self.words().count(days.unsigned_abs());
        html! {
            @if days > LATE_DAYS { " " span.tag.know { (self.says(Say::LaterDays, &[&said])) } }
        }
    }

    /// That a record was voided: by whom, when and why.
    pub(crate) fn void(&self, void: &Voided) -> Markup {
        html! {
            span.tag.bad { (self.say(Say::Voided)) } " "
            (self.says(Say::VoidedBy, &[void.actor.as_str(), &self.day_of(void.recorded_at)]))
            @if let Some(reason) = &void.reason { ": “" bdi { (safe(reason)) } "”" }
            " · " (self.record(void.position))
        }
    }

    /// A value of a table's cell.
    pub(crate) fn value(&self, column: &Column, value: &Value) -> Markup {
        if let Some(entity) = self.entity_in(column, value) {
            let says_kind = matches!(value, Value::Text(text) if text.contains(':'));
            return if says_kind { self.entity_of_kind(&entity) } else { self.entity(&entity) };
        }
        html! { bdi { (safe(&self.plain(column, value))) } }
    }
}

/// A text with what turns the direction of what follows shown by its number.
pub(crate) fn safe(text: &str) -> String {
    let turns = |sign: char| matches!(sign, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if !text.contains(turns) {
        return text.to_owned();
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for sign in text.chars() {
        if turns(sign) {
            safe.push_str(&format!("[U+{:04X}]", u32::from(sign)));
        } else {
            safe.push(sign);
        }
    }
    safe
}

/// Whether a column holds numbers.
pub(crate) const fn is_number(kind: ColumnKind) -> bool {
    matches!(
        kind,
        ColumnKind::Amount
            | ColumnKind::Quantity
            | ColumnKind::Percent
            | ColumnKind::Number
            | ColumnKind::Count
    )
}

/// Whoever reads, as pictures are said.
pub(crate) struct Drawn<'r, 'a> {
    pub(crate) reader: &'r Reader<'a>,
    pub(crate) report: &'r str,
    pub(crate) asked: &'r Asked,
}

impl Voice for Drawn<'_, '_> {
    fn direction(&self) -> Direction {
        match self.reader.lang {
            Lang::Ar => Direction::RightToLeft,
            Lang::En | Lang::Ru => Direction::LeftToRight,
        }
    }
    fn heading(&self, column: &Column) -> String {
        named(column.name, self.reader.lang).0
    }
    fn value(&self, column: &Column, value: &Value) -> String {
        let named = self.reader.entity_in(column, value);
        let name = named.and_then(|entity| self.reader.name(&entity));
        name.unwrap_or_else(|| self.reader.plain(column, value))
    }
    fn number(&self, number: rust_decimal::Decimal) -> String {
        self.reader.words().decimal(&rounded(number, 2).to_string())
    }
    fn more(&self, rows: usize) -> String {
        self.reader.says(Say::MoreInTable, &[&self.reader.words().count(rows as u64)])
    }
    fn address(&self, table: &Table, row: usize, column: &str) -> Address {
        let cell = Cell {
            row: table.row_key(&table.rows[row]).to_string(),
            column: Some(column.to_owned()),
            after: None,
        };
        let link = Link::Why(self.report.to_owned(), self.asked.clone(), cell);
        Address::new(self.reader.to(&link))
    }
}

/// A figure with what its colours stand for.
pub(crate) fn figure(figure: &Figure) -> Markup {
    html! {
        figure.fig {
            @if figure.unit.is_some() || !figure.legend.is_empty() {
                figcaption.legend {
                    @if let Some(unit) = &figure.unit { b { bdi { (unit) } } }
                    @for (class, heading) in &figure.legend {
                        span {
                            svg.key aria-hidden="true" viewBox="0 0 10 10" width="10" height="10" {
                                rect class={"mk " (class)} width="10" height="10" rx="2" {}
                            }
                            (heading)
                        }
                    }
                }
            }
            div.scroll tabindex="0" role="group"
                aria-label=(figure.unit.as_deref().unwrap_or("SVG")) {
                (maud::PreEscaped(&figure.svg))
            }
        }
    }
}
