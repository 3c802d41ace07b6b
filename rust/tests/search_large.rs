//! Searches long enough to change their probes, give up for the two-way search, or pause: against memchr's.

mod search_support;

use memchr::memmem;
use search_support::{count, find, find_all, rfind, Guarded, BLOCKS};
use zcio::search::{Budget, Finder, Level, Outcome};

/// A multiplicative generator: the tests need variety, not quality.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}

fn levels(needle: &[u8]) -> impl Iterator<Item = Finder<'_>> {
    Level::all().into_iter().filter_map(move |level| Finder::with_level(needle, level))
}

/// All occurrences, by the other library.
fn reference(hay: &[u8], needle: &[u8], overlapping: bool) -> Vec<usize> {
    let finder = memmem::Finder::new(needle);
    let step = if overlapping { 1 } else { needle.len() };
    let (mut from, mut places) = (0, Vec::new());
    while let Some(at) = hay.get(from..).and_then(|rest| finder.find(rest)) {
        places.push(from + at);
        from += at + step;
    }
    places
}

fn check(hay: &[u8], needle: &[u8], block: Option<usize>) {
    let (apart, all) = (reference(hay, needle, false), reference(hay, needle, true));
    for finder in levels(needle) {
        let told = format!("{} bytes in {}, {block:?}", needle.len(), hay.len());
        assert_eq!(find(&finder, hay, 0, block), all.first().copied(), "find {told}");
        assert_eq!(rfind(&finder, hay, hay.len(), block), all.last().copied(), "rfind {told}");
        assert_eq!(count(&finder, hay, 0, block), apart.len(), "count {told}");
        assert_eq!(find_all(&finder, hay, 0, false, 1000, block), apart, "find_all {told}");
        assert_eq!(find_all(&finder, hay, 0, true, 1000, block), all, "find_all overlapping {told}");
    }
}

#[test]
fn few_different_bytes() {
    let mut random = Random(1);
    for values in [2, 4, 20] {
        let hay: Vec<u8> = (0..700_000).map(|_| b"ACGTefghijklmnopqrst"[random.below(values)]).collect();
        for len in [1, 2, 3, 5, 8, 9, 16, 40, 64, 65, 300] {
            let at = random.below(hay.len() - len);
            check(&hay, &hay[at..at + len], None);
            let mut absent = hay[at..at + len].to_vec();
            absent[len / 2] = b'-';
            check(&hay, &absent, Some(100_000));
        }
    }
}

#[test]
fn found_at_the_very_ends_of_much() {
    let mut hay = vec![b'e'; 1 << 20];
    hay[..6].copy_from_slice(b"needle");
    hay[(1 << 20) - 7..].copy_from_slice(b"noodles");
    check(&hay, b"needle", None);
    check(&hay, b"noodles", None);
    check(&hay, b"eeeeees", None);
}

/// One byte, in more than the near caches hold: where that is another search.
#[test]
fn one_byte_far_away() {
    let mut hay = vec![b'e'; (2 << 20) + 77];
    for at in [0, 1, 64, (1 << 20) - 1, 1 << 20, (1 << 20) + 77, (2 << 20) + 76] {
        hay[at] = b'x';
        check(&hay, b"x", None);
        check(&hay[1..], b"x", Some(100_000));
        hay[at] = b'e';
    }
}

/// Haystacks and needles made to look alike for as long as possible.
fn alike(len: usize, needle_len: usize) -> Vec<(Vec<u8>, Vec<u8>)> {
    let run = |byte: u8, len: usize| vec![byte; len];
    let cut = |pattern: &[u8], len: usize| pattern.iter().copied().cycle().take(len).collect::<Vec<_>>();
    let with = |mut bytes: Vec<u8>, at: usize, byte: u8| {
        bytes[at] = byte;
        bytes
    };
    let n = needle_len;
    vec![
        (run(b'a', len), run(b'a', n)),
        (run(b'a', len), with(run(b'a', n), n - 1, b'b')),
        (run(b'a', len), with(run(b'a', n), 0, b'b')),
        (run(b'a', len), with(run(b'a', n), n / 2, b'b')),
        // The odd byte is one the haystack has, too rarely to be a match.
        (cut(&with(run(b'a', n - 1), 0, b'b'), len), with(run(b'a', n), 0, b'b')),
        (cut(&with(run(b'a', 2 * n), n, b'b'), len), with(run(b'a', n), n / 3, b'b')),
        (cut(b"ab", len), with(cut(b"ab", n), n - 1, b'c')),
        (cut(b"ab", len), with(cut(b"ab", n), n - 1, b'a')),
        (cut(b"abcabcab", len), cut(b"abcabcab", n)),
        // Alike in all but one place between those that are looked at first.
        (cut(&with(cut(b"abcdefghij", n), n * 5 / 8, b'a'), len), cut(b"abcdefghij", n)),
    ]
}

#[test]
fn looking_alike() {
    for needle_len in [16, 64, 65, 130, 2000] {
        for (hay, needle) in alike(100_000, needle_len) {
            for block in BLOCKS {
                if block.is_none_or(|block| block >= 64) {
                    check(&hay, &needle, block);
                }
            }
        }
    }
}

/// Worst cases cost in proportion to haystack and needle: counted in bytes looked at, not in time.
#[test]
fn linear_in_the_worst_case() {
    let len = 400_000;
    for needle_len in [16, 65, 130, 2000, 40_000] {
        for (case, (hay, needle)) in alike(len, needle_len).into_iter().enumerate() {
            for finder in levels(&needle) {
                let most = 8 * len + 40 * needle_len;
                let told = format!("case {case}, needle of {needle_len}");
                let mut budget = Budget::unlimited();
                finder.find(&hay, 0, &mut budget);
                assert!(budget.work() <= most, "find: {} > {most}, {told}", budget.work());
                let mut budget = Budget::unlimited();
                finder.rfind(&hay, hay.len(), &mut budget);
                assert!(budget.work() <= most, "rfind: {} > {most}, {told}", budget.work());
                let mut budget = Budget::unlimited();
                finder.count(&hay, 0, &mut budget);
                assert!(budget.work() <= most, "count: {} > {most}, {told}", budget.work());
                let mut budget = Budget::unlimited();
                let mut out = vec![0; len + 1];
                finder.find_all(&hay, 0, true, &mut out, &mut budget);
                assert!(budget.work() <= most, "find_all: {} > {most}, {told}", budget.work());
            }
        }
    }
}

/// One call, one budget: matches do not renew it.
#[test]
fn a_batch_pauses_however_many_it_finds() {
    let hay = b"x.........".repeat(1000);
    let finder = Finder::new(b"x");
    let mut out = vec![0; hay.len()];
    let batch = finder.find_all(&hay, 0, false, &mut out, &mut Budget::stepwise(100));
    assert_eq!((batch.found, batch.next, batch.done), (10, 100, false));
    let batch = finder.count(&hay, 0, &mut Budget::stepwise(100));
    assert_eq!((batch.found, batch.next, batch.done), (10, 100, false));
    assert_eq!(finder.find(&hay, 1, &mut Budget::stepwise(5)), Outcome::Paused(6));
}

/// A needle all bytes of which are different, so that occurrences cannot overlap; one that overlaps itself every three
/// bytes, and one at its ends only.
fn kinds(len: usize) -> [Vec<u8>; 3] {
    let plain: Vec<u8> = (b'0'..).take(len).collect();
    let periodic = b"abc".iter().copied().cycle().take(len).collect();
    let mut bordered = plain.clone();
    bordered[len - 1] = b'0';
    [plain, periodic, bordered]
}

/// Occurrences close together, evenly and not, between them pieces of the needle and nothing; and again none for long.
#[test]
fn everywhere_then_nowhere() {
    let mut random = Random(4);
    for len in [1, 2, 3, 4, 5, 8, 12, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100] {
        for needle in kinds(len) {
            for (most, even) in [(1, false), (9, false), (60, false), (40, true)] {
                let mut hay = vec![b'.'; random.below(64)];
                while hay.len() < 150_000 {
                    let broken = !even && random.below(8) == 0;
                    hay.extend_from_slice(&needle[..if broken { random.below(len) } else { len }]);
                    hay.resize(hay.len() + if even { most } else { random.below(most) }, b'.');
                }
                hay.resize(hay.len() + 300_000 + random.below(64), b'.');
                hay.extend_from_slice(&needle.repeat(40_000 / len));
                hay.truncate(hay.len() - random.below(64));
                check_many(&hay, &needle, random.below(64));
            }
        }
    }
}

/// Count and find_all, from the start and from elsewhere.
fn check_many(hay: &[u8], needle: &[u8], from: usize) {
    for from in [0, from] {
        let told = format!("{} bytes in {} from {from}", needle.len(), hay.len());
        let places = |overlapping| -> Vec<usize> {
            reference(&hay[from..], needle, overlapping).iter().map(|at| from + at).collect()
        };
        let (apart, all) = (places(false), places(true));
        for finder in levels(needle) {
            for block in [None, Some(70_000)] {
                assert_eq!(count(&finder, hay, from, block), apart.len(), "count {told}");
            }
            for capacity in [1000, 100_000] {
                assert_eq!(find_all(&finder, hay, from, false, capacity, None), apart, "find_all {told}");
                assert_eq!(find_all(&finder, hay, from, true, capacity, None), all, "overlapping {told}");
            }
        }
    }
}

/// The same right before and after memory that cannot be read.
/// Where nothing is equally far apart, and as much looks like the needle but for one byte.
#[test]
fn everywhere_at_random() {
    let mut random = Random(3);
    for len in 1..=12 {
        let needle = &b"needle's end"[..len];
        for apart in [8, 40, 300] {
            let mut hay = Vec::new();
            while hay.len() < 100_000 {
                let at = hay.len();
                hay.extend_from_slice(needle);
                if random.below(2) == 0 {
                    hay[at + random.below(len)] = b'-';
                }
                hay.resize(hay.len() + random.below(apart), b'.');
            }
            check(&hay, needle, None);
            let wanted = reference(&hay, needle, false).len();
            for finder in levels(needle) {
                let counted = finder.count(&hay, 0, &mut Budget::in_blocks(5000));
                assert_eq!(counted.found, wanted, "{len} bytes, about {apart} apart");
            }
        }
    }
}

#[test]
fn everywhere_at_a_guard_page() {
    let mut guarded = Guarded::new(20_000);
    for len in [1, 2, 5, 15, 16, 17, 31, 32, 33, 63, 64, 65] {
        for needle in kinds(len) {
            for more in 0..70 {
                let mut hay = [&needle[..], b"......."].concat().repeat(12_000 / (len + 7));
                hay.resize(hay.len() + more, b'.');
                hay.extend_from_slice(&needle);
                let wanted = reference(&hay, &needle, false);
                for finder in levels(&needle) {
                    for ends in [true, false] {
                        let hay = if ends { guarded.at_the_end(&hay) } else { guarded.at_the_start(&hay) };
                        assert_eq!(count(&finder, hay, 0, None), wanted.len(), "{len} {more}");
                        assert_eq!(find_all(&finder, hay, 0, false, 5000, None), wanted, "{len} {more}");
                    }
                }
            }
        }
    }
}
