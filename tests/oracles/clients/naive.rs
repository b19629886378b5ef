//! A second, naive reading of the records. Invariant: it looks at raw records only, as JSON, and
//! scans all of them for every question.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde_json::Value;
use sijil_projections::Cut;
use sijil_schemas::{Position, Record, time::Timestamp};

/// A record as JSON, as far as these questions need it.
#[derive(Debug, Clone)]
pub struct Raw {
    pub at: Timestamp,
    pub position: Position,
    pub name: &'static str,
    pub home: String,
    pub actor: String,
    pub data: Value,
}

impl Raw {
    pub fn text(&self, field: &str) -> Option<&str> {
        self.data.get(field).and_then(Value::as_str)
    }
    fn money(&self) -> (Decimal, String) {
        let total = &self.data["total"];
        (
            total["amount"].as_str().unwrap().parse().unwrap(),
            total["currency"].as_str().unwrap().to_owned(),
        )
    }
}

/// (client, legal entity, currency) → (invoices, invoiced, credited).
pub type Billed = BTreeMap<(String, String, String), (usize, Decimal, Decimal)>;

/// To the cent, half away from zero.
fn cents(amount: Decimal) -> Decimal {
    amount.round_dp_with_strategy(2, rust_decimal::RoundingStrategy::MidpointAwayFromZero)
}

/// All records at a cut.
pub struct Naive {
    counting: Vec<Raw>,
    all: Vec<Raw>,
    voids: BTreeMap<Position, Position>,
    cut: Cut,
}

/// The kinds of documents, as the events' fields name them, strongest first.
const DOCUMENTS: [&str; 11] = [
    "order",
    "deal",
    "shipment",
    "claim",
    "goods_return",
    "invoice",
    "credit_note",
    "payment",
    "contact",
    "task",
    "agreement",
];

impl Naive {
    pub fn new(records: &[Record], cut: Cut) -> Naive {
        let voids: BTreeMap<Position, Position> =
            records.iter().filter_map(|r| Some((r.voids?, r.position))).collect();
        let raw = |r: &Record| Raw {
            at: r.envelope.occurred_at,
            position: r.position,
            name: r.event.event_type().name,
            home: r.event.home().to_string(),
            actor: r.envelope.actor.to_string(),
            data: r.event.data().unwrap(),
        };
        let mut all: Vec<Raw> = records.iter().map(raw).collect();
        all.sort_by_key(|r| (r.at, r.position));
        let stands =
            |p: Position, known: Position| p <= known && voids.get(&p).is_none_or(|v| *v > known);
        let counting = all
            .iter()
            .filter(|r| r.at < cut.before && stands(r.position, cut.known_at))
            .cloned()
            .collect();
        Naive { counting, all, voids, cut }
    }
    /// The same with one record more.
    pub fn with(mut self, raw: Raw) -> Naive {
        self.counting.push(raw);
        self.counting.sort_by_key(|r| (r.at, r.position));
        self
    }
    pub fn counting(&self) -> &[Raw] {
        &self.counting
    }

    fn link(&self, counterparty: &str, before: Timestamp) -> Option<String> {
        let mut linked = None;
        for r in self
            .counting
            .iter()
            .filter(|r| r.at < before && r.text("counterparty") == Some(counterparty))
        {
            match r.name {
                "counterparty.linked" => linked = r.text("client").map(str::to_owned),
                "counterparty.unlinked" => linked = None,
                _ => (),
            }
        }
        linked
    }
    pub fn root(&self, client: &str) -> String {
        let mut into: BTreeMap<&str, &str> = BTreeMap::new();
        for r in &self.counting {
            match r.name {
                "client.merged" => {
                    into.insert(r.text("client").unwrap(), r.text("into").unwrap());
                }
                "client.unmerged" => drop(into.remove(r.text("client").unwrap())),
                _ => (),
            }
        }
        let mut at = client;
        while let Some(next) = into.get(at) {
            at = next;
        }
        at.to_owned()
    }
    /// The client of a record, before merges.
    fn said(&self, r: &Raw, current: bool, depth: usize) -> Option<String> {
        assert!(depth < 20, "documents rest on each other in a circle");
        // Whose a deal is, the last word on it says, for its whole life.
        if says_party(r.name) && r.home.starts_with("deal:") {
            let last =
                self.counting.iter().rev().find(|o| o.home == r.home && says_party(o.name))?;
            if last.position != r.position {
                return self.said(last, current, depth + 1);
            }
        }
        if let Some(client) = r.text("client") {
            return Some(client.to_owned());
        }
        let before = if current { self.cut.before } else { r.at.next() };
        let link = r.text("counterparty").and_then(|legal| self.link(legal, before));
        let opened = |kind: &str, id: &str| {
            let home = format!("{kind}:{id}");
            let opening =
                self.counting.iter().rev().find(|o| o.home == home && says_party(o.name))?;
            self.said(opening, current, depth + 1)
        };
        let own = || {
            let (kind, id) = r.home.split_once(':').unwrap();
            if says_party(r.name) { None } else { opened(kind, id) }
        };
        let fields = || {
            let other = |kind: &&str| r.text(kind).filter(|id| format!("{kind}:{id}") != r.home);
            DOCUMENTS.iter().find_map(|kind| opened(kind, other(kind)?))
        };
        let listed = |field: &str| {
            let refs: Vec<(&str, &str)> = r
                .data
                .get(field)
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(|v| v.as_str()?.split_once(':'))
                .collect();
            let client =
                refs.iter().find(|(kind, _)| *kind == "client").map(|(_, id)| (*id).to_owned());
            let of = |kind: &&str| {
                refs.iter().find(|(k, _)| k == kind).and_then(|(kind, id)| opened(kind, id))
            };
            client.or_else(|| DOCUMENTS.iter().find_map(of))
        };
        link.or_else(own)
            .or_else(fields)
            .or_else(|| listed("participants"))
            .or_else(|| listed("refs"))
    }
    pub fn client_of(&self, r: &Raw, current: bool) -> Option<String> {
        self.said(r, current, 0).map(|client| self.root(&client))
    }

    /// (occurred_at, position, type, home, actor), newest first.
    pub fn timeline(&self, client: &str) -> Vec<[String; 5]> {
        let own = self
            .counting
            .iter()
            .rev()
            .filter(|r| self.client_of(r, false).as_deref() == Some(client));
        own.map(|r| {
            [
                r.at.to_string(),
                r.position.to_string(),
                r.name.to_owned(),
                r.home.clone(),
                r.actor.clone(),
            ]
        })
        .collect()
    }

    fn rate(&self, currency: &str, r: &Raw) -> Option<Decimal> {
        if currency == "EUR" {
            return Some(Decimal::ONE);
        }
        let known = self.cut.known_at.min(r.position);
        let stands = |p: Position| p <= known && self.voids.get(&p).is_none_or(|v| *v > known);
        let mut rates = self.all.iter().filter(|x| {
            x.name == "exchange_rate.set"
                && x.text("currency") == Some(currency)
                && x.at <= r.at
                && stands(x.position)
        });
        rates.next_back().and_then(|x| x.text("rate")).map(|rate| rate.parse().unwrap())
    }
    /// What a credit note takes of what the ones before it left of its invoice.
    fn credited(&self, invoice: &Raw, mut whole: Decimal, until: &Raw) -> Decimal {
        let (mut own, mut taken) = (invoice.money().0, Decimal::ZERO);
        for credit in self.counting.iter().filter(|c| {
            c.name == "credit_note.issued" && c.text("invoice") == invoice.text("invoice")
        }) {
            let part = credit.money().0;
            taken = if part == own { whole } else { cents(whole * part / own) };
            (own, whole) = (own - part, whole - taken);
            if credit.position == until.position {
                break;
            }
        }
        taken
    }
    /// What was invoiced; `None` if a rate is missing.
    pub fn billed(
        &self,
        current: bool,
        base: bool,
        by_legal: bool,
        within: std::ops::Range<Timestamp>,
    ) -> Option<Billed> {
        let mut rows = BTreeMap::new();
        for r in self.counting.iter().filter(|r| {
            matches!(r.name, "invoice.issued" | "credit_note.issued") && within.contains(&r.at)
        }) {
            let credit = r.name == "credit_note.issued";
            let (mut amount, mut currency) = r.money();
            // A free credit note has no invoice behind it.
            let of_invoice = credit && r.text("invoice").is_some();
            let invoice = if of_invoice {
                self.counting
                    .iter()
                    .find(|i| i.name == "invoice.issued" && i.text("invoice") == r.text("invoice"))
            } else {
                Some(r)
            };
            if base {
                let invoice = invoice.unwrap_or(r);
                let whole = cents(invoice.money().0 * self.rate(&currency, invoice)?);
                amount = if of_invoice { self.credited(invoice, whole, r) } else { whole };
                currency = "EUR".to_owned();
            }
            let legal =
                invoice.filter(|_| by_legal).and_then(|i| i.text("counterparty")).unwrap_or("~");
            let client = self.client_of(r, current).unwrap_or_else(|| "~".to_owned());
            let row: &mut (usize, Decimal, Decimal) =
                rows.entry((client, legal.to_owned(), currency)).or_default();
            if credit {
                row.2 += amount;
            } else {
                row.0 += 1;
                row.1 += amount;
            }
        }
        Some(rows)
    }

    /// The fields of a client: what its own records and hand-overs of it say, the newest last.
    pub fn client_fields(&self, client: &str) -> Option<BTreeMap<String, Value>> {
        let home = format!("client:{client}");
        let own: Vec<&Raw> =
            self.counting.iter().filter(|r| r.home == home || hands_over(r, client)).collect();
        own.iter().find(|r| r.name == "client.registered")?;
        let mut fields = BTreeMap::new();
        for r in own {
            let mut take = |from: &str, to: &str| {
                drop(r.data.get(from).map(|v| fields.insert(to.to_owned(), v.clone())));
            };
            match r.name {
                "client.registered" => {
                    ["name", "kind", "owner"].into_iter().for_each(|f| take(f, f));
                }
                "client.renamed" => take("name", "name"),
                "client.owner_assigned" => take("employee", "owner"),
                "employee.work_handed_over" => take("to", "owner"),
                "client.merged" => take("into", "merged_into"),
                "client.unmerged" => drop(fields.remove("merged_into")),
                "client.attributes_set" => {
                    for (key, value) in r.data["set"].as_object().unwrap() {
                        fields.insert(format!("attributes.{key}"), value.clone());
                    }
                }
                "client.archived" => drop(fields.insert("status".into(), "archived".into())),
                "client.restored" => drop(fields.insert("status".into(), "live".into())),
                "consent.given" | "consent.withdrawn" => {
                    let said = r.name.strip_prefix("consent.").unwrap();
                    let mut of = vec!["consents", r.text("channel").unwrap()];
                    of.extend(r.text("purpose"));
                    fields.insert(of.join("."), said.into());
                }
                "client.goal_set" => {
                    let parts = ["metric", "value", "by_date", "text"];
                    let goal = parts.map(|part| (part.to_owned(), r.data[part].clone()));
                    let key = format!("goals.{}", r.text("key").unwrap());
                    fields.insert(key, Value::Object(goal.into_iter().collect()));
                }
                _ => (),
            }
        }
        fields.retain(|_, value| !value.is_null());
        Some(fields)
    }

    /// Whether links, merges and hand-overs are legal at every moment, and every entity that is
    /// named exists.
    pub fn is_legal(&self) -> bool {
        let born: BTreeSet<&str> =
            self.counting.iter().filter(|r| is_opening(r.name)).map(|r| r.home.as_str()).collect();
        let (mut links, mut merges): (BTreeMap<&str, &str>, BTreeMap<&str, &str>) =
            (BTreeMap::new(), BTreeMap::new());
        let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
        self.counting.iter().all(|r| {
            let field = |name: &str| r.text(name).unwrap_or_default();
            let fits = match r.name {
                "counterparty.linked" => {
                    links.insert(field("counterparty"), field("client")).is_none()
                }
                "counterparty.unlinked" => {
                    links.remove(field("counterparty")) == Some(field("client"))
                }
                "client.merged" => merges.insert(field("client"), field("into")).is_none(),
                "client.unmerged" => merges.remove(field("client")).is_some(),
                "client.registered" => owners.insert(field("client"), field("owner")).is_none(),
                "client.owner_assigned" => {
                    owners.insert(field("client"), field("employee")).is_some()
                }
                "employee.work_handed_over" => {
                    let clients: Vec<&str> = r.data["refs"]
                        .as_array()
                        .into_iter()
                        .flatten()
                        .filter_map(|v| v.as_str()?.strip_prefix("client:"))
                        .collect();
                    clients
                        .into_iter()
                        .all(|client| owners.insert(client, field("to")) == Some(field("from")))
                }
                _ => true,
            };
            let circles = merges.keys().any(|start| {
                let path = std::iter::successors(Some(*start), |at| merges.get(at).copied());
                path.take(merges.len() + 2).count() > merges.len() + 1
            });
            fits && !circles
                && (r.name == "event.voided" || named(r).iter().all(|e| born.contains(e.as_str())))
        })
    }
}

/// Whether a record hands a client over.
fn hands_over(r: &Raw, client: &str) -> bool {
    let names =
        |v: &Value| v.as_str().and_then(|text| text.strip_prefix("client:")) == Some(client);
    r.name == "employee.work_handed_over"
        && r.data["refs"].as_array().is_some_and(|refs| refs.iter().any(names))
}

/// Every entity a record names by the fields the generator uses.
fn named(r: &Raw) -> Vec<String> {
    let kinds = ["client", "counterparty", "employee", "contact", "pipeline"];
    let fields =
        kinds.iter().chain(&DOCUMENTS).filter_map(|kind| Some(format!("{kind}:{}", r.text(kind)?)));
    let into = r.text("into").map(|id| format!("client:{id}"));
    let listed = ["refs", "participants"]
        .into_iter()
        .filter_map(|field| r.data.get(field)?.as_array())
        .flatten()
        .filter_map(|v| v.as_str().map(str::to_owned));
    fields
        .chain(into)
        .chain(listed)
        .chain((r.name != "event.voided").then(|| r.home.clone()))
        .collect()
}

/// Whether an event says whose its home is.
fn says_party(name: &str) -> bool {
    is_opening(name) || name == "deal.client_set"
}

fn is_opening(name: &str) -> bool {
    let word = name.split_once('.').map_or("", |(_, word)| word);
    matches!(
        word,
        "registered"
            | "added"
            | "opened"
            | "placed"
            | "dispatched"
            | "received"
            | "issued"
            | "recorded"
            | "assigned"
            | "hired"
            | "defined"
            | "noted"
            | "set"
    ) && !matches!(name, "client.owner_assigned" | "contact.role_set" | "client.attributes_set")
}
