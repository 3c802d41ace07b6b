//! Compares searches with memchr's that are long enough to change probes, use the dense pass, fall back to Two-Way, or
//! pause.

mod search_support;

use memchr::memmem;
use search_support::{count, find, find_all, finder, rfind, Guarded, Random, BLOCKS};
use zcio::search::{Deadline, Finder, Level, Outcome};

/// All occurrences, found by memchr.
fn reference(hay: &[u8], needle: &[u8], overlapping: bool) -> Vec<usize> {
    let finder = memmem::Finder::new(needle);
    let step = if overlapping { 1 } else { needle.len() };
    let (mut from, mut positions) = (0, Vec::new());
    while let Some(at) = hay.get(from..).and_then(|rest| finder.find(rest)) {
        positions.push(from + at);
        from += at + step;
    }
    positions
}

fn check(hay: &[u8], needle: &[u8], level: Level, block: Option<usize>) {
    let (apart, all) = (reference(hay, needle, false), reference(hay, needle, true));
    let finder = finder(needle, level);
    let told = format!("{} bytes in {}, {block:?}", needle.len(), hay.len());
    assert_eq!(find(&finder, hay, 0, block), all.first().copied(), "find {told}");
    assert_eq!(rfind(&finder, hay, hay.len(), block), all.last().copied(), "rfind {told}");
    assert_eq!(count(&finder, hay, 0, block), apart.len(), "count {told}");
    assert_eq!(find_all(&finder, hay, 0, false, 1000, block), apart, "find_all {told}");
    assert_eq!(find_all(&finder, hay, 0, true, 1000, block), all, "find_all overlapping {told}");
}

/// Haystacks and needles that resemble each other as much as possible.
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
        // The haystack has the different byte too, but so rarely that there is no match.
        (cut(&with(run(b'a', n - 1), 0, b'b'), len), with(run(b'a', n), 0, b'b')),
        (cut(&with(run(b'a', 2 * n), n, b'b'), len), with(run(b'a', n), n / 3, b'b')),
        (cut(b"ab", len), with(cut(b"ab", n), n - 1, b'c')),
        (cut(b"ab", len), with(cut(b"ab", n), n - 1, b'a')),
        (cut(b"abcabcab", len), cut(b"abcabcab", n)),
        // They differ only at one offset, between those of the first probes.
        (cut(&with(cut(b"abcdefghij", n), n * 5 / 8, b'a'), len), cut(b"abcdefghij", n)),
    ]
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

/// Count and find_all, from the start and from elsewhere.
fn check_many(hay: &[u8], needle: &[u8], level: Level, from: usize) {
    let finder = finder(needle, level);
    for from in [0, from] {
        let told = format!("{} bytes in {} from {from}", needle.len(), hay.len());
        let positions = |overlapping| -> Vec<usize> {
            reference(&hay[from..], needle, overlapping).iter().map(|at| from + at).collect()
        };
        let (apart, all) = (positions(false), positions(true));
        for block in [None, Some(10_000)] {
            assert_eq!(count(&finder, hay, from, block), apart.len(), "count {told}");
        }
        for capacity in [1000, 100_000] {
            assert_eq!(find_all(&finder, hay, from, false, capacity, None), apart, "find_all {told}");
            assert_eq!(find_all(&finder, hay, from, true, capacity, None), all, "overlapping {told}");
        }
    }
}

/// Intervals so small that a haystack of some hundred bytes has several.
const SMALL: [usize; 4] = [8, 40, 150, 600];

every_level! {
    fn few_different_bytes(level: Level) {
        let mut random = Random(1);
        for values in [2, 4, 20] {
            let hay = random.letters(&b"ACGTefghijklmnopqrst"[..values], 700_000);
            for len in [1, 2, 3, 5, 8, 9, 16, 40, 64, 65, 300] {
                let at = random.below(hay.len() - len);
                check(&hay, &hay[at..at + len], level, None);
                let mut absent = hay[at..at + len].to_vec();
                absent[len / 2] = b'-';
                check(&hay, &absent, level, Some(100_000));
            }
        }
    }

    /// What a search learns from one interval for the next: a needle of few letters, or one but for a letter, in a text
    /// that repeats or does not.
    fn few_letters_in_small_intervals(level: Level) {
        let mut random = Random(2);
        for letters in [&b"ACGT"[..], b"01", b"\0\x01\xfe\xff", b"ACGT\nNRY"] {
            for len in [2, 3, 4, 5, 7, 8, 9, 12, 16, 17, 33, 41, 64, 70] {
                for round in 0..24 {
                    let size = 200 + random.below(1500);
                    let mut hay = random.letters(letters, size);
                    if round % 2 == 0 {
                        hay.truncate(len + random.below(9));
                        hay = hay.into_iter().cycle().take(size).collect();
                    }
                    let at = random.below(size - len);
                    let mut needle = hay[at..at + len].to_vec();
                    if round % 3 == 0 {
                        needle[random.below(len)] = letters[random.below(letters.len())];
                    }
                    let (all, apart) = (reference(&hay, &needle, true), reference(&hay, &needle, false));
                    let finder = finder(&needle, level);
                    let deadline = || Deadline::never_in_steps(SMALL[round % 4]);
                    let told = format!("{needle:?} in {hay:?}");
                    let wanted = all.first().map_or(Outcome::Absent, |&at| Outcome::Found(at));
                    assert_eq!(finder.find((&hay).into(), 0, &deadline()), wanted, "find {told}");
                    let wanted = all.last().map_or(Outcome::Absent, |&at| Outcome::Found(at));
                    assert_eq!(finder.rfind((&hay).into(), size, &deadline()), wanted, "rfind {told}");
                    assert_eq!(finder.count((&hay).into(), 0, &deadline()).found, apart.len(), "count {told}");
                    let mut out = vec![0; size];
                    let found = finder.find_all((&hay).into(), 0, true, &mut out, &deadline()).found;
                    assert!(out[..found].iter().map(|&at| at as usize).eq(all), "find_all {told}");
                }
            }
        }
    }

    fn found_at_the_very_ends_of_much(level: Level) {
        let mut hay = vec![b'e'; 1 << 20];
        hay[..6].copy_from_slice(b"needle");
        hay[(1 << 20) - 7..].copy_from_slice(b"noodles");
        check(&hay, b"needle", level, None);
        check(&hay, b"noodles", level, None);
        check(&hay, b"eeeeees", level, None);
    }

    /// One byte, in more than the near caches hold: where that is another search.
    fn one_byte_far_away(level: Level) {
        let mut hay = vec![b'e'; (2 << 20) + 77];
        for at in [0, 1, 64, (1 << 20) - 1, 1 << 20, (1 << 20) + 77, (2 << 20) + 76] {
            hay[at] = b'x';
            check(&hay, b"x", level, None);
            check(&hay[1..], b"x", level, Some(100_000));
            hay[at] = b'e';
        }
    }

    fn looking_alike(level: Level) {
        for needle_len in [16, 64, 65, 130, 2000] {
            for (hay, needle) in alike(100_000, needle_len) {
                for block in BLOCKS {
                    if block.is_none_or(|block| block >= 64) {
                        check(&hay, &needle, level, block);
                    }
                }
            }
        }
    }

    /// Worst cases cost in proportion to haystack and needle: counted in bytes looked at, not in time.
    fn linear_in_the_worst_case(level: Level) {
        let len = 400_000;
        for needle_len in [16, 65, 130, 2000, 40_000] {
            for (case, (hay, needle)) in alike(len, needle_len).into_iter().enumerate() {
                let finder = finder(&needle, level);
                let most = 8 * len + 40 * needle_len;
                let spent = |what: &str, search: &dyn Fn(&Deadline)| {
                    let deadline = Deadline::never();
                    search(&deadline);
                    let work = deadline.work();
                    assert!(work <= most, "{what}: {work} > {most}, case {case}, needle of {needle_len}");
                };
                spent("find", &|deadline| _ = finder.find((&hay).into(), 0, deadline));
                spent("rfind", &|deadline| _ = finder.rfind((&hay).into(), hay.len(), deadline));
                spent("count", &|deadline| _ = finder.count((&hay).into(), 0, deadline));
                spent("find_all", &|deadline| {
                    finder.find_all((&hay).into(), 0, true, &mut vec![0; len + 1], deadline);
                });
            }
        }
    }

    /// Occurrences close together, evenly and not, between them pieces of the needle and nothing; and again none for
    /// long.
    fn everywhere_then_nowhere(level: Level) {
        let mut random = Random(4);
        for len in [1, 2, 3, 4, 5, 8, 12, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100] {
            for needle in kinds(len) {
                for (most, even) in [(1, false), (9, false), (60, false), (40, true)] {
                    let mut hay = vec![b'.'; random.below(64)];
                    while hay.len() < 40_000 {
                        let broken = !even && random.below(8) == 0;
                        hay.extend_from_slice(&needle[..if broken { random.below(len) } else { len }]);
                        hay.resize(hay.len() + if even { most } else { random.below(most) }, b'.');
                    }
                    hay.resize(hay.len() + 80_000 + random.below(64), b'.');
                    hay.extend_from_slice(&needle.repeat(20_000 / len));
                    hay.truncate(hay.len() - random.below(64));
                    check_many(&hay, &needle, level, random.below(64));
                }
            }
        }
    }

    /// Nothing is equally far apart, and as much looks like the needle but for one byte.
    fn everywhere_at_random(level: Level) {
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
                check(&hay, needle, level, None);
                let wanted = reference(&hay, needle, false).len();
                let counted = finder(needle, level).count((&hay).into(), 0, &Deadline::never_in_steps(5000));
                assert_eq!(counted.found, wanted, "{len} bytes, about {apart} apart");
            }
        }
    }

    fn everywhere_at_a_guard_page(level: Level) {
        let mut guarded = Guarded::new(20_000);
        for len in [1, 2, 5, 15, 16, 17, 31, 32, 33, 63, 64, 65] {
            for needle in kinds(len) {
                for more in 0..70 {
                    let mut hay = [&needle[..], b"......."].concat().repeat(12_000 / (len + 7));
                    hay.resize(hay.len() + more, b'.');
                    hay.extend_from_slice(&needle);
                    let wanted = reference(&hay, &needle, false);
                    let finder = finder(&needle, level);
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

/// One call, one deadline: matches do not renew it.
#[test]
fn a_batch_pauses_however_many_it_finds() {
    let hay = b"x.........".repeat(1000);
    let finder = Finder::new(b"x");
    let mut out = vec![0; hay.len()];
    let batch = finder.find_all((&hay).into(), 0, false, &mut out, &Deadline::stepwise(100));
    assert_eq!((batch.found, batch.next, batch.done), (10, 100, false));
    let batch = finder.count((&hay).into(), 0, &Deadline::stepwise(100));
    assert_eq!((batch.found, batch.next, batch.done), (10, 100, false));
    assert_eq!(finder.find((&hay).into(), 1, &Deadline::stepwise(5)), Outcome::Paused(6));
}
