//! Interactions (R9): how much is said with clients, and what of what was planned took place.
//! Invariant: an interaction stands in one row; of several entities of a kind that it is about, the
//! first counts.

use std::collections::BTreeMap;

use rust_decimal::{Decimal, RoundingStrategy};
use sijil_facts::cells::Run;
use sijil_schemas::{Channel, Direction, Position, id::Kind, time::Timestamp};

use crate::{
    EntitySym, Sym, Word,
    clients::{LinkView, Resolver},
    report::parameters::{FROM, TO},
    report::{
        Cell, ColumnKind, Context, Count, Draw, Grounds, Parameter, ParameterKind, Part, Picture,
        Report, ReportError, Sight, Sum, Table, Value, When, col, key, share, sum,
    },
    trade::grouping::last_if_null,
};

pub(crate) static REPORT: Option<Report> = Some(Report {
    name: "interactions",
    title: "Interactions",
    about: "How much was said with clients in a period, by whom, by which means and about what, \
            and how many of the planned interactions took place.",
    formula: "interactions recorded within from and to, by their own date; in = begun by the \
              client, out = by the company; clients = different clients, with links and merges; \
              minutes = each duration to two places; planned = interactions whose planned moment \
              lies within from and to; kept = those of them that took place by as_of; kept_rate = \
              kept ÷ planned; of several deals, orders or claims that one is about, the first \
              counts",
    source: "DOMAIN R9",
    edition: 1,
    question: "How much do we talk with our clients, and do we keep what we planned?",
    draws_on: &[
        "interactions",
        "clients",
        "counterparties",
        "deals",
        "orders",
        "claims",
        "invoices",
        "staff",
    ],
    sight: Sight::Subset,
    pictures: &[
        Picture::when(
            &[When::Is("group", &["month"])],
            Draw::Columns { x: "group", y: &["in", "out"], ghost: None },
        ),
        Picture::when(
            &[When::Is(
                "group",
                &["all", "employee", "client", "channel", "outcome", "deal", "order", "claim"],
            )],
            Draw::Parts { of: Some("group"), parts: &["in", "out"] },
        ),
    ],
    needs_as_of: false,
    parameters: &[
        Parameter {
            name: "group",
            kind: ParameterKind::Choice(&[
                "all", "employee", "client", "channel", "outcome", "deal", "order", "claim",
                "month",
            ]),
            required: false,
            default: Some("all"),
            about: "one row in all, or one per employee who did or planned it, client, channel, \
                    outcome, deal, order, claim, or month",
        },
        FROM,
        TO,
    ],
    only: &[],
    run,
});

/// One row in the making.
struct Line<'a> {
    placed: Grounds,
    all: Count,
    incoming: Count,
    outgoing: Count,
    /// Different clients, each by the first record that says something of it.
    clients: BTreeMap<&'a str, Position>,
    minutes: Sum,
    planned: Count,
    kept: Count,
}

impl Line<'_> {
    fn new(ctx: &Context<'_>) -> Self {
        let count = || ctx.count();
        Line {
            placed: ctx.grounds(),
            all: count(),
            incoming: count(),
            outgoing: count(),
            clients: BTreeMap::new(),
            minutes: ctx.sum(),
            planned: count(),
            kept: count(),
        }
    }
    fn cells(&self, ctx: &Context<'_>) -> Vec<Cell> {
        let mut clients = ctx.count();
        self.clients.values().for_each(|position| clients += *position);
        vec![
            self.all.shown(),
            self.incoming.shown(),
            self.outgoing.shown(),
            clients.shown(),
            self.minutes.shown(Value::Quantity),
            self.planned.shown(),
            self.kept.shown(),
            share(&self.kept, &self.planned, "planned"),
        ]
    }
}

/// What an interaction is put in a group by.
struct Subject<'a> {
    at: Timestamp,
    position: Position,
    channel: Channel,
    actor: Sym<Word>,
    outcome: Option<Sym<Word>>,
    refs: Run<EntitySym>,
    client: Option<&'a str>,
}

const fn channel_name(channel: Channel) -> &'static str {
    match channel {
        Channel::Meeting => "meeting",
        Channel::Call => "call",
        Channel::Sms => "sms",
        Channel::Email => "email",
        Channel::Chat => "chat",
    }
}

struct Asked<'c, 'a> {
    ctx: &'c Context<'a>,
    by: &'c str,
    resolver: Resolver<'a>,
}

impl<'a> Asked<'_, 'a> {
    fn client(&self, position: Position, at: Timestamp) -> Option<&'a str> {
        let clients = self.ctx.views.clients;
        let party = clients.party_at(position)?;
        self.resolver.client_of_party(party, at).map(|client| clients.id(client))
    }
    fn group(&self, of: &Subject<'a>) -> Option<String> {
        let activity = self.ctx.views.activity;
        let about = |kind: Kind| {
            let found = activity.first_ref(of.refs, kind)?;
            Some(activity.ids().id_of(found).to_owned())
        };
        match self.by {
            "employee" => Some(activity.word(of.actor).to_owned()),
            "client" => of.client.map(ToOwned::to_owned),
            "channel" => Some(channel_name(of.channel).to_owned()),
            "outcome" => of.outcome.map(|word| activity.word(word).to_owned()),
            "deal" => about(Kind::Deal),
            "order" => about(Kind::Order),
            "claim" => about(Kind::Claim),
            "month" => Some(self.ctx.day(of.at).to_string()[..7].to_owned()),
            _ => Some("all".to_owned()),
        }
    }
    /// The records that say the group.
    fn place(&self, of: &Subject<'a>, said: &mut Grounds) {
        said.add(of.position);
        if self.by == "client"
            && self.ctx.explain
            && let Some(party) = self.ctx.views.clients.party_at(of.position)
        {
            self.resolver.because_party(party, of.at, said);
        }
    }
}

fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let (activity, lens, within) = (ctx.views.activity, ctx.lens(), ctx.interval()?);
    let resolver = Resolver::new(ctx.views.clients, lens, LinkView::AtEvent);
    let asked = Asked { ctx, by: ctx.arguments.text("group").unwrap_or("all"), resolver };
    let mut lines: BTreeMap<(bool, String), Line<'_>> = BTreeMap::new();
    if asked.by == "all" {
        lines.insert((false, "all".to_owned()), Line::new(ctx));
    }
    let name = |group: Option<String>| {
        let (last, _) = last_if_null(group.as_deref());
        (last, group.unwrap_or_default())
    };
    for fact in activity.said_within(lens, within.clone()) {
        let said = fact.what;
        let subject = Subject {
            at: fact.at,
            position: fact.position,
            channel: said.channel,
            actor: said.actor,
            outcome: said.outcome,
            refs: said.refs,
            client: asked.client(fact.position, fact.at),
        };
        let line = lines.entry(name(asked.group(&subject))).or_insert_with(|| Line::new(ctx));
        asked.place(&subject, &mut line.placed);
        line.all += fact.position;
        *(match said.direction {
            Direction::In => &mut line.incoming,
            Direction::Out => &mut line.outgoing,
        }) += fact.position;
        if let Some(client) = subject.client {
            line.clients.entry(client).or_insert(fact.position);
        }
        if let Some(seconds) = said.duration_s {
            let minutes = Decimal::from(seconds) / Decimal::from(60);
            let minutes = minutes.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
            line.minutes += Part::of(fact.position, minutes);
        }
    }
    for (interaction, fact) in activity.plans(lens) {
        // Of a plan that was told twice the first counts.
        let is_first = activity.plan(Some(interaction), lens).map(|plan| plan.position);
        if !within.contains(&fact.what.at) || is_first != Some(fact.position) {
            continue;
        }
        let plan = fact.what;
        let kept: Option<_> = activity.interaction(Some(interaction), lens);
        let subject = Subject {
            at: plan.at,
            position: fact.position,
            channel: plan.channel,
            actor: plan.actor,
            outcome: kept.and_then(|said| said.what.outcome),
            refs: plan.refs,
            client: asked.client(fact.position, fact.at),
        };
        let line = lines.entry(name(asked.group(&subject))).or_insert_with(|| Line::new(ctx));
        asked.place(&subject, &mut line.placed);
        line.planned += fact.position;
        line.kept.add(fact.position, usize::from(kept.is_some()));
    }
    Ok(shown(ctx, lines))
}

fn shown(ctx: &Context<'_>, lines: BTreeMap<(bool, String), Line<'_>>) -> Table {
    let counts = ["interactions", "in", "out"].map(|name| sum(name, ColumnKind::Count));
    let mut columns = vec![key("group", ColumnKind::Text)];
    columns.extend(counts);
    columns.extend([
        col("clients", ColumnKind::Count),
        sum("minutes", ColumnKind::Quantity),
        sum("planned", ColumnKind::Count),
        sum("kept", ColumnKind::Count),
        col("kept_rate", ColumnKind::Percent),
    ]);
    let mut table = Table::new(&columns);
    for ((without, group), line) in lines {
        let group = if without { Value::Null } else { Value::Text(group) };
        let mut row = vec![group.because(line.placed.clone())];
        row.extend(line.cells(ctx));
        table.push(row);
    }
    table
}
