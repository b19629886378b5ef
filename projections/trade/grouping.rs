//! What the trade reports share: parameters, groups of documents, and base amounts. Invariant: a
//! document stands in exactly one group, and one without a value for the key in the group of null,
//! the last.

use rust_decimal::Decimal;
use sijil_schemas::{
    Position,
    id::{Key, kind},
    money::Currency,
    time::Timestamp,
};

use super::{
    BillDoc, CreditNoteDoc, Document, InvoiceDoc, Listed, OrderDoc, Outgoing, Party, QuoteDoc, Receipt,
};
use crate::{
    EntitySym, Sym,
    base::Rated,
    clients::{LinkView, Resolver},
    report::{
        Cell, Column, ColumnKind, Context, Grounds, Parameter, ParameterKind, ReportError, Value,
        key, parameters::grouped,
    },
};

pub(crate) const LINKS: Parameter = Parameter {
    name: "view",
    kind: ParameterKind::Choice(&["at_event", "current"]),
    required: false,
    default: Some("at_event"),
    about: "whose client a legal entity's document is: by the link on its date, or by the link at \
            as_of",
};
pub(crate) const CURRENCY: Parameter = Parameter {
    name: "currency",
    kind: ParameterKind::Currency,
    required: false,
    default: None,
    about: "only documents of this currency",
};

/// What rows are made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum By {
    Nothing,
    Owner,
    Client,
    Counterparty,
    Invoice,
    Item,
    Attribute(Key),
}

/// A document to be put in a group.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subject {
    of: EntitySym,
    party: Party,
    owner: Option<Sym<kind::Employee>>,
    order: Option<Sym<kind::Order>>,
}

impl Subject {
    pub(crate) fn invoice(invoice: Listed<'_, kind::Invoice, InvoiceDoc>) -> Subject {
        let document = invoice.doc.document;
        Subject {
            of: invoice.sym.into(),
            party: document.party,
            owner: document.owner,
            order: invoice.doc.order,
        }
    }
    pub(crate) fn credit_note(note: Listed<'_, kind::CreditNote, CreditNoteDoc>) -> Subject {
        let document = note.doc.document;
        Subject {
            of: note.sym.into(),
            party: document.party,
            owner: document.owner,
            order: note.doc.order,
        }
    }
    pub(crate) fn order(order: Listed<'_, kind::Order, OrderDoc>) -> Subject {
        let document = order.doc.document;
        Subject { of: order.sym.into(), party: document.party, owner: document.owner, order: None }
    }
    pub(crate) fn quote(quote: Listed<'_, kind::Quote, QuoteDoc>) -> Subject {
        let document = quote.doc.document;
        Subject { of: quote.sym.into(), party: document.party, owner: document.owner, order: None }
    }
    pub(crate) fn payment(payment: Listed<'_, kind::Payment, Receipt>) -> Subject {
        Subject { of: payment.sym.into(), party: payment.doc.party, owner: None, order: None }
    }
    pub(crate) fn bill(bill: Listed<'_, kind::Bill, BillDoc>) -> Subject {
        let party = bill.doc.document.party;
        Subject { of: bill.sym.into(), party, owner: None, order: None }
    }
    pub(crate) fn outgoing(payment: Listed<'_, kind::Payment, Outgoing>) -> Subject {
        Subject { of: payment.sym.into(), party: payment.doc.party, owner: None, order: None }
    }
}

/// How documents are grouped.
#[derive(Debug, Clone)]
pub(crate) struct Grouping<'a> {
    pub(crate) by: By,
    ctx: &'a Context<'a>,
    resolver: Resolver<'a>,
}

impl<'a> Grouping<'a> {
    /// By the parameters `group`, `attribute` and `view`.
    pub(crate) fn asked(ctx: &'a Context<'a>) -> Result<Grouping<'a>, ReportError> {
        let by = match grouped(ctx.arguments)? {
            (_, Some(field)) => By::Attribute(field),
            ("owner", None) => By::Owner,
            ("client", None) => By::Client,
            ("counterparty", None) => By::Counterparty,
            ("invoice", None) => By::Invoice,
            ("item", None) => By::Item,
            (_, None) => By::Nothing,
        };
        Ok(Grouping::by(ctx, by))
    }
    pub(crate) fn by(ctx: &'a Context<'a>, by: By) -> Grouping<'a> {
        let resolver =
            Resolver::new(ctx.views.clients, ctx.lens(), LinkView::of(ctx.arguments.text("view")));
        Grouping { by, ctx, resolver }
    }

    /// The group of a document, null for "none"; the records that say it are added to `grounds`.
    /// Items are found line by line, not here.
    pub(crate) fn of(&self, subject: &Subject, grounds: &mut Grounds) -> Option<&'a str> {
        let trade = &self.ctx.views.trade;
        match &self.by {
            By::Nothing | By::Item => None,
            By::Owner => {
                let of_order = || self.order(subject, grounds).and_then(|o| o.doc.document.owner);
                subject.owner.or_else(of_order).map(|o| trade.ids().name(o))
            }
            By::Client => self.client(subject, grounds).map(|c| self.ctx.views.clients.id(c)),
            By::Counterparty => {
                let of_order =
                    || self.order(subject, grounds).and_then(|o| o.doc.document.party.counterparty);
                subject.party.counterparty.or_else(of_order).map(|c| trade.ids().name(c))
            }
            By::Invoice => {
                subject.of.typed::<kind::Invoice>().map(|invoice| trade.ids().name(invoice))
            }
            By::Attribute(key) => self.attribute(key.as_str(), subject, grounds),
        }
    }

    /// The client of a document.
    pub(crate) fn client(
        &self,
        subject: &Subject,
        grounds: &mut Grounds,
    ) -> Option<Sym<kind::Client>> {
        if self.ctx.explain {
            self.resolver.because_document(subject.of, grounds);
        }
        self.resolver.client_of_opened(subject.of)
    }

    /// The order of a document, which says what the document itself does not.
    fn order(
        &self,
        subject: &Subject,
        grounds: &mut Grounds,
    ) -> Option<Listed<'a, kind::Order, OrderDoc>> {
        let trade = self.ctx.views.trade;
        let order = trade.order_at(subject.order?, self.ctx.lens())?;
        grounds.add(order.position);
        Some(order)
    }

    fn attribute(&self, key: &str, subject: &Subject, grounds: &mut Grounds) -> Option<&'a str> {
        let (trade, lens) = (self.ctx.views.trade, self.ctx.lens());
        let word = trade.find_word(key);
        let of = |document: &Document| word.and_then(|word| trade.attribute(document, word));
        let invoice = subject.of.typed().and_then(|sym| trade.invoice(sym, lens));
        let order = subject.of.typed().and_then(|sym| trade.order_at(sym, lens));
        let note = subject.of.typed().and_then(|sym| trade.free_credit(sym, lens));
        let document = invoice.map(|of| of.doc.document);
        let document = document.or_else(|| order.map(|of| of.doc.document));
        let document = document.or_else(|| note.map(|of| of.doc.document));
        let own = document.as_ref().and_then(of);
        own.or_else(|| self.order(subject, grounds).and_then(|o| of(&o.doc.document))).or_else(
            || {
                let client = self.client(subject, grounds)?;
                self.ctx.views.clients.field(client, key, lens)
            },
        )
    }

    /// The column `group`, if rows are grouped.
    pub(crate) fn columns(&self) -> Vec<Column> {
        match self.by {
            By::Nothing => Vec::new(),
            By::Attribute(_) => vec![key("group", ColumnKind::Text)],
            By::Owner | By::Client | By::Counterparty | By::Invoice | By::Item => {
                vec![key("group", ColumnKind::Id)]
            }
        }
    }
    /// The cell of the column `group`, if rows are grouped, with the records that say it.
    pub(crate) fn cells(&self, group: Option<&str>, grounds: &Grounds) -> Vec<Cell> {
        let value = match self.by {
            By::Nothing => return Vec::new(),
            By::Attribute(_) => group.map_or(Value::Null, |g| Value::Text(g.to_owned())),
            By::Owner | By::Client | By::Counterparty | By::Invoice | By::Item => Value::id(group),
        };
        vec![value.because(grounds.clone())]
    }
}

/// Sorts null behind every value.
pub(crate) fn last_if_null(group: Option<&str>) -> (bool, &str) {
    (group.is_none(), group.unwrap_or_default())
}

/// The rate of a document, if base amounts are asked for; a missing rate is a refusal.
pub(crate) fn base_rate(
    ctx: &Context<'_>,
    currency: Currency,
    at: Timestamp,
    position: Position,
) -> Result<Option<Rated>, ReportError> {
    if ctx.views.company.base().is_none() || !ctx.arguments.is("in", "base") {
        return Ok(None);
    }
    Rated::base(ctx.views.company, ctx.lens(), currency, (at, position)).map(Some)
}

/// A document of one amount in the currency asked for.
pub(crate) fn converted(
    ctx: &Context<'_>,
    (currency, amount): (Currency, Decimal),
    at: Timestamp,
    position: Position,
) -> Result<(Currency, Decimal), ReportError> {
    Ok(base_rate(ctx, currency, at, position)?
        .map_or((currency, amount), |rated| (rated.currency, rated.whole(amount))))
}

/// An amount as it is shown. A base amount is rounded already: each document was, and reports only
/// add.
pub(crate) fn money(ctx: &Context<'_>, amount: Decimal, currency: Currency) -> Value {
    debug_assert!(
        !ctx.arguments.is("in", "base") || amount.normalize().scale() <= currency.minor_unit(),
        "{amount} {currency} was not rounded at its document"
    );
    Value::money(amount, currency)
}

/// Whether documents of a currency are asked for.
pub(crate) fn wants(ctx: &Context<'_>, currency: Currency) -> Result<bool, ReportError> {
    Ok(ctx.arguments.currency("currency")?.is_none_or(|wanted| wanted == currency))
}

/// The cell of the column `currency`.
pub(crate) fn currency_cell(currency: Currency) -> Cell {
    Value::Text(currency.to_string()).into()
}
