//! 8 bytes at a time in a plain integer: the portable level, and the tail of the others.

use super::Vector;

/// Lane `i` is bits `8 * i` and up, whatever the processor's byte order.
#[derive(Clone, Copy)]
pub(in crate::search) struct Swar(u64);

const LOW_SEVEN: u64 = 0x7f7f_7f7f_7f7f_7f7f;

// SAFETY: `eq` leaves nothing but the top bit of each lane.
unsafe impl Vector for Swar {
    type Eq = u64;
    const BYTES: usize = 8;
    const SHIFT: u32 = 3;

    #[inline(always)]
    unsafe fn splat(byte: u8) -> Self {
        Swar(u64::from_ne_bytes([byte; 8]))
    }

    #[inline(always)]
    unsafe fn load(at: *const u8) -> Self {
        // SAFETY: the caller has 8 readable bytes, and read_unaligned takes any alignment.
        Swar(u64::from_le(unsafe { at.cast::<u64>().read_unaligned() }))
    }

    #[inline(always)]
    unsafe fn eq(self, other: Self) -> u64 {
        let differ = self.0 ^ other.0;
        // No lane carries into the next one: 0x7f + 0x7f fits. The top bit stays clear where the lane is 0.
        !(((differ & LOW_SEVEN) + LOW_SEVEN) | differ | LOW_SEVEN)
    }

    #[inline(always)]
    unsafe fn and(a: u64, b: u64) -> u64 {
        a & b
    }

    #[inline(always)]
    unsafe fn or(a: u64, b: u64) -> u64 {
        a | b
    }

    #[inline(always)]
    unsafe fn any(lanes: u64) -> bool {
        lanes != 0
    }

    #[inline(always)]
    unsafe fn bits(lanes: u64) -> u64 {
        lanes
    }
}
