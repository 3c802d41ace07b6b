//! The dense pass, for counts and lists if occurrences, or bytes that look like them, are everywhere.
//!
//! If every vector has one or two occurrences, the branches of [`super::verify`] are mispredicted, and each of them
//! costs as much as a dozen comparisons. This pass avoids such branches. The probes mark candidates. If the needle has
//! more bytes than probes, all candidates of several words of positions are compared with it, the differences are
//! accumulated, and one branch at the end tells whether all are occurrences. Only if not, each candidate is compared by
//! itself. We know of no other description of this algorithm. It searches forward only.
//!
//! Tried and rejected: comparing all bytes of longer needles at every position; a loop over the candidates of each
//! vector, which is faster only if they are all equally far apart.

use std::ops::{ControlFlow, Range};

use super::dispatch::Pass;
use super::matches::Matches;
use super::packed_scan::{PackedProbes, PackedScan};
use super::pass::{SearchInput, Stats, Stop};
use super::rare_bytes::PROBES;
use super::vector::{LaneMask, Vector};
use super::verify::equal;

/// The longest needle. Each level has its own limit besides, of two vectors.
pub(super) const LONGEST: usize = 64;

/// The number of words of positions whose candidates are compared together.
const WORDS: usize = 32;

/// As [`PackedScan`], with the same contract, for needles of up to [`LONGEST`] bytes, forward.
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
            // The probes cover a needle of up to 8 bytes completely. With short vectors that pays only up to 4 bytes.
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

/// Runs the pass with `N` probes, which cover all bytes of the needle if `EXACT`.
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
    // At each position before `end`, both the needle and a vector fit.
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

/// Marks the candidates among the words of positions from `at` on in `masks`. Returns their number, and whether all of
/// them are occurrences.
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
    // The number of candidates of a word that are compared without a branch; more are compared in a loop. Most words
    // have no more if occurrences are 30 bytes apart.
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
                    // If there are fewer candidates than slots, compare the needle with itself, which adds no
                    // difference.
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

/// Clears the candidates in `masks`, of the words from `at` on, that are not occurrences. Returns the number cleared.
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

/// A needle of up to two vectors, for comparisons of all its bytes: its first vector and, if it is longer, its last.
struct NeedleVector<V> {
    first: V,
    /// Offset of the last vector in the needle; 0 if the first one has all of it.
    back: usize,
    last: V,
    /// Lanes of the first vector that hold a byte of the needle.
    lanes: LaneMask<V>,
    /// The needle, followed by zeros.
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

    /// `differences`, with the bits set in which the bytes at `at` differ from the needle.
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

    /// Whether `differences` has no bit set in the lanes of the needle.
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
