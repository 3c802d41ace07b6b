//! Receivers of the occurrences that a search finds: [`First`], [`Count`] and [`List`].

use super::vector::{Byte, LaneMask, Vector};

/// Receives occurrences in the order of the search.
pub(super) trait Matches {
    /// Whether the search runs from the end to the beginning.
    const BACKWARD: bool;

    /// Whether it may take more than one.
    const MANY: bool;

    /// Whether it would take an occurrence at `at`. A search may ask before it compares, but need not.
    fn wants(&self, at: usize) -> bool;

    /// Takes the occurrences at the lanes in `mask`, counted from `at`; there is at least one. Returns whether to
    /// continue.
    fn take<V: Vector>(&mut self, at: usize, mask: LaneMask<V>) -> bool;

    /// Takes one occurrence. Returns whether to continue.
    #[inline(always)]
    fn take_one(&mut self, at: usize) -> bool {
        self.take(at, LaneMask::<Byte>::new(1))
    }

    /// Takes the occurrences in adjoining words of lanes from `at` on, `total` in all. Returns whether to continue.
    #[inline(always)]
    fn take_many<V: Vector>(&mut self, at: usize, masks: &[LaneMask<V>], _total: usize) -> bool {
        let mut vectors = masks.iter().enumerate();
        vectors.all(|(index, &mask)| mask.is_empty() || self.take(at + index * LaneMask::<V>::LANES, mask))
    }

    /// The number of occurrences taken, if it may take more than one.
    fn found(&self) -> usize;
}

/// Takes the first occurrence only.
#[derive(Default)]
pub(super) struct First<const BACKWARD: bool> {
    /// Its offset.
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

/// Counts non-overlapping occurrences.
pub(super) struct Count {
    /// The number so far.
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

/// Lists the offsets of occurrences until `out` is full.
pub(super) struct List<'o> {
    out: &'o mut [u64],
    /// The number of offsets in `out`.
    pub(super) found: usize,
    /// Occurrences before this are not taken: they overlap one that was.
    pub(super) next: usize,
    step: usize,
    non_overlapping: bool,
}

impl<'o> List<'o> {
    /// Takes occurrences that are at least `step` apart; `non_overlapping` if all are. `out` must not be empty.
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
        // All of them fit and will be taken, so nothing has to be checked for each.
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
