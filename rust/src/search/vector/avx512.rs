//! 64 bytes at a time, on x86-64 processors with AVX-512 BW; compares give their bits in a mask register.

// Compiled only by a compiler that has them, see build.rs.
#![allow(clippy::incompatible_msrv)]

use std::arch::x86_64::*;

use super::{Classify, Vector};

#[derive(Clone, Copy)]
pub(in crate::search) struct Avx512(__m512i);

// SAFETY: vpcmpeqb gives lane i the bit i.
unsafe impl Vector for Avx512 {
    type Eq = u64;
    const BYTES: usize = 64;
    const SHIFT: u32 = 0;

    #[inline(always)]
    unsafe fn splat(byte: u8) -> Self {
        // SAFETY: the caller has AVX-512 BW.
        Avx512(unsafe { _mm512_set1_epi8(byte as i8) })
    }

    #[inline(always)]
    unsafe fn load(at: *const u8) -> Self {
        // SAFETY: the caller has AVX-512 BW and 64 readable bytes; loadu takes any alignment.
        Avx512(unsafe { _mm512_loadu_si512(at.cast()) })
    }

    #[inline(always)]
    unsafe fn eq(self, other: Self) -> u64 {
        // SAFETY: the caller has AVX-512 BW.
        unsafe { _mm512_cmpeq_epi8_mask(self.0, other.0) }
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

    #[inline(always)]
    fn prefetch(at: *const u8) {
        // SAFETY: a prefetch is a hint: it faults on no address, and every x86-64 processor has it.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(at.cast()) }
    }

    #[inline(always)]
    fn prefetch_farther(at: *const u8) {
        // SAFETY: a prefetch is a hint: it faults on no address, and every x86-64 processor has it.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(at.cast()) }
    }
}

// SAFETY: `members` sets the lanes as `eq` does.
unsafe impl Classify for Avx512 {
    type Table = [__m512i; 3];

    #[inline(always)]
    unsafe fn table(low: &[u8; 16], high: &[u8; 16]) -> Self::Table {
        let bit_of_high_nibble: [u8; 16] = [1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128];
        // SAFETY: the caller has AVX-512 BW (and so F), and each load reads one whole array of 16 bytes.
        unsafe {
            let all = |table: &[u8; 16]| _mm512_broadcast_i32x4(_mm_loadu_si128(table.as_ptr().cast()));
            [all(low), all(high), all(&bit_of_high_nibble)]
        }
    }

    #[inline(always)]
    unsafe fn members(self, [low, high, bit]: Self::Table) -> u64 {
        // SAFETY: the caller has AVX-512 BW.
        unsafe {
            // As in avx2.rs.
            let below = _mm512_shuffle_epi8(low, self.0);
            let above = _mm512_shuffle_epi8(high, _mm512_xor_si512(self.0, _mm512_set1_epi8(-128)));
            let nibble = _mm512_and_si512(_mm512_srli_epi16::<4>(self.0), _mm512_set1_epi8(15));
            _mm512_test_epi8_mask(_mm512_or_si512(below, above), _mm512_shuffle_epi8(bit, nibble))
        }
    }
}
