//! Rows in base add up. Invariant: whatever a report groups by, the rows of an amount come to what
//! one row for all says, and the books sum to zero.

use rust_decimal::Decimal;

use crate::world::World;

/// A report, what it is asked with, the parameter that groups, its values (the first is one row for
/// all), and the columns that add up.
type Law = (
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

const YEAR: (&str, &str) = ("as_of", "2026-12-31");
const LAWS: &[Law] = &[
    (
        "pipeline",
        &[],
        "group",
        &["none", "owner", "client", "counterparty", "pipeline"],
        &["raw", "weighted", "won"],
    ),
    (
        "win_rate",
        &[],
        "group",
        &["none", "owner", "client", "counterparty", "pipeline"],
        &["won_amount", "lost_amount"],
    ),
    ("losses", &[], "group", &["none", "owner", "client", "pipeline"], &["amount"]),
    (
        "funnel",
        &[("view", "snapshot")],
        "group",
        &["none", "owner", "client", "pipeline"],
        &["amount"],
    ),
    (
        "attribution",
        &[],
        "model",
        &["linear", "first", "last", "position", "learned", "prompted"],
        &["credit"],
    ),
    (
        "attribution",
        &[("of", "orders")],
        "model",
        &["linear", "first", "last", "position"],
        &["credit", "gross_profit"],
    ),
    (
        "sales",
        &[],
        "group",
        &["none", "owner", "client", "counterparty", "item"],
        &["net", "invoiced", "credited"],
    ),
    (
        "sales",
        &[("basis", "orders")],
        "group",
        &["none", "owner", "client", "item"],
        &["gross", "net"],
    ),
    ("sales", &[], "by", &["none", "month", "quarter", "year"], &["net", "invoiced", "credited"]),
    (
        "receivables",
        &[YEAR],
        "group",
        &["none", "counterparty", "client", "owner", "invoice"],
        &["gross", "advances", "balance"],
    ),
    (
        "payments",
        &[("direction", "both")],
        "by",
        &["none", "month", "quarter", "year"],
        &["received", "refunded", "reversed", "paid", "net"],
    ),
    (
        "payments",
        &[("direction", "both"), ("by", "none")],
        "view",
        &["dynamics", "split"],
        &["received", "refunded", "reversed", "paid", "net"],
    ),
    (
        "statement",
        &[],
        "group",
        &["none", "counterparty", "client"],
        &["invoices", "credit_notes", "received", "closing"],
    ),
    (
        "counterparty_links",
        &[],
        "by",
        &["client", "counterparty"],
        &["invoiced", "credited", "amount"],
    ),
    (
        "stock",
        &[("view", "purchases")],
        "group",
        &["none", "item", "supplier", "purchase_order"],
        &["subtotal", "tax", "total"],
    ),
    (
        "kpi",
        &[
            YEAR,
            ("metric", "won_amount"),
            ("by", "employee"),
            ("from", "2020-01-01"),
            ("to", "2026-12-31"),
        ],
        "credit",
        &["owner", "tenure", "opener"],
        &["actual"],
    ),
];

/// The sums of some columns over all rows; `None` where a rate is missing, which some histories
/// have on purpose.
fn sums(
    world: &World,
    name: &str,
    parameters: &[(&str, &str)],
    columns: &[&str],
) -> Option<Vec<Decimal>> {
    let table = match world.report(name, parameters) {
        Err(error) if error.name() == "missing_rate" => return None,
        answer => answer.unwrap_or_else(|e| panic!("{name} {parameters:?}: {e}")),
    };
    let rows = World::rows(&table);
    let sum =
        |column: &&str| rows.iter().filter_map(|row| row[*column].parse::<Decimal>().ok()).sum();
    Some(columns.iter().map(sum).collect())
}

/// Every law, on one history; says how many groupings were compared and what does not add up.
pub fn up(world: &World) -> (usize, Vec<String>) {
    let (mut compared, mut wrong) = (0, Vec::new());
    for (name, given, parameter, values, columns) in LAWS {
        let ask = |value: &&'static str| {
            let mut parameters = vec![("in", "base"), (*parameter, *value)];
            parameters.extend(given.iter().filter(|(given, _)| {
                !(*parameter == "view" && *value == "split" && *given == "by")
            }));
            sums(world, name, &parameters, columns)
        };
        let Some(whole) = ask(&values[0]) else { continue };
        for value in &values[1..] {
            let Some(parts) = ask(value) else { continue };
            compared += 1;
            if parts != whole {
                wrong.push(format!(
                    "{name} {given:?} {parameter}={value} {columns:?}: {parts:?}, in one {whole:?}"
                ));
            }
        }
    }
    if let Some(over) =
        sums(world, "trial_balance", &[("in", "base"), ("unit", "EUR")], &["balance"])
            .filter(|sums| !sums[0].is_zero())
    {
        wrong.push(format!("the books are {over:?} in base"));
    }
    (compared, wrong)
}
