//! Chooses the bytes of the needle to compare first: those that are rare in general.
//!
//! As memchr's packed pair does. Deviations: (1) eight bytes instead of two, for [`super::verify`] and for haystacks in
//! which two are not enough; (2) the ranks come from our own counts; (3) in a long needle all are near the rarest byte.

/// The number of bytes of the needle that may be compared before all of them are.
pub(super) const PROBES: usize = 8;

/// The number of them that are chosen by rank.
const RARE: usize = 4;

/// The largest distance of the other probes from the rarest byte of a long needle. Bytes that are pages apart are read
/// as two streams, which is slower: 45 instead of 54 GB/s for a needle of 4096 random bytes.
const NEAR: usize = 256;

/// Up to eight offsets in the needle, the most selective first, and the bytes there.
///
/// Invariants: all offsets of a needle of up to 8 bytes are among the eight, of up to 4 bytes among the first four, of
/// up to 2 bytes among the first two. So if the needle has no more bytes than probes, a position where they match is an
/// occurrence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Probes {
    /// Each below the needle's length. If the needle has fewer than eight the first is repeated.
    pub(super) offsets: [usize; PROBES],
    /// `needle[offsets[i]]`.
    pub(super) bytes: [u8; PROBES],
    /// The number of probes that are compared at once: 1, 2, 4 or 8.
    pub(super) probe_count: usize,
}

impl Probes {
    /// No probes, for an empty needle.
    pub(super) const NONE: Probes = Probes { offsets: [0; PROBES], bytes: [0; PROBES], probe_count: 1 };

    /// The rarest byte of `needle` by [`RANK`], and the three rarest others near it. `needle` must not be empty.
    pub(super) fn by_rank(needle: &[u8]) -> Self {
        let mut near = 0..needle.len();
        if needle.len() > 2 * NEAR {
            let rarest = near.clone().min_by_key(|&offset| RANK[needle[offset] as usize]).unwrap_or(0);
            near = rarest.saturating_sub(NEAR)..needle.len().min(rarest + NEAR);
        }
        // The ranks and offsets chosen, rarest first.
        let (mut ranks, mut offsets, mut len) = ([u8::MAX; RARE], [0; RARE], 0);
        for offset in near {
            let rank = RANK[needle[offset] as usize];
            // Each byte has its own rank. A byte that is chosen already is worth less than another one: bytes that
            // repeat in the needle often repeat in the haystack.
            if len == RARE && rank >= ranks[RARE - 1] || ranks[..len].contains(&rank) {
                continue;
            }
            let place = ranks[..len].iter().position(|&other| rank < other).unwrap_or(len);
            len = (len + 1).min(RARE);
            ranks.copy_within(place..RARE - 1, place + 1);
            offsets.copy_within(place..RARE - 1, place + 1);
            (ranks[place], offsets[place]) = (rank, offset);
        }
        Self::beginning_with(&offsets[..len], needle, needle.len().min(2))
    }

    /// Probes at the offsets `first`, which must differ, then at others. `probe_count` are compared at once.
    pub(super) fn beginning_with(first: &[usize], needle: &[u8], probe_count: usize) -> Self {
        let (mut offsets, mut len) = ([0; PROBES], 0);
        let last = needle.len() - 1;
        // Then some far apart, so that a run of one byte matches only if it is as long as the needle.
        let spread = [last, 0, last / 2, last / 4, last - last / 4];
        for offset in first.iter().copied().chain(spread).chain(0..needle.len().min(PROBES)) {
            if len < PROBES && !offsets[..len].contains(&offset) {
                offsets[len] = offset;
                len += 1;
            }
        }
        let first = offsets[0];
        offsets[len..].fill(first);
        Probes { offsets, bytes: offsets.map(|offset| needle[offset]), probe_count }
    }
}

/// How common each byte value is: 0 the rarest, 255 the most common.
///
/// Counted over 80 MB in five classes of equal weight: English text, source code (C, Python, Rust), markup and JSON,
/// logs, and x86-64 programs. A haystack unlike all of them costs false positives until [`super::adapt`] has counted
/// its own bytes.
#[rustfmt::skip]
static RANK: [u8; 256] = [
    254, 200, 174, 158, 165, 162, 135, 142, 194, 187, 242, 126, 114, 188, 177, 210,
    169, 101, 131,  89, 111, 106,  60,  45, 151,  52,  49,  57,  83,  67,  55, 160,
    255,  87, 233, 180, 203, 159, 102, 173, 215, 214, 167, 181, 217, 241, 239, 225,
    229, 234, 235, 212, 221, 209, 219, 193, 192, 205, 230, 147, 226, 220, 227,  77,
    155, 207, 166, 189, 202, 201, 161, 168, 222, 197,  97, 118, 204, 172, 179, 163,
    190,  75, 183, 198, 196, 170, 137, 141, 133, 103,  70, 176, 136, 178,  73, 224,
    171, 251, 228, 243, 244, 253, 231, 232, 236, 248, 186, 213, 245, 238, 249, 247,
    237, 148, 246, 250, 252, 240, 216, 208, 206, 218, 157, 146, 138, 149, 117,  48,
    153,  95,  72, 185, 175, 182,  82,  65, 107, 211,   8, 199,  79, 191,  58,  51,
    124,  15,  14,  23,  86,  41,  21,  12,  68,  16,   1,   5,  39,   9,   0,  13,
    150,  37,   4,  17,  35,   3,   7,   6,  69,  28,  19,  18,  36,  22,   2,  29,
     90,  27,  11,  26,  53,  43, 109,  44, 110,  78, 132,  46,  80,  56, 120,  88,
    184, 119, 154, 143, 123,  92, 122, 144,  85, 125,  31,  10,  33,  30,  61,  32,
    145,  94, 127,  40,  24,  25,  34,  62, 134, 112,  42,  96,  20, 105,  59, 116,
    108,  54,  91,  50,  81,  38,  71,  84, 195, 164,  74, 115, 104,  98, 129, 156,
    100,  47,  63,  76,  64,  66, 140,  99, 130,  93, 113, 121, 128, 139, 152, 223,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_a_permutation() {
        let mut seen = [false; 256];
        RANK.iter().for_each(|&rank| seen[rank as usize] = true);
        assert!(seen.iter().all(|&seen| seen));
    }

    #[test]
    fn rarest_first() {
        assert_eq!(Probes::by_rank(b"eeeQe e").bytes[..3], *b"Qe ");
        assert_eq!(Probes::by_rank(b"abcdefgh\xd8").bytes[0], 0xd8);
    }

    #[test]
    fn of_a_long_needle_the_rarest_and_what_is_near() {
        let mut needle = vec![b'e'; 4000];
        (needle[10], needle[1990], needle[2000], needle[3000]) = (0xd8, b'z', 0x9e, 0xd8);
        assert_eq!(Probes::by_rank(&needle).offsets[..3], [2000, 1990, 1744]);
    }

    #[test]
    fn short_needles_have_every_offset_among_as_many() {
        for needle in [&b"a"[..], b"ab", b"aa", b"aaa", b"aba", b"aaaa", b"abab", b"zzaz", b"abcdabcd", b"aaaaaaa"]
        {
            let probes = Probes::by_rank(needle);
            let count = needle.len().next_power_of_two();
            for offset in 0..needle.len() {
                assert!(probes.offsets[..count].contains(&offset), "{needle:?} {probes:?}");
            }
        }
    }

    #[test]
    fn runs_are_probed_at_both_ends() {
        let probes = Probes::by_rank(&[b'a'; 100]);
        assert!(probes.offsets.contains(&0) && probes.offsets.contains(&99));
    }
}
