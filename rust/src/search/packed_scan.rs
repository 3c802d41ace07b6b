//! The packed scan: it checks every position where the needle may begin, a vector of positions at a time.
//!
//! The algorithm is Mula's "generic SIMD" (<http://0x80.pl/articles/simd-strfind.html>) as in memchr's packed pair: two
//! of the needle's bytes are each compared with the haystack at their own offset from a vector of positions. The needle
//! is verified only at positions where both match. Deviations from memchr's:
//!
//! 1. 1, 2, 4 or 8 bytes are compared at once: 1 for a needle of one byte, more if the haystack resembles the needle so
//!    much that two bytes match often.
//! 2. Four vectors make a group with one branch. Which of them matched is computed without a branch; the branch would
//!    be unpredictable. Counting matches that are 1000 bytes apart takes a quarter less time.
//! 3. Both directions, by a constant of the [`Matches`].
//! 4. Memory is prefetched, see [`AHEAD`].
//! 5. The loads of the first probe are aligned in long scans.
//! 6. The cost of verifying is bounded: see [`super::verify`].
//!
//! Tried and rejected: keeping the four comparisons of a group for the verification, instead of comparing again, takes
//! registers away from the loop that finds nothing, which gets 10 to 20 % slower with 16 registers.

use std::ops::{ControlFlow, Range};

use super::dispatch::Pass;
use super::matches::Matches;
use super::pass::{SearchInput, Stats, Stop};
use super::vector::{LaneMask, Vector};
use super::verify::verify;

/// Vectors in a group.
const GROUP: usize = 4;

/// Bytes of a cache line.
const LINE: usize = 64;

/// How many bytes ahead memory is prefetched. The processor's own prefetcher stops at the end of a page, and does not
/// follow a backward search well. From the L3 cache of a busy Xeon, distances of 1 and 2 KB gave 24 to 27 GB/s in both
/// directions, 4 and 8 KB 17 to 22, and no prefetching 26 forward and 15 backward. From the L2 cache, with AVX2, all
/// distances gave 63 to 67 GB/s, no prefetching 50.
const AHEAD: usize = 2048;

/// The first `N` probes, with the address of each. It is a struct and not a closure, since only functions can be
/// `#[inline(always)]`; intrinsics that are not inlined are slow.
#[derive(Clone, Copy)]
pub(super) struct PackedProbes<V, const N: usize> {
    /// The address of each probe's byte for the position 0.
    starts: [*const u8; N],
    bytes: [V; N],
}

impl<V: Vector, const N: usize> PackedProbes<V, N> {
    /// # Safety
    /// * The processor must have `V`'s instruction set.
    #[inline(always)]
    pub(super) unsafe fn new(input: &SearchInput) -> Self {
        // SAFETY: this needs nothing but the instruction set.
        let mut probes = PackedProbes { starts: [input.hay.as_ptr(); N], bytes: [unsafe { V::splat(0) }; N] };
        for i in 0..N {
            probes.starts[i] = input.address(input.probes.offsets[i]);
            // SAFETY: as above.
            probes.bytes[i] = unsafe { V::splat(input.probes.bytes[i]) };
        }
        probes
    }

    /// The lanes of the vector of positions from `at` on where all probes match.
    ///
    /// # Safety
    /// * The processor must have `V`'s instruction set.
    /// * The needle must fit into the haystack at each of the `V::BYTES` positions from `at` on: then the load at any
    ///   offset below its length ends in the haystack.
    #[inline(always)]
    unsafe fn compare(&self, at: usize) -> V::Equal {
        // SAFETY: this function's contract.
        unsafe {
            let mut lanes = V::eq(V::load(self.starts[0].add(at)), self.bytes[0]);
            for i in 1..N {
                lanes = V::and(lanes, V::eq(V::load(self.starts[i].add(at)), self.bytes[i]));
            }
            lanes
        }
    }

    /// [`PackedProbes::compare`] as a mask.
    ///
    /// # Safety
    /// * As [`PackedProbes::compare`].
    #[inline(always)]
    pub(super) unsafe fn candidates(&self, at: usize) -> LaneMask<V> {
        // SAFETY: the contract is the same.
        unsafe { V::mask(self.compare(at)) }
    }

    /// Goes over whole groups of the positions from `low` to `high` without a match, in the direction of `M`.
    /// Returns whether a group with a match comes next.
    ///
    /// # Safety
    /// * As [`PackedProbes::compare`], for all positions from `low` to `high`.
    #[inline(always)]
    unsafe fn skip_groups<M: Matches>(&self, low: &mut usize, high: &mut usize) -> bool {
        let (mut from, mut to) = (*low, *high);
        let mut matched = false;
        while to - from >= GROUP * V::BYTES {
            let at = if M::BACKWARD { to - GROUP * V::BYTES } else { from };
            // A single stream that is read forward needs no prefetching.
            if N > 1 || M::BACKWARD {
                let ahead = if M::BACKWARD { at.wrapping_sub(AHEAD) } else { at + AHEAD };
                for line in 0..GROUP * V::BYTES / LINE {
                    V::prefetch(self.starts[0].wrapping_add(ahead).wrapping_add(line * LINE));
                }
            }
            // SAFETY: four vectors lie between `from` and `to`.
            matched = unsafe {
                let front = V::or(self.compare(at), self.compare(at + V::BYTES));
                let back = V::or(self.compare(at + 2 * V::BYTES), self.compare(at + 3 * V::BYTES));
                V::any(V::or(front, back))
            };
            if matched {
                break;
            }
            if M::BACKWARD {
                to = at;
            } else {
                from = at + GROUP * V::BYTES;
            }
        }
        (*low, *high) = (from, to);
        matched
    }
}

/// Hands all occurrences that begin in `positions` to `matches`, in the order of its direction.
///
/// Contract: the needle must fit into the haystack at each position, `positions.end - 1 + needle.len() <= hay.len()`.
pub(super) struct PackedScan<'s, M> {
    pub(super) input: &'s SearchInput<'s>,
    pub(super) positions: Range<usize>,
    pub(super) matches: &'s mut M,
    pub(super) stats: &'s mut Stats,
}

impl<M: Matches> Pass for PackedScan<'_, M> {
    type Out = ControlFlow<Stop>;

    #[inline(always)]
    unsafe fn run<V: Vector>(self) -> ControlFlow<Stop> {
        // SAFETY: for each call, this function's contract is the same.
        unsafe {
            match self.input.probes.probe_count {
                1 => self.scan::<V, 1>(),
                2 => self.scan::<V, 2>(),
                4 => self.scan::<V, 4>(),
                _ => self.scan::<V, 8>(),
            }
        }
    }
}

impl<M: Matches> PackedScan<'_, M> {
    /// With `N` probes.
    ///
    /// # Safety
    /// * As [`Pass::run`].
    #[inline(always)]
    unsafe fn scan<V: Vector, const N: usize>(self) -> ControlFlow<Stop> {
        let PackedScan { input, positions, matches, stats } = self;
        // SAFETY: this function's contract.
        let probes = unsafe { PackedProbes::<V, N>::new(input) };
        // The positions from `low` to `high` are still to be searched.
        let (mut low, mut high) = (positions.start, positions.end);
        // The number of positions to search first, so that the loads of the first probe are aligned.
        let mut unaligned = 0;
        if high - low >= 4 * GROUP * V::BYTES {
            let past = (probes.starts[0] as usize).wrapping_add(if M::BACKWARD { high } else { low }) % V::BYTES;
            unaligned = if M::BACKWARD || past == 0 { past } else { V::BYTES - past };
        }
        loop {
            // The next `size` positions begin at `from`; their first vector is at `at`.
            let (size, from, at);
            let mut masks = [LaneMask::<V>::NONE; GROUP];
            let mut matched = 0u32;
            if unaligned == 0 && high - low >= GROUP * V::BYTES {
                // SAFETY: `low..high` lies in `positions`.
                if !unsafe { probes.skip_groups::<M>(&mut low, &mut high) } {
                    continue;
                }
                size = GROUP * V::BYTES;
                from = if M::BACKWARD { high - size } else { low };
                at = from;
                for (index, mask) in masks.iter_mut().enumerate() {
                    // SAFETY: the group lies between `low` and `high`.
                    *mask = unsafe { probes.candidates(at + index * V::BYTES) };
                    matched |= u32::from(!mask.is_empty()) << index;
                }
            } else {
                size = if unaligned == 0 { V::BYTES.min(high - low) } else { std::mem::take(&mut unaligned) };
                if size == 0 {
                    return ControlFlow::Continue(());
                }
                from = if M::BACKWARD { high - size } else { low };
                // The vector may overlap positions that were searched or come later; `positions` has at least one
                // vector.
                at = from.min(positions.end - V::BYTES);
                let wanted = LaneMask::from_lane(from - at) & LaneMask::before_lane(from - at + size);
                // SAFETY: the vector at `at` lies in `positions`.
                masks[0] = unsafe { probes.candidates(at) } & wanted;
                matched = u32::from(!masks[0].is_empty());
            }
            while matched != 0 {
                let index =
                    if M::BACKWARD { 31 - matched.leading_zeros() } else { matched.trailing_zeros() } as usize;
                matched ^= 1 << index;
                let vector = at + index * V::BYTES;
                let rest =
                    if M::BACKWARD { low..vector.max(from) } else { (vector + V::BYTES).min(from + size)..high };
                // SAFETY: the vector lies in `positions`, and the candidates are those of the first N probes.
                unsafe { verify::<V, M, N>(input, vector, masks[index], rest, matches, stats) }?;
            }
            if M::BACKWARD {
                high = from;
            } else {
                low = from + size;
            }
        }
    }
}
