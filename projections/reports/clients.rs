//! Clients (R43): how many buy, are new, asleep or lost; what is missing about them; their
//! contracts. Invariant: every client that is dealt with is of one stage: all = potential + new +
//! active + sleeping + lost.

use std::collections::BTreeMap;

use sijil_schemas::{
    Position,
    id::kind,
    time::{Date, Timestamp},
};

use crate::{
    Sym,
    report::{
        Cell, ColumnKind, Context, Count, Draw, Grounds, Parameter, ParameterKind, Picture, Report,
        ReportError, Sight, Table, Value, When, col, key, only, sum,
    },
    trade::{
        grouping::{By, Grouping, Subject, last_if_null},
        sold::bought_on,
    },
};

mod contracts;
mod quality;

/// What may be missing.
const METRICS: &[&str] = &[
    "without_owner",
    "without_contact",
    "without_buyer",
    "without_wallet_holder",
    "without_counterparty",
    "without_consent",
    "deals_without_client",
    "deals_without_wallet_holder",
];

pub(crate) static REPORT: Option<Report> = Some(Report {
    name: "clients",
    title: "Clients",
    about: "How many clients never bought, are new, buy, sleep or are lost; what is not known of \
            them; and which contracts are in force.",
    formula: "clients registered by as_of and not merged away, archived ones apart, by purchases \
              (invoices above 0) with links and merges: potential = none ever; new = the first \
              one at most active_days ago; active = the last one at most active_days ago, the \
              first before; sleeping = the last one at most lost_after days ago; lost = older; \
              all = their sum. Days are of the calendar. quality: clients without what the metric \
              says ÷ clients, open deals without it ÷ open deals; a consent counts until it is \
              withdrawn. Whether a contact has a channel is personal and in no report. contracts: \
              those in force on as_of, with what changed them by then.",
    source: "DOMAIN R43",
    edition: 1,
    question: "How many clients do we have, which of them buy, and what do we not know of them?",
    draws_on: &["clients", "counterparties", "invoices", "orders", "deals", "claims", "staff"],
    sight: Sight::Subset,
    pictures: &[
        Picture::when(
            &[When::Is("view", &["counts"])],
            Draw::Parts {
                of: Some("group"),
                parts: &["potential", "new", "active", "sleeping", "lost"],
            },
        ),
        Picture::when(
            &[When::Is("view", &["quality"]), When::Absent("metric")],
            Draw::Bars { label: "metric", y: "share", mark: None },
        ),
        Picture::when(
            &[When::Is("view", &["contracts"])],
            Draw::Lanes { lane: "contract", from: "valid_from", to: Some("valid_to") },
        ),
    ],
    needs_as_of: true,
    parameters: &[
        Parameter {
            name: "view",
            kind: ParameterKind::Choice(&["counts", "list", "quality", "contracts"]),
            required: false,
            default: Some("counts"),
            about: "how many there are, which, what is missing about them, or their contracts",
        },
        Parameter {
            name: "group",
            kind: ParameterKind::Choice(&["all", "owner", "kind"]),
            required: false,
            default: Some("all"),
            about: "with view=counts: one row in all, or one per owner at as_of, or per kind",
        },
        Parameter {
            name: "active_days",
            kind: ParameterKind::Count,
            required: false,
            default: Some("90"),
            about: "for how many days after a purchase a client is active",
        },
        Parameter {
            name: "lost_after",
            kind: ParameterKind::Count,
            required: false,
            default: Some("180"),
            about: "after how many days without a purchase a client is lost",
        },
        Parameter {
            name: "metric",
            kind: ParameterKind::Choice(METRICS),
            required: false,
            default: None,
            about: "with view=quality: which clients or deals it is that lack it",
        },
    ],
    only: &[
        only("group", &[When::Is("view", &["counts"])]),
        only("active_days", &[When::Is("view", &["counts", "list"])]),
        only("lost_after", &[When::Is("view", &["counts", "list"])]),
        only("metric", &[When::Is("view", &["quality"])]),
    ],
    run,
});

fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    match ctx.arguments.text("view") {
        Some("list") => list(ctx),
        Some("quality") => Ok(quality::table(ctx)),
        Some("contracts") => Ok(contracts::table(ctx)),
        _ => counts(ctx),
    }
}

/// How a client buys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Potential,
    New,
    Active,
    Sleeping,
    Lost,
    Archived,
}

impl Stage {
    const fn word(self) -> &'static str {
        match self {
            Stage::Potential => "potential",
            Stage::New => "new",
            Stage::Active => "active",
            Stage::Sleeping => "sleeping",
            Stage::Lost => "lost",
            Stage::Archived => "archived",
        }
    }
}

/// The day of a purchase, and its place in replay.
type Purchase = (Date, Timestamp, Position);

/// A client's first and last purchase.
#[derive(Debug, Clone, Copy)]
struct Bought {
    first: Purchase,
    last: Purchase,
}

/// A client as it stands.
struct Client<'a> {
    sym: Sym<kind::Client>,
    id: &'a str,
    registered: (Timestamp, Position),
    kind: sijil_schemas::ClientKind,
    bought: Option<Bought>,
    archived: Option<Position>,
}

/// The clients that were registered and count for themselves, in order of their ids.
fn standing<'a>(ctx: &Context<'a>) -> Vec<Client<'a>> {
    let (clients, lens) = (ctx.views.clients, ctx.lens());
    let own = |sym: &Sym<kind::Client>| clients.root(*sym, lens) == *sym;
    let mut all: Vec<Client<'a>> = clients
        .ids()
        .syms::<kind::Client>()
        .filter(own)
        .filter_map(|sym| {
            let registered = clients.registration(sym, lens)?;
            Some(Client {
                sym,
                id: clients.id(sym),
                registered: registered.order(),
                kind: registered.what,
                bought: None,
                archived: clients.archiving(sym, lens).map(|fact| fact.position),
            })
        })
        .collect();
    all.sort_unstable_by_key(|client| client.id);
    all
}

/// The first and the last purchase of each client.
fn purchases(ctx: &Context<'_>) -> BTreeMap<Sym<kind::Client>, Bought> {
    let (grouping, lens) = (Grouping::by(ctx, By::Client), ctx.lens());
    let mut all: BTreeMap<Sym<kind::Client>, Bought> = BTreeMap::new();
    for invoice in ctx.views.trade.invoices(lens).filter(|invoice| invoice.doc.is_purchase()) {
        let subject = Subject::invoice(invoice);
        if let Some(client) = grouping.client(&subject, &mut Grounds::default()) {
            let place = (bought_on(ctx, invoice), invoice.at, invoice.position);
            let known = all.entry(client).or_insert(Bought { first: place, last: place });
            (known.first, known.last) = (known.first.min(place), known.last.max(place));
        }
    }
    all
}

/// Clients as they stand, with what they bought.
fn with_purchases<'a>(ctx: &Context<'a>) -> Vec<Client<'a>> {
    let bought = purchases(ctx);
    let mut all = standing(ctx);
    all.iter_mut().for_each(|client| client.bought = bought.get(&client.sym).copied());
    all
}

/// The limits between the stages, in days.
struct Limits {
    active: i32,
    lost: i32,
    day: Date,
}

impl Limits {
    fn asked(ctx: &Context<'_>) -> Result<Limits, ReportError> {
        let days = |name| {
            let days = ctx.arguments.count(name)?.unwrap_or_default();
            Ok::<i32, ReportError>(i32::try_from(days).unwrap_or(i32::MAX))
        };
        let (active, lost) = (days("active_days")?, days("lost_after")?);
        if lost < active {
            return Err(ReportError::InvalidParameter {
                name: "lost_after".into(),
                expected: format!("a number of days from active_days ({active}) up"),
                got: lost.to_string(),
            });
        }
        Ok(Limits { active, lost, day: ctx.as_of_day() })
    }
    fn since(&self, day: Date) -> i32 {
        self.day.days() - day.days()
    }
    /// The stage of a client, and the record that says it.
    fn stage(&self, client: &Client<'_>) -> (Stage, Position) {
        if let Some(archived) = client.archived {
            return (Stage::Archived, archived);
        }
        let Some(bought) = client.bought else { return (Stage::Potential, client.registered.1) };
        let (first, last) = (self.since(bought.first.0), self.since(bought.last.0));
        let stage = if first <= self.active {
            Stage::New
        } else if last <= self.active {
            Stage::Active
        } else if last <= self.lost {
            Stage::Sleeping
        } else {
            Stage::Lost
        };
        (stage, if stage == Stage::New { bought.first.2 } else { bought.last.2 })
    }
}

/// One row of counts in the making.
struct Line {
    placed: Grounds,
    all: Count,
    stages: [Count; 6],
}

const STAGES: [Stage; 6] =
    [Stage::Potential, Stage::New, Stage::Active, Stage::Sleeping, Stage::Lost, Stage::Archived];

fn counts(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let limits = Limits::asked(ctx)?;
    let by = ctx.arguments.text("group").unwrap_or("all");
    let new = || Line {
        placed: ctx.grounds(),
        all: ctx.count(),
        stages: std::array::from_fn(|_| ctx.count()),
    };
    let mut lines: BTreeMap<(bool, &str), Line> = BTreeMap::new();
    if by == "all" {
        lines.insert((false, "all"), new());
    }
    for client in with_purchases(ctx) {
        let owner = ctx.views.clients.owner_fact(client.sym, ctx.lens());
        let group = match by {
            "owner" => owner.and_then(|(_, owner)| owner),
            "kind" => Some(kind_name(client.kind)),
            _ => Some("all"),
        };
        let line = lines.entry(last_if_null(group)).or_insert_with(new);
        line.placed.add(client.registered.1);
        if let Some((said, _)) = owner.filter(|_| by == "owner") {
            line.placed.add(said);
        }
        let (stage, said) = limits.stage(&client);
        if stage != Stage::Archived {
            line.all += client.registered.1;
        }
        for (of, count) in STAGES.iter().zip(&mut line.stages) {
            count.add(said, usize::from(*of == stage));
        }
    }
    let count = |name| sum(name, ColumnKind::Count);
    let mut columns = vec![key("group", ColumnKind::Text), count("all")];
    columns.extend(STAGES.map(|stage| count(stage.word())));
    let mut table = Table::new(&columns);
    for ((without, group), line) in lines {
        let group = if without { Value::Null } else { Value::Text(group.to_owned()) };
        let mut row = vec![group.because(line.placed), line.all.shown()];
        row.extend(line.stages.iter().map(Count::shown));
        table.push(row);
    }
    Ok(table)
}

const fn kind_name(kind: sijil_schemas::ClientKind) -> &'static str {
    match kind {
        sijil_schemas::ClientKind::Person => "person",
        sijil_schemas::ClientKind::Org => "org",
    }
}

fn list(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let limits = Limits::asked(ctx)?;
    let mut table = Table::new(&[
        key("client", ColumnKind::Id),
        col("kind", ColumnKind::Text),
        col("owner", ColumnKind::Id),
        col("stage", ColumnKind::Text),
        col("registered_on", ColumnKind::Date),
        col("first_purchase", ColumnKind::Date),
        col("last_purchase", ColumnKind::Date),
        col("days", ColumnKind::Count),
    ]);
    for client in with_purchases(ctx) {
        let (stage, said) = limits.stage(&client);
        let of = |position: Position| ctx.said_by([position]);
        let (registered, owner) =
            (client.registered.1, ctx.views.clients.owner_fact(client.sym, ctx.lens()));
        let on = |purchase: Option<Purchase>| match purchase {
            Some((day, _, position)) => Value::Date(day).because(of(position)),
            None => Cell::from(Value::Null),
        };
        let (first, last) =
            (client.bought.map(|bought| bought.first), client.bought.map(|bought| bought.last));
        let days = last.map_or(Cell::from(Value::Null), |(day, _, position)| {
            Value::Count(i64::from(limits.since(day))).because(of(position))
        });
        let (owner, owned) = owner.map_or((None, registered), |(said, owner)| (owner, said));
        table.push(vec![
            Value::id(Some(client.id)).because(of(registered)),
            Value::Text(kind_name(client.kind).to_owned()).because(of(registered)),
            Value::id(owner).because(of(owned)),
            Value::Text(stage.word().to_owned()).because(of(said)),
            Value::Date(ctx.day(client.registered.0)).because(of(registered)),
            on(first),
            on(last),
            days,
        ]);
    }
    Ok(table)
}
