//! What becomes of the occurrences that a search meets: [`First`], [`Count`] or [`List`].

use super::vector::{Byte, LaneMask, Vector};

/// Receives occurrences in the order of the search.
pub(super) trait Matches {
    /// Whether the search runs from the end to the beginning.
    const BACKWARD: bool;

    /// Whether it may take many.
    const MANY: bool;

    /// Whether an occurrence at `at` would be of interest. The search need not ask.
    fn wants(&self, at: usize) -> bool;

    /// Takes the occurrences at `mask`'s lanes, counted from `at`; there is at least one. Returns whether to go on.
    fn take<V: Vector>(&mut self, at: usize, mask: LaneMask<V>) -> bool;

    /// Takes one occurrence. Returns whether to go on.
    #[inline(always)]
    fn take_one(&mut self, at: usize) -> bool {
        self.take(at, LaneMask::<Byte>::new(1))
    }

    /// Takes the occurrences, `total` in all, of whole words of lanes, one after the other from `at` on. Returns whether to
    /// go on.
    #[inline(always)]
    fn take_many<V: Vector>(&mut self, at: usize, masks: &[LaneMask<V>], _total: usize) -> bool {
        let mut vectors = masks.iter().enumerate();
        vectors.all(|(index, &mask)| mask.is_empty() || self.take(at + index * LaneMask::<V>::LANES, mask))
    }

    /// How many were taken, if it may take many.
    fn found(&self) -> usize;
}

/// The first occurrence that the search meets.
#[derive(Default)]
pub(super) struct First<const BACKWARD: bool> {
    /// Where it is.
    pub(super) at: Option<usize>,
}

impl<const BACKWARD: bool> Matches for First<BACKWARD> {
    const BACKWARD: bool = BACKWARD;
    const MANY: bool = false;

    #[inline(always)]
    fn wants(&self, _: usize) -> bool {
        true
    }

    #[inline(always)]
    fn take<V: Vector>(&mut self, at: usize, mask: LaneMask<V>) -> bool {
        self.at = Some(at + if BACKWARD { mask.last() } else { mask.first() });
        false
    }

    fn found(&self) -> usize {
        self.at.into_iter().count()
    }
}

/// The number of non-overlapping occurrences.
pub(super) struct Count {
    /// So many.
    pub(super) total: usize,
    /// Occurrences before this overlap one that was counted.
    pub(super) next: usize,
    needle_len: usize,
    non_overlapping: bool,
}

impl Count {
    /// For a needle of `needle_len` bytes; `non_overlapping` if no two occurrences of it can overlap.
    pub(super) fn new(needle_len: usize, non_overlapping: bool) -> Self {
        Count { total: 0, next: 0, needle_len, non_overlapping }
    }
}

impl Matches for Count {
    const BACKWARD: bool = false;
    const MANY: bool = true;

    #[inline(always)]
    fn wants(&self, at: usize) -> bool {
        at >= self.next
    }

    #[inline(always)]
    fn take<V: Vector>(&mut self, at: usize, mut mask: LaneMask<V>) -> bool {
        if self.non_overlapping {
            self.total += mask.count();
            return true;
        }
        while !mask.is_empty() {
            let here = at + mask.first();
            if here >= self.next {
                self.total += 1;
                self.next = here + self.needle_len;
            }
            mask = mask.without_first();
        }
        true
    }

    #[inline(always)]
    fn take_many<V: Vector>(&mut self, at: usize, masks: &[LaneMask<V>], total: usize) -> bool {
        if self.non_overlapping {
            self.total += total;
            return true;
        }
        let mut vectors = masks.iter().enumerate();
        vectors.all(|(index, &mask)| self.take(at + index * LaneMask::<V>::LANES, mask))
    }

    fn found(&self) -> usize {
        self.total
    }
}

/// The offsets of the occurrences, as many as there is room for.
pub(super) struct List<'o> {
    out: &'o mut [u64],
    /// How many there are in `out`.
    pub(super) found: usize,
    /// Occurrences before this are not of interest: they overlap one that was taken.
    pub(super) next: usize,
    step: usize,
    non_overlapping: bool,
}

impl<'o> List<'o> {
    /// Occurrences at least `step` apart; `non_overlapping` if they are so by themselves. `out` must not be empty.
    pub(super) fn new(out: &'o mut [u64], step: usize, non_overlapping: bool) -> Self {
        List { out, found: 0, next: 0, step, non_overlapping }
    }
}

impl Matches for List<'_> {
    const BACKWARD: bool = false;
    const MANY: bool = true;

    #[inline(always)]
    fn wants(&self, at: usize) -> bool {
        at >= self.next
    }

    #[inline(always)]
    fn take<V: Vector>(&mut self, at: usize, mut mask: LaneMask<V>) -> bool {
        // All of them fit and are of interest: nothing need be asked for each.
        let certain = self.non_overlapping && self.out.len() - self.found > mask.count();
        while !mask.is_empty() {
            let here = at + mask.first();
            if certain || here >= self.next {
                self.out[self.found] = here as u64;
                self.found += 1;
                self.next = here + self.step;
                if !certain && self.found == self.out.len() {
                    return false;
                }
            }
            mask = mask.without_first();
        }
        true
    }

    fn found(&self) -> usize {
        self.found
    }
}
