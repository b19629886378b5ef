//! What is not known of clients, and of open deals (R43). Invariant: a client lacks something or
//! does not; with those that are merged into it, it is one.

use sijil_schemas::{ContactRole, Position, id::kind};

use super::{METRICS, standing};
use crate::{
    Lens, Sym,
    clients::{Clients, Consent, LinkView, Resolver},
    cut::Dated,
    report::{ColumnKind, Context, Count, Table, Value, col, key, share, sum},
};

/// The contacts of a client, and of those merged into it, as far as they count.
fn contacts(
    clients: &Clients,
    client: Sym<kind::Client>,
    lens: Lens<'_>,
) -> Vec<Sym<kind::Contact>> {
    let merged = clients.merged_into(client, lens);
    let ever = merged.iter().flat_map(|of| clients.contacts_at(*of, lens.side));
    let mut all: Vec<_> = ever
        .filter(|contact| {
            let said = clients.contact_said_at(*contact, lens);
            said.is_some_and(|said| merged.contains(&said.what))
        })
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Whether something that was said of being written to still holds: given, and not withdrawn since.
fn consents(said: impl DoubleEndedIterator<Item = Dated<Consent>>, any: Option<u32>) -> bool {
    let mut withdrawn: Vec<Consent> = Vec::new();
    for consent in said.rev().map(|fact| fact.what) {
        let is_off = withdrawn.iter().any(|later| {
            (later.channel == consent.channel || Some(later.channel.number()) == any)
                && (later.purpose.is_none() || later.purpose == consent.purpose)
        });
        if consent.given && !is_off {
            return true;
        }
        if !consent.given {
            withdrawn.push(consent);
        }
    }
    false
}

/// Whether a client lacks what a metric says.
fn lacks(ctx: &Context<'_>, client: Sym<kind::Client>, metric: &str) -> bool {
    let (clients, lens) = (ctx.views.clients, ctx.lens());
    let has_role = |role: ContactRole| {
        contacts(clients, client, lens)
            .into_iter()
            .any(|contact| clients.roles_of(contact, lens).any(|of| of == role))
    };
    let merged = || clients.merged_into(client, lens);
    let has = match metric {
        "without_owner" => clients.owner(client, lens).is_some(),
        "without_contact" => !contacts(clients, client, lens).is_empty(),
        "without_buyer" => has_role(ContactRole::Buyer),
        "without_wallet_holder" => has_role(ContactRole::WalletHolder),
        "without_counterparty" => merged().into_iter().any(|source| {
            let linked = |legal| clients.linked_client(legal, lens).map(|(of, _)| of);
            clients.ever_linked(source, lens.side).any(|legal| linked(legal) == Some(source))
        }),
        _ => {
            let any = clients.find_word("any").map(Sym::number);
            let own = |of: Sym<kind::Client>| {
                consents(clients.consents_of_client(of).counting(lens), any)
            };
            let contact = |of: Sym<kind::Contact>| {
                consents(clients.consents_of_contact(of).counting(lens), any)
            };
            merged().into_iter().any(own)
                || contacts(clients, client, lens).into_iter().any(contact)
        }
    };
    !has
}

/// The open deals that lack what a metric says, and all of them, in order of their ids.
fn deals<'a>(ctx: &Context<'a>, metric: &str) -> Vec<(&'a str, Position, bool)> {
    let (deals, lens) = (ctx.views.deals, ctx.lens());
    let resolver = Resolver::new(ctx.views.clients, lens, LinkView::AtEvent);
    let mut all: Vec<_> = deals
        .courses(lens)
        .filter(|walked| walked.course.state().is_open())
        .map(|walked| {
            let has = if metric == "deals_without_client" {
                resolver.client_of_opened(walked.deal.into()).is_some()
            } else {
                let mut roles = walked.course.participants().iter();
                roles.any(|(_, _, role)| deals.word(*role) == "wallet_holder")
            };
            (deals.ids().name(walked.deal), walked.course.standing(), !has)
        })
        .collect();
    all.sort_unstable();
    all
}

/// Who lacks what a metric says: (id, the record that brought it into being, whether it does).
fn judged<'a>(ctx: &Context<'a>, metric: &str) -> Vec<(&'a str, Position, bool)> {
    if metric.starts_with("deals_") {
        return deals(ctx, metric);
    }
    let dealt_with = standing(ctx).into_iter().filter(|client| client.archived.is_none());
    dealt_with
        .map(|client| (client.id, client.registered.1, lacks(ctx, client.sym, metric)))
        .collect()
}

pub(super) fn table(ctx: &Context<'_>) -> Table {
    if let Some(metric) = ctx.arguments.text("metric") {
        return listed(ctx, metric);
    }
    let mut table = Table::new(&[
        key("metric", ColumnKind::Text),
        sum("clients", ColumnKind::Count).not_over(&["metric"]),
        col("share", ColumnKind::Percent),
    ]);
    for metric in METRICS {
        let (mut without, mut all): (Count, Count) = (ctx.count(), ctx.count());
        for (_, position, lacks) in judged(ctx, metric) {
            all += position;
            without.add(position, usize::from(lacks));
        }
        table.push(vec![
            Value::Text((*metric).to_owned()).into(),
            without.shown(),
            share(&without, &all, "all there are"),
        ]);
    }
    table
}

fn listed(ctx: &Context<'_>, metric: &str) -> Table {
    let mut table = Table::new(&[key("metric", ColumnKind::Text), key("subject", ColumnKind::Id)]);
    for (id, position, _) in judged(ctx, metric).into_iter().filter(|(_, _, lacks)| *lacks) {
        table.push(vec![
            Value::Text(metric.to_owned()).into(),
            Value::id(Some(id)).because(ctx.said_by([position])),
        ]);
    }
    table
}
