//! 16 bytes at a time, on every aarch64 processor.

// Where the build's target has NEON anyway, newer compilers call these intrinsics safe; 1.85 does not.
#![allow(unused_unsafe)]

use std::arch::aarch64::*;

use super::{Classify, Vector};

#[derive(Clone, Copy)]
pub(in crate::search) struct Neon(uint8x16_t);

// SAFETY: NEON has no movemask. Narrowing each 16-bit pair by a shift of 4 leaves a nibble per lane, in order, of
// which the mask in `bits` keeps the highest bit: lane i has the bit 4 * i + 3.
unsafe impl Vector for Neon {
    type Eq = uint8x16_t;
    const BYTES: usize = 16;
    const SHIFT: u32 = 2;

    #[inline(always)]
    unsafe fn splat(byte: u8) -> Self {
        // SAFETY: every aarch64 processor we build for has NEON.
        Neon(unsafe { vdupq_n_u8(byte) })
    }

    #[inline(always)]
    unsafe fn load(at: *const u8) -> Self {
        // SAFETY: the caller has 16 readable bytes; the load takes any alignment.
        Neon(unsafe { vld1q_u8(at) })
    }

    #[inline(always)]
    unsafe fn eq(self, other: Self) -> uint8x16_t {
        // SAFETY: every aarch64 processor we build for has NEON.
        unsafe { vceqq_u8(self.0, other.0) }
    }

    #[inline(always)]
    unsafe fn and(a: uint8x16_t, b: uint8x16_t) -> uint8x16_t {
        // SAFETY: every aarch64 processor we build for has NEON.
        unsafe { vandq_u8(a, b) }
    }

    #[inline(always)]
    unsafe fn or(a: uint8x16_t, b: uint8x16_t) -> uint8x16_t {
        // SAFETY: every aarch64 processor we build for has NEON.
        unsafe { vorrq_u8(a, b) }
    }

    #[inline(always)]
    unsafe fn any(lanes: uint8x16_t) -> bool {
        // SAFETY: every aarch64 processor we build for has NEON.
        unsafe { vmaxvq_u8(lanes) != 0 }
    }

    #[inline(always)]
    unsafe fn bits(lanes: uint8x16_t) -> u64 {
        // SAFETY: every aarch64 processor we build for has NEON.
        let nibbles =
            unsafe { vget_lane_u64::<0>(vreinterpret_u64_u8(vshrn_n_u16::<4>(vreinterpretq_u16_u8(lanes)))) };
        nibbles & 0x8888_8888_8888_8888
    }
}

// SAFETY: `members` sets the lanes as `eq` does.
unsafe impl Classify for Neon {
    type Table = [uint8x16_t; 3];

    #[inline(always)]
    unsafe fn table(low: &[u8; 16], high: &[u8; 16]) -> Self::Table {
        let bit_of_high_nibble: [u8; 16] = [1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128];
        // SAFETY: NEON is there, and each load reads one whole array of 16 bytes.
        unsafe { [vld1q_u8(low.as_ptr()), vld1q_u8(high.as_ptr()), vld1q_u8(bit_of_high_nibble.as_ptr())] }
    }

    #[inline(always)]
    unsafe fn members(self, [low, high, bit]: Self::Table) -> uint8x16_t {
        // SAFETY: every aarch64 processor we build for has NEON.
        unsafe {
            // tbl gives 0 for an index past 15: so `low` answers bytes below 128 once the bits 4..7 are cleared, and
            // `high`, asked with the top bit turned over, the others.
            let mask = vdupq_n_u8(0x8f);
            let below = vqtbl1q_u8(low, vandq_u8(self.0, mask));
            let above = vqtbl1q_u8(high, veorq_u8(vandq_u8(self.0, mask), vdupq_n_u8(0x80)));
            vtstq_u8(vorrq_u8(below, above), vqtbl1q_u8(bit, vshrq_n_u8::<4>(self.0)))
        }
    }
}
