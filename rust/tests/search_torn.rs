//! Searches haystacks while another thread writes them: results may be stale, but are never out of range, and no byte
//! outside the haystack is read.

mod search_support;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use search_support::{finder, Guarded, Random};
use zcio::search::{ByteSet, Deadline, Haystack, Level, Outcome};

/// A place that a thread may write while others read it.
#[derive(Clone, Copy)]
struct Shared(*mut u8, usize);

// SAFETY: the memory outlives the threads, and all reads and writes are by pointers: that they race is what is tested.
unsafe impl Send for Shared {}
// SAFETY: the same.
unsafe impl Sync for Shared {}

impl Shared {
    /// Pieces of `needle`, near misses and noise, all over it and at its ends, until `stop`.
    fn scribble(self, needle: &[u8], stop: &AtomicBool) {
        let mut random = Random(7);
        while !stop.load(Ordering::Relaxed) {
            let len = 1 + random.below(needle.len());
            let at = match random.below(8) {
                0 => 0,
                1 => self.1 - len,
                _ => random.below(self.1 - len + 1),
            };
            for (i, &byte) in needle[..len].iter().enumerate() {
                let byte = if random.below(40) == 0 { b'.' } else { byte };
                // SAFETY: `at + len` is no more than the size.
                unsafe { self.0.add(at + i).write_volatile(byte) };
            }
        }
    }
}

fn found(outcome: Outcome, last: usize) {
    match outcome {
        Outcome::Found(at) => assert!(at <= last, "{at} > {last}"),
        Outcome::Absent => {}
        Outcome::Paused(at) => unreachable!("paused at {at} without a deadline"),
    }
}

every_level! {
    fn answers_stay_in_range(level: Level) {
        const SIZE: usize = 16 * 1024;
        let mut guarded = Guarded::new(SIZE);
        let (start, size) = guarded.memory();
        let memory = Shared(start, size);
        for needle in [&b"a"[..], b"aa", b"abab", b"needle", b"aaaaaaaaab", b"0123456789abcdefghijklmnopqrstuvwxyz", &[b'a'; 90]] {
            let stop = &AtomicBool::new(false);
            std::thread::scope(|scope| {
                scope.spawn(move || memory.scribble(needle, stop));
                let (finder, mut out) = (finder(needle, level), vec![0; SIZE + 1]);
                let mut bits = [0; 32];
                needle.iter().for_each(|&byte| bits[byte as usize / 8] |= 1 << (byte % 8));
                let set = ByteSet::with_level(&bits, level).expect("an available level");
                let begin = Instant::now();
                let mut random = Random(9);
                while begin.elapsed() < Duration::from_millis(60) {
                    // Right up to either guard page.
                    let len = needle.len() + random.below(size - needle.len() + 1);
                    let at = if random.below(2) == 0 { 0 } else { size - len };
                    // SAFETY: it lies in the memory between the guard pages.
                    let hay = unsafe { Haystack::new(memory.0.add(at), len) };
                    let last = len - needle.len();
                    let deadline = || Deadline::never_in_steps(500);
                    found(finder.find(hay, 0, &deadline()), last);
                    found(finder.rfind(hay, len, &deadline()), last);
                    found(set.find(hay, 0, &deadline()), len - 1);
                    found(set.rfind(hay, len, &deadline()), len - 1);
                    let batch = finder.count(hay, 0, &deadline());
                    assert!(batch.done && batch.found <= last + 1, "{batch:?}");
                    for overlapping in [false, true] {
                        let batch = finder.find_all(hay, 0, overlapping, &mut out, &deadline());
                        assert!(batch.done && batch.found <= last + 1, "{batch:?}");
                        let offsets = &out[..batch.found];
                        assert!(offsets.windows(2).all(|pair| pair[0] < pair[1]), "{offsets:?}");
                        assert!(offsets.last().is_none_or(|&at| at as usize <= last), "{offsets:?}");
                    }
                }
                stop.store(true, Ordering::Relaxed);
            });
        }
    }
}
