//! What the scan does where its first comparison matched: more probes, then the whole needle.

use std::ops::{ControlFlow, Range};

use super::job::{lanes_from, Break, Effort, Job};
use super::probes::{Probes, PROBES};
use super::sink::Sink;
use super::vector::Vector;

/// The longest needle of which a vector of places is compared with all bytes.
const WHOLE: usize = 64;

/// So many places of one vector and more are compared with all bytes together, fewer one by one.
const MANY: u32 = 5;

/// Decides about the places `hits` of the vector at `at`, where the first comparison matched. `rest` is what of
/// the range has not been looked at after it.
///
/// # Safety
/// As [`super::scan::scan`]; the vector at `at` lies in `starts`.
#[inline(always)]
pub(super) unsafe fn settle<V: Vector, S: Sink>(
    job: &Job,
    whole: &Whole<V>,
    at: usize,
    mut hits: u64,
    rest: Range<usize>,
    sink: &mut S,
    effort: &mut Effort,
) -> ControlFlow<Break> {
    let needle = job.needle;
    let Probes { offsets, bytes, .. } = job.probes;
    // A few places are sooner compared with the needle at once than with more probes (15 bytes every 30: 14.8 GB/s
    // instead of 8.7), but for a needle that a second pair of probes covers whole (22 GB/s instead of 15).
    let fits = 4 < needle.len() && needle.len() <= V::BYTES && at + 2 * V::BYTES <= job.hay_len;
    if fits && hits.count_ones() < MANY {
        // SAFETY: this function's contract, and two vectors are readable.
        hits = unsafe { whole.compare(job, at, hits) };
        return deliver::<V, S>(at, hits, sink, effort);
    }
    if needle.len() > 2 {
        // SAFETY: the offsets are below the needle's length; the rest is our contract.
        hits &= unsafe {
            let third = probe::<V>(job, at + offsets[2], bytes[2]);
            V::bits(V::and(third, probe::<V>(job, at + offsets[3], bytes[3])))
        };
        if hits == 0 {
            effort.alarms += 1;
            return ControlFlow::Continue(());
        }
    }
    if needle.len() > 4 {
        // SAFETY: as above.
        hits &= unsafe {
            let front =
                V::and(probe::<V>(job, at + offsets[4], bytes[4]), probe::<V>(job, at + offsets[5], bytes[5]));
            let sixth = probe::<V>(job, at + offsets[6], bytes[6]);
            V::bits(V::and(front, V::and(sixth, probe::<V>(job, at + offsets[7], bytes[7]))))
        };
        if hits == 0 {
            effort.alarms += 1;
            return ControlFlow::Continue(());
        }
    }
    if needle.len() > PROBES {
        if needle.len() > WHOLE || hits.count_ones() < MANY {
            // SAFETY: this function's contract.
            return unsafe {
                if fits {
                    hits = whole.compare(job, at, hits);
                    deliver::<V, S>(at, hits, sink, effort)
                } else {
                    one_by_one::<V, S>(job, at, hits, rest, sink, effort)
                }
            };
        }
        for (quad, bytes) in needle.chunks(4).enumerate() {
            let here = at + quad * 4;
            // The last chunk may be shorter; its last byte is then compared more than once.
            let last = bytes.len() - 1;
            let (second, third) = (last.min(1), last.min(2));
            // SAFETY: the offsets are below the needle's length; the rest is our contract.
            hits &= unsafe {
                let front = V::and(probe::<V>(job, here, bytes[0]), probe::<V>(job, here + second, bytes[second]));
                let back = probe::<V>(job, here + third, bytes[third]);
                V::bits(V::and(front, V::and(back, probe::<V>(job, here + last, bytes[last]))))
            };
            if hits == 0 {
                effort.alarms += 1;
                return ControlFlow::Continue(());
            }
        }
    }
    deliver::<V, S>(at, hits, sink, effort)
}

/// Hands the places `hits` of the vector at `at` to the sink, or notes that there are none.
#[inline(always)]
fn deliver<V: Vector, S: Sink>(at: usize, hits: u64, sink: &mut S, effort: &mut Effort) -> ControlFlow<Break> {
    if hits == 0 {
        effort.alarms += 1;
    } else if !sink.take::<V>(at, hits) {
        return ControlFlow::Break(Break::Full);
    }
    ControlFlow::Continue(())
}

/// A needle that fits one vector, to be compared at once; or the vector a longer one begins with.
#[derive(Clone, Copy)]
pub(super) struct Whole<V> {
    vector: V,
    lanes: u64,
}

impl<V: Vector> Whole<V> {
    /// Of `needle`, which must not be empty.
    ///
    /// # Safety
    /// The processor must have `V`'s instruction set.
    #[inline(always)]
    pub(super) unsafe fn new(needle: &[u8]) -> Self {
        let mut bytes = [0u8; 64];
        let len = needle.len().min(V::BYTES);
        bytes[..len].copy_from_slice(&needle[..len]);
        // SAFETY: no vector has more than 64 bytes; the rest is our contract.
        unsafe {
            let vector = V::load(bytes.as_ptr());
            Whole { vector, lanes: V::bits(V::eq(vector, vector)) & !lanes_from::<V>(len) }
        }
    }

    /// Those of `hits`, places of the vector at `at`, where the needle stands.
    ///
    /// # Safety
    /// Two vectors must be readable at `at`, and the processor have `V`'s instruction set.
    #[inline(always)]
    unsafe fn compare(&self, job: &Job, at: usize, hits: u64) -> u64 {
        let (mut left, mut found) = (hits, 0);
        while left != 0 {
            let bit = left & left.wrapping_neg();
            left ^= bit;
            let lane = (bit.trailing_zeros() >> V::SHIFT) as usize;
            // SAFETY: a lane is below `V::BYTES`, so the vector there ends before two from `at` on do.
            if unsafe { self.all(self.compared(job.hay.add(at + lane))) } {
                found |= bit;
            }
        }
        found
    }

    /// The lanes of the vector at `at` that agree with the needle's first one, and of a shorter needle maybe others.
    ///
    /// # Safety
    /// A vector must be readable at `at`, and the processor have `V`'s instruction set.
    #[inline(always)]
    pub(super) unsafe fn compared(&self, at: *const u8) -> V::Eq {
        // SAFETY: this function's contract.
        unsafe { V::eq(V::load(at), self.vector) }
    }

    /// Whether `lanes` has all that the needle's first vector has bytes for.
    ///
    /// # Safety
    /// The processor must have `V`'s instruction set.
    #[inline(always)]
    pub(super) unsafe fn all(&self, lanes: V::Eq) -> bool {
        // SAFETY: this function's contract.
        unsafe { V::bits(lanes) & self.lanes == self.lanes }
    }
}

/// The lanes that hold `byte`, of the vector at `at` in the haystack.
///
/// # Safety
/// The processor must have `V`'s instruction set, and the vector at `at` be readable.
#[inline(always)]
unsafe fn probe<V: Vector>(job: &Job, at: usize, byte: u8) -> V::Eq {
    // SAFETY: this function's contract.
    unsafe { V::eq(V::load(job.hay.add(at)), V::splat(byte)) }
}

/// Compares the needle at each place of `hits`.
///
/// # Safety
/// As [`settle`].
#[inline(always)]
unsafe fn one_by_one<V: Vector, S: Sink>(
    job: &Job,
    at: usize,
    mut hits: u64,
    rest: Range<usize>,
    sink: &mut S,
    effort: &mut Effort,
) -> ControlFlow<Break> {
    let mut taken = false;
    while hits != 0 {
        let bit = if S::BACKWARD { 1 << (63 - hits.leading_zeros()) } else { hits & hits.wrapping_neg() };
        hits ^= bit;
        let here = at + (bit.trailing_zeros() >> V::SHIFT) as usize;
        if !sink.wants(here) {
            continue;
        }
        // SAFETY: `here` is a place of `starts`, so the needle's length is readable there; the needle is longer
        // than 4.
        let same = unsafe { equal(job.hay.add(here), job.needle, &mut effort.compared) };
        if same {
            taken = true;
            if !sink.take::<V>(at, bit) {
                return ControlFlow::Break(Break::Full);
            }
        }
    }
    if !taken {
        effort.alarms += 1;
    }
    if effort.compared > effort.limit {
        return ControlFlow::Break(Break::GaveUp(rest));
    }
    ControlFlow::Continue(())
}

/// Whether `needle` stands at `hay`. Adds what was compared to `compared`.
///
/// # Safety
/// `hay` must be valid for reads of `needle.len()` bytes, which must be more than 4.
#[inline(always)]
pub(super) unsafe fn equal(hay: *const u8, needle: &[u8], compared: &mut usize) -> bool {
    debug_assert!(needle.len() > 4);
    // SAFETY, for all reads: `at + size_of::<T>() <= needle.len()`, in both.
    unsafe fn differ<T: Copy + PartialEq>(a: *const u8, b: *const u8, at: usize) -> bool {
        // SAFETY: readable by the callers below; unaligned reads take any address.
        unsafe { a.add(at).cast::<T>().read_unaligned() != b.add(at).cast::<T>().read_unaligned() }
    }
    let (len, other) = (needle.len(), needle.as_ptr());
    if len < 8 {
        *compared += len;
        // SAFETY: 4 bytes from 0 and 4 bytes up to the end, of at least 5.
        return unsafe { !differ::<u32>(hay, other, 0) && !differ::<u32>(hay, other, len - 4) };
    }
    let mut at = 0;
    while at + 8 < len {
        // SAFETY: 8 bytes from `at`.
        if unsafe { differ::<u64>(hay, other, at) } {
            *compared += at + 8;
            return false;
        }
        at += 8;
    }
    *compared += len;
    // SAFETY: 8 bytes up to the end, of at least 8.
    unsafe { !differ::<u64>(hay, other, len - 8) }
}
