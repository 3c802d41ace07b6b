//! What the search tests share: references too simple to be wrong, drivers that go on after a pause, and memory with
//! a guard page on either side.

#![allow(dead_code)] // Each test binary uses its own part.

use zcio::search::{Budget, Finder, Outcome};

/// The references.
pub mod naive {
    /// All places at or after `from`.
    pub fn all(hay: &[u8], needle: &[u8], from: usize) -> Vec<usize> {
        (from..=hay.len()).filter(|&at| hay[at..].starts_with(needle)).collect()
    }

    pub fn find(hay: &[u8], needle: &[u8], from: usize) -> Option<usize> {
        all(hay, needle, from).first().copied()
    }

    pub fn rfind(hay: &[u8], needle: &[u8], to: usize) -> Option<usize> {
        all(&hay[..to.min(hay.len())], needle, 0).last().copied()
    }

    /// Places that do not overlap, each the first after the one before.
    pub fn apart(hay: &[u8], needle: &[u8], from: usize) -> Vec<usize> {
        let mut next = from;
        let mut places = all(hay, needle, from);
        places.retain(|&at| {
            let taken = at >= next;
            if taken {
                next = at + needle.len().max(1);
            }
            taken
        });
        places
    }
}

/// Blocks so small that every seam is met, up to none at all.
pub const BLOCKS: [Option<usize>; 5] = [None, Some(1), Some(7), Some(64), Some(1000)];

fn budget(block: Option<usize>) -> Budget {
    block.map_or_else(Budget::unlimited, Budget::stepwise)
}

pub fn find(finder: &Finder, hay: &[u8], from: usize, block: Option<usize>) -> Option<usize> {
    let mut from = from;
    loop {
        match finder.find(hay, from, &mut budget(block)) {
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
        match finder.rfind(hay, to, &mut budget(block)) {
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
        let batch = finder.count(hay, from, &mut budget(block));
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
        let batch = finder.find_all(hay, from, overlapping, &mut out, &mut budget(block));
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
    let told = || format!("needle {needle:?} in {} bytes, {from}, {to}, {block:?}, {capacity}", hay.len());
    assert_eq!(find(finder, hay, from, block), naive::find(hay, needle, from), "find {}", told());
    assert_eq!(rfind(finder, hay, to, block), naive::rfind(hay, needle, to), "rfind {}", told());
    let apart = naive::apart(hay, needle, from);
    assert_eq!(count(finder, hay, from, block), apart.len(), "count {}", told());
    assert_eq!(find_all(finder, hay, from, false, capacity, block), apart, "find_all {}", told());
    let all = naive::all(hay, needle, from);
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
