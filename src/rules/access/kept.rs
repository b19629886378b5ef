//! Rules on modules, exports, signing keys, holds and erasures. Invariant: each is begun once and
//! ended once; what must stay is not erased.

use sijil_projections::access::HoldState;
use sijil_schemas::{
    Module, PersonalDataErased, Position,
    event::Access,
    id::{Key, Kind},
};

use super::{entity, illegal};
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
    if let Some(HoldState { hold, placed, .. }) = book.access.held(&e.subject, today, book.now()) {
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
