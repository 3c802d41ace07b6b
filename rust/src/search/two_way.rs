//! The Two-Way algorithm, which takes over when the packed scan gives up. It is linear for every haystack, but slower.
//!
//! Crochemore and Perrin, "Two-way string-matching", Journal of the ACM 38 (1991), with the maximal suffix as in Rust's
//! own `str` search. Deviations:
//!
//! 1. A backward search is a forward search over the mirror images of needle and haystack.
//! 2. It reports overlapping occurrences: after an occurrence it moves by the period, as after a mismatch.
//! 3. It reads a [`Haystack`]; memchr's searchers take slices.

use std::ops::Range;

use super::matches::Matches;
use crate::haystack::Haystack;

/// A needle and its critical factorization, in the direction of `BACKWARD`.
pub(super) struct TwoWay<'n> {
    needle: &'n [u8],
    backward: bool,
    /// Where the needle is cut. The bytes after the cut are compared first, from left to right, then those before it.
    critical: usize,
    /// How far to move after all bytes after the cut matched.
    shift: usize,
    /// How many bytes of the needle are known to match after such a move: its length minus its period, if the period is
    /// short; otherwise 0.
    remembered: usize,
}

impl<'n> TwoWay<'n> {
    /// For `needle`, which must not be empty. Takes time in proportion to it, and no memory.
    pub(super) fn new(needle: &'n [u8], backward: bool) -> Self {
        let mut two_way = TwoWay { needle, backward, critical: 0, shift: 0, remembered: 0 };
        let (less, greater) = (two_way.maximal_suffix(false), two_way.maximal_suffix(true));
        let (critical, period) = less.max(greater);
        let len = needle.len();
        let periodic =
            critical + period <= len && (0..critical).all(|i| two_way.byte(i) == two_way.byte(i + period));
        two_way.critical = critical;
        if periodic {
            (two_way.shift, two_way.remembered) = (period, len - period);
        } else {
            two_way.shift = critical.max(len - critical) + 1;
        }
        two_way
    }

    /// Byte `i` of the needle, or of its mirror image.
    #[inline(always)]
    fn byte(&self, i: usize) -> u8 {
        self.needle[if self.backward { self.needle.len() - 1 - i } else { i }]
    }

    /// The start of the maximal suffix, by the usual order of bytes or the reverse, and its period.
    fn maximal_suffix(&self, reverse_order: bool) -> (usize, usize) {
        let (mut start, mut candidate, mut offset, mut period) = (0, 1, 0, 1);
        while candidate + offset < self.needle.len() {
            let (one, other) = (self.byte(candidate + offset), self.byte(start + offset));
            if one == other {
                if offset + 1 == period {
                    candidate += period;
                    offset = 0;
                } else {
                    offset += 1;
                }
            } else if (one < other) != reverse_order {
                candidate += offset + 1;
                offset = 0;
                period = candidate - start;
            } else {
                start = candidate;
                candidate += 1;
                offset = 0;
                period = 1;
            }
        }
        (start, period)
    }

    /// Hands the occurrences that begin in `positions` to `matches`, whose direction must be the needle's. Returns
    /// whether it took all. The needle must fit at each of the positions.
    pub(super) fn run<M: Matches>(&self, hay: Haystack, positions: Range<usize>, matches: &mut M) -> bool {
        debug_assert_eq!(self.backward, M::BACKWARD);
        let len = self.needle.len();
        // Numbers from here on count positions in the direction of the search.
        let (mut at, mut known) = (0, 0);
        let real = |at: usize| if M::BACKWARD { positions.end - 1 - at } else { positions.start + at };
        while at < positions.len() {
            let position = real(at);
            let matched = |i: usize| hay.byte(position + if M::BACKWARD { len - 1 - i } else { i }) == self.byte(i);
            if let Some(i) = (self.critical.max(known)..len).find(|&i| !matched(i)) {
                at += i - self.critical + 1;
                known = 0;
                continue;
            }
            let occurs = (known..self.critical).rev().all(matched);
            if occurs && matches.wants(position) && !matches.take_one(position) {
                return false;
            }
            at += self.shift;
            known = self.remembered;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::super::matches::{First, List};
    use super::*;

    /// All needles of 1 to 6 letters in all haystacks of 9, of two letters each.
    #[test]
    fn every_needle_in_every_haystack() {
        let word =
            |bits: usize, len: usize| -> Vec<u8> { (0..len).map(|i| b'a' + (bits >> i & 1) as u8).collect() };
        for len in 1..=6 {
            for needle in (0..1 << len).map(|bits| word(bits, len)) {
                let (forward, backward) = (TwoWay::new(&needle, false), TwoWay::new(&needle, true));
                for hay in (0..1 << 9).map(|bits| word(bits, 9)) {
                    let wanted: Vec<u64> =
                        (0..=9 - len).filter(|&at| hay[at..].starts_with(&needle)).map(|at| at as u64).collect();
                    let (mut out, positions) = ([0; 10], 0..10 - len);
                    let mut list = List::new(&mut out, 1, true);
                    assert!(forward.run(Haystack::from(&hay), positions.clone(), &mut list));
                    let found = list.found;
                    assert_eq!(out[..found], wanted, "{needle:?} in {hay:?}");
                    let mut last = First::<true>::default();
                    backward.run(Haystack::from(&hay), positions, &mut last);
                    assert_eq!(last.at.map(|at| at as u64), wanted.last().copied(), "{needle:?} in {hay:?}");
                }
            }
        }
    }

    #[test]
    fn periods_are_found() {
        for (needle, remembered) in [(&b"abab"[..], 2), (b"aaaa", 3), (b"abcabcab", 5), (b"abcd", 0)] {
            assert_eq!(TwoWay::new(needle, false).remembered, remembered, "{needle:?}");
        }
    }
}
