//! 32 bytes at a time, on x86-64 processors since 2013 (Intel) and 2015 (AMD).

use std::arch::x86_64::*;

use super::{Classify, Vector};

#[derive(Clone, Copy)]
pub(in crate::search) struct Avx2(pub(super) __m256i);

// SAFETY: vpmovmskb gives lane i the bit i.
unsafe impl Vector for Avx2 {
    type Eq = __m256i;
    const BYTES: usize = 32;
    const SHIFT: u32 = 0;

    #[inline(always)]
    unsafe fn splat(byte: u8) -> Self {
        // SAFETY: the caller has AVX2.
        Avx2(unsafe { _mm256_set1_epi8(byte as i8) })
    }

    #[inline(always)]
    unsafe fn load(at: *const u8) -> Self {
        // SAFETY: the caller has AVX2 and 32 readable bytes; loadu takes any alignment.
        Avx2(unsafe { _mm256_loadu_si256(at.cast()) })
    }

    #[inline(always)]
    unsafe fn eq(self, other: Self) -> __m256i {
        // SAFETY: the caller has AVX2.
        unsafe { _mm256_cmpeq_epi8(self.0, other.0) }
    }

    #[inline(always)]
    unsafe fn and(a: __m256i, b: __m256i) -> __m256i {
        // SAFETY: the caller has AVX2.
        unsafe { _mm256_and_si256(a, b) }
    }

    #[inline(always)]
    unsafe fn or(a: __m256i, b: __m256i) -> __m256i {
        // SAFETY: the caller has AVX2.
        unsafe { _mm256_or_si256(a, b) }
    }

    #[inline(always)]
    unsafe fn any(lanes: __m256i) -> bool {
        // SAFETY: the caller has AVX2.
        unsafe { _mm256_movemask_epi8(lanes) != 0 }
    }

    #[inline(always)]
    unsafe fn bits(lanes: __m256i) -> u64 {
        // SAFETY: the caller has AVX2.
        u64::from(unsafe { _mm256_movemask_epi8(lanes) } as u32)
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
unsafe impl Classify for Avx2 {
    type Table = [__m256i; 3];

    #[inline(always)]
    unsafe fn table(low: &[u8; 16], high: &[u8; 16]) -> Self::Table {
        let bit_of_high_nibble: [u8; 16] = [1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128];
        // SAFETY: the caller has AVX2, and each load reads one whole array of 16 bytes.
        unsafe {
            let both = |table: &[u8; 16]| _mm256_broadcastsi128_si256(_mm_loadu_si128(table.as_ptr().cast()));
            [both(low), both(high), both(&bit_of_high_nibble)]
        }
    }

    #[inline(always)]
    unsafe fn members(self, [low, high, bit]: Self::Table) -> __m256i {
        // SAFETY: the caller has AVX2.
        unsafe {
            // vpshufb looks at bits 0..4 and gives 0 where bit 7 is set: so `low` answers bytes below 128 only, and
            // `high`, asked with that bit turned over, the others.
            let below = _mm256_shuffle_epi8(low, self.0);
            let above = _mm256_shuffle_epi8(high, _mm256_xor_si256(self.0, _mm256_set1_epi8(-128)));
            let nibble = _mm256_and_si256(_mm256_srli_epi16::<4>(self.0), _mm256_set1_epi8(15));
            let wanted = _mm256_shuffle_epi8(bit, nibble);
            _mm256_cmpeq_epi8(_mm256_and_si256(_mm256_or_si256(below, above), wanted), wanted)
        }
    }
}
