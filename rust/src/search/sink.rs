//! What becomes of the occurrences a scan comes across.

use super::vector::Vector;

/// Receives occurrences in the order of the scan.
pub(super) trait Sink {
    /// Whether the scan runs from the end to the beginning.
    const BACKWARD: bool;

    /// Whether it may take many.
    const MANY: bool = false;

    /// Whether an occurrence at `at` would be of interest. The scan need not ask.
    fn wants(&self, at: usize) -> bool;

    /// Occurrences at `at` and the lane numbers of `bits` (see [`Vector::bits`], not 0). Returns whether to go on.
    fn take<V: Vector>(&mut self, at: usize, bits: u64) -> bool;

    /// Where the next occurrence of interest can begin after one at `at`, in a forward scan.
    fn resume(&self, at: usize) -> usize;

    /// The same of as many places as fit a word of bits (0 or not) from `at` on, and from where those end, and so on: `found`
    /// in all.
    #[inline(always)]
    fn take_words<V: Vector>(&mut self, at: usize, words: &[u64], _found: usize) -> bool {
        words
            .iter()
            .enumerate()
            .all(|(index, &bits)| bits == 0 || self.take::<V>(at + index * (64 >> V::SHIFT), bits))
    }

    /// How many were taken, of a sink that may take many.
    fn found(&self) -> usize {
        0
    }

    /// The total, of a sink that only counts, and counts every occurrence.
    fn tally(&mut self) -> Option<&mut usize> {
        None
    }
}

/// The lane of the lowest bit.
#[inline(always)]
fn lowest<V: Vector>(bits: u64) -> usize {
    (bits.trailing_zeros() >> V::SHIFT) as usize
}

/// The lane of the highest bit.
#[inline(always)]
fn highest<V: Vector>(bits: u64) -> usize {
    ((63 - bits.leading_zeros()) >> V::SHIFT) as usize
}

/// The first occurrence the scan meets.
#[derive(Default)]
pub(super) struct First<const BACKWARD: bool> {
    /// Where it is.
    pub(super) at: Option<usize>,
}

impl<const BACKWARD: bool> Sink for First<BACKWARD> {
    const BACKWARD: bool = BACKWARD;

    #[inline(always)]
    fn wants(&self, _: usize) -> bool {
        true
    }

    #[inline(always)]
    fn take<V: Vector>(&mut self, at: usize, bits: u64) -> bool {
        self.at = Some(at + if BACKWARD { highest::<V>(bits) } else { lowest::<V>(bits) });
        false
    }

    fn resume(&self, at: usize) -> usize {
        at + 1
    }
}

/// How many non-overlapping occurrences there are.
pub(super) struct Count {
    /// So many.
    pub(super) total: usize,
    /// Occurrences before this overlap one that was counted.
    pub(super) next: usize,
    len: usize,
    solid: bool,
}

impl Count {
    /// For a needle of `len` bytes; `solid` if no two occurrences of it can overlap.
    pub(super) fn new(len: usize, solid: bool) -> Self {
        Count { total: 0, next: 0, len, solid }
    }
}

impl Sink for Count {
    const BACKWARD: bool = false;
    const MANY: bool = true;

    #[inline(always)]
    fn wants(&self, at: usize) -> bool {
        at >= self.next
    }

    #[inline(always)]
    fn take<V: Vector>(&mut self, at: usize, bits: u64) -> bool {
        if self.solid {
            self.total += bits.count_ones() as usize;
            return true;
        }
        let mut bits = bits;
        while bits != 0 {
            let here = at + lowest::<V>(bits);
            if here >= self.next {
                self.total += 1;
                self.next = here + self.len;
            }
            bits &= bits - 1;
        }
        true
    }

    fn resume(&self, at: usize) -> usize {
        at + self.len
    }

    #[inline(always)]
    fn take_words<V: Vector>(&mut self, at: usize, words: &[u64], found: usize) -> bool {
        if self.solid {
            self.total += found;
            return true;
        }
        words
            .iter()
            .enumerate()
            .all(|(index, &bits)| bits == 0 || self.take::<V>(at + index * (64 >> V::SHIFT), bits))
    }

    fn found(&self) -> usize {
        self.total
    }

    fn tally(&mut self) -> Option<&mut usize> {
        self.solid.then_some(&mut self.total)
    }
}

/// The offsets of the occurrences, as many as there is room for.
pub(super) struct Collect<'o> {
    out: &'o mut [u64],
    /// How many there are in `out`.
    pub(super) found: usize,
    /// Occurrences before this are not of interest: they overlap one that was taken.
    pub(super) next: usize,
    step: usize,
    solid: bool,
}

impl<'o> Collect<'o> {
    /// Occurrences at least `step` apart; `solid` if they are so by themselves. `out` must have room for one.
    pub(super) fn new(out: &'o mut [u64], step: usize, solid: bool) -> Self {
        Collect { out, found: 0, next: 0, step, solid }
    }
}

impl Sink for Collect<'_> {
    const BACKWARD: bool = false;
    const MANY: bool = true;

    #[inline(always)]
    fn wants(&self, at: usize) -> bool {
        at >= self.next
    }

    #[inline(always)]
    fn take<V: Vector>(&mut self, at: usize, bits: u64) -> bool {
        let mut bits = bits;
        if self.solid && self.out.len() - self.found > bits.count_ones() as usize {
            let mut here = at;
            while bits != 0 {
                here = at + lowest::<V>(bits);
                self.out[self.found] = here as u64;
                self.found += 1;
                bits &= bits - 1;
            }
            self.next = here + self.step;
            return true;
        }
        while bits != 0 {
            let here = at + lowest::<V>(bits);
            if here >= self.next {
                self.out[self.found] = here as u64;
                self.found += 1;
                self.next = here + self.step;
                if self.found == self.out.len() {
                    return false;
                }
            }
            bits &= bits - 1;
        }
        true
    }

    fn resume(&self, at: usize) -> usize {
        at + self.step
    }

    fn found(&self) -> usize {
        self.found
    }
}
