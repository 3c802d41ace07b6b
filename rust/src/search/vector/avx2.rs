//! 32 bytes at a time, on x86-64 processors since 2013 (Intel) and 2015 (AMD).

use std::arch::x86_64::*;

use super::{vector_functions, LaneMask, NibbleTables, Vector};

#[derive(Clone, Copy)]
pub(in crate::search) struct Avx2(__m256i);

/// Which bytes of `bytes` are members.
///
/// vpshufb looks up by bits 0 to 3 and gives 0 if bit 7 is set: so the table `low` answers for bytes below 128 only, and
/// `high`, asked with that bit flipped, for the others. The answer has one bit for each high nibble.
///
/// # Safety
/// * The processor must have AVX2.
#[inline(always)]
unsafe fn members(bytes: __m256i, tables: &NibbleTables) -> __m256i {
    // SAFETY: this function's contract, and each load reads one whole array of 16 bytes.
    unsafe {
        let twice = |table: &[u8; 16]| _mm256_broadcastsi128_si256(_mm_loadu_si128(table.as_ptr().cast()));
        let below = _mm256_shuffle_epi8(twice(&tables.low), bytes);
        let above = _mm256_shuffle_epi8(twice(&tables.high), _mm256_xor_si256(bytes, _mm256_set1_epi8(-128)));
        let high_nibble = _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), _mm256_set1_epi8(15));
        let wanted = _mm256_shuffle_epi8(twice(&NibbleTables::BIT_OF_HIGH_NIBBLE), high_nibble);
        _mm256_cmpeq_epi8(_mm256_and_si256(_mm256_or_si256(below, above), wanted), wanted)
    }
}

// SAFETY: vpmovmskb gives lane i the bit i.
unsafe impl Vector for Avx2 {
    type Equal = __m256i;
    const BYTES: usize = 32;
    const SHIFT: u32 = 0;

    vector_functions! {
        fn splat(byte: u8) -> Self { Avx2(_mm256_set1_epi8(byte as i8)) }
        fn load(at: *const u8) -> Self { Avx2(_mm256_loadu_si256(at.cast())) }
        fn eq(a: Self, b: Self) -> __m256i { _mm256_cmpeq_epi8(a.0, b.0) }
        fn and(a: __m256i, b: __m256i) -> __m256i { _mm256_and_si256(a, b) }
        fn or(a: __m256i, b: __m256i) -> __m256i { _mm256_or_si256(a, b) }
        fn any(lanes: __m256i) -> bool { _mm256_movemask_epi8(lanes) != 0 }
        fn differ(differences: Self, a: Self, b: Self) -> Self { Avx2(_mm256_or_si256(differences.0, _mm256_xor_si256(a.0, b.0))) }
        fn mask(lanes: __m256i) -> LaneMask<Self> { LaneMask::new(u64::from(_mm256_movemask_epi8(lanes) as u32)) }
        fn members(at: *const u8, tables: &NibbleTables) -> LaneMask<Self> {
            Self::mask(members(Self::load(at).0, tables))
        }
    }

    #[inline(always)]
    fn prefetch(at: *const u8) {
        // SAFETY: a prefetch is a hint: it faults on no address, and every x86-64 processor has it.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(at.cast()) }
    }
}
