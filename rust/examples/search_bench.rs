//! Searches of zcio, at every level this machine has, beside memchr's, on the same bytes in one run.
//!
//! `cargo run --release --example search_bench [MEGABYTES [WORD]]`: WORD keeps the rows that contain it. Every answer is
//! checked before it is timed. Figures are GB/s, the best of several runs; the last column is zcio's best level
//! divided by memchr.

use std::hint::black_box;
use std::time::{Duration, Instant};

use memchr::memmem;
use zcio::search::{Deadline, Finder, Level, Outcome};

/// A generator too simple to need a crate: xorshift64*.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() >> 33) as usize % limit
    }
}

fn corpus(name: &str, len: usize) -> Vec<u8> {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let mut out = Vec::with_capacity(len + 200);
    match name {
        "random" => out.resize_with(len, || random.next() as u8),
        "zeros" => out.resize(len, 0),
        "dna" => out.resize_with(len, || b"ACGT"[random.below(4)]),
        "text" => {
            // Words by their frequency, roughly as in English: the n-th with weight 1 / n.
            let words = "the of and to a in is it you that he was for on are with as I his they be at one have this \
                         from or had by not word but what some we can out other were all there when up use your how \
                         said an each she which do their time if will way about many then them write would like so \
                         these her long make thing see him two has look more day could go come did number sound no \
                         most people my over know water than call first who may down side been now find";
            let words: Vec<&str> = words.split_whitespace().collect();
            while out.len() < len {
                let spread = random.below(words.len()) + 1;
                out.extend_from_slice(words[random.below(spread)].as_bytes());
                out.extend_from_slice(if random.below(12) == 0 { b".\n" } else { b" " });
            }
        }
        "logs" => {
            while out.len() < len {
                let line = format!(
                    "2026-11-{:02}T{:02}:{:02}:{:02}.{:03}Z INFO  server[{}]: GET /api/v1/items/{} 200 {}ms\n",
                    random.below(28) + 1,
                    random.below(24),
                    random.below(60),
                    random.below(60),
                    random.below(1000),
                    random.below(9),
                    random.below(100_000),
                    random.below(900)
                );
                out.extend_from_slice(line.as_bytes());
            }
        }
        _ => unreachable!(),
    }
    out.truncate(len);
    out
}

/// `hay` with another letter for one of each occurrence of `needle`.
fn without(hay: &[u8], needle: &[u8]) -> Vec<u8> {
    let mut hay = hay.to_vec();
    let middle = needle.len() / 2;
    while let Some(at) = memmem::find(&hay, needle) {
        memmem::find_iter(&hay.clone(), needle).for_each(|at| hay[at + middle] = needle[0]);
        hay[at + middle] = needle[0];
    }
    hay
}

/// The best time of one call, over at least 60 ms and 5 calls.
fn best(mut call: impl FnMut()) -> f64 {
    let (mut best, begin, mut calls) = (Duration::MAX, Instant::now(), 0);
    while calls < 5 || begin.elapsed() < Duration::from_millis(60) {
        let start = Instant::now();
        call();
        best = best.min(start.elapsed());
        calls += 1;
    }
    best.as_secs_f64()
}

fn rows(corpus: &str) -> Vec<(&'static str, Vec<u8>)> {
    let long = |seed: &[u8], last: &[u8], len: usize| {
        let mut needle = seed.repeat(len / seed.len() + 1);
        needle.truncate(len - last.len());
        needle.extend_from_slice(last);
        needle
    };
    match corpus {
        "random" => [1usize, 2, 3, 4, 8, 16, 64, 256, 4096]
            .iter()
            .map(|&len| {
                let mut random = Random(7 + len as u64);
                ("any", (0..len).map(|_| random.next() as u8).collect())
            })
            .collect(),
        "zeros" => vec![
            ("one", b"\x01".to_vec()),
            ("one after", long(b"\0", b"\x01", 4)),
            ("one after", long(b"\0", b"\x01", 32)),
            ("one before", long(b"\x01", b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16)),
            ("one inside", [long(b"\0", b"\x01", 32), vec![0; 32]].concat()),
            ("one inside", [long(b"\0", b"\x01", 200), vec![0; 56]].concat()),
        ],
        "dna" => vec![
            ("absent", b"ACGTN".to_vec()),
            ("made so", b"ACGTTGC".to_vec()),
            ("made so", b"ACGTTGCATC".to_vec()),
            ("made so", b"ACGTTGCATTAC".to_vec()),
            ("absent", b"ACGTTGCATTACGGA".to_vec()),
            ("absent", b"ACGTTGCATTACGGAC".to_vec()),
            ("absent", b"ACGTTGCATTACGGACCATGATTACAGGATTA".to_vec()),
            ("absent", b"ACGTTGCATTACGGACCATGATTACAGGATTATTGCAGCCA".to_vec()),
            ("absent", long(b"ACGTTGCATTACGGACCATG", b"T", 256)),
        ],
        "text" => vec![
            ("rare byte", b"Q".to_vec()),
            ("rare byte", b"theQ".to_vec()),
            ("common", b"thh".to_vec()),
            ("common", b" the the the thex".to_vec()),
            ("common", b" of onq ".to_vec()),
            ("common", b"tt".to_vec()),
            ("common", b"and to a word zoo of the".to_vec()),
            ("common", long(b"and to a is it you ", b"ox", 256)),
        ],
        "logs" => vec![
            ("absent", b"ERROR".to_vec()),
            ("common", b"INFO  server[9]".to_vec()),
            ("common", b"2026-11-00".to_vec()),
            ("common", b"/api/v1/items/x".to_vec()),
            ("common", b"Z INFO  server[3]: POST /api/v1/".to_vec()),
            ("common", b"ms\n2026-11-00T00:00:00".to_vec()),
        ],
        _ => unreachable!(),
    }
}

/// Counts of a needle that stands every so many bytes, or so many on average, beside memchr's iterator.
fn dense(levels: &[Level], len: usize, word: &str) {
    let gb = |seconds: f64| len as f64 / seconds / 1e9;
    let rows = [
        (30, &b"\n"[..]),
        (30, b"ne="),
        (30, b"needle"),
        (30, b"a needle"),
        (30, b"12-a needle."),
        (30, b"a needle of 15."),
        (30, b"a needle of 30 bytes, no space"),
        (100, b"a needle of 30 bytes, no space"),
        (1000, b"needle"),
        (65536, b"needle"),
    ];
    for ((every, needle), even) in rows.into_iter().flat_map(|row| [(row, true), (row, false)]) {
        let way = if even { "every" } else { "about" };
        let row = format!("{way} {every:5}     {:5} count", needle.len());
        if !row.contains(word) {
            continue;
        }
        print!("{row}");
        let (mut hay, mut seed) = (Vec::with_capacity(len + 2 * every), 1u64);
        while hay.len() < len {
            hay.extend_from_slice(needle);
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let gap = every.saturating_sub(needle.len());
            hay.resize(hay.len() + if even { gap } else { (seed >> 33) as usize % (2 * gap + 1) }, b'.');
        }
        hay.truncate(len);
        let finder = memmem::Finder::new(needle);
        let wanted = finder.find_iter(&hay).count();
        let mut last = 0.0;
        for &level in levels {
            let finder = Finder::with_level(needle, level).expect("available");
            last = gb(best(|| {
                assert_eq!(finder.count(black_box(&hay).into(), 0, &Deadline::never()).found, wanted);
            }));
            print!(" {last:9.1}");
        }
        let peer = gb(best(|| assert_eq!(finder.find_iter(black_box(&hay)).count(), wanted)));
        println!(" {peer:9.1} {:6.2}", last / peer);
    }
}

fn main() {
    let mut args = std::env::args().skip(1);
    let megabytes: usize = args.next().map_or(16, |text| text.parse().expect("MEGABYTES is a number"));
    let word = args.next().unwrap_or_default();
    let levels: Vec<Level> = Level::ALL.into_iter().filter(|level| level.is_available()).collect();
    let len = megabytes << 20;
    print!("{:6} {:10} {:>5} {:>5}", "corpus", "needle", "bytes", "way");
    levels.iter().for_each(|level| print!(" {:>9}", level.name().to_str().unwrap_or("?")));
    println!(" {:>9} {:>6}", "memchr", "ratio");
    dense(&levels, len, &word);
    let gb = |seconds: f64| len as f64 / seconds / 1e9;
    for name in ["random", "text", "logs", "dna", "zeros"] {
        let hay = corpus(name, len);
        for (kind, needle) in rows(name) {
            for forward in [true, false] {
                let way = if forward { "find" } else { "rfind" };
                let row = format!("{name:6} {kind:10} {:5} {way:>5}", needle.len());
                if !row.contains(&word) {
                    continue;
                }
                print!("{row}");
                // Short random needles do occur: all look at what lies between the occurrences.
                let hay = match needle.len() {
                    1..=3 if name == "random" => {
                        &hay.iter().map(|&byte| if byte == needle[0] { byte ^ 1 } else { byte }).collect::<Vec<_>>()
                    }
                    _ if kind == "made so" => &without(&hay, &needle),
                    _ => &hay,
                };
                let (ahead, back) = (memmem::Finder::new(&needle), memmem::FinderRev::new(&needle));
                let wanted = if forward { ahead.find(hay) } else { back.rfind(hay) };
                assert_eq!(wanted, None, "{row}");
                let mut last = 0.0;
                for &level in &levels {
                    let finder = Finder::with_level(&needle, level).expect("available");
                    let search = || {
                        let deadline = Deadline::never();
                        match forward {
                            true => finder.find(black_box(hay).into(), 0, &deadline),
                            false => finder.rfind(black_box(hay).into(), len, &deadline),
                        }
                    };
                    assert_eq!(search(), Outcome::Absent, "{row}");
                    last = gb(best(|| assert_eq!(search(), Outcome::Absent)));
                    print!(" {last:9.1}");
                }
                let peer = gb(best(|| {
                    let found = if forward { ahead.find(black_box(hay)) } else { back.rfind(black_box(hay)) };
                    assert_eq!(found, wanted);
                }));
                println!(" {peer:9.1} {:6.2}", last / peer);
            }
        }
    }
}
