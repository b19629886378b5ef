//! R39, R40, R42 against the trial balance, sales, payments and the valuation. Invariant: see the
//! parent.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use sijil_schemas::{Event, event::Accounting};

use super::{Asked, Row, before, number, sums};
use crate::trade::history::Random;

/// What each account holds of each currency at the end of a day; nothing where a rate is missing.
fn balances(asked: &Asked<'_>, day: &str, money: &str) -> Option<BTreeMap<Vec<String>, Decimal>> {
    let mut rows = asked.rows("trial_balance", day, &[("in", money)])?;
    rows.retain(|row| !row["unit"].starts_with("item:"));
    Some(sums(&rows, &["account", "unit"], "balance"))
}

/// What accounts of these roots changed between two days, in their natural sign.
fn changes(
    before: &BTreeMap<Vec<String>, Decimal>,
    after: &BTreeMap<Vec<String>, Decimal>,
    roots: &[&str],
) -> BTreeMap<Vec<String>, Decimal> {
    let mut changes: BTreeMap<Vec<String>, Decimal> = BTreeMap::new();
    for (sign, balances) in [(Decimal::NEGATIVE_ONE, before), (Decimal::ONE, after)] {
        for (key, balance) in balances {
            let root = key[0].split('/').next().unwrap();
            if roots.contains(&root) {
                let natural = if matches!(root, "assets" | "expenses") { sign } else { -sign };
                *changes.entry(key.clone()).or_default() += natural * *balance;
            }
        }
    }
    changes.retain(|_, change| !change.is_zero());
    changes
}

fn is_total(row: &Row) -> bool {
    row["account"].starts_with("total/")
}

fn total(rows: &[Row], account: &str, currency: &str) -> Decimal {
    let of = |row: &&Row| row["account"] == account && row["currency"] == currency;
    rows.iter().find(of).map_or(Decimal::ZERO, |row| {
        number(row.get("amount").or_else(|| row.get("closing")).unwrap())
    })
}

pub fn financials(asked: &Asked<'_>, random: &mut Random) -> usize {
    let money = if random.one_in(2) { "base" } else { "own" };
    let (from, to, start) = (asked.from.as_str(), asked.to.as_str(), before(&asked.from));
    let window = [("in", money), ("from", from), ("to", to), ("depth", "9")];
    let rows = asked.rows("financials", to, &window);
    let (Some(first), Some(last)) = (balances(asked, &start, money), balances(asked, to, money))
    else {
        assert!(rows.is_none() || money == "base", "a rate is missed by both");
        return 0;
    };
    let rows = rows.expect("the trial balance of its last day is there");
    let accounts: Vec<Row> = rows.iter().filter(|row| !is_total(row)).cloned().collect();
    let apart = changes(&first, &last, &["income", "expenses"]);
    assert_eq!(sums(&accounts, &["account", "currency"], "amount"), apart, "{from} to {to}");
    for currency in rows.iter().map(|row| row["currency"].clone()) {
        let of = |is_it: &dyn Fn(&str) -> bool| -> Decimal {
            let of = apart.iter().filter(|(key, _)| key[1] == currency && is_it(&key[0]));
            of.map(|(_, change)| change).sum()
        };
        let is_in = |path: &str, root: &str| path == root || path.starts_with(&format!("{root}/"));
        let sales = of(&|path| is_in(path, "income/sales"));
        let goods = of(&|path| is_in(path, "expenses/cost_of_goods"));
        let income = of(&|path| is_in(path, "income"));
        let expenses = of(&|path| is_in(path, "expenses"));
        let figures = [
            ("total/income", sales),
            ("total/cost_of_goods", goods),
            ("total/gross_profit", sales - goods),
            ("total/other_income", income - sales),
            ("total/other_expenses", expenses - goods),
            ("total/result", income - expenses),
        ];
        for (name, figure) in figures {
            assert_eq!(total(&rows, name, &currency), figure, "{name} {currency}");
        }
    }
    accounts.len() + balance_sheet(asked, money, &first, &last)
}

fn balance_sheet(
    asked: &Asked<'_>,
    money: &str,
    first: &BTreeMap<Vec<String>, Decimal>,
    last: &BTreeMap<Vec<String>, Decimal>,
) -> usize {
    let to = asked.to.as_str();
    let sheet = [("view", "balance_sheet"), ("in", money), ("from", &asked.from), ("depth", "9")];
    let rows = asked.rows("financials", to, &sheet).expect("its trial balance is there");
    let is_result = |row: &Row| matches!(&*row["account"], "equity/result" | "equity/retained");
    let accounts: Vec<Row> =
        rows.iter().filter(|row| !is_total(row) && !is_result(row)).cloned().collect();
    let roots = ["assets", "liabilities", "equity"];
    let nothing = BTreeMap::new();
    for (column, balances) in [("opening", first), ("closing", last)] {
        let apart = changes(&nothing, balances, &roots);
        assert_eq!(sums(&accounts, &["account", "currency"], column), apart, "{column} {to}");
        for currency in rows.iter().map(|row| row["currency"].clone()) {
            let of = |account: &str| {
                let row =
                    rows.iter().find(|r| r["account"] == account && r["currency"] == currency);
                row.map_or(Decimal::ZERO, |row| number(&row[column]))
            };
            let owned = of("total/liabilities") + of("total/equity");
            assert_eq!(of("total/assets"), owned, "{column} of {currency}");
        }
    }
    // The result is that of the year so far.
    let year = [("in", money), ("from", &format!("{}-01-01", &to[..4])), ("to", to)];
    let result = asked.rows("financials", to, &year).expect("its trial balance is there");
    for row in rows.iter().filter(|row| row["account"] == "equity/result") {
        let currency = &row["currency"];
        assert_eq!(number(&row["closing"]), total(&result, "total/result", currency), "{currency}");
    }
    accounts.len()
}

pub fn cash_flow(asked: &Asked<'_>, random: &mut Random) -> usize {
    let money = if random.one_in(2) { "base" } else { "own" };
    let (from, to, start) = (asked.from.as_str(), asked.to.as_str(), before(&asked.from));
    let window = [("in", money), ("from", from), ("to", to)];
    let rows = |view: &str| {
        let more: Vec<_> = window.into_iter().chain([("view", view)]).collect();
        asked.rows("cash_flow", to, &more)
    };
    let (Some(first), Some(last)) = (balances(asked, &start, money), balances(asked, to, money))
    else {
        return 0;
    };
    let banks = |balances: &BTreeMap<Vec<String>, Decimal>| -> BTreeMap<Vec<String>, Decimal> {
        let bank = |key: &Vec<String>| key[0].strip_prefix("assets/bank/").map(str::to_owned);
        let of = balances
            .iter()
            .filter_map(|(key, balance)| Some((vec![bank(key)?, key[1].clone()], *balance)));
        of.collect()
    };
    let by = ["bank_account", "currency"];
    let balance = rows("balance").expect("its trial balance is there");
    assert_eq!(sums(&balance, &by, "opening"), banks(&first), "opening {from}");
    assert_eq!(sums(&balance, &by, "closing"), banks(&last), "closing {to}");
    for row in &balance {
        let end = number(&row["opening"]) + number(&row["in"]) - number(&row["out"]);
        assert_eq!(end, number(&row["closing"]), "{row:?}");
    }
    let actual = rows("actual").expect("its trial balance is there");
    for column in ["in", "out"] {
        assert_eq!(sums(&actual, &by, column), sums(&balance, &by, column), "{column}");
    }
    // What is no payment's; an expense may have the purpose of one, and is left out with it.
    let spent = expenses(asked);
    let of_payments = |row: &&Row| {
        let key = (row["bank_account"].clone(), row["purpose"].clone());
        !spent.contains(&key)
            && !matches!(
                &*row["purpose"],
                "transfer" | "entry" | "exchange" | "fee" | "revaluation"
            )
    };
    let of = |rows: &[Row]| rows.iter().filter(of_payments).cloned().collect::<Vec<Row>>();
    let paid = of(&actual);
    let split = [("view", "split"), ("direction", "both")];
    let split: Vec<_> = window.into_iter().chain(split).collect();
    let split = asked.rows("payments", to, &split).expect("its trial balance is there");
    let by = ["bank_account", "purpose", "currency"];
    assert_eq!(sums(&paid, &by, "net"), sums(&of(&split), &by, "net"), "by purpose");
    balance.len() + actual.len() + forecast(asked, money, &banks(&last))
}

/// From which bank accounts something was spent without a bill, and for what.
fn expenses(asked: &Asked<'_>) -> BTreeSet<(String, String)> {
    let said = asked.world.records.iter().filter_map(|record| match &record.event {
        Event::Accounting(Accounting::ExpenseRecorded(e)) => {
            Some((e.bank_account.as_ref()?.to_string(), e.purpose.to_string()))
        }
        _ => None,
    });
    said.collect()
}

fn forecast(asked: &Asked<'_>, money: &str, banks: &BTreeMap<Vec<String>, Decimal>) -> usize {
    let to = asked.to.as_str();
    let view = [("view", "forecast"), ("in", money), ("by", "month")];
    let rows = asked.rows("cash_flow", to, &view).expect("its trial balance is there");
    for (report, column) in [("receivables", "due_in"), ("payables", "due_out")] {
        let owed = asked.rows(report, to, &[("in", money)]).expect("rates are there");
        let by = ["currency"];
        assert_eq!(sums(&rows, &by, column), sums(&owed, &by, "gross"), "{column}");
        let overdue: Vec<Row> =
            rows.iter().filter(|row| row["period"] == "overdue").cloned().collect();
        let days = ["days_1_30", "days_31_60", "days_61_90", "over_90"];
        let late = days.iter().map(|name| sums(&owed, &by, name)).fold(
            BTreeMap::<Vec<String>, Decimal>::new(),
            |mut all, one| {
                one.into_iter().for_each(|(key, sum)| *all.entry(key).or_default() += sum);
                all
            },
        );
        assert_eq!(sums(&overdue, &by, column), late, "overdue {column}");
    }
    let mut closing: BTreeMap<String, Decimal> = BTreeMap::new();
    for (key, balance) in banks {
        *closing.entry(key[1].clone()).or_default() += *balance;
    }
    for row in &rows {
        let end = closing.entry(row["currency"].clone()).or_default();
        *end += number(&row["due_in"]) - number(&row["due_out"]);
        assert_eq!(*end, number(&row["closing"]), "{row:?}");
    }
    rows.len()
}

pub fn margins(asked: &Asked<'_>, random: &mut Random) -> usize {
    let (from, to) = (asked.from.as_str(), asked.to.as_str());
    let window = [("from", from), ("to", to)];
    let group = *random.pick(&["none", "owner", "client", "counterparty", "item"]);
    let with = |more: &[(&'static str, &'static str)]| -> Vec<(&str, &str)> {
        window.iter().chain(more).copied().collect()
    };
    let grouped: Vec<_> = with(&[]).into_iter().chain([("group", group)]).collect();
    let Some(rows) = asked.rows("margin", to, &grouped) else { return 0 };
    let of_sales: Vec<_> = grouped.iter().copied().chain([("in", "base")]).collect();
    // Sales look back at all that was sold before, the books at all that was booked.
    let (Some(sold), Some(books)) =
        (asked.rows("sales", to, &of_sales), asked.rows("financials", to, &with(&[])))
    else {
        return 0;
    };
    let by: &[&str] = if group == "none" { &[] } else { &["group"] };
    assert_eq!(sums(&rows, by, "net"), sums(&sold, by, "net"), "net by {group}");
    assert_eq!(sums(&rows, by, "units"), sums(&sold, by, "units"), "units by {group}");
    let currency = asked.base();
    let costs: Decimal = rows.iter().map(|row| number(&row["cost"])).sum();
    assert_eq!(costs, total(&books, "total/cost_of_goods", &currency), "cost by {group}");
    let profit: Decimal = rows.iter().map(|row| number(&row["profit"])).sum();
    // An entry may post to sales.
    let entries = total(&books, "total/income", &currency)
        - rows.iter().map(|row| number(&row["net"])).sum::<Decimal>();
    assert_eq!(profit + entries, total(&books, "total/gross_profit", &currency), "by {group}");
    for row in &rows {
        assert_eq!(number(&row["net"]) - number(&row["cost"]), number(&row["profit"]));
    }
    if group == "item" {
        let valued = asked.rows("valuation", to, &with(&[("group", "item")]));
        let valued = valued.expect("rates are there");
        let cost = sums(&valued, &["item"], "cost_of_goods");
        assert_eq!(sums(&rows, by, "cost"), cost, "cost by item");
    }
    rows.len()
}
