//! Forms as they are shown. Invariant: every input has a label and its hint, and the one that was
//! refused says so; nothing needs a script.

use maud::{Markup, html};
use serde_json::Value;
use sijil_ledger::family_of;
use sijil_projections::{Cut, entities::Life};
use sijil_schemas::{
    May,
    id::{EntityRef, Kind},
    time::Timestamp,
};

use super::{
    Field, Filled, Shape,
    filled::{below, rows_of},
};
use crate::{
    pages::value,
    parts::safe,
    reader::Reader,
    words::{Say, named},
};

/// The most ids that are offered for one field; others are typed.
const OFFERED: usize = 200;
/// The most words that stand side by side; more are in a list.
const SIDE_BY_SIDE: usize = 5;
/// Empty rows of a list when there is room for more.
const MORE_ROWS: usize = 3;

/// What is said beside the fields of a form.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Marks<'a> {
    /// The name of what was refused.
    pub(crate) wrong: Option<&'a str>,
    /// The list that is to have more room.
    pub(crate) more: Option<&'a str>,
}

/// A form under way.
struct Shown<'r, 'a> {
    reader: &'r Reader<'a>,
    filled: &'r Filled,
    marks: Marks<'r>,
}

/// The inputs of an event, with the ids that are offered for them.
pub(crate) fn inputs(
    reader: &Reader<'_>,
    fields: &[Field],
    filled: &Filled,
    marks: Marks<'_>,
) -> Markup {
    let shown = Shown { reader, filled, marks };
    let mut kinds = Vec::new();
    named_kinds(fields, &mut kinds);
    let (first, rest): (Vec<&Field>, Vec<&Field>) =
        fields.iter().partition(|field| !matches!(field.name.as_str(), "refs" | "attributes"));
    let is_open = rest.iter().any(|field| {
        !rows_of(filled, &field.name).is_empty()
            || [marks.wrong, marks.more].into_iter().flatten().any(|it| it.starts_with(&field.name))
    });
    html! {
        @for field in first { (shown.field(&field.name, field)) }
        details open[is_open] {
            summary { (reader.say(Say::MoreFields)) }
            div.stack { @for field in rest { (shown.field(&field.name, field)) } }
        }
        @for kind in kinds { (offered(reader, kind)) }
    }
}

/// The kinds whose ids a form asks for.
fn named_kinds(fields: &[Field], kinds: &mut Vec<Kind>) {
    fn of(shape: &Shape, kinds: &mut Vec<Kind>) {
        match shape {
            Shape::Entity(kind) if !kinds.contains(kind) => kinds.push(*kind),
            Shape::Group(fields) => named_kinds(fields, kinds),
            Shape::List(item) => of(item, kinds),
            _ => (),
        }
    }
    for field in fields {
        of(&field.shape, kinds);
    }
}

/// The newest entities of a kind, to choose from.
fn offered(reader: &Reader<'_>, kind: Kind) -> Markup {
    let views = reader.desk.views();
    let lens = views.lens(Cut { before: Timestamp::END, ..reader.clocks.cut });
    let mut all = if reader.desk.may(May::Read, family_of(kind)).is_ok() {
        views.entities.of_kind(kind, lens)
    } else {
        Vec::new()
    };
    let born = |life: &Life<'_>| life.birth(lens).map(|birth| birth.at);
    all.sort_by_key(|(_, life)| std::cmp::Reverse(born(life)));
    all.truncate(OFFERED);
    if kind == Kind::Client {
        reader.learn(all.iter().map(|(id, _)| *id));
    }
    html! {
        datalist id={ "ids-" (kind.name()) } {
            @for (id, _) in &all {
                @let name = EntityRef::new(kind, id).ok().and_then(|of| reader.name(&of));
                option value=(id) { @if let Some(name) = name { (safe(&name)) } }
            }
        }
    }
}

/// Everything that is written, as fields that nobody sees.
pub(crate) fn hidden(filled: &Filled) -> Markup {
    html! {
        @for (name, value) in filled.all() { input type="hidden" name=(name) value=(value); }
    }
}

/// What is written, as a list of fields and values.
pub(crate) fn said(reader: &Reader<'_>, fields: &[Field], data: &Value) -> Markup {
    html! {
        @for field in fields { @if let Some(said) = data.get(&field.name) {
            dt { (reader.term(&field.name)) }
            dd { (value(reader, &field.name, said)) }
        } }
    }
}

impl Shown<'_, '_> {
    fn is_wrong(&self, name: &str) -> bool {
        self.marks.wrong == Some(name)
    }

    /// The word for a field, and whether it is needed.
    fn label(&self, field: &Field) -> Markup {
        let reader = self.reader;
        html! {
            (reader.term(&field.name))
            @if field.is_required { " " span.need { (reader.say(Say::Required)) } }
            @if field.is_personal { " " span.tag { (reader.say(Say::PersonalField)) } }
        }
    }

    fn hint(&self, name: &str, field: &Field) -> Markup {
        html! {
            @if !field.hint.is_empty() {
                small id={ "h-" (name) } { (self.reader.english(&field.hint)) }
            }
        }
    }

    /// One field, whatever it takes.
    fn field(&self, name: &str, field: &Field) -> Markup {
        match &field.shape {
            Shape::Group(parts) => self.set(
                name,
                field,
                html! {
                    div.fields {
                        @for part in parts { (self.field(&below(name, &part.name), part)) }
                    }
                },
            ),
            Shape::Money => self.set(name, field, html! { div.fields { (self.money(name)) } }),
            Shape::List(item) => self.list(name, field, item),
            Shape::Pairs => self.pairs(name, field),
            Shape::Choice(words) if field.is_required && words.len() <= SIDE_BY_SIDE => {
                self.set(name, field, self.side_by_side(name, words))
            }
            shape => {
                let id = format!("f-{name}");
                html! {
                    div.field.wide[matches!(shape, Shape::Long | Shape::Json)]
                        .wrong[self.is_wrong(name)] {
                        label for=(id) { (self.label(field)) }
                        (self.hint(name, field))
                        (self.input(name, shape, field))
                    }
                }
            }
        }
    }

    /// Inputs that belong together, under one heading.
    fn set(&self, name: &str, field: &Field, body: Markup) -> Markup {
        html! {
            fieldset id={ "f-" (name) } .wrong[self.is_wrong(name)] {
                legend { (self.label(field)) }
                (self.hint(name, field))
                (body)
            }
        }
    }

    fn side_by_side(&self, name: &str, words: &[(String, String)]) -> Markup {
        html! {
            div.radios { @for (word, meaning) in words { label {
                input type="radio" name=(name) value=(word) checked[self.filled.get(name) == word];
                span {
                    (self.reader.term(word))
                    @if meaning != word { small { (self.reader.english(meaning)) } }
                }
            } } }
        }
    }

    fn money(&self, name: &str) -> Markup {
        let reader = self.reader;
        let part = |part: &str, is_amount: bool| {
            let name = below(name, part);
            let id = format!("f-{name}");
            html! {
                div.field.wrong[self.is_wrong(&name)] {
                    label for=(id) { (reader.term(part)) }
                    input id=(id) name=(name) value=(self.filled.get(&name)) dir="ltr"
                        inputmode=[is_amount.then_some("decimal")] autocomplete="off"
                        aria-invalid=[self.is_wrong(&name).then_some("true")];
                }
            }
        };
        html! { (part("amount", true)) (part("currency", false)) }
    }

    /// An input for one value.
    fn input(&self, name: &str, shape: &Shape, field: &Field) -> Markup {
        let (reader, said) = (self.reader, self.filled.get(name));
        let id = format!("f-{name}");
        let hint = (!field.hint.is_empty()).then(|| format!("h-{name}"));
        let invalid = self.is_wrong(name).then_some("true");
        let offers = if let Shape::Entity(kind) = shape {
            Some(format!("ids-{}", kind.name()))
        } else {
            None
        };
        let (kind, mode) = match shape {
            Shape::Day => ("date", None),
            Shape::Decimal => ("text", Some("decimal")),
            Shape::Whole => ("text", Some("numeric")),
            _ => ("text", None),
        };
        let choose = |words: &[(&str, String)]| {
            html! {
                select id=(id) name=(name) aria-describedby=[&hint] aria-invalid=[invalid] {
                    option value="" { "–" }
                    @for (word, said_as) in words {
                        option value=(word) selected[said == *word] { (said_as) }
                    }
                }
            }
        };
        match shape {
            Shape::Choice(words) => {
                let word = |(word, _): &'_ (String, String)| named(word, reader.lang).0;
                let words: Vec<(&str, String)> =
                    words.iter().map(|one| (one.0.as_str(), word(one))).collect();
                choose(&words)
            }
            Shape::Flag => choose(&[
                ("true", named("yes", reader.lang).0),
                ("false", named("no", reader.lang).0),
            ]),
            Shape::Long | Shape::Json => html! {
                textarea id=(id) name=(name) rows=(if *shape == Shape::Json { 6 } else { 3 })
                    dir=(if *shape == Shape::Json { "ltr" } else { "auto" })
                    aria-describedby=[&hint] aria-invalid=[invalid] { (said) }
            },
            _ => html! {
                input id=(id) name=(name) type=(kind) value=(said) inputmode=[mode]
                    list=[offers] dir=(if *shape == Shape::Text { "auto" } else { "ltr" })
                    aria-describedby=[&hint] aria-invalid=[invalid] autocomplete="off";
            },
        }
    }

    /// The numbers of the rows that are shown: those that are written, and some that are empty.
    fn rows(&self, name: &str) -> Vec<usize> {
        let mut rows = rows_of(self.filled, name);
        let room = match self.marks.more {
            Some(more) if more == name => MORE_ROWS,
            _ if rows.is_empty() => 1,
            _ => 0,
        };
        // Whoever writes a number of his own gets no rows but that one.
        let next = rows.last().map_or(0, |last| last.saturating_add(1));
        rows.extend(next..next.saturating_add(room));
        rows
    }

    fn more(&self, name: &str) -> Markup {
        html! {
            button.btn name="~op" value={ "more:" (name) } { (self.reader.say(Say::MoreRows)) }
        }
    }

    fn list(&self, name: &str, field: &Field, item: &Shape) -> Markup {
        let row = |at: usize| {
            let name = below(name, at);
            let number = (at as u64).saturating_add(1);
            let said = self.reader.says(Say::RowNo, &[&self.reader.words().count(number)]);
            let single = Field {
                name: field.name.clone(),
                hint: String::new(),
                is_required: false,
                is_personal: false,
                shape: item.clone(),
            };
            html! {
                li.wrong[self.is_wrong(&name)] {
                    div.fields id={ "f-" (name) } role="group" aria-label=(said) {
                        @match item {
                            Shape::Group(parts) => @for part in parts {
                                (self.field(&below(&name, &part.name), part))
                            },
                            Shape::Money => (self.money(&name)),
                            _ => (self.field(&name, &single)),
                        }
                    }
                }
            }
        };
        let body = html! {
            ol.rows { @for at in self.rows(name) { (row(at)) } }
            (self.more(name))
        };
        self.set(name, field, body)
    }

    fn pairs(&self, name: &str, field: &Field) -> Markup {
        let reader = self.reader;
        let part = |at: usize, part: &str, say: Say| {
            let name = below(&below(name, at), part);
            let id = format!("f-{name}");
            html! {
                div.field.wrong[self.is_wrong(&name)] {
                    label for=(id) { (reader.say(say)) }
                    input id=(id) name=(name) value=(self.filled.get(&name)) dir="auto"
                        autocomplete="off";
                }
            }
        };
        let body = html! {
            ol.rows { @for at in self.rows(name) { li { div.fields {
                (part(at, "key", Say::Name)) (part(at, "value", Say::ValueWord))
            } } } }
            (self.more(name))
        };
        self.set(name, field, body)
    }
}
