//! The input of a pass over positions of a haystack, its cost, and the reasons for which it stops early.

use std::ops::Range;

use super::rare_bytes::Probes;
use crate::haystack::Haystack;

/// The arguments of a pass: the needle and the haystack.
#[derive(Clone, Copy)]
pub(super) struct SearchInput<'a> {
    pub(super) hay: Haystack<'a>,
    /// It must not be empty.
    pub(super) needle: &'a [u8],
    /// The probes of this needle.
    pub(super) probes: &'a Probes,
}

impl SearchInput<'_> {
    /// The address of the position `at`.
    #[inline(always)]
    pub(super) fn address(&self, at: usize) -> *const u8 {
        self.hay.as_ptr().wrapping_add(at)
    }
}

/// The cost of a pass, beyond going over the positions.
#[derive(Debug)]
pub(super) struct Stats {
    /// Vectors (in the dense pass: positions) at which the probes matched and the needle did not.
    pub(super) false_positives: usize,
    /// Positions that the dense pass compared with the needle.
    pub(super) candidates: usize,
    /// Bytes compared position by position.
    pub(super) compared: usize,
    /// When more bytes are compared, the scan gives up.
    pub(super) limit: usize,
}

impl Stats {
    /// For a pass over `positions`. The limit is proportional to their number, and enough to verify one vector.
    pub(super) fn new(positions: usize, needle_len: usize) -> Self {
        let limit = positions.saturating_mul(6).saturating_add(needle_len.saturating_mul(16));
        Stats { false_positives: 0, candidates: 0, compared: 0, limit }
    }
}

/// Why a pass ended before its end.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The matches want no more.
    Full,
    /// It compared too many bytes. All positions outside this range were searched, and none inside.
    GaveUp(Range<usize>),
}
