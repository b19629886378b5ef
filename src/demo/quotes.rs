//! Quotes: issued when a deal is offered, decided with it. Invariant: a quote is decided once, and
//! not after its last day.

use super::{
    calendar::date,
    company::{Company, days},
    deals::Deal,
    draft::{Data, Id, Who},
    orders::tax,
    stock::item_id,
};

/// For how many days a quote stands.
const VALID_DAYS: i64 = 30;

impl Company {
    /// Quotes what a deal is about, if there is no quote that still stands. Every other deal is
    /// offered by word of mouth.
    pub(crate) fn quote(&mut self, deal: &mut Deal, actor: Who, behalf: Option<Who>) {
        let stands = deal.quote.is_some_and(|(_, until)| until >= self.at);
        if deal.number().is_multiple_of(2) || stands {
            return;
        }
        let quote = self.numbers.next("QU");
        let dollars = self.client(deal.client).is_some_and(|c| c.dollars);
        let line = |number: u64, what: Data, qty: i64, price: i64| {
            what.text("line", number)
                .text("qty", qty)
                .cents("price", price)
                .cents("net", price * qty)
                .cents("tax", tax(price * qty, dollars))
        };
        let qty = 1 + i64::try_from(deal.number() % 8).unwrap_or_default();
        let item = 1 + u32::try_from(deal.number() % 6).unwrap_or_default();
        let goods = Data::new().text("item", item_id(item));
        let delivery = Data::new().text("item", "delivery");
        let lines = [line(1, goods, qty, deal.cents / qty), line(2, delivery, 1, 4_500)];
        let data = Data::new()
            .text("quote", quote)
            .text("client", Id("C", deal.client))
            .text("owner", Who::Manager(deal.owner))
            .text("deal", deal.entity())
            .text("currency", if dollars { "USD" } else { "EUR" })
            .lines(("quote", quote), self.in_parts(3), lines)
            .text("valid_to", date(self.at + days(VALID_DAYS)));
        self.tell_at(self.at, "quote.issued", actor, behalf, data);
        deal.quote = Some((quote.1, self.at + days(VALID_DAYS)));
    }

    /// A deal that is won has its quote accepted, unless that has expired.
    pub(crate) fn accept_quote(
        &mut self,
        deal: &mut Deal,
        order: Option<Id>,
        actor: Who,
        behalf: Option<Who>,
    ) {
        if let Some(data) = self.decided(deal) {
            self.tell_at(self.at, "quote.accepted", actor, behalf, data.maybe("order", order));
        }
    }

    /// A deal that is lost has it declined.
    pub(crate) fn decline_quote(
        &mut self,
        deal: &mut Deal,
        reason: &str,
        actor: Who,
        behalf: Option<Who>,
    ) {
        if let Some(data) = self.decided(deal) {
            let rival = (reason == "competitor").then_some("rival-a");
            let data = data.text("reason", reason).maybe("competitor", rival);
            self.tell_at(self.at, "quote.declined", actor, behalf, data);
        }
    }

    fn decided(&self, deal: &mut Deal) -> Option<Data> {
        let (quote, _) = deal.quote.take().filter(|(_, until)| *until >= self.at)?;
        Some(Data::new().text("quote", Id("QU", quote)))
    }
}
