//! Random searches of every entry and level beside a naive reference, for as long as one likes.
//!
//! `cargo run --profile checked --example fuzz_search [SECONDS [SEED]]`. What differs is printed with its seed, and the
//! process ends with a panic. `tests/search_oracle.rs` has the same comparisons for proptest, which shrinks what fails.

use std::time::{Duration, Instant};

use zcio::pipe::spans;
use zcio::search::{ByteSet, Deadline, Finder, Haystack, Level, Outcome};

/// xorshift64*.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % limit
    }

    fn pick<T: Copy>(&mut self, values: &[T]) -> T {
        values[self.below(values.len())]
    }
}

/// A haystack and a needle that is a piece of it, like a piece of it, or neither.
fn case(random: &mut Random) -> (Vec<u8>, Vec<u8>) {
    let letters = random.pick(&[&b"a"[..], b"ab", b"ACGT", b"\0\x01\xfe\xff", b"the quick brown fox\n"]);
    let most = random.pick(&[20, 100, 700, 3000]);
    let size = random.below(most) + 1;
    let mut hay: Vec<u8> = (0..size).map(|_| random.pick(letters)).collect();
    if random.below(3) == 0 {
        let period = random.below(70) + 1;
        hay = hay.iter().copied().take(period).cycle().take(size).collect();
        let at = random.below(size);
        hay[at] = random.pick(letters);
    }
    let most = random.pick(&[3, 9, 20, 70, 200]);
    let len = random.below(most).min(size);
    let at = random.below(size - len + 1);
    let mut needle = hay[at..at + len].to_vec();
    if len > 0 && random.below(2) == 0 {
        needle[random.below(len)] = random.pick(letters);
    }
    (hay, needle)
}

fn deadline(interval: Option<usize>) -> Deadline {
    interval.map_or_else(Deadline::never, Deadline::never_in_steps)
}

fn outcome(at: Option<usize>) -> Outcome {
    at.map_or(Outcome::Absent, Outcome::Found)
}

fn check(random: &mut Random, levels: &[Level]) {
    let (hay, needle) = case(random);
    let from = random.pick(&[0, 0, hay.len() / 3, hay.len() + 1]);
    let to = random.pick(&[hay.len(), hay.len(), hay.len() / 2, usize::MAX]);
    let interval = random.pick(&[None, Some(1), Some(8), Some(64), Some(500)]);
    let all: Vec<usize> = (0..=hay.len()).filter(|&at| hay[at..].starts_with(&needle)).collect();
    let last = all.iter().copied().rfind(|&at| at + needle.len() <= to);
    let all: Vec<usize> = all.into_iter().filter(|&at| at >= from).collect();
    let mut next = 0;
    let mut apart = all.clone();
    apart.retain(|&at| {
        at >= next && {
            next = at + needle.len().max(1);
            true
        }
    });
    let mut bits = [0; 32];
    needle.iter().for_each(|&byte| bits[byte as usize / 8] |= 1 << (byte % 8));
    let first_any = (from..hay.len()).find(|&at| needle.contains(&hay[at]));
    let last_any = (0..to.min(hay.len())).rfind(|&at| needle.contains(&hay[at]));
    for &level in levels {
        let told = || format!("{level:?}, {needle:?} in {hay:?}, {from}, {to}, {interval:?}");
        let finder = Finder::with_level(&needle, level).expect("available");
        assert_eq!(
            finder.find((&hay).into(), from, &deadline(interval)),
            outcome(all.first().copied()),
            "find {}",
            told()
        );
        assert_eq!(finder.rfind((&hay).into(), to, &deadline(interval)), outcome(last), "rfind {}", told());
        assert_eq!(finder.count((&hay).into(), from, &deadline(interval)).found, apart.len(), "count {}", told());
        for (overlapping, wanted) in [(false, &apart), (true, &all)] {
            let mut out = vec![0; hay.len() + 2];
            let batch = finder.find_all((&hay).into(), from, overlapping, &mut out, &deadline(interval));
            let same = batch.done && out[..batch.found].iter().map(|&at| at as usize).eq(wanted.iter().copied());
            assert!(same, "find_all {overlapping} {}", told());
        }
        let set = ByteSet::with_level(&bits, level).expect("available");
        assert_eq!(set.find((&hay).into(), from, &deadline(interval)), outcome(first_any), "find any {}", told());
        assert_eq!(set.rfind((&hay).into(), to, &deadline(interval)), outcome(last_any), "rfind any {}", told());
    }
    let (mut rest, mut pieces) = (&hay[..], Vec::new());
    while !rest.is_empty() {
        let (piece, more) = rest.split_at((random.below(60) + 1).min(rest.len()));
        pieces.push(Haystack::from(piece));
        rest = more;
    }
    let found = spans::find(&pieces, &Finder::new(&needle), from, &Deadline::never());
    assert_eq!(found, Ok(outcome(all.first().copied())), "spans {needle:?} in {hay:?} from {from}");
}

fn main() {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse().expect("SECONDS and SEED are numbers"));
    let seconds = arguments.next().unwrap_or(60);
    let seed: u64 = arguments.next().unwrap_or(1);
    let (levels, lacking): (Vec<Level>, Vec<Level>) =
        Level::ALL.into_iter().partition(|level| level.is_available());
    println!("levels {levels:?}; not on this processor: {lacking:?}");
    let (begin, mut cases) = (Instant::now(), 0);
    while begin.elapsed() < Duration::from_secs(seconds) {
        for _ in 0..100 {
            cases += 1;
            // One generator a case, so that its number is all one needs to repeat it.
            check(&mut Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (cases + 1)), &levels);
        }
    }
    println!("{cases} cases from seed {seed}, at {} levels each", levels.len());
}
