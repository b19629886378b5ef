//! Why somebody may not. Invariant: a denial names the right that is wanting, never the thing that
//! was asked for, so that it tells nobody what there is.

use sijil_schemas::{May, RightFamily, kinds};

/// Why somebody may not see or do something.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Nothing says who asks.
    #[error(
        "expected a credential, got none; send a key as Authorization: Bearer sijil_…, or, on the \
         machine itself, what stands in the file keys/local of the data directory"
    )]
    NoCredential,
    /// What was sent is good for nothing: which of many reasons it is, a stranger is not told.
    #[error(
        "expected a credential that is good here and now, got one that is not: it is unknown, \
         expired, revoked, or not for this place; ask whoever grants access for another"
    )]
    BadCredential,
    /// A right is wanting.
    #[error(
        "expected the right to {} in {}, which you do not have; ask whoever grants access for it",
        may.name(), family.name()
    )]
    NotAllowed {
        /// What one must be able to do.
        may: May,
        /// With which events.
        family: RightFamily,
    },
    /// It is about what does not lie in the scope of the right, or is not there.
    #[error(
        "expected an event about what lies in your scope, got one about {got}, which is somebody \
         else's, nobody's, or not there; name yourself as owner or assignee of what is new, or \
         ask whoever grants access"
    )]
    NotInScope {
        /// What it is about.
        got: String,
    },
    /// What is asked for is true of the whole company alone.
    #[error(
        "expected the right to read all of {}, got one to read a part of it; this report is true \
         of the whole company alone",
        family.name()
    )]
    NeedsWhole {
        /// Of which events.
        family: RightFamily,
    },
    /// The actor is somebody else.
    #[error(
        "expected no actor, or you as the actor ({expected}), got {got}; to record what others \
         did takes the right to attest in {}",
        family.name()
    )]
    ActorNotYours {
        /// Who the caller is.
        expected: String,
        /// Who was named.
        got: String,
        /// Of which events.
        family: RightFamily,
    },
    /// Nobody allowed the caller to act for somebody.
    #[error(
        "expected no on_behalf_of, got {got}; to act for others takes the right to act_for in {}",
        family.name()
    )]
    OnBehalfOfNotGranted {
        /// For whom.
        got: String,
        /// With which events.
        family: RightFamily,
    },
    /// Whoever gives access can give no more than there is.
    #[error(
        "expected to give no more than you may yourself, got the right to {} in {}; ask a \
         keyholder",
        may.name(), family.name()
    )]
    GrantsMoreThanOwn {
        /// What was to be given.
        may: May,
        /// With which events.
        family: RightFamily,
    },
}

kinds! { Denied {
    Denied::NoCredential => NoCredential,
    Denied::BadCredential => BadCredential,
    Denied::NotAllowed { .. } => NotAllowed,
    Denied::NotInScope { .. } => NotInScope,
    Denied::NeedsWhole { .. } => NeedsWhole,
    Denied::ActorNotYours { .. } => ActorNotYours,
    Denied::OnBehalfOfNotGranted { .. } => OnBehalfOfNotGranted,
    Denied::GrantsMoreThanOwn { .. } => GrantsMoreThanOwn,
} }
