//! The interface: a needle that is prepared once, and the searches for it.

use std::borrow::Cow;
use std::ops::Range;

use super::driver::{self, End};
use super::matches::{Count, First, List};
use super::rare_bytes::Probes;
use super::{one_byte, Deadline, Haystack, Level, Outcome};
use crate::fallible;
use crate::os::Errno;

/// The longest needle that is checked for overlapping itself. If it does not, that saves a comparison for each
/// occurrence; longer needles do not occur often enough for that to matter.
const SHORT: usize = 64;

/// Up to this size of a haystack, memrchr finds one byte faster than the packed scan. In a larger one the packed scan
/// is faster because it prefetches, which it does only on x86-64.
const NEAR: usize = if cfg!(target_arch = "x86_64") { 1 << 20 } else { isize::MAX as usize };

/// A needle and what is computed from it before a search. It never changes, so threads may share it.
#[derive(Debug, Clone)]
pub struct Finder<'n> {
    needle: Cow<'n, [u8]>,
    pub(super) level: Level,
    pub(super) probes: Probes,
}

/// The result of one call that counts or lists occurrences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batch {
    /// The number of occurrences.
    pub found: usize,
    /// The offset at which the next call continues.
    pub next: usize,
    /// Whether the whole haystack was searched.
    pub done: bool,
}

impl<'n> Finder<'n> {
    /// A finder that refers to `needle`.
    #[inline]
    pub fn new(needle: &'n [u8]) -> Self {
        let probes = if needle.is_empty() { Probes::NONE } else { Probes::by_rank(needle) };
        Finder { needle: Cow::Borrowed(needle), level: Level::best(), probes }
    }

    /// The same, of a given implementation: for tests and measurements. `None` if it is not available.
    pub fn with_level(needle: &'n [u8], level: Level) -> Option<Self> {
        level.is_available().then(|| Finder { level, ..Finder::new(needle) })
    }

    /// The same, with a copy of the needle; ENOMEM if there is no memory for it.
    pub fn into_owned(self) -> Result<Finder<'static>, Errno> {
        let mut needle = fallible::vec(self.needle.len())?;
        needle.extend_from_slice(&self.needle);
        Ok(Finder { needle: Cow::Owned(needle), level: self.level, probes: self.probes })
    }

    /// The needle.
    pub fn needle(&self) -> &[u8] {
        &self.needle
    }

    /// The lowest offset at or after `from` where the needle lies in `hay`. An empty needle lies at `from`, if that is
    /// not past the end.
    pub fn find(&self, hay: Haystack, from: usize, deadline: &Deadline) -> Outcome {
        let positions = self.positions(hay, from);
        if self.needle.is_empty() {
            return if positions.is_empty() { Outcome::Absent } else { Outcome::Found(from) };
        }
        if let ([byte], true) = (&self.needle[..], self.level == Level::best()) {
            return driver::first_offset::<false>(hay, positions, deadline, |part| {
                one_byte::find::<false>(*byte, part)
            });
        }
        let mut first = First::<false>::default();
        match driver::run(self, hay, positions, &mut first, deadline) {
            End::Paused(left) => Outcome::Paused(left.start),
            End::Done | End::Full => first.at.map_or(Outcome::Absent, Outcome::Found),
        }
    }

    /// The highest offset where the needle lies wholly inside `hay[..to]`. An empty needle lies at `to`, or at the end
    /// if that comes first.
    pub fn rfind(&self, hay: Haystack, to: usize, deadline: &Deadline) -> Outcome {
        let hay = hay.window(0..to.min(hay.len()));
        if self.needle.is_empty() {
            return Outcome::Found(hay.len());
        }
        let positions = self.positions(hay, 0);
        if let ([byte], true) = (&self.needle[..], self.level == Level::best() && hay.len() <= NEAR) {
            return driver::first_offset::<true>(hay, positions, deadline, |part| {
                one_byte::find::<true>(*byte, part)
            });
        }
        let mut first = First::<true>::default();
        match driver::run(self, hay, positions, &mut first, deadline) {
            // An occurrence at the last position that is left ends one needle length after it.
            End::Paused(left) => Outcome::Paused(left.end - 1 + self.needle.len()),
            End::Done | End::Full => first.at.map_or(Outcome::Absent, Outcome::Found),
        }
    }

    /// The number of non-overlapping occurrences of the needle in `hay` at or after `from`, until the deadline.
    pub fn count(&self, hay: Haystack, from: usize, deadline: &Deadline) -> Batch {
        let positions = self.positions(hay, from);
        if positions.is_empty() {
            return Batch { found: 0, next: from, done: true };
        }
        if self.needle.is_empty() {
            return Batch { found: positions.len(), next: positions.end, done: true };
        }
        let mut count = Count::new(self.needle.len(), !self.may_overlap());
        let end = driver::run(self, hay, positions.clone(), &mut count, deadline);
        batch(end, count.total, count.next, positions.end)
    }

    /// The offsets of the needle in `hay` at or after `from`, in order, into `out`, until that is full or the deadline
    /// has passed.
    pub fn find_all(
        &self,
        hay: Haystack,
        from: usize,
        overlapping: bool,
        out: &mut [u64],
        deadline: &Deadline,
    ) -> Batch {
        let positions = self.positions(hay, from);
        if positions.is_empty() || out.is_empty() {
            return Batch { found: 0, next: from, done: positions.is_empty() };
        }
        if self.needle.is_empty() {
            let found = out.len().min(positions.len());
            out.iter_mut().zip(from..).take(found).for_each(|(slot, at)| *slot = at as u64);
            return Batch { found, next: from + found, done: found == positions.len() };
        }
        let step = if overlapping { 1 } else { self.needle.len() };
        let mut list = List::new(out, step, overlapping || !self.may_overlap());
        let end = driver::run(self, hay, positions.clone(), &mut list, deadline);
        batch(end, list.found, list.next, positions.end)
    }

    /// The positions from `from` on where the needle fits.
    fn positions(&self, hay: Haystack, from: usize) -> Range<usize> {
        match hay.len().checked_sub(self.needle.len()) {
            Some(last) => from.min(last + 1)..last + 1,
            None => 0..0,
        }
    }

    /// Whether two occurrences of the needle may overlap. True if a prefix of it is also a suffix, or if it is too long
    /// to check.
    fn may_overlap(&self) -> bool {
        let needle = self.needle();
        needle.len() > SHORT
            || (1..needle.len()).any(|at| needle[at] == needle[0] && needle.starts_with(&needle[at..]))
    }
}

/// `next` is the position from which the matches want to continue, after those that they took.
fn batch(end: End, found: usize, next: usize, positions_end: usize) -> Batch {
    match end {
        End::Done => Batch { found, next: next.max(positions_end), done: true },
        End::Full => Batch { found, next, done: false },
        End::Paused(left) => Batch { found, next: next.max(left.start), done: false },
    }
}

/// [`Finder::find`] of a needle that is searched once.
pub fn find(hay: Haystack, needle: &[u8], from: usize, deadline: &Deadline) -> Outcome {
    Finder::new(needle).find(hay, from, deadline)
}

/// [`Finder::rfind`] of a needle that is searched once.
pub fn rfind(hay: Haystack, needle: &[u8], to: usize, deadline: &Deadline) -> Outcome {
    Finder::new(needle).rfind(hay, to, deadline)
}
