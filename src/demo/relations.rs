//! What is agreed with clients, asked of them and noted of them, and who else bids. Invariant: a
//! client that is archived has nothing open, and gets nothing before it is restored.

use super::{
    calendar::MINUTE,
    clients::Touch,
    company::{Company, Step, days},
    deals::Deal,
    draft::{Data, Id, Who},
    opening::{DIRECTOR, MARKETER},
};

/// Who else sells the same.
const RIVALS: [&str; 2] = ["rival-a", "rival-b"];

/// Something that is to happen with a client.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Relation {
    /// A client who only asked is archived, by its number.
    Archive(u64),
    /// It asks again.
    Restore(u64),
    /// An agreement is settled: its number, and whose it is.
    Settle(u64, u16),
    /// A contract is changed, and how often it was.
    Amend(u64, u8),
    /// A contact wants no more letters.
    Withdraw(u64),
    /// A client answers a survey.
    Answer(u64, u64),
}

impl Company {
    pub(crate) fn relation(&mut self, relation: Relation) {
        match relation {
            Relation::Archive(client) => {
                let data = Data::new().text("client", Id("C", client));
                let data = data.text("reason", "Only asked for the price list");
                self.tell("client.archived", DIRECTOR, data);
                if !client.is_multiple_of(3) {
                    self.plan_relation(days(20), days(60), Relation::Restore(client));
                }
            }
            Relation::Restore(client) => {
                let data = Data::new().text("client", Id("C", client));
                self.tell("client.restored", DIRECTOR, data);
                let owner = self.owner_of(client);
                if let Some(client) = self.client(client) {
                    client.quiet = false;
                }
                self.plan(days(1), days(9), Step::Deal(Box::new(Deal::new(client, owner))));
            }
            Relation::Settle(agreement, owner) => {
                let kept = self.random.chance(800);
                let data = Data::new().text("agreement", Id("AG", agreement)).raw("kept", kept);
                self.tell("agreement.settled", Who::Manager(owner), data);
            }
            Relation::Amend(contract, times) => self.amend(contract, times),
            Relation::Withdraw(contact) => {
                let data = consent(Id("K", contact));
                self.tell("consent.withdrawn", MARKETER, data);
            }
            Relation::Answer(survey, client) => self.answer(survey, client),
        }
    }
    fn plan_relation(&mut self, least: i64, most: i64, relation: Relation) {
        self.plan(least, most, Step::Touch(Touch::Relation(relation)));
    }

    /// Most who are asked may be written to, and some change their mind.
    pub(crate) fn ask_consent(&mut self, contact: Id, actor: Who) {
        if !self.random.chance(400) {
            return;
        }
        let data = consent(contact).text("proof_ref", format_args!("forms/{contact}"));
        self.tell("consent.given", actor, data);
        if self.random.chance(120) {
            self.plan_relation(days(30), days(300), Relation::Withdraw(contact.1));
        }
    }

    pub(crate) fn plan_contract(&mut self, contract: u64) {
        self.plan_relation(days(40), days(300), Relation::Amend(contract, 0));
    }
    fn amend(&mut self, contract: u64, times: u8) {
        let data = Data::new().text("contract", Id("T", contract));
        if times > 0 && self.random.chance(500) {
            let data = data.text("reason", "Another one is signed");
            self.tell("contract.terminated", DIRECTOR, data);
            return;
        }
        let payment_days = self.random.pick(&[14, 30, 60]);
        let data = data.raw("payment_days", payment_days);
        self.tell("contract.amended", DIRECTOR, data.money("credit_limit", 6_000_000, "EUR"));
        self.plan_relation(days(60), days(300), Relation::Amend(contract, times + 1));
    }

    pub(crate) fn set_goal(&mut self, client: Id, actor: Who) {
        let by = super::calendar::date(self.at + days(180));
        let value = 100 * self.random.between(500, 9_000);
        let data = Data::new()
            .text("client", client)
            .text("key", "yearly-sales")
            .text("metric", "net_sales")
            .cents("value", value)
            .text("by_date", by);
        self.tell("client.goal_set", actor, data);
    }

    /// How to reach its contact is said anew, or what its legal entity is called.
    pub(crate) fn care_details(&mut self, client: u64, actor: Who) {
        let Some(known) = self.client(client).copied() else { return };
        if known.contact > 0 {
            let contact = Id("K", known.contact);
            let channel = Data::new()
                .text("kind", "email")
                .text("address", format_args!("office-{}@buyer.example", known.contact));
            let data = Data::new().text("contact", contact).list("channels", [channel]);
            self.tell("contact.channels_changed", actor, data);
        }
        if known.linked {
            let data = Data::new()
                .text("counterparty", Id("L", client))
                .text("legal_name", format_args!("Buyer {client} Holding Limited"));
            self.tell("counterparty.details_changed", actor, data);
        }
    }

    /// What is noted after a talk: of the talk itself, or what was agreed.
    pub(crate) fn note(&mut self, client: u64, interaction: Id) {
        let owner = self.owner_of(client);
        if self.random.chance(30) {
            let text = self.random.pick(&["Prefers mornings", "Asks for Mr Braun", "Likes oak"]);
            let data = Data::new().text("interaction", interaction).text("text", text);
            self.tell("interaction.annotated", Who::Manager(owner), data);
        }
        if self.random.chance(25) {
            let agreement = self.numbers.next("AG");
            let text = self.random.pick(&["Sends the floor plan", "Pays within a week"]);
            let data = Data::new()
                .text("agreement", agreement)
                .text("client", Id("C", client))
                .text("text", text)
                .text("due_on", super::calendar::date(self.at + days(10)));
            self.tell("agreement.noted", Who::Manager(owner), data);
            self.plan_relation(days(2), days(14), Relation::Settle(agreement.1, owner));
        }
    }

    pub(crate) fn open_rivals(&mut self) {
        for rival in RIVALS {
            let data =
                Data::new().text("competitor", rival).text("name", format_args!("The {rival}"));
            self.tell("competitor.registered", MARKETER, data);
        }
        let fax = Data::new()
            .text("custom_field", "client-fax")
            .text("entity", "client")
            .text("key", "fax")
            .text("type", "text");
        self.tell("custom_field.defined", MARKETER, fax.raw("required", false));
    }

    /// Each month somebody looks at what others ask for the same.
    pub(crate) fn watch_rivals(&mut self) {
        for rival in RIVALS {
            let (item, cents) = (1 + self.random.below(6), self.random.between(2_000, 40_000));
            let seen = Data::new().text("competitor", rival);
            let price = seen.clone().text("kind", "price").text("item", Id("item", item));
            let price = price.cents("value", cents).text("currency", "EUR");
            self.tell("competitor.fact_observed", MARKETER, price.text("source", "their shop"));
            let percent = self.random.between(10, 40);
            let share = seen.text("kind", "share").text("value", percent);
            self.tell("competitor.fact_observed", MARKETER, share);
        }
    }

    /// What a deal is about, who takes part in it, and whom it counts for.
    pub(crate) fn tell_of_deal(&mut self, deal: &mut Deal, actor: Who, behalf: Option<Who>) {
        let of = || Data::new().text("deal", deal.entity());
        if self.random.chance(60) {
            let qty = self.random.between(1, 20);
            let line = Data::new()
                .text("line", 1)
                .text("item", Id("item", 1 + self.random.below(6)))
                .text("qty", qty)
                .text("price", 50)
                .text("net", 50 * qty)
                .text("tax", 0);
            self.tell_at(self.at, "deal.items_changed", actor, behalf, of().list("lines", [line]));
        }
        let contact = self.client(deal.client).map_or(0, |client| client.contact);
        if contact > 0 && self.random.chance(90) {
            let data = of().text("contact", Id("K", contact));
            let role = self.random.pick(&["buyer", "consumer", "wallet_holder"]);
            let data = if self.random.chance(900) { data.text("role", role) } else { data };
            self.tell_at(self.at, "deal.participant_set", actor, behalf, data);
        }
        if self.random.chance(60) {
            let rival = self.random.pick(&["\"rival-a\"", "\"rival-b\""]);
            let data = of().list("competitors", [rival]);
            self.tell_at(self.at, "deal.competitors_set", actor, behalf, data);
        }
        if self.random.chance(40) {
            let other = deal.owner % self.managers + 1;
            let share = |who: u16, share: &str| {
                Data::new().text("employee", Who::Manager(who)).text("share", share)
            };
            let shares = [share(deal.owner, "0.6"), share(other, "0.4")];
            self.tell("deal.credit_shares_set", DIRECTOR, of().list("shares", shares));
        }
        if self.random.chance(10) {
            self.set_client(deal, actor);
        }
    }

    /// The one who asked bought for another.
    fn set_client(&mut self, deal: &mut Deal, actor: Who) {
        let other = self.some_client();
        let dollars = |of: Option<&mut super::clients::Client>| of.is_some_and(|c| c.dollars);
        let same = dollars(self.client(other)) == dollars(self.client(deal.client));
        if other > 0 && same {
            deal.client = other;
            let data = Data::new().text("deal", deal.entity()).text("client", Id("C", other));
            self.tell("deal.client_set", actor, data);
        }
    }

    /// Each quarter some clients are asked how it was; the survey before is closed.
    pub(crate) fn survey(&mut self, last: sijil_schemas::time::Date) {
        if let Some(before) = self.numbers.last("SV") {
            let before = Data::new().text("survey", Id("SV", before));
            self.tell("survey.closed", MARKETER, before);
        }
        let survey = self.numbers.next("SV");
        let question = |key: &str, kind: &str, text: &str| {
            Data::new().text("question", key).text("kind", kind).text("text", text)
        };
        let again = question("again", "choice", "Will you buy again?");
        let questions = [
            question("recommend", "nps", "Would you recommend us?"),
            question("service", "csat", "How was our service?"),
            again.list("options", ["\"yes\"", "\"no\""]),
            question("why", "text", "Why?"),
        ];
        let data = Data::new().text("survey", survey).list("questions", questions);
        self.tell("survey.published", MARKETER, data.text("closes_on", last));
        for _ in 0..self.clients.len() / 25 {
            let client = self.some_client();
            if client == 0 {
                continue;
            }
            let respondent = self.respondent(client);
            let data = Data::new().text("survey", survey).text("respondent", respondent);
            self.tell("survey.invited", MARKETER, data);
            if self.random.chance(450) {
                self.plan_relation(days(1), days(25), Relation::Answer(survey.1, client));
            }
        }
    }
    fn respondent(&mut self, client: u64) -> String {
        match self.client(client).map_or(0, |client| client.contact) {
            0 => format!("client:C-{client}"),
            contact => format!("contact:K-{contact}"),
        }
    }
    fn answer(&mut self, survey: u64, client: u64) {
        let respondent = self.respondent(client);
        let value = |question: &str, value: &dyn std::fmt::Display| {
            Data::new().text("question", question).text("value", value)
        };
        let (recommend, service) = (self.random.between(3, 10), self.random.between(2, 5));
        let again = self.random.pick(&["yes", "yes", "no"]);
        let answers =
            [value("recommend", &recommend), value("service", &service), value("again", &again)];
        let data = Data::new()
            .text("survey", Id("SV", survey))
            .text("respondent", respondent)
            .list("answers", answers);
        let data = if self.random.chance(300) {
            let said = Data::new().text("question", "why").text("text", "Came in time");
            data.list("comments", [said])
        } else {
            data
        };
        self.tell_at(self.at + MINUTE, "survey.answered", MARKETER, None, data);
    }
}

/// A contact and what was said of letters.
fn consent(contact: Id) -> Data {
    Data::new()
        .text("subject", format_args!("contact:{contact}"))
        .text("channel", "email")
        .text("purpose", "marketing")
}
