//! Checks whether the needle occurs where the probes matched.
//!
//! The cost is bounded even if the haystack resembles the needle:
//!
//! * If a vector of positions has many candidates and the needle has up to 64 bytes, they are all compared together,
//!   one byte of the needle at a time: at most 72 loads for a vector of positions.
//! * Otherwise candidates are compared one by one. The bytes compared are counted; above a limit, which is proportional
//!   to the number of positions, the scan gives up and [`super::two_way`] continues.

use std::ops::{ControlFlow, Range};

use super::matches::Matches;
use super::pass::{SearchInput, Stats, Stop};
use super::rare_bytes::PROBES;
use super::vector::{LaneMask, Vector};

/// The longest needle for which candidates are compared together.
const WHOLE: usize = 64;

/// If one vector has at least this many candidates, they are compared together; fewer are compared one by one.
const MANY: usize = 5;

/// Passes the occurrences among `candidates`, lanes of the vector of positions at `at`, to `matches`. The first `N`
/// probes match at all of them. `rest` is the range of positions that is left after this vector.
///
/// # Safety
/// * The processor must have `V`'s instruction set.
/// * The needle must fit into the haystack at each of the `V::BYTES` positions from `at` on.
#[inline(always)]
pub(super) unsafe fn verify<V: Vector, M: Matches, const N: usize>(
    input: &SearchInput,
    at: usize,
    mut candidates: LaneMask<V>,
    rest: Range<usize>,
    matches: &mut M,
    stats: &mut Stats,
) -> ControlFlow<Stop> {
    let len = input.needle.len();
    let mut certain = len <= N;
    if !certain && candidates.count() >= MANY {
        let probes = input.probes.offsets.iter().zip(input.probes.bytes).take(PROBES.min(len)).skip(N);
        for (&offset, byte) in probes {
            // SAFETY: the offset is below the needle's length; the rest is our contract.
            candidates = candidates & unsafe { at_offset(input, at + offset, byte) };
        }
        certain = len <= PROBES;
        if !certain && len <= WHOLE && candidates.count() >= MANY {
            for (offset, &byte) in input.needle.iter().enumerate() {
                // SAFETY: as above.
                candidates = candidates & unsafe { at_offset(input, at + offset, byte) };
            }
            certain = true;
        }
    }
    if certain {
        if candidates.is_empty() {
            stats.false_positives += 1;
        } else if !matches.take(at, candidates) {
            return ControlFlow::Break(Stop::Full);
        }
        return ControlFlow::Continue(());
    }
    let mut taken = false;
    while !candidates.is_empty() {
        let lane = if M::BACKWARD { candidates.last() } else { candidates.first() };
        candidates = candidates.without(lane);
        // SAFETY: the needle fits at the lane's position.
        if matches.wants(at + lane) && unsafe { equal(input.address(at + lane), input.needle, &mut stats.compared) }
        {
            taken = true;
            if !matches.take_one(at + lane) {
                return ControlFlow::Break(Stop::Full);
            }
        }
    }
    stats.false_positives += usize::from(!taken);
    if stats.compared > stats.limit {
        return ControlFlow::Break(Stop::GaveUp(rest));
    }
    ControlFlow::Continue(())
}

/// The lanes of the vector at `at` that hold `byte`.
///
/// # Safety
/// * The processor must have `V`'s instruction set.
/// * The haystack must have `V::BYTES` bytes from `at` on.
#[inline(always)]
unsafe fn at_offset<V: Vector>(input: &SearchInput, at: usize, byte: u8) -> LaneMask<V> {
    // SAFETY: this function's contract.
    unsafe { V::mask(V::eq(V::load(input.address(at)), V::splat(byte))) }
}

/// Whether the bytes at `hay` equal `needle`. Compares eight at a time, as memchr's `is_equal_raw`, and adds the number
/// of bytes compared to `compared`.
///
/// # Safety
/// * `hay` must be valid for reads of `needle.len()` bytes.
#[inline(always)]
pub(super) unsafe fn equal(hay: *const u8, needle: &[u8], compared: &mut usize) -> bool {
    /// # Safety
    /// * Both must be valid for reads of a `T` at `at`.
    #[inline(always)]
    unsafe fn same<T: Copy + PartialEq>(a: *const u8, b: *const u8, at: usize) -> bool {
        // SAFETY: this function's contract; unaligned reads take any address.
        unsafe { a.add(at).cast::<T>().read_unaligned() == b.add(at).cast::<T>().read_unaligned() }
    }
    let (len, other) = (needle.len(), needle.as_ptr());
    // SAFETY: for every call, `at + size_of::<T>() <= len`, and both have `len` bytes.
    unsafe {
        if len < 8 {
            *compared += len;
            return match len {
                4.. => same::<u32>(hay, other, 0) && same::<u32>(hay, other, len - 4),
                _ => (0..len).all(|at| same::<u8>(hay, other, at)),
            };
        }
        let mut at = 0;
        while at + 8 < len {
            if !same::<u64>(hay, other, at) {
                *compared += at + 8;
                return false;
            }
            at += 8;
        }
        *compared += len;
        same::<u64>(hay, other, len - 8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_sees_every_byte() {
        for len in 0..40 {
            let needle: Vec<u8> = (0..len).collect();
            // SAFETY: the haystack is as long as the needle.
            assert!(unsafe { equal(needle.clone().as_ptr(), &needle, &mut 0) });
            for at in 0..len as usize {
                let mut hay = needle.clone();
                hay[at] ^= 0x80;
                // SAFETY: as above.
                assert!(!unsafe { equal(hay.as_ptr(), &needle, &mut 0) }, "{len} {at}");
            }
        }
    }
}
