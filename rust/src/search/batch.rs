//! Many occurrences in one call.

use super::{find, Budget, Outcome};

/// What a batch came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batch {
    /// How many occurrences this batch has.
    pub found: usize,
    /// Where the next batch begins to look.
    pub next: usize,
    /// Whether the whole slice was looked at.
    pub done: bool,
}

/// The offsets of `needle` in `hay` at or after `from`, in order, as many as `out` takes and the budget allows.
pub fn find_all(
    hay: &[u8],
    needle: &[u8],
    from: usize,
    overlapping: bool,
    out: &mut [u64],
    budget: &mut Budget,
) -> Batch {
    let step = if overlapping { 1 } else { needle.len().max(1) };
    let mut next = from;
    for (found, slot) in out.iter_mut().enumerate() {
        match find(hay, needle, next, budget) {
            Outcome::Found(at) => {
                *slot = at as u64;
                next = at + step;
            }
            Outcome::Absent => return Batch { found, next, done: true },
            Outcome::Paused(at) => return Batch { found, next: at, done: false },
        }
    }
    Batch { found: out.len(), next, done: false }
}

/// How many non-overlapping occurrences of `needle` lie in `hay` at or after `from`, as far as the budget goes.
pub fn count(hay: &[u8], needle: &[u8], from: usize, budget: &mut Budget) -> Batch {
    let step = needle.len().max(1);
    let (mut found, mut next) = (0, from);
    loop {
        match find(hay, needle, next, budget) {
            Outcome::Found(at) => {
                found += 1;
                next = at + step;
            }
            Outcome::Absent => return Batch { found, next, done: true },
            Outcome::Paused(at) => return Batch { found, next: at, done: false },
        }
    }
}
