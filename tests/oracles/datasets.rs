//! Three companies' real books, cut at two random clocks, against the recounts of the random
//! histories. Invariant: some facts are recorded late and some voided, so that the two clocks tell
//! different stories; a seed makes it all again.

#![expect(
    clippy::disallowed_methods,
    reason = "the room under test is pure, the data sets are files; and a failure is made again \
              from its seed"
)]

mod figures;

use std::{
    fs::File,
    io::{self, Read},
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use sijil_import::{Draft, Mapping, Options, Tables};
use sijil_schemas::{Position, time::Date};

use crate::{
    deals, stock,
    trade::{
        history::Random,
        naive::Asked,
        owed,
        sold::{self, month_of},
    },
    world::World,
};

/// One in so many of the facts nothing else rests on is recorded after all others.
const LATE: u64 = 40;
const LATE_TYPES: [&str; 4] = ["invoice.issued", "goods.issued", "deal.won", "deal.lost"];
/// So many facts are proposed to be voided.
const VOIDS: u64 = 60;
/// Of so many items each cut asks the layers and the stock card.
const CARDS: usize = 20;

/// The files of a data set.
struct Files(PathBuf);

impl Tables for Files {
    fn open(&self, file: &str) -> io::Result<Box<dyn Read + '_>> {
        File::open(self.0.join(file)).map(|file| Box::new(file) as Box<dyn Read>)
    }
}

/// A company's books in memory.
struct Books {
    world: World,
    late: usize,
    voided: usize,
    items: Vec<String>,
    /// The days business was done on.
    first: Date,
    last: Date,
}

/// The drafts of a data set, unless this machine has none; where tests must not be left out, it
/// must be there.
fn drafts(name: &str) -> Option<Vec<Draft>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = root.join("../shared/data").join(name);
    if !folder.is_dir() {
        assert!(std::env::var_os("CI").is_none(), "the data set {name} must be there in CI");
        println!("skipped: the data set {name} is not there");
        return None;
    }
    let text = std::fs::read_to_string(root.join(format!("schemas/mappings/{name}.toml"))).unwrap();
    let mapping = Mapping::parse(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
    let options = Options { key_secret: Some(b"test".to_vec()), ..Options::default() };
    let drafts = mapping
        .run(&Files(folder), &options, &mut |_| {})
        .unwrap_or_else(|e| panic!("{name}: {e}"));
    Some(drafts.read().map(|draft| draft.unwrap()).collect())
}

/// The events of a data set, some of them late, and then some voids.
fn books(name: &str, random: &mut Random) -> Option<Books> {
    let drafts = drafts(name)?;
    // A draft's text begins with its type.
    let is_late = |draft: &Draft, random: &mut Random| {
        LATE_TYPES.iter().any(|kind| draft.json()[..40].contains(kind)) && random.one_in(LATE)
    };
    let (late, mut in_time): (Vec<_>, Vec<_>) =
        drafts.iter().partition(|draft| is_late(draft, random));
    let count = late.len();
    in_time.extend(late);
    let mut world = World::default();
    let (mut items, mut days) = (Vec::new(), Vec::new());
    for draft in in_time {
        let shown = draft.json();
        let draft: Value = serde_json::from_str(shown).unwrap();
        if draft["type"] == "item.registered" {
            items.extend(draft["data"]["item"].as_str().map(str::to_owned));
        }
        if ["order.placed", "deal.opened", "deal.won", "shipment.dispatched"]
            .iter()
            .any(|kind| draft["type"] == *kind)
        {
            days.push(draft["occurred_at"].as_str().unwrap()[..10].parse::<Date>().unwrap());
        }
        world.record_draft(draft).unwrap_or_else(|e| panic!("{name}: {shown}: {e}"));
    }
    let (first, last) = (*days.iter().min().unwrap(), *days.iter().max().unwrap());
    let head = world.records.len() as u64;
    let mut voided = 0;
    for _ in 0..VOIDS {
        let target = Position::new(head / 4 + random.below(head - head / 4));
        let id = world.records[usize::try_from(target.get()).unwrap() - 1].id;
        // What others rest on cannot be voided: the rules say so.
        voided += usize::from(
            world
                .record(
                    "event.voided",
                    &format!("{last}T00:00:00Z"),
                    json!({"target": id, "reason": "entered wrongly"}),
                )
                .is_ok(),
        );
    }
    assert!(count > 20 && voided > 5, "{name}: the clocks differ: {count} late, {voided} voided");
    Some(Books { world, late: count, voided, items, first, last })
}

impl Books {
    /// Clocks: a day of business, and often less than everything known.
    fn asked(&self, random: &mut Random) -> (Asked, Date) {
        let head = self.world.records.len() as u64;
        let known_at = match random.below(3) {
            0 => head,
            1 => head - random.below(VOIDS + self.late as u64),
            _ => head - random.below(head / 2),
        };
        let days = u64::try_from(self.last.days() - self.first.days()).unwrap();
        let day = self
            .first
            .plus_days(i32::try_from(days / 10 + random.below(days - days / 10 + 30)).unwrap());
        (Asked { known_at: Position::new(known_at), as_of: Some(day.to_string()) }, day)
    }
    /// Receivables, statements, payments, sales, retention, classes, and what sellers and sources
    /// brought.
    fn trade(&self, asked: &Asked, day: Date, random: &mut Random) -> usize {
        let from = day.plus_days(-i32::try_from(random.below(400)).unwrap()).to_string();
        let to = day.to_string();
        let back = |random: &mut Random, months: u64| {
            month_of(day) - i64::try_from(random.below(months)).unwrap()
        };
        let (month, half) = (back(random, 6), back(random, 6) - 5);
        owed::receivables(&self.world, asked, random)
            + owed::statements(&self.world, asked, &from, &to)
            + sold::sold(&self.world, asked, month)
            + sold::classes(&self.world, asked, half, random)
            + figures::targets(&self.world, asked)
            + figures::sources(&self.world, asked, &from, &to)
    }
    /// Quantities, values, moves, layers and cards of goods, and the trial balance.
    fn goods(&self, asked: &Asked, random: &mut Random) -> usize {
        let clocks =
            vec![("as_of", asked.as_of.clone().unwrap()), ("known_at", asked.known_at.to_string())];
        let borrowed: Vec<(&str, &str)> = clocks.iter().map(|(k, v)| (*k, v.as_str())).collect();
        let (cut, _) = self.world.cut(&borrowed);
        let items: Vec<&str> = (0..CARDS).map(|_| random.pick(&self.items).as_str()).collect();
        let naive = stock::check_goods(&self.world, &clocks, &cut, &items);
        let books = stock::check_books(&self.world, &clocks, &cut);
        naive.sums.len() + books.balances.len()
    }
    /// Every report on deals; those that add up amounts only if the amounts are whole, as the
    /// recount of deals has them.
    fn deals(&self, asked: &Asked, day: Date, whole_amounts: bool, random: &mut Random) -> usize {
        let facts = deals::naive::Facts::of(&self.world, day, asked.known_at);
        let from = day.plus_days(-i32::try_from(random.below(300)).unwrap());
        let to = from.plus_days(i32::try_from(30 + random.below(300)).unwrap());
        let mut compared = 0;
        for question in deals::reports::QUESTIONS
            .iter()
            .filter(|q| whole_amounts || !q.columns.contains("currency"))
        {
            let expected = (question.expected)(&facts, from, to);
            let got = deals::ask(&self.world, question, [from, to, day], asked.known_at);
            assert_eq!(got, expected, "{question:?} from {from} to {to}");
            compared += expected.len();
        }
        compared
    }
}

/// Cuts the events of a data set at random clocks, and compares at each what the data set has.
fn compare(name: &str, cuts: usize, check: impl Fn(&Books, &Asked, Date, &mut Random) -> usize) {
    let seed = std::env::var("SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    let mut random = Random::new(seed);
    let Some(books) = books(name, &mut random) else { return };
    let mut compared = 0;
    for _ in 0..cuts {
        let (asked, day) = books.asked(&mut random);
        let found = catch_unwind(AssertUnwindSafe(|| check(&books, &asked, day, &mut random)));
        compared += found.unwrap_or_else(|_| {
            panic!("SEED={seed} {name}: as_of {day} known_at {}", asked.known_at)
        });
    }
    let (events, Books { late, voided, .. }) = (books.world.records.len(), &books);
    println!(
        "{name}: {events} events, {late} of them late, {voided} voids; {cuts} cuts, {compared} \
         rows compared, seed {seed}"
    );
    assert!(
        compared > cuts * 20,
        "{name}: the cuts are rich enough to tell: only {compared} rows were compared"
    );
}

#[test]
fn northwind() {
    compare("northwind", 12, |books, asked, day, random| {
        books.trade(asked, day, random) + books.goods(asked, random)
    });
}

#[test]
fn maven_crm() {
    compare("maven-crm", 40, |books, asked, day, random| books.deals(asked, day, true, random));
}

#[test]
fn adventureworks() {
    compare("adventureworks", 5, |books, asked, day, random| {
        books.trade(asked, day, random)
            + books.goods(asked, random)
            + books.deals(asked, day, false, random)
    });
}
