//! Many occurrences in one call: one scan, which hands over what it comes across and goes on.

use super::engine::{self, End};
use super::sink::{Collect, Count};
use super::two_way::shortest_period;
use super::{Budget, Finder};

/// Needles up to this length are looked at for whether they can overlap themselves; to know it saves a comparison for
/// each occurrence, and longer ones do not occur that often.
const SOLID: usize = 64;

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

impl Finder<'_> {
    /// The offsets of the needle in `hay` at or after `from`, in order, as many as `out` takes and the budget allows.
    pub fn find_all(
        &self,
        hay: &[u8],
        from: usize,
        overlapping: bool,
        out: &mut [u64],
        budget: &mut Budget,
    ) -> Batch {
        let starts = self.starts(hay, from);
        if starts.is_empty() {
            return Batch { found: 0, next: from, done: true };
        }
        if out.is_empty() {
            return Batch { found: 0, next: from, done: false };
        }
        if self.needle.is_empty() {
            let found = out.len().min(starts.end - from);
            out.iter_mut().zip(from..).take(found).for_each(|(slot, at)| *slot = at as u64);
            return Batch { found, next: from + found, done: from + found == starts.end };
        }
        let step = if overlapping { 1 } else { self.needle.len() };
        let mut sink = Collect::new(out, step, overlapping || self.solid());
        let end = engine::run(self, hay, starts.clone(), &mut sink, budget);
        batch(end, sink.found, sink.next, starts.end)
    }

    /// How many non-overlapping occurrences of the needle lie in `hay` at or after `from`, as far as the budget goes.
    pub fn count(&self, hay: &[u8], from: usize, budget: &mut Budget) -> Batch {
        let starts = self.starts(hay, from);
        if starts.is_empty() {
            return Batch { found: 0, next: from, done: true };
        }
        if self.needle.is_empty() {
            return Batch { found: starts.end - from, next: starts.end, done: true };
        }
        let mut sink = Count::new(self.needle.len(), self.solid());
        let end = engine::run(self, hay, starts.clone(), &mut sink, budget);
        batch(end, sink.total, sink.next, starts.end)
    }

    /// Whether no two occurrences of the needle can overlap, as far as that is worth knowing.
    fn solid(&self) -> bool {
        self.needle.len() <= SOLID && shortest_period(&self.needle) == Some(self.needle.len())
    }
}

/// `next` is where the sink wants to go on, past what it took.
fn batch(end: End, found: usize, next: usize, starts_end: usize) -> Batch {
    match end {
        End::Done => Batch { found, next: next.max(starts_end), done: true },
        End::Full => Batch { found, next, done: false },
        End::Paused(left) => Batch { found, next: next.max(left.start), done: false },
    }
}
