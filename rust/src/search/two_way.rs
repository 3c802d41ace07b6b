//! What takes over when the scan gives up: linear whatever the haystack, and never fast.
//!
//! memchr's two-way searchers, forward and backward, and beside them what a search for overlapping occurrences needs
//! to stay linear too: after an occurrence, one that lies a period of the needle further is seen by comparing one
//! period.

use std::ops::Range;

use memchr::arch::all::twoway::{Finder, FinderRev};

use super::sink::Sink;
use super::vector::Byte;
use crate::fallible;

/// A two-way searcher, prepared for the direction that is wanted.
pub(super) enum TwoWay {
    /// Forward, and the needle's shortest period once it was needed.
    Forward(Finder, Option<usize>),
    /// Backward.
    Backward(FinderRev),
}

impl TwoWay {
    /// For `needle`, in `S`'s direction.
    pub(super) fn new<S: Sink>(needle: &[u8]) -> Self {
        if S::BACKWARD {
            TwoWay::Backward(FinderRev::new(needle))
        } else {
            TwoWay::Forward(Finder::new(needle), None)
        }
    }

    /// Hands the occurrences of `needle`, not empty, that begin in `starts` to `sink`. Returns whether it took all.
    pub(super) fn run<S: Sink>(&mut self, hay: &[u8], needle: &[u8], starts: Range<usize>, sink: &mut S) -> bool {
        if starts.is_empty() {
            return true;
        }
        let hay = &hay[..starts.end - 1 + needle.len()];
        match self {
            TwoWay::Forward(finder, period) => forward(finder, period, hay, needle, starts, sink),
            TwoWay::Backward(finder) => match finder.rfind(&hay[starts.start..], needle) {
                Some(at) => sink.take::<Byte>(starts.start + at, 1),
                None => true,
            },
        }
    }
}

fn forward<S: Sink>(
    finder: &Finder,
    period: &mut Option<usize>,
    hay: &[u8],
    needle: &[u8],
    starts: Range<usize>,
    sink: &mut S,
) -> bool {
    let len = needle.len();
    let mut from = starts.start;
    while !sink.wants(from) && from < starts.end {
        from += 1;
    }
    while from < starts.end {
        let Some(at) = finder.find(&hay[from..], needle) else { break };
        let mut at = from + at;
        if !sink.take::<Byte>(at, 1) {
            return false;
        }
        if sink.resume(at) >= at + len {
            from = sink.resume(at);
            continue;
        }
        // Overlapping occurrences are wanted. One that begins at most `len - period` further begins one period
        // further, or the needle had a shorter period still; and of that one only the last period is unknown.
        if period.is_none() {
            *period = shortest_period(needle);
        }
        let Some(period) = *period else {
            from = at + 1; // no memory to be linear with
            continue;
        };
        while at + period < starts.end && hay[at + len..at + len + period] == needle[len - period..] {
            at += period;
            if !sink.take::<Byte>(at, 1) {
                return false;
            }
        }
        from = at + period.max(len - period + 1);
    }
    true
}

/// The least `p > 0` with `needle[p..] == needle[..len - p]`: the needle's length if it has no border. None where
/// there is no memory to find it.
pub(super) fn shortest_period(needle: &[u8]) -> Option<usize> {
    // borders[i] is the length of the longest proper border of needle[..=i].
    let mut borders = fallible::vec(needle.len()).ok()?;
    borders.resize(needle.len(), 0usize);
    let mut border = 0;
    for end in 1..needle.len() {
        while border > 0 && needle[border] != needle[end] {
            border = borders[border - 1];
        }
        if needle[border] == needle[end] {
            border += 1;
        }
        borders[end] = border;
    }
    Some(needle.len() - border)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods() {
        for (needle, period) in
            [(&b"a"[..], 1), (b"aa", 1), (b"ab", 2), (b"aba", 2), (b"abab", 2), (b"abcabca", 3), (b"aabaaa", 4)]
        {
            assert_eq!(shortest_period(needle), Some(period), "{needle:?}");
        }
    }

    #[test]
    fn period_is_the_least_shift_that_fits() {
        for seed in 0..4096u32 {
            let needle: Vec<u8> = (0..12).map(|bit| b'a' + (seed >> bit & 1) as u8).collect();
            let naive = (1..=needle.len()).find(|&p| needle[p..] == needle[..needle.len() - p]);
            assert_eq!(shortest_period(&needle), naive);
        }
    }
}
