//! Questions made after the data, and from it: every pair of parameters of every report, with
//! values that stand in the records. Invariant: the registry says which pairs there are, so a new
//! parameter is asked for without a word here.

use std::collections::{BTreeMap, BTreeSet};

use sijil_projections::{
    report::{Arguments, ParameterKind, Report, ReportError, Table},
    reports,
};
use sijil_schemas::{
    Record,
    id::{EntityRef, Kind},
};

use crate::{trade::history::Random, world::World};

/// One question: a report and its parameters, the clocks not among them.
#[derive(Debug, Clone)]
pub struct Question {
    pub report: &'static Report,
    pub parameters: Vec<(&'static str, String)>,
}

/// The values that stand in the records, to be asked for.
pub struct Values {
    ids: BTreeMap<Kind, Vec<String>>,
    days: Vec<String>,
    /// Places in a timeline, as `occurred_at@position`.
    turns: Vec<String>,
    departments: Vec<String>,
    /// Legal entities and their clients.
    linked: Vec<(String, String)>,
}

impl Values {
    pub fn of(records: &[Record]) -> Values {
        let (mut ids, mut days, mut departments) =
            (BTreeMap::<Kind, BTreeSet<String>>::new(), BTreeSet::new(), BTreeSet::new());
        for record in records {
            record.event.touch(&mut |entity: EntityRef| {
                ids.entry(entity.kind).or_default().insert(entity.id().to_owned());
            });
            days.insert(record.occurred_at().to_string()[..10].to_owned());
            departments.extend(
                record
                    .event
                    .data()
                    .ok()
                    .and_then(|data| data["department"].as_str().map(ToOwned::to_owned)),
            );
        }
        let ids = ids.into_iter().map(|(kind, ids)| (kind, ids.into_iter().collect())).collect();
        let text = |data: &serde_json::Value, field: &str| {
            data[field].as_str().unwrap_or_default().to_owned()
        };
        let links = records
            .iter()
            .filter(|record| record.event.event_type().name == "counterparty.linked")
            .filter_map(|record| record.event.data().ok());
        let linked =
            links.map(|data| (text(&data, "counterparty"), text(&data, "client"))).collect();
        let turns = records
            .iter()
            .map(|record| format!("{}@{}", record.occurred_at(), record.position))
            .collect();
        Values {
            ids,
            turns,
            linked,
            days: days.into_iter().collect(),
            departments: departments.into_iter().collect(),
        }
    }
    /// A day on which something happened.
    pub fn day(&self, random: &mut Random) -> String {
        random.pick(&self.days).clone()
    }

    /// A value for a parameter that is not a choice.
    fn of_kind(&self, name: &str, kind: ParameterKind, random: &mut Random) -> String {
        let pick = |from: &[&str], random: &mut Random| (*random.pick(from)).to_owned();
        match kind {
            ParameterKind::Date | ParameterKind::Moment => self.day(random),
            // Now and then one that nobody has spoken of.
            ParameterKind::Id(kind) => match self.ids.get(&kind) {
                Some(ids) if !random.one_in(12) => random.pick(ids).clone(),
                _ => "nobody".to_owned(),
            },
            ParameterKind::Choice(all) => pick(all, random),
            // The coefficients of variation of short histories are large.
            ParameterKind::Count if matches!(name, "x" | "y") => {
                pick(&["0", "30", "60", "90", "120", "150", "200", "300"], random)
            }
            ParameterKind::Count => pick(&["0", "1", "2", "3", "7", "30", "90"], random),
            ParameterKind::Decimal => pick(&["0.5", "2", "24", "70", "95", "400"], random),
            ParameterKind::Currency => pick(&["EUR", "EUR", "EUR", "USD", "JPY"], random),
            ParameterKind::Flag => pick(&["true", "false"], random),
            ParameterKind::Attribute(_) => {
                pick(&["region", "group", "product", "product_line"], random)
            }
            ParameterKind::Text => match name {
                "account" => pick(
                    &["assets", "assets/stock", "assets/bank", "income", "expenses", "liabilities"],
                    random,
                ),
                "unit" => self
                    .ids
                    .get(&Kind::Item)
                    .filter(|_| random.one_in(3))
                    .map_or("EUR".to_owned(), |items| format!("item:{}", random.pick(items))),
                "before" => random.pick(&self.turns).clone(),
                "metric" => pick(
                    &[
                        "won_amount",
                        "new_deals",
                        "calls",
                        "order_amount",
                        "win_rate",
                        "overdue_tasks",
                        "collected_payments",
                    ],
                    random,
                ),
                "department" if !self.departments.is_empty() => {
                    random.pick(&self.departments).clone()
                }
                "kinds" => pick(
                    &["task,reminder,obligation", "interaction", "claim,deal,invoice", "contract"],
                    random,
                ),
                "role" => pick(&["manager", "head", "seller", "trainee"], random),
                _ => pick(&["region", "group", "product", "product_line"], random),
            },
        }
    }

    /// Some values for a parameter: all there are, or a few.
    pub fn values(&self, name: &str, kind: ParameterKind, random: &mut Random) -> Vec<String> {
        match kind {
            ParameterKind::Choice(all) => all.iter().map(|value| (*value).to_owned()).collect(),
            ParameterKind::Flag => vec!["true".to_owned(), "false".to_owned()],
            ParameterKind::Date | ParameterKind::Currency => {
                (0..3).map(|_| self.of_kind(name, kind, random)).collect()
            }
            ParameterKind::Id(_) | ParameterKind::Attribute(_) | ParameterKind::Text => {
                (0..4).map(|_| self.of_kind(name, kind, random)).collect()
            }
            kind => vec![self.of_kind(name, kind, random)],
        }
    }

    /// A question for every pair of parameters of a report, and for every pair of their choices;
    /// each alone, and none.
    pub fn questions(&self, report: &'static Report, random: &mut Random) -> Vec<Question> {
        let mut all = vec![self.complete(report, Vec::new(), random)];
        for (n, one) in report.parameters.iter().enumerate() {
            for a in self.values(one.name, one.kind, random) {
                all.push(self.complete(report, vec![(one.name, a.clone())], random));
                for other in &report.parameters[n + 1..] {
                    let pairs = self
                        .values(other.name, other.kind, random)
                        .into_iter()
                        .map(|b| vec![(one.name, a.clone()), (other.name, b)]);
                    let pairs: Vec<_> = pairs.collect();
                    all.extend(pairs.into_iter().map(|pair| self.complete(report, pair, random)));
                }
            }
        }
        all
    }
    /// A question with some of its parameters, and with a view if it has any.
    pub fn question(
        &self,
        report: &'static Report,
        view: Option<&'static str>,
        random: &mut Random,
    ) -> Question {
        let mut parameters: Vec<(&'static str, String)> =
            view.map(|view| ("view", view.to_owned())).into_iter().collect();
        for _ in 0..random.below(3).min(report.parameters.len() as u64) {
            let parameter = random.pick(report.parameters);
            if parameters.iter().all(|(name, _)| *name != parameter.name) {
                parameters
                    .push((parameter.name, self.of_kind(parameter.name, parameter.kind, random)));
            }
        }
        self.complete(report, parameters, random)
    }
    /// The widest question there is about a view: of all days, and with nothing that need not be
    /// said.
    pub fn whole(
        &self,
        report: &'static Report,
        view: Option<&'static str>,
        random: &mut Random,
    ) -> Question {
        // A forecast is held against whole months.
        let months = view == Some("accuracy");
        let end = |day: &String, of_year: &str| {
            if months { format!("{}{of_year}", &day[..4]) } else { day.clone() }
        };
        let ends = [("from", self.days.first(), "-01-01"), ("to", self.days.last(), "-12-31")];
        let ends =
            ends.into_iter().filter_map(|(name, day, of_year)| Some((name, end(day?, of_year))));
        let wanted = |name: &str| {
            report.parameters.iter().any(|parameter| parameter.name == name && parameter.required)
        };
        let parameters = view
            .map(|view| ("view", view.to_owned()))
            .into_iter()
            .chain(ends.filter(|(name, _)| wanted(name) || months));
        self.usable(self.complete(report, parameters.collect(), random), random)
    }
    /// A question whose parameters all mean something: with one more choice, if one of them means
    /// nothing without.
    fn usable(&self, question: Question, random: &mut Random) -> Question {
        if !question.is_unused() {
            return question;
        }
        let choices = question.report.parameters.iter().filter(|parameter| {
            question.parameters.iter().all(|(name, _)| *name != parameter.name)
        });
        let choices = choices.filter_map(|parameter| {
            if let ParameterKind::Choice(all) = parameter.kind {
                Some((parameter.name, all))
            } else {
                None
            }
        });
        let with = choices
            .flat_map(|(name, all)| all.iter().map(move |value| (name, (*value).to_owned())));
        let with =
            with.map(|one| question.parameters.iter().cloned().chain([one]).collect::<Vec<_>>());
        let usable: Vec<Vec<_>> = with
            .filter(|parameters| {
                !Question { parameters: parameters.clone(), ..question.clone() }.is_unused()
            })
            .collect();
        if usable.is_empty() {
            question
        } else {
            self.complete(question.report, random.pick(&usable).clone(), random)
        }
    }
    /// The first day on which something happened.
    pub fn first_day(&self) -> String {
        self.days.first().cloned().unwrap_or_default()
    }
    /// The last day on which something happened.
    pub fn last_day(&self) -> String {
        self.days.last().cloned().unwrap_or_default()
    }
    /// With what must be given, or belongs to what is asked.
    #[expect(clippy::too_many_lines, reason = "one parameter after the other")]
    pub fn complete(
        &self,
        report: &'static Report,
        mut parameters: Vec<(&'static str, String)>,
        random: &mut Random,
    ) -> Question {
        let of = |parameters: &[(&str, String)], name: &str| {
            parameters.iter().find(|(of, _)| *of == name).map(|(_, value)| value.clone())
        };
        for parameter in report.parameters.iter().filter(|parameter| parameter.required) {
            if of(&parameters, parameter.name).is_none() {
                parameters
                    .push((parameter.name, self.of_kind(parameter.name, parameter.kind, random)));
            }
        }
        let has = |name: &str| report.parameters.iter().any(|parameter| parameter.name == name);
        if has("attribute")
            && of(&parameters, "group").is_some_and(|group| group == "attribute")
            && of(&parameters, "attribute").is_none()
        {
            // What deals, clients and purchase orders of the story have.
            let key = match report.name {
                "sales" => "region",
                "stock" => "group",
                _ => "product",
            };
            parameters.push(("attribute", key.to_owned()));
        }
        if has("attribute")
            && of(&parameters, "attribute").is_some()
            && of(&parameters, "group").is_none()
        {
            parameters.push(("group", "attribute".to_owned()));
        }
        // Few items are on order: of those with a field only that of the afterword is surely there.
        if report.name == "stock" && of(&parameters, "attribute").is_some() && random.one_in(2) {
            let only = [("item", "wide-x"), ("warehouse", "wide-w")];
            let known = |name: &str| {
                only.iter().find(|(of, _)| *of == name).map(|(_, id)| (*id).to_owned())
            };
            parameters.iter_mut().for_each(|(name, value)| {
                *value = known(name).unwrap_or_else(|| std::mem::take(value));
            });
        }
        // Few goods are under warranty, and of a client and an item only those of the afterword.
        if report.name == "warranty" && random.one_in(2) {
            let known = |name: &str| match name {
                "client" => Some("wide-b"),
                "item" => Some("wide-x"),
                "days" => Some("90"),
                _ => None,
            };
            for (name, value) in &mut parameters {
                *value = known(name).map_or_else(|| std::mem::take(value), ToOwned::to_owned);
            }
        }
        // Orders of goods alone are grouped by a field.
        if report.name == "stock"
            && of(&parameters, "attribute").is_some()
            && of(&parameters, "view").is_none()
        {
            parameters.push(("view", "purchases".to_owned()));
        }
        // More often than not one that a client stands behind.
        if let (Some(_), false, true) =
            (of(&parameters, "counterparty"), self.linked.is_empty(), random.one_in(2))
        {
            let (counterparty, _) = random.pick(&self.linked).clone();
            parameters
                .iter_mut()
                .filter(|(name, _)| *name == "counterparty")
                .for_each(|(_, value)| value.clone_from(&counterparty));
        }
        // A client and its legal entity.
        if let (Some(_), Some(_), false) =
            (of(&parameters, "client"), of(&parameters, "counterparty"), self.linked.is_empty())
        {
            let (counterparty, client) = random.pick(&self.linked).clone();
            parameters.retain(|(name, _)| !matches!(*name, "client" | "counterparty"));
            parameters.extend([("client", client), ("counterparty", counterparty)]);
        }
        // A period that has both ends, and its days in order.
        let accuracy = of(&parameters, "view").is_some_and(|view| view == "accuracy");
        let whole = accuracy
            || report.name == "kpi"
                && ["from", "to", "department"].iter().any(|name| of(&parameters, name).is_some());
        for end in ["from", "to"] {
            if whole && of(&parameters, end).is_none() {
                parameters.push((end, self.day(random)));
            }
        }
        if let (Some(from), Some(to)) = (of(&parameters, "from"), of(&parameters, "to"))
            && from > to
        {
            for (name, value) in &mut parameters {
                match *name {
                    "from" => value.clone_from(&to),
                    "to" => value.clone_from(&from),
                    _ => (),
                }
            }
        }
        Question { report, parameters }
    }
}

impl Question {
    /// The pairs of parameters it has, in the order of the registry.
    pub fn pairs(&self) -> Vec<(&'static str, &'static str, &'static str)> {
        let given = |name: &str| self.parameters.iter().any(|(of, _)| *of == name);
        let all: Vec<&'static str> = self
            .report
            .parameters
            .iter()
            .map(|parameter| parameter.name)
            .filter(|name| given(name))
            .collect();
        let beside = |(n, one): (usize, &&'static str)| {
            all[n + 1..].iter().map(|other| (self.report.name, *one, *other)).collect::<Vec<_>>()
        };
        all.iter().enumerate().flat_map(beside).collect()
    }
    /// Asks it at these clocks.
    pub fn ask(
        &self,
        world: &World,
        as_of: Option<&str>,
        known_at: Option<u64>,
    ) -> Result<Table, ReportError> {
        let known_at = known_at.map(|position| position.to_string());
        let mut parameters: Vec<(&str, &str)> =
            self.parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
        parameters.extend(as_of.map(|day| ("as_of", day)));
        parameters.extend(known_at.as_deref().map(|position| ("known_at", position)));
        world.report(self.report.name, &parameters)
    }
    /// The same without one of its parameters.
    pub fn without(&self, name: &str) -> Question {
        Question {
            report: self.report,
            parameters: self.parameters.iter().filter(|(of, _)| *of != name).cloned().collect(),
        }
    }
    fn arguments(&self) -> Result<Arguments, ReportError> {
        Arguments::parse(
            self.report,
            self.parameters.iter().map(|(name, value)| (*name, value.as_str())),
        )
    }
    /// Whether one of its parameters means nothing beside the others.
    fn is_unused(&self) -> bool {
        matches!(self.arguments(), Err(ReportError::UnusedParameter { .. }))
    }
    /// The value of a parameter, the default if it is not given.
    pub fn value(&self, name: &str) -> Option<String> {
        self.arguments().ok()?.text(name).map(ToOwned::to_owned)
    }
}

/// Every pair of parameters there is.
pub fn every_pair() -> BTreeSet<(&'static str, &'static str, &'static str)> {
    let mut all = BTreeSet::new();
    for report in reports::all() {
        for (n, one) in report.parameters.iter().enumerate() {
            all.extend(
                report.parameters[n + 1..].iter().map(|other| (report.name, one.name, other.name)),
            );
        }
    }
    all
}
