//! Explanations, of every report and view, on wide histories. Invariant: the records behind a sum
//! or a count add up to it, those of a rate give the rate, and every record that is listed counts.

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use sijil_projections::{
    Cut,
    report::{Adds, Arguments, ColumnKind, Context, Explained, Means, Part, Row, Table},
    reports,
};
use sijil_schemas::{Event, Position, event::Invoices, time::Timestamp};

use super::{
    ALL,
    questions::{Question, Values},
    story::{Plan, Story},
};
use crate::{trade::history::Random, world::World};

/// Histories whose answers are explained.
const EXPLAINED: usize = 6;
/// One in so many questions of one parameter, and of the pairs, is asked.
const ONE_IN: (u64, u64) = (1, 9);
/// One in so many records is taken away to see the cell change.
const TAKEN_ONE_IN: u64 = 12;

/// Columns that say something of the question or of a pipeline, not of records.
const ASKED: &[(&str, &str)] = &[("attribution", "model"), ("kpi", "better"), ("xyz", "months")];

/// Columns that change whenever a record that contributes to them is taken away. In others another
/// one can stand in for it: a second document of the same client, an earlier estimate of the same
/// amount, a count of the stock, a later word of the same thread, a reversal of what was not
/// refunded.
const CHANGES: &[(&str, &[&str])] = &[
    ("sales", &["net", "invoiced", "credited", "units", "invoices", "orders", "lines", "gross"]),
    ("counterparty_links", &["invoices", "invoiced", "credited"]),
    (
        "receivables",
        &["not_due", "days_0_30", "days_1_30", "days_31_60", "days_61_90", "over_90", "gross"],
    ),
    ("payments", &["received", "refunded", "line"]),
    ("statement", &["invoices", "credit_notes", "received", "amount"]),
    ("funnel", &["deals"]),
    ("win_rate", &["won", "lost"]),
    ("losses", &["deals"]),
    ("attribution", &["cost"]),
    (
        "stock",
        &["received", "returned", "sold", "lost", "transferred", "orders", "ordered", "subtotal"],
    ),
    ("valuation", &["received"]),
];

/// What was compared.
#[derive(Default)]
struct Done {
    tables: u64,
    cells: u64,
    records: u64,
    settled: u64,
    rates: u64,
    taken: u64,
}

type Wrong = String;

/// One question at its clocks.
struct Asking<'w> {
    world: &'w World,
    question: &'w Question,
    as_of: Option<&'w str>,
    known_at: u64,
}

impl Asking<'_> {
    fn cut(&self) -> Cut {
        let known_at = self.known_at.to_string();
        let clocks: Vec<(&str, &str)> = self
            .as_of
            .map(|day| ("as_of", day))
            .into_iter()
            .chain([("known_at", known_at.as_str())])
            .collect();
        self.world.cut(&clocks).0
    }
    /// The answer, with the records behind it if they are wanted, as if one record had never been.
    fn table(&self, explain: bool, except: Option<Position>) -> Option<Table> {
        let report = self.question.report;
        let arguments = Arguments::parse(
            report,
            self.question.parameters.iter().map(|(name, value)| (*name, value.as_str())),
        )
        .ok()?;
        let cut = Cut { except, ..(self.world.bend.cut)(self.cut()) };
        let context = Context {
            views: self.world.views.folds(),
            cut,
            zone: self.world.views.company.zone(),
            arguments: &arguments,
            explain,
        };
        (report.run)(&context).ok().map(self.world.bend.table)
    }
    fn wrong(&self, what: &str, table: &Table, row: &Row, cell: &Explained) -> Wrong {
        let Question { report, parameters } = self.question;
        let (column, value) = (cell.column.name, cell.value.shown());
        format!(
            "{} {parameters:?} as_of {:?} known_at {} row {} column {column} = {value:?}: \
             {what}\n  {cell:?}",
            report.name,
            self.as_of,
            self.known_at,
            table.row_key(row)
        )
    }
    /// A forecast is of records as they were known when its month began: some of them are voided by
    /// now.
    fn is_of_another_time(&self) -> bool {
        self.question.report.name == "pipeline"
            && self.question.value("view").as_deref() == Some("accuracy")
    }

    fn judge(&self, random: &mut Random, done: &mut Done) -> Result<(), Wrong> {
        let Some(table) = self.table(true, None) else { return Ok(()) };
        let plain =
            self.table(false, None).ok_or("an answer that is refused without its records")?;
        if World::rows(&table) != World::rows(&plain) {
            return Err(format!(
                "{} {:?}: other values when explained",
                self.question.report.name, self.question.parameters
            ));
        }
        let keys: BTreeSet<_> = table.rows.iter().map(|row| table.row_key(row)).collect();
        if keys.len() != table.rows.len() {
            return Err(format!(
                "{} {:?}: rows of one name",
                self.question.report.name, self.question.parameters
            ));
        }
        done.tables += 1;
        for row in &table.rows {
            for cell in table.explained(row) {
                self.cell(&cell, done).map_err(|what| self.wrong(&what, &table, row, &cell))?;
                self.taken(random, &table, row, &cell, done)
                    .map_err(|what| self.wrong(&what, &table, row, &cell))?;
            }
        }
        Ok(())
    }

    fn cell(&self, cell: &Explained, done: &mut Done) -> Result<(), Wrong> {
        let (column, name) = (&cell.column, self.question.report.name);
        let nothing = cell
            .value
            .shown()
            .is_none_or(|shown| shown.parse::<Decimal>().is_ok_and(|value| value.is_zero()));
        done.cells += 1;
        done.records += (cell.parts.len() + cell.below.len()) as u64;
        done.settled += cell.settled.records;
        if column.adds != Adds::Never && cell.means != Means::Sum && !nothing {
            return Err("a cell that adds up is no sum".into());
        }
        let bare = cell.parts.is_empty() && cell.below.is_empty() && cell.settled.records == 0;
        if !column.key && bare && !nothing && !ASKED.contains(&(name, column.name)) {
            return Err("nothing is behind it".into());
        }
        match cell.means {
            Means::Sum if total(&cell.parts) != cell.value.as_decimal().unwrap_or_default() => {
                return Err(format!("they add up to {}", total(&cell.parts)));
            }
            Means::Quotient => self.rate(cell, done)?,
            Means::Sum | Means::Said | Means::Asked => (),
        }
        let lens = self.world.views.lens(self.cut());
        for part in cell.parts.iter().chain(&cell.below).filter(|_| !self.is_of_another_time()) {
            let record = &self.world.records[usize::try_from(part.position.get()).unwrap() - 1];
            // Targets and the like count before their dates, and so does what a day says that is
            // ahead.
            let dated = cell.means != Means::Said && record.event.event_type().family != "staff";
            if !lens.known(part.position)
                || record.voids.is_some()
                || dated && record.occurred_at() >= lens.cut.before.min(Timestamp::END)
            {
                return Err(format!("{} does not count", part.position));
            }
            let family = record.event.event_type().family;
            let asked = |name: &str| {
                let mut parameters = self.question.parameters.iter();
                parameters.find(|(own, _)| *own == name).map(|(_, value)| value.as_str())
            };
            if !self.question.report.drawn_on(asked).contains(&family) {
                return Err(format!("{} is of {family}, on which it does not draw", part.position));
            }
        }
        Ok(())
    }

    /// The records above and below the line give the rate.
    fn rate(&self, cell: &Explained, done: &mut Done) -> Result<(), Wrong> {
        let (above, below) = (total(&cell.parts), total(&cell.below));
        let shown: Option<Decimal> = cell.value.shown().and_then(|shown| shown.parse().ok());
        let (Some(shown), false) = (shown, below.is_zero()) else { return Ok(()) };
        let factor = match cell.column.kind {
            ColumnKind::Percent => Decimal::ONE_HUNDRED,
            // Days outstanding are days times a share of the debt, and so are those of a stock;
            // their oracles multiply.
            ColumnKind::Number if matches!(cell.column.name, "dso" | "dpo" | "days") => {
                return Ok(());
            }
            // Opening and closing together are twice the average.
            ColumnKind::Number if cell.column.name == "turnover" => Decimal::TWO,
            ColumnKind::Number if cell.column.name == "per_100" => Decimal::ONE_HUNDRED,
            ColumnKind::Number => Decimal::ONE,
            _ => return Ok(()),
        };
        done.rates += 1;
        let found = above * factor / below;
        // What is shown is rounded to two places, days to six before they are added.
        if (found - shown).abs() > Decimal::new(501, 5) {
            Err(format!("{above} over {below} is {found}"))
        } else {
            Ok(())
        }
    }

    /// A set-off that was reversed: without it there is nothing to reverse, and both are gone.
    fn is_reversed(&self, at: Position) -> bool {
        let record = |at: Position| &self.world.records[usize::try_from(at.get()).unwrap() - 1];
        let Event::Invoices(Invoices::SetOffRecorded(set_off)) = &record(at).event else {
            return false;
        };
        self.world.records.iter().any(|record| {
            matches!(&record.event,
                Event::Invoices(Invoices::SetOffReversed(of)) if of.set_off == set_off.set_off)
        })
    }

    /// Without a record that contributes, the cell is another.
    fn taken(
        &self,
        random: &mut Random,
        table: &Table,
        row: &Row,
        cell: &Explained,
        done: &mut Done,
    ) -> Result<(), Wrong> {
        let (name, column) = (self.question.report.name, cell.column.name);
        let changes =
            CHANGES.iter().any(|(report, columns)| *report == name && columns.contains(&column));
        if cell.means != Means::Sum
            || cell.parts.is_empty()
            || !random.one_in(TAKEN_ONE_IN)
            || !changes
            || self.is_of_another_time()
        {
            return Ok(());
        }
        let part = random.pick(&cell.parts);
        if self.is_reversed(part.position) {
            return Ok(());
        }
        let Some(without) = self.table(false, Some(part.position)) else { return Ok(()) };
        done.taken += 1;
        let index =
            table.columns.iter().position(|column| column.name == cell.column.name).unwrap();
        let left = without
            .rows
            .iter()
            .find(|other| without.row_key(other) == table.row_key(row))
            .map(|row| row[index].value.clone());
        if left.as_ref() == Some(&cell.value) {
            Err(format!("it is the same without {}", part.position))
        } else {
            Ok(())
        }
    }
}

fn total(parts: &[Part]) -> Decimal {
    parts.iter().map(|part| part.amount).sum()
}

/// Explains the answers of a short history to some questions about every report.
pub fn compare_all(seed: u64, bend: &dyn Fn(&World) -> World) {
    let story = Story::tell(Plan { seed: 700 + seed, events: 250, wrong: 0 });
    let wrong = compare(&bend(&story.world), seed, (12, 60), &mut Done::default());
    assert!(wrong.is_empty(), "{}", wrong[0]);
}

/// Explains the answers of a history to questions about every report: one in so many of those with
/// one parameter, and of the pairs.
fn compare(world: &World, seed: u64, (of_one, of_two): (u64, u64), done: &mut Done) -> Vec<Wrong> {
    let mut random = Random::new(seed ^ 0xE8B1);
    let (values, head, mut wrong) =
        (Values::of(&world.records), world.records.len() as u64, Vec::new());
    for report in reports::all() {
        for question in values.questions(report, &mut random) {
            if !random.one_in(if question.parameters.len() > 2 { of_two } else { of_one }) {
                continue;
            }
            let day = (report.needs_as_of || random.one_in(2)).then(|| values.day(&mut random));
            let known_at = if random.one_in(2) { head } else { 1 + random.below(head) };
            let asking = Asking { world, question: &question, as_of: day.as_deref(), known_at };
            wrong.extend(asking.judge(&mut random, done).err());
        }
    }
    wrong
}

#[test]
fn the_records_behind_every_cell_make_it() {
    let (mut done, mut wrong) = (Done::default(), Vec::new());
    for (story, seed) in ALL.iter().take(EXPLAINED).zip(1..) {
        wrong.extend(
            compare(&story.world, seed, ONE_IN, &mut done)
                .into_iter()
                .map(|wrong| format!("SEED={seed} {wrong}")),
        );
    }
    let Done { tables, cells, records, settled, rates, taken } = done;
    println!(
        "explain: {tables} answers, {cells} cells, {records} records listed and {settled} counted, \
         {rates} rates, {taken} records taken away"
    );
    assert!(
        wrong.is_empty(),
        "{} wrong, the first of them\n{}",
        wrong.len(),
        wrong.iter().take(6).cloned().collect::<Vec<_>>().join("\n")
    );
    assert!(tables > 2_000 && settled > 0 && rates > 1_000 && taken > 500, "too little was asked");
}
