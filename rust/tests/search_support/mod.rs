//! Helpers of the search tests: simple reference implementations, functions that continue after a pause, and memory
//! with a guard page on either side.

#![allow(dead_code)] // Each test binary uses its own part.

use zcio::search::{Deadline, Finder, Level, Outcome};

/// Makes a test for each level from a function of a level. Levels that this processor lacks are reported as ignored.
#[macro_export]
macro_rules! every_level {
    ($($(#[$attribute:meta])* fn $name:ident($level:ident: Level) $body:block)*) => {$(
        $(#[$attribute])*
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            fn at($level: Level) {
                assert!($level.is_available(), "built for a processor that has it");
                $body
            }

            #[test]
            fn portable() {
                at(Level::Portable);
            }

            #[test]
            #[cfg_attr(not(zcio_runs_neon), ignore = "no NEON here")]
            fn neon() {
                at(Level::Neon);
            }

            #[test]
            #[cfg_attr(not(zcio_runs_sse2), ignore = "no SSE2 here")]
            fn sse2() {
                at(Level::Sse2);
            }

            #[test]
            #[cfg_attr(not(zcio_runs_avx2), ignore = "no AVX2 here")]
            fn avx2() {
                at(Level::Avx2);
            }

            #[test]
            #[cfg_attr(not(zcio_runs_avx512), ignore = "no AVX-512 here")]
            fn avx512() {
                at(Level::Avx512);
            }
        }
    )*};
}

/// The finder of `needle` at a level that is available.
pub fn finder(needle: &[u8], level: Level) -> Finder<'_> {
    Finder::with_level(needle, level).expect("an available level")
}

/// A random number generator, xorshift64*: the tests need variety, not quality.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % limit
    }

    pub fn letters(&mut self, letters: &[u8], len: usize) -> Vec<u8> {
        (0..len).map(|_| letters[self.below(letters.len())]).collect()
    }
}

/// The references.
pub mod naive {
    /// All positions.
    pub fn all(hay: &[u8], needle: &[u8]) -> Vec<usize> {
        (0..=hay.len()).filter(|&at| hay[at..].starts_with(needle)).collect()
    }

    /// Those of `all` from `from` on.
    pub fn from(all: &[usize], from: usize) -> Vec<usize> {
        all.iter().copied().filter(|&at| at >= from).collect()
    }

    /// The last of `all` at which a needle of `len` bytes ends before `to`.
    pub fn last(all: &[usize], len: usize, to: usize) -> Option<usize> {
        all.iter().copied().rfind(|&at| at + len <= to)
    }

    /// Those of `all` that do not overlap, each the first after the one before.
    pub fn apart(all: &[usize], len: usize) -> Vec<usize> {
        let mut next = 0;
        let mut apart = all.to_vec();
        apart.retain(|&at| {
            let taken = at >= next;
            if taken {
                next = at + len.max(1);
            }
            taken
        });
        apart
    }
}

/// Blocks so small that every seam is met, up to none at all.
pub const BLOCKS: [Option<usize>; 5] = [None, Some(1), Some(7), Some(64), Some(1000)];

pub fn deadline(block: Option<usize>) -> Deadline {
    block.map_or_else(Deadline::never, Deadline::stepwise)
}

pub fn find(finder: &Finder, hay: &[u8], from: usize, block: Option<usize>) -> Option<usize> {
    let mut from = from;
    loop {
        match finder.find(hay.into(), from, &deadline(block)) {
            Outcome::Found(at) => return Some(at),
            Outcome::Absent => return None,
            Outcome::Paused(at) => {
                assert!(at > from, "a pause without progress");
                from = at;
            }
        }
    }
}

pub fn rfind(finder: &Finder, hay: &[u8], to: usize, block: Option<usize>) -> Option<usize> {
    let mut to = to;
    loop {
        match finder.rfind(hay.into(), to, &deadline(block)) {
            Outcome::Found(at) => return Some(at),
            Outcome::Absent => return None,
            Outcome::Paused(at) => {
                assert!(at < to, "a pause without progress");
                to = at;
            }
        }
    }
}

pub fn count(finder: &Finder, hay: &[u8], from: usize, block: Option<usize>) -> usize {
    let (mut from, mut total) = (from, 0);
    loop {
        let batch = finder.count(hay.into(), from, &deadline(block));
        total += batch.found;
        if batch.done {
            return total;
        }
        assert!(batch.next > from, "a pause without progress");
        from = batch.next;
    }
}

pub fn find_all(
    finder: &Finder,
    hay: &[u8],
    from: usize,
    overlapping: bool,
    capacity: usize,
    block: Option<usize>,
) -> Vec<usize> {
    let mut out = vec![u64::MAX; capacity];
    let (mut from, mut places) = (from, Vec::new());
    loop {
        let batch = finder.find_all(hay.into(), from, overlapping, &mut out, &deadline(block));
        places.extend(out[..batch.found].iter().map(|&at| at as usize));
        if batch.done {
            return places;
        }
        assert!(batch.next > from, "a batch without progress");
        from = batch.next;
    }
}

/// Everything a finder does, against the references.
pub fn check(finder: &Finder, hay: &[u8], from: usize, to: usize, block: Option<usize>, capacity: usize) {
    let needle = finder.needle();
    let told = || format!("needle {needle:?} in {hay:?}, {from}, {to}, {block:?}, {capacity}");
    let whole = naive::all(hay, needle);
    let all = naive::from(&whole, from);
    let apart = naive::apart(&all, needle.len());
    assert_eq!(find(finder, hay, from, block), all.first().copied(), "find {}", told());
    assert_eq!(rfind(finder, hay, to, block), naive::last(&whole, needle.len(), to), "rfind {}", told());
    assert_eq!(count(finder, hay, from, block), apart.len(), "count {}", told());
    assert_eq!(find_all(finder, hay, from, false, capacity, block), apart, "find_all {}", told());
    assert_eq!(find_all(finder, hay, from, true, capacity, block), all, "find_all overlapping {}", told());
}

/// Memory whose both neighbours cannot be read.
pub struct Guarded {
    map: memmap2::MmapMut,
    page: usize,
}

impl Guarded {
    /// Room for `len` bytes, rounded up to pages.
    pub fn new(len: usize) -> Self {
        // SAFETY: sysconf and mprotect read no memory of ours; the protected pages are the first and the last of a
        // mapping that is ours alone, and nothing refers to them.
        unsafe {
            let page = libc::sysconf(libc::_SC_PAGESIZE) as usize;
            let size = len.div_ceil(page) * page + 2 * page;
            let mut map = memmap2::MmapMut::map_anon(size).expect("anonymous memory");
            let base = map.as_mut_ptr();
            assert_eq!(libc::mprotect(base.cast(), page, libc::PROT_NONE), 0);
            assert_eq!(libc::mprotect(base.add(size - page).cast(), page, libc::PROT_NONE), 0);
            Guarded { map, page }
        }
    }

    /// The address and size of what lies between the guard pages.
    pub fn memory(&mut self) -> (*mut u8, usize) {
        // SAFETY: the mapping has its first page.
        (unsafe { self.map.as_mut_ptr().add(self.page) }, self.map.len() - 2 * self.page)
    }

    /// `bytes`, right before the guard page.
    pub fn at_the_end(&mut self, bytes: &[u8]) -> &[u8] {
        let end = self.map.len() - self.page;
        self.map[end - bytes.len()..end].copy_from_slice(bytes);
        &self.map[end - bytes.len()..end]
    }

    /// `bytes`, right after the guard page.
    pub fn at_the_start(&mut self, bytes: &[u8]) -> &[u8] {
        self.map[self.page..self.page + bytes.len()].copy_from_slice(bytes);
        &self.map[self.page..self.page + bytes.len()]
    }
}
