//! The scan: every place where the needle may begin, a vector of places at a time.
//!
//! Two of the needle's bytes are compared at once, each at its own distance from the places (one, where the needle has
//! no more; four or eight, where the haystack is so like the needle that two do not tell). Groups of vectors where that
//! finds nothing are all that most searches see, and they pass at memory speed. Where it does match, [`settle`]
//! compares more of the probes, then either all bytes (a needle of up to 64, many places left) or the needle itself, place
//! by place. The cost of a haystack that looks much like the needle is bounded:
//!
//! * all bytes of a needle of up to 64: at most 72 loads for a vector of places, however often it matches;
//! * a longer needle, place by place: what this compares is counted, and past a limit proportional to the bytes
//!   scanned the scan gives up, for [`super::two_way`] to go on.

use std::ops::{ControlFlow, Range};

use super::probes::{Probes, PROBES};
use super::sink::Sink;
use super::vector::Vector;

/// The longest needle of which a vector of places is compared with all bytes.
const WHOLE: usize = 64;

/// So many places of one vector and more are compared with all bytes together, fewer one by one.
const MANY: u32 = 3;

/// Vectors in a group.
const GROUP: usize = 4;

/// What is searched for, and where.
#[derive(Clone, Copy)]
pub(super) struct Job<'a> {
    /// Where the haystack begins.
    pub(super) hay: *const u8,
    /// Not empty.
    pub(super) needle: &'a [u8],
    /// Of this needle.
    pub(super) probes: &'a Probes,
}

/// What a scan cost beyond going over the places.
#[derive(Debug, Default)]
pub(super) struct Effort {
    /// Vectors in which the first comparison matched for nothing.
    pub(super) alarms: usize,
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

/// Hands all occurrences that begin in `starts` to `sink`.
///
/// # Safety
/// * The processor must have `V`'s instruction set.
/// * `job.hay` must be valid for reads up to `starts.end - 1 + job.needle.len()`, no further than isize::MAX.
/// * `starts` must have at least `V::BYTES` places.
#[inline(always)]
pub(super) unsafe fn scan<V: Vector, S: Sink>(
    job: &Job,
    starts: Range<usize>,
    sink: &mut S,
    effort: &mut Effort,
) -> ControlFlow<Break> {
    // SAFETY: for each call, this function's contract is the same.
    unsafe {
        match job.probes.at_once {
            1 => sweep::<V, S, 1>(job, starts, sink, effort),
            2 => sweep::<V, S, 2>(job, starts, sink, effort),
            4 => sweep::<V, S, 4>(job, starts, sink, effort),
            _ => sweep::<V, S, 8>(job, starts, sink, effort),
        }
    }
}

/// The first comparison: of the first `N` probes. A struct, not a closure, here and below: only functions can be told
/// to be inlined always, and the intrinsics are slow calls where they are not.
#[derive(Clone, Copy)]
struct Quick<V, const N: usize> {
    places: [*const u8; N],
    bytes: [V; N],
}

impl<V: Vector, const N: usize> Quick<V, N> {
    /// # Safety
    /// The processor must have `V`'s instruction set, and `job.hay` be valid as [`scan`] says.
    #[inline(always)]
    unsafe fn new(job: &Job) -> Self {
        let Probes { offsets, bytes, .. } = job.probes;
        // SAFETY: this needs nothing but the instruction set.
        let mut quick = Quick { places: [job.hay; N], bytes: [unsafe { V::splat(bytes[0]) }; N] };
        for i in 0..N {
            // SAFETY: the offset is below the needle's length, which the haystack has.
            quick.places[i] = unsafe { job.hay.add(offsets[i]) };
            // SAFETY: this needs nothing but the instruction set.
            quick.bytes[i] = unsafe { V::splat(bytes[i]) };
        }
        quick
    }

    /// The lanes that match at the place `at`.
    ///
    /// # Safety
    /// The vector of places at `at` must lie in `starts`: then the load at any offset below the needle's length ends
    /// at most at `starts.end - 1 + needle.len()`.
    #[inline(always)]
    unsafe fn at(&self, at: usize) -> V::Eq {
        // SAFETY: this function's contract.
        unsafe {
            let mut lanes = V::eq(V::load(self.places[0].add(at)), self.bytes[0]);
            for i in 1..N {
                lanes = V::and(lanes, V::eq(V::load(self.places[i].add(at)), self.bytes[i]));
            }
            lanes
        }
    }

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

/// [`scan`] with the first `N` probes in the first comparison.
///
/// # Safety
/// As `scan`.
#[inline(always)]
unsafe fn sweep<V: Vector, S: Sink, const N: usize>(
    job: &Job,
    starts: Range<usize>,
    sink: &mut S,
    effort: &mut Effort,
) -> ControlFlow<Break> {
    debug_assert!(!job.needle.is_empty() && starts.end - starts.start >= V::BYTES);
    // SAFETY: this function's contract.
    let quick = unsafe { Quick::<V, N>::new(job) };
    // Places from `low` to `high` are still to be looked at.
    let (mut low, mut high) = (starts.start, starts.end);
    // How far the first vector goes: so that in the loop the loads of the first probe are aligned.
    let mut head = 0;
    if high - low >= 4 * GROUP * V::BYTES {
        let past = (quick.places[0] as usize).wrapping_add(if S::BACKWARD { high } else { low }) % V::BYTES;
        head = if S::BACKWARD || past == 0 { past } else { V::BYTES - past };
    }
    // Vectors left of a group that has a match.
    let mut group = 0;
    loop {
        // What comes next: how many places, of a vector that may reach over others.
        let size = if head != 0 {
            std::mem::take(&mut head)
        } else if group != 0 {
            group -= 1;
            V::BYTES
        // SAFETY: `low..high` lies in `starts`.
        } else if unsafe { quick.skim::<S>(&mut low, &mut high) } {
            // Compared again: to keep the vectors would cost the loop that finds nothing its registers.
            group = GROUP - 1;
            V::BYTES
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
            // SAFETY: as above.
            unsafe { settle::<V, S>(job, at, hits, low..high, sink, effort) }?;
        }
    }
}

/// The bits of the lanes from `lane` on; `lane` may be `V::BYTES`.
#[inline(always)]
fn lanes_from<V: Vector>(lane: usize) -> u64 {
    u64::MAX.checked_shl((lane << V::SHIFT) as u32).unwrap_or(0)
}

/// Decides about the places `hits` of the vector at `at`, where the first comparison matched. `rest` is what of
/// the range has not been looked at after it.
///
/// # Safety
/// As [`scan`]; the vector at `at` lies in `starts`.
#[inline(always)]
unsafe fn settle<V: Vector, S: Sink>(
    job: &Job,
    at: usize,
    mut hits: u64,
    rest: Range<usize>,
    sink: &mut S,
    effort: &mut Effort,
) -> ControlFlow<Break> {
    let needle = job.needle;
    let Probes { offsets, bytes, .. } = job.probes;
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
            return unsafe { one_by_one::<V, S>(job, at, hits, rest, sink, effort) };
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
    if sink.take::<V>(at, hits) {
        ControlFlow::Continue(())
    } else {
        ControlFlow::Break(Break::Full)
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
unsafe fn equal(hay: *const u8, needle: &[u8], compared: &mut usize) -> bool {
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
