//! What is asked of the rows of an answer, of every report, on wide histories. Invariant: pages put
//! together are the answer; an order changes no row; a total is what a pencil adds up.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sijil_projections::{
    report::{Adds, ColumnKind, Page, Paged, ReportError, Row, Table},
    reports,
};

use super::{
    ALL,
    questions::{Question, Values},
};
use crate::trade::history::Random;

/// Histories whose answers are cut into pages.
const PAGED: usize = 4;

/// What is shown of a question's answer with these parameters of its rows.
fn shown(question: &Question, table: &Table, of_rows: &[(&str, &str)]) -> Paged {
    paged(question, table, of_rows).unwrap_or_else(|error| panic!("{question:?}: {error}"))
}
fn paged(
    question: &Question,
    table: &Table,
    of_rows: &[(&str, &str)],
) -> Result<Paged, ReportError> {
    let mut given: BTreeMap<String, String> =
        of_rows.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let (page, taken) = Page::take(question.report, &mut given)?;
    assert_eq!((taken.len(), given.len()), (of_rows.len(), 0));
    page.of(table.clone())
}

fn number(row: &Row, at: usize) -> Option<Decimal> {
    let shown = row[at].value.shown()?;
    Some(shown.parse().expect("a number"))
}
fn is_number(kind: ColumnKind) -> bool {
    matches!(kind, ColumnKind::Amount | ColumnKind::Quantity | ColumnKind::Count)
}

fn pages_are_the_answer(question: &Question, table: &Table, rows: usize) {
    if question.report.parameters.iter().any(|own| own.name == "limit") {
        return;
    }
    let (mut all, mut after, limit) = (Vec::new(), None::<String>, rows.to_string());
    loop {
        let mut of_rows = vec![("limit", limit.as_str())];
        of_rows.extend(after.as_deref().map(|key| ("after", key)));
        let page = shown(question, table, &of_rows);
        assert_eq!(page.rows_in_all, table.rows.len());
        assert!(page.table.rows.len() <= rows);
        all.extend(page.table.rows);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(all, table.rows, "{question:?}");
}

fn an_order_changes_no_row(question: &Question, table: &Table, at: usize, down: bool) {
    let column = table.columns[at];
    let sort = format!("{}{}", if down { "-" } else { "" }, column.name);
    let sorted = shown(question, table, &[("sort", &sort)]).table;
    let mut left = table.rows.clone();
    for row in &sorted.rows {
        let same = left.iter().position(|other| other == row).expect("a row of the answer");
        left.remove(same);
    }
    assert!(left.is_empty());
    for pair in sorted.rows.windows(2) {
        let [one, other] = pair else { unreachable!() };
        if one[at].value.shown().is_none() {
            assert!(other[at].value.shown().is_none(), "null comes last: {question:?} {sort}");
        } else if other[at].value.shown().is_some() && is_number(column.kind) {
            let (one, other) = (number(one, at), number(other, at));
            assert!(if down { one >= other } else { one <= other }, "{question:?} {sort}");
        }
    }
}

fn totals_are_what_a_pencil_adds_up(question: &Question, table: &Table) -> usize {
    let totals = match paged(question, table, &[("total", "true")]) {
        Ok(page) => page.totals.expect("they were asked for"),
        Err(ReportError::UnusedParameter { .. }) => {
            assert!(table.columns.iter().all(|column| column.adds == Adds::Never));
            return 0;
        }
        Err(error) => panic!("{question:?}: {error}"),
    };
    let at = |name: &str| table.columns.iter().position(|column| column.name == name);
    let units: Vec<usize> = ["currency", "unit"].into_iter().filter_map(at).collect();
    let mut groups: Vec<Vec<Option<String>>> = Vec::new();
    for row in &table.rows {
        let unit = units.iter().map(|at| row[*at].value.shown()).collect();
        if !groups.contains(&unit) {
            groups.push(unit);
        }
    }
    assert_eq!(totals.len(), groups.len(), "{question:?}");
    // One record stands on several rows that differ in these columns.
    let repeats = |names: &&[&str]| {
        let values = |at: usize| {
            let all = table.rows.iter().map(|row| row[at].value.shown());
            all.collect::<std::collections::BTreeSet<_>>().len()
        };
        let keys = names.iter().filter_map(|name| at(name)).filter(|at| table.columns[*at].key);
        keys.map(values).any(|values| values > 1)
    };
    let mut added = 0;
    for total in &totals {
        let of_unit =
            |row: &&Row| units.iter().all(|at| row[*at].value == total[table.columns[*at].name]);
        let rows: Vec<&Row> = table.rows.iter().filter(of_unit).collect();
        for (at, column) in table.columns.iter().enumerate() {
            let adds = match &column.adds {
                Adds::Everywhere => true,
                Adds::NotOver(names) => !repeats(names),
                Adds::Never => false,
            };
            if units.contains(&at) {
                continue;
            }
            assert_eq!(total.contains_key(column.name), adds, "{question:?} {}", column.name);
            if adds {
                let numbers: Vec<Decimal> = rows.iter().filter_map(|row| number(row, at)).collect();
                let sum = (!numbers.is_empty()).then(|| numbers.iter().sum::<Decimal>());
                let shown = total[column.name].shown();
                let got = shown.map(|shown| shown.parse::<Decimal>().expect("a number"));
                assert_eq!(got, sum, "{question:?} {}", column.name);
                added += 1;
            }
        }
    }
    added
}

fn rows_of_nothing_are_left_out(question: &Question, table: &Table) -> usize {
    let counted = |at: &usize| is_number(table.columns[*at].kind) && !table.columns[*at].key;
    let measures: Vec<usize> = (0..table.columns.len()).filter(counted).collect();
    match paged(question, table, &[("nonzero", "true")]) {
        Err(ReportError::UnusedParameter { .. }) => {
            assert!(measures.is_empty(), "{question:?}");
            0
        }
        Err(error) => panic!("{question:?}: {error}"),
        Ok(page) => {
            let is_something = |row: &&Row| {
                measures.iter().any(|at| number(row, *at).is_some_and(|n| !n.is_zero()))
            };
            let left: Vec<Row> = table.rows.iter().filter(is_something).cloned().collect();
            let out = table.rows.len() - left.len();
            assert_eq!(page.table.rows, left, "{question:?}");
            out
        }
    }
}

#[test]
fn pages_orders_and_totals_are_those_of_the_answer() {
    let (mut asked, mut added, mut left_out) = (0, 0, 0);
    for (story, seed) in ALL.iter().take(PAGED).zip(1..) {
        let mut random = Random::new(seed ^ 0xBA6E);
        let values = Values::of(&story.world.records);
        for report in reports::all() {
            for question in values.questions(report, &mut random) {
                if !random.one_in(if question.parameters.len() > 2 { 12 } else { 2 }) {
                    continue;
                }
                let day = (report.needs_as_of || random.one_in(2)).then(|| values.day(&mut random));
                let Ok(table) = question.ask(&story.world, day.as_deref(), None) else { continue };
                if table.rows.is_empty() {
                    continue;
                }
                let rows = 1 + usize::try_from(random.below(4)).unwrap();
                let columns = table.columns.len() as u64;
                let column = usize::try_from(random.below(columns)).unwrap();
                pages_are_the_answer(&question, &table, rows);
                an_order_changes_no_row(&question, &table, column, random.one_in(2));
                added += totals_are_what_a_pencil_adds_up(&question, &table);
                left_out += rows_of_nothing_are_left_out(&question, &table);
                asked += 1;
            }
        }
    }
    println!("{asked} answers in pages, {added} totals, {left_out} rows of nothing left out");
    assert!(asked > 500 && added > 500 && left_out > 20, "{asked} {added} {left_out}");
}
