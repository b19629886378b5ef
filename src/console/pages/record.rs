//! Recording: what can be recorded, the form of an event, and what would happen. Invariant: nothing
//! is recorded before somebody has seen what it would do, and once, however often it is sent.

use maud::{Markup, html};
use sijil_ledger::{Recorded, Trial, TrialError};
use sijil_projections::Cut;
use sijil_schemas::{
    May, Position, RightFamily,
    event::{Birth, EVENT_TYPES, EventType, FAMILIES, event_type},
    id::EntityRef,
    time::Timestamp,
};

mod request;

use request::{Wrong, moment, request};

use super::Came;
use crate::{
    effects,
    form::{self, Field, Filled, Marks, Op},
    frame::Leaf,
    link::{Asked, Link},
    parts::safe,
    reader::{Reader, Trouble},
    words::{Say, happened},
};

/// What one may do who records at all.
const WRITES: [May; 4] = [May::Record, May::Close, May::Grant, May::Erase];
/// The most records that rest on one and are voided with it.
const TOGETHER_MAX: usize = 50;

/// Whether somebody may record events of a type, so far as that can be told without one.
pub(super) fn may(reader: &Reader<'_>, of: &EventType) -> bool {
    let family = RightFamily::named(of.family).unwrap_or(RightFamily::All);
    let reach = reader.desk.held().reach();
    WRITES.iter().any(|may| reach.may(*may, family))
}

/// Everything that can be recorded, by family.
pub(super) fn all(reader: &Reader<'_>) -> Result<Leaf, Trouble> {
    let of_family = |family: &str| -> Vec<&EventType> {
        let types = EVENT_TYPES.iter().filter(|of| of.family == family && may(reader, of));
        types.filter(|of| is_begun_by_hand(of)).collect()
    };
    let said = reader.say(Say::RecordTitle);
    let body = html! {
        h1 { (said) }
        p.lede { (reader.say(Say::RecordLede)) }
        @for family in FAMILIES {
            @let types = of_family(family);
            @if !types.is_empty() {
                section.card.flush {
                    header { h2 { (reader.term(family)) } }
                    ul.list.kinds { @for of in types { li { div {
                        a href=(reader.to(&Link::Form(of.name.to_owned(), Asked::new()))) {
                            (reader.event(of.name))
                        }
                        small { (reader.english(described(of).as_str())) }
                    } } } }
                }
            }
        }
    };
    Ok(Leaf { title: said.to_owned(), body })
}

/// Whether a type is one that people begin with: not a void, which is of a record, nor a later part
/// of a document.
fn is_begun_by_hand(of: &EventType) -> bool {
    of.name != "event.voided" && !of.name.ends_with(".lines_added")
}

/// What happened, as the schema says it.
fn described(of: &EventType) -> String {
    of.json_schema()["description"].as_str().unwrap_or_default().to_owned()
}

/// What can be recorded of an entity, as links to forms that name it.
pub(super) fn of_entity(reader: &Reader<'_>, entity: &EntityRef) -> Markup {
    let continues = |of: &&EventType| {
        of.home_kind == Some(entity.kind)
            && of.birth != Birth::Opens
            && is_begun_by_hand(of)
            && may(reader, of)
    };
    let from = Asked::from([("from".to_owned(), entity.to_string())]);
    let types: Vec<&EventType> = EVENT_TYPES.iter().filter(continues).collect();
    html! {
        @if !types.is_empty() {
            details.card {
                summary { (reader.say(Say::MayRecord)) }
                ul.acts { @for of in types { li {
                    a.btn href=(reader.to(&Link::Form(of.name.to_owned(), from.clone()))) {
                        (reader.event(of.name))
                    }
                } } }
            }
        }
    }
}

fn found(name: &str) -> Result<&'static EventType, Trouble> {
    event_type(name).ok_or_else(|| {
        Trouble::not_found(format!("{name} is no event type; /record lists what can be recorded"))
    })
}

/// The form of an event, with what its address says in it already.
pub(super) fn form(reader: &Reader<'_>, name: &str, asked: &Asked) -> Result<Leaf, Trouble> {
    let of = found(name)?;
    let fields = form::fields(of);
    let like = asked.get("like").and_then(|position| sijil_ledger::position(position));
    let mut filled = like.map_or(Ok(Filled::default()), |at| said_at(reader, (of, &fields), at))?;
    for (name, value) in asked {
        match value.parse::<EntityRef>().ok().filter(|_| name == "from") {
            Some(entity) => from(reader, (of, &fields), &entity, &mut filled),
            None if fields.iter().any(|field| is_of(name, field)) => filled.set(name, value),
            None => (),
        }
    }
    filled.set("~key", &reader.desk.new_key());
    Ok(written(reader, of, &filled, Marks::default(), None))
}

/// Whether an input is one of a field.
fn is_of(name: &str, field: &Field) -> bool {
    let rest = name.strip_prefix(field.name.as_str());
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// A form that says what a record of the same type says: to record it anew, once that is voided.
fn said_at(
    reader: &Reader<'_>,
    (of, fields): (&EventType, &[Field]),
    position: Position,
) -> Result<Filled, Trouble> {
    let nothing = || Trouble::not_found(format!("no {} stands at position {position}", of.name));
    let stored = reader.desk.record(position)?.ok_or_else(nothing)?;
    let record = reader.desk.shown_part(stored).decode().map_err(|_| nothing())?;
    if record.event.event_type().name != of.name {
        return Err(nothing());
    }
    let data = record.event.data().map_err(|_| nothing())?;
    let mut filled = Filled::of(fields, &data);
    filled.set("~occurred_at", &record.occurred_at().to_string());
    Ok(filled)
}

/// Names the entity somebody comes from, where the event names one of its kind; of its home the
/// revision is kept, too.
fn from(
    reader: &Reader<'_>,
    (of, fields): (&EventType, &[Field]),
    entity: &EntityRef,
    filled: &mut Filled,
) {
    let names = |field: &&Field| field.shape == form::Shape::Entity(entity.kind);
    let Some(field) = fields.iter().find(names) else { return };
    filled.set(&field.name, entity.id());
    if of.home_kind == Some(entity.kind) && field.name == of.home_field {
        let views = reader.desk.views();
        let lens = views.lens(Cut { before: Timestamp::END, ..reader.clocks.cut });
        if let Some((_, life)) =
            views.entities.of_kind(entity.kind, lens).into_iter().find(|(id, _)| *id == entity.id())
        {
            filled.set("~revision", &life.revision(reader.clocks.cut.known_at).to_string());
        }
    }
}

/// The page that comes of a form.
pub(super) fn sent(reader: &Reader<'_>, name: &str, body: &[u8]) -> Result<Came, Trouble> {
    let of = found(name)?;
    let mut filled = Filled::read(body).ok_or_else(|| Trouble::twice("a field"))?;
    let fields = form::fields(of);
    let op = filled.op();
    if op == Op::Check && filled.get("~occurred_at").is_empty() {
        // What is checked is what is recorded.
        let now = reader.desk.now();
        filled.set("~occurred_at", &now.to_string());
    }
    let again = |marks: Marks<'_>| Ok(Came::Shown(written(reader, of, &filled, marks, None)));
    match &op {
        Op::Change => again(Marks::default()),
        Op::More(list) => again(Marks { more: Some(list), wrong: None }),
        Op::Check | Op::Record => match judged(reader, of, (&fields, &filled), op == Op::Record) {
            Ok(came) => Ok(came),
            Err(wrong) => {
                let marks = Marks { wrong: wrong.field.as_deref(), more: None };
                let status = wrong.kind.statuses()[0];
                Ok(Came::Refused(status, written(reader, of, &filled, marks, Some(&wrong))))
            }
        },
    }
}

/// What would become of it, or what became of it.
fn judged(
    reader: &Reader<'_>,
    of: &'static EventType,
    (fields, filled): (&[Field], &Filled),
    is_meant: bool,
) -> Result<Came, Wrong> {
    let request = request(reader, of, (fields, filled))?;
    if is_meant {
        let receipt = reader.desk.submit_blocking(request)?;
        let recorded: Vec<Recorded> = receipt.outcomes.into_iter().collect::<Result<_, _>>()?;
        return Ok(recorded_at(reader, of, &recorded));
    }
    let day = reader.desk.now().date(&reader.zone);
    let occurred = request.drafts.last().map(|draft| draft.occurred_at.date(&reader.zone));
    let as_of = occurred.map_or(day, |occurred| occurred.max(day));
    let questions = effects::questions(reader.desk, of, as_of);
    let trial = match reader.desk.try_out(request.clone(), &questions) {
        // A report that has no answer today keeps nobody from recording.
        Err(TrialError::Ask(_)) => reader.desk.try_out(request, &[])?,
        tried => tried?,
    };
    Ok(Came::Shown(would(reader, of, (fields, filled), &trial)))
}

/// Where one goes once it is recorded: to what it is about.
fn recorded_at(reader: &Reader<'_>, of: &EventType, recorded: &[Recorded]) -> Came {
    let Some(last) = recorded.last() else { return Came::SentOn(reader.to(&Link::Today)) };
    // Whoever may record and not read sees what was recorded nowhere.
    let sees = reader.desk.stored(last.id).is_ok_and(|stored| stored.is_some());
    let link = match (sees, of.home_kind) {
        (false, _) => Link::Recording,
        (true, Some(_)) if of.name != "event.voided" => Link::Entity(last.entity.clone()),
        _ => Link::Record(last.position),
    };
    // What was recorded is newer than what a past clock shows.
    let now = crate::link::At { lang: reader.at.lang, ..Default::default() };
    Came::SentOn(format!("{}#r{}", link.to(&now), last.position))
}

/// The form, with what was refused of it.
fn written(
    reader: &Reader<'_>,
    of: &EventType,
    filled: &Filled,
    marks: Marks<'_>,
    wrong: Option<&Wrong>,
) -> Leaf {
    let fields = form::fields(of);
    let action = reader.to(&Link::Form(of.name.to_owned(), Asked::new()));
    let body = html! {
        p.crumb { a href=(reader.to(&Link::Recording)) { (reader.say(Say::RecordTitle)) } }
        h1 { (reader.event(of.name)) }
        p.lede { (reader.english(&described(of))) }
        @if let Some(wrong) = wrong { (summary(reader, wrong)) }
        (about_target(reader, of, filled))
        form.card.stack method="post" action=(action) novalidate {
            @for (name, value) in filled.beside().filter(|(name, _)| is_kept(name)) {
                input type="hidden" name=(name) value=(value);
            }
            // What Enter presses.
            button.first name="~op" value="check" tabindex="-1" aria-hidden="true" {
                (reader.say(Say::CheckIt))
            }
            (form::inputs(reader, &fields, filled, marks))
            (envelope(reader, filled, marks))
            @if let Some(wrong) = wrong { (fall_with_it(reader, wrong)) }
            div.acts {
                button.btn.pri name="~op" value="check" { (reader.say(Say::CheckIt)) }
            }
        }
    };
    Leaf { title: happened(of.name, reader.lang).0, body }
}

/// What goes with a form from page to page unseen.
fn is_kept(name: &str) -> bool {
    matches!(name, "~key" | "~revision" | "~also")
}

/// What is wrong, first of all.
fn summary(reader: &Reader<'_>, wrong: &Wrong) -> Markup {
    let name = wrong.kind.name();
    html! {
        div.note.bad role="alert" tabindex="-1" autofocus {
            h2 { (reader.say(Say::ThereIsProblem)) }
            p lang="en" dir="auto" {
                @match &wrong.field {
                    Some(field) => a href={ "#f-" (field) } { (safe(&wrong.detail)) },
                    None => (safe(&wrong.detail)),
                }
            }
            a href={ "/docs/problems/" (name) } { (reader.say(Say::ProblemMeans)) }
        }
    }
}

/// When it was, and whose act it is.
fn envelope(reader: &Reader<'_>, filled: &Filled, marks: Marks<'_>) -> Markup {
    let input = |name: &str, say: Say, hint: String| {
        let is_wrong = marks.wrong == Some(name);
        html! {
            div.field.wrong[is_wrong] {
                label for={ "f-" (name) } { (reader.say(say)) }
                small id={ "h-" (name) } { (hint) }
                input id={ "f-" (name) } name=(name) value=(filled.get(name))
                    aria-describedby={ "h-" (name) } dir="ltr"
                    aria-invalid=[is_wrong.then_some("true")] autocomplete="off";
            }
        }
    };
    let zone = reader.zone.iana_name().unwrap_or("UTC");
    let actor = reader.desk.caller().actor().map(|actor| actor.to_string());
    html! {
        div.fields {
            (input("~occurred_at", Say::OccurredAt, reader.says(Say::OccurredHint, &[zone])))
            @match &actor {
                Some(actor) => p.hint { (reader.says(Say::RecordedAs, &[actor])) },
                None => (input("~actor", Say::By, reader.say(Say::ActorHint).to_owned())),
            }
        }
    }
}

/// The record that a void is of.
fn about_target(reader: &Reader<'_>, of: &EventType, filled: &Filled) -> Markup {
    let target = (of.name == "event.voided").then(|| filled.get("target").parse().ok()).flatten();
    let stored = target.and_then(|id| reader.desk.stored(id).ok().flatten());
    let known_at = reader.clocks.cut.known_at;
    let shown = stored.and_then(|stored| reader.desk.all_told(&[stored], known_at).ok());
    html! {
        @if of.name == "event.voided" { p.hint { (reader.say(Say::VoidLede)) } }
        @if let Some(shown) = shown { (super::log::table(reader, &shown)) }
    }
}

/// What rests on a record that is to be voided, and that it may fall with it.
fn fall_with_it(reader: &Reader<'_>, wrong: &Wrong) -> Markup {
    let records: Vec<_> = wrong
        .dependants
        .iter()
        .take(TOGETHER_MAX)
        .filter_map(|at| reader.desk.record(*at).ok().flatten())
        .collect();
    // Those behind others rest on them, so they go first.
    let ids: Vec<String> =
        records.iter().rev().map(|stored| stored.event_id().to_string()).collect();
    let shown = reader.desk.all_told(&records, reader.clocks.cut.known_at).unwrap_or_default();
    html! {
        @if !ids.is_empty() {
            h2 { (reader.say(Say::Dependants)) }
            (super::log::table(reader, &shown))
            label.check {
                input type="checkbox" name="~also" value=(ids.join(","));
                " " (reader.says(Say::VoidThem, &[&reader.words().count(ids.len() as u64)]))
            }
        }
    }
}

/// What would happen, with what is asked for, to be recorded or changed.
fn would(
    reader: &Reader<'_>,
    of: &EventType,
    (fields, filled): (&[Field], &Filled),
    trial: &Trial,
) -> Leaf {
    let data = filled.data(fields);
    let action = reader.to(&Link::Form(of.name.to_owned(), Asked::new()));
    let occurred: Option<Timestamp> = moment(reader, filled.get("~occurred_at")).ok();
    let said = reader.say(Say::WouldHappen);
    // Of what is opened without an id the one that would be made.
    let made = trial.events.last().filter(|_| data.get(of.home_field).is_none());
    let body = html! {
        p.crumb { (reader.event(of.name)) }
        h1 { (said) }
        p.note role="status" { (reader.say(Say::NotYetRecorded)) }
        form.acts method="post" action=(action) {
            (form::hidden(filled))
            button.btn.pri name="~op" value="record" { (reader.say(Say::RecordIt)) }
            button.btn name="~op" value="change" { (reader.say(Say::ChangeIt)) }
        }
        div.grid.half {
            section.card aria-labelledby="facts" {
                h2 #facts { (reader.event(of.name)) }
                dl.facts {
                    @if let Some(event) = made {
                        dt { (reader.term(event.entity.kind.name())) }
                        dd { (reader.entity(&event.entity)) }
                    }
                    @if let Some(occurred) = occurred {
                        dt { (reader.say(Say::When)) } dd { (reader.moment(occurred)) }
                    }
                    (form::said(reader, fields, &data))
                }
                (about_target(reader, of, filled))
                @if trial.events.len() > 1 {
                    p {
                        (reader.says(
                            Say::Together,
                            &[&reader.words().count(trial.events.len() as u64)],
                        ))
                    }
                }
            }
            div.stack { (effects::shown(reader, &trial.effects)) }
        }
    };
    Leaf { title: said.to_owned(), body }
}
