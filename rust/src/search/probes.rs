//! Which of the needle's bytes the scan compares first.

use super::rank::RANK;

/// How many bytes of the needle are looked at before all of them are.
pub(super) const PROBES: usize = 8;

/// How many of them are chosen by how rare the byte is.
const RARE: usize = 4;

/// How far from the rarest byte of a long needle the next ones are looked for: what lies pages apart is read as two
/// streams (4096 random bytes: 45 instead of 54 GB/s).
const NEAR: usize = 256;

/// Up to eight places in the needle, most telling first, and the bytes that stand there. A needle of no more has each of
/// its places here, one of two among the first two, one of four among the first four: so that what matches these is
/// an occurrence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Probes {
    /// Each below the needle's length. Where the needle has fewer the first one is repeated.
    pub(super) offsets: [usize; PROBES],
    /// `needle[offsets[i]]`.
    pub(super) bytes: [u8; PROBES],
    /// How many of them are compared at once: 1, 2, 3, 4, 6 or 8.
    pub(super) at_once: usize,
}

impl Probes {
    /// The rarest byte of `needle`, by general experience, and the three rarest different ones near it. The needle must
    /// not be empty.
    pub(super) fn pick(needle: &[u8]) -> Self {
        let mut chosen = Chosen::default();
        let mut near = 0..needle.len();
        if needle.len() > 2 * NEAR {
            let rarest = near.clone().min_by_key(|&offset| RANK[needle[offset] as usize]).unwrap_or(0);
            near = rarest.saturating_sub(NEAR)..needle.len().min(rarest + NEAR);
        }
        // The rank and the byte of each one chosen, rarest first.
        let mut ranks = [u8::MAX; RARE];
        for offset in near {
            let rank = RANK[needle[offset] as usize];
            if chosen.len == RARE && rank >= ranks[RARE - 1] {
                continue;
            }
            // Ranks are unique: equal rank, equal byte. A repeated byte tells less than another one, for bytes that
            // repeat in the needle often repeat in the haystack.
            if ranks[..chosen.len].contains(&rank) {
                continue;
            }
            let place = ranks[..chosen.len].iter().position(|&other| rank < other).unwrap_or(chosen.len);
            chosen.len = (chosen.len + 1).min(RARE);
            ranks.copy_within(place..RARE - 1, place + 1);
            chosen.offsets.copy_within(place..RARE - 1, place + 1);
            ranks[place] = rank;
            chosen.offsets[place] = offset;
        }
        chosen.complete(needle)
    }

    /// No probes, for an empty needle.
    pub(super) const NONE: Probes = Probes { offsets: [0; PROBES], bytes: [0; PROBES], at_once: 1 };

    /// These offsets first, others after them; so many compared at once.
    pub(super) fn starting_with(offsets: &[usize], needle: &[u8], at_once: usize) -> Self {
        let mut chosen = Chosen::default();
        for &offset in offsets.iter().take(PROBES) {
            chosen.add(offset);
        }
        Probes { at_once, ..chosen.complete(needle) }
    }
}

/// Offsets on the way to [`Probes`].
#[derive(Default)]
struct Chosen {
    offsets: [usize; PROBES],
    len: usize,
}

impl Chosen {
    fn add(&mut self, offset: usize) {
        if self.len < PROBES && !self.offsets[..self.len].contains(&offset) {
            self.offsets[self.len] = offset;
            self.len += 1;
        }
    }

    fn complete(mut self, needle: &[u8]) -> Probes {
        if self.len < PROBES {
            let last = needle.len() - 1;
            // Far apart, so that a run of one byte must be as long as the needle to pass.
            for offset in
                [last, 0, last / 2, last / 4, last - last / 4].into_iter().chain(0..needle.len().min(PROBES))
            {
                self.add(offset);
            }
            let first = self.offsets[0];
            self.offsets[self.len..].fill(first);
        }
        let bytes = self.offsets.map(|offset| needle[offset]);
        Probes { offsets: self.offsets, bytes, at_once: needle.len().min(2) }
    }
}

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
        assert_eq!(Probes::pick(b"eeeQe e").bytes[..3], *b"Qe ");
        assert_eq!(Probes::pick(b"abcdefgh\xd8").bytes[0], 0xd8);
    }

    #[test]
    fn of_a_long_needle_the_rarest_and_what_is_near() {
        let mut needle = vec![b'e'; 4000];
        (needle[10], needle[1990], needle[2000], needle[3000]) = (0xd8, b'z', 0x9e, 0xd8);
        let probes = Probes::pick(&needle);
        assert_eq!(probes.offsets[..3], [2000, 1990, 1744]);
    }

    #[test]
    fn short_needles_have_every_place() {
        for needle in [&b"a"[..], b"ab", b"aa", b"aaa", b"aba", b"aaaa", b"abab", b"zzaz", b"abcdabcd", b"aaaaaaa"]
        {
            let mut offsets = Probes::pick(needle).offsets.to_vec();
            offsets.sort_unstable();
            offsets.dedup();
            assert_eq!(offsets, (0..needle.len()).collect::<Vec<_>>(), "{needle:?}");
        }
    }

    #[test]
    fn runs_are_probed_at_both_ends() {
        let probes = Probes::pick(&[b'a'; 100]);
        assert!(probes.offsets.contains(&0) && probes.offsets.contains(&99));
    }
}
