//! R8, regulation compliance: whether what regulations ask of deals was done, and in time. Invariant: every obligation is on time, late, missed, pending or waived, and
//! only the first three are judged.

use std::collections::{BTreeMap, BTreeSet};

use sijil_schemas::{Position, id::EmployeeId};

use crate::report::parameters::{ATTRIBUTE, FROM, TO};
use crate::{
    deals::{Duty, GROUP, Group, Grouping, Moment, Obligation, PIPELINE, Skipped, Tally, Verdict, Walked, deals_asked, group_columns},
    ratio::Ratio,
    report::{Cell, ColumnKind, Context, Parameter, ParameterKind, Report, ReportError, Row, Table, Value, When, Why, col, key, only},
};

mod each;

const VIEW: Parameter = Parameter {
    name: "view",
    kind: ParameterKind::Choice(&["requirements", "total", "obligations"]),
    required: false,
    default: Some("requirements"),
    about: "requirements: a row per requirement; total: all requirements together; obligations: each obligation, and each skipped one, with its verdict",
};

pub(crate) static REPORT: Option<Report> = Some(Report {
    name: "compliance",
    title: "Regulation compliance",
    about: "Whether what regulations ask at each stage was done in time, by the date the stage was entered (or passed by). By owner it counts for the owner when the \
            obligation fell due, or at as_of if that is earlier.",
    formula: "each visit of a stage makes one obligation per requirement of the revision in force at the entry; due = entry + due_h; on_time: met during the visit, not \
              after due; late: met after; missed: past due or stage left, not met; pending (not due before the as_of cut) and waived are not judged. on_time_rate = \
              on_time ÷ (on_time + late + missed); done_rate = (on_time + late) ÷ the same; deal_rate = deals whose judged obligations are all on time ÷ deals with \
              a judged one. skipped: the deal passed the stage by and never entered it.",
    source: "DOMAIN R8",
    edition: 1,
    needs_as_of: true,
    parameters: &[VIEW, FROM, TO, PIPELINE, GROUP, ATTRIBUTE],
    only: &[only("attribute", &[When::Is("group", &["attribute"])])],
    run,
});

/// The requirement a row is about; all of them in the view `total`.
type Subject<'a> = Option<(&'a str, &'a str, u16, &'a str, &'a str)>;

#[derive(Default)]
struct DealsJudged<'a> {
    judged: BTreeSet<&'a str>,
    /// Those with a judged obligation that is not on time.
    failed: BTreeSet<&'a str>,
}

struct Judged<'a> {
    verdicts: BTreeMap<Verdict, Tally>,
    skipped: Tally,
    deals: DealsJudged<'a>,
    none: Tally,
}

impl<'a> Judged<'a> {
    fn new(ctx: &Context<'_>) -> Judged<'a> {
        Judged { verdicts: BTreeMap::new(), skipped: Tally::new(ctx), deals: DealsJudged::default(), none: Tally::new(ctx) }
    }
    fn add(&mut self, deal: &'a str, verdict: Verdict, why: &Why) {
        let none = &self.none;
        self.verdicts.entry(verdict).or_insert_with(|| none.clone()).add(why);
        if matches!(verdict, Verdict::OnTime | Verdict::Late | Verdict::Missed) {
            self.deals.judged.insert(deal);
            if verdict != Verdict::OnTime {
                self.deals.failed.insert(deal);
            }
        }
    }
    fn cells(&self) -> Row {
        let of = |verdict: Verdict| self.verdicts.get(&verdict).unwrap_or(&self.none);
        let (on_time, late, missed) = (of(Verdict::OnTime), of(Verdict::Late), of(Verdict::Missed));
        let all = (on_time.n + late.n + missed.n) as u64;
        let mut why = on_time.why.clone();
        why.join(&late.why);
        why.join(&missed.why);
        let (judged, failed) = (self.deals.judged.len(), self.deals.failed.len());
        let rate = |part: usize, whole: u64| Value::percent(Ratio::counts(part as u64, whole)).because(why.clone());
        let mut row: Row = vec![Value::Count(i64::try_from(all).unwrap_or(i64::MAX)).because(why.clone())];
        row.extend([on_time, late, missed, of(Verdict::Pending), of(Verdict::Waived), &self.skipped].map(|tally| tally.clone().cell()));
        row.extend([rate(on_time.n, all), rate(on_time.n + late.n, all)]);
        row.extend([Value::count(judged).because(why.clone()), Value::count(judged - failed).because(why.clone()), rate(judged - failed, judged as u64)]);
        row
    }
}

/// What a deal was asked, with its groups; what decides them is in `why`.
struct Asked<'a> {
    group: Group,
    deal: &'a str,
    pipeline: &'a str,
    regulation: &'a str,
    duty: &'a Duty,
    owner: &'a EmployeeId,
    what: What<'a>,
    why: Why,
}

enum What<'a> {
    Obligation(Obligation<'a>),
    Skipped(Skipped<'a>),
}

/// Everything regulations asked of the deals in the period.
fn asked<'a>(ctx: &Context<'a>, grouping: &Grouping<'_>) -> Result<Vec<Asked<'a>>, ReportError> {
    let (period, duties) = (ctx.interval()?, ctx.views.deals.duties(ctx.views.activity, ctx.lens()));
    let mut all = Vec::new();
    for walked in deals_asked(ctx) {
        let put = |at: Moment, owner: (Position, &'a EmployeeId), revision: Moment, facts: [Option<Position>; 3]| {
            let mut why = ctx.why();
            [at.position, revision.position, walked.course.opened.position].into_iter().chain(facts.into_iter().flatten()).for_each(|p| why.add(p));
            let group = if grouping.is_by_owner() {
                why.add(owner.0);
                Group::of(Some(owner.1.as_str()))
            } else {
                grouping.of(&walked, &mut why)
            };
            (group, why)
        };
        for o in duties.obligations(walked.id, walked.deal, &walked.course).into_iter().filter(|o| period.contains(&o.visit.entered.at)) {
            let facts = [o.fulfilled.map(|m| m.position), o.waived.map(|m| m.position), o.visit.left.map(|(m, _)| m.position)];
            let (group, why) = put(o.visit.entered, (o.owner_said, o.owner), o.revision, facts);
            all.push(asked_of(&walked, o.regulation, o.duty, o.owner, (group, why), What::Obligation(o)));
        }
        for s in duties.skipped(&walked.course).into_iter().filter(|s| period.contains(&s.moment.at)) {
            let (group, why) = put(s.moment, (s.owner_said, s.owner), s.revision, [None; 3]);
            all.push(asked_of(&walked, s.regulation, s.duty, s.owner, (group, why), What::Skipped(s)));
        }
    }
    Ok(all)
}

fn asked_of<'a>(walked: &Walked<'a>, regulation: &'a str, duty: &'a Duty, owner: &'a EmployeeId, (group, why): (Group, Why), what: What<'a>) -> Asked<'a> {
    Asked { group, deal: walked.id, pipeline: walked.course.opening.pipeline.as_str(), regulation, duty, owner, what, why }
}

fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let grouping = Grouping::asked(ctx)?;
    let all = asked(ctx, &grouping)?;
    if ctx.arguments.is("view", "obligations") {
        return Ok(each::table(&grouping, all));
    }
    let total = ctx.arguments.is("view", "total");
    let mut rows: BTreeMap<(Group, Subject<'_>), Judged<'_>> = BTreeMap::new();
    if total && grouping.is_none() {
        rows.insert((Group::All, None), Judged::new(ctx));
    }
    for asked in all {
        let rank = ctx.views.deals.regime().listed_rank(asked.pipeline, &asked.duty.stage, ctx.known());
        let subject = (asked.pipeline, asked.regulation, rank, asked.duty.stage.as_str(), asked.duty.requirement.as_str());
        let judged = rows.entry((asked.group, (!total).then_some(subject))).or_insert_with(|| Judged::new(ctx));
        match asked.what {
            What::Obligation(obligation) => judged.add(asked.deal, obligation.verdict, &asked.why),
            What::Skipped(_) => judged.skipped.add(&asked.why),
        }
    }
    let mut columns = Vec::new();
    if !total {
        let keys = [("pipeline", ColumnKind::Id), ("regulation", ColumnKind::Id), ("stage", ColumnKind::Text), ("requirement", ColumnKind::Text)];
        columns.extend(keys.map(|(name, kind)| key(name, kind)));
    }
    columns.extend(["obligations", "on_time", "late", "missed", "pending", "waived", "skipped"].map(|name| col(name, ColumnKind::Count)));
    columns.extend(["on_time_rate", "done_rate"].map(|name| col(name, ColumnKind::Percent)));
    columns.extend(["deals", "deals_on_time"].map(|name| col(name, ColumnKind::Count)));
    columns.push(col("deal_rate", ColumnKind::Percent));
    let mut table = Table::new(&group_columns(&grouping, &columns));
    for ((group, subject), judged) in &rows {
        let mut row = group.cells();
        if let Some((pipeline, regulation, _, stage, requirement)) = subject {
            row.extend([Value::Id((*pipeline).to_owned()), Value::Id((*regulation).to_owned())].map(Cell::from));
            row.extend([Value::Text((*stage).to_owned()), Value::Text((*requirement).to_owned())].map(Cell::from));
        }
        row.extend(judged.cells());
        table.push(row);
    }
    Ok(table)
}
