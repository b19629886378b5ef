//! What is under warranty, and how long (R31). Invariant: a warranty that names a shipment, or a
//! line of it, stands in place of what came with it.

use std::collections::BTreeSet;

use sijil_schemas::{
    Position,
    id::{ClientId, ItemId, kind},
    time::Date,
};

use crate::{
    Sym,
    clients::{LinkView, Resolver},
    report::{ColumnKind, Context, ReportError, Table, Value, col, key},
};

/// A term, however it began.
struct Term<'a> {
    warranty: Option<&'a str>,
    shipment: Option<&'a str>,
    line: Option<&'a str>,
    client: Option<&'a str>,
    item: Option<&'a str>,
    from: Date,
    months: u16,
    said: Position,
}

impl Term<'_> {
    fn until(&self) -> Date {
        self.from.plus_months(self.months)
    }
    fn covers(&self, day: Date) -> bool {
        self.from <= day && day < self.until()
    }
    fn days_left(&self, day: Date) -> i64 {
        i64::from((self.until().days() - day.days()).max(0))
    }
}

pub(super) fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let mut table = Table::new(&[
        key("warranty", ColumnKind::Id),
        key("shipment", ColumnKind::Id),
        key("line", ColumnKind::Text),
        col("client", ColumnKind::Id),
        key("item", ColumnKind::Id),
        col("from", ColumnKind::Date),
        col("until", ColumnKind::Date),
        col("in_warranty", ColumnKind::Text),
        col("days_left", ColumnKind::Count),
    ]);
    let day = ctx.as_of_day();
    let client = ctx.arguments.id::<kind::Client>("client")?;
    let item = ctx.arguments.id::<kind::Item>("item")?;
    let within = ctx.arguments.count("days")?;
    let mut terms: Vec<Term<'_>> = started(ctx);
    terms.extend(sent(ctx, &terms));
    let is_asked = |term: &&Term<'_>| {
        client.as_ref().is_none_or(|asked| term.client == Some(ClientId::as_str(asked)))
            && item.as_ref().is_none_or(|asked| term.item == Some(ItemId::as_str(asked)))
            && within.is_none_or(|days| term.covers(day) && term.days_left(day) <= i64::from(days))
    };
    for term in terms.iter().filter(is_asked) {
        let said = |value: Value| value.because(ctx.said_by([term.said]));
        let in_warranty = if term.covers(day) { "true" } else { "false" };
        table.push(vec![
            Value::id(term.warranty).into(),
            Value::id(term.shipment).into(),
            term.line.map_or(Value::Null, |line| Value::Text(line.to_owned())).into(),
            said(Value::id(term.client)),
            Value::id(term.item).into(),
            said(Value::Date(term.from)),
            said(Value::Date(term.until())),
            said(Value::Text(in_warranty.to_owned())),
            said(Value::Count(term.days_left(day))),
        ]);
    }
    Ok(table)
}

/// The warranties that were started, in order of position.
fn started<'a>(ctx: &Context<'a>) -> Vec<Term<'a>> {
    let (activity, lens) = (ctx.views.activity, ctx.lens());
    let resolver = Resolver::new(ctx.views.clients, lens, LinkView::AtEvent);
    let ids = activity.ids();
    let term = |(warranty, started): (Sym<kind::Warranty>, crate::Dated<_>)| {
        let of: crate::activity::Guarantee = started.what;
        Term {
            warranty: Some(ids.name(warranty)),
            shipment: of.shipment.map(|shipment| ids.name(shipment)),
            line: of.line.map(|line| activity.word(line)),
            client: client_of(ctx, &resolver, warranty.into()),
            item: of.item.map(|item| ids.name(item)),
            from: of.from,
            months: of.months,
            said: started.position,
        }
    };
    activity.warranties(lens).map(term).collect()
}

fn client_of<'a>(
    ctx: &Context<'a>,
    resolver: &Resolver<'a>,
    document: crate::EntitySym,
) -> Option<&'a str> {
    resolver.client_of_opened(document).map(|client| ctx.views.clients.id(client))
}

/// What came with shipments, line by line, but for what a warranty was started for.
fn sent<'a>(ctx: &Context<'a>, started: &[Term<'a>]) -> Vec<Term<'a>> {
    let (trade, lens) = (ctx.views.trade, ctx.lens());
    let resolver = Resolver::new(ctx.views.clients, lens, LinkView::AtEvent);
    let named: BTreeSet<(Option<&str>, Option<&str>)> =
        started.iter().map(|term| (term.shipment, term.line)).collect();
    let mut terms = Vec::new();
    for shipment in trade.ids().syms::<kind::Shipment>() {
        let Some(dispatched) = trade.sent(shipment, lens) else { continue };
        let Some(months) = dispatched.what.warranty_months else { continue };
        let id = Some(trade.ids().name(shipment));
        let client = client_of(ctx, &resolver, shipment.into());
        let mut seen = BTreeSet::new();
        for goods in trade.goods_of(dispatched.what.goods) {
            let (line, item) = (goods.line.map(|of| trade.text(of)), trade.ids().name(goods.item));
            // Pieces of one line may be told apart.
            if !named.contains(&(id, None))
                && !named.contains(&(id, line))
                && seen.insert((line, item))
            {
                terms.push(Term {
                    warranty: None,
                    shipment: id,
                    line,
                    client,
                    item: Some(item),
                    from: ctx.day(dispatched.at),
                    months,
                    said: dispatched.position,
                });
            }
        }
    }
    terms
}
