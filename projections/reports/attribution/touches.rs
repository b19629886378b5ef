//! Touches: what a client, deal or order had to do with sources and campaigns before the win.
//! Invariant: a statement about a deal or order is a touch of that alone; every other touch belongs
//! to the client it resolves to.

use std::collections::BTreeMap;

use sijil_schemas::{
    AttributionQuestion, Position,
    id::{EntityRef, Kind, kind},
    time::Timestamp,
};

use super::gains::Gain;
use crate::{
    Sym,
    clients::{LinkView, Resolver},
    report::Context,
};

/// A source, a campaign, or the source that stands for a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Origin<'a> {
    pub(super) source: Option<&'a str>,
    pub(super) campaign: Option<&'a str>,
}

/// One touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Touch<'a> {
    pub(super) at: Timestamp,
    pub(super) position: Position,
    pub(super) origin: Origin<'a>,
}

/// Every touch and statement that counts.
pub(super) struct Touches<'a> {
    sources_of_campaigns: BTreeMap<&'a str, &'a str>,
    campaigns_of_sources: BTreeMap<&'a str, &'a str>,
    of_clients: BTreeMap<Sym<kind::Client>, Vec<Touch<'a>>>,
    of_subjects: BTreeMap<EntityRef, Vec<Touch<'a>>>,
    learned_of_clients: BTreeMap<Sym<kind::Client>, Touch<'a>>,
    learned_of_subjects: BTreeMap<EntityRef, Touch<'a>>,
    /// Statements of what prompted, latest by subject.
    prompted: BTreeMap<EntityRef, Touch<'a>>,
}

impl<'a> Touches<'a> {
    pub(super) fn of(ctx: &Context<'a>) -> Touches<'a> {
        let (marketing, lens) = (ctx.views.marketing, ctx.lens());
        let resolver = Resolver::new(ctx.views.clients, lens, LinkView::AtEvent);
        let mut all = Touches {
            sources_of_campaigns: BTreeMap::new(),
            campaigns_of_sources: BTreeMap::new(),
            of_clients: BTreeMap::new(),
            of_subjects: BTreeMap::new(),
            learned_of_clients: BTreeMap::new(),
            learned_of_subjects: BTreeMap::new(),
            prompted: BTreeMap::new(),
        };
        let ids = marketing.ids();
        for (source, revision) in marketing.plans().sources(ids, lens) {
            if let Some(campaign) = revision.what.campaign {
                let (source, campaign) = (ids.name(source), ids.name(campaign));
                all.sources_of_campaigns.entry(campaign).or_insert(source);
                all.campaigns_of_sources.insert(source, campaign);
            }
        }
        for (campaign, fact) in marketing.attendances(lens) {
            let origin = all.campaign(ids.name(campaign));
            let touch = Touch { at: fact.at, position: fact.position, origin };
            let client = ctx.views.clients.root(fact.what, lens);
            all.of_clients.entry(client).or_default().push(touch);
        }
        for (source, fact) in marketing.stated(lens) {
            let origin = all.source(ids.name(source));
            let touch = Touch { at: fact.at, position: fact.position, origin };
            let subject = ids.entity_of(fact.what.subject);
            let client = match fact.what.subject.typed() {
                Some(client) => Some(ctx.views.clients.root(client, lens)),
                None => resolver.client_of_document(&subject),
            };
            all.take(subject, client, fact.what.question, touch);
        }
        for touches in all.of_clients.values_mut().chain(all.of_subjects.values_mut()) {
            touches.sort_by_key(|touch| (touch.at, touch.position));
        }
        all
    }

    fn take(
        &mut self,
        subject: EntityRef,
        client: Option<Sym<kind::Client>>,
        question: AttributionQuestion,
        touch: Touch<'a>,
    ) {
        match question {
            AttributionQuestion::Learned => {
                if let Some(client) = client {
                    latest(&mut self.learned_of_clients, client, touch);
                }
                latest(&mut self.learned_of_subjects, subject, touch);
            }
            AttributionQuestion::Prompted => {
                latest(&mut self.prompted, subject.clone(), touch);
                match (subject.kind, client) {
                    (Kind::Deal | Kind::Order, _) => {
                        self.of_subjects.entry(subject).or_default().push(touch);
                    }
                    (_, Some(client)) => self.of_clients.entry(client).or_default().push(touch),
                    // Nobody's statement touches nobody.
                    (_, None) => (),
                }
            }
        }
    }

    /// A campaign, with the first source that stands for it.
    pub(super) fn campaign(&self, campaign: &'a str) -> Origin<'a> {
        Origin {
            source: self.sources_of_campaigns.get(campaign).copied(),
            campaign: Some(campaign),
        }
    }
    fn source(&self, source: &'a str) -> Origin<'a> {
        Origin { source: Some(source), campaign: self.campaigns_of_sources.get(source).copied() }
    }

    /// The touches of a gain from a moment up to its win, in replay order. What is said of an order
    /// itself counts whenever it is said: an order has no span of its own.
    pub(super) fn all(&self, gain: &Gain, since: Timestamp) -> Vec<Touch<'a>> {
        let in_time = |touch: &&Touch<'a>| since <= touch.at && touch.at <= gain.won;
        let of_client = gain
            .client
            .and_then(|client| self.of_clients.get(&client))
            .into_iter()
            .flatten()
            .filter(in_time);
        let mut all: Vec<Touch<'a>> = of_client.copied().collect();
        for subject in [Some(&gain.subject), gain.deal.as_ref()].into_iter().flatten() {
            let own = subject.kind == Kind::Order;
            all.extend(
                self.of_subjects
                    .get(subject)
                    .into_iter()
                    .flatten()
                    .filter(|touch| own || in_time(touch)),
            );
        }
        all.sort_by_key(|touch| (touch.at, touch.position));
        all
    }
    /// The latest answer of a gain's client (or about a gain of no client) to how it learned of the
    /// company.
    pub(super) fn learned(&self, gain: &Gain) -> Option<Touch<'a>> {
        match gain.client {
            Some(client) => self.learned_of_clients.get(&client).copied(),
            None => self.learned_of_subjects.get(&gain.subject).copied(),
        }
    }
    /// The latest answer of a client to how it learned of the company, else its first touch ever.
    pub(super) fn learned_of(&self, client: Sym<kind::Client>) -> Option<Touch<'a>> {
        let first = || self.of_clients.get(&client).and_then(|touches| touches.first());
        self.learned_of_clients.get(&client).or_else(first).copied()
    }
    /// What was stated on the gain (an order's deal after the order), else on the deal's first
    /// interaction.
    pub(super) fn prompted(&self, ctx: &Context<'a>, gain: &Gain) -> Option<Touch<'a>> {
        let deal =
            if gain.subject.kind == Kind::Deal { Some(&gain.subject) } else { gain.deal.as_ref() };
        let stated = [Some(&gain.subject), gain.deal.as_ref()]
            .into_iter()
            .flatten()
            .find_map(|subject| self.prompted.get(subject));
        let first = || {
            let (activity, ids) = (ctx.views.activity, ctx.views.activity.ids());
            let said = activity.said_on_deal(ids.find(deal?.id()), ctx.lens()).next()?;
            self.prompted.get(&ids.entity_of(said.what.interaction.into()))
        };
        stated.or_else(first).copied()
    }
}

fn latest<'a, K: Ord>(of: &mut BTreeMap<K, Touch<'a>>, key: K, touch: Touch<'a>) {
    let kept = of.entry(key).or_insert(touch);
    if (kept.at, kept.position) < (touch.at, touch.position) {
        *kept = touch;
    }
}
