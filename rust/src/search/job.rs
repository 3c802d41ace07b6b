//! What a scan is given, what it costs, and why it ends: the words that the scan and its parts share.

use std::ops::Range;

use super::probes::Probes;
use super::vector::Vector;

/// What is searched for, and where.
#[derive(Clone, Copy)]
pub(super) struct Job<'a> {
    /// Where the haystack begins.
    pub(super) hay: *const u8,
    /// How long it is: valid for reads from `hay` on.
    pub(super) hay_len: usize,
    /// Not empty.
    pub(super) needle: &'a [u8],
    /// Of this needle.
    pub(super) probes: &'a Probes,
}

/// What a scan cost beyond going over the places.
#[derive(Debug, Default)]
pub(super) struct Effort {
    /// Vectors, of a sift places, where the first comparison matched for nothing.
    pub(super) alarms: usize,
    /// Places that a sift compared with the needle.
    pub(super) candidates: usize,
    /// Whether those were not all equally far apart.
    pub(super) uneven: bool,
    /// Bytes compared place by place.
    pub(super) compared: usize,
    /// Past so many compared bytes the scan gives up.
    pub(super) limit: usize,
}

/// Why a scan ended before its end.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Break {
    /// The sink wants no more.
    Full,
    /// It cost too much; nothing was missed outside of this range, nor taken inside of it.
    GaveUp(Range<usize>),
}

/// The bits of the lanes from `lane` on; `lane` may be `V::BYTES`.
#[inline(always)]
pub(super) fn lanes_from<V: Vector>(lane: usize) -> u64 {
    u64::MAX.checked_shl((lane << V::SHIFT) as u32).unwrap_or(0)
}
