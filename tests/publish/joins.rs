//! What an analyst asks in SQL against what the reports say. Invariant: totals are equal to the
//! last digit.

use std::collections::BTreeMap;

use postgres::{Client, NoTls};
use sijil_ledger::Answer;
use sijil_peers::Postgres;
use sijil_publish::Publication;

use crate::books::{Books, options};

/// Rows of numbers by their key, without zeros behind.
type Numbers = BTreeMap<Vec<String>, Vec<String>>;

fn plain(number: &str) -> String {
    let shown = if number.contains('.') {
        number.trim_end_matches('0').trim_end_matches('.')
    } else {
        number
    };
    if shown.is_empty() || shown == "-0" { "0".into() } else { shown.into() }
}

/// What a query gives: its first `keys` columns, then numbers.
fn asked(client: &mut Client, keys: usize, sql: &str) -> Numbers {
    let messages = client.simple_query(sql).unwrap_or_else(|e| panic!("{sql}: {e:?}"));
    let rows = messages.iter().filter_map(|m| {
        if let postgres::SimpleQueryMessage::Row(row) = m { Some(row) } else { None }
    });
    rows.map(|row| {
        let cells: Vec<String> =
            (0..row.len()).map(|n| row.get(n).unwrap_or("").to_owned()).collect();
        (cells[..keys].to_vec(), cells[keys..].iter().map(|n| plain(n)).collect())
    })
    .collect()
}

/// What a report says in these columns.
fn said(answer: &Answer, keys: &[&str], numbers: &[&str]) -> Numbers {
    let place = |name: &str| {
        answer
            .table
            .columns
            .iter()
            .position(|c| c.name == name)
            .unwrap_or_else(|| panic!("{} has {name}", answer.report))
    };
    let cell = |row: &sijil_projections::report::Row, name: &str| {
        row[place(name)].value.shown().unwrap_or_default()
    };
    let row = |row: &sijil_projections::report::Row| {
        (
            keys.iter().map(|k| cell(row, k)).collect(),
            numbers.iter().map(|n| plain(&cell(row, n))).collect(),
        )
    };
    answer.table.rows.iter().map(row).collect()
}

/// Equal, and not for want of rows.
fn equal(what: &str, asked: &Numbers, said: &Numbers) {
    assert!(!said.is_empty(), "{what}: the report has rows");
    assert_eq!(asked, said, "{what}");
}

fn without_zeros(mut numbers: Numbers) -> Numbers {
    numbers.retain(|_, row| row.iter().any(|n| n != "0"));
    numbers
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn joins_over_the_tables_give_the_totals_of_the_reports() {
    let Some(server) = Postgres::shared() else { return };
    let to = server.database("joins");
    let mut books = Books::new(11, 6_000);
    for _ in 0..10 {
        books.tell(600);
        books.mischief(60);
    }
    books.settle();
    let (_publication, rebuilt) =
        Publication::rebuilt(&options(&to, "sijil_tables"), &books.ledger, &mut |_| ())
            .expect("published");
    let mut client = Client::connect(&to, NoTls).expect("a connection");
    client.batch_execute("SET search_path = sijil_tables").expect("set");
    let today = asked(&mut client, 1, "SELECT published_at::date FROM published")
        .into_keys()
        .next()
        .expect("one row")
        .remove(0);

    let receivables = said(
        &books.ask("receivables", &[("as_of", &today)]),
        &["currency"],
        &["gross", "advances", "balance"],
    );
    let sql = "WITH owed AS (SELECT currency, greatest(outstanding, 0) AS gross, \
               greatest(-outstanding, 0) AS advances FROM invoices UNION ALL SELECT currency, 0, \
               free FROM payments WHERE direction = 'in' UNION ALL SELECT currency, 0, free FROM \
               credit_notes) SELECT currency, sum(gross), sum(advances), sum(gross) - \
               sum(advances) FROM owed GROUP BY currency";
    equal("receivables", &asked(&mut client, 1, sql), &receivables);

    let by_client = said(
        &books.ask("receivables", &[("as_of", &today), ("group", "client")]),
        &["group", "currency"],
        &["gross", "balance"],
    );
    let sql = "WITH owed AS (SELECT client_id, currency, greatest(outstanding, 0) AS gross, \
               outstanding AS balance FROM invoices UNION ALL SELECT client_id, currency, 0, -free \
               FROM payments WHERE direction = 'in' UNION ALL SELECT client_id, currency, 0, -free \
               FROM credit_notes) SELECT c.client_id, o.currency, sum(o.gross), sum(o.balance) \
               FROM owed o LEFT JOIN clients c USING (client_id) GROUP BY 1, 2";
    equal("receivables by client", &asked(&mut client, 2, sql), &by_client);

    let overdue = said(
        &books.ask("receivables", &[("as_of", &today)]),
        &["currency"],
        &["not_due", "over_90"],
    );
    let sql = format!(
        "SELECT i.currency, coalesce(sum(d.open) FILTER (WHERE d.due_on >= '{today}'), 0), \
         coalesce(sum(d.open) FILTER (WHERE d.due_on < date '{today}' - 90), 0) FROM invoices i \
         JOIN invoice_dues d USING (invoice_id) GROUP BY 1"
    );
    equal("ageing", &asked(&mut client, 1, &sql), &overdue);

    let sales = said(&books.ask("sales", &[("group", "client")]), &["group", "currency"], &["net"]);
    let sql = "SELECT client_id, currency, sum(net) FROM (SELECT client_id, currency, net FROM \
               invoices UNION ALL SELECT client_id, currency, -net FROM credit_notes) s GROUP BY \
               1, 2";
    equal("sales by client", &without_zeros(asked(&mut client, 2, sql)), &without_zeros(sales));

    let stock = said(
        &books.ask("stock", &[]),
        &["item", "warehouse"],
        &["on_hand", "reserved", "available"],
    );
    let sql = "SELECT i.item_id, w.warehouse_id, s.on_hand, s.reserved, s.available FROM \
               stock_on_hand s JOIN items i USING (item_id) JOIN warehouses w USING (warehouse_id)";
    equal("stock", &without_zeros(asked(&mut client, 2, sql)), &without_zeros(stock));

    let value = said(
        &books.ask("valuation", &[("group", "all")]),
        &["currency"],
        &["value", "cost_of_goods"],
    );
    let sql = "SELECT currency, sum(value), (SELECT -sum(value) FROM stock_moves WHERE against = \
               'cost_of_goods') FROM stock_on_hand GROUP BY 1";
    equal("valuation", &asked(&mut client, 1, sql), &value);

    let moved = asked(
        &mut client,
        2,
        "SELECT item_id, warehouse_id, sum(qty), sum(value) FROM stock_moves GROUP BY 1, 2",
    );
    let there =
        asked(&mut client, 2, "SELECT item_id, warehouse_id, on_hand, value FROM stock_on_hand");
    equal("moves sum to what is there", &without_zeros(moved), &without_zeros(there));

    let snapshot =
        said(&books.ask("funnel", &[("view", "snapshot")]), &["pipeline", "stage"], &["deals"]);
    let sql = "SELECT d.pipeline_id, d.stage, count(*) FROM deals d WHERE d.state IN ('open', 'on \
               hold') GROUP BY 1, 2";
    equal("funnel", &asked(&mut client, 2, sql), &without_zeros(snapshot));

    let kpi = said(
        &books.ask("kpi", &[("as_of", &today)]),
        &["scope", "id", "metric", "unit", "from", "to"],
        &["target", "actual"],
    );
    let sql = "SELECT k.scope, k.id, k.metric, k.unit, k.first_day, k.last_day, k.target, k.actual \
               FROM report_kpi k LEFT JOIN targets t ON t.scope = k.scope AND t.scope_id = \
               coalesce(k.id, '') AND t.metric = k.metric AND t.first_day = k.first_day AND \
               t.last_day = k.last_day WHERE k.target IS NULL OR t.target IS NOT NULL";
    equal("kpi", &asked(&mut client, 6, sql), &kpi);
    println!(
        "9 joins over {} rows of {} records equal the reports",
        rebuilt.rows, rebuilt.position
    );
}
