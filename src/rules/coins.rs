//! Rules on amounts and currencies of every event. Invariant: what is paid or owed can be paid to
//! the last coin, and no amount is of a currency that nobody knows.

use sijil_schemas::{
    CurrencyDefined, Event, Position, Record,
    coin::{Coin, is_total},
    event::{Catalogue, Invoices},
    id::{EntityRef, Kind},
    money::Currency,
};

use crate::{Book, Rejection};

/// Refuses an amount finer than the smallest coin where it is paid or owed as it stands, and a
/// currency that neither ISO 4217 nor a definition knows.
pub(crate) fn check(book: &Book, event: &Event) -> Result<(), Rejection> {
    if matches!(event, Event::Catalogue(Catalogue::CurrencyDefined(_))) {
        return Ok(());
    }
    let (mut said, mut found) = (of_set_off(book, event), Ok(()));
    event.coins(&mut |coin| {
        said = coin.currency.or(said);
        if found.is_ok() {
            found = check_coin(book, event, coin, said);
        }
    });
    found
}

/// Judges one amount or currency; an amount without a currency is of the one said before it, else
/// of the event's document.
fn check_coin(
    book: &Book,
    event: &Event,
    coin: Coin,
    said: Option<Currency>,
) -> Result<(), Rejection> {
    let total = coin.amount.filter(|_| is_total(event, coin.place));
    let known = |currency: Currency| {
        let decimals = book.company.decimals(currency, book.now());
        decimals.ok_or_else(|| Rejection::UnknownCurrency { pointer: pointer(coin), currency })
    };
    if let Some(currency) = coin.currency {
        known(currency)?;
    }
    let Some(amount) = total.map(sijil_schemas::money::Amount::get) else { return Ok(()) };
    let Some(currency) = said.or_else(|| of_document(book, &event.home())) else { return Ok(()) };
    let decimals = known(currency)?;
    if amount.normalize().scale() <= decimals {
        return Ok(());
    }
    Err(Rejection::TooManyDecimals {
        pointer: coin.place.pointer(),
        of: format!("an amount of {currency}"),
        decimals,
        got: amount,
    })
}

/// Where the currency itself stands.
fn pointer(coin: Coin) -> String {
    let pointer = coin.place.pointer();
    match pointer.strip_suffix("/amount").filter(|_| coin.amount.is_some()) {
        Some(money) => format!("{money}/currency"),
        None => pointer,
    }
}

/// The currency of a payment, invoice, bill or free credit note that is known.
fn of_document(book: &Book, home: &EntityRef) -> Option<Currency> {
    let (trade, now) = (&book.trade, book.now());
    match home.kind {
        Kind::Payment => {
            let payment = trade.payment_sym(home.id())?;
            let received = trade.payment(payment, now).map(|p| p.doc.currency);
            received.or_else(|| trade.payment_made(payment, now).map(|p| p.doc.currency))
        }
        Kind::Invoice => trade
            .invoice_sym(home.id())
            .and_then(|sym| trade.invoice(sym, now))
            .map(|i| i.doc.document.currency),
        Kind::Bill => trade.bill(home.id(), now).map(|b| b.doc.document.currency),
        Kind::CreditNote => trade
            .credit_note_sym(home.id())
            .and_then(|sym| trade.free_credit(sym, now))
            .map(|n| n.doc.document.currency),
        _ => None,
    }
}

/// The currency of a set-off: that of its documents, which are of one.
fn of_set_off(book: &Book, event: &Event) -> Option<Currency> {
    let Event::Invoices(Invoices::SetOffRecorded(e)) = event else { return None };
    e.invoices.first().and_then(|part| of_document(book, &part.invoice.entity()))
}

/// A definition has no fewer places than ISO 4217, nor than its currency's totals already use.
pub(crate) fn check_definition(book: &Book, event: &CurrencyDefined) -> Result<(), Rejection> {
    let Ok(currency) = event.currency.as_str().parse::<Currency>() else { return Ok(()) };
    let got = u32::from(u8::from(event.decimals));
    let fewer = |least, position| {
        Err(Rejection::FewerDecimals { currency: event.currency.to_string(), least, got, position })
    };
    if currency.is_iso() && got < currency.minor_unit() {
        return fewer(currency.minor_unit(), None);
    }
    match book.company.undefined_uses(currency, Some(got), book.now()).first() {
        Some(position) => {
            fewer(book.company.decimals(currency, book.now()).unwrap_or(got), Some(*position))
        }
        None => Ok(()),
    }
}

/// The records that count finer, or in a currency at all, only because of a definition.
pub(crate) fn dependants(book: &Book, target: &Record, event: &CurrencyDefined) -> Vec<Position> {
    let Ok(currency) = event.currency.as_str().parse::<Currency>() else { return Vec::new() };
    let without = book.without(target.position);
    book.company.undefined_uses(currency, book.company.decimals(currency, without), without)
}
