//! The kinds of things that fall due. Invariant: each has one word, by which it is asked for.

use crate::report::{Context, ReportError};

/// A kind of thing that falls due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DueKind {
    /// A task that is neither done nor cancelled.
    Task,
    /// An interaction that was planned and did not take place.
    Interaction,
    /// What a regulation asks of a deal.
    Obligation,
    /// A claim that nobody answered.
    Claim,
    /// A reminder that is not done.
    Reminder,
    /// An agreement that is not settled.
    Agreement,
    /// The end of a contract in force.
    Contract,
    /// The last day of a quote that nobody decided.
    Quote,
    /// A deal that should have been closed.
    Deal,
    /// An invoice of which something is overdue.
    Invoice,
}

impl DueKind {
    /// All of them, in the order of their words in the domain.
    pub const ALL: [DueKind; 10] = [
        DueKind::Task,
        DueKind::Interaction,
        DueKind::Obligation,
        DueKind::Claim,
        DueKind::Reminder,
        DueKind::Agreement,
        DueKind::Quote,
        DueKind::Contract,
        DueKind::Deal,
        DueKind::Invoice,
    ];
    /// Its word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            DueKind::Task => "task",
            DueKind::Interaction => "interaction",
            DueKind::Obligation => "obligation",
            DueKind::Claim => "claim",
            DueKind::Reminder => "reminder",
            DueKind::Agreement => "agreement",
            DueKind::Quote => "quote",
            DueKind::Contract => "contract",
            DueKind::Deal => "deal",
            DueKind::Invoice => "invoice",
        }
    }
    /// The kinds that the parameter `kinds` names, by commas; all of them if it is absent.
    ///
    /// # Errors
    /// If a word is none of theirs.
    pub(crate) fn asked(ctx: &Context<'_>) -> Result<Vec<DueKind>, ReportError> {
        let Some(words) = ctx.arguments.text("kinds") else { return Ok(DueKind::ALL.to_vec()) };
        let of = |word: &str| {
            DueKind::ALL.into_iter().find(|kind| kind.word() == word).ok_or_else(|| {
                ReportError::InvalidParameter {
                    name: "kinds".into(),
                    expected: format!(
                        "some of {}, by commas",
                        DueKind::ALL.map(DueKind::word).join(", ")
                    ),
                    got: word.to_owned(),
                }
            })
        };
        words.split(',').map(of).collect()
    }
}
