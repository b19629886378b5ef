//! Lists in order with sums of their stretches. Invariant: an answer about all that lies before or
//! after a place takes steps by the logarithm of the length, and is what a walk would give; entries
//! with equal keys stand in the order they came.
//!
//! A tree of narrow nodes, each limb with the last key and the sum of what hangs on it. Nothing is
//! balanced when entries are taken out: that is rare, and an empty limb goes.

use crate::steps;

/// So many entries or limbs a node has at most.
const WIDTH: usize = 8;

/// The sum of a stretch of entries; the default is that of none.
pub trait Stretch: Clone + Default {
    /// The sum of this stretch and the one that follows at once.
    #[must_use]
    fn then(&self, next: &Self) -> Self;
}

/// Entries in order of their keys, each a stretch of one.
#[derive(Debug, Clone)]
pub struct Summed<K, S>(Node<K, S>);

#[derive(Debug, Clone)]
enum Node<K, S> {
    Leaf(Vec<(K, S)>),
    Branch(Vec<Limb<K, S>>),
}

#[derive(Debug, Clone)]
struct Limb<K, S> {
    last: K,
    sum: S,
    node: Node<K, S>,
}

impl<K, S> Default for Summed<K, S> {
    fn default() -> Self {
        Summed(Node::Leaf(Vec::new()))
    }
}

/// The end of a full node; of one that grew at its end only the last, so that nodes which are
/// appended to stay full.
fn split<T>(all: &mut Vec<T>, grew_at: usize) -> Option<Vec<T>> {
    (all.len() > WIDTH)
        .then(|| all.split_off(if grew_at + 1 == all.len() { grew_at } else { WIDTH / 2 }))
}

impl<K: Ord + Copy, S: Stretch> Limb<K, S> {
    /// A limb for a node; `None` if the node is empty.
    fn of(node: Node<K, S>) -> Option<Limb<K, S>> {
        let (last, sum) = node.told()?;
        Some(Limb { last, sum, node })
    }
}

impl<K: Ord + Copy, S: Stretch> Node<K, S> {
    /// The last key and the sum of everything here.
    fn told(&self) -> Option<(K, S)> {
        fn sum<'a, S: Stretch + 'a>(all: impl ExactSizeIterator<Item = &'a S>) -> S {
            steps::tick(all.len());
            all.fold(S::default(), |sum, next| sum.then(next))
        }
        match self {
            Node::Leaf(all) => {
                all.last().map(|(last, _)| (*last, sum(all.iter().map(|(_, sum)| sum))))
            }
            Node::Branch(limbs) => {
                limbs.last().map(|limb| (limb.last, sum(limbs.iter().map(|limb| &limb.sum))))
            }
        }
    }
    /// Puts an entry after those with keys up to its own; gives what this node has no room for.
    fn insert(&mut self, key: K, sum: S) -> Option<Node<K, S>> {
        match self {
            Node::Leaf(all) => {
                let at = all.partition_point(|(k, _)| *k <= key);
                all.insert(at, (key, sum));
                split(all, at).map(Node::Leaf)
            }
            Node::Branch(limbs) => {
                let mut at = limbs.partition_point(|limb| limb.last <= key).min(limbs.len() - 1);
                let more = limbs[at].node.insert(key, sum);
                if let Some((last, sum)) = limbs[at].node.told() {
                    (limbs[at].last, limbs[at].sum) = (last, sum);
                }
                if let Some(limb) = more.and_then(Limb::of) {
                    at += 1;
                    limbs.insert(at, limb);
                }
                split(limbs, at).map(Node::Branch)
            }
        }
    }
    /// Takes out the first entry of a key that is told to be the one.
    fn remove(&mut self, key: K, is_it: &impl Fn(&S) -> bool) -> Option<S> {
        match self {
            Node::Leaf(all) => {
                let from = all.partition_point(|(k, _)| *k < key);
                let same = all[from..]
                    .iter()
                    .take_while(|(k, _)| *k == key)
                    .position(|(_, sum)| is_it(sum))?;
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
    fn before(&self, key: K) -> S {
        let (mut sum, mut node) = (S::default(), self);
        loop {
            match node {
                Node::Leaf(all) => {
                    let end = all.partition_point(|(k, _)| *k < key);
                    steps::tick(end);
                    return all[..end].iter().fold(sum, |sum, (_, next)| sum.then(next));
                }
                Node::Branch(limbs) => {
                    let end = limbs.partition_point(|limb| limb.last < key);
                    steps::tick(end);
                    sum = limbs[..end].iter().fold(sum, |sum, next| sum.then(&next.sum));
                    let Some(limb) = limbs.get(end) else { return sum };
                    node = &limb.node;
                }
            }
        }
    }
    fn since(&self, key: K) -> S {
        let (mut after, mut node) = (S::default(), self);
        loop {
            match node {
                Node::Leaf(all) => {
                    let from = all.partition_point(|(k, _)| *k < key);
                    steps::tick(all.len() - from);
                    let own =
                        all[from..].iter().fold(S::default(), |sum, (_, next)| sum.then(next));
                    return own.then(&after);
                }
                Node::Branch(limbs) => {
                    let from = limbs.partition_point(|limb| limb.last < key);
                    let Some(limb) = limbs.get(from) else { return after };
                    steps::tick(limbs.len() - from);
                    let own = limbs[from + 1..]
                        .iter()
                        .fold(S::default(), |sum, next| sum.then(&next.sum));
                    after = own.then(&after);
                    node = &limb.node;
                }
            }
        }
    }
}

impl<K: Ord + Copy, S: Stretch> Summed<K, S> {
    /// Puts an entry after those with keys up to its own.
    pub fn insert(&mut self, key: K, sum: S) {
        let Some(more) = self.0.insert(key, sum) else { return };
        let root = std::mem::replace(&mut self.0, Node::Branch(Vec::new()));
        self.0 = Node::Branch([root, more].into_iter().filter_map(Limb::of).collect());
    }
    /// Takes out the first entry of a key that is told to be the one; `None` if there is none.
    pub fn remove(&mut self, key: K, is_it: impl Fn(&S) -> bool) -> Option<S> {
        let out = self.0.remove(key, &is_it);
        // A branch of nothing holds no limb to go to.
        if matches!(&self.0, Node::Branch(limbs) if limbs.is_empty()) {
            *self = Summed::default();
        }
        out
    }
    /// The sum of what stands before a key.
    #[must_use]
    pub fn before(&self, key: K) -> S {
        self.0.before(key)
    }
    /// The sum of what stands at a key or after it.
    #[must_use]
    pub fn since(&self, key: K) -> S {
        self.0.since(key)
    }
    /// The sum of all entries; the default if there is none.
    #[must_use]
    pub fn whole(&self) -> S {
        self.0.told().map_or_else(S::default, |(_, sum)| sum)
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
    pub fn iter_since(&self, key: K) -> impl Iterator<Item = &(K, S)> {
        Walk { limbs: Vec::new(), leaf: [].iter() }
            .down(&self.0, |last| *last < key, |k| *k < key)
            .inspect(|_| steps::tick(1))
    }
    /// Every entry with its key, in order of the keys.
    pub fn iter(&self) -> impl Iterator<Item = &(K, S)> {
        Walk { limbs: Vec::new(), leaf: [].iter() }
            .down(&self.0, |_| false, |_| false)
            .inspect(|_| steps::tick(1))
    }
}

/// Where a walk stands: what is left of each branch on the way, and of the leaf.
struct Walk<'a, K, S> {
    limbs: Vec<std::slice::Iter<'a, Limb<K, S>>>,
    leaf: std::slice::Iter<'a, (K, S)>,
}

impl<'a, K, S> Walk<'a, K, S> {
    /// Goes down to a leaf, past the limbs and entries that are skipped.
    fn down(
        mut self,
        mut node: &'a Node<K, S>,
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

impl<'a, K, S> Iterator for Walk<'a, K, S> {
    type Item = &'a (K, S);
    fn next(&mut self) -> Option<&'a (K, S)> {
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
