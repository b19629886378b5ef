//! Whom values are about: what they ask, what must stay, what is hidden and what is erased.
//! Invariant: no text of anybody's own hand stands here, since it would tell again what is erased.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de};

use crate::{
    access::{PARTS_MAX, PersonalPart, Subject, parts, words},
    event::event,
    id::{ErasureId, HoldId, Key, SubjectRequestId},
    text::plain_fields,
    time::Date,
};

/// The most classes of values that one erasure keeps.
const KEPT_MAX: usize = 16;

words! {
    /// What somebody asks about the values that are theirs.
    RequestKind {
        /// What is known.
        Access "access";
        /// That something is put right.
        Rectification "rectification";
        /// That it is removed.
        Erasure "erasure";
        /// That it is hidden.
        Restriction "restriction";
        /// To have it in a form for machines.
        Portability "portability";
        /// That it is not used.
        Objection "objection";
    }
}
words! {
    /// How a request was answered.
    RequestOutcome {
        /// What was asked was done.
        Done "done";
        /// A part of it was done.
        DoneInPart "done_in_part";
        /// It was refused.
        Refused "refused";
        /// It was taken back.
        Withdrawn "withdrawn";
    }
}
words! {
    /// Why values must stay.
    HoldBasis {
        /// A case before a court, or one that is expected.
        Litigation "litigation";
        /// An authority looks into something.
        Investigation "investigation";
        /// A law that says how long.
        Retention "retention";
        /// A contract that is not fulfilled.
        Contract "contract";
    }
}
words! {
    /// Why values are hidden.
    RestrictionBasis {
        /// Whether they are right is not settled.
        Accuracy "accuracy";
        /// They should not be there, and the person wants them kept.
        Unlawful "unlawful";
        /// The person needs them for a claim.
        Claims "claims";
        /// An objection is not settled.
        Objection "objection";
    }
}
words! {
    /// Why values are erased.
    ErasureBasis {
        /// They are needed no more.
        NotNeeded "not_needed";
        /// Consent was withdrawn.
        ConsentWithdrawn "consent_withdrawn";
        /// The person objected.
        Objection "objection";
        /// They should never have been there.
        Unlawful "unlawful";
        /// A law wants it.
        Obligation "obligation";
        /// The time is over for which they were kept.
        RetentionEnded "retention_ended";
    }
}
words! {
    /// A class of values that a law keeps for a time.
    KeptClass {
        /// What bookkeeping must show.
        Legal "legal";
        /// What a claim rests on.
        Claims "claims";
    }
}

/// Values that stay for now.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct Kept {
    /// Which.
    pub class: KeptClass,
    /// Through which day.
    pub until: Date,
}
plain_fields!(
    RequestKind,
    RequestOutcome,
    HoldBasis,
    RestrictionBasis,
    ErasureBasis,
    KeptClass,
    Kept,
);

fn kept<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Kept>, D::Error> {
    let list = Vec::<Kept>::deserialize(from)?;
    let got = list.len();
    if got > KEPT_MAX {
        return Err(de::Error::custom(format!("expected a list of 0 to {KEPT_MAX}, got {got}")));
    }
    match (1..got).find(|at| list[..*at].contains(&list[*at])) {
        Some(at) => {
            Err(de::Error::custom(format!("expected each once, got number {} twice", at + 1)))
        }
        None => Ok(list),
    }
}

event! {
    /// Somebody asked about the values that are theirs.
    1518 "subject_request.received" v 1 Opens SubjectRequestReceived {
        /// The request.
        request: SubjectRequestId,
        /// What is asked.
        kind: RequestKind,
        /// About whom.
        subject: Subject,
        /// The last day to answer.
        due_on: Date,
    }
}
event! {
    /// A request was answered.
    1519 "subject_request.answered" v 1 Continues SubjectRequestAnswered {
        /// The request.
        request: SubjectRequestId,
        /// How.
        outcome: RequestOutcome,
    }
}
event! {
    /// Values about somebody must stay: nothing of them may be erased.
    1520 "hold.placed" v 1 Opens HoldPlaced {
        /// The hold.
        hold: HoldId,
        /// About whom.
        subject: Subject,
        /// Why.
        basis: HoldBasis,
        /// The last day of it; left out, until it is lifted.
        until: Option<Date>,
    }
}
event! {
    /// A hold ended.
    1521 "hold.lifted" v 1 Continues HoldLifted {
        /// The hold.
        hold: HoldId,
    }
}
event! {
    /// Values about somebody are hidden from everybody, and stay.
    1522 "personal_data.restricted" v 1 Continues PersonalDataRestricted {
        /// About whom.
        subject: Subject,
        /// Why.
        basis: RestrictionBasis,
    }
}
event! {
    /// Values about somebody are no longer hidden.
    1523 "personal_data.released" v 1 Continues PersonalDataReleased {
        /// About whom.
        subject: Subject,
    }
}
event! {
    /// Values about somebody are removed, each named by where it stands.
    1524 "personal_data.erased" v 1 Opens PersonalDataErased {
        /// The erasure.
        erasure: ErasureId,
        /// About whom.
        subject: Subject,
        /// Why.
        basis: ErasureBasis,
        /// What is removed: position and part of each, none twice.
        #[serde(deserialize_with = "parts")]
        #[schemars(length(min = 1, max = PARTS_MAX), extend("uniqueItems" = true))]
        parts: Vec<PersonalPart>,
        /// What stays for now, none twice.
        #[serde(default, deserialize_with = "kept")]
        #[schemars(length(max = KEPT_MAX), extend("uniqueItems" = true))]
        kept: Vec<Kept>,
    }
}
event! {
    /// The values of an erasure are gone from a place.
    1525 "erasure.completed" v 1 Continues ErasureCompleted {
        /// The erasure.
        erasure: ErasureId,
        /// The place, as in log, postgres, tables/main or node/a.
        place: Key,
    }
}
