//! Counting a short needle where it is everywhere: all its bytes are compared at every place, and nothing is branched on.
//! Only for occurrences that cannot overlap.

use std::ops::Range;

use super::job::{lanes_from, Job};
use super::lanes::Lanes;
use super::level::Pass;
use super::vector::Vector;

/// The longest needle for which it is written.
const LONGEST: usize = 7;

/// The longest needle for which it pays where occurrences are equally far apart; [`super::sift`] compares less of longer
/// ones, but branches.
const LONGEST_OF_EVEN: usize = 4;

/// Whether it is faster than a sift.
pub(super) fn pays(needle_len: usize, uneven: bool) -> bool {
    needle_len <= if uneven { LONGEST } else { LONGEST_OF_EVEN }
}

/// Vectors in one round of the loop: with one, what surrounds it costs as much as a comparison.
const UNROLLED: usize = 4;

/// The occurrences that begin in `starts`, counted.
pub(super) struct Tally<'j> {
    /// Of a needle of up to [`LONGEST`].
    pub(super) job: &'j Job<'j>,
    /// As for [`super::scan::Scan`].
    pub(super) starts: Range<usize>,
}

impl Pass for Tally<'_> {
    type Out = usize;

    #[inline(always)]
    unsafe fn run<V: Vector>(self) -> usize {
        // SAFETY: for each call, this function's contract is the same.
        unsafe {
            match self.job.needle.len() {
                1 => every::<V, 1>(self.job, self.starts),
                2 => every::<V, 2>(self.job, self.starts),
                3 => every::<V, 3>(self.job, self.starts),
                4 => every::<V, 4>(self.job, self.starts),
                5 => every::<V, 5>(self.job, self.starts),
                6 => every::<V, 6>(self.job, self.starts),
                _ => every::<V, LONGEST>(self.job, self.starts),
            }
        }
    }
}

/// For a needle of `N` bytes.
///
/// # Safety
/// As [`Pass::run`].
#[inline(always)]
unsafe fn every<V: Vector, const N: usize>(job: &Job, starts: Range<usize>) -> usize {
    let (mut offsets, mut bytes) = ([0; N], [0; N]);
    for i in 0..N {
        offsets[i] = i;
        bytes[i] = job.needle[i];
    }
    // SAFETY: this function's contract, and the offsets are below the needle's length.
    let lanes = unsafe { Lanes::<V, N>::new(job, &offsets, &bytes) };
    let (mut at, mut total) = (starts.start, 0);
    while starts.end - at >= UNROLLED * V::BYTES {
        for i in 0..UNROLLED {
            // SAFETY: the vectors lie in `starts`.
            total += unsafe { V::bits(lanes.at(at + i * V::BYTES)) }.count_ones() as usize;
        }
        at += UNROLLED * V::BYTES;
    }
    while starts.end - at >= V::BYTES {
        // SAFETY: the vector lies in `starts`.
        total += unsafe { V::bits(lanes.at(at)) }.count_ones() as usize;
        at += V::BYTES;
    }
    // The last vector reaches back over places that were counted.
    let rest = starts.end - V::BYTES;
    // SAFETY: `starts` has at least one vector.
    total + (unsafe { V::bits(lanes.at(rest)) } & lanes_from::<V>(at - rest)).count_ones() as usize
}
