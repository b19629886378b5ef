//! The documents near a client. Invariant: no document of an account asked for is missing.

use std::collections::BTreeSet;

use sijil_schemas::id::{Kind, kind};

use crate::{
    Sym,
    clients::documents_near,
    report::Context,
    trade::{CreditNoteDoc, InvoiceDoc, Listed, Receipt},
};

/// The documents that may stand in the accounts asked for, in order of first appearance: of one
/// client those near it, else all. Invariant: no document of an account asked for is missing.
pub(super) enum Near {
    All,
    Some {
        invoices: BTreeSet<Sym<kind::Invoice>>,
        payments: BTreeSet<Sym<kind::Payment>>,
        notes: BTreeSet<Sym<kind::CreditNote>>,
    },
}

impl Near {
    pub(super) fn asked(ctx: &Context<'_>) -> Near {
        // A missing rate of any document is a refusal: with base amounts all are looked at.
        let Some(client) = ctx.arguments.text("client").filter(|_| !ctx.arguments.is("in", "base"))
        else {
            return Near::All;
        };
        let trade = ctx.views.trade;
        let client = ctx.views.clients.sym(client);
        let of = |kind: Kind| {
            client
                .into_iter()
                .flat_map(move |client| documents_near(ctx.views, client, kind, ctx.lens()))
        };
        Near::Some {
            invoices: of(Kind::Invoice).filter_map(|id| trade.invoice_sym(id)).collect(),
            payments: of(Kind::Payment).filter_map(|id| trade.payment_sym(id)).collect(),
            notes: of(Kind::CreditNote).filter_map(|id| trade.credit_note_sym(id)).collect(),
        }
    }
    pub(super) fn invoices<'a>(
        &self,
        ctx: &Context<'a>,
    ) -> Vec<Listed<'a, kind::Invoice, InvoiceDoc>> {
        let (trade, lens) = (ctx.views.trade, ctx.lens());
        match self {
            Near::All => trade.invoices(lens).collect(),
            Near::Some { invoices, .. } => {
                invoices.iter().filter_map(|sym| trade.invoice(*sym, lens)).collect()
            }
        }
    }
    pub(super) fn payments<'a>(
        &self,
        ctx: &Context<'a>,
    ) -> Vec<Listed<'a, kind::Payment, Receipt>> {
        let (trade, lens) = (ctx.views.trade, ctx.lens());
        match self {
            Near::All => trade.payments(lens).collect(),
            Near::Some { payments, .. } => {
                payments.iter().filter_map(|sym| trade.payment(*sym, lens)).collect()
            }
        }
    }
    pub(super) fn notes<'a>(
        &self,
        ctx: &Context<'a>,
    ) -> Vec<Listed<'a, kind::CreditNote, CreditNoteDoc>> {
        let (trade, lens) = (ctx.views.trade, ctx.lens());
        match self {
            Near::All => trade.free_credits(lens).collect(),
            Near::Some { notes, .. } => {
                notes.iter().filter_map(|sym| trade.free_credit(*sym, lens)).collect()
            }
        }
    }
}
