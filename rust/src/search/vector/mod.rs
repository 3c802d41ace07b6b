//! A vector of bytes, the one thing that differs between processors: the scan is written once, over this trait.
//!
//! Every implementation is a handful of one-line functions, all `#[inline(always)]`, so that they melt into the
//! `#[target_feature]` function of [`super::level`] that names the instruction set.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(all(target_arch = "x86_64", zcio_avx512))]
mod avx512;
mod byte;
#[cfg(target_arch = "x86_64")]
mod coder;
#[cfg(target_arch = "aarch64")]
mod neon;
#[cfg(target_arch = "x86_64")]
mod sse2;
mod swar;

#[cfg(target_arch = "x86_64")]
pub(super) use avx2::Avx2;
#[cfg(all(target_arch = "x86_64", zcio_avx512))]
pub(super) use avx512::Avx512;
pub(super) use byte::Byte;
#[cfg(all(target_arch = "x86_64", zcio_avx512))]
pub(super) use coder::Affine;
#[cfg(target_arch = "x86_64")]
pub(super) use coder::{Coder, Products};
#[cfg(target_arch = "aarch64")]
pub(super) use neon::Neon;
#[cfg(target_arch = "x86_64")]
pub(super) use sse2::Sse2;
pub(super) use swar::Swar;

/// A vector of [`Vector::BYTES`] bytes, its lanes numbered in memory order.
///
/// # Safety
/// All functions but `load` are unsafe for one reason: the processor must have the implementation's instruction
/// set. An implementation must keep what `bits` promises, since the scan trusts lane numbers for its addresses.
pub(super) unsafe trait Vector: Copy {
    /// Which lanes were equal, in whatever form the processor gives it.
    type Eq: Copy;

    /// How many bytes it has: a power of two, at most 64.
    const BYTES: usize;

    /// `bits` gives lane `i` one bit of those from `i << SHIFT` to below `(i + 1) << SHIFT`, always the same one.
    const SHIFT: u32;

    /// `byte` in every lane.
    unsafe fn splat(byte: u8) -> Self;

    /// The `BYTES` bytes at `at`, of any alignment.
    ///
    /// # Safety
    /// They must be readable; and the processor must have the instruction set.
    unsafe fn load(at: *const u8) -> Self;

    /// Which lanes are equal.
    unsafe fn eq(self, other: Self) -> Self::Eq;

    /// Lanes set in both.
    unsafe fn and(a: Self::Eq, b: Self::Eq) -> Self::Eq;

    /// Lanes set in either.
    unsafe fn or(a: Self::Eq, b: Self::Eq) -> Self::Eq;

    /// Whether a lane is set.
    unsafe fn any(lanes: Self::Eq) -> bool;

    /// The set lanes, one bit each.
    unsafe fn bits(lanes: Self::Eq) -> u64;

    /// Asks for the cache line at `at`, which need not exist.
    #[inline(always)]
    fn prefetch(_at: *const u8) {}

    /// The same, but no nearer than the second cache.
    #[inline(always)]
    fn prefetch_farther(_at: *const u8) {}
}

/// A vector that can look up which of its bytes are members of a set.
///
/// # Safety
/// As for [`Vector`].
pub(super) unsafe trait Classify: Vector {
    /// The set, as the processor's table lookup wants it.
    type Table: Copy;

    /// Byte `i` of `low` holds, for the low nibble `i`, one bit for each high nibble 0 to 7; `high` for 8 to 15.
    unsafe fn table(low: &[u8; 16], high: &[u8; 16]) -> Self::Table;

    /// Which lanes hold a member.
    unsafe fn members(self, table: Self::Table) -> Self::Eq;
}
