//! Eight bytes told apart by sixteen bits: what [`super::super::grams`] samples a haystack by.
//!
//! Everything is 32 bytes wide: where 512-bit work is done in halves (the one such processor at hand) 64 bytes took a
//! fifth longer.

use std::arch::x86_64::*;

use super::{Avx2, Vector};

/// A way to make codes. Equal bytes have equal codes; different ones may have.
///
/// # Safety
/// Using one needs the processor's instruction set that [`Coder::new`] names.
pub(in crate::search) unsafe trait Coder: Copy {
    /// Whether a code has two bits for each byte, those of the first byte highest in either half: so that bytes can be
    /// left out of the comparison.
    const BITS: bool;

    /// A coder that, if it can, tells letters apart by whether they have an odd number of the bits of each of `bits`.
    ///
    /// # Safety
    /// The processor must have AVX2, and what else the implementation says.
    unsafe fn new(bits: [u8; 2]) -> Self;

    /// Of each eight bytes of `letters` the code, four times.
    ///
    /// # Safety
    /// As for `new`.
    unsafe fn codes(self, letters: Avx2) -> Avx2;
}

/// Needs GFNI, too. Each bit of the code is a sum, modulo 2, of bits of one byte: one instruction, for which the
/// eight bytes are the rows of a matrix.
#[cfg(zcio_avx512)]
#[derive(Clone, Copy)]
pub(in crate::search) struct Affine(__m256i);

#[cfg(zcio_avx512)]
// Compiled only by a compiler that has it, see build.rs.
#[allow(clippy::incompatible_msrv)]
// SAFETY: no more than the processor's instruction set is needed.
unsafe impl Coder for Affine {
    const BITS: bool = true;

    #[inline(always)]
    unsafe fn new(bits: [u8; 2]) -> Self {
        // SAFETY: the caller has AVX2.
        Affine(unsafe { _mm256_set1_epi16(i16::from_le_bytes(bits)) })
    }

    #[inline(always)]
    unsafe fn codes(self, letters: Avx2) -> Avx2 {
        // SAFETY: the caller has AVX2 and GFNI.
        Avx2(unsafe { _mm256_gf2p8affine_epi64_epi8::<0>(self.0, letters.0) })
    }
}

/// Needs nothing else. Each half of the code is a weighted sum of four bytes, modulo 256.
#[derive(Clone, Copy)]
pub(in crate::search) struct Products {
    /// Of every other byte, and of every other pair.
    weights: [__m256i; 2],
    spread: __m256i,
}

// SAFETY: no more than the processor's instruction set is needed.
unsafe impl Coder for Products {
    const BITS: bool = false;

    #[inline(always)]
    unsafe fn new(_: [u8; 2]) -> Self {
        // The weights are those of some thousands tried that confuse the fewest groups of four letters, of ACGT, acgt
        // and digits: as few as chance would.
        let (low, high) = (0x0400_0400_0400_0400, 0x0c08_0c08_0c08_0c08);
        // SAFETY: the caller has AVX2.
        unsafe {
            Products {
                weights: [_mm256_set1_epi16(i16::from_le_bytes([29, 164])), _mm256_set1_epi32(200 << 16 | 5)],
                spread: _mm256_set_epi64x(high, low, high, low),
            }
        }
    }

    #[inline(always)]
    unsafe fn codes(self, letters: Avx2) -> Avx2 {
        // SAFETY: the caller has AVX2.
        Avx2(unsafe {
            let pairs = _mm256_maddubs_epi16(self.weights[0], letters.0);
            _mm256_shuffle_epi8(_mm256_madd_epi16(pairs, self.weights[1]), self.spread)
        })
    }
}

impl Avx2 {
    /// Four words, again and again.
    ///
    /// # Safety
    /// The processor must have AVX2.
    #[inline(always)]
    pub(in crate::search) unsafe fn splat_words(words: [u16; 4]) -> Self {
        let long = words.iter().rev().fold(0, |long, &word| long << 16 | i64::from(word));
        // SAFETY: the caller has AVX2.
        Avx2(unsafe { _mm256_set1_epi64x(long) })
    }

    /// The sixteen words.
    ///
    /// # Safety
    /// The processor must have AVX2.
    #[inline(always)]
    pub(in crate::search) unsafe fn words(self) -> [u16; 16] {
        let mut words = [0u16; 16];
        // SAFETY: the caller has AVX2, and the array 32 bytes.
        unsafe { _mm256_storeu_si256(words.as_mut_ptr().cast(), self.0) };
        words
    }

    /// Both lanes of each word that is equal.
    ///
    /// # Safety
    /// The processor must have AVX2.
    #[inline(always)]
    pub(in crate::search) unsafe fn eq_words(self, other: Self) -> <Avx2 as Vector>::Eq {
        // SAFETY: the caller has AVX2.
        unsafe { _mm256_cmpeq_epi16(self.0, other.0) }
    }

    /// The bits set in both.
    ///
    /// # Safety
    /// The processor must have AVX2.
    #[inline(always)]
    pub(in crate::search) unsafe fn masked(self, mask: Self) -> Self {
        // SAFETY: the caller has AVX2.
        Avx2(unsafe { _mm256_and_si256(self.0, mask.0) })
    }

    /// The bits of `mask` that are not those of `other`.
    ///
    /// # Safety
    /// The processor must have AVX2.
    #[inline(always)]
    pub(in crate::search) unsafe fn differing(self, other: Self, mask: Self) -> Self {
        // SAFETY: the caller has AVX2.
        Avx2(unsafe { _mm256_and_si256(_mm256_xor_si256(self.0, other.0), mask.0) })
    }

    /// Of each two words the lower.
    ///
    /// # Safety
    /// The processor must have AVX2.
    #[inline(always)]
    pub(in crate::search) unsafe fn least_words(self, other: Self) -> Self {
        // SAFETY: the caller has AVX2.
        Avx2(unsafe { _mm256_min_epu16(self.0, other.0) })
    }
}
