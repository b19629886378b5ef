//! R8, regulation compliance: whether what regulations ask of deals was done, and in time.
//! Invariant: every obligation is on time, late, missed, pending or waived, and only the first
//! three are judged.

use std::collections::BTreeMap;

use sijil_facts::Sym;
use sijil_schemas::{Position, id::kind};

use crate::report::parameters::{ATTRIBUTE, FROM, TO};
use crate::{
    deals::{
        Duty, GROUP, Group, Grouping, Moment, Obligation, PIPELINE, Regime, Skipped, Verdict,
        Walked, deals_asked, group_columns,
    },
    report::{
        Cell, ColumnKind, Context, Count, Draw, Grounds, Parameter, ParameterKind, Picture, Report,
        ReportError, Row, Sight, Table, Value, When, col, key, only, share, sum,
    },
};

mod each;

const VIEW: Parameter = Parameter {
    name: "view",
    kind: ParameterKind::Choice(&["requirements", "total", "obligations"]),
    required: false,
    default: Some("requirements"),
    about: "requirements: a row per requirement; total: all requirements together; obligations: \
            each obligation, and each skipped one, with its verdict",
};

pub(crate) static REPORT: Option<Report> = Some(Report {
    name: "compliance",
    title: "Regulation compliance",
    about: "Whether what regulations ask at each stage was done in time, by the date the stage was \
            entered (or passed by). By owner it counts for the owner when the obligation fell due, \
            or at as_of if that is earlier.",
    formula: "each visit of a stage makes one obligation per requirement of the revision in force \
              at the entry; due = entry + due_h; on_time: met during the visit, not after due; \
              late: met after; missed: past due or stage left, not met; pending (not due before \
              the as_of cut) and waived are not judged. on_time_rate = on_time ÷ (on_time + late + \
              missed); done_rate = (on_time + late) ÷ the same; deal_rate = deals whose judged \
              obligations are all on time ÷ deals with a judged one. skipped: the deal passed the \
              stage by and never entered it.",
    source: "DOMAIN R8",
    edition: 1,
    question: "Was what our regulations ask for done in time?",
    draws_on: &["deals", "interactions", "tasks", "clients", "counterparties", "staff"],
    sight: Sight::Subset,
    pictures: &[
        Picture::when(
            &[When::Is("view", &["requirements"])],
            Draw::Parts {
                of: Some("requirement"),
                parts: &["on_time", "late", "missed", "pending", "waived"],
            },
        ),
        Picture::when(
            &[When::Is("view", &["total"])],
            Draw::Parts { of: None, parts: &["on_time", "late", "missed", "pending", "waived"] },
        ),
        Picture::when(
            &[When::Is("view", &["obligations"])],
            Draw::Lanes { lane: "requirement", from: "due", to: Some("fulfilled") },
        ),
    ],
    needs_as_of: true,
    parameters: &[VIEW, FROM, TO, PIPELINE, GROUP, ATTRIBUTE],
    only: &[only("attribute", &[When::Is("group", &["attribute"])])],
    run,
});

/// The requirement a row is about; all of them in the view `total`.
type Subject<'a> = Option<(&'a str, &'a str, u16, &'a str, &'a str)>;

struct Judged<'a> {
    placed: Grounds,
    verdicts: [Count; 5],
    skipped: Count,
    /// The deals with a judged obligation: what opened them, and whether all of theirs were met on
    /// time.
    deals: BTreeMap<&'a str, (Position, bool)>,
}

impl<'a> Judged<'a> {
    fn new(ctx: &Context<'_>) -> Judged<'a> {
        Judged {
            placed: ctx.grounds(),
            verdicts: std::array::from_fn(|_| ctx.count()),
            skipped: ctx.count(),
            deals: BTreeMap::new(),
        }
    }
    const fn of(&self, verdict: Verdict) -> &Count {
        &self.verdicts[verdict as usize]
    }
    fn add(&mut self, asked: &Asked<'a>) {
        self.placed.join(&asked.placed);
        match &asked.what {
            What::Obligation(obligation) => {
                self.verdicts[obligation.verdict as usize] += obligation.visit.entered.position;
                if matches!(obligation.verdict, Verdict::OnTime | Verdict::Late | Verdict::Missed) {
                    let (_, all_on_time) =
                        self.deals.entry(asked.deal).or_insert((asked.opened, true));
                    *all_on_time &= obligation.verdict == Verdict::OnTime;
                }
            }
            What::Skipped(skipped) => self.skipped += skipped.moment.position,
        }
    }
    fn cells(&self, ctx: &Context<'_>) -> Row {
        const JUDGED: &str = "obligations that are judged";
        let (on_time, mut done, mut all) =
            (self.of(Verdict::OnTime), self.of(Verdict::OnTime).clone(), ctx.count());
        done += self.of(Verdict::Late);
        all += &done;
        all += self.of(Verdict::Missed);
        let (mut deals, mut met) = (ctx.count(), ctx.count());
        for (opened, all_on_time) in self.deals.values() {
            deals += *opened;
            met.add(*opened, usize::from(*all_on_time));
        }
        let mut row: Row = vec![all.shown()];
        row.extend(
            [Verdict::OnTime, Verdict::Late, Verdict::Missed, Verdict::Pending, Verdict::Waived]
                .map(|verdict| self.of(verdict).shown()),
        );
        row.extend([
            self.skipped.shown(),
            share(on_time, &all, JUDGED),
            share(&done, &all, JUDGED),
        ]);
        row.extend([
            deals.shown(),
            met.shown(),
            share(&met, &deals, "deals with an obligation that is judged"),
        ]);
        row
    }
}

/// What a deal was asked, with its group and the records that say that.
struct Asked<'a> {
    group: Group,
    placed: Grounds,
    deal: &'a str,
    opened: Position,
    pipeline: &'a str,
    regulation: &'a str,
    /// The rank of its stage in lists.
    rank: u16,
    stage: &'a str,
    requirement: &'a str,
    owner: (Position, &'a str),
    what: What<'a>,
}

enum What<'a> {
    Obligation(Obligation<'a>),
    Skipped(Skipped<'a>),
}

impl What<'_> {
    /// The revision of the regulation that asks it.
    const fn revision(&self) -> Moment {
        match self {
            What::Obligation(obligation) => obligation.revision,
            What::Skipped(skipped) => skipped.revision,
        }
    }
}

/// Everything regulations asked of the deals in the period.
fn asked<'a>(
    ctx: &Context<'a>,
    regime: &'a Regime,
    grouping: &Grouping<'_>,
) -> Result<Vec<Asked<'a>>, ReportError> {
    let (period, duties) =
        (ctx.interval()?, ctx.views.deals.duties(regime, ctx.views.activity, ctx.lens()));
    let mut all = Vec::new();
    for walked in deals_asked(ctx) {
        for o in
            duties.obligations(&walked).into_iter().filter(|o| period.contains(&o.visit.entered.at))
        {
            let asked = (o.regulation, o.duty);
            let owner = (o.owner_said, o.owner);
            all.push(asked_of((ctx, regime), grouping, &walked, asked, owner, What::Obligation(o)));
        }
        for s in
            duties.skipped(&walked.course).into_iter().filter(|s| period.contains(&s.moment.at))
        {
            let asked = (s.regulation, s.duty);
            let owner = (s.owner_said, s.owner);
            all.push(asked_of((ctx, regime), grouping, &walked, asked, owner, What::Skipped(s)));
        }
    }
    Ok(all)
}

fn asked_of<'a>(
    (ctx, regime): (&Context<'a>, &Regime),
    grouping: &Grouping<'_>,
    walked: &Walked,
    (regulation, duty): (Sym<kind::Regulation>, &'a Duty),
    (owner_said, owner): (Position, Sym<kind::Employee>),
    what: What<'a>,
) -> Asked<'a> {
    let (deals, mut placed) = (ctx.views.deals, ctx.grounds());
    let (ids, course) = (deals.ids(), &walked.course);
    let owner = (owner_said, ids.name(owner));
    let group = if grouping.is_by_owner() {
        placed.add(owner.0);
        Group::of(Some(owner.1))
    } else {
        grouping.of(walked, &mut placed)
    };
    let pipeline = course.opening.pipeline;
    Asked {
        group,
        placed,
        deal: ids.name(walked.deal),
        opened: course.opened.position,
        pipeline: ids.name(pipeline),
        regulation: ids.name(regulation),
        rank: regime.listed_rank(pipeline, duty.stage, ctx.known()),
        stage: deals.word(duty.stage),
        requirement: deals.word(duty.requirement),
        owner,
        what,
    }
}

fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let grouping = Grouping::asked(ctx)?;
    let regime = ctx.views.deals.regime();
    let all = asked(ctx, &regime, &grouping)?;
    if ctx.arguments.is("view", "obligations") {
        return Ok(each::table(ctx, &grouping, all));
    }
    let total = ctx.arguments.is("view", "total");
    let mut rows: BTreeMap<(Group, Subject<'_>), Judged<'_>> = BTreeMap::new();
    if total && grouping.is_none() {
        rows.insert((Group::All, None), Judged::new(ctx));
    }
    for asked in &all {
        let subject =
            (asked.pipeline, asked.regulation, asked.rank, asked.stage, asked.requirement);
        rows.entry((asked.group.clone(), (!total).then_some(subject)))
            .or_insert_with(|| Judged::new(ctx))
            .add(asked);
    }
    let mut columns = Vec::new();
    if !total {
        let keys = [
            ("pipeline", ColumnKind::Id),
            ("regulation", ColumnKind::Id),
            ("stage", ColumnKind::Text),
            ("requirement", ColumnKind::Text),
        ];
        columns.extend(keys.map(|(name, kind)| key(name, kind)));
    }
    columns.extend(
        ["obligations", "on_time", "late", "missed", "pending", "waived", "skipped"]
            .map(|name| sum(name, ColumnKind::Count)),
    );
    columns.extend(["on_time_rate", "done_rate"].map(|name| col(name, ColumnKind::Percent)));
    // A deal stands in each row that asks something of it.
    columns.extend(["deals", "deals_on_time"].map(|name| col(name, ColumnKind::Count)));
    columns.push(col("deal_rate", ColumnKind::Percent));
    let mut table = Table::new(&group_columns(&grouping, &columns));
    for ((group, subject), judged) in &rows {
        let mut row = group.cells(&judged.placed);
        if let Some((pipeline, regulation, _, stage, requirement)) = subject {
            row.extend(
                [Value::Id((*pipeline).to_owned()), Value::Id((*regulation).to_owned())]
                    .map(Cell::from),
            );
            row.extend(
                [Value::Text((*stage).to_owned()), Value::Text((*requirement).to_owned())]
                    .map(Cell::from),
            );
        }
        row.extend(judged.cells(ctx));
        table.push(row);
    }
    Ok(table)
}
