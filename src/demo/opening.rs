//! How the company begins: its books, people, places, goods and rules of business. Invariant:
//! everything later events name by a fixed word is made here.

use super::{
    calendar::{BEGIN, date, months},
    company::Company,
    draft::{Cents, Data, Id, Who},
    random::mixed,
    stock::{WAREHOUSES, item_id},
};

pub(crate) const DIRECTOR: Who = Who::Role("director");
pub(crate) const BOOKS: Who = Who::Role("accountant-1");
pub(crate) const BUYER: Who = Who::Role("buyer-1");
pub(crate) const STOREKEEPER: Who = Who::Role("storekeeper-1");
pub(crate) const MARKETER: Who = Who::Role("marketer-1");
pub(crate) const SUPPORT: Who = Who::Role("support-1");
/// The sources that are no campaign.
pub(crate) const CHANNELS: [&str; 3] = ["site", "call-in", "recommended"];
/// Base units per US dollar in the first month, in millionths.
const DOLLAR: i64 = 920_000;

impl Company {
    pub(crate) fn open(&mut self) {
        let opened = Data::new()
            .text("company", "demo-trading")
            .text("name", "Demo Trading")
            .text("time_zone", "Europe/Berlin")
            .text("base_currency", "EUR");
        self.tell("ledger.opened", DIRECTOR, opened);
        self.hire();
        self.open_books();
        self.open_places();
        self.open_catalogue();
        self.open_pipelines();
        self.open_marketing();
    }

    fn hire(&mut self) {
        let people = [
            ("director", "management", "Director"),
            ("accountant-1", "books", "Accountant 1"),
            ("buyer-1", "purchasing", "Buyer 1"),
        ];
        let others = [
            ("storekeeper-1", "stock", "Storekeeper 1"),
            ("marketer-1", "marketing", "Marketer 1"),
            ("support-1", "service", "Support 1"),
        ];
        for (id, department, name) in people.into_iter().chain(others) {
            let hired = Data::new()
                .text("employee", id)
                .text("name", name)
                .text("department", department)
                .text("role", department);
            let manager = (id != "director").then_some("director");
            self.tell("employee.hired", DIRECTOR, hired.maybe("manager", manager));
        }
        for region in ["north", "south"] {
            let hired = Data::new()
                .text("employee", format_args!("head-{region}"))
                .text("name", format_args!("Head of {region}"));
            self.tell(
                "employee.hired",
                DIRECTOR,
                hired
                    .text("department", format_args!("sales-{region}"))
                    .text("role", "head")
                    .text("manager", "director"),
            );
        }
        for manager in 1..=self.managers {
            let region = region(manager);
            let hired = Data::new()
                .text("employee", Who::Manager(manager))
                .text("name", format_args!("Manager {manager}"));
            let placed = hired
                .text("department", format_args!("sales-{region}"))
                .text("role", "manager")
                .text("manager", format_args!("head-{region}"));
            self.tell("employee.hired", DIRECTOR, placed);
        }
        let visits = Data::new()
            .text("kpi", "visits")
            .text("metric", "interactions_meeting")
            .text("unit", "count")
            .text("better", "up");
        self.tell("kpi.defined", DIRECTOR, visits);
        // The names of another system's clients were hashed.
        self.tell(
            "import.keyed",
            DIRECTOR,
            Data::new().text("import", "web-shop").text("fingerprint", "9f2c1a7be0d34c58"),
        );
    }

    fn open_books(&mut self) {
        for (account, currency) in [("bank-eur", "EUR"), ("bank-usd", "USD"), ("cash", "EUR")] {
            self.tell(
                "bank_account.opened",
                BOOKS,
                Data::new().text("bank_account", account).text("currency", currency),
            );
        }
        self.rate(0);
        let bitcoin =
            Data::new().text("currency", "XBT").raw("decimals", 6).text("name", "Bitcoin");
        self.tell("currency.defined", BOOKS, bitcoin);
        for path in ["equity/capital", "expenses/rent", "expenses/wages"] {
            self.tell("account.opened", BOOKS, Data::new().text("path", path).text("unit", "EUR"));
        }
        let capital = i64::try_from(self.length()).unwrap_or(0) * 2_500 + 5_000_000;
        self.entry("assets/bank/bank-eur", "equity/capital", capital, "Opening balance", self.at);
        let mut landlord =
            Data::new().text("counterparty", "L-rent").text("legal_name", "Rent Limited");
        landlord = landlord.text("tax_id", "DE-0000001");
        self.tell("counterparty.registered", BOOKS, landlord);
        self.take_over();
    }

    /// A general entry: debit, credit.
    pub(crate) fn entry(&mut self, debit: &str, credit: &str, cents: i64, text: &str, at: i64) {
        let leg = |account: &str, cents: i64| {
            Data::new().text("account", account).text("unit", "EUR").cents("amount", cents)
        };
        let entry = self.numbers.next("E");
        let data = Data::new()
            .text("entry", entry)
            .list("postings", [leg(debit, cents), leg(credit, -cents)])
            .text("text", text);
        self.tell_at(at, "entry.posted", BOOKS, None, data);
    }

    /// The dollar's rate of a month, counted from the first.
    pub(crate) fn rate(&mut self, month: u64) {
        let rate = DOLLAR + i64::try_from(mixed(month + 17) % 60_000).unwrap_or(0) - 30_000;
        self.tell(
            "exchange_rate.set",
            BOOKS,
            Data::new().text("currency", "USD").text("rate", format_args!("0.{rate:06}")),
        );
    }

    fn open_places(&mut self) {
        for (id, name) in WAREHOUSES {
            self.tell(
                "warehouse.registered",
                STOREKEEPER,
                Data::new().text("warehouse", id).text("name", name),
            );
        }
        self.tell(
            "stock_policy.set",
            STOREKEEPER,
            Data::new().text("policy", "default").text("negative", "refuse"),
        );
        for supplier in 1..=self.shelves.suppliers() {
            let data = Data::new()
                .text("counterparty", Id("S", supplier))
                .text("legal_name", format_args!("Supplier {supplier} Limited"));
            self.tell(
                "counterparty.registered",
                BUYER,
                data.list("bank_accounts", [format!("\"account-{supplier}\"")]),
            );
        }
    }

    fn open_catalogue(&mut self) {
        for item in 0..self.shelves.items() {
            let label = if self.shelves.is_kit(item) { "Set" } else { "Article" };
            let data = Data::new()
                .text("item", item_id(item))
                .text("sku", format_args!("A{:06}", item + 1))
                .text("name", format_args!("{label} {}", item + 1));
            let costing = if item % 3 == 1 { "average" } else { "fifo" };
            let data = data
                .text("unit", "piece")
                .raw("decimals", 0)
                .text("kind", "goods")
                .text("costing", costing);
            self.tell(
                "item.registered",
                BUYER,
                data.raw(
                    "attributes",
                    Data::new().text("group", format_args!("group-{}", 1 + item % 8)),
                ),
            );
        }
        for (service, name) in [("delivery", "Delivery"), ("installation", "Installation")] {
            let data = Data::new()
                .text("item", service)
                .text("sku", service)
                .text("name", name)
                .text("unit", "piece")
                .text("kind", "service");
            self.tell("item.registered", BUYER, data.text("costing", "fifo"));
        }
        self.set_prices();
        self.tell_limits();
        for item in 0..self.shelves.items() {
            self.first_stock(item);
        }
    }

    /// The list prices from today on.
    pub(crate) fn set_prices(&mut self) {
        let today = date(self.at);
        for item in 0..self.shelves.items() {
            let price = self.shelves.price(item);
            let data = Data::new()
                .text("list", "retail")
                .text("item", item_id(item))
                .money("price", price, "EUR")
                .text("valid_from", today);
            self.tell("price.set", DIRECTOR, data);
        }
    }

    fn tell_limits(&mut self) {
        let (first, last) = months(2024, 1, 12);
        let period = Data::new().text("first", first).text("last", last);
        let scope = Data::new().text("manager", Who::Manager(1));
        let most = |cents| {
            Data::new()
                .raw("amount", Data::new().text("amount", Cents(cents)).text("currency", "EUR"))
        };
        let limit = Data::new()
            .text("limit", "newcomer")
            .raw("scope", scope)
            .raw("of", Data::new().text("group", "group-1"))
            .raw("period", period);
        self.tell(
            "product_limit.set",
            DIRECTOR,
            limit.raw("most", most(50_000_000)).text("mode", "warn"),
        );
        let policy = Data::new()
            .text("item", item_id(0))
            .text("warehouse", WAREHOUSES[0].0)
            .text("safety", 5)
            .text("max", 60);
        self.tell(
            "item.replenishment_policy_set",
            BUYER,
            policy.text("multiple", 5).raw("lead_days", 7),
        );
    }

    fn open_pipelines(&mut self) {
        self.pipelines(["0.10", "0.25", "0.50", "0.75"]);
        let stages = [("inquiry", 10, "Inquiry", "0.30"), ("offer", 20, "Offer", "0.60")];
        self.tell(
            "pipeline.defined",
            DIRECTOR,
            Data::new().text("pipeline", "counter").list("stages", stages.map(stage)),
        );
        self.regulation(48);
    }

    /// A revision of the main pipeline, by the probabilities of its stages.
    pub(crate) fn pipelines(&mut self, probabilities: [&str; 4]) {
        let [lead, qualified, proposal, negotiation] = probabilities;
        let stages = [
            ("lead", 10, "Lead", lead),
            ("qualified", 20, "Qualified", qualified),
            ("proposal", 30, "Proposal", proposal),
            ("negotiation", 40, "Negotiation", negotiation),
        ];
        self.tell(
            "pipeline.defined",
            DIRECTOR,
            Data::new().text("pipeline", "trade").list("stages", stages.map(stage)),
        );
    }

    /// A revision of the regulation, by the hours within which a client is called.
    pub(crate) fn regulation(&mut self, hours: u32) {
        let ask = |requirement: &str, stage: &str, kind: &str, due_h: u32, gate: bool| {
            Data::new()
                .text("requirement", requirement)
                .text("stage", stage)
                .text("kind", kind)
                .raw("due_h", due_h)
                .raw("gate", gate)
        };
        let called = ask("called", "lead", "interaction", hours, false)
            .raw("match", Data::new().text("channel", "call").text("direction", "out"));
        let met = ask("met", "qualified", "interaction", 240, true)
            .raw("match", Data::new().text("channel", "meeting"));
        let all = [
            called,
            met,
            ask("offered", "proposal", "document", 96, true),
            ask("checked", "negotiation", "task", 120, false),
        ];
        self.tell(
            "regulation.defined",
            DIRECTOR,
            Data::new()
                .text("regulation", "trade-rules")
                .text("pipeline", "trade")
                .list("requirements", all),
        );
    }

    fn open_marketing(&mut self) {
        for (source, kind) in CHANNELS.into_iter().zip(["channel", "channel", "referral"]) {
            self.tell(
                "source.defined",
                MARKETER,
                Data::new().text("source", source).text("kind", kind),
            );
        }
        let region = Data::new()
            .text("custom_field", "client-region")
            .text("entity", "client")
            .text("key", "region")
            .text("type", "option");
        self.tell(
            "custom_field.defined",
            MARKETER,
            region.list("options", ["\"north\"", "\"south\""]).raw("required", false),
        );
        self.open_rivals();
        let field = Data::new().raw(
            "field",
            Data::new().text("key", "region").text("is", "eq").text("value", "north"),
        );
        let large = Data::new()
            .text("measure", "net_revenue")
            .raw("days", 365)
            .text("is", "ge")
            .text("value", "5000.00");
        let criteria = Data::new().list("all", [field, Data::new().raw("sum", large)]);
        self.tell(
            "segment.defined",
            MARKETER,
            Data::new()
                .text("segment", "large-north")
                .text("name", "Large clients of the north")
                .raw("criteria", criteria),
        );
        debug_assert!(self.at >= BEGIN, "the company begins on its first day");
    }
}

fn stage((key, rank, name, probability): (&str, u16, &str, &str)) -> Data {
    Data::new()
        .text("stage", key)
        .raw("rank", rank)
        .text("name", name)
        .text("probability", probability)
}

/// The region of a manager.
pub(crate) const fn region(manager: u16) -> &'static str {
    if manager % 2 == 1 { "north" } else { "south" }
}
