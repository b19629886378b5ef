//! Clients: how they come, whose they are, and what is said with them. Invariant: a client is one
//! number in a list; whatever else is known of it follows from that.

use super::{
    calendar::{HOUR, MINUTE, moment},
    company::{Company, Step, days},
    deals::Deal,
    draft::{Data, Id, Who},
    opening::{CHANNELS, MARKETER, region},
    relations::Relation,
};

/// What is remembered of a client.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Client {
    pub(crate) owner: u16,
    /// Whether its legal entity is linked to it.
    pub(crate) linked: bool,
    /// Whether it buys in dollars.
    pub(crate) dollars: bool,
    /// Whether it is counted for another.
    pub(crate) merged: bool,
    /// Whether it only asked: it buys nothing, and is archived.
    pub(crate) quiet: bool,
    /// Its contact, by number; 0 if it has none.
    pub(crate) contact: u64,
}

/// Something that happens with a client and is no business.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Touch {
    /// A call, letter or message.
    Said,
    /// A meeting that was planned, by its number.
    Meeting(u64, u64),
    Merge(u64, u64),
    Unmerge(u64),
    Relink(u64, u64),
    Care(u64),
    Relation(Relation),
}

impl Company {
    /// A client of all there are; 0 if there is none.
    pub(crate) fn some_client(&mut self) -> u64 {
        let count = self.clients.len() as u64;
        for _ in 0..8 {
            let number = 1 + self.random.below(count);
            if self.client(number).is_some_and(|c| !c.merged && !c.quiet) {
                return number;
            }
        }
        count.min(1)
    }

    pub(crate) fn client(&mut self, number: u64) -> Option<&mut Client> {
        usize::try_from(number).ok().and_then(|n| self.clients.get_mut(n.checked_sub(1)?))
    }

    pub(crate) fn owner_of(&mut self, client: u64) -> u16 {
        self.client(client).map_or(1, |c| c.owner)
    }

    /// Somebody asks for the first time: a client, its contact, its legal entity, where it came
    /// from, and often a deal.
    pub(crate) fn lead(&mut self) {
        let owner = u16::try_from(1 + self.random.below(u64::from(self.managers))).unwrap_or(1);
        let (actor, behalf) = self.acting(owner);
        let id = self.numbers.next("C");
        let org = self.random.chance(700);
        let (dollars, quiet) = (org && self.random.chance(110), self.random.chance(15));
        self.clients.push(Client { owner, linked: org, dollars, merged: false, quiet, contact: 0 });
        let data = Data::new()
            .text("client", id)
            .text("name", format_args!("Buyer {}", id.1))
            .text("kind", if org { "org" } else { "person" });
        let data = data
            .text("owner", Who::Manager(owner))
            .raw("attributes", Data::new().text("region", region(owner)));
        self.tell_at(self.at, "client.registered", actor, behalf, data);
        if org || self.random.chance(200) {
            self.contact(id, actor);
        }
        if org {
            let entity = Id("L", id.1);
            let data = Data::new()
                .text("counterparty", entity)
                .text("legal_name", format_args!("Buyer {} Limited", id.1));
            self.tell(
                "counterparty.registered",
                actor,
                data.text("tax_id", format_args!("DE-{:08}", id.1)),
            );
            self.tell(
                "counterparty.linked",
                actor,
                Data::new().text("counterparty", entity).text("client", id),
            );
            if self.random.chance(150) {
                self.contract(entity, actor);
            }
        }
        self.came_from(id.1, actor);
        self.said(id.1, "in", self.at + 2 * MINUTE, None);
        if quiet {
            let archive = Step::Touch(Touch::Relation(Relation::Archive(id.1)));
            return self.plan(days(40), days(90), archive);
        }
        if self.random.chance(780) {
            self.plan(2 * HOUR, days(3), Step::Deal(Box::new(Deal::new(id.1, owner))));
        }
        self.later_life(id.1);
    }

    fn contact(&mut self, client: Id, actor: Who) {
        let contact = self.numbers.next("K");
        if let Some(client) = self.client(client.1) {
            client.contact = contact.1;
        }
        let channel = Data::new()
            .text("kind", "email")
            .text("address", format_args!("contact-{}@buyer.example", contact.1));
        let data = Data::new()
            .text("contact", contact)
            .text("client", client)
            .text("name", format_args!("Contact {}", contact.1))
            .list("channels", [channel]);
        self.tell("contact.added", actor, data);
        let role =
            self.random.pick(&["\"buyer\"", "\"consumer\"", "\"wallet_holder\"", "\"other\""]);
        self.tell(
            "contact.role_set",
            actor,
            Data::new().text("contact", contact).list("roles", [role]),
        );
        self.ask_consent(contact, actor);
    }

    fn contract(&mut self, counterparty: Id, actor: Who) {
        let contract = self.numbers.next("T");
        let days = self.random.pick(&[14, 30, 45]);
        let data = Data::new()
            .text("contract", contract)
            .text("counterparty", counterparty)
            .text("valid_from", super::calendar::date(self.at));
        self.tell(
            "contract.signed",
            actor,
            data.raw("payment_days", days).money("credit_limit", 5_000_000, "EUR"),
        );
        self.plan_contract(contract.1);
    }

    fn came_from(&mut self, client: u64, actor: Who) {
        let campaign = self.numbers.last("M");
        if campaign.is_some() && self.random.chance(300) {
            let campaign = Id("M", campaign.unwrap_or(1));
            self.tell(
                "campaign.attended",
                MARKETER,
                Data::new().text("campaign", campaign).text("client", Id("C", client)),
            );
        }
        if !self.random.chance(700) {
            return;
        }
        let question = self.random.pick(&["learned", "prompted", "prompted"]);
        let data = Data::new()
            .text("subject", format_args!("client:C-{client}"))
            .text("question", question);
        let data = match campaign.filter(|_| self.random.chance(450)) {
            Some(campaign) => data.text("source", Id("campaign", campaign)),
            None => data.text("source", self.random.pick(&CHANNELS)),
        };
        self.tell("attribution.stated", actor, data);
    }

    fn later_life(&mut self, client: u64) {
        if client > 40 && self.random.chance(12) {
            let into = 1 + self.random.below(client - 20);
            self.plan(days(5), days(60), Step::Touch(Touch::Merge(client, into)));
        } else if client > 40 && self.random.chance(10) {
            let to = 1 + self.random.below(client - 1);
            self.plan(days(60), days(200), Step::Touch(Touch::Relink(client, to)));
        }
        if self.random.chance(160) {
            self.plan(days(10), days(400), Step::Touch(Touch::Care(client)));
        }
    }

    /// Records that something was said with a client; gives the interaction.
    pub(crate) fn said(&mut self, client: u64, direction: &str, at: i64, about: Option<Id>) -> Id {
        let channel = self.random.pick(&["call", "call", "call", "email", "email", "chat", "sms"]);
        self.spoke(client, channel, direction, at, about)
    }

    /// The same, by a channel.
    pub(crate) fn spoke(
        &mut self,
        client: u64,
        channel: &str,
        direction: &str,
        at: i64,
        about: Option<Id>,
    ) -> Id {
        let owner = self.owner_of(client);
        let (actor, behalf) = self.acting(owner);
        let interaction = self.numbers.next("N");
        let data = Data::new()
            .text("interaction", interaction)
            .text("client", Id("C", client))
            .text("channel", channel)
            .text("direction", direction);
        let data = match channel {
            "call" => data.raw("duration_s", self.random.between(20, 1_500)).text(
                "outcome",
                self.random.pick(&["reached", "reached", "call_back", "no_answer"]),
            ),
            "meeting" => {
                data.raw("duration_s", 60 * self.random.between(20, 120)).text("outcome", "held")
            }
            _ => data.text(
                "text",
                self.random.pick(&[
                    "Asked for a date",
                    "Price list sent",
                    "Order confirmed",
                    "Thanks and next steps",
                ]),
            ),
        };
        let data = match about {
            Some(id) => data.refs(&[(if id.0 == "D" { "deal" } else { "claim" }, id)]),
            None => data,
        };
        self.tell_at(at, "interaction.recorded", actor, behalf, data);
        interaction
    }

    pub(crate) fn touch(&mut self, touch: Touch) {
        match touch {
            Touch::Said => self.talk(),
            Touch::Meeting(client, number) => {
                let (actor, behalf) = {
                    let owner = self.owner_of(client);
                    self.acting(owner)
                };
                let data = Data::new()
                    .text("interaction", Id("V", number))
                    .text("client", Id("C", client))
                    .text("channel", "meeting")
                    .text("direction", "out");
                self.tell_at(
                    self.at,
                    "interaction.recorded",
                    actor,
                    behalf,
                    data.raw("duration_s", 3_600).text("outcome", "held"),
                );
            }
            Touch::Merge(client, into) => self.merge(client, into),
            Touch::Unmerge(client) => {
                self.tell("client.unmerged", MARKETER, Data::new().text("client", Id("C", client)));
                if let Some(client) = self.client(client) {
                    client.merged = false;
                }
            }
            Touch::Relink(client, to) => self.relink(client, to),
            Touch::Care(client) => self.care(client),
            Touch::Relation(relation) => self.relation(relation),
        }
    }

    /// A day's talk with somebody: most is recorded at once, some late, little twice.
    fn talk(&mut self) {
        let client = self.some_client();
        if client == 0 {
            return;
        }
        let owner = self.owner_of(client);
        if self.random.chance(50) {
            let number = self.numbers.next("V");
            let at = self.at + days(2);
            let data = Data::new()
                .text("interaction", number)
                .text("client", Id("C", client))
                .text("channel", "meeting")
                .text("at", moment(at));
            self.tell(
                "interaction.planned",
                Who::Manager(owner),
                data.list("participants", [format!("\"employee:{}\"", Who::Manager(owner))]),
            );
            self.plan(days(2), days(3), Step::Touch(Touch::Meeting(client, number.1)));
            return;
        }
        let late = if self.random.chance(60) { self.random.between(HOUR, days(3)) } else { 0 };
        let direction = if self.random.chance(400) { "in" } else { "out" };
        let interaction = self.said(client, direction, self.at - late, None);
        let told = self.told();
        if direction == "in" && self.random.chance(800) {
            let after = self.random.between(4 * MINUTE, 5 * HOUR);
            self.said(client, "out", self.at - late + after, None);
        } else if direction == "out" && self.random.chance(12) {
            let (actor, _) = self.acting(owner);
            self.void(told, actor, "Recorded with the wrong client");
            let other = self.some_client();
            self.said(other, "out", self.at - late, None);
        } else {
            self.note(client, interaction);
        }
    }

    fn merge(&mut self, client: u64, into: u64) {
        // A client that stands for another stays a root, so that no chain or circle arises.
        if client == into
            || self.client(into).is_none_or(|c| c.merged || c.quiet)
            || self.client(client).is_none_or(|c| c.merged)
        {
            return;
        }
        self.tell(
            "client.merged",
            MARKETER,
            Data::new().text("client", Id("C", client)).text("into", Id("C", into)),
        );
        if let Some(client) = self.client(client) {
            client.merged = true;
        }
        // Every other merge was a mistake, the first of all too, so that a short demo has one.
        if self.numbers.next("merge").1 % 2 == 1 {
            self.plan(days(3), days(30), Step::Touch(Touch::Unmerge(client)));
        }
    }

    fn relink(&mut self, client: u64, to: u64) {
        if client == to
            || self.client(client).is_none_or(|c| !c.linked)
            || self.client(to).is_none_or(|c| c.quiet)
        {
            return;
        }
        let owner = Who::Manager(self.owner_of(client));
        let entity = Id("L", client);
        self.tell(
            "counterparty.unlinked",
            owner,
            Data::new().text("counterparty", entity).text("client", Id("C", client)),
        );
        self.tell(
            "counterparty.linked",
            owner,
            Data::new().text("counterparty", entity).text("client", Id("C", to)),
        );
        if let Some(client) = self.client(client) {
            client.linked = false;
        }
    }

    fn care(&mut self, client: u64) {
        let (id, old) = (Id("C", client), self.owner_of(client));
        match self.random.below(7) {
            0 => {
                let data = Data::new()
                    .text("client", id)
                    .text("name", format_args!("Buyer {client} Group"));
                self.tell("client.renamed", Who::Manager(old), data);
            }
            1 => {
                let new =
                    u16::try_from(1 + self.random.below(u64::from(self.managers))).unwrap_or(1);
                if let Some(client) = self.client(client) {
                    client.owner = new;
                }
                let data = Data::new()
                    .text("client", id)
                    .text("employee", Who::Manager(new))
                    .text("reason", "Moved to another region");
                self.tell("client.owner_assigned", Who::Role("director"), data);
            }
            2 => self.set_goal(id, Who::Manager(old)),
            3 => self.care_details(client, Who::Manager(old)),
            _ => {
                let set = Data::new()
                    .text("region", region(old))
                    .text("size", self.random.pick(&["small", "medium", "large"]));
                self.tell(
                    "client.attributes_set",
                    Who::Manager(old),
                    Data::new().text("client", id).raw("set", set),
                );
            }
        }
    }

    /// The letters of the last afternoon.
    pub(crate) fn last_letter(&mut self) {
        let client = self.some_client();
        if client == 0 {
            self.lead();
        } else {
            self.spoke(client, "email", "out", self.at, None);
        }
    }
}
