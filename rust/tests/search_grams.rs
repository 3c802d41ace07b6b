//! Haystacks of few letters, which are sampled: every level against the naive references and memchr's.

mod cases;
mod search_support;

use cases::cases;
use memchr::memmem;
use proptest::prelude::*;
use search_support::{naive, Guarded};
use zcio::search::{Budget, Finder, Level, Outcome};

/// Blocks so small that the second one is sampled.
const SMALL: [usize; 4] = [8, 40, 150, 600];

/// As many as usual.
const USUAL: usize = 256 * 1024;

/// Lengths around those at which another way to sample is taken, and longer ones.
const LENGTHS: [usize; 15] = [6, 7, 8, 9, 10, 11, 12, 14, 15, 16, 17, 31, 33, 41, 70];

/// Alphabets: two bits of a letter tell, tell less, or there are more letters than that.
const LETTERS: [&[u8]; 6] = [b"ACGT", b"acgtn", b"01", b"\0\x01\xfe\xff", b"\x00\x40\x80\xc0", b"ACGT\nNRY"];

struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }

    fn letters(&mut self, letters: &[u8], len: usize) -> Vec<u8> {
        (0..len).map(|_| letters[self.below(letters.len())]).collect()
    }
}

fn levels(needle: &[u8]) -> impl Iterator<Item = Finder<'_>> {
    Level::all().into_iter().filter_map(move |level| Finder::with_level(needle, level))
}

fn found(outcome: Outcome) -> Option<usize> {
    match outcome {
        Outcome::Found(at) => Some(at),
        Outcome::Absent => None,
        Outcome::Paused(_) => unreachable!("the budget has no end"),
    }
}

fn find(finder: &Finder, hay: &[u8], from: usize, block: usize) -> Option<usize> {
    found(finder.find(hay, from, &mut Budget::in_blocks(block)))
}

fn rfind(finder: &Finder, hay: &[u8], to: usize, block: usize) -> Option<usize> {
    found(finder.rfind(hay, to, &mut Budget::in_blocks(block)))
}

fn count(finder: &Finder, hay: &[u8], from: usize, block: usize) -> usize {
    finder.count(hay, from, &mut Budget::in_blocks(block)).found
}

fn find_all(
    finder: &Finder,
    hay: &[u8],
    from: usize,
    overlapping: bool,
    capacity: usize,
    block: usize,
) -> Vec<usize> {
    let (mut out, mut from, mut places) = (vec![u64::MAX; capacity], from, Vec::new());
    loop {
        let batch = finder.find_all(hay, from, overlapping, &mut out, &mut Budget::in_blocks(block));
        places.extend(out[..batch.found].iter().map(|&at| at as usize));
        if batch.done {
            return places;
        }
        from = batch.next;
    }
}

/// Everything a finder does, against the references.
fn check(finder: &Finder, hay: &[u8], from: usize, to: usize, block: usize, capacity: usize) {
    let needle = finder.needle();
    assert_eq!(find(finder, hay, from, block), naive::find(hay, needle, from), "find");
    assert_eq!(rfind(finder, hay, to, block), naive::rfind(hay, needle, to), "rfind");
    let apart = naive::apart(hay, needle, from);
    assert_eq!(count(finder, hay, from, block), apart.len(), "count");
    assert_eq!(find_all(finder, hay, from, false, capacity, block), apart, "find_all");
    assert_eq!(find_all(finder, hay, from, true, capacity, block), naive::all(hay, needle, from), "overlapping");
}

/// A haystack of one of the alphabets with a needle that is a piece of it, or one but for a letter; repeated or not.
fn hay_and_needle() -> impl Strategy<Value = (Vec<u8>, Vec<u8>)> {
    let parts =
        (prop::sample::select(&LETTERS[..]), prop::sample::select(&LENGTHS[..]), any::<u64>(), 100..1500usize);
    (parts, any::<prop::sample::Index>(), 0..5usize).prop_map(|((letters, len, seed, size), place, kind)| {
        let mut random = Random(seed);
        let mut hay = random.letters(letters, size);
        if kind > 2 {
            // Much that looks like the needle, and what it is repeated with.
            hay.truncate(len + random.below(9));
            hay = hay.into_iter().cycle().take(size).collect();
        }
        let at = place.index(size - len);
        let mut needle = hay[at..at + len].to_vec();
        if kind % 2 == 1 {
            needle[random.below(len)] = letters[random.below(letters.len())];
        }
        if kind == 2 {
            for _ in 0..random.below(4) {
                let at = random.below(size - len);
                hay[at..at + len].copy_from_slice(&needle);
            }
        }
        (hay, needle)
    })
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn agrees(
        (hay, needle) in hay_and_needle(),
        from in any::<prop::sample::Index>(),
        to in any::<prop::sample::Index>(),
        block in prop::sample::select(&SMALL[..]),
        capacity in prop::sample::select(&[1usize, 3, 5000][..]),
    ) {
        for finder in levels(&needle) {
            check(&finder, &hay, 0, hay.len(), block, capacity);
            check(&finder, &hay, from.index(hay.len() / 4), hay.len() - to.index(hay.len() / 4), block, capacity);
        }
    }

    #[test]
    fn stays_inside((hay, needle) in hay_and_needle(), block in prop::sample::select(&SMALL[..])) {
        let mut guarded = Guarded::new(hay.len());
        for finder in levels(&needle) {
            check(&finder, guarded.at_the_end(&hay), 0, hay.len(), block, 64);
            check(&finder, guarded.at_the_start(&hay), 0, hay.len(), block, 64);
        }
    }
}

/// The needle at each place of some groups in the middle and at the ends, in a haystack that has none and begins at
/// each place of a vector.
#[test]
fn every_place() {
    let mut random = Random(5);
    for len in LENGTHS {
        // The needle's first letter, which comes again in it nowhere, is in the haystack always followed by another.
        let mut needle = random.letters(b"CGT", len);
        needle[len / 3] = b'A';
        let other = if needle[len / 3 + 1] == b'C' { b'G' } else { b'C' };
        let mut clean = random.letters(b"ACGT", 1200);
        for at in 1..clean.len() {
            if clean[at - 1] == b'A' {
                clean[at] = other;
            }
        }
        for finder in levels(&needle) {
            let last = clean.len() - len;
            for (round, at) in (0..160).chain(500..660).chain(last - 160..=last).enumerate() {
                let mut hay = clean.clone();
                hay[at..at + len].copy_from_slice(&needle);
                let hay = &hay[round % 32 % (at + 1)..];
                let at = Some(at - round % 32 % (at + 1));
                let block = SMALL[1 + round % 3];
                assert_eq!(find(&finder, hay, 0, block), at, "find {len} {round}");
                assert_eq!(rfind(&finder, hay, hay.len(), block), at, "rfind {len} {round}");
                assert_eq!(count(&finder, hay, 0, block), 1, "count {len} {round}");
            }
        }
    }
}

/// Every length of a haystack that ends or begins at memory that cannot be read, the needle at its ends or not there.
#[test]
fn every_length_at_a_guard_page() {
    let mut guarded = Guarded::new(4096);
    let mut random = Random(6);
    for len in LENGTHS {
        let needle = random.letters(b"ACGT", len);
        for size in 120..460 {
            let mut hay = random.letters(b"ACGT", size);
            let clean = hay.clone();
            for round in 0..3 {
                hay.copy_from_slice(&clean);
                match round {
                    0 => (),
                    1 => hay[..len].copy_from_slice(&needle),
                    _ => hay[size - len..].copy_from_slice(&needle),
                }
                let wanted = memmem::find_iter(&hay, &needle).next();
                let wanted_last = memmem::rfind(&hay, &needle);
                for finder in levels(&needle) {
                    for ends in [true, false] {
                        let hay = if ends { guarded.at_the_end(&hay) } else { guarded.at_the_start(&hay) };
                        assert_eq!(find(&finder, hay, 0, 8), wanted, "{len} {size}");
                        assert_eq!(rfind(&finder, hay, size, 8), wanted_last, "{len} {size}");
                    }
                }
            }
        }
    }
}

/// What is sampled agrees all over, a needle never, or in the end: whole blocks, so that it gives up.
#[test]
fn false_candidates_everywhere() {
    let mut random = Random(7);
    for len in [7, 11, 15, 41, 300, 5000] {
        // After letters by chance the needle's middle all the time, or all of it but the first or last letter.
        for cut in [0..len - 1, 1..len, len / 4..len - len / 4] {
            let needle = random.letters(b"ACGT", len);
            let mut hay = random.letters(b"ACGT", 20_000);
            while hay.len() < 450_000 {
                hay.extend_from_slice(&needle[cut.clone()]);
                let letter = needle[cut.end % len];
                hay.extend(
                    random.letters(b"ACGT", random.0 as usize % 3).into_iter().filter(|&other| other != letter),
                );
                hay.push(if letter == b'A' { b'C' } else { b'A' });
            }
            hay.extend(random.letters(b"ACGT", 20_000));
            for around in [false, true] {
                if around {
                    hay[300_000..300_000 + len].copy_from_slice(&needle);
                    hay[400_001..400_001 + len].copy_from_slice(&needle);
                }
                let wanted: Vec<usize> = memmem::find_iter(&hay, &needle).collect();
                for finder in levels(&needle) {
                    assert_eq!(find(&finder, &hay, 0, USUAL), wanted.first().copied(), "{len} {cut:?}");
                    assert_eq!(count(&finder, &hay, 0, USUAL), wanted.len(), "{len} {cut:?}");
                    assert_eq!(
                        rfind(&finder, &hay, hay.len(), USUAL),
                        memmem::rfind(&hay, &needle),
                        "{len} {cut:?}"
                    );
                    let mut budget = Budget::unlimited();
                    finder.find(&hay, 0, &mut budget);
                    finder.rfind(&hay, hay.len(), &mut budget);
                    let most = 2 * (8 * hay.len() + 40 * len);
                    assert!(budget.work() <= most, "{} > {most}, {len} {cut:?}", budget.work());
                }
            }
        }
    }
}

/// Long haystacks, cut where one call has its blocks and its glance; the needle nowhere, at each of the seams, and
/// common by chance.
#[test]
fn long_haystacks() {
    let mut random = Random(8);
    let clean = random.letters(b"ACGT", 600_000);
    for len in [7, 9, 11, 14, 15, 23, 41] {
        for at in [0, 2040, 2048, 18_000, 18_432, 280_570, 280_576, 300_001, 599_000, 600_000 - len] {
            let needle = random.letters(b"ACGT", len);
            let mut hay = clean.clone();
            for place in [at, 600_000 - len - at] {
                hay[place..place + len].copy_from_slice(&needle);
            }
            let wanted: Vec<usize> = memmem::find_iter(&hay, &needle).collect();
            for finder in levels(&needle) {
                for block in [USUAL, 90_000] {
                    assert_eq!(find(&finder, &hay, 0, block), wanted.first().copied(), "find {len} {at}");
                    assert_eq!(
                        rfind(&finder, &hay, hay.len(), block),
                        memmem::rfind(&hay, &needle),
                        "rfind {len} {at}"
                    );
                    assert_eq!(count(&finder, &hay, 0, block), wanted.len(), "count {len} {at}");
                }
            }
        }
    }
}

/// Nothing is missed where sampling gives up: after letters by chance there is near to the needle what looks like it
/// all the time, so that it does so some groups on.
#[test]
fn found_where_it_gives_up() {
    const BLOCK: usize = 4000;
    let mut random = Random(9);
    for len in [11, 15, 41] {
        let needle = random.letters(b"ACGT", len);
        let changed = |at: usize| {
            let mut piece = needle.clone();
            piece[at] ^= b'A' ^ b'C';
            piece
        };
        let mut alike = random.letters(b"ACGT", 9);
        while alike.len() < BLOCK {
            alike.extend_from_slice(&changed(if alike.len() % 2 == 0 { 0 } else { len - 1 }));
            alike.extend(random.letters(b"ACGT", 3 + len % 2));
        }
        let plain = random.letters(b"ACGT", BLOCK);
        for finder in levels(&needle) {
            for at in (1200..3900).step_by(3) {
                let mut hay = [&plain[..], &alike].concat();
                hay[BLOCK + at..BLOCK + at + len].copy_from_slice(&needle);
                let wanted = memmem::find(&hay, &needle);
                assert_eq!(find(&finder, &hay, 0, BLOCK), wanted, "find {len} {at}");
                let mut hay = [&alike[..], &plain].concat();
                let at = alike.len() - at;
                hay[at - len..at].copy_from_slice(&needle);
                let wanted = memmem::rfind(&hay, &needle);
                assert_eq!(rfind(&finder, &hay, hay.len(), BLOCK), wanted, "rfind {len} {at}");
            }
        }
    }
}

/// What codes agree with is compared no more than in proportion: after letters by chance a long needle's first half at
/// every other place, or its second.
#[test]
fn linear_where_all_codes_agree() {
    let mut random = Random(10);
    let plain = random.letters(b"ACGT", 40_000);
    let run = b"AC".repeat(200_000);
    for len in [41, 1000, 10_000] {
        let mut needle = b"AC".repeat(len / 2 + 1)[..len].to_vec();
        for at in [len - 1, len / 2, 0] {
            needle[at] = b'G';
            for finder in levels(&needle) {
                for (hay, back) in [([&plain[..], &run].concat(), false), ([&run[..], &plain].concat(), true)] {
                    let mut budget = Budget::unlimited();
                    let outcome = match back {
                        true => finder.rfind(&hay, hay.len(), &mut budget),
                        false => finder.find(&hay, 0, &mut budget),
                    };
                    assert_eq!(found(outcome), memmem::find(&hay, &needle));
                    let most = 8 * hay.len() + 40 * len;
                    assert!(budget.work() <= most, "{} > {most}, {len} {at} {back}", budget.work());
                }
            }
            needle[at] = if at % 2 == 0 { b'A' } else { b'C' };
        }
    }
}
