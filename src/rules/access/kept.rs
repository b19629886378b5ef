//! Rules on modules, exports, signing keys, holds and erasures. Invariant: each is begun once and
//! ended once; what must stay is not erased.

use sijil_projections::{access::HoldState, steps};
use sijil_schemas::{
    Event, Module, PersonalDataErased, Position, Subject,
    event::Access,
    id::{Key, Kind, kind},
};

use super::{WALKED_MAX, entity, illegal};
use crate::{Book, Proposal, Rejection};

pub(super) fn check(book: &Book, proposal: &Proposal<'_>, event: &Access) -> Result<(), Rejection> {
    let (access, now) = (&book.access, book.now());
    let once = |is_over: bool, word: &'static str| {
        if is_over { Err(illegal(proposal, word, word)) } else { Ok(()) }
    };
    match event {
        Access::ModuleEnabled(e) => {
            once(is_said(book, e.module, e.department.as_ref(), true), "enabled")
        }
        Access::ModuleDisabled(e) => {
            once(is_said(book, e.module, e.department.as_ref(), false), "disabled")
        }
        Access::ExportBegun(e) => check_told(proposal, "/data/known_at", e.known_at),
        Access::DataExported(e) => {
            let export = access.export(e.export.as_str(), now);
            once(export.is_some_and(|export| export.ended.is_some()), "exported")
        }
        Access::CheckpointKeyRetired(e) => {
            let key = access.checkpoint_key(e.checkpoint_key.as_str(), now);
            once(key.is_some_and(|key| key.retired.is_some()), "retired")
        }
        Access::FiguresAttested(e) => check_told(proposal, "/data/known_at", e.known_at),
        Access::LedgerRestored(e) => check_told(proposal, "/data/size", Position::new(e.size)),
        Access::SubjectRequestAnswered(e) => {
            let request = access.request(e.request.as_str(), now);
            once(request.is_some_and(|request| request.answered.is_some()), "answered")
        }
        Access::HoldLifted(e) => {
            let hold = access.hold(e.hold.as_str(), now);
            once(hold.is_some_and(|hold| hold.lifted.is_some()), "lifted")
        }
        Access::PersonalDataRestricted(e) => {
            once(access.restricted(&e.subject, now).is_some(), "restricted")
        }
        Access::PersonalDataReleased(e) => {
            once(access.restricted(&e.subject, now).is_none(), "released")
        }
        Access::PersonalDataErased(e) => check_erased(book, proposal, e),
        _ => Ok(()),
    }
}

/// Nobody records events of a module that is disabled where he works; a void is of its target's.
pub(crate) fn check_module(book: &Book, proposal: &Proposal<'_>) -> Result<(), Rejection> {
    let (candidate, now) = (proposal.candidate, book.now());
    let event = proposal.target.map_or(&candidate.event, |target| &target.event);
    let Some(module) = Module::named(event.family()) else { return Ok(()) };
    if !book.access.is_switched(module, now) {
        return Ok(());
    }
    let actor = candidate.body.envelope.actor.as_str();
    let employee = book.staff.ids().find::<kind::Employee>(actor);
    let placed = book.staff.placement(employee, proposal.clock, now);
    let department = placed.map(|placed| book.staff.word(placed.what.department));
    match book.access.disabled(module, department, now) {
        Some(by) => Err(Rejection::ModuleDisabled {
            module: module.name(),
            actor: actor.to_owned(),
            department: department.map_or_else(String::new, |of| format!(" of {of}")),
            by,
        }),
        None => Ok(()),
    }
}

/// Of somebody whose values were erased no new ones are taken.
pub(crate) fn check_persons(book: &Book, event: &Event) -> Result<(), Rejection> {
    let personal = event.event_type().personal;
    if personal.is_empty() || !book.access.erases() {
        return Ok(());
    }
    let mut erased = None;
    event.touch(&mut |entity| {
        if let (None, Some(subject)) = (&erased, Subject::of(&entity)) {
            let by = book.access.erased_subject(&subject, book.now());
            erased = by.map(|by| (entity, by));
        }
    });
    let Some((subject, by)) = erased else { return Ok(()) };
    let data = event.data().unwrap_or_default();
    match personal.iter().find(|(field, _)| data.get(field).is_some_and(|said| !said.is_null())) {
        Some((field, _)) => {
            Err(Rejection::SubjectErased { pointer: format!("/data/{field}"), subject, by })
        }
        None => Ok(()),
    }
}

fn is_said(book: &Book, module: Module, department: Option<&Key>, enabled: bool) -> bool {
    book.access.is_said(module, department.map(Key::as_str), enabled, book.now())
}

/// A record tells of what stands before it.
fn check_told(
    proposal: &Proposal<'_>,
    pointer: &'static str,
    got: Position,
) -> Result<(), Rejection> {
    if got < proposal.position {
        return Ok(());
    }
    let (got, head) = (got.get(), proposal.position.get() - 1);
    Err(Rejection::PositionAhead { pointer, got, head })
}

fn check_erased(
    book: &Book,
    proposal: &Proposal<'_>,
    e: &PersonalDataErased,
) -> Result<(), Rejection> {
    let today = proposal.clock.date(&book.company.zone());
    let is_held = book.keyholders.holds(book.access.ids().find_entity(&e.subject.entity()), today);
    let held = || book.access.held(&e.subject, today, book.now());
    debug_assert!(
        book.access.holds_on(&e.subject, book.side()) > WALKED_MAX
            || steps::uncounted(|| held().is_some()) == is_held,
        "holds on {}",
        e.subject
    );
    // One that is held is told by which.
    if let Some(HoldState { hold, placed, .. }) = is_held.then(held).flatten() {
        let (subject, hold) = (e.subject.entity(), entity(Kind::Hold, hold));
        return Err(Rejection::ErasureOnHold { subject, hold, placed });
    }
    for part in &e.parts {
        check_told(proposal, "/data/parts", part.position)?;
        if let Some(by) = book.access.erased(*part, book.now()) {
            let (position, part) = (part.position, part.part);
            return Err(Rejection::PartErased { position, part, by });
        }
    }
    Ok(())
}
