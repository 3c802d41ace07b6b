//! The first or last byte that belongs to a set.

use memchr::{memchr, memchr2, memchr3, memrchr, memrchr2, memrchr3};

use super::{blocks, Budget, Level, Outcome};

/// A set of byte values, prepared for searching. It never changes, so threads may share it.
#[derive(Debug, Clone)]
pub struct ByteSet {
    level: Level,
    /// `member[byte]`.
    pub(super) member: [bool; 256],
    /// See [`super::vector::Classify::table`].
    pub(super) low: [u8; 16],
    /// See [`super::vector::Classify::table`].
    pub(super) high: [u8; 16],
    /// The lowest three members.
    few: [u8; 3],
    size: usize,
}

impl ByteSet {
    /// The set that has byte `b` where bit `b % 8` of `bits[b / 8]` is 1.
    pub fn new(bits: &[u8; 32]) -> Self {
        let mut set = ByteSet {
            level: Level::best(),
            member: [false; 256],
            low: [0; 16],
            high: [0; 16],
            few: [0; 3],
            size: 0,
        };
        for (index, &eight) in bits.iter().enumerate() {
            let mut eight = eight;
            while eight != 0 {
                set.add((index * 8) as u8 + eight.trailing_zeros() as u8);
                eight &= eight - 1;
            }
        }
        set
    }

    /// The same, of a given implementation: for tests and measurements. `None` where it is not available.
    pub fn with_level(bits: &[u8; 32], level: Level) -> Option<Self> {
        level.available().then(|| ByteSet { level, ..ByteSet::new(bits) })
    }

    fn add(&mut self, byte: u8) {
        self.member[byte as usize] = true;
        let half = if byte < 128 { &mut self.low } else { &mut self.high };
        half[byte as usize % 16] |= 1 << (byte / 16 % 8);
        if self.size < self.few.len() {
            self.few[self.size] = byte;
        }
        self.size += 1;
    }

    /// The lowest offset at or after `from` where `hay` has a member.
    pub fn find(&self, hay: &[u8], from: usize, budget: &mut Budget) -> Outcome {
        let [a, b, c] = self.few;
        blocks::forward(hay, from, budget, |part| match self.size {
            0 => None,
            1 => memchr(a, part),
            2 => memchr2(a, b, part),
            3 => memchr3(a, b, c, part),
            _ => self.level.classify::<false>(self, part),
        })
    }

    /// The highest offset below `to` where `hay` has a member.
    pub fn rfind(&self, hay: &[u8], to: usize, budget: &mut Budget) -> Outcome {
        let [a, b, c] = self.few;
        blocks::backward(hay, to, budget, |part| match self.size {
            0 => None,
            1 => memrchr(a, part),
            2 => memrchr2(a, b, part),
            3 => memrchr3(a, b, c, part),
            _ => self.level.classify::<true>(self, part),
        })
    }
}
