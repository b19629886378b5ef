//! Every crash of every short workload. Invariant: no image is judged twice, and each that is
//! judged is counted.

use std::{collections::HashSet, fmt};

use crate::{
    crew::share,
    dice::Dice,
    disk::{Moment, SimulatedDisk},
    platter::Piece,
    workload::{Operation, Played, Wrong, all_workloads, foundation, judge, play},
    world::Seams,
};

/// What was tried and found.
#[derive(Debug, Default, Clone)]
pub struct Images {
    /// Workloads played.
    pub workloads: u64,
    /// Moments at which the power was cut.
    pub moments: u64,
    /// Different disks that were judged.
    pub images: u64,
    /// Of these, how many came from a second crash while the first was mended.
    pub twice: u64,
    /// What went wrong, with the way to it.
    pub wrong: Vec<String>,
}

impl Images {
    fn add(&mut self, other: Images) {
        self.workloads += other.workloads;
        self.moments += other.moments;
        self.images += other.images;
        self.twice += other.twice;
        self.wrong.extend(other.wrong);
    }
}

impl fmt::Display for Images {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} crash images of {} workloads at {} moments, {} of them crashed again in recovery",
            self.images, self.workloads, self.moments, self.twice
        )
    }
}

/// Which pieces survive: nothing, all, each beginning, each end (the later without the earlier),
/// each piece alone, each piece missing, and random ones.
fn survivals(pieces: &[Piece], dice: &mut Dice, random: usize) -> Vec<Vec<bool>> {
    let count = pieces.len();
    let by = |survives: &dyn Fn(usize) -> bool| (0..count).map(survives).collect::<Vec<bool>>();
    let mut all = vec![by(&|_| false), by(&|_| true)];
    for at in 0..count {
        all.push(by(&|piece| piece < at));
        all.push(by(&|piece| piece > at));
        all.push(by(&|piece| piece == at));
        all.push(by(&|piece| piece != at));
    }
    if count > 2 {
        all.extend((0..random).map(|_| (0..count).map(|_| dice.one_in(2)).collect()));
    }
    all
}

fn cut(moment: &Moment, pieces: &[Piece], survives: &[bool]) -> SimulatedDisk {
    moment
        .cut(pieces.iter().zip(survives).filter(|(_, survives)| **survives).map(|(piece, _)| piece))
}

/// How a run goes about it.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Where random survivals come from.
    pub seed: u64,
    /// The longest workload.
    pub operations: usize,
    /// Random survivals of each moment.
    pub random: usize,
    /// Every so many images the log is verified, too.
    pub verify_every: u64,
    /// Every so many images the power is cut again while the first cut is mended.
    pub again_every: u64,
}

impl Plan {
    /// What each run of the tests does.
    #[must_use]
    pub const fn ci(seed: u64) -> Plan {
        Plan { seed, operations: 3, random: 96, verify_every: 32, again_every: 10 }
    }
}

struct Judge<'a> {
    plan: &'a Plan,
    played: &'a Played,
    name: String,
    seen: HashSet<(u64, u64)>,
    found: Images,
    dice: Dice,
}

impl Judge<'_> {
    fn moment(&mut self, number: usize, moment: &Moment) {
        let pieces = moment.pieces();
        let mut dice = self.dice.fork(number as u64);
        for (which, survives) in survivals(&pieces, &mut dice, self.plan.random).iter().enumerate()
        {
            let image = cut(moment, &pieces, survives);
            if !self.seen.insert((image.fingerprint(), moment.stamp)) {
                continue;
            }
            self.found.images += 1;
            let thorough = self.found.images.is_multiple_of(self.plan.verify_every);
            let again = self.found.images.is_multiple_of(self.plan.again_every);
            let copy = again.then(|| image.copy());
            let way = format!(
                "{} moment {number} (call {}) survival {which} of {} pieces",
                self.name,
                moment.call,
                pieces.len()
            );
            self.note(&way, judge(self.played, image, moment.stamp, thorough));
            if let Some(copy) = copy {
                self.again(&way, &copy, moment.stamp, &mut dice);
            }
        }
        self.found.moments += 1;
    }
    /// Cuts the power while a crash is mended, once more while that is mended, up to five times.
    fn again(&mut self, way: &str, image: &SimulatedDisk, stamp: u64, dice: &mut Dice) {
        let mut disk = image.copy();
        for depth in 1..=5 {
            disk.stamp(stamp);
            disk.remember();
            drop(self.played.house.on(disk.clone()).open());
            let moments = disk.moments();
            let moment = dice.one(&moments);
            let pieces = moment.pieces();
            let survives: Vec<bool> = pieces.iter().map(|_| dice.one_in(2)).collect();
            disk = cut(moment, &pieces, &survives);
            self.found.images += 1;
            self.found.twice += 1;
            let result = judge(self.played, disk.copy(), stamp, false);
            self.note(&format!("{way}, crash {depth} in recovery at call {}", moment.call), result);
        }
    }
    fn note(&mut self, way: &str, result: Result<(), Wrong>) {
        if let Err(wrong) = result {
            self.found.wrong.push(format!("SEED={} {way}: {wrong}", self.plan.seed));
        }
    }
}

/// Judges every crash of one workload.
#[must_use]
pub fn workload(
    plan: &Plan,
    foundation: &SimulatedDisk,
    seams: Seams,
    operations: &[Operation],
) -> Images {
    let name = format!("{operations:?}");
    // Every other workload compresses what is sealed.
    let which = operations.iter().fold(7, |sum, operation| sum * 31 + *operation as u64);
    let played = match play(plan.seed + which, foundation, seams, operations) {
        Ok(played) => played,
        Err(wrong) => {
            return Images {
                workloads: 1,
                wrong: vec![format!("SEED={} {name}: {wrong}", plan.seed)],
                ..Images::default()
            };
        }
    };
    let dice = Dice::new(plan.seed).fork(which);
    let mut judge = Judge {
        plan,
        played: &played,
        name,
        seen: HashSet::new(),
        found: Images { workloads: 1, ..Images::default() },
        dice,
    };
    for (number, moment) in played.moments.iter().enumerate() {
        judge.moment(number, moment);
    }
    judge.found
}

/// Judges every crash of every workload of the plan.
#[must_use]
pub fn all(plan: &Plan, seams: Seams) -> Images {
    let (workloads, foundation) = (all_workloads(plan.operations), foundation(plan.seed));
    let mut all = Images::default();
    for found in share(workloads.len(), |at| workload(plan, &foundation, seams, &workloads[at])) {
        all.add(found);
    }
    all
}
