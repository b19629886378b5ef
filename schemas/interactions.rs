//! Meetings, calls and messages. Invariant: what was said is personal, that it was said is not.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    event::event,
    id::{ClientId, EntityRef, InteractionId, Key, SourceId},
    text::{Name, Personal, Text, plain_fields},
    time::Timestamp,
};

/// By what means.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Channel {
    /// In person.
    Meeting,
    /// By telephone.
    Call,
    /// A short message.
    Sms,
    /// A letter by mail.
    Email,
    /// A messenger.
    Chat,
}

/// Who began it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Direction {
    /// The client.
    In,
    /// The company.
    Out,
}

/// What was asked when a source was stated.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum AttributionQuestion {
    /// How did you learn of us?
    Learned,
    /// What prompted you to come now?
    Prompted,
}

plain_fields!(Channel, Direction, AttributionQuestion);

event! {
    /// An interaction was planned.
    301 "interaction.planned" v 1 Opens InteractionPlanned {
        /// The interaction.
        interaction: InteractionId,
        /// With which client.
        client: Option<ClientId>,
        /// By what means.
        channel: Channel,
        /// When it is to begin.
        at: Timestamp,
        /// Who takes part.
        #[serde(default)]
        participants: Vec<EntityRef>,
    }
}
event! {
    /// An interaction took place.
    302 "interaction.recorded" v 2 Revises InteractionRecorded {
        /// The interaction.
        interaction: InteractionId,
        /// With which client.
        client: Option<ClientId>,
        /// By what means.
        channel: Channel,
        /// Who began it.
        direction: Direction,
        /// How long it took, in seconds.
        duration_s: Option<u32>,
        /// Who took part.
        #[serde(default)]
        participants: Vec<EntityRef>,
        /// How it ended.
        outcome: Option<Key>,
        /// What was said.
        text: Option<Personal<Text>>,
        /// Where the written body is kept.
        body_ref: Option<Name>,
        /// Where the recording is kept.
        recording_ref: Option<Name>,
    }
}
event! {
    /// Somebody said where a client, deal or order came from.
    303 "attribution.stated" v 1 Continues AttributionStated {
        /// The client, interaction, deal, order or claim it is about.
        subject: EntityRef,
        /// What was asked.
        question: AttributionQuestion,
        /// The source that was named.
        source: SourceId,
        /// More about it: who recommended the company, say.
        detail: Option<Personal<Text>>,
    }
}
event! {
    /// Something was noted of an interaction that took place.
    304 "interaction.annotated" v 1 Continues InteractionAnnotated {
        /// The interaction.
        interaction: InteractionId,
        /// What was noted.
        text: Personal<Text>,
    }
}
