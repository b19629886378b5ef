//! Whether a caller may record an event. Invariant: it is the first thing that is judged, on all
//! that is decided so far, so that nothing is decided after the record that takes a right away.

use std::{collections::HashMap, net::IpAddr};

use sijil_access::{Denied, Held, Rights, Standing, family_of, reach, role_reach};
use sijil_projections::{Side, scope::Places};
use sijil_rules::Book;
use sijil_schemas::{
    Event, May, Record, RightFamily,
    event::{Access, Invoices, System},
    id::{EntityRef, Key, Kind},
    record::Voucher,
    time::Timestamp,
};

use crate::{
    caller::{Caller, Granted, Means},
    request::Prepared,
};

/// What callers may, as it was last worked out: kept until a record about access is decided or
/// taken back.
#[derive(Debug, Default)]
pub(crate) struct Bounds(HashMap<(Means, Option<IpAddr>), Standing>);

/// Callers whose rights are kept; beyond that they are worked out anew.
const CALLERS_MAX: usize = 4_096;
/// What is about the ledger itself, and not about the company: nobody gives of it more than he has.
const OWN: [RightFamily; 3] = [RightFamily::Access, RightFamily::System, RightFamily::All];

impl Bounds {
    /// Forgets it.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
    /// Who vouches for an event, if its caller may record it; `target` is that of a void.
    pub(super) fn permit(
        &mut self,
        book: &Book,
        one: &Prepared,
        (target, at): (Option<&Record>, Timestamp),
    ) -> Result<Option<Voucher>, Denied> {
        let envelope = &one.candidate.body.envelope;
        if let Some(granted) = one.caller.granted() {
            let held = self.held(book, granted, at)?;
            let event = &one.candidate.event;
            let asks = Asks { book, granted, held, at };
            let seen = target.filter(|target| asks.may_with(May::Read, &target.event).is_ok());
            let (may, family) = wanted(event, seen);
            if !is_own_affair(book, event, granted, held) {
                // A void is one of its target.
                let about = seen.map_or(event, |target| &target.event);
                asks.may_about(may, family, about)?;
            }
            if envelope.actor != granted.actor && !held.whole.may(May::Attest, family) {
                let (expected, got) = (granted.actor.to_string(), envelope.actor.to_string());
                return Err(Denied::ActorNotYours { expected, got, family });
            }
            let for_whom = envelope.on_behalf_of.as_ref();
            if let Some(got) = for_whom.filter(|whom| !asks.may_act_for(whom, family)) {
                return Err(Denied::OnBehalfOfNotGranted { got: got.to_string(), family });
            }
            check_given(book, event, &held.whole)?;
        }
        Ok(one.caller.voucher(&envelope.actor))
    }
    /// Whether the caller of an event may be told that a record is there, and what it says: it is
    /// its own, or one that it may read, persons and all.
    pub(super) fn may_know(
        &mut self,
        book: &Book,
        caller: &Caller,
        (record, at): (&Record, Timestamp),
    ) -> Result<bool, Denied> {
        let Some(granted) = caller.granted() else { return Ok(true) };
        let rights = self.held(book, granted, at)?.whole;
        let family = family(&record.event);
        let is_plain = record.event.event_type().personal.is_empty();
        let is_own = record.voucher.as_ref().is_some_and(|voucher| {
            voucher.recorded_by.as_ref().unwrap_or(&record.envelope.actor) == &granted.actor
        });
        Ok(is_own
            || rights.may(May::Read, family) && (is_plain || rights.may(May::Personal, family)))
    }
    /// Whether a caller may void anything at all.
    pub(super) fn may_void(
        &mut self,
        book: &Book,
        caller: &Caller,
        at: Timestamp,
    ) -> Result<(), Denied> {
        let Some(granted) = caller.granted() else { return Ok(()) };
        let (may, family) = (May::Void, RightFamily::System);
        if self.held(book, granted, at)?.reach().may_anywhere(may) {
            Ok(())
        } else {
            Err(Denied::NotAllowed { may, family })
        }
    }
    /// Whether the caller of an event may read what of its family stands in its way.
    pub(super) fn may_read(
        &mut self,
        book: &Book,
        caller: &Caller,
        (of, at): (RightFamily, Timestamp),
    ) -> Result<bool, Denied> {
        let Some(granted) = caller.granted() else { return Ok(true) };
        Ok(self.held(book, granted, at)?.whole.may(May::Read, of))
    }
    /// Whether a caller may be told of an entity: what it may not see is not there for it.
    pub(super) fn may_see(
        &mut self,
        book: &Book,
        caller: &Caller,
        (entity, at): (&EntityRef, Timestamp),
    ) -> Result<bool, Denied> {
        let Some(granted) = caller.granted() else { return Ok(true) };
        let asks = Asks { book, granted, held: self.held(book, granted, at)?, at };
        let family = family_of(entity.kind);
        Ok(asks.held.whole.may(May::Read, family)
            || asks.scopes(May::Read, family, |places| places.has(entity)))
    }

    fn held(&mut self, book: &Book, granted: &Granted, at: Timestamp) -> Result<&Held, Denied> {
        let used = (granted.means.clone(), granted.from);
        if self.0.get(&used).is_none_or(|standing| standing.until <= at) {
            let standing = granted.standing(book, book.now(), at).ok_or(Denied::BadCredential)?;
            if self.0.len() >= CALLERS_MAX {
                self.0.clear();
            }
            self.0.insert(used.clone(), standing);
        }
        self.0.get(&used).map(|standing| &standing.held).ok_or(Denied::BadCredential)
    }
}

/// What a caller holds, asked of all that is decided so far.
struct Asks<'a> {
    book: &'a Book,
    granted: &'a Granted,
    held: &'a Held,
    at: Timestamp,
}

impl Asks<'_> {
    /// Whether something lies in any of the scopes within which something may be done.
    fn scopes(&self, may: May, family: RightFamily, lies: impl Fn(&Places<'_>) -> bool) -> bool {
        let (book, holder) = (self.book, &self.granted.holder);
        let user = book.access.user(holder.id(), book.now());
        let employee = user.filter(|_| holder.kind == Kind::User).and_then(|user| user.employee);
        let today = self.at.date(&book.company.zone());
        let folds = book.folds(Side::Decided, book.position());
        self.held
            .scopes(may, family)
            .any(|scopes| lies(&Places::of(folds, scopes, employee, today)))
    }
    fn may_with(&self, may: May, event: &Event) -> Result<(), Denied> {
        self.may_about(may, family(event), event)
    }
    /// Whether something may be done in a family with what an event is about.
    fn may_about(&self, may: May, family: RightFamily, event: &Event) -> Result<(), Denied> {
        if self.held.whole.may(may, family) {
            return Ok(());
        }
        if !self.held.reach().may(may, family) {
            return Err(Denied::NotAllowed { may, family });
        }
        if self.scopes(may, family, |places| places.holds(event)) {
            return Ok(());
        }
        Err(Denied::NotInScope { got: event.home().to_string() })
    }
    /// Whether the caller may act for somebody: with the right to, or as the deputy.
    fn may_act_for(&self, whom: &Key, family: RightFamily) -> bool {
        self.held.whole.may(May::ActFor, family)
            || self.scopes(May::ActFor, family, |places| places.has_employee(whom.as_str()))
            || self.scopes(May::Record, family, |places| places.is_deputy_of(whom.as_str()))
    }
}

/// The family of an event.
pub(super) fn family(event: &Event) -> RightFamily {
    RightFamily::named(event.family()).expect("every family of events is one of rights")
}

/// What one must be able to do to record an event. A void of what may not be seen wants the same as
/// a void of nothing.
fn wanted(event: &Event, target: Option<&Record>) -> (May, RightFamily) {
    let closes = |event: &Event| {
        matches!(event, Event::Invoices(Invoices::PeriodClosed(_) | Invoices::PeriodReopened(_)))
    };
    match (event, target) {
        (Event::System(_), Some(target)) if closes(&target.event) => {
            (May::Close, RightFamily::Invoices)
        }
        (Event::System(_), Some(target)) => (May::Void, family(&target.event)),
        (Event::System(System::EventVoided(_)), None) => (May::Void, RightFamily::System),
        (Event::Access(e), _) => wanted_of_access(e),
        (event, _) if closes(event) => (May::Close, RightFamily::Invoices),
        (event, _) => (May::Record, family(event)),
    }
}

/// What one must be able to do to record an event of the family access: what was taken out is told
/// by whom may take out, what is signed and restored by whoever looks after the server, figures by
/// who closes the books, and what is about the values of persons by who may erase them.
const fn wanted_of_access(event: &Access) -> (May, RightFamily) {
    match event {
        Access::RoleDefined(_)
        | Access::UserEnrolled(_)
        | Access::UserSuspended(_)
        | Access::UserResumed(_)
        | Access::IntegrationEnrolled(_)
        | Access::PermissionGranted(_)
        | Access::PermissionRevoked(_)
        | Access::KeyIssued(_)
        | Access::KeyRevoked(_)
        | Access::ModuleEnabled(_)
        | Access::ModuleDisabled(_) => (May::Grant, RightFamily::Access),
        Access::ExportBegun(_) | Access::DataExported(_) => (May::Export, RightFamily::System),
        Access::CheckpointKeyAdded(_)
        | Access::CheckpointKeyRetired(_)
        | Access::LedgerRestored(_) => (May::Operate, RightFamily::System),
        Access::FiguresAttested(_) => (May::Close, RightFamily::Invoices),
        Access::SubjectRequestReceived(_)
        | Access::SubjectRequestAnswered(_)
        | Access::HoldPlaced(_)
        | Access::HoldLifted(_)
        | Access::PersonalDataRestricted(_)
        | Access::PersonalDataReleased(_)
        | Access::PersonalDataErased(_)
        | Access::ErasureCompleted(_) => (May::Erase, RightFamily::Access),
    }
}

/// What nobody need be granted: to give up a key of one's own, and to have it replaced by one that
/// is good for no more, no longer, and no longer elsewhere. A key that narrows gives up itself
/// alone. Whoever may take anything out in bulk says so itself, and how its own exports ended.
fn is_own_affair(book: &Book, event: &Event, granted: &Granted, held: &Held) -> bool {
    let Event::Access(event) = event else { return false };
    let own = |key: &str| {
        let state = book.access.key(key, book.now());
        state.filter(|state| state.of == granted.holder)
    };
    let is_itself = |key: &str| matches!(granted.means, Means::Key(used) if used.as_str() == key);
    match event {
        Access::KeyRevoked(revoked) => {
            let is_whole = match &granted.means {
                Means::Key(used) => own(used.as_str()).is_some_and(|used| used.narrows.is_none()),
                Means::Login { narrows, .. } => narrows.is_none(),
            };
            let is_itself = is_itself(revoked.key.as_str());
            (is_whole || is_itself) && own(revoked.key.as_str()).is_some()
        }
        Access::KeyIssued(issued) => {
            let replaced =
                issued.replaces.as_ref().filter(|_| issued.of.entity() == granted.holder);
            let replaced = replaced.filter(|replaced| is_itself(replaced.as_str()));
            replaced.and_then(|replaced| own(replaced.as_str())).is_some_and(|before| {
                before.narrows == issued.narrows
                    && before.networks == issued.networks.as_deref().unwrap_or_default()
                    && issued.expires_on <= before.expires_on
            })
        }
        Access::ExportBegun(_) => held.reach().may_anywhere(May::Export),
        Access::DataExported(ended) => {
            let begun = book.access.export(ended.export.as_str(), book.now());
            held.reach().may_anywhere(May::Export)
                && begun.is_some_and(|begun| begun.by == granted.actor.as_str())
        }
        _ => false,
    }
}

/// Refuses to give what is about the ledger itself to somebody, by who has not as much: counted is
/// all that it can ever come to.
fn check_given(book: &Book, event: &Event, own: &Rights) -> Result<(), Denied> {
    let (access, now) = (&book.access, book.now());
    let given = match event {
        // A key in the giver's hand does what its holder may.
        Event::Access(Access::KeyIssued(e)) => {
            let narrows = e.narrows.as_deref().map_or(Rights::ALL, Rights::reach);
            reach(access, &e.of.entity(), now) & narrows
        }
        Event::Access(Access::UserResumed(e)) => reach(access, &e.user.entity(), now),
        Event::Access(Access::PermissionGranted(e)) => role_reach(access, e.role.as_str(), now),
        Event::Access(Access::RoleDefined(e)) => Rights::reach(&e.rights),
        _ => return Ok(()),
    };
    // That the log is read says nothing of who may.
    let is_power =
        |may: May, family: RightFamily| !(may == May::Read && family == RightFamily::System);
    let more = |family: &RightFamily| {
        let may = May::ALL.iter().find(|may| {
            is_power(**may, *family) && given.may(**may, *family) && !own.may(**may, *family)
        });
        may.map(|may| (*may, *family))
    };
    match OWN.iter().find_map(more) {
        Some((may, family)) => Err(Denied::GrantsMoreThanOwn { may, family }),
        None => Ok(()),
    }
}
