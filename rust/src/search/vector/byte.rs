//! One byte at a time, for fewer than eight positions.

use super::{vector_functions, LaneMask, Vector};

#[derive(Clone, Copy)]
pub(in crate::search) struct Byte(u8);

// SAFETY: there is one lane, and `true` becomes bit 0.
unsafe impl Vector for Byte {
    type Equal = bool;
    const BYTES: usize = 1;
    const SHIFT: u32 = 0;

    vector_functions! {
        fn splat(byte: u8) -> Self { Byte(byte) }
        fn load(at: *const u8) -> Self { Byte(at.read()) }
        fn eq(a: Self, b: Self) -> bool { a.0 == b.0 }
        fn and(a: bool, b: bool) -> bool { a & b }
        fn or(a: bool, b: bool) -> bool { a | b }
        fn any(lanes: bool) -> bool { lanes }
        fn differ(differences: Self, a: Self, b: Self) -> Self { Byte(differences.0 | (a.0 ^ b.0)) }
        fn mask(lanes: bool) -> LaneMask<Self> { LaneMask::new(u64::from(lanes)) }
    }
}
