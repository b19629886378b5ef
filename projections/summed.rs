//! Lists in order with sums of their stretches. Invariant: an answer about all that lies before or
//! after a place takes steps by the logarithm of the length, and is what a walk would give; entries
//! with equal keys stand in the order they came.
//!
//! A tree of narrow nodes, each limb with the last key and the sum of what hangs on it. Nothing is
//! balanced when entries are taken out: that is rare, and an empty limb goes.

use crate::steps;

/// So many entries or limbs a node has at most.
const WIDTH: usize = 16;

/// The sum of a stretch of entries; the default is that of none.
pub trait Stretch: std::fmt::Debug + Clone + Default {
    /// The sum of this stretch and the one that follows at once.
    #[must_use]
    fn then(&self, next: &Self) -> Self;
}

/// What stands in a list: less than its sum, mostly, since there are many of it.
pub trait Entry<K>: Copy {
    /// What entries add up to.
    type Sum: Stretch;
    /// The sum of a stretch of this entry alone.
    fn sum(&self, key: K) -> Self::Sum;
}

/// Entries in order of their keys.
#[derive(Debug, Clone)]
pub struct Summed<K, E: Entry<K>>(Node<K, E>);

#[derive(Debug, Clone)]
enum Node<K, E: Entry<K>> {
    Leaf(Vec<(K, E)>),
    Branch(Vec<Limb<K, E>>),
}

#[derive(Debug, Clone)]
struct Limb<K, E: Entry<K>> {
    last: K,
    sum: E::Sum,
    node: Node<K, E>,
}

impl<K, E: Entry<K>> Default for Summed<K, E> {
    fn default() -> Self {
        Summed(Node::Leaf(Vec::new()))
    }
}

/// Makes room for one more in a node: a full one is split. Of one that grows at its end only the
/// last goes, so that nodes which are appended to stay full; no more memory is asked for than a
/// full node takes.
fn put<T>(all: &mut Vec<T>, at: usize, one: T) -> Option<Vec<T>> {
    if all.len() < WIDTH {
        if all.len() == all.capacity() {
            all.reserve_exact(all.len().max(1).min(WIDTH - all.len()));
        }
        all.insert(at, one);
        return None;
    }
    let keep = if at == all.len() { at } else { WIDTH / 2 };
    let mut more = Vec::with_capacity(WIDTH - keep + 1);
    more.extend(all.drain(keep..));
    if at < keep || keep < WIDTH && at == keep {
        all.insert(at, one);
    } else {
        more.insert(at - keep, one);
    }
    Some(more)
}

fn sum_of<'a, K: Copy + 'a, E: Entry<K> + 'a>(all: &'a [(K, E)]) -> E::Sum {
    steps::tick(all.len());
    all.iter().fold(E::Sum::default(), |sum, (key, next)| sum.then(&next.sum(*key)))
}

impl<K: Ord + Copy, E: Entry<K>> Limb<K, E> {
    /// A limb for a node; `None` if the node is empty.
    fn of(node: Node<K, E>) -> Option<Limb<K, E>> {
        let (last, sum) = node.told()?;
        Some(Limb { last, sum, node })
    }
}

fn sum_of_limbs<K: Ord + Copy, E: Entry<K>>(limbs: &[Limb<K, E>]) -> E::Sum {
    steps::tick(limbs.len());
    limbs.iter().fold(E::Sum::default(), |sum, limb| sum.then(&limb.sum))
}

impl<K: Ord + Copy, E: Entry<K>> Node<K, E> {
    /// The last key and the sum of everything here.
    fn told(&self) -> Option<(K, E::Sum)> {
        match self {
            Node::Leaf(all) => all.last().map(|(last, _)| (*last, sum_of(all))),
            Node::Branch(limbs) => limbs.last().map(|limb| (limb.last, sum_of_limbs(limbs))),
        }
    }
    /// Puts an entry after those with keys up to its own; gives what this node has no room for.
    fn insert(&mut self, key: K, entry: E) -> Option<Node<K, E>> {
        match self {
            Node::Leaf(all) => {
                let at = all.partition_point(|(k, _)| *k <= key);
                put(all, at, (key, entry)).map(Node::Leaf)
            }
            Node::Branch(limbs) => {
                let at = limbs.partition_point(|limb| limb.last <= key).min(limbs.len() - 1);
                let more = limbs[at].node.insert(key, entry);
                if let Some((last, sum)) = limbs[at].node.told() {
                    (limbs[at].last, limbs[at].sum) = (last, sum);
                }
                let limb = more.and_then(Limb::of)?;
                put(limbs, at + 1, limb).map(Node::Branch)
            }
        }
    }
    /// Takes out the first entry of a key that is told to be the one.
    fn remove(&mut self, key: K, is_it: &impl Fn(&E) -> bool) -> Option<E> {
        match self {
            Node::Leaf(all) => {
                let from = all.partition_point(|(k, _)| *k < key);
                let same = all[from..]
                    .iter()
                    .take_while(|(k, _)| *k == key)
                    .position(|(_, entry)| is_it(entry))?;
                Some(all.remove(from + same).1)
            }
            Node::Branch(limbs) => {
                let mut at = limbs.partition_point(|limb| limb.last < key);
                // Equal keys may hang on several limbs.
                let out = loop {
                    let limb = limbs.get_mut(at)?;
                    match limb.node.remove(key, is_it) {
                        Some(out) => break out,
                        None if limb.last > key => return None,
                        None => at += 1,
                    }
                };
                match limbs[at].node.told() {
                    Some((last, sum)) => (limbs[at].last, limbs[at].sum) = (last, sum),
                    None => drop(limbs.remove(at)),
                }
                Some(out)
            }
        }
    }
    fn before(&self, key: K) -> E::Sum {
        let (mut sum, mut node) = (E::Sum::default(), self);
        loop {
            match node {
                Node::Leaf(all) => {
                    let end = all.partition_point(|(k, _)| *k < key);
                    return sum.then(&sum_of(&all[..end]));
                }
                Node::Branch(limbs) => {
                    let end = limbs.partition_point(|limb| limb.last < key);
                    sum = sum.then(&sum_of_limbs(&limbs[..end]));
                    let Some(limb) = limbs.get(end) else { return sum };
                    node = &limb.node;
                }
            }
        }
    }
    fn since(&self, key: K) -> E::Sum {
        let (mut after, mut node) = (E::Sum::default(), self);
        loop {
            match node {
                Node::Leaf(all) => {
                    let from = all.partition_point(|(k, _)| *k < key);
                    return sum_of(&all[from..]).then(&after);
                }
                Node::Branch(limbs) => {
                    let from = limbs.partition_point(|limb| limb.last < key);
                    let Some(limb) = limbs.get(from) else { return after };
                    after = sum_of_limbs(&limbs[from + 1..]).then(&after);
                    node = &limb.node;
                }
            }
        }
    }
}

impl<K: Ord + Copy, E: Entry<K>> Summed<K, E> {
    /// Puts an entry after those with keys up to its own.
    pub fn insert(&mut self, key: K, entry: E) {
        let Some(more) = self.0.insert(key, entry) else { return };
        let root = std::mem::replace(&mut self.0, Node::Branch(Vec::new()));
        self.0 = Node::Branch([root, more].into_iter().filter_map(Limb::of).collect());
    }
    /// Takes out the first entry of a key that is told to be the one; `None` if there is none.
    pub fn remove(&mut self, key: K, is_it: impl Fn(&E) -> bool) -> Option<E> {
        let out = self.0.remove(key, &is_it);
        // A branch of nothing holds no limb to go to.
        if matches!(&self.0, Node::Branch(limbs) if limbs.is_empty()) {
            *self = Summed::default();
        }
        out
    }
    /// The sum of what stands before a key.
    #[must_use]
    pub fn before(&self, key: K) -> E::Sum {
        self.0.before(key)
    }
    /// The sum of what stands at a key or after it.
    #[must_use]
    pub fn since(&self, key: K) -> E::Sum {
        self.0.since(key)
    }
    /// The sum of all entries; the default if there is none.
    #[must_use]
    pub fn whole(&self) -> E::Sum {
        self.0.told().map_or_else(E::Sum::default, |(_, sum)| sum)
    }
    /// The last key; `None` if there is no entry.
    #[must_use]
    pub fn last(&self) -> Option<K> {
        steps::tick(1);
        match &self.0 {
            Node::Leaf(all) => all.last().map(|(key, _)| *key),
            Node::Branch(limbs) => limbs.last().map(|limb| limb.last),
        }
    }
    /// The entries at a key or after it, in order.
    pub fn iter_since(&self, key: K) -> impl Iterator<Item = &(K, E)> {
        Walk { limbs: Vec::new(), leaf: [].iter() }
            .down(&self.0, |last| *last < key, |k| *k < key)
            .inspect(|_| steps::tick(1))
    }
    /// Every entry with its key, in order of the keys.
    pub fn iter(&self) -> impl Iterator<Item = &(K, E)> {
        Walk { limbs: Vec::new(), leaf: [].iter() }
            .down(&self.0, |_| false, |_| false)
            .inspect(|_| steps::tick(1))
    }
}

/// Where a walk stands: what is left of each branch on the way, and of the leaf.
struct Walk<'a, K, E: Entry<K>> {
    limbs: Vec<std::slice::Iter<'a, Limb<K, E>>>,
    leaf: std::slice::Iter<'a, (K, E)>,
}

impl<'a, K, E: Entry<K>> Walk<'a, K, E> {
    /// Goes down to a leaf, past the limbs and entries that are skipped.
    fn down(
        mut self,
        mut node: &'a Node<K, E>,
        skip_limb: impl Fn(&K) -> bool,
        skip: impl Fn(&K) -> bool,
    ) -> Self {
        loop {
            match node {
                Node::Leaf(all) => {
                    self.leaf = all[all.partition_point(|(key, _)| skip(key))..].iter();
                    return self;
                }
                Node::Branch(limbs) => {
                    let mut rest =
                        limbs[limbs.partition_point(|limb| skip_limb(&limb.last))..].iter();
                    let Some(limb) = rest.next() else { return self };
                    self.limbs.push(rest);
                    node = &limb.node;
                }
            }
        }
    }
}

impl<'a, K, E: Entry<K>> Iterator for Walk<'a, K, E> {
    type Item = &'a (K, E);
    fn next(&mut self) -> Option<&'a (K, E)> {
        loop {
            if let Some(entry) = self.leaf.next() {
                return Some(entry);
            }
            let limb = self.limbs.last_mut()?.next();
            match limb.map(|limb| &limb.node) {
                None => drop(self.limbs.pop()),
                Some(Node::Leaf(all)) => self.leaf = all.iter(),
                Some(Node::Branch(limbs)) => self.limbs.push(limbs.iter()),
            }
        }
    }
}

/// Amounts that come and go, and the least that is there after any of those that need something to
/// be there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flow {
    /// By how much the stretch changes the amount.
    pub sum: rust_decimal::Decimal,
    /// The least after an entry that needs something, from zero at its beginning; `None` if no
    /// entry does.
    pub least: Option<rust_decimal::Decimal>,
}

impl Flow {
    /// An entry that adds, or takes what need not be there.
    #[must_use]
    pub const fn free(sum: rust_decimal::Decimal) -> Flow {
        Flow { sum, least: None }
    }
    /// An entry that adds so much (negative takes), and after which the amount must not be below
    /// zero.
    #[must_use]
    pub const fn bound(sum: rust_decimal::Decimal) -> Flow {
        Flow { sum, least: Some(sum) }
    }
    /// Whether one more change of so much before this stretch leaves every entry in it what it
    /// needs, if so much is there at its beginning.
    #[must_use]
    pub fn bears(&self, before: rust_decimal::Decimal, change: rust_decimal::Decimal) -> bool {
        self.least.is_none_or(|least| before + change + least >= rust_decimal::Decimal::ZERO)
    }
}

impl Stretch for Flow {
    fn then(&self, next: &Flow) -> Flow {
        let later = next.least.map(|least| self.sum + least);
        Flow { sum: self.sum + next.sum, least: self.least.into_iter().chain(later).min() }
    }
}
impl<K> Entry<K> for Flow {
    type Sum = Flow;
    fn sum(&self, _: K) -> Flow {
        *self
    }
}
