//! Random numbers from one seed. Invariant: the same seed gives the same numbers on every machine,
//! and a fork depends on its name alone.

/// SplitMix64.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// Dice that fall as the seed says.
    #[must_use]
    pub const fn new(seed: u64) -> Dice {
        Dice(seed)
    }
    /// Dice of their own for one purpose, so that one more throw here changes nothing there.
    #[must_use]
    pub fn fork(&self, name: u64) -> Dice {
        let mut fork = Dice(self.0 ^ name.wrapping_mul(0xD6E8_FEB8_6659_FD93));
        fork.throw();
        fork
    }
    /// Any number.
    pub fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
    /// A number below `n`, which is not zero.
    pub fn below(&mut self, n: u64) -> u64 {
        self.throw() % n
    }
    /// An index below `n`, which is not zero.
    pub fn index(&mut self, n: usize) -> usize {
        usize::try_from(self.below(n as u64)).unwrap_or(0)
    }
    /// True once in `n` throws; never if `n` is zero.
    pub fn one_in(&mut self, n: u64) -> bool {
        n > 0 && self.below(n) == 0
    }
    /// One of several.
    pub fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.index(of.len())]
    }
    /// Puts things in a random order.
    pub fn shuffle<T>(&mut self, things: &mut [T]) {
        for last in (1..things.len()).rev() {
            things.swap(last, self.index(last + 1));
        }
    }
}
