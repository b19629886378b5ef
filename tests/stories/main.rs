//! Stories: tests that read like a ledger. Invariant: every `.story` file in this folder is run,
//! and every row of it is checked.
//!
//! ```text
//! ledger Europe/Berlin EUR
//! 2025-01-05 deal.opened deal=D1 pipeline=W stage=S1 owner=m1 amount=1000EUR
//! 2025-01-05 deal.opened deal=D1 … by=m1
//! mark before
//! refused unknown_reference 2025-01-05 deal.won deal=D9
//! void 2025-01-09 last
//! report funnel from=2025-01-01 to=2025-01-31 as_of=2025-02-28 known_at=before
//! | stage | reached |
//! | S1    | 6       |
//! restated receivables since=before as_of=2025-02-28
//! notes client_timeline client=C1
//! fails receivables missing_parameter
//! state deal:D1 as_of=2025-02-28
//! ```
//! An event is its business day or moment, or `now`, its type and its data; `by=` is the actor.
//! Access is told `now`, which is another time in memory than on a server. `mark` names
//! the position reached. What is `refused` changes nothing. A void is of the last event, of the one
//! at a mark, or of a position. Under a report stand the columns compared, then every row, in
//! order; under `restated` each row's steps: what each record did to each column, and `others`;
//! under `notes` each thing a report says besides its rows, and nothing if there is none. A report
//! that `fails` must refuse. `state` has a table, as a report has; likewise `history`, and
//! `differences` with the later point as `to_as_of=` and `to_known_at=`.
//!
//! `k=v` words: `12.50EUR` is money, `#3` a number, `today+30` a day from the present one,
//! `true`/`false`/JSON are what they are, all else text. Quote a word with `'…'` to have spaces.

#![expect(
    clippy::disallowed_methods,
    reason = "stories are read from their files; the rooms under test are not"
)]

mod history;
mod line;
mod personal;
mod restated;
mod world;

use std::{collections::BTreeMap, fs, path::Path};

use line::{draft, pairs, words};
use sijil_projections::{report::ParameterKind, reports};
use sijil_schemas::Position;
use world::World;

struct Story {
    world: World,
    marks: BTreeMap<String, Position>,
    rows_checked: usize,
}

impl Story {
    fn position(&self, word: &str) -> Position {
        match word {
            "last" => Position::new(self.world.records.len() as u64),
            _ => self.marks.get(word).copied().unwrap_or_else(|| {
                Position::new(word.parse().unwrap_or_else(|_| panic!("no mark {word:?}")))
            }),
        }
    }
    fn event(&mut self, words: &[String]) -> Result<Position, String> {
        self.world.record_draft(draft(words, self.world.clock.0))
    }
    fn void(&mut self, words: &[String]) -> Result<Position, String> {
        let target = self.position(&words[1]);
        self.world.void(&format!("{}T00:00:00Z", words[0]), target)
    }
    fn act(&mut self, words: &[String]) -> Result<Position, String> {
        if words[0] == "void" { self.void(&words[1..]) } else { self.event(words) }
    }
    fn parameters(&self, words: &[String]) -> Vec<(String, String)> {
        let position = |k: &str| matches!(k, "known_at" | "to_known_at" | "since");
        pairs(words)
            .into_iter()
            .map(|(k, v)| if position(&k) { (k, self.position(&v).to_string()) } else { (k, v) })
            .collect()
    }
    fn report(&mut self, words: &[String], expected: &[&str]) {
        let parameters = self.parameters(&words[1..]);
        let borrowed: Vec<(&str, &str)> =
            parameters.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let table = self
            .world
            .report(&words[0], &borrowed)
            .unwrap_or_else(|e| panic!("{words:?}: {}: {e}", e.name()));
        let rows = World::rows(&table);
        let split = |line: &str| -> Vec<String> {
            line.trim().trim_matches('|').split('|').map(|c| c.trim().to_owned()).collect()
        };
        let columns =
            split(expected.first().unwrap_or_else(|| panic!("{words:?}: expected a table below")));
        for column in &columns {
            assert!(
                table.columns.iter().any(|c| c.name == column),
                "{words:?}: no column {column:?}, there are {:?}",
                table.columns.iter().map(|c| c.name).collect::<Vec<_>>()
            );
        }
        let got: Vec<Vec<String>> = rows
            .iter()
            .map(|row| columns.iter().map(|c| row[c.as_str()].clone()).collect())
            .collect();
        let wanted: Vec<Vec<String>> = expected[1..].iter().map(|line| split(line)).collect();
        let show = |rows: &[Vec<String>]| {
            rows.iter().map(|r| format!("| {} |", r.join(" | "))).collect::<Vec<_>>().join("\n")
        };
        assert!(got == wanted, "{words:?}\nexpected\n{}\ngot\n{}", show(&wanted), show(&got));
        self.rows_checked += wanted.len();
    }
    /// What a report says besides its rows: of a row left out, of another place to look.
    fn notes(&mut self, words: &[String], expected: &[&str]) {
        let parameters = self.parameters(&words[1..]);
        let borrowed: Vec<(&str, &str)> =
            parameters.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let table = self
            .world
            .report(&words[0], &borrowed)
            .unwrap_or_else(|e| panic!("{words:?}: {}: {e}", e.name()));
        let wanted: Vec<&str> = expected.iter().map(|line| line.trim_matches('|').trim()).collect();
        assert_eq!(table.notes, wanted, "{words:?}");
        self.rows_checked += wanted.len().max(1);
    }
    fn records(&mut self, words: &[String], expected: &[&str]) {
        let parameters = self.parameters(&words[2..]);
        let borrowed: Vec<(&str, &str)> =
            parameters.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let ask = match words[0].as_str() {
            "state" => history::state_rows,
            "history" => history::history_rows,
            "restated" => restated::rows,
            _ => history::difference_rows,
        };
        let rows = ask(&self.world, &words[1], &borrowed);
        let split = |line: &str| -> Vec<String> {
            line.trim().trim_matches('|').split('|').map(|c| c.trim().to_owned()).collect()
        };
        let columns =
            split(expected.first().unwrap_or_else(|| panic!("{words:?}: expected a table below")));
        let got: Vec<Vec<String>> = rows
            .iter()
            .map(|row| columns.iter().map(|c| row[c.as_str()].clone()).collect())
            .collect();
        let wanted: Vec<Vec<String>> = expected[1..].iter().map(|line| split(line)).collect();
        let show = |rows: &[Vec<String>]| {
            rows.iter().map(|r| format!("| {} |", r.join(" | "))).collect::<Vec<_>>().join("\n")
        };
        assert!(got == wanted, "{words:?}\nexpected\n{}\ngot\n{}", show(&wanted), show(&got));
        self.rows_checked += wanted.len();
    }
    fn refused(&mut self, words: &[String]) {
        let before = self.world.records.len();
        let answer = self.act(&words[1..]);
        let refusal = answer.expect_err(&format!("{words:?}: expected a refusal"));
        assert!(refusal.starts_with(&format!("{}:", words[0])), "{words:?}: got {refusal}");
        assert_eq!(self.world.records.len(), before, "a refusal changes nothing");
        self.rows_checked += 1;
    }
    fn fails(&mut self, words: &[String]) {
        let parameters = self.parameters(&words[2..]);
        let borrowed: Vec<(&str, &str)> =
            parameters.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        match self.world.report(&words[0], &borrowed) {
            Err(error) => assert_eq!(error.name(), words[1], "{error}"),
            Ok(_) => panic!("{words:?}: expected a refusal"),
        }
        self.rows_checked += 1;
    }
}

fn run(path: &Path) -> usize {
    let text = fs::read_to_string(path).expect("the story can be read");
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|l| !l.is_empty() && !l.starts_with("# ") && *l != "#")
        .collect();
    let mut story = Story { world: World::default(), marks: BTreeMap::new(), rows_checked: 0 };
    let mut at = 0;
    while at < lines.len() {
        let line = words(lines[at]);
        let table: Vec<&str> =
            lines[at + 1..].iter().take_while(|l| l.starts_with('|')).copied().collect();
        match line[0].as_str() {
            "ledger" => story.world = World::open(&line[1], &line[2]),
            "empty" => story.world = World::default(),
            "mark" => drop(
                story
                    .marks
                    .insert(line[1].clone(), Position::new(story.world.records.len() as u64)),
            ),
            "refused" => story.refused(&line[1..]),
            "fails" => story.fails(&line[1..]),
            "report" => story.report(&line[1..], &table),
            "notes" => story.notes(&line[1..], &table),
            "state" | "history" | "differences" | "restated" => story.records(&line, &table),
            _ => drop(
                story
                    .act(&line)
                    .unwrap_or_else(|refusal| panic!("{}: {line:?}: {refusal}", path.display())),
            ),
        }
        at += 1 + table.len();
    }
    story.rows_checked
}

#[test]
fn every_story_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/stories");
    let only = std::env::var("STORY").unwrap_or_default();
    let mut paths: Vec<_> = fs::read_dir(folder)
        .expect("the folder can be read")
        .map(|e| e.expect("an entry").path())
        .collect();
    paths.retain(|p| {
        p.extension().is_some_and(|e| e == "story") && p.to_string_lossy().contains(&only)
    });
    paths.sort();
    assert!(!paths.is_empty(), "there are stories");
    let (mut rows, mut failed) = (0, Vec::new());
    for path in &paths {
        match std::panic::catch_unwind(|| run(path)) {
            Ok(checked) => {
                assert!(checked > 0, "{}: a story checks something", path.display());
                rows += checked;
            }
            Err(_) => failed.push(path.display().to_string()),
        }
    }
    println!("{} stories, {rows} rows checked", paths.len());
    assert!(failed.is_empty(), "stories that do not hold: {failed:#?}");
}

#[test]
fn a_window_without_a_day_is_refused_by_every_report_that_takes_one() {
    let world = World::open("Europe/Berlin", "EUR");
    let (mut asked, mut without) = (0, 0);
    for report in reports::all().filter(|report| {
        ["from", "to"].iter().all(|name| report.parameters.iter().any(|p| p.name == *name))
    }) {
        let view = report.parameters.iter().find(|p| p.name == "view").map(|p| p.kind);
        let views = if let Some(ParameterKind::Choice(views)) = view { views } else { &["only"] };
        for view in views {
            let ask = |from: &'static str, to: &'static str| {
                let others = report
                    .parameters
                    .iter()
                    .filter(|p| p.required && !["from", "to"].contains(&p.name))
                    .map(|p| (p.name, "one"));
                let mut parameters = vec![("as_of", "2025-12-31"), ("from", from), ("to", to)];
                parameters.extend(others.chain((*view != "only").then_some(("view", *view))));
                world.report(report.name, &parameters)
            };
            // Some views have no window, and say so; the words of legal entities' clients mean
            // nothing by themselves.
            if ask("2025-02-01", "2025-02-01")
                .is_err_and(|error| error.name() == "unused_parameter")
            {
                without += 1;
                continue;
            }
            let about_from = |error: &sijil_projections::report::ReportError| {
                error.to_string().contains("\"from\"")
            };
            let refused = ask("2025-02-02", "2025-02-01")
                .expect_err("the day after the last one is no first day");
            assert!(
                refused.name() == "invalid_parameter" && about_from(&refused),
                "{} {view}: {refused}",
                report.name
            );
            // One day is a window, and so is the night the clocks are put forward.
            for day in ["2025-02-01", "2025-03-30"] {
                let answer = ask(day, day);
                assert!(
                    !answer.as_ref().is_err_and(about_from),
                    "{} {view} {day}: {answer:?}",
                    report.name
                );
            }
            asked += 1;
        }
    }
    println!("{asked} views of reports take a window, {without} refuse one");
    assert!(asked > 40 && without < 15);
}
