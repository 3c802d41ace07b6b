//! Which of the needle's bytes are looked for in a sampled haystack, and how letters are told apart.

use std::ops::Range;

/// Bytes that one code is made of.
pub(super) const GRAM: usize = 8;

/// How many places of the needle to sample at are considered.
const CONSIDERED: usize = 16;

/// How far apart the samples are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stride {
    /// For needles of 15 bytes and more.
    Eight = 8,
    /// For shorter ones.
    Four = 4,
}

/// What [`super::grams`] looks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))] // Where no level has codes.
pub(super) struct Plan {
    pub(super) stride: Stride,
    /// Where in the needle the first of as many sampled pieces as the stride has places begins, each one byte after the
    /// one before. Below 0 the needle begins inside of the piece.
    pub(super) first: isize,
    /// A letter's two bits: whether it has an odd number of these bits, and of those.
    pub(super) bits: [u8; 2],
}

impl Plan {
    /// For `needle`, of at least 7 bytes, or 15 where the stride is [`Stride::Eight`], in a haystack in which each byte
    /// is so frequent.
    pub(super) fn new(needle: &[u8], stride: Stride, frequency: &[u32; 256]) -> Self {
        let (letters, count) = common(frequency);
        let letters = &letters[..count];
        let bits = telling(letters);
        let (len, span) = (needle.len(), stride as usize + GRAM - 1);
        if len < span {
            // As much of the needle as can be, in each of the pieces.
            return Plan { stride, first: (len as isize - span as isize) / 2, bits };
        }
        let chances = {
            let masses = masses(letters, bits);
            let total = masses.iter().sum::<u64>().max(1) as f64;
            masses.map(|mass| mass as f64 / total)
        };
        // How often the letters of one piece would stand together by chance, for all pieces.
        let chance = |&first: &usize| -> f64 {
            (first..first + stride as usize)
                .map(|at| needle[at..at + GRAM].iter().map(|&byte| chances[code(byte, bits)]).product::<f64>())
                .sum()
        };
        let places = len - span + 1;
        let first = (0..places)
            .step_by(places.div_ceil(CONSIDERED))
            .min_by(|one, other| chance(one).total_cmp(&chance(other)))
            .unwrap_or(0);
        Plan { stride, first: first as isize, bits }
    }

    /// Which bytes of the piece number `index` are the needle's, and where in the needle that begins.
    #[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))] // Where no level has codes.
    pub(super) fn piece(&self, index: usize, needle_len: usize) -> (Range<usize>, usize) {
        let begin = self.first + index as isize;
        let skipped = (-begin).max(0) as usize;
        let end = (needle_len as isize - begin).clamp(0, GRAM as isize) as usize;
        (skipped..end, begin.max(0) as usize)
    }
}

/// A byte and how often there is one.
type Letter = (u8, u32);

/// Those that are less rare than they would be if there were all of them, at the beginning, and how many they are.
fn common(frequency: &[u32; 256]) -> ([Letter; 256], usize) {
    let least = frequency.iter().sum::<u32>() / 256;
    let (mut letters, mut len) = ([(0, 0); 256], 0);
    for (byte, &count) in (0u8..=255).zip(frequency) {
        if count > least {
            letters[len] = (byte, count);
            len += 1;
        }
    }
    (letters, len)
}

/// The two bits of `byte`.
fn code(byte: u8, bits: [u8; 2]) -> usize {
    let odd = |byte: u8| 0x6996 >> ((byte ^ byte >> 4) & 15) & 1;
    odd(byte & bits[0]) | odd(byte & bits[1]) << 1
}

/// How often there is each code.
fn masses(letters: &[Letter], bits: [u8; 2]) -> [u64; 4] {
    let mut masses = [0; 4];
    letters.iter().for_each(|&(byte, count)| masses[code(byte, bits)] += u64::from(count));
    masses
}

/// Two sums of bits that tell most letters apart: the first divides them in halves, the second best into four parts. Of
/// four different letters of an alphabet there are such that tell all, mostly single bits.
fn telling(letters: &[Letter]) -> [u8; 2] {
    // One bit or two.
    let sums = || (0..8).flat_map(|high| (0..=high).map(move |low| 1u8 << high | 1 << low));
    // How often two letters have the same code.
    let alike = |bits| masses(letters, bits).iter().map(|&mass| mass * mass).sum::<u64>();
    let first = sums().min_by_key(|&sum| alike([sum, 0])).unwrap_or(1);
    let second = sums().min_by_key(|&sum| alike([first, sum])).unwrap_or(1);
    [first, second]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frequency(letters: &[u8]) -> [u32; 256] {
        let mut frequency = [0; 256];
        letters.iter().for_each(|&letter| frequency[letter as usize] += 500);
        frequency
    }

    #[test]
    fn four_letters_have_four_codes() {
        for letters in
            [b"ACGT", b"acgt", b"ACGU", b"0123", b"\0\x01\xfe\xff", b"abcd", b"+-*/", b".,-_", b"\0\x01\x02\x04"]
        {
            let (common, count) = common(&frequency(letters));
            let bits = telling(&common[..count]);
            let mut codes = letters.map(|letter| code(letter, bits));
            codes.sort_unstable();
            assert_eq!(codes, [0, 1, 2, 3], "{letters:?} {bits:?}");
        }
    }

    /// Each piece has the bytes it says, lies in the needle, and has most of a short one.
    #[test]
    fn pieces_of_every_length() {
        for len in 7..60 {
            let needle: Vec<u8> = (0..len).map(|i| b"ACGT"[(i * i / 3 + i) % 4]).collect();
            for stride in [Stride::Four, Stride::Eight] {
                if len < 15 && stride == Stride::Eight {
                    continue;
                }
                let plan = Plan::new(&needle, stride, &frequency(b"ACGT"));
                for index in 0..stride as usize {
                    let (bytes, begin) = plan.piece(index, len);
                    assert!(begin + bytes.len() <= len);
                    assert!(bytes.len() >= if len < 11 { 6 } else { GRAM }, "{len} {stride:?} {index}");
                    assert_eq!(begin as isize - bytes.start as isize, plan.first + index as isize);
                }
            }
        }
    }

    #[test]
    fn runs_of_what_is_everywhere_are_avoided() {
        let needle = [vec![b'A'; 40], b"CGTTGCGGACTCATC".to_vec(), vec![b'A'; 40]].concat();
        let mut frequency = frequency(b"ACGT");
        frequency[b'A' as usize] = 2000;
        let plan = Plan::new(&needle, Stride::Eight, &frequency);
        assert!((33..=46).contains(&plan.first), "{plan:?}");
    }
}
