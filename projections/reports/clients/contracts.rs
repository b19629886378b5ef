//! Contracts in force on a day (R43), with what changed them by then.

use rust_decimal::Decimal;
use sijil_schemas::{Position, money::Currency};

use crate::{
    clients::{LinkView, Resolver},
    report::{Cell, ColumnKind, Context, Table, Value, col, key},
};

pub(super) fn table(ctx: &Context<'_>) -> Table {
    let mut table = Table::new(&[
        col("counterparty", ColumnKind::Id),
        col("client", ColumnKind::Id),
        key("contract", ColumnKind::Id),
        col("valid_from", ColumnKind::Date),
        col("valid_to", ColumnKind::Date),
        col("days_left", ColumnKind::Count),
        col("payment_days", ColumnKind::Count),
        col("credit_limit", ColumnKind::Amount),
        col("currency", ColumnKind::Text),
    ]);
    let (clients, lens, day) = (ctx.views.clients, ctx.lens(), ctx.as_of_day());
    let resolver = Resolver::new(clients, lens, LinkView::Current);
    let ids = clients.ids();
    let mut all: Vec<_> = clients.contracts().map(|sym| (ids.name(sym), sym)).collect();
    all.sort_unstable_by_key(|(name, _)| *name);
    for (name, sym) in all {
        let Some(contract) = clients.contract(Some(sym), lens) else { continue };
        let date = |at| ctx.day(at);
        let last = contract.last_day(date);
        if contract.terms.valid_from > day || last.is_some_and(|last| last < day) {
            continue;
        }
        let said = |position: Position| ctx.said_by([position]);
        let signed = contract.signed;
        let legal = contract.terms.counterparty;
        let (end, null) = (contract.last_day_said(date), || Cell::from(Value::Null));
        let client = resolver.client_of_refs(&[legal.into()], ctx.cut.before);
        let mut linked = ctx.said_by([signed]);
        if ctx.explain {
            let hints = crate::clients::Hints {
                counterparty: Some(clients.counterparty_id(legal)),
                ..Default::default()
            };
            resolver.because(&hints, ctx.cut.before, &mut linked);
        }
        let days = last.map(|last| i64::from(last.days() - day.days()));
        let limit = contract.terms.credit_limit.map(|limit| (limit.amount.get(), limit.currency));
        let money = |(amount, currency): (Decimal, Currency)| {
            Value::money(amount, currency).because(said(contract.credit_limit_said))
        };
        let currency = |(_, currency): (Decimal, Currency)| {
            Value::Text(currency.to_string()).because(said(contract.credit_limit_said))
        };
        table.push(vec![
            Value::id(Some(clients.counterparty_id(legal))).because(said(signed)),
            Value::id(client.map(|client| clients.id(client))).because(linked),
            Value::id(Some(name)).because(said(signed)),
            Value::Date(contract.terms.valid_from).because(said(signed)),
            last.map_or_else(null, |last| Value::Date(last).because(said(end))),
            days.map_or_else(null, |days| Value::Count(days).because(said(end))),
            Value::Count(i64::from(contract.terms.payment_days))
                .because(said(contract.payment_days_said)),
            limit.map_or_else(null, money),
            limit.map_or_else(null, currency),
        ]);
    }
    table
}
