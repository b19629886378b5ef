//! What a log must hold, and what is shown of a disk to which something was done. Invariant:
//! whatever is shown is what was recorded, or a refusal.

use std::panic::{AssertUnwindSafe, catch_unwind};

use sijil_log::{
    Damage, Order, ReadLimit, tree::Frontier, tree::Hash, tree::empty_root, tree::leaf,
};
use sijil_projections::Views;
use sijil_schemas::{Position, StoredRecord, id::EntityRef};

use crate::{
    simulation::said,
    words::client_ref,
    workload::{Wrong, digests},
    world::{House, NotOpen, Running},
};

const ONE: ReadLimit = ReadLimit { records: 1, bytes: 1 };

/// The records of a log, and what follows from them alone.
#[derive(Debug, Clone)]
pub struct Truth {
    /// The records, byte for byte.
    pub log: Vec<StoredRecord>,
    /// The digests of all folds after each position, from zero on.
    digests: Vec<Vec<[u8; 32]>>,
    /// The root after each position, from zero on.
    roots: Vec<Hash>,
}

/// What a disk shows.
#[derive(Debug, Clone, Default)]
pub struct Shown {
    /// What verification says of the log.
    pub damage: Vec<Damage>,
    /// What verification says of derived files.
    pub derived: Vec<Damage>,
    /// Why there is no ledger, if there is none.
    pub refused: Option<String>,
    /// The last position readers are shown.
    pub head: u64,
    /// Whether requests are taken.
    pub writable: bool,
    /// Questions that were refused.
    pub unanswered: u64,
}

impl Shown {
    /// Whether anybody was told that the log is not as it was written.
    #[must_use]
    pub const fn is_found(&self) -> bool {
        !self.damage.is_empty() || self.refused.is_some()
    }
}

impl Truth {
    /// What follows from these records.
    pub fn of(log: Vec<StoredRecord>) -> Result<Truth, Wrong> {
        let (mut views, mut tree) = (Views::default(), Frontier::default());
        let (mut known, mut roots) = (vec![digests(&views)], vec![empty_root()]);
        for stored in &log {
            views.apply(&stored.decode().map_err(|error| error.to_string())?);
            known.push(digests(&views));
            tree.push(leaf(&stored.public));
            roots.push(tree.root());
        }
        Ok(Truth { log, digests: known, roots })
    }
    /// The last position.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.log.len() as u64
    }
    /// The digests of all folds at the end.
    #[must_use]
    pub fn end(&self) -> (&[[u8; 32]], &Hash) {
        (&self.digests[self.log.len()], &self.roots[self.log.len()])
    }

    /// Looks at a disk with everything there is to look with; wrong is an answer that is not true.
    pub fn look(&self, house: &House) -> Result<Shown, Wrong> {
        catch_unwind(AssertUnwindSafe(|| self.look_at(house)))
            .unwrap_or_else(|panic| Err(format!("panicked: {}", said(&*panic))))
    }
    fn look_at(&self, house: &House) -> Result<Shown, Wrong> {
        let mut shown = Shown::default();
        match house.verify() {
            Ok(report) => (shown.damage, shown.derived) = (report.damage, report.derived),
            Err(error) => shown.refused = Some(error.to_string()),
        }
        match house.open() {
            Ok(running) if running.report.damage.is_empty() => self.ask(&running, &mut shown)?,
            Ok(running) => {
                return Err(format!("a ledger answers in spite of {:?}", running.report.damage));
            }
            Err(NotOpen::Open(error)) => shown.refused = Some(error.to_string()),
            Err(NotOpen::Start(error)) => {
                shown.refused = Some(error.to_string());
                shown.unanswered += 1;
                if let Ok(salvaged) = house.salvage() {
                    self.ask(&salvaged, &mut shown)?;
                }
            }
        }
        Ok(shown)
    }

    /// Asks everything; adds what was refused.
    fn ask(&self, running: &Running, shown: &mut Shown) -> Result<(), Wrong> {
        shown.writable = running.writable();
        // Opening trusts sealed segments whose kept offsets join; what it does find keeps it from
        // writing.
        if shown.writable && !running.report.damage.is_empty() {
            return Err(format!("opened for writing with {:?}", running.report.damage));
        }
        shown.damage.extend(running.report.damage.iter().cloned());
        shown.head = running.reader.head().map_err(|error| error.to_string())?.position.get();
        if shown.head > self.last() {
            return Err(format!("the log ends at {}, recorded were {}", shown.head, self.last()));
        }
        let silent = shown.damage.is_empty();
        for (at, record) in self.log.iter().enumerate() {
            let position = record.position();
            let there = position.get() <= shown.head;
            match running.reader.read(position, ONE) {
                Ok(found) if found.first() == Some(record) || (found.is_empty() && !there) => (),
                Ok(found) => return Err(format!("at {position} is shown {found:?}")),
                Err(_) => shown.unanswered += 1,
            }
            match running.reader.position_of(record.event_id()) {
                Ok(Some(found)) if found == position => (),
                Ok(None) if !silent || !there => (),
                Ok(found) => return Err(format!("the index says {found:?} of {position}")),
                Err(_) => shown.unanswered += 1,
            }
            match running.reader.root_at(position) {
                Ok(Some(root)) if root == self.roots[at + 1] => (),
                Ok(None) if !silent || !there => (),
                Ok(found) => return Err(format!("the root at {position} is said to be {found:?}")),
                Err(_) => shown.unanswered += 1,
            }
        }
        self.ask_for_clients(running, shown, silent)?;
        let views = running.ledger.views();
        let reached = usize::try_from(views.position().get()).unwrap_or(usize::MAX);
        if self.digests.get(reached) != Some(&digests(&views)) {
            return Err(format!("the folds at {reached} are not those of the records"));
        }
        if silent && reached as u64 != shown.head {
            Err(format!("the log ends at {}, the folds at {reached}", shown.head))
        } else {
            Ok(())
        }
    }
    fn ask_for_clients(
        &self,
        running: &Running,
        shown: &mut Shown,
        silent: bool,
    ) -> Result<(), Wrong> {
        for number in 0..4 {
            let client = client_ref(number);
            let here = self
                .log
                .iter()
                .filter(|record| record.position().get() <= shown.head && touches(record, &client));
            let expected: Vec<Position> = here.map(StoredRecord::position).collect();
            match running.reader.touching(&client, Position::ZERO, usize::MAX, Order::Forward) {
                Ok(found)
                    if found == expected
                        || (!silent
                            && found.iter().all(|position| expected.contains(position))) => {}
                Ok(found) => {
                    return Err(format!(
                        "expected {client} at {expected:?}, the index says {found:?}"
                    ));
                }
                Err(_) => shown.unanswered += 1,
            }
        }
        Ok(())
    }
}

fn touches(stored: &StoredRecord, entity: &EntityRef) -> bool {
    let mut named = false;
    if let Ok(record) = stored.decode() {
        record.event.touch(&mut |touched| named |= touched == *entity);
    }
    named
}
