//! Pictures, byte by byte. Invariant: each kind is drawn from left to right and from right to left,
//! and what a mark says stands in its cell. `SIJIL_GOLDEN=1` writes the files anew, to be looked
//! at.

use std::{fs, path::PathBuf};

use rust_decimal::Decimal;
use sijil_chart::{Address, Direction, Figure, Voice, figures};
use sijil_projections::report::{Cell, Column, ColumnKind, Draw, Table, Value, col, key, sum};
use sijil_schemas::time::{Date, Timestamp};

const LABEL: &str = "what is drawn";

/// Says names of columns and values as they are.
struct Plain(Direction);

impl Voice for Plain {
    fn direction(&self) -> Direction {
        self.0
    }
    fn heading(&self, column: &Column) -> String {
        column.name.replace('_', " ")
    }
    fn value(&self, _: &Column, value: &Value) -> String {
        value.shown().unwrap_or_else(|| "–".to_owned())
    }
    fn number(&self, number: Decimal) -> String {
        number.to_string()
    }
    fn more(&self, rows: usize) -> String {
        format!("{rows} more in the table")
    }
    fn address(&self, table: &Table, row: usize, column: &str) -> Address {
        let key = table.row_key(&table.rows[row]);
        Address::new(format!("/why?row={key}&column={column}"))
    }
}

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}
fn money(value: &str) -> Value {
    Value::Amount(value.parse().expect("a decimal"))
}
fn day(value: &str) -> Value {
    Value::Date(value.parse::<Date>().expect("a day"))
}
fn at(value: &str) -> Value {
    Value::Time(value.parse::<Timestamp>().expect("a time"))
}

fn table(columns: &[Column], rows: Vec<Vec<Value>>) -> Table {
    let mut table = Table::new(columns);
    for row in rows {
        table.push(row.into_iter().map(Cell::from).collect());
    }
    table
}

const AMOUNT: ColumnKind = ColumnKind::Amount;
const COUNT: ColumnKind = ColumnKind::Count;
const TEXT: ColumnKind = ColumnKind::Text;

fn months() -> Table {
    let columns = [key("month", TEXT), sum("in", AMOUNT), sum("out", AMOUNT), col("last", AMOUNT)];
    let row = |month, a, b, c| vec![text(month), money(a), money(b), money(c)];
    table(
        &columns,
        vec![
            row("2025-01", "1200.50", "-300.00", "900.00"),
            row("2025-02", "0.00", "0.00", "1100.00"),
            row("2025-03", "845.05", "-1290.10", "700.25"),
        ],
    )
}

fn clients() -> Table {
    let columns = [
        key("client", TEXT),
        sum("not_due", AMOUNT),
        sum("late", AMOUNT),
        sum("gross", AMOUNT),
        col("class", TEXT),
    ];
    let row =
        |client, a, b, c, class| vec![text(client), money(a), money(b), money(c), text(class)];
    table(
        &columns,
        vec![
            row("Möbelhaus Ostring", "100.00", "20.00", "120.00", "A"),
            row("رانيا صالح", "40.00", "0.00", "40.00", "B"),
            row("<script>alert(1)</script>", "-5.00", "9.99", "4.99", "C"),
            row("Студия \u{202e}Каллиопа с очень длинным именем", "1.00", "0.01", "1.01", "C"),
        ],
    )
}

fn stages() -> Table {
    let columns =
        [key("stage", TEXT), sum("reached", COUNT), sum("lost", COUNT), col("mean", AMOUNT)];
    let row = |stage, a, b| vec![text(stage), Value::Count(a), Value::Count(b), money("3.5")];
    table(&columns, vec![row("lead", 40, 8), row("offer", 31, 0), row("won", 12, 3)])
}

fn moves() -> Table {
    let columns = [key("from", TEXT), key("to", TEXT), sum("n", COUNT)];
    let row = |a, b, n| vec![text(a), text(b), Value::Count(n)];
    table(&columns, vec![row("lead", "offer", 30), row("lead", "lost", 8), row("offer", "won", 12)])
}

fn targets() -> Table {
    let columns = [
        key("metric", TEXT),
        col("actual", AMOUNT),
        col("target", AMOUNT),
        col("expected", AMOUNT),
        col("better", TEXT),
    ];
    let row = |metric, a, b, c: Option<&str>, better| {
        vec![text(metric), money(a), money(b), c.map_or(Value::Null, money), text(better)]
    };
    table(
        &columns,
        vec![row("won", "80", "100", Some("60"), "up"), row("days", "9", "7", None, "down")],
    )
}

fn balance() -> Table {
    let columns = [
        key("account", TEXT),
        sum("opening", AMOUNT),
        sum("in", AMOUNT),
        sum("out", AMOUNT),
        sum("closing", AMOUNT),
    ];
    let row = ["10.00", "25.50", "30.00", "5.50"].map(money);
    table(&columns, vec![[vec![text("bank")], row.to_vec()].concat()])
}

fn lives() -> Table {
    let columns = [
        key("deal", TEXT),
        col("opened", ColumnKind::Date),
        col("closed", ColumnKind::Date),
        col("seen", ColumnKind::Time),
        sum("qty", AMOUNT),
        sum("value", AMOUNT),
    ];
    let row = |deal, a, b: Option<&str>, seen, q, v| {
        let until = b.map_or(Value::Null, day);
        vec![text(deal), day(a), until, at(seen), money(q), money(v)]
    };
    table(
        &columns,
        vec![
            row("D-1", "2025-01-01", Some("2025-02-10"), "2025-01-01T08:00:00Z", "5", "50.00"),
            row("D-2", "2025-01-15", None, "2025-01-09T08:00:00Z", "12", "118.40"),
            row("D-3", "2025-02-01", Some("2025-02-01"), "2025-02-09T08:00:00Z", "3", "29.60"),
        ],
    )
}

fn accounts() -> Table {
    let columns = [key("account", TEXT), sum("debit", AMOUNT), sum("credit", AMOUNT)];
    let row = |account, a, b| vec![text(account), money(a), money(b)];
    table(
        &columns,
        vec![
            row("assets", "0.00", "0.00"),
            row("assets:bank", "120.00", "20.00"),
            row("income:sales", "0.00", "100.00"),
        ],
    )
}

/// Every kind of picture, with a table for it.
fn kinds() -> Vec<(&'static str, Table, Draw)> {
    let parts = Draw::Parts { of: Some("client"), parts: &["not_due", "late"] };
    let columns = Draw::Columns { x: "month", y: &["in", "out"], ghost: Some("last") };
    let mut whole = clients();
    whole.rows.truncate(1);
    vec![
        ("parts", clients(), parts),
        ("parts-whole", whole, Draw::Parts { of: None, parts: &["not_due", "late"] }),
        ("columns", months(), columns),
        ("bars", clients(), Draw::Bars { label: "client", y: "gross", mark: Some("late") }),
        ("funnel", stages(), Draw::Funnel { stage: "stage", reached: "reached", lost: "lost" }),
        ("flow", moves(), Draw::Flow { from: "from", to: "to", n: "n" }),
        ("heat", moves(), Draw::Heat { x: "to", y: "from", v: "n" }),
        ("pareto", clients(), Draw::Pareto { label: "client", v: "gross", class: "class" }),
        (
            "bullet",
            targets(),
            Draw::Bullet {
                label: "metric",
                actual: "actual",
                target: "target",
                expected: Some("expected"),
                better: Some("better"),
            },
        ),
        ("steps", lives(), Draw::Steps { t: "seen", y: "qty", second: Some("value") }),
        (
            "waterfall",
            balance(),
            Draw::Waterfall { start: "opening", plus: &["in"], minus: &["out"], end: "closing" },
        ),
        ("spread", stages(), Draw::Spread { label: "stage", mid: "mean", p90: Some("reached") }),
        ("lanes", lives(), Draw::Lanes { lane: "deal", from: "opened", to: Some("closed") }),
        ("tree", accounts(), Draw::Tree { path: "account", plus: "debit", minus: "credit" }),
    ]
}

fn drawn(table: &Table, draw: &Draw, direction: Direction) -> Vec<Figure> {
    figures(table, draw, LABEL, &Plain(direction))
}

#[test]
fn every_kind_is_drawn_as_it_was_in_both_directions() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/chart/golden");
    for (name, table, draw) in kinds() {
        for (way, direction) in [("ltr", Direction::LeftToRight), ("rtl", Direction::RightToLeft)] {
            let figures = drawn(&table, &draw, direction);
            let [figure] = &*figures else { panic!("{name}: {} figures", figures.len()) };
            let file = folder.join(format!("{name}-{way}.svg"));
            if std::env::var_os("SIJIL_GOLDEN").is_some() {
                fs::write(&file, &figure.svg).expect("written");
            }
            let golden = fs::read_to_string(&file).expect("a picture that was looked at");
            assert_eq!(figure.svg, golden, "{}", file.display());
        }
    }
}

#[test]
fn a_mark_has_an_address_and_says_a_cell() {
    for (name, table, draw) in kinds() {
        for figure in drawn(&table, &draw, Direction::LeftToRight) {
            let marks = figure.svg.matches("class=\"mk ").count();
            let links = figure.svg.matches("<a href=\"/why?row=").count();
            assert!(marks > 0 && marks == links, "{name}: {marks} marks, {links} links");
            assert_eq!(figure.svg.matches("aria-label=").count(), links + 1, "{name}");
            let shown: Vec<String> = table
                .rows
                .iter()
                .flatten()
                .map(|cell| cell.value.shown().unwrap_or_default())
                .collect();
            for label in figure.svg.split("aria-label=\"").skip(2) {
                let label = label.split('"').next().unwrap_or_default();
                let said = label.rsplit(": ").next().unwrap_or_default();
                assert!(shown.iter().any(|value| value == said), "{name}: {label}");
            }
        }
    }
}

#[test]
fn nothing_of_a_value_becomes_markup_or_turns_the_text() {
    let (table, draw) = (clients(), Draw::Bars { label: "client", y: "gross", mark: None });
    for direction in [Direction::LeftToRight, Direction::RightToLeft] {
        let svg = drawn(&table, &draw, direction).remove(0).svg;
        assert!(!svg.contains("<script") && !svg.contains('\u{202e}'), "{svg}");
        assert!(svg.contains("&lt;script&gt;") && svg.contains("[U+202E]"), "{svg}");
        assert!(!svg.contains("style="), "a policy forbids it: {svg}");
    }
}

#[test]
fn units_share_no_scale_and_what_is_lacking_is_not_drawn() {
    let columns = [key("month", TEXT), key("currency", TEXT), sum("in", AMOUNT)];
    let row = |month, unit, amount| vec![text(month), text(unit), money(amount)];
    let rows = vec![row("1", "EUR", "5"), row("1", "USD", "7"), row("2", "EUR", "6")];
    let two = table(&columns, rows);
    let draw = Draw::Columns { x: "month", y: &["in"], ghost: None };
    let units: Vec<_> =
        drawn(&two, &draw, Direction::LeftToRight).into_iter().map(|it| it.unit).collect();
    assert_eq!(units, [Some("EUR".to_owned()), Some("USD".to_owned())]);
    let by_unit = Draw::Parts { of: Some("currency"), parts: &["in"] };
    assert_eq!(drawn(&two, &by_unit, Direction::LeftToRight).len(), 2, "not even side by side");
    let lacking = Draw::Columns { x: "month", y: &["out"], ghost: None };
    assert!(drawn(&two, &lacking, Direction::LeftToRight).is_empty());
    assert!(drawn(&table(&columns, vec![]), &draw, Direction::LeftToRight).is_empty());
}

#[test]
fn a_picture_of_another_direction_has_the_same_marks() {
    for (name, table, draw) in kinds() {
        let labels = |direction| {
            let svg = drawn(&table, &draw, direction).remove(0).svg;
            let all: Vec<String> = svg
                .split("aria-label=\"")
                .skip(1)
                .map(|label| label.split('"').next().unwrap_or_default().to_owned())
                .collect();
            all
        };
        let (one, other) = (labels(Direction::LeftToRight), labels(Direction::RightToLeft));
        assert_eq!(one, other, "{name}");
    }
}
