//! 16 bytes at a time, on every x86-64 processor.

use std::arch::x86_64::*;

use super::{vector_functions, LaneMask, Vector};

#[derive(Clone, Copy)]
pub(in crate::search) struct Sse2(__m128i);

// SAFETY: pmovmskb gives lane i the bit i.
unsafe impl Vector for Sse2 {
    type Equal = __m128i;
    const BYTES: usize = 16;
    const SHIFT: u32 = 0;

    vector_functions! {
        fn splat(byte: u8) -> Self { Sse2(_mm_set1_epi8(byte as i8)) }
        fn load(at: *const u8) -> Self { Sse2(_mm_loadu_si128(at.cast())) }
        fn eq(a: Self, b: Self) -> __m128i { _mm_cmpeq_epi8(a.0, b.0) }
        fn and(a: __m128i, b: __m128i) -> __m128i { _mm_and_si128(a, b) }
        fn or(a: __m128i, b: __m128i) -> __m128i { _mm_or_si128(a, b) }
        fn any(lanes: __m128i) -> bool { _mm_movemask_epi8(lanes) != 0 }
        fn differ(differences: Self, a: Self, b: Self) -> Self { Sse2(_mm_or_si128(differences.0, _mm_xor_si128(a.0, b.0))) }
        fn mask(lanes: __m128i) -> LaneMask<Self> { LaneMask::new(_mm_movemask_epi8(lanes) as u64) }
    }
}
