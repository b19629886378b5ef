#![doc = include_str!("README.md")]

mod access;
mod beforehand;
mod book;
mod claims;
mod clients;
mod coins;
mod deals;
mod fields;
mod money;
mod parts;
mod rejection;
mod settles;
mod staff;
mod stock;
mod surveys;
mod trade;
mod voids;

pub use beforehand::{Beforehand, Trace};
pub use book::Book;
pub use parts::missing as missing_parts;
pub use rejection::Rejection;
pub use stock::{Entry, Shelf, Stand, Stands};

use sijil_schemas::{
    ClosingArea, Event, Position, Record,
    decode::Candidate,
    event::{Birth, Invoices},
    id::{EntityRef, Kind},
    time::{AHEAD_MICROS_MAX, Timestamp},
};

/// An event that asks to follow the history.
#[derive(Debug, Clone, Copy)]
pub struct Proposal<'a> {
    /// The event and what was said around it.
    pub candidate: &'a Candidate,
    /// The position it would get.
    pub position: Position,
    /// The clock.
    pub clock: Timestamp,
    /// For a void: its target, if the log has it.
    pub target: Option<&'a Record>,
    /// What was found out beforehand, on which it still rests; `None` has it found out now.
    pub beforehand: Option<&'a Beforehand>,
}

impl Proposal<'_> {
    /// The business date.
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        self.candidate.body.envelope.occurred_at
    }
}

/// Says whether an event may follow the history; `Err` names the first rule it breaks.
pub fn admit(book: &Book, proposal: &Proposal<'_>) -> Result<(), Rejection> {
    // What is judged is named like what was recorded; what is refused leaves no name.
    book.entities.name(&proposal.candidate.event, proposal.position);
    let verdict = judge(book, proposal);
    if verdict.is_err() {
        book.entities.ids().truncate(Position::new(proposal.position.get() - 1));
    }
    verdict
}

fn judge(book: &Book, proposal: &Proposal<'_>) -> Result<(), Rejection> {
    let event = &proposal.candidate.event;
    check_open(book, event)?;
    if proposal.at().micros() > proposal.clock.micros().saturating_add(AHEAD_MICROS_MAX) {
        return Err(Rejection::TooFarAhead { at: proposal.at(), clock: proposal.clock });
    }
    access::check_module(book, proposal)?;
    check_period(book, proposal)?;
    check_birth(book, event)?;
    check_references(book, event)?;
    let judged = parts::judged(book, proposal)?;
    access::check_persons(book, event)?;
    fields::check(book, proposal)?;
    match judged {
        parts::Judged::Alone => check_document(book, proposal, event)?,
        parts::Judged::Part => (),
        parts::Judged::Whole(whole, position) => {
            let proposal = Proposal {
                candidate: &whole,
                position,
                clock: proposal.clock,
                target: None,
                beforehand: None,
            };
            check_document(book, &proposal, &whole.event)?;
        }
    }
    coins::check(book, event)
}

/// Judges an event, or a whole document, by the rules of its family, and whether its client is
/// dealt with.
fn check_document(book: &Book, proposal: &Proposal<'_>, event: &Event) -> Result<(), Rejection> {
    check_family(book, proposal, event)?;
    clients::check_live(book, proposal, event)
}

fn check_family(book: &Book, proposal: &Proposal<'_>, event: &Event) -> Result<(), Rejection> {
    match event {
        Event::Clients(e) => clients::check(book, proposal, e),
        Event::Counterparties(e) => clients::check_counterparty(book, proposal, e),
        Event::Deals(e) => deals::check(book, proposal, e),
        Event::Orders(e) => trade::check_order(book, proposal, e),
        Event::Invoices(e) => trade::check_invoice(book, proposal, e),
        Event::Accounting(e) => money::check(book, proposal, e),
        Event::Catalogue(e) => stock::check_catalogue(book, proposal, e),
        Event::Stock(e) => stock::check(book, proposal, e),
        Event::Interactions(e) => claims::check_interaction(book, proposal, e),
        Event::Claims(e) => claims::check(book, proposal, e),
        Event::Tasks(e) => claims::check_task(book, proposal, e),
        Event::Staff(e) => staff::check(book, proposal, e),
        Event::Marketing(e) => staff::check_marketing(book, proposal, e),
        Event::Surveys(e) => surveys::check(book, proposal, e),
        Event::Access(e) => access::check(book, proposal, e),
        Event::System(e) => voids::check(book, proposal, e),
    }?;
    staff::check_given(book, proposal, event)
}

fn check_open(book: &Book, event: &Event) -> Result<(), Rejection> {
    let opens =
        matches!(event, Event::Accounting(sijil_schemas::event::Accounting::LedgerOpened(_)));
    match (book.company.opened_at(book.now()), opens) {
        (None, false) => Err(Rejection::LedgerNotOpen {}),
        (Some(position), true) => Err(Rejection::LedgerAlreadyOpen { position }),
        (None, true) | (Some(_), false) => Ok(()),
    }
}

/// The area of the books an event belongs to; events of no area are barred only where all areas are
/// closed, closings themselves and who has access never.
#[must_use]
pub fn area(event: &Event) -> Option<ClosingArea> {
    match event {
        Event::Invoices(e) => match e {
            Invoices::InvoiceIssued(_) | Invoices::CreditNoteIssued(_) => Some(ClosingArea::Sales),
            Invoices::InvoiceLinesAdded(_) | Invoices::CreditNoteLinesAdded(_) => {
                Some(ClosingArea::Sales)
            }
            Invoices::PeriodClosed(_) | Invoices::PeriodReopened(_) => None,
            Invoices::PaymentReceived(_)
            | Invoices::PaymentAllocated(_)
            | Invoices::PaymentUnallocated(_)
            | Invoices::PaymentRefunded(_)
            | Invoices::PaymentReversed(_)
            | Invoices::DebtWrittenOff(_)
            | Invoices::CreditNoteAllocated(_)
            | Invoices::CreditNoteUnallocated(_)
            | Invoices::CreditNoteRefunded(_)
            | Invoices::StatementLineImported(_)
            | Invoices::StatementLineMatched(_) => Some(ClosingArea::Money),
            Invoices::InvoiceBroughtForward(_)
            | Invoices::PaymentBroughtForward(_)
            | Invoices::SetOffRecorded(_)
            | Invoices::SetOffReversed(_) => Some(ClosingArea::Money),
        },
        Event::Access(_) => None,
        Event::Orders(_) => Some(ClosingArea::Sales),
        Event::Stock(_) => Some(ClosingArea::Stock),
        Event::Accounting(_) => Some(ClosingArea::Money),
        Event::Clients(_)
        | Event::Counterparties(_)
        | Event::Interactions(_)
        | Event::Deals(_)
        | Event::Catalogue(_) => Some(ClosingArea::All),
        Event::Marketing(_)
        | Event::Claims(_)
        | Event::Tasks(_)
        | Event::Staff(_)
        | Event::Surveys(_)
        | Event::System(_) => Some(ClosingArea::All),
    }
}

fn check_period(book: &Book, proposal: &Proposal<'_>) -> Result<(), Rejection> {
    // A void is judged by its target's area and date.
    let (event, at) = match proposal.target {
        Some(target) => (&target.event, target.occurred_at()),
        None => (&proposal.candidate.event, proposal.at()),
    };
    let Some(area) = area(event) else { return Ok(()) };
    let zone = book.company.zone();
    let on = at.date(&zone);
    let closed = |area: ClosingArea| {
        book.company.closed_until(area, book.now()).filter(|until| on <= *until)
    };
    if let Some(until) = closed(area) {
        return Err(Rejection::PeriodClosed { area: area.name(), until, on });
    }
    // What settles a document of another area changes that area's books at the later date of both.
    let Some(other) = settles::other_area(event) else { return Ok(()) };
    // What nothing bars needs no dates.
    match closed(other)
        .filter(|until| settles::dates(book, event).iter().any(|at| at.date(&zone) <= *until))
    {
        Some(until) => Err(Rejection::PeriodClosed { area: other.name(), until, on }),
        None => Ok(()),
    }
}

fn check_birth(book: &Book, event: &Event) -> Result<(), Rejection> {
    let home = event.home();
    let born = book.entities.get(&home, book.side()).and_then(|life| life.opening(book.now()));
    match (event.event_type().birth, born) {
        (Birth::Opens, Some(birth)) => {
            Err(Rejection::AlreadyExists { entity: home, position: birth.position })
        }
        (Birth::Continues, None) if is_reference(&home) => {
            Err(Rejection::UnknownReference { entity: home })
        }
        _ => Ok(()),
    }
}

/// Areas are fixed and events are found by their own id: neither is opened by an event.
const fn is_reference(entity: &EntityRef) -> bool {
    !matches!(entity.kind, Kind::Area | Kind::Event)
}

fn check_references(book: &Book, event: &Event) -> Result<(), Rejection> {
    let home = event.home();
    let mut unknown = None;
    event.touch(&mut |entity| {
        if unknown.is_none()
            && entity != home
            && is_reference(&entity)
            && !book.entities.exists(&entity, book.now())
        {
            unknown = Some(entity);
        }
    });
    unknown.map_or(Ok(()), |entity| Err(Rejection::UnknownReference { entity }))
}
