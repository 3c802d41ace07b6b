//! A vector of bytes. Only this differs between processors: all passes are written once, over the trait [`Vector`].
//!
//! Every implementation is a handful of one-line functions, all `#[inline(always)]`, so that they are compiled as part
//! of the `#[target_feature]` functions of [`super::dispatch`] that name the instruction set.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(all(target_arch = "x86_64", zcio_avx512))]
mod avx512;
mod byte;
#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
mod neon;
mod nibble_tables;
#[cfg(target_arch = "x86_64")]
mod sse2;
mod swar;

use std::marker::PhantomData;
use std::ops::{BitAnd, BitOr};

#[cfg(target_arch = "x86_64")]
pub(super) use avx2::Avx2;
#[cfg(all(target_arch = "x86_64", zcio_avx512))]
pub(super) use avx512::Avx512;
pub(super) use byte::Byte;
#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
pub(super) use neon::Neon;
pub(super) use nibble_tables::NibbleTables;
#[cfg(target_arch = "x86_64")]
pub(super) use sse2::Sse2;
pub(super) use swar::Swar;

/// A vector of [`Vector::BYTES`] bytes. Lanes are numbered in memory order, whatever the processor's byte order.
///
/// # Safety
/// * `mask` must give lane `i` one bit of those from `i << SHIFT` to below `(i + 1) << SHIFT`, always the same one: the
///   passes use lane numbers for addresses.
/// * No function may need more than the instruction set and, if it takes an address, `BYTES` readable bytes there.
pub(super) unsafe trait Vector: Copy {
    /// Which lanes were equal, in the processor's own form.
    type Equal: Copy;

    /// How many bytes it has: a power of two, at most 64.
    const BYTES: usize;

    /// A lane takes `1 << SHIFT` bits of a [`LaneMask`].
    const SHIFT: u32;

    /// `byte` in every lane.
    ///
    /// # Safety
    /// * The processor must have the instruction set.
    unsafe fn splat(byte: u8) -> Self;

    /// The `BYTES` bytes at `at`, of any alignment.
    ///
    /// # Safety
    /// * The processor must have the instruction set.
    /// * `at` must be valid for reads of `BYTES` bytes.
    unsafe fn load(at: *const u8) -> Self;

    /// Which lanes are equal.
    ///
    /// # Safety
    /// * The processor must have the instruction set.
    unsafe fn eq(a: Self, b: Self) -> Self::Equal;

    /// Lanes set in both.
    ///
    /// # Safety
    /// * The processor must have the instruction set.
    unsafe fn and(a: Self::Equal, b: Self::Equal) -> Self::Equal;

    /// Lanes set in either.
    ///
    /// # Safety
    /// * The processor must have the instruction set.
    unsafe fn or(a: Self::Equal, b: Self::Equal) -> Self::Equal;

    /// Whether a lane is set.
    ///
    /// # Safety
    /// * The processor must have the instruction set.
    unsafe fn any(lanes: Self::Equal) -> bool;

    /// The bits of `differences`, and those in which `a` and `b` differ.
    ///
    /// # Safety
    /// * The processor must have the instruction set.
    unsafe fn differ(differences: Self, a: Self, b: Self) -> Self;

    /// The set lanes.
    ///
    /// # Safety
    /// * The processor must have the instruction set.
    unsafe fn mask(lanes: Self::Equal) -> LaneMask<Self>;

    /// Which of the `BYTES` bytes at `at` are members. By default one after the other: SSE2 and plain integers have no
    /// table lookup.
    ///
    /// # Safety
    /// * The processor must have the instruction set.
    /// * `at` must be valid for reads of `BYTES` bytes.
    #[inline(always)]
    unsafe fn members(at: *const u8, tables: &NibbleTables) -> LaneMask<Self> {
        let mut bits = 0;
        for lane in 0..Self::BYTES {
            // SAFETY: this function's contract: the lane's byte is readable.
            let member = tables.contains(unsafe { at.add(lane).read() });
            bits |= u64::from(member) << (lane << Self::SHIFT);
        }
        LaneMask::new(bits)
    }

    /// Asks for the cache line at `at`, which need not exist.
    #[inline(always)]
    fn prefetch(_at: *const u8) {}
}

/// A set of a vector's lanes, one bit each; memchr's `MoveMask`. If a word has bits for more lanes than the vector, it
/// may hold those of several vectors, one after the other in memory.
#[derive(Clone, Copy)]
pub(super) struct LaneMask<V> {
    bits: u64,
    vector: PhantomData<V>,
}

impl<V: Vector> LaneMask<V> {
    /// How many lanes a word has bits for: one or more vectors.
    pub(super) const LANES: usize = 64 >> V::SHIFT;

    /// No lane.
    pub(super) const NONE: Self = LaneMask { bits: 0, vector: PhantomData };

    /// Lane `i` is set if its bit is, see [`Vector::mask`].
    #[inline(always)]
    pub(super) fn new(bits: u64) -> Self {
        LaneMask { bits, vector: PhantomData }
    }

    /// The same lanes after `lanes` others.
    #[inline(always)]
    pub(super) fn after(self, lanes: usize) -> Self {
        Self::new(self.bits << (lanes << V::SHIFT))
    }

    /// All lanes from `lane` on; none if `lane` is [`LaneMask::LANES`]. May have bits that no lane of [`Vector::mask`]
    /// has.
    #[inline(always)]
    pub(super) fn from_lane(lane: usize) -> Self {
        Self::new(u64::MAX.checked_shl((lane << V::SHIFT) as u32).unwrap_or(0))
    }

    /// All lanes before `lane`, as [`LaneMask::from_lane`].
    #[inline(always)]
    pub(super) fn before_lane(lane: usize) -> Self {
        Self::new(!Self::from_lane(lane).bits)
    }

    #[inline(always)]
    pub(super) fn is_empty(self) -> bool {
        self.bits == 0
    }

    /// How many lanes are set.
    #[inline(always)]
    pub(super) fn count(self) -> usize {
        self.bits.count_ones() as usize
    }

    /// The first set lane in memory; [`LaneMask::LANES`] if none is set.
    #[inline(always)]
    pub(super) fn first(self) -> usize {
        (self.bits.trailing_zeros() >> V::SHIFT) as usize
    }

    /// The last set lane; there must be one.
    #[inline(always)]
    pub(super) fn last(self) -> usize {
        ((63 - self.bits.leading_zeros()) >> V::SHIFT) as usize
    }

    /// Without the first set lane, if there is one.
    #[inline(always)]
    pub(super) fn without_first(self) -> Self {
        Self::new(self.bits & self.bits.wrapping_sub(1))
    }

    /// Without `lane`.
    #[inline(always)]
    pub(super) fn without(self, lane: usize) -> Self {
        let one = (1u64 << (1 << V::SHIFT)) - 1;
        Self::new(self.bits & !(one << (lane << V::SHIFT)))
    }
}

impl<V: Vector> BitOr for LaneMask<V> {
    type Output = Self;

    #[inline(always)]
    fn bitor(self, other: Self) -> Self {
        Self::new(self.bits | other.bits)
    }
}

impl<V: Vector> BitAnd for LaneMask<V> {
    type Output = Self;

    #[inline(always)]
    fn bitand(self, other: Self) -> Self {
        Self::new(self.bits & other.bits)
    }
}

/// Functions of [`Vector`], each of one expression whose preconditions are those of the trait and no more.
macro_rules! vector_functions {
    ($(fn $name:ident($($argument:ident: $kind:ty),*) -> $out:ty { $body:expr })*) => {$(
        #[inline(always)]
        // Newer compilers call some intrinsics safe that 1.85 does not, and a few bodies have none.
        #[allow(unused_unsafe)]
        unsafe fn $name($($argument: $kind),*) -> $out {
            // SAFETY: by the contract of the trait's function the processor has the instruction set, and BYTES bytes
            // are readable at an address.
            unsafe { $body }
        }
    )*};
}
use vector_functions;

#[cfg(test)]
mod tests {
    use super::*;

    /// Every lane alone, at either end of a mask.
    fn lanes<V: Vector>() {
        for lane in 0..V::BYTES {
            let mut bytes = [0u8; 64];
            bytes[lane] = 7;
            // SAFETY: the callers name instruction sets that are always there, and no vector has more than 64 bytes.
            let mask = unsafe { V::mask(V::eq(V::load(bytes.as_ptr()), V::splat(7))) };
            assert_eq!((mask.first(), mask.last(), mask.count()), (lane, lane, 1));
            assert!(mask.without(lane).is_empty() && mask.without_first().is_empty());
            assert!((mask & LaneMask::from_lane(lane + 1)).is_empty());
            assert!((mask & LaneMask::before_lane(lane)).is_empty());
            assert_eq!((mask & LaneMask::from_lane(lane) & LaneMask::before_lane(lane + 1)).bits, mask.bits);
        }
        assert_eq!(LaneMask::<V>::NONE.first(), LaneMask::<V>::LANES);
    }

    #[test]
    fn lanes_are_in_memory_order() {
        lanes::<Byte>();
        lanes::<Swar>();
        #[cfg(target_arch = "x86_64")]
        lanes::<Sse2>();
        #[cfg(all(target_arch = "aarch64", target_endian = "little"))]
        lanes::<Neon>();
    }
}
