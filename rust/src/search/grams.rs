//! The search where the haystack has so few different letters that any two of the needle's are everywhere.
//!
//! Not every place is compared: of every eighth place of the haystack (or fourth, if the needle is short) the eight bytes
//! that stand there are made a code of sixteen bits. It is compared with eight codes of the needle (or four), one for each
//! place at which an occurrence around the sampled place could begin; four of them at once. So two comparisons do for 32
//! places, where the scan would need up to eight.
//!
//! What codes agree with is compared with the needle, place by place. Where that is too often for nothing this gives up,
//! for other probes and the scan to go on.

use std::ops::{ControlFlow, Range};

use super::gram_plan::{Plan, Stride};
use super::job::{Break, Effort, Job};
use super::sink::Sink;
use super::Level;

/// Hands all occurrences that begin in `starts` to `sink`.
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))] // Where no level has codes.
pub(super) struct Grams<'s, S> {
    pub(super) job: &'s Job<'s>,
    /// Of the job's needle, for a stride that the level has.
    pub(super) plan: &'s Plan,
    pub(super) starts: Range<usize>,
    pub(super) sink: &'s mut S,
    pub(super) effort: &'s mut Effort,
}

/// The shortest haystack that is sampled: a group of vectors, and the second stream of a [`Stride::Four`].
pub(super) const LEAST: usize = 128 + 4;

/// A way to sample.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sampling {
    pub(super) stride: Stride,
    /// It is faster than a scan that compares more probes than this at once.
    pub(super) faster_than: usize,
}

impl Level {
    /// How a haystack can be sampled for a needle of so many bytes.
    pub(super) fn sampling(self, needle_len: usize) -> Option<Sampling> {
        let has = |level| cfg!(zcio_avx512) && self >= level;
        // From the L3 cache, GB/s, of the longest to the shortest needles: with AVX-512 VL 63, 57 and 51, with GFNI 60, 55
        // and 43, without 46 and 33; the scan with two probes and more 57, 52, 43, 29 and 21.
        let (stride, faster_than) = match (needle_len, has(Level::Gfni), has(Level::Avx512vl)) {
            _ if self < Level::Avx2 => return None,
            (15.., true, _) => (Stride::Eight, 2),
            (11.., true, true) => (Stride::Four, 2),
            (11.., true, false) | (7.., true, true) => (Stride::Four, 3),
            (7.., true, false) => (Stride::Four, 4),
            (15.., false, _) => (Stride::Eight, 3),
            (11.., false, _) => (Stride::Four, 4),
            _ => return None,
        };
        Some(Sampling { stride, faster_than })
    }

    /// Samples the haystack.
    ///
    /// # Safety
    /// * The level must be available, and the plan's stride be what [`Level::sampling`] says of the needle.
    /// * The job's `hay` must be valid for reads of `hay_len` bytes, at least [`LEAST`], no more than isize::MAX.
    /// * The needle must have room at each of `starts`: `starts.end - 1 + needle.len() <= hay_len`.
    #[cfg(target_arch = "x86_64")]
    pub(super) unsafe fn sample<S: Sink>(self, grams: Grams<S>) -> ControlFlow<Break> {
        let partly = grams.job.needle.len() < 11;
        // SAFETY: for each call, the level says that the processor can, and the rest is our contract.
        unsafe {
            #[cfg(zcio_avx512)]
            if self >= Level::Avx512vl {
                return match grams.plan.stride {
                    Stride::Eight => affine_vl::<S, 8, false>(grams),
                    Stride::Four if partly => affine_vl::<S, 4, true>(grams),
                    Stride::Four => affine_vl::<S, 4, false>(grams),
                };
            }
            #[cfg(zcio_avx512)]
            if self >= Level::Gfni {
                return match grams.plan.stride {
                    Stride::Eight => affine::<S, 8, false>(grams),
                    Stride::Four if partly => affine::<S, 4, true>(grams),
                    Stride::Four => affine::<S, 4, false>(grams),
                };
            }
            debug_assert!(!partly);
            match grams.plan.stride {
                Stride::Eight => products::<S, 8>(grams),
                Stride::Four => products::<S, 4>(grams),
            }
        }
    }

    /// No level of this processor family has codes.
    ///
    /// # Safety
    /// None.
    #[cfg(not(target_arch = "x86_64"))]
    pub(super) unsafe fn sample<S: Sink>(self, _: Grams<S>) -> ControlFlow<Break> {
        unreachable!("Level::sampling has none")
    }
}

/// # Safety
/// As [`sampler::sweep`].
#[cfg(all(target_arch = "x86_64", zcio_avx512))]
#[target_feature(enable = "gfni,avx2,bmi1,lzcnt,popcnt")]
unsafe fn affine<S: Sink, const STRIDE: usize, const PARTLY: bool>(grams: Grams<S>) -> ControlFlow<Break> {
    // SAFETY: the contract is the same.
    unsafe { super::sampler::sweep::<super::vector::Affine, S, STRIDE, PARTLY>(grams) }
}

/// # Safety
/// As [`sampler::sweep`].
#[cfg(all(target_arch = "x86_64", zcio_avx512))]
#[target_feature(enable = "avx512f,avx512vl,gfni,avx2,bmi1,lzcnt,popcnt")]
unsafe fn affine_vl<S: Sink, const STRIDE: usize, const PARTLY: bool>(grams: Grams<S>) -> ControlFlow<Break> {
    // SAFETY: the contract is the same.
    unsafe { super::sampler::sweep::<super::vector::Affine, S, STRIDE, PARTLY>(grams) }
}

/// # Safety
/// As [`sampler::sweep`].
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,lzcnt,popcnt")]
unsafe fn products<S: Sink, const STRIDE: usize>(grams: Grams<S>) -> ControlFlow<Break> {
    // SAFETY: the contract is the same.
    unsafe { super::sampler::sweep::<super::vector::Products, S, STRIDE, false>(grams) }
}
