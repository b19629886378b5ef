//! Sales line by line with client and group, in the currency asked for: what the sales, ABC and XYZ
//! reports count. Invariant: nothing is left out; what has no client or group stands under null.

use std::{collections::BTreeMap, ops::Range};

use rust_decimal::Decimal;
use sijil_schemas::{
    id::kind,
    money::Currency,
    time::{Date, Timestamp},
};

use super::{
    InvoiceDoc, Listed,
    grouping::{By, Grouping, Subject, wants},
    priced::Priced,
    sales::{self, Part, Sale},
};
use crate::{
    Sym,
    report::{Context, Grounds, ReportError},
};

/// A sale in a report.
#[derive(Debug, Clone)]
pub(crate) struct Sold<'a> {
    pub(crate) sale: Sale<'a>,
    pub(crate) day: Date,
    pub(crate) client: Option<Sym<kind::Client>>,
    pub(crate) currency: Currency,
    pub(crate) parts: Vec<Part>,
    /// The records that say whose client it is.
    pub(crate) placed: Grounds,
}

impl Sold<'_> {
    pub(crate) const fn is_invoice(&self) -> bool {
        self.sale.is_invoice()
    }
    pub(crate) fn net(&self) -> Decimal {
        self.parts.iter().map(|p| p.net).sum()
    }
    pub(crate) fn units(&self) -> Decimal {
        self.parts.iter().map(|p| p.qty).sum()
    }
}

/// Every invoice and credit note of an interval, in replay order.
pub(crate) fn sold<'a>(
    ctx: &Context<'a>,
    grouping: &Grouping<'a>,
    within: &Range<Timestamp>,
) -> Result<Vec<Sold<'a>>, ReportError> {
    listed(ctx, grouping, within, Priced::asked(ctx))
}

/// The same in the base currency, whatever is asked for.
pub(crate) fn sold_in_base<'a>(
    ctx: &Context<'a>,
    grouping: &Grouping<'a>,
    within: &Range<Timestamp>,
) -> Result<Vec<Sold<'a>>, ReportError> {
    listed(ctx, grouping, within, Priced::in_base(ctx))
}

fn listed<'a>(
    ctx: &Context<'a>,
    grouping: &Grouping<'a>,
    within: &Range<Timestamp>,
    mut priced: Priced<'_, 'a>,
) -> Result<Vec<Sold<'a>>, ReportError> {
    let mut all = Vec::new();
    for sale in sales::of(ctx.views.trade, ctx.lens(), within) {
        if !wants(ctx, sale.currency())? {
            continue;
        }
        let mut placed = ctx.grounds();
        let client = grouping.client(&sale.subject(), &mut placed);
        let (currency, parts) = priced.parts(&sale)?;
        all.push(Sold { day: ctx.day(sale.at()), sale, client, currency, parts, placed });
    }
    Ok(all)
}

/// What a sale adds to one group.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sales {
    pub(crate) net: Decimal,
    pub(crate) units: Decimal,
    /// The records that say the group.
    pub(crate) placed: Grounds,
}

/// What a sale adds, by group: by item line by line, by anything else as a whole.
pub(crate) fn by_group<'a>(
    ctx: &Context<'a>,
    grouping: &Grouping<'a>,
    sold: &Sold<'a>,
) -> BTreeMap<Option<&'a str>, Sales> {
    let whole = |placed| Sales { net: sold.net(), units: sold.units(), placed };
    if grouping.by == By::Client {
        // Whose it is was found before, and why.
        return BTreeMap::from([(
            sold.client.map(|client| ctx.views.clients.id(client)),
            whole(sold.placed.clone()),
        )]);
    }
    if grouping.by != By::Item {
        let mut placed = ctx.grounds();
        let group = grouping.of(&sold.sale.subject(), &mut placed);
        return BTreeMap::from([(group, whole(placed))]);
    }
    let mut groups: BTreeMap<Option<&str>, Sales> = BTreeMap::new();
    for part in &sold.parts {
        let sales = groups.entry(part.item.map(|i| ctx.views.trade.ids().name(i))).or_default();
        (sales.net, sales.units) = (sales.net + part.net, sales.units + part.qty);
    }
    groups
}

/// A purchase from before these books, as one that was brought forward tells of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Brought<'a> {
    pub(crate) invoice: Listed<'a, kind::Invoice, InvoiceDoc>,
    /// The day the invoice was issued.
    pub(crate) day: Date,
}

/// The purchases from before these books whose currency is asked for, in order of their days.
pub(crate) fn brought<'a>(ctx: &Context<'a>) -> Result<Vec<Brought<'a>>, ReportError> {
    let mut all = Vec::new();
    for invoice in ctx.views.trade.invoices(ctx.lens()) {
        if invoice.doc.begun.is_before() && wants(ctx, invoice.doc.document.currency)? {
            all.push(Brought { invoice, day: bought_on(ctx, invoice) });
        }
    }
    all.sort_by_key(|of| (of.day, of.invoice.position));
    Ok(all)
}

/// The day of a purchase: of one from before these books that of its issue.
pub(crate) fn bought_on(ctx: &Context<'_>, invoice: Listed<'_, kind::Invoice, InvoiceDoc>) -> Date {
    invoice.doc.begun.issued_on(ctx.day(invoice.at))
}

/// The day of each client's first purchase ever, up to the cut, with the record behind it.
pub(crate) fn first_purchases(
    ctx: &Context<'_>,
    grouping: &Grouping<'_>,
) -> BTreeMap<Sym<kind::Client>, (Date, sijil_schemas::Position)> {
    type First = (Date, Timestamp, sijil_schemas::Position);
    let mut first: BTreeMap<Sym<kind::Client>, First> = BTreeMap::new();
    for invoice in ctx.views.trade.invoices(ctx.lens()).filter(|invoice| invoice.doc.is_purchase())
    {
        if let Some(client) = grouping.client(&Subject::invoice(invoice), &mut Grounds::default()) {
            let place = (bought_on(ctx, invoice), invoice.at, invoice.position);
            let known = first.entry(client).or_insert(place);
            *known = (*known).min(place);
        }
    }
    first.into_iter().map(|(client, (day, _, position))| (client, (day, position))).collect()
}
