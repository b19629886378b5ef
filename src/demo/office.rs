//! The company's housekeeping: days, months and quarters with what belongs to each. Invariant: a
//! period is closed long after the last late record of it.

use super::{
    calendar::{DAYS, civil, date, during, is_workday, months},
    clients::Touch,
    company::{Company, Step, days},
    draft::{Data, Id, Who},
    opening::{BOOKS, DIRECTOR, MARKETER},
    stock::Goods,
    tasks::Task,
};

/// Months are closed on this day of the next month.
const CLOSING_DAY: i8 = 20;

impl Company {
    /// Plans a day, and the next.
    pub(crate) fn begin_day(&mut self, day: usize) {
        if day + 1 < DAYS {
            self.plan_at(self.at + days(1), Step::Day(day + 1));
        }
        for (what, on) in occasions(day) {
            let at = during(day, &mut self.random);
            if on {
                self.plan_at(at, Step::Office(what, day));
            }
        }
        if !is_workday(day) {
            return;
        }
        self.plan_work(day);
    }

    fn plan_work(&mut self, day: usize) {
        let some = |company: &mut Company,
                    what: &'static str,
                    per_million: u64,
                    step: &dyn Fn() -> Step| {
            for _ in 0..company.quota(what, day, per_million) {
                let at = during(day, &mut company.random);
                company.plan_at(at, step());
            }
        };
        some(self, "lead", 20_000, &|| Step::Lead);
        some(self, "repeat", 15_000, &|| Step::Repeat);
        some(self, "counter", 17_000, &|| Step::Counter);
        some(self, "count", 5_000, &|| Step::Goods(Goods::Count));
        some(self, "adjust", 2_000, &|| Step::Goods(Goods::Adjust));
        some(self, "transfer", 5_000, &|| Step::Goods(Goods::Transfer));
        some(self, "produce", 800, &|| Step::Goods(Goods::Produce));
        some(self, "reorder", 8_000, &|| Step::Goods(Goods::Reorder));
        let managers = u64::from(self.managers);
        for _ in 0..self.quota("task", day, 8_000) {
            let owner = u16::try_from(1 + self.random.below(managers)).unwrap_or(1);
            let client = self.some_client();
            let at = during(day, &mut self.random);
            self.plan_at(at, Step::Task(Task::Assign { client, owner }));
        }
        // Talk fills the day up to its pace; two of five events are the most.
        let today = self.pace(day) - if day == 0 { 0 } else { self.pace(day - 1) };
        let behind = self.pace(day).saturating_sub(self.told() + today * 6 / 10);
        for _ in 0..behind.min(today * 2 / 5) / 2 {
            let at = during(day, &mut self.random);
            self.plan_at(at, Step::Touch(Touch::Said));
        }
    }

    /// What the calendar asks for on a day.
    pub(crate) fn office(&mut self, what: &str, day: usize) {
        let (year, month, _) = civil(day);
        let count = u64::try_from(i64::from(year - 2024) * 12 + i64::from(month) - 1).unwrap_or(0);
        match what {
            "month" => self.begin_month(count),
            "quarter" => self.begin_quarter(year, month),
            "closing" => self.close(year, month),
            "campaign" => self.campaign_cost(),
            "sick" => self.fall_sick(day),
            "well" => self.get_well(),
            "prices" => {
                self.shelves.level += 4;
                self.set_prices();
            }
            "revision" => {
                self.pipelines(["0.15", "0.30", "0.50", "0.80"]);
                self.regulation(24);
            }
            "move" => {
                let data = Data::new()
                    .text("employee", Who::Manager(2))
                    .text("department", "sales-north")
                    .text("role", "manager")
                    .text("manager", "head-north");
                self.tell("employee.moved", DIRECTOR, data);
            }
            "hire" => {
                let data = Data::new()
                    .text("employee", "trainee-1")
                    .text("name", "Trainee")
                    .text("department", "sales-south")
                    .text("role", "trainee");
                self.tell("employee.hired", DIRECTOR, data.text("manager", "head-south"));
            }
            "leave" => {
                let data = Data::new().text("employee", "trainee-1");
                self.tell("employee.dismissed", DIRECTOR, data.text("reason", "Went to study"));
            }
            "limit" => self.limit(),
            "field" => {
                let field = Data::new().text("custom_field", "client-fax");
                self.tell("custom_field.retired", MARKETER, field);
            }
            "reopen" => self.reopen(year, month),
            _ => self.classify(year),
        }
    }

    fn begin_month(&mut self, month: u64) {
        self.rate(month);
        self.rent();
        self.keep_books(month);
        self.watch_rivals();
        self.entry(
            "expenses/wages",
            "assets/bank/bank-eur",
            i64::from(self.managers) * 280_000,
            "Wages",
            self.at,
        );
        let data = Data::new()
            .text("funds_transfer", self.numbers.next("FT"))
            .text("from", "cash")
            .text("to", "bank-eur");
        self.tell("funds.transferred", BOOKS, data.money("amount", 150_000, "EUR"));
    }

    fn begin_quarter(&mut self, year: i16, month: i8) {
        let (first, last) = months(year, month, 3);
        let period = || Data::new().text("first", first).text("last", last);
        let share = i64::try_from(self.length()).unwrap_or(0) * 100 / i64::from(self.managers);
        for manager in 1..=self.managers {
            let scope = || Data::new().text("employee", Who::Manager(manager));
            for (metric, value) in [("won_amount", share.max(100_000)), ("visits", 600)] {
                let data = Data::new()
                    .text("target", self.numbers.next("TG"))
                    .raw("scope", scope())
                    .text("metric", metric)
                    .raw("period", period());
                self.tell("target.set", DIRECTOR, data.cents("value", value));
            }
        }
        for (scope, metric) in [
            ("\"company\"", "net_sales"),
            ("{\"department\":\"sales-north\"}", "won_count"),
            ("{\"department\":\"sales-south\"}", "won_count"),
        ] {
            let data = Data::new()
                .text("target", self.numbers.next("TG"))
                .raw("scope", scope)
                .text("metric", metric)
                .raw("period", period());
            self.tell(
                "target.set",
                DIRECTOR,
                data.cents("value", if metric == "won_count" { 2_500 } else { share * 8 }),
            );
        }
        for (region, headcount) in [("north", self.managers / 2 + 1), ("south", self.managers)] {
            let data = Data::new()
                .text("staff_plan", self.numbers.next("SP"))
                .text("department", format_args!("sales-{region}"))
                .raw("period", period())
                .raw("headcount", headcount);
            self.tell("staff_plan.set", DIRECTOR, data);
        }
        self.plan_campaign(first, last);
    }

    fn plan_campaign(&mut self, first: sijil_schemas::time::Date, last: sijil_schemas::time::Date) {
        self.survey(last);
        if let Some(before) = self.numbers.last("M") {
            let before = Data::new().text("campaign", Id("M", before));
            self.tell("campaign.ended", MARKETER, before);
        }
        let campaign = self.numbers.next("M");
        let kind = self.random.pick(&["exhibition", "seminar", "ad", "mailing"]);
        let data = Data::new()
            .text("campaign", campaign)
            .text("name", format_args!("Campaign {}", campaign.1))
            .text("kind", kind);
        let data = data.money("budget", 1_200_000, "EUR").text("from", first).text("to", last);
        self.tell("campaign.planned", MARKETER, data);
        self.tell("campaign.started", MARKETER, Data::new().text("campaign", campaign));
        let source = Data::new()
            .text("source", Id("campaign", campaign.1))
            .text("kind", "campaign")
            .text("campaign", campaign);
        self.tell("source.defined", MARKETER, source);
    }

    fn campaign_cost(&mut self) {
        if let Some(campaign) = self.numbers.last("M") {
            let cents = 100 * self.random.between(200, 2_500);
            self.tell(
                "campaign.cost_recorded",
                MARKETER,
                Data::new().text("campaign", Id("M", campaign)).money("amount", cents, "EUR"),
            );
        }
    }

    /// Closes the month before: sales, stock and money; in January the year as a whole as well.
    fn close(&mut self, year: i16, month: i8) {
        let (first, _) = months(year, month, 1);
        let until = first.plus_days(-1);
        let areas: &[&str] = if month == 1 {
            &["sales", "stock", "money", "all"]
        } else {
            &["sales", "stock", "money"]
        };
        for area in areas {
            self.tell("period.closed", BOOKS, Data::new().text("area", area).text("until", until));
        }
    }

    /// A month was closed too early: it is opened, put right and closed again.
    fn reopen(&mut self, year: i16, month: i8) {
        self.tell(
            "period.reopened",
            BOOKS,
            Data::new()
                .text("area", "money")
                .text("reason", "Wages of the month were missing a part"),
        );
        let (first, _) = months(year, month, 1);
        self.entry(
            "expenses/wages",
            "assets/bank/bank-eur",
            42_000,
            "Wages, missing part",
            self.at - days(i64::from(date(self.at).days() - first.days()) + 1),
        );
        self.tell(
            "period.closed",
            BOOKS,
            Data::new().text("area", "money").text("until", first.plus_days(-1)),
        );
    }

    /// A manager falls ill: somebody stands in, and takes over what cannot wait.
    fn fall_sick(&mut self, day: usize) {
        let absent = 1 + u16::try_from(day % usize::from(self.managers)).unwrap_or(0);
        let deputy = absent % self.managers + 1;
        let substitution = self.numbers.next("SU");
        let data = Data::new()
            .text("substitution", substitution)
            .text("absent", Who::Manager(absent))
            .text("deputy", Who::Manager(deputy));
        self.tell("substitution.started", DIRECTOR, data);
        let data = Data::new()
            .text("absence", self.numbers.next("AB"))
            .text("employee", Who::Manager(absent))
            .text("kind", "illness")
            .text("from", date(self.at))
            .text("to", date(self.at + days(10)));
        self.tell("employee.absent", DIRECTOR, data);
        self.away = Some((absent, deputy));
        self.hand_over(absent, deputy);
        self.plan(days(10), days(14), Step::Office("well", day));
    }

    fn hand_over(&mut self, from: u16, to: u16) {
        let deals: Vec<u64> = self
            .open_deals
            .range((from, 0)..(from + 1, 0))
            .map(|(_, deal)| *deal)
            .take(6)
            .collect();
        let tasks: Vec<u64> = self
            .open_tasks
            .range((from, 0)..(from + 1, 0))
            .map(|(_, task)| *task)
            .take(4)
            .collect();
        if deals.is_empty() && tasks.is_empty() {
            return;
        }
        let mut refs: Vec<(&str, Id)> = deals.iter().map(|deal| ("deal", Id("D", *deal))).collect();
        refs.extend(tasks.iter().map(|task| ("task", Id("TA", *task))));
        let data = Data::new()
            .text("from", Who::Manager(from))
            .text("to", Who::Manager(to))
            .text("reason", "Illness")
            .refs(&refs);
        self.tell("employee.work_handed_over", DIRECTOR, data);
        for deal in deals {
            self.open_deals.remove(&(from, deal));
            self.open_deals.insert((to, deal));
            self.handed.insert(deal, to);
        }
        for task in tasks {
            self.open_tasks.remove(&(from, task));
            self.open_tasks.insert((to, task));
        }
    }

    fn get_well(&mut self) {
        if let (Some(_), Some(substitution)) = (self.away.take(), self.numbers.last("SU")) {
            self.tell(
                "substitution.ended",
                DIRECTOR,
                Data::new().text("substitution", Id("SU", substitution)),
            );
        }
    }

    fn limit(&mut self) {
        if self.clients.is_empty() {
            return;
        }
        let (first, last) = months(2025, 1, 3);
        let data = Data::new()
            .text("limit", "first-client")
            .raw("scope", Data::new().text("client", "C-1"))
            .raw("of", Data::new().text("item", "item-1"));
        let data = data
            .raw("period", Data::new().text("first", first).text("last", last))
            .raw("most", Data::new().text("qty", 1_000_000));
        self.tell("product_limit.set", DIRECTOR, data.text("mode", "refuse"));
    }

    /// Clients are classed by what they bought in the year before.
    fn classify(&mut self, year: i16) {
        let (first, last) = months(year - 1, 1, 12);
        let classed = (1..=self.clients.len().min(40)).map(|n| {
            let class = if n % 7 == 0 {
                "A"
            } else if n % 3 == 0 {
                "B"
            } else {
                "C"
            };
            Data::new().text("object", format_args!("client:C-{n}")).text("class", class)
        });
        let data = Data::new()
            .text("classification", self.numbers.next("CL"))
            .text("kind", "abc")
            .raw("params", Data::new().text("measure", "revenue"));
        let data = data
            .raw("window", Data::new().text("first", first).text("last", last))
            .raw("known_at", self.told());
        self.tell("classification.completed", MARKETER, data.list("result", classed));
    }
}

/// What falls on a day, and whether it does.
fn occasions(day: usize) -> [(&'static str, bool); 14] {
    let (year, month, of_month) = civil(day);
    [
        ("month", of_month == 1 && day > 0),
        ("quarter", of_month == 1 && month % 3 == 1),
        ("closing", of_month == CLOSING_DAY && day > 31),
        ("campaign", day % 7 == 3),
        ("sick", day % 60 == 38),
        ("prices", day == 182 || day == 366 || day == 548),
        ("revision", day == 275),
        ("move", day == 300),
        ("hire", day == 45),
        ("leave", day == 410),
        ("limit", day == 367),
        ("field", day == 200),
        ("reopen", of_month == 24 && month == 7 && year == 2024),
        ("classify", of_month == 15 && month == 1 && year == 2025),
    ]
}
