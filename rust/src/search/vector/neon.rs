//! 16 bytes at a time, on every little-endian aarch64 processor.

use std::arch::aarch64::*;

use super::{vector_functions, LaneMask, NibbleTables, Vector};

#[derive(Clone, Copy)]
pub(in crate::search) struct Neon(uint8x16_t);

/// Which bytes of `bytes` are members.
///
/// tbl gives 0 for an index past 15: so the table `low` answers for bytes below 128 once bits 4 to 6 are cleared, and
/// `high`, asked with the top bit flipped, for the others.
///
/// # Safety
/// * The processor must have NEON.
#[inline(always)]
#[allow(unused_unsafe)]
unsafe fn members(bytes: uint8x16_t, tables: &NibbleTables) -> uint8x16_t {
    // SAFETY: this function's contract, and each load reads one whole array of 16 bytes.
    unsafe {
        let index = vandq_u8(bytes, vdupq_n_u8(0x8f));
        let below = vqtbl1q_u8(vld1q_u8(tables.low.as_ptr()), index);
        let above = vqtbl1q_u8(vld1q_u8(tables.high.as_ptr()), veorq_u8(index, vdupq_n_u8(0x80)));
        let bit = vld1q_u8(NibbleTables::BIT_OF_HIGH_NIBBLE.as_ptr());
        vtstq_u8(vorrq_u8(below, above), vqtbl1q_u8(bit, vshrq_n_u8::<4>(bytes)))
    }
}

/// NEON has no movemask. Narrowing each 16-bit pair by a shift of 4 leaves a nibble for each lane, in order, of which
/// the mask keeps the highest bit: lane i has the bit 4 * i + 3.
///
/// # Safety
/// * The processor must have NEON.
#[inline(always)]
#[allow(unused_unsafe)]
unsafe fn nibble_mask(lanes: uint8x16_t) -> u64 {
    // SAFETY: this function's contract.
    let nibbles = unsafe { vget_lane_u64::<0>(vreinterpret_u64_u8(vshrn_n_u16::<4>(vreinterpretq_u16_u8(lanes)))) };
    nibbles & 0x8888_8888_8888_8888
}

// SAFETY: `nibble_mask` gives lane i the bit 4 * i + 3.
unsafe impl Vector for Neon {
    type Equal = uint8x16_t;
    const BYTES: usize = 16;
    const SHIFT: u32 = 2;

    vector_functions! {
        fn splat(byte: u8) -> Self { Neon(vdupq_n_u8(byte)) }
        fn load(at: *const u8) -> Self { Neon(vld1q_u8(at)) }
        fn eq(a: Self, b: Self) -> uint8x16_t { vceqq_u8(a.0, b.0) }
        fn and(a: uint8x16_t, b: uint8x16_t) -> uint8x16_t { vandq_u8(a, b) }
        fn or(a: uint8x16_t, b: uint8x16_t) -> uint8x16_t { vorrq_u8(a, b) }
        fn any(lanes: uint8x16_t) -> bool { vmaxvq_u8(lanes) != 0 }
        fn differ(differences: Self, a: Self, b: Self) -> Self { Neon(vorrq_u8(differences.0, veorq_u8(a.0, b.0))) }
        fn mask(lanes: uint8x16_t) -> LaneMask<Self> { LaneMask::new(nibble_mask(lanes)) }
        fn members(at: *const u8, tables: &NibbleTables) -> LaneMask<Self> {
            Self::mask(members(Self::load(at).0, tables))
        }
    }
}
