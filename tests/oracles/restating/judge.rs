//! The judge of restatements. Invariant: it asks the report itself at every position, and shares no
//! code with what it judges.

use std::{
    cell::OnceCell,
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use rust_decimal::Decimal;
use sijil_projections::{
    Cut,
    report::{
        Arguments, Change, ColumnKind, Context, Others, ReportError, RestateLimits, Restating,
        Shifts, Table, Untold, Value,
    },
};
use sijil_schemas::{Position, time::Timestamp};

use crate::{wide::questions::Question, world::World};

/// A restatement that is asked for.
#[derive(Clone)]
pub struct Asked<'w> {
    pub world: &'w World,
    pub question: Question,
    pub as_of: Option<String>,
    pub from: u64,
    pub to: u64,
    pub limits: RestateLimits,
    /// What is answered at each position, asked once for all who tell.
    answers: Rc<OnceCell<Answers>>,
}

/// The answers at the positions of a restatement.
struct Answers {
    first: Result<(), ReportError>,
    /// The columns of the last.
    last: Result<BTreeMap<&'static str, ColumnKind>, ReportError>,
    rows: Vec<Rows>,
}

/// A restatement as it was told.
#[derive(Debug, Clone)]
pub struct Restated {
    pub changes: Vec<Change>,
    pub untold: Option<Untold>,
}

/// Who tells it: the production code, or that with a bug.
pub type Teller = dyn Fn(&Asked<'_>, &Context<'_>) -> Result<Restated, ReportError>;

/// The production code.
pub fn tell(asked: &Asked<'_>, context: &Context<'_>) -> Result<Restated, ReportError> {
    let mut walk =
        Restating::new(asked.question.report, context, Position::new(asked.from), asked.limits)?;
    // In small portions, as a server does it.
    while !walk.go_on(context, 50) {}
    Ok(Restated { changes: walk.changes().to_vec(), untold: walk.untold() })
}

/// A row's values as shown, by column; numbers as numbers.
type Row = BTreeMap<&'static str, Shown>;
type Rows = BTreeMap<Vec<Option<String>>, Row>;

#[derive(Debug, Clone, PartialEq)]
enum Shown {
    Nothing,
    Number(Decimal),
    Text(String),
}

fn shown(value: &Value) -> Shown {
    match value {
        Value::Null => Shown::Nothing,
        Value::Amount(number) | Value::Quantity(number) => Shown::Number(*number),
        Value::Count(count) => Shown::Number(Decimal::from(*count)),
        other => Shown::Text(other.shown().unwrap()),
    }
}

/// The columns in which a row differs, each before and after.
type Differences = BTreeMap<&'static str, (Shown, Shown)>;
/// The positions at which a row differs from the position before, and in what.
type Steps = Vec<(u64, Differences)>;

fn adds(kind: ColumnKind) -> bool {
    matches!(kind, ColumnKind::Amount | ColumnKind::Quantity | ColumnKind::Count)
}

/// The rows of an answer; a report that says no there has none.
fn rows(answer: &Result<Table, ReportError>) -> Rows {
    let Ok(table) = answer else { return Rows::new() };
    let mut all = Rows::new();
    for row in &table.rows {
        let cells = || table.columns.iter().zip(row);
        let key =
            cells().filter(|(column, _)| column.key).map(|(_, cell)| cell.value.shown()).collect();
        let values = cells()
            .filter(|(column, _)| !column.key)
            .map(|(column, cell)| (column.name, shown(&cell.value)))
            .collect();
        assert!(all.insert(key, values).is_none(), "two rows with one key in {table:?}");
    }
    all
}

/// The columns in which a row differs, before and after: what is not there is zero where a number
/// stands, else nothing.
fn differs(before: Option<&Row>, after: Option<&Row>) -> Differences {
    let names: BTreeSet<&'static str> =
        before.into_iter().chain(after).flat_map(|row| row.keys().copied()).collect();
    let value = |row: Option<&Row>, other: Option<&Row>, name: &str| match (
        row,
        other.and_then(|other| other.get(name)),
    ) {
        (Some(row), _) => row[name].clone(),
        (None, Some(Shown::Number(_))) => Shown::Number(Decimal::ZERO),
        (None, _) => Shown::Nothing,
    };
    let pair =
        |name: &'static str| (name, (value(before, after, name), value(after, before, name)));
    names.into_iter().map(pair).filter(|(_, (before, after))| before != after).collect()
}

fn number(value: &Shown) -> Decimal {
    if let Shown::Number(number) = value { *number } else { Decimal::ZERO }
}

fn moved(shifts: &Shifts) -> Differences {
    shifts
        .iter()
        .map(|(name, shift)| (*name, (shown(&shift.before), shown(&shift.after))))
        .collect()
}

fn key(change: &Change) -> Vec<Option<String>> {
    change.key.iter().map(Value::shown).collect()
}

impl<'w> Asked<'w> {
    pub fn new(
        world: &'w World,
        question: Question,
        as_of: Option<String>,
        (from, to): (u64, u64),
    ) -> Asked<'w> {
        let limits = RestateLimits::STANDARD;
        Asked { world, question, as_of, from, to, limits, answers: Rc::default() }
    }
    pub fn within(&self, limits: RestateLimits) -> Asked<'w> {
        Asked { limits, ..self.clone() }
    }
    fn arguments(&self) -> Result<Arguments, ReportError> {
        Arguments::parse(
            self.question.report,
            self.question.parameters.iter().map(|(name, value)| (*name, value.as_str())),
        )
    }
    fn cut(&self, known_at: u64) -> Cut {
        let zone = self.world.views.company.zone();
        let day = self.as_of.as_ref().map(|day| day.parse::<sijil_schemas::time::Date>().unwrap());
        Cut {
            before: day.map_or(Timestamp::END, |day| day.plus_days(1).start(&zone)),
            known_at: Position::new(known_at),
            except: None,
        }
    }
    fn answers(&self, arguments: &Arguments) -> &Answers {
        self.answers.get_or_init(|| {
            let answers: Vec<Result<Table, ReportError>> = (self.from..=self.to)
                .map(|known_at| (self.question.report.run)(&self.context(arguments, known_at)))
                .collect();
            Answers {
                first: answers[0].as_ref().map(drop).map_err(ReportError::clone),
                last: (answers[answers.len() - 1].as_ref())
                    .map(|table| {
                        table.columns.iter().map(|column| (column.name, column.kind)).collect()
                    })
                    .map_err(ReportError::clone),
                rows: answers.iter().map(rows).collect(),
            }
        })
    }
    fn context<'a>(&'a self, arguments: &'a Arguments, known_at: u64) -> Context<'a> {
        let views = self.world.views.folds();
        Context {
            views,
            cut: self.cut(known_at),
            zone: self.world.views.company.zone(),
            arguments,
            explain: false,
        }
    }
}

/// Says what is wrong with a restatement; gives it if nothing is, and nothing if it was rightly
/// refused.
pub fn judge(asked: &Asked<'_>, tell: &Teller) -> Result<Option<Restated>, String> {
    let about = format!(
        "{} {:?} as_of {:?} from {} to {}",
        asked.question.report.name, asked.question.parameters, asked.as_of, asked.from, asked.to
    );
    let Ok(arguments) = asked.arguments() else { return Ok(None) };
    let Answers { first, last, rows: all } = asked.answers(&arguments);
    let told = tell(asked, &asked.context(&arguments, asked.to));
    let kinds = match (first, last) {
        (_, Err(_)) | (Err(ReportError::MissingRate { .. }), _) if told.is_err() => {
            return Ok(None);
        }
        (_, Err(_)) | (Err(ReportError::MissingRate { .. }), _) => {
            return Err(format!("{about}: told, though there is no answer at an end"));
        }
        (_, Ok(kinds)) => kinds,
    };
    let told = told.map_err(|error| format!("{about}: {error}"))?;
    let at = |key: &Vec<Option<String>>, n: usize| all[n].get(key).cloned();
    let expected: BTreeSet<Vec<Option<String>>> = (all[0].keys().chain(all[all.len() - 1].keys()))
        .filter(|key| !differs(at(key, 0).as_ref(), at(key, all.len() - 1).as_ref()).is_empty())
        .cloned()
        .collect();
    let found: BTreeSet<Vec<Option<String>>> = told.changes.iter().map(key).collect();
    if found != expected || found.len() != told.changes.len() {
        return Err(format!("{about}: rows {found:?}, expected {expected:?}"));
    }
    for change in &told.changes {
        let row = key(change);
        let steps: Steps = (1..all.len())
            .map(|n| {
                (asked.from + n as u64, differs(at(&row, n - 1).as_ref(), at(&row, n).as_ref()))
            })
            .filter(|(_, moved)| !moved.is_empty())
            .collect();
        of_row(asked, &told, change, &steps, kinds).map_err(|wrong| {
            format!("{about}: row {row:?}: {wrong}\n{change:#?}\nexpected {steps:#?}")
        })?;
        if moved(&change.moved) != differs(at(&row, 0).as_ref(), at(&row, all.len() - 1).as_ref()) {
            return Err(format!("{about}: row {row:?} differs otherwise: {change:#?}"));
        }
    }
    Ok(Some(told))
}

fn of_row(
    asked: &Asked<'_>,
    told: &Restated,
    change: &Change,
    expected: &[(u64, Differences)],
    kinds: &BTreeMap<&str, ColumnKind>,
) -> Result<(), String> {
    let found: Steps =
        change.steps.iter().map(|step| (step.position.get(), moved(&step.moved))).collect();
    if expected.get(..found.len()) != Some(&found[..]) {
        return Err(format!("steps {found:#?}"));
    }
    let short = asked.limits != RestateLimits::STANDARD;
    if !short && (found.len() != expected.len() || change.others.is_some() || told.untold.is_some())
    {
        return Err("not told to the end".into());
    }
    if let Some(Others { records, from, to, .. }) = &change.others {
        let left = &expected[found.len()..];
        let holds = |position: u64| (from.get()..=to.get()).contains(&position);
        if left.iter().any(|(position, _)| !holds(*position))
            || (*records as usize) < left.len()
            || from > to
            || to.get() > asked.to
        {
            return Err(format!(
                "others from {from} to {to} ({records} records) do not hold {left:?}"
            ));
        }
    }
    // Whatever the steps are, they add up.
    for (name, shift) in &change.moved {
        if !adds(kinds[name]) {
            continue;
        }
        let parts = change
            .steps
            .iter()
            .map(|step| &step.moved)
            .chain(change.others.iter().map(|others| &others.moved));
        let sum: Decimal = parts
            .filter_map(|moved| moved.get(name))
            .map(|shift| number(&shown(&shift.difference)))
            .sum();
        if sum != number(&shown(&shift.difference))
            || sum != number(&shown(&shift.after)) - number(&shown(&shift.before))
        {
            return Err(format!("{name}: the steps add up to {sum}, not {:?}", shift.difference));
        }
    }
    Ok(())
}
