//! What is said of deals. Invariant: a fact says no more than its event does, in numbers.

use sijil_schemas::{
    DealOpened, event,
    id::{Key, kind},
    money::{Amount, Money, Quantity, Share},
    text::Attributes,
    time::Date,
};

use crate::{
    cells,
    cells::Run,
    ids::{Ids, Sym},
    words::Word,
};

cells! {
    /// What is asked for on a line of a deal.
    pub struct Asked {
        /// The line's key.
        pub line: Sym<Word>,
        /// Which item.
        pub item: Option<Sym<kind::Item>>,
        /// How many units.
        pub qty: Quantity,
        /// The price of one unit.
        pub price: Amount,
        /// The line without tax.
        pub net: Amount,
    }
}

cells! {
    /// How a deal began.
    pub struct Opening {
        /// By whom it was opened.
        pub actor: Sym<Word>,
        /// The client it names itself.
        pub client: Option<Sym<kind::Client>>,
        /// The legal entity it names itself.
        pub counterparty: Option<Sym<kind::Counterparty>>,
        /// Its pipeline.
        pub pipeline: Sym<kind::Pipeline>,
        /// Its first stage.
        pub stage: Sym<Word>,
        /// Its first owner.
        pub owner: Sym<kind::Employee>,
        /// What it may bring.
        pub amount: Option<Money>,
        /// What is asked for; none of one that is only judged.
        pub lines: Run<Asked>,
        /// When it may close.
        pub expected_close: Option<Date>,
    }
}

cells! {
    /// What a deal may bring, as estimated anew; absent estimates stay.
    pub struct Estimate {
        /// What it may bring.
        pub amount: Option<Money>,
        /// When it may close.
        pub expected_close: Option<Date>,
        /// How likely it is won.
        pub probability: Option<Share>,
    }
}

cells! {
    /// Whose a deal is, as set anew.
    pub struct PartySet {
        /// The client it names.
        pub client: Option<Sym<kind::Client>>,
        /// The legal entity it names.
        pub counterparty: Option<Sym<kind::Counterparty>>,
    }
}

cells! {
    /// A part of a deal that counts for an employee.
    pub struct Credit {
        /// Who.
        pub employee: Sym<kind::Employee>,
        /// Of the whole, which is 1.
        pub share: Share,
    }
}

cells! {
    /// Why a deal was lost.
    pub struct Loss {
        /// The stage it was lost at.
        pub at_stage: Sym<Word>,
        /// Why.
        pub reason: Sym<Word>,
        /// To whom.
        pub competitor: Option<Sym<Word>>,
    }
}

/// One thing that was said of a deal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DealFact {
    /// It was opened.
    Opened(Opening),
    /// It was estimated anew.
    Estimated(Estimate),
    /// It went from one stage to another.
    Entered {
        /// The stage it left.
        from: Sym<Word>,
        /// The stage it entered.
        to: Sym<Word>,
    },
    /// It was put on hold.
    PutOnHold,
    /// It goes on.
    Resumed,
    /// It got another owner, alone or with other work handed over.
    OwnerChanged {
        /// The owner until then.
        from: Sym<kind::Employee>,
        /// The owner from then on.
        to: Sym<kind::Employee>,
    },
    /// A requirement was fulfilled, in words.
    Fulfilled {
        /// Which.
        requirement: Sym<Word>,
        /// At the n-th visit of its stage.
        visit: u32,
    },
    /// A requirement was waived.
    Waived {
        /// Which.
        requirement: Sym<Word>,
        /// At the n-th visit of its stage.
        visit: u32,
    },
    /// It was won.
    Won {
        /// What it brought; absent takes the last estimate.
        amount: Option<Money>,
        /// The order it became.
        order: Option<Sym<kind::Order>>,
    },
    /// It was lost.
    Lost(Loss),
    /// It was opened again.
    Reopened {
        /// The stage it entered.
        stage: Sym<Word>,
    },
    /// What is asked for was said anew.
    Items {
        /// What is asked for; none of one that is only judged.
        lines: Run<Asked>,
    },
    /// It was set whose it is.
    Party(PartySet),
    /// Somebody takes part in it.
    Participant {
        /// Who.
        contact: Sym<kind::Contact>,
        /// As what; `None` takes part no more.
        role: Option<Sym<Word>>,
    },
    /// Who else bids for it, all of them.
    Competitors {
        /// The competitors, by words as a loss names one; none of one that is only judged.
        competitors: Run<Sym<Word>>,
    },
    /// Whom it counts for when it is won.
    Shares {
        /// Their shares; none of one that is only judged.
        shares: Run<Credit>,
    },
}

cells! {
    /// The same as it stands in its column: what is wide and rare stands in rows beside it.
    pub(super) enum NarrowFact {
        Opened { opening: Run<Opening> },
        Estimated { estimate: Run<Estimate> },
        Entered { from: Sym<Word>, to: Sym<Word> },
        PutOnHold,
        Resumed,
        OwnerChanged { from: Sym<kind::Employee>, to: Sym<kind::Employee> },
        Fulfilled { requirement: Sym<Word>, visit: u32 },
        Waived { requirement: Sym<Word>, visit: u32 },
        Won { amount: Run<Money>, order: Option<Sym<kind::Order>> },
        Lost { loss: Loss },
        Reopened { stage: Sym<Word> },
        Items { lines: Run<Asked> },
        Party { set: PartySet },
        Participant { contact: Sym<kind::Contact>, role: Option<Sym<Word>> },
        Competitors { competitors: Run<Sym<Word>> },
        Shares { shares: Run<Credit> },
    }
}

impl DealFact {
    /// The deal an event is about and what it says; `None` for configuration. Its words are
    /// numbered by `word`; its lines, competitors and shares are not in it.
    #[must_use]
    pub fn of(
        event: &event::Deals,
        actor: &Key,
        ids: &Ids,
        word: &mut dyn FnMut(&str) -> Sym<Word>,
    ) -> Option<(Sym<kind::Deal>, DealFact)> {
        let mut key = |key: &Key| word(key.as_str());
        let (deal, fact) = match event {
            event::Deals::PipelineDefined(_) | event::Deals::RegulationDefined(_) => return None,
            event::Deals::DealOpened(e) => {
                (&e.deal, DealFact::Opened(Opening::of(e, ids, [key(actor), key(&e.stage)])))
            }
            event::Deals::DealEstimateChanged(e) => {
                let (amount, probability) = (e.amount, e.probability);
                let estimate = Estimate { amount, expected_close: e.expected_close, probability };
                (&e.deal, DealFact::Estimated(estimate))
            }
            event::Deals::DealStageEntered(e) => {
                (&e.deal, DealFact::Entered { from: key(&e.from), to: key(&e.to) })
            }
            event::Deals::DealPutOnHold(e) => (&e.deal, DealFact::PutOnHold),
            event::Deals::DealResumed(e) => (&e.deal, DealFact::Resumed),
            event::Deals::DealOwnerChanged(e) => {
                (&e.deal, DealFact::OwnerChanged { from: ids.sym(&e.from), to: ids.sym(&e.to) })
            }
            event::Deals::RequirementFulfilled(e) => {
                let requirement = key(&e.requirement);
                (&e.deal, DealFact::Fulfilled { requirement, visit: e.visit })
            }
            event::Deals::RequirementWaived(e) => {
                let requirement = key(&e.requirement);
                (&e.deal, DealFact::Waived { requirement, visit: e.visit })
            }
            event::Deals::DealWon(e) => {
                let order = e.order.as_ref().map(|order| ids.sym(order));
                (&e.deal, DealFact::Won { amount: e.amount, order })
            }
            event::Deals::DealLost(e) => {
                let (at_stage, reason) = (key(&e.at_stage), key(&e.reason));
                let competitor = e.competitor.as_ref().map(key);
                (&e.deal, DealFact::Lost(Loss { at_stage, reason, competitor }))
            }
            event::Deals::DealReopened(e) => (&e.deal, DealFact::Reopened { stage: key(&e.stage) }),
            event::Deals::DealItemsChanged(e) => (&e.deal, DealFact::Items { lines: Run::none() }),
            event::Deals::DealClientSet(e) => {
                let client = e.client.as_ref().map(|client| ids.sym(client));
                let counterparty = e.counterparty.as_ref().map(|legal| ids.sym(legal));
                (&e.deal, DealFact::Party(PartySet { client, counterparty }))
            }
            event::Deals::DealParticipantSet(e) => {
                let (contact, role) = (ids.sym(&e.contact), e.role.as_ref().map(key));
                (&e.deal, DealFact::Participant { contact, role })
            }
            event::Deals::DealCompetitorsSet(e) => {
                (&e.deal, DealFact::Competitors { competitors: Run::none() })
            }
            event::Deals::DealCreditSharesSet(e) => {
                (&e.deal, DealFact::Shares { shares: Run::none() })
            }
        };
        Some((ids.sym(deal), fact))
    }
}

impl Opening {
    fn of(e: &DealOpened, ids: &Ids, [actor, stage]: [Sym<Word>; 2]) -> Opening {
        Opening {
            actor,
            client: e.client.as_ref().map(|client| ids.sym(client)),
            counterparty: e.counterparty.as_ref().map(|legal| ids.sym(legal)),
            pipeline: ids.sym(&e.pipeline),
            stage,
            owner: ids.sym(&e.owner),
            amount: e.amount,
            lines: Run::none(),
            expected_close: e.expected_close,
        }
    }
}

/// The company's own fields that an event says of a deal.
pub(super) const fn attributes_of(event: &event::Deals) -> Option<&Attributes> {
    Some(match event {
        event::Deals::PipelineDefined(_) | event::Deals::RegulationDefined(_) => return None,
        event::Deals::DealOpened(e) => &e.attributes,
        event::Deals::DealEstimateChanged(e) => &e.attributes,
        event::Deals::DealStageEntered(e) => &e.attributes,
        event::Deals::DealPutOnHold(e) => &e.attributes,
        event::Deals::DealResumed(e) => &e.attributes,
        event::Deals::DealOwnerChanged(e) => &e.attributes,
        event::Deals::RequirementFulfilled(e) => &e.attributes,
        event::Deals::RequirementWaived(e) => &e.attributes,
        event::Deals::DealWon(e) => &e.attributes,
        event::Deals::DealLost(e) => &e.attributes,
        event::Deals::DealReopened(e) => &e.attributes,
        event::Deals::DealItemsChanged(e) => &e.attributes,
        event::Deals::DealClientSet(e) => &e.attributes,
        event::Deals::DealParticipantSet(e) => &e.attributes,
        event::Deals::DealCompetitorsSet(e) => &e.attributes,
        event::Deals::DealCreditSharesSet(e) => &e.attributes,
    })
}
