//! Whom the personal fields of an event are about. Invariant: every type with such fields is named
//! here, so that a new one cannot be recorded without saying whose values it holds.

use crate::{
    event::{
        Access, Claims, Clients, Counterparties, Deals, Event, Interactions, Invoices, Staff,
        Surveys, Tasks,
    },
    id::{ClientId, EntityRef, Kind},
};

impl Event {
    /// Whom the personal fields of `data` are about: a client, contact, employee, user or legal
    /// entity where the event says so, and else the event's home, whose client is found by what it
    /// belongs to. Values about one subject stand in one personal part; no event says values about
    /// two.
    ///
    /// A text that speaks of a client through a contact is the contact's, who said it.
    #[must_use]
    pub fn person(&self) -> EntityRef {
        self.named_person().unwrap_or_else(|| self.home())
    }

    fn named_person(&self) -> Option<EntityRef> {
        match self {
            Event::Interactions(Interactions::InteractionRecorded(e)) => {
                let contact = e.participants.iter().find(|one| one.kind == Kind::Contact);
                contact.cloned().or_else(|| Some(e.client.as_ref()?.entity()))
            }
            Event::Interactions(Interactions::AttributionStated(e)) => Some(e.subject.clone()),
            Event::Claims(Claims::ClaimOpened(e)) => Some(e.client.as_ref()?.entity()),
            Event::Tasks(Tasks::TaskAssigned(e)) => Some(e.client.as_ref()?.entity()),
            Event::Tasks(Tasks::TimeLogged(e)) => Some(e.client.as_ref()?.entity()),
            Event::Clients(Clients::AgreementNoted(e)) => {
                let client = e.client.as_ref().map(ClientId::entity);
                client.or_else(|| Some(e.counterparty.as_ref()?.entity()))
            }
            Event::Surveys(Surveys::SurveyAnswered(e)) => Some(e.respondent.as_ref()?.entity()),
            // The home is the person, or what belongs to one.
            Event::Clients(
                Clients::ClientRegistered(_)
                | Clients::ClientRenamed(_)
                | Clients::ClientOwnerAssigned(_)
                | Clients::ContactAdded(_)
                | Clients::ClientArchived(_)
                | Clients::ClientRestored(_)
                | Clients::ClientGoalSet(_)
                | Clients::ContactChannelsChanged(_)
                | Clients::AgreementSettled(_),
            )
            | Event::Counterparties(
                Counterparties::CounterpartyRegistered(_)
                | Counterparties::CounterpartyDetailsChanged(_),
            )
            | Event::Interactions(Interactions::InteractionAnnotated(_))
            | Event::Claims(Claims::ClaimResponded(_))
            | Event::Deals(Deals::DealOwnerChanged(_))
            | Event::Invoices(Invoices::StatementLineImported(_))
            | Event::Tasks(Tasks::TaskReassigned(_) | Tasks::ReminderSet(_))
            | Event::Staff(
                Staff::EmployeeHired(_) | Staff::WorkHandedOver(_) | Staff::EmployeeDismissed(_),
            )
            | Event::Access(Access::UserEnrolled(_)) => None,
            _ => {
                debug_assert!(
                    self.event_type().personal.is_empty(),
                    "{} has personal fields: say whom they are about",
                    self.event_type().name
                );
                None
            }
        }
    }
}
