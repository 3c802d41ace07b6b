//! 8 bytes at a time in a plain integer ("SIMD within a register"): the portable level, and the tail of the others.

use super::{vector_functions, LaneMask, Vector};

/// Lane `i` is bits `8 * i` and up, whatever the processor's byte order.
#[derive(Clone, Copy)]
pub(in crate::search) struct Swar(u64);

const LOW_SEVEN: u64 = 0x7f7f_7f7f_7f7f_7f7f;

/// The top bit of each byte that is the same in both. No lane carries into the next one: 0x7f + 0x7f fits.
#[inline(always)]
fn equal_bytes(a: u64, b: u64) -> u64 {
    let differ = a ^ b;
    !(((differ & LOW_SEVEN) + LOW_SEVEN) | differ | LOW_SEVEN)
}

// SAFETY: `eq` leaves nothing but the top bit of each lane, and `load` puts the byte of the lowest address lowest.
unsafe impl Vector for Swar {
    type Equal = u64;
    const BYTES: usize = 8;
    const SHIFT: u32 = 3;

    vector_functions! {
        fn splat(byte: u8) -> Self { Swar(u64::from_ne_bytes([byte; 8])) }
        fn load(at: *const u8) -> Self { Swar(u64::from_le(at.cast::<u64>().read_unaligned())) }
        fn eq(a: Self, b: Self) -> u64 { equal_bytes(a.0, b.0) }
        fn and(a: u64, b: u64) -> u64 { a & b }
        fn or(a: u64, b: u64) -> u64 { a | b }
        fn any(lanes: u64) -> bool { lanes != 0 }
        fn differ(differences: Self, a: Self, b: Self) -> Self { Swar(differences.0 | (a.0 ^ b.0)) }
        fn mask(lanes: u64) -> LaneMask<Self> { LaneMask::new(lanes) }
    }
}
