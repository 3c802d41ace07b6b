//! The dense pass: counts and lists of a needle that is everywhere, or that much looks like.
//!
//! Where every vector has an occurrence or two, the branches of [`super::verify`] are mispredicted, and each costs as much
//! as a dozen comparisons. Here nothing is branched on. The probes mark candidates; if the needle has more bytes than
//! are probed, all candidates of some words of positions are compared with it as if they were occurrences, and one look at the end
//! tells whether they are. Only if not, each is judged by itself. Own work; forward only.
//!
//! Tried and lost: comparing all bytes of longer needles at every position; a loop over the candidates of each vector,
//! which is faster only if their distances are all the same.

use std::ops::{ControlFlow, Range};

use super::dispatch::Pass;
use super::matches::Matches;
use super::packed_scan::{PackedProbes, PackedScan, SearchInput, Stats, Stop};
use super::rare_bytes::PROBES;
use super::vector::{LaneMask, Vector};
use super::verify::equal;

/// The longest needle; each level has its own limit, of two vectors.
pub(super) const LONGEST: usize = 64;

/// Words of positions that are judged together.
const WORDS: usize = 32;

/// As [`PackedScan`], for needles of up to [`LONGEST`] bytes, forward.
///
/// Contract: as that of [`PackedScan`].
pub(super) struct Dense<'s, M> {
    pub(super) input: &'s SearchInput<'s>,
    pub(super) positions: Range<usize>,
    pub(super) matches: &'s mut M,
    pub(super) stats: &'s mut Stats,
}

impl<M: Matches> Pass for Dense<'_, M> {
    type Out = ControlFlow<Stop>;

    #[inline(always)]
    unsafe fn run<V: Vector>(self) -> ControlFlow<Stop> {
        let Dense { input, positions, matches, stats } = self;
        let len = input.needle.len();
        // SAFETY: for each call, this function's contract is the same, and the needle fits two vectors.
        unsafe {
            if V::BYTES < 16 || len > 2 * V::BYTES {
                return PackedScan { input, positions, matches, stats }.run::<V>();
            }
            // The first probes of a needle of up to 8 bytes are all of it. With shorter vectors it pays up to 4.
            match (len, input.probes.probe_count) {
                (1, _) => dense::<V, M, 1, true>(input, positions, matches, stats),
                (2, _) => dense::<V, M, 2, true>(input, positions, matches, stats),
                (3, _) => dense::<V, M, 3, true>(input, positions, matches, stats),
                (4, _) => dense::<V, M, 4, true>(input, positions, matches, stats),
                (5, _) if V::BYTES == 64 => dense::<V, M, 5, true>(input, positions, matches, stats),
                (6, _) if V::BYTES == 64 => dense::<V, M, 6, true>(input, positions, matches, stats),
                (_, 1..=2) => dense::<V, M, 2, false>(input, positions, matches, stats),
                (_, 4) => dense::<V, M, 4, false>(input, positions, matches, stats),
                _ => dense::<V, M, PROBES, false>(input, positions, matches, stats),
            }
        }
    }
}

/// With `N` probes, which are all bytes of the needle if `EXACT`.
///
/// # Safety
/// * As [`Pass::run`].
/// * The needle must be no longer than two vectors.
#[inline(always)]
unsafe fn dense<V: Vector, M: Matches, const N: usize, const EXACT: bool>(
    input: &SearchInput,
    positions: Range<usize>,
    matches: &mut M,
    stats: &mut Stats,
) -> ControlFlow<Stop> {
    // SAFETY: this function's contract.
    let (probes, needle) = unsafe { (PackedProbes::<V, N>::new(input), NeedleVector::<V>::new(input.needle)) };
    let word = LaneMask::<V>::LANES;
    let mut at = positions.start;
    // At each position before this both the needle and a vector fit.
    let end = positions.end.min((input.hay.len() + 1).saturating_sub(V::BYTES));
    while end.saturating_sub(at) >= word {
        let mut masks = [LaneMask::<V>::NONE; WORDS];
        let masks = &mut masks[..((end - at) / word).min(WORDS)];
        // SAFETY: the words lie before `end`.
        let (mut found, all_occur) = unsafe { candidates::<V, N, EXACT>(input, &probes, &needle, at, masks) };
        if !EXACT {
            stats.candidates += found;
            if !all_occur {
                // SAFETY: as above.
                let refuted = unsafe { refute(input, &needle, at, masks) };
                stats.false_positives += refuted;
                found -= refuted;
            }
        }
        if !matches.take_many(at, masks, found) {
            return ControlFlow::Break(Stop::Full);
        }
        at += masks.len() * word;
    }
    for at in at..positions.end {
        // SAFETY: the needle fits at `at`.
        if unsafe { equal(input.address(at), input.needle, &mut 0) } && !matches.take_one(at) {
            return ControlFlow::Break(Stop::Full);
        }
    }
    ControlFlow::Continue(())
}

/// Marks the candidates of the words of positions from `at` on in `masks`. Returns how many they are and whether the needle
/// stands at all of them.
///
/// # Safety
/// * The processor must have `V`'s instruction set.
/// * The needle and a vector must fit into the haystack at each of the positions.
#[inline(always)]
unsafe fn candidates<V: Vector, const N: usize, const EXACT: bool>(
    input: &SearchInput,
    probes: &PackedProbes<V, N>,
    needle: &NeedleVector<V>,
    at: usize,
    masks: &mut [LaneMask<V>],
) -> (usize, bool) {
    // So many candidates of a word are compared without a branch, others in a loop: most words have no more if occurrences
    // are 30 bytes apart.
    let slots = 1 + LaneMask::<V>::LANES / 32;
    // SAFETY: this function's contract, for each vector; a needle is readable where it was copied to.
    unsafe {
        let mut differences = V::splat(0);
        let (mut at, mut total) = (at, 0);
        for mask in masks {
            let mut left = LaneMask::NONE;
            for lane in (0..LaneMask::<V>::LANES).step_by(V::BYTES) {
                left = left | probes.candidates(at + lane).after(lane);
            }
            *mask = left;
            total += left.count();
            if !EXACT {
                for _ in 0..slots {
                    // What is compared for a candidate that is not there is the needle itself.
                    let here =
                        if left.is_empty() { needle.copy.as_ptr() } else { input.address(at + left.first()) };
                    differences = needle.compare(differences, here);
                    left = left.without_first();
                }
                while !left.is_empty() {
                    differences = needle.compare(differences, input.address(at + left.first()));
                    left = left.without_first();
                }
            }
            at += LaneMask::<V>::LANES;
        }
        (total, needle.is_whole(differences))
    }
}

/// Clears those of the candidates `masks` of the words from `at` on where the needle does not stand. Returns how many
/// they are.
///
/// # Safety
/// * As [`candidates`], whose masks they must be.
#[inline(always)]
unsafe fn refute<V: Vector>(
    input: &SearchInput,
    needle: &NeedleVector<V>,
    at: usize,
    masks: &mut [LaneMask<V>],
) -> usize {
    let mut refuted = 0;
    for (index, mask) in masks.iter_mut().enumerate() {
        let mut left = *mask;
        while !left.is_empty() {
            let lane = left.first();
            let here = input.address(at + index * LaneMask::<V>::LANES + lane);
            // SAFETY: this function's contract.
            if !unsafe { needle.is_whole(needle.compare(V::splat(0), here)) } {
                *mask = mask.without(lane);
                refuted += 1;
            }
            left = left.without_first();
        }
    }
    refuted
}

/// A needle of up to two vectors, to be compared at once: its first vector and, if it is longer, its last.
struct NeedleVector<V> {
    first: V,
    /// Offset of the last vector in the needle; 0 if the first is all.
    back: usize,
    last: V,
    /// Lanes of the first vector that hold a byte of the needle.
    lanes: LaneMask<V>,
    /// The needle, and zeros.
    copy: [u8; 128],
}

impl<V: Vector> NeedleVector<V> {
    /// # Safety
    /// * The processor must have `V`'s instruction set.
    /// * `needle` must have at most `2 * V::BYTES` bytes.
    #[inline(always)]
    unsafe fn new(needle: &[u8]) -> Self {
        let mut copy = [0; 128];
        copy[..needle.len()].copy_from_slice(needle);
        let back = needle.len().saturating_sub(V::BYTES);
        // SAFETY: this function's contract; no vector has more than 64 bytes, and `back` is at most 64.
        unsafe {
            let first = V::load(copy.as_ptr());
            let lanes = V::mask(V::eq(first, first)) & LaneMask::before_lane(needle.len().min(V::BYTES));
            NeedleVector { first, back, last: V::load(copy.as_ptr().add(back)), lanes, copy }
        }
    }

    /// The bits of `differences`, and those in which the bytes at `at` differ from the needle.
    ///
    /// # Safety
    /// * The processor must have `V`'s instruction set.
    /// * `at` must be valid for reads of a vector and of the needle's length.
    #[inline(always)]
    unsafe fn compare(&self, differences: V, at: *const u8) -> V {
        // SAFETY: this function's contract.
        unsafe {
            let differences = V::differ(differences, V::load(at), self.first);
            if self.back == 0 {
                return differences;
            }
            V::differ(differences, V::load(at.add(self.back)), self.last)
        }
    }

    /// Whether there are no `differences` in the needle.
    ///
    /// # Safety
    /// * The processor must have `V`'s instruction set.
    #[inline(always)]
    unsafe fn is_whole(&self, differences: V) -> bool {
        // SAFETY: this function's contract.
        let same = unsafe { V::mask(V::eq(differences, V::splat(0))) } & self.lanes;
        same.count() == self.lanes.count()
    }
}
