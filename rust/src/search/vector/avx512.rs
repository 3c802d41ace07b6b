//! 64 bytes at a time, on x86-64 processors with AVX-512 BW, whose comparisons give one bit a lane in a mask register.

// build.rs compiles this file only with a compiler that has these intrinsics.
#![allow(clippy::incompatible_msrv)]

use std::arch::x86_64::*;

use super::{vector_functions, LaneMask, NibbleTables, Vector};

#[derive(Clone, Copy)]
pub(in crate::search) struct Avx512(__m512i);

/// Which bytes of `bytes` are members, as in `avx2.rs`.
///
/// # Safety
/// * The processor must have AVX-512 BW (and so F).
#[inline(always)]
unsafe fn members(bytes: __m512i, tables: &NibbleTables) -> u64 {
    // SAFETY: this function's contract, and each load reads one whole array of 16 bytes.
    unsafe {
        let all = |table: &[u8; 16]| _mm512_broadcast_i32x4(_mm_loadu_si128(table.as_ptr().cast()));
        let below = _mm512_shuffle_epi8(all(&tables.low), bytes);
        let above = _mm512_shuffle_epi8(all(&tables.high), _mm512_xor_si512(bytes, _mm512_set1_epi8(-128)));
        let high_nibble = _mm512_and_si512(_mm512_srli_epi16::<4>(bytes), _mm512_set1_epi8(15));
        let wanted = _mm512_shuffle_epi8(all(&NibbleTables::BIT_OF_HIGH_NIBBLE), high_nibble);
        _mm512_test_epi8_mask(_mm512_or_si512(below, above), wanted)
    }
}

// SAFETY: vpcmpeqb gives lane i the bit i.
unsafe impl Vector for Avx512 {
    type Equal = u64;
    const BYTES: usize = 64;
    const SHIFT: u32 = 0;

    vector_functions! {
        fn splat(byte: u8) -> Self { Avx512(_mm512_set1_epi8(byte as i8)) }
        fn load(at: *const u8) -> Self { Avx512(_mm512_loadu_si512(at.cast())) }
        fn eq(a: Self, b: Self) -> u64 { _mm512_cmpeq_epi8_mask(a.0, b.0) }
        fn and(a: u64, b: u64) -> u64 { a & b }
        fn or(a: u64, b: u64) -> u64 { a | b }
        fn any(lanes: u64) -> bool { lanes != 0 }
        fn differ(differences: Self, a: Self, b: Self) -> Self { Avx512(_mm512_or_si512(differences.0, _mm512_xor_si512(a.0, b.0))) }
        fn mask(lanes: u64) -> LaneMask<Self> { LaneMask::new(lanes) }
        fn members(at: *const u8, tables: &NibbleTables) -> LaneMask<Self> {
            LaneMask::new(members(Self::load(at).0, tables))
        }
    }

    #[inline(always)]
    fn prefetch(at: *const u8) {
        // SAFETY: a prefetch is a hint: it faults on no address, and every x86-64 processor has it.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(at.cast()) }
    }
}
