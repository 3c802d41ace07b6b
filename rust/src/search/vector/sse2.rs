//! 16 bytes at a time, on every x86-64 processor.

// Where the build's target has SSE2 anyway, newer compilers call some of these intrinsics safe; 1.85 does not.
#![allow(unused_unsafe)]

use std::arch::x86_64::*;

use super::Vector;

#[derive(Clone, Copy)]
pub(in crate::search) struct Sse2(__m128i);

// SAFETY: pmovmskb gives lane i the bit i.
unsafe impl Vector for Sse2 {
    type Eq = __m128i;
    const BYTES: usize = 16;
    const SHIFT: u32 = 0;

    #[inline(always)]
    unsafe fn splat(byte: u8) -> Self {
        // SAFETY: every x86-64 processor has SSE2.
        Sse2(unsafe { _mm_set1_epi8(byte as i8) })
    }

    #[inline(always)]
    unsafe fn load(at: *const u8) -> Self {
        // SAFETY: the caller has 16 readable bytes; loadu takes any alignment.
        Sse2(unsafe { _mm_loadu_si128(at.cast()) })
    }

    #[inline(always)]
    unsafe fn eq(self, other: Self) -> __m128i {
        // SAFETY: every x86-64 processor has SSE2.
        unsafe { _mm_cmpeq_epi8(self.0, other.0) }
    }

    #[inline(always)]
    unsafe fn and(a: __m128i, b: __m128i) -> __m128i {
        // SAFETY: every x86-64 processor has SSE2.
        unsafe { _mm_and_si128(a, b) }
    }

    #[inline(always)]
    unsafe fn or(a: __m128i, b: __m128i) -> __m128i {
        // SAFETY: every x86-64 processor has SSE2.
        unsafe { _mm_or_si128(a, b) }
    }

    #[inline(always)]
    unsafe fn any(lanes: __m128i) -> bool {
        // SAFETY: every x86-64 processor has SSE2.
        unsafe { _mm_movemask_epi8(lanes) != 0 }
    }

    #[inline(always)]
    unsafe fn bits(lanes: __m128i) -> u64 {
        // SAFETY: every x86-64 processor has SSE2.
        unsafe { _mm_movemask_epi8(lanes) as u64 }
    }
}
