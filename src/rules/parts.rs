//! Rules on documents in parts. Invariant: such a document is recorded whole or not at all: its
//! parts follow its opening at once, in order, and it is judged as if its opening had held all
//! lines.

use sijil_schemas::{Position, decode::Candidate, id::EntityRef, parts::Piece};

use crate::{Book, Proposal, Rejection};

/// What an event is judged as.
pub(crate) enum Judged {
    /// As it is.
    Alone,
    /// As a part of a document of which more are to come: what its lines come to is not known yet.
    Part,
    /// As the last part of a document: the whole of it is judged, in the place of its opening.
    Whole(Box<Candidate>, Position),
}

/// Says what an event is judged as; refuses a part out of its place, and what comes between parts.
pub(crate) fn judged(book: &Book, proposal: &Proposal<'_>) -> Result<Judged, Rejection> {
    let candidate = proposal.candidate;
    let piece = candidate.event.piece();
    let Some((opening, parts, next)) = book.assembly().waits_for() else {
        return match piece {
            None => Ok(Judged::Alone),
            Some(Piece::Opening(_)) => Ok(Judged::Part),
            Some(Piece::Later(part)) => {
                let expected =
                    "no more parts: it is whole, or was never said to come in parts".to_owned();
                Err(refused(candidate.event.home(), expected, format!("part {part}")))
            }
        };
    };
    let expected = || format!("part {next} of {parts} next");
    let home = opening.event.home();
    if piece != Some(Piece::Later(next)) || candidate.event.home() != home {
        return Err(refused(home, expected(), said(candidate)));
    }
    let (first, own) = (&opening.envelope, &candidate.body.envelope);
    if (first.occurred_at, &first.actor) != (own.occurred_at, &own.actor) {
        let expected = format!(
            "part {next} to be of {} by {}, as its opening is",
            first.occurred_at, first.actor
        );
        return Err(refused(home, expected, format!("{} by {}", own.occurred_at, own.actor)));
    }
    let mut event = opening.event.clone();
    if !event.append(&candidate.event) {
        return Err(refused(home, expected(), said(candidate)));
    }
    if next < parts {
        return Ok(Judged::Part);
    }
    let whole = Candidate { id: opening.id, event, ..candidate.clone() };
    Ok(Judged::Whole(Box::new(whole), opening.position))
}

/// The refusal of a request that ends before its document is whole, and how many of the document's
/// parts it has; `None` if nothing is missing.
#[must_use]
pub fn missing(book: &Book) -> Option<(Rejection, usize)> {
    let (opening, parts, next) = book.assembly().waits_for()?;
    let expected = format!("part {next} of {parts} next");
    Some((
        refused(opening.event.home(), expected, "the end of the request".to_owned()),
        usize::from(next) - 1,
    ))
}

/// Refuses to void a part alone.
pub(crate) fn check_void(target: &sijil_schemas::Record) -> Result<(), Rejection> {
    match target.event.piece() {
        Some(Piece::Later(part)) => Err(refused(
            target.event.home(),
            "a void of its opening, which takes all parts along".to_owned(),
            format!("a void of part {part}"),
        )),
        Some(Piece::Opening(_)) | None => Ok(()),
    }
}

fn said(candidate: &Candidate) -> String {
    let (name, home) = (candidate.event.event_type().name, candidate.event.home());
    match candidate.event.piece() {
        Some(Piece::Later(part)) => format!("part {part} of {home}"),
        Some(Piece::Opening(_)) | None => format!("{name} of {home}"),
    }
}

fn refused(document: EntityRef, expected: String, got: String) -> Rejection {
    Rejection::DocumentParts { document, expected, got }
}
