//! Deals: they move forward and back, wait, are won, lost and opened again. Invariant: the stage,
//! visit and owner remembered here are those the ledger knows.

use super::{
    calendar::{HOUR, MINUTE, date},
    company::{Company, Step, days},
    draft::{Data, Id, Who},
    opening::DIRECTOR,
    tasks::Task,
};

/// The stages of the main pipeline.
const STAGES: [&str; 4] = ["lead", "qualified", "proposal", "negotiation"];

/// An open deal.
#[derive(Debug, Clone)]
pub(crate) struct Deal {
    id: u64,
    pub(crate) client: u64,
    pub(crate) owner: u16,
    stage: usize,
    /// How often each stage was entered.
    visits: [u32; 4],
    pub(crate) cents: i64,
    on_hold: bool,
    lost: bool,
    moves: u8,
    /// The quote that is not decided yet, by number, and the last moment to decide it.
    pub(crate) quote: Option<(u64, i64)>,
}

/// What deals are about, by the company's own field `product`.
const PRODUCTS: [&str; 3] = ["chairs", "desks", "lamps"];

impl Deal {
    pub(crate) const fn new(client: u64, owner: u16) -> Deal {
        Deal {
            id: 0,
            client,
            owner,
            stage: 0,
            visits: [1, 0, 0, 0],
            cents: 0,
            on_hold: false,
            lost: false,
            moves: 0,
            quote: None,
        }
    }
    pub(crate) const fn entity(&self) -> Id {
        Id("D", self.id)
    }
    pub(crate) const fn number(&self) -> u64 {
        self.id
    }
}

impl Company {
    /// A client who has bought comes again.
    pub(crate) fn repeat(&mut self) {
        let client = self.some_client();
        if client > 0 {
            let owner = self.owner_of(client);
            self.deal(Box::new(Deal::new(client, owner)));
        }
    }

    /// The next step of a deal.
    pub(crate) fn deal(&mut self, mut deal: Box<Deal>) {
        if let Some(owner) = self.handed.remove(&deal.id) {
            deal.owner = owner;
        }
        let (actor, behalf) = self.acting(deal.owner);
        if deal.id == 0 {
            self.begin(deal, actor, behalf);
        } else if deal.lost {
            deal.lost = false;
            deal.stage = 3;
            deal.visits[3] += 1;
            self.open_deals.insert((deal.owner, deal.id));
            self.tell_at(
                self.at,
                "deal.reopened",
                actor,
                behalf,
                Data::new().text("deal", deal.entity()).text("stage", STAGES[3]),
            );
            self.plan(days(1), days(12), Step::Deal(deal));
        } else if deal.on_hold {
            deal.on_hold = false;
            self.tell_at(
                self.at,
                "deal.resumed",
                actor,
                behalf,
                Data::new().text("deal", deal.entity()),
            );
            self.plan(HOUR, days(4), Step::Deal(deal));
        } else {
            self.go_on(deal, actor, behalf);
        }
    }

    fn begin(&mut self, mut deal: Box<Deal>, actor: Who, behalf: Option<Who>) {
        deal.id = self.numbers.next("D").1;
        deal.cents = 100 * self.random.between(150, 12_000);
        self.open_deals.insert((deal.owner, deal.id));
        let dollars = self.client(deal.client).is_some_and(|c| c.dollars);
        let data = Data::new()
            .text("deal", deal.entity())
            .text("client", Id("C", deal.client))
            .text("pipeline", "trade")
            .text("stage", STAGES[0]);
        let product =
            PRODUCTS[usize::try_from(deal.id % PRODUCTS.len() as u64).unwrap_or_default()];
        let data = data
            .text("owner", Who::Manager(deal.owner))
            .raw("attributes", Data::new().text("product", product));
        let data = if self.random.chance(850) {
            data.money("amount", deal.cents, if dollars { "USD" } else { "EUR" })
        } else {
            data
        };
        let close = date(self.at + days(self.random.between(15, 90)));
        self.tell_at(self.at, "deal.opened", actor, behalf, data.text("expected_close", close));
        if self.random.chance(60) {
            let stated = Data::new()
                .text("subject", format_args!("deal:{}", deal.entity()))
                .text("question", "prompted")
                .text("source", "recommended");
            self.tell("attribution.stated", actor, stated);
        }
        if self.random.chance(850) {
            let after = self.random.between(10 * MINUTE, 20 * HOUR);
            self.spoke(deal.client, "call", "out", self.at + after, Some(deal.entity()));
        }
        self.plan(days(1), days(6), Step::Deal(deal));
    }

    fn go_on(&mut self, mut deal: Box<Deal>, actor: Who, behalf: Option<Who>) {
        deal.moves += 1;
        let roll = self.random.below(1000);
        if roll < 40 {
            deal.on_hold = true;
            self.tell_at(
                self.at,
                "deal.put_on_hold",
                actor,
                behalf,
                Data::new().text("deal", deal.entity()).text("reason", "Budget not released"),
            );
            return self.plan(days(7), days(30), Step::Deal(deal));
        }
        if roll < 70 {
            self.change_owner(&mut deal);
        } else if roll < 170 {
            self.estimate(&mut deal, actor, behalf);
        }
        self.tell_of_deal(&mut deal, actor, behalf);
        let loses = self.random.chance([110, 120, 130, 250][deal.stage]) || deal.moves > 14;
        if loses {
            return self.lose(deal, actor, behalf);
        }
        if deal.stage == 3 {
            return if self.random.chance(140) {
                self.go_back(deal, actor, behalf);
            } else {
                self.win(*deal, actor, behalf);
            };
        }
        self.meet_gate(&mut deal, actor, behalf);
        let to = deal.stage + if deal.stage == 1 && self.random.chance(60) { 2 } else { 1 };
        self.enter(&mut deal, to, actor, behalf);
        self.plan(days(2), days(11), Step::Deal(deal));
    }

    fn enter(&mut self, deal: &mut Deal, to: usize, actor: Who, behalf: Option<Who>) {
        let data = Data::new()
            .text("deal", deal.entity())
            .text("from", STAGES[deal.stage])
            .text("to", STAGES[to]);
        self.tell_at(self.at, "deal.stage_entered", actor, behalf, data);
        deal.stage = to;
        deal.visits[to] += 1;
    }

    fn go_back(&mut self, mut deal: Box<Deal>, actor: Who, behalf: Option<Who>) {
        self.enter(&mut deal, 2, actor, behalf);
        self.plan(days(2), days(10), Step::Deal(deal));
    }

    /// Does what the stage asks before the deal may rise.
    fn meet_gate(&mut self, deal: &mut Deal, actor: Who, behalf: Option<Who>) {
        let before = self.at - 30 * MINUTE;
        let (requirement, evidence) = match deal.stage {
            1 => (
                "met",
                Some(self.spoke(deal.client, "meeting", "out", before, Some(deal.entity()))),
            ),
            2 => {
                self.quote(deal, actor, behalf);
                ("offered", None)
            }
            _ => return self.check_task(deal),
        };
        let visit = deal.visits[deal.stage];
        let data = Data::new()
            .text("deal", deal.entity())
            .text("requirement", requirement)
            .raw("visit", visit);
        if self.random.chance(40) {
            self.tell("deal.requirement_waived", DIRECTOR, data.text("reason", "Known client"));
        } else {
            let evidence = evidence.map(|id| format!("interaction:{id}"));
            self.tell_at(
                self.at,
                "deal.requirement_fulfilled",
                actor,
                behalf,
                data.maybe("evidence", evidence),
            );
        }
    }

    fn check_task(&mut self, deal: &Deal) {
        if self.random.chance(250) {
            self.assign(Some(deal.client), deal.owner, Some(("deal", deal.entity())));
        }
    }

    fn estimate(&mut self, deal: &mut Deal, actor: Who, behalf: Option<Who>) {
        deal.cents = deal.cents * self.random.between(80, 125) / 100;
        let dollars = self.client(deal.client).is_some_and(|c| c.dollars);
        let data = Data::new().text("deal", deal.entity()).money(
            "amount",
            deal.cents,
            if dollars { "USD" } else { "EUR" },
        );
        self.tell_at(self.at, "deal.estimate_changed", actor, behalf, data);
    }

    fn change_owner(&mut self, deal: &mut Deal) {
        let to = deal.owner % self.managers + 1;
        self.open_deals.remove(&(deal.owner, deal.id));
        self.open_deals.insert((to, deal.id));
        let data = Data::new()
            .text("deal", deal.entity())
            .text("from", Who::Manager(deal.owner))
            .text("to", Who::Manager(to))
            .text("reason", "Balance of work");
        self.tell("deal.owner_changed", DIRECTOR, data);
        deal.owner = to;
    }

    fn lose(&mut self, mut deal: Box<Deal>, actor: Who, behalf: Option<Who>) {
        self.open_deals.remove(&(deal.owner, deal.id));
        let reason = self.random.pick(&[
            "price",
            "price",
            "no_budget",
            "no_answer",
            "delivery_time",
            "competitor",
        ]);
        let data = Data::new()
            .text("deal", deal.entity())
            .text("at_stage", STAGES[deal.stage])
            .text("reason", reason);
        let data = if reason == "competitor" {
            data.text("competitor", self.random.pick(&["rival-a", "rival-b"]))
        } else {
            data
        };
        self.tell_at(self.at, "deal.lost", actor, behalf, data);
        self.decline_quote(&mut deal, reason, actor, behalf);
        if self.random.chance(60) && deal.moves < 12 {
            deal.lost = true;
            self.plan(days(10), days(60), Step::Deal(deal));
        }
    }

    fn win(&mut self, mut deal: Deal, actor: Who, behalf: Option<Who>) {
        self.open_deals.remove(&(deal.owner, deal.id));
        if self.random.chance(300) {
            self.plan(
                MINUTE,
                HOUR,
                Step::Task(Task::Assign { client: deal.client, owner: deal.owner }),
            );
        }
        let order = self.place_order(deal.client, deal.owner, Some(deal.entity()));
        self.accept_quote(&mut deal, order.map(|(id, _)| id), actor, behalf);
        let dollars = self.client(deal.client).is_some_and(|c| c.dollars);
        let data = Data::new().text("deal", deal.entity()).maybe("order", order.map(|(id, _)| id));
        let amount = order.map_or(deal.cents, |(_, net)| net);
        self.tell_at(
            self.at,
            "deal.won",
            actor,
            behalf,
            data.money("amount", amount, if dollars { "USD" } else { "EUR" }),
        );
    }
}
