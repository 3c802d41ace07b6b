//! The scan: every place where the needle may begin, a vector of places at a time.
//!
//! Two of the needle's bytes are compared at once, each at its own distance from the places (one, where the needle has
//! no more; up to eight, where the haystack is so like the needle that two do not tell). Groups of vectors where that
//! finds nothing are all that most searches see, and they pass at memory speed. Where it does match, [`settle`]
//! compares more of the probes, then either all bytes (a needle of up to 64, many places left) or the needle itself, place
//! by place. The cost of a haystack that looks much like the needle is bounded:
//!
//! * all bytes of a needle of up to 64: at most 72 loads for a vector of places, however often it matches;
//! * a longer needle, place by place: what this compares is counted, and past a limit proportional to the bytes
//!   scanned the scan gives up, for [`super::two_way`] to go on.

use std::ops::{ControlFlow, Range};

use super::job::{lanes_from, Break, Effort, Job};
use super::lanes::Lanes;
use super::level::Pass;
use super::settle::{settle, Whole};
use super::sink::Sink;
use super::vector::Vector;

/// Vectors in a group.
const GROUP: usize = 4;

/// From vectors of so many bytes on it is found out without a branch which of a group match, as nobody foresees that:
/// what stands every thousand bytes is counted in a quarter less time. With shorter ones the loop that finds nothing lacks
/// the registers for it.
const WIDE: usize = 32;

/// Bytes of a cache line.
const LINE: usize = 64;

/// How far ahead memory is asked for, two pages: what the processor asks for by itself ends at the page. Of 2, 4, 8 KB
/// and none this was the best from the L3 cache (75 to 100 GB/s with 64-byte vectors) and never worse from memory.
const AHEAD: usize = 8192;

/// The same where only one stream is read, which forward goes well enough without: every other line, and not as far as
/// the first cache (backward from the L3 cache 55 to 63 GB/s; all lines and as far cost a third from the first cache).
const AHEAD_OF_ONE: usize = 4096;

/// Hands all occurrences that begin in `starts` to `sink`.
pub(super) struct Scan<'s, S> {
    pub(super) job: &'s Job<'s>,
    pub(super) starts: Range<usize>,
    pub(super) sink: &'s mut S,
    pub(super) effort: &'s mut Effort,
}

impl<S: Sink> Pass for Scan<'_, S> {
    type Out = ControlFlow<Break>;

    #[inline(always)]
    unsafe fn run<V: Vector>(self) -> ControlFlow<Break> {
        let Scan { job, starts, sink, effort } = self;
        // SAFETY: for each call, this function's contract is the same.
        unsafe {
            match job.probes.at_once {
                1 => sweep::<V, S, 1>(job, starts, sink, effort),
                2 => sweep::<V, S, 2>(job, starts, sink, effort),
                3 => sweep::<V, S, 3>(job, starts, sink, effort),
                4 => sweep::<V, S, 4>(job, starts, sink, effort),
                6 => sweep::<V, S, 6>(job, starts, sink, effort),
                _ => sweep::<V, S, 8>(job, starts, sink, effort),
            }
        }
    }
}

impl<V: Vector, const N: usize> Lanes<V, N> {
    /// Goes over whole groups of the places from `low` to `high` without a match, and returns whether a group with one
    /// comes next.
    ///
    /// # Safety
    /// As for `at`, for all vectors between `low` and `high`.
    #[inline(always)]
    unsafe fn skim<S: Sink>(&self, low: &mut usize, high: &mut usize) -> bool {
        let (mut from, mut to) = (*low, *high);
        let mut hit = false;
        while to - from >= GROUP * V::BYTES {
            let at = if S::BACKWARD { to - GROUP * V::BYTES } else { from };
            let places = self.places[0].wrapping_add(at);
            if N > 1 {
                for i in 0..GROUP * V::BYTES / LINE {
                    let ahead = if S::BACKWARD { (i * LINE).wrapping_sub(AHEAD) } else { i * LINE + AHEAD };
                    V::prefetch(places.wrapping_add(ahead));
                }
            } else if S::BACKWARD {
                for pair in 0..GROUP * V::BYTES / (2 * LINE) {
                    V::prefetch_farther(places.wrapping_add(pair * 2 * LINE).wrapping_sub(AHEAD_OF_ONE));
                }
            }
            // SAFETY: four vectors lie between `from` and `to`.
            hit = unsafe {
                let front = V::or(self.at(at), self.at(at + V::BYTES));
                V::any(V::or(front, V::or(self.at(at + 2 * V::BYTES), self.at(at + 3 * V::BYTES))))
            };
            if hit {
                break;
            }
            if S::BACKWARD {
                to = at;
            } else {
                from = at + GROUP * V::BYTES;
            }
        }
        (*low, *high) = (from, to);
        hit
    }
}

/// [`Scan`] with the first `N` probes in the first comparison.
///
/// # Safety
/// As [`Pass::run`].
#[inline(always)]
unsafe fn sweep<V: Vector, S: Sink, const N: usize>(
    job: &Job,
    starts: Range<usize>,
    sink: &mut S,
    effort: &mut Effort,
) -> ControlFlow<Break> {
    debug_assert!(!job.needle.is_empty() && starts.end - starts.start >= V::BYTES);
    // SAFETY: this function's contract.
    let (quick, whole) =
        unsafe { (Lanes::<V, N>::new(job, &job.probes.offsets, &job.probes.bytes), Whole::<V>::new(job.needle)) };
    // Places from `low` to `high` are still to be looked at.
    let (mut low, mut high) = (starts.start, starts.end);
    // How far the first vector goes: so that in the loop the loads of the first probe are aligned.
    let mut head = 0;
    if high - low >= 4 * GROUP * V::BYTES {
        let past = (quick.places[0] as usize).wrapping_add(if S::BACKWARD { high } else { low }) % V::BYTES;
        head = if S::BACKWARD || past == 0 { past } else { V::BYTES - past };
    }
    // Vectors left of a group that has a match, and how many of the group's had one so far.
    let (mut group, mut busy) = (0, 0);
    loop {
        // What comes next: how many places, of a vector that may reach over others.
        let size = if head != 0 {
            std::mem::take(&mut head)
        } else if group != 0 {
            group -= 1;
            V::BYTES
        } else if busy == GROUP && high - low >= GROUP * V::BYTES {
            // Where every vector has a match, to skim first is to do everything twice.
            (group, busy) = (GROUP - 1, 0);
            V::BYTES
        // SAFETY: `low..high` lies in `starts`.
        } else if unsafe { quick.skim::<S>(&mut low, &mut high) } {
            // Compared again: to keep the vectors would cost the loop that finds nothing its registers.
            if V::BYTES < WIDE {
                (group, busy) = (GROUP - 1, 0);
                V::BYTES
            } else {
                let from = if S::BACKWARD { high - GROUP * V::BYTES } else { low };
                let (mut hits, mut which) = ([0; GROUP], 0u32);
                for (index, hits) in hits.iter_mut().enumerate() {
                    // SAFETY: the group lies between `low` and `high`.
                    *hits = unsafe { V::bits(quick.at(from + index * V::BYTES)) };
                    which |= u32::from(*hits != 0) << index;
                }
                busy = which.count_ones() as usize;
                while which != 0 {
                    let index =
                        if S::BACKWARD { 31 - which.leading_zeros() } else { which.trailing_zeros() } as usize;
                    which ^= 1 << index;
                    let at = from + index * V::BYTES;
                    if S::BACKWARD {
                        high = at;
                    } else {
                        low = at + V::BYTES;
                    }
                    // SAFETY: the vector at `at` lies in `starts`.
                    unsafe { settle::<V, S>(job, &whole, at, hits[index], low..high, sink, effort) }?;
                }
                if S::BACKWARD {
                    high = from;
                } else {
                    low = from + GROUP * V::BYTES;
                }
                continue;
            }
        } else if low == high {
            return ControlFlow::Continue(());
        } else {
            V::BYTES.min(high - low)
        };
        // A vector that is not to be looked at whole reaches outwards if there is room, else back over what was
        // looked at. There is room in one of the two, for `starts` has at least one vector.
        let at = if S::BACKWARD {
            high -= size;
            if high + V::BYTES <= starts.end {
                high
            } else {
                starts.end - V::BYTES
            }
        } else {
            let at = if low + V::BYTES <= starts.end { low } else { starts.end - V::BYTES };
            low += size;
            at
        };
        let first = if S::BACKWARD { high - at } else { low - size - at };
        // SAFETY: the vector at `at` lies in `starts`.
        let hits = unsafe { V::bits(quick.at(at)) } & lanes_from::<V>(first) & !lanes_from::<V>(first + size);
        if hits != 0 {
            busy += 1;
            // SAFETY: as above.
            unsafe { settle::<V, S>(job, &whole, at, hits, low..high, sink, effort) }?;
        }
    }
}
