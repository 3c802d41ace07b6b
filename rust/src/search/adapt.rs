//! Chooses other probes if the bytes that are rare in general are common in this haystack.
//!
//! After an interval with too many false positives, 2048 positions of the haystack are compared with the needle's
//! bytes, and the bytes are chosen that together match the fewest of them. Without it a search for "Zqoq" in text that
//! is full of Z and q branches at every vector.

use std::ops::Range;

use super::rare_bytes::{Probes, PROBES};
use crate::fallible;
use crate::haystack::Haystack;

/// Positions before the first decision: enough to judge the probes, and few enough to lose no time with bad ones.
const FIRST: usize = 16 * 1024;

/// The same for a search that may find many occurrences, for which the dense pass may be better.
const FIRST_OF_MANY: usize = 4 * 1024;

/// Positions that are counted for a decision.
const SAMPLE: usize = 2048;

/// The number of offsets in the needle that are considered; in a longer needle they are evenly spaced.
const CONSIDERED: usize = 64;

/// Tolerated false positives: one vector per 2048 positions. Each costs about 20 ns in mispredicted branches.
const POSITIONS_PER_FALSE_POSITIVE: usize = 2048;

/// Chooses probes between intervals. Local to one call, so that a shared [`super::Finder`] stays unchanged.
#[derive(Default)]
pub(super) struct Adapt {
    intervals: usize,
    /// No decision before this interval. The distance doubles each time, since probes that did not help once probably
    /// will not help soon.
    next: usize,
    wait: usize,
}

impl Adapt {
    /// How long the next interval should be, of at most `most` positions, in a search that may find `many`.
    pub(super) fn interval(&self, most: usize, many: bool) -> usize {
        match (self.intervals, many) {
            (0, false) => most.min(FIRST),
            (0, true) => most.min(FIRST_OF_MANY),
            _ => most,
        }
    }

    /// Better probes, if the search of the positions `done` with `probe_count` probes met too many `false_positives`.
    pub(super) fn choose(
        &mut self,
        hay: Haystack,
        needle: &[u8],
        done: Range<usize>,
        false_positives: usize,
        probe_count: usize,
    ) -> Option<Probes> {
        let interval = self.intervals;
        self.intervals += 1;
        let tolerable = false_positives * POSITIONS_PER_FALSE_POSITIVE <= done.end - done.start;
        if needle.len() < 3 || interval < self.next || tolerable {
            return None;
        }
        self.wait = (self.wait * 2).max(1);
        self.next = interval + self.wait;
        let middle = done.start + (done.end - done.start) / 2;
        let from = middle.saturating_sub(SAMPLE / 2).max(done.start);
        let mut better = fewest_matches(hay, needle, from..(from + SAMPLE).min(done.end));
        if interval > 0 {
            // Probes that were chosen from an earlier sample met too many false positives, so compare more bytes at
            // once.
            better.probe_count = better.probe_count.max((probe_count * 2).min(PROBES));
        }
        Some(better)
    }
}

/// The probes that together match the fewest of `positions`. They are chosen one after the other: each is the one that
/// rules out most of the positions that those before it match. The number compared at once is doubled while any
/// position matches: that makes the loop slower, but a false positive costs as much as searching one or two kilobytes.
fn fewest_matches(hay: Haystack, needle: &[u8], positions: Range<usize>) -> Probes {
    let mut frequency = [0u32; 256];
    positions.clone().for_each(|at| frequency[hay.byte(at) as usize] += 1);
    let offsets = || (0..needle.len()).step_by(needle.len().div_ceil(CONSIDERED));
    let rarest = offsets().min_by_key(|&offset| frequency[needle[offset] as usize]).unwrap_or(0);
    let Ok(mut passed) = fallible::vec(positions.len()) else {
        return Probes::beginning_with(&[rarest], needle, 1); // without memory for the sample, any probes do
    };
    let (mut chosen, mut len) = ([rarest; PROBES], 1);
    passed.extend(positions.filter(|&at| hay.byte(at + rarest) == needle[rarest]));
    let mut probe_count = 2;
    while len < PROBES.min(needle.len()) {
        let matches =
            |&offset: &usize| passed.iter().filter(|&&at| hay.byte(at + offset) == needle[offset]).count();
        let rest = offsets().filter(|offset| !chosen[..len].contains(offset));
        let Some(best) = rest.min_by_key(matches) else { break };
        passed.retain(|&at| hay.byte(at + best) == needle[best]);
        chosen[len] = best;
        len += 1;
        if len == probe_count && !passed.is_empty() {
            probe_count = (probe_count * 2).min(PROBES);
        }
    }
    Probes::beginning_with(&chosen[..len], needle, probe_count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_common_here_is_avoided() {
        // Z is rare in general, and here it is everywhere.
        let hay = b"ZqZqZe".repeat(1000);
        assert_eq!(fewest_matches(Haystack::from(&hay), b"Zqoq", 0..1000).bytes[0], b'o');
    }

    #[test]
    fn second_probe_is_chosen_for_what_the_first_lets_pass() {
        // x, y and z are equally common; but after x always comes y, and never z.
        let hay = b"xy..z.".repeat(500);
        let probes = fewest_matches(Haystack::from(&hay), b"xyz", 0..1000);
        assert!(probes.bytes[..2].contains(&b'z'), "{probes:?}");
    }

    #[test]
    fn more_are_compared_at_once_where_two_do_not_tell() {
        let hay = vec![b'a'; 3000];
        assert_eq!(fewest_matches(Haystack::from(&hay), b"aaaaaaaaaaaa", 0..2000).probe_count, PROBES);
    }

    #[test]
    fn tries_less_and_less_often() {
        let hay = vec![b'a'; 4096];
        let mut adapt = Adapt::default();
        let tried: Vec<usize> =
            (0..20).filter(|_| adapt.choose(Haystack::from(&hay), b"aaaab", 0..2048, 2048, 2).is_some()).collect();
        assert_eq!(tried, [0, 1, 3, 7, 15]);
    }
}
