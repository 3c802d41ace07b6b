//! One byte at a time: what is left when fewer than eight places are.

use super::Vector;

#[derive(Clone, Copy)]
pub(in crate::search) struct Byte(u8);

// SAFETY: there is one lane, and `true` becomes bit 0.
unsafe impl Vector for Byte {
    type Eq = bool;
    const BYTES: usize = 1;
    const SHIFT: u32 = 0;

    #[inline(always)]
    unsafe fn splat(byte: u8) -> Self {
        Byte(byte)
    }

    #[inline(always)]
    unsafe fn load(at: *const u8) -> Self {
        // SAFETY: the caller has one readable byte.
        Byte(unsafe { at.read() })
    }

    #[inline(always)]
    unsafe fn eq(self, other: Self) -> bool {
        self.0 == other.0
    }

    #[inline(always)]
    unsafe fn and(a: bool, b: bool) -> bool {
        a & b
    }

    #[inline(always)]
    unsafe fn or(a: bool, b: bool) -> bool {
        a | b
    }

    #[inline(always)]
    unsafe fn any(lanes: bool) -> bool {
        lanes
    }

    #[inline(always)]
    unsafe fn bits(lanes: bool) -> u64 {
        u64::from(lanes)
    }
}
