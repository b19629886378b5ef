//! Whose the cost of goods is. Invariant: a cost stands where the refs of its issue lead, whatever
//! corrected it later; one without refs is nobody's.

use sijil_schemas::id::{Kind, kind};

use super::{Document, grouping::By};
use crate::{
    Sym,
    clients::{LinkView, Resolver},
    report::{Context, ReportError},
    stock::{
        Source,
        valuation::{Cost, Valuation},
    },
};

/// Every cost of goods up to the cut, in the base currency.
pub(crate) fn all(ctx: &Context<'_>) -> Result<Vec<Cost>, ReportError> {
    let valuation = Valuation::of(ctx.views, ctx.lens());
    valuation.all_costs().map_err(|missing| missing.in_report(ctx.views.company))
}

/// Whose a cost is: by item its own, else by the invoice, order or shipment its issue refers to.
/// Null where rows are of nothing that goods could be issued for.
pub(crate) fn group<'a>(ctx: &Context<'a>, by: &By, cost: &Cost) -> Option<&'a str> {
    let (stock, origin) = (ctx.views.stock, &cost.origin);
    let ids = ctx.views.trade.ids();
    match by {
        By::Nothing | By::Invoice | By::Attribute(_) => None,
        By::Item => Some(stock.item_name(cost.item)),
        By::Owner => document(ctx, origin.what, |document| document.owner)
            .map(|owner: Sym<kind::Employee>| ids.name(owner)),
        By::Counterparty => document(ctx, origin.what, |document| document.party.counterparty)
            .map(|legal: Sym<kind::Counterparty>| ids.name(legal)),
        By::Client => {
            let view = LinkView::of(ctx.arguments.text("view"));
            let resolver = Resolver::new(ctx.views.clients, ctx.lens(), view);
            let refs: Vec<_> = stock.refs(origin.what.refs).collect();
            let client = resolver.client_of_refs(&refs, origin.at);
            client.map(|client| ctx.views.clients.id(client))
        }
    }
}

/// What the first invoice, order or shipment among the references says.
fn document<T>(
    ctx: &Context<'_>,
    origin: Source,
    say: impl Fn(&Document) -> Option<T>,
) -> Option<T> {
    let (trade, stock, lens) = (ctx.views.trade, ctx.views.stock, ctx.lens());
    let of_order = |id: &str| trade.order(id, lens).and_then(|o| say(&o.doc.document));
    stock.refs(origin.refs).find_map(|entity| {
        let id = stock.ids().id_of(entity);
        match entity.kind {
            Kind::Invoice => {
                let invoice = trade.invoice_sym(id).and_then(|s| trade.invoice(s, lens))?;
                say(&invoice.doc.document)
                    .or_else(|| invoice.doc.order.and_then(|o| of_order(trade.order_id(o))))
            }
            Kind::Order => of_order(id),
            Kind::Shipment => trade.order_of_shipment(id, lens).and_then(of_order),
            _ => None,
        }
    })
}
