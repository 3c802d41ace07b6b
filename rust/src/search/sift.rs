//! Where the needle, or what looks like it, is everywhere.
//!
//! What [`super::scan`] does about each match of its probes is branched on, and where every vector has one or two the
//! processor cannot foresee the branches: each costs more than to compare a dozen vectors. Here all candidates of a
//! chunk are compared with the needle as if they were occurrences, and one look at the end tells whether they are; only
//! if not, each is judged by itself. Only forward, and only for sinks that may take many.

use std::ops::{ControlFlow, Range};

use super::job::{Break, Effort, Job};
use super::lanes::Lanes;
use super::level::Pass;
use super::scan::Scan;
use super::settle::Whole;
use super::sink::Sink;
use super::vector::{Byte, Vector};

/// The longest needle for which it is worth a try; each level has its own limit.
pub(super) const LONGEST: usize = 64;

/// Candidates closer together than this are left to the scan, which compares a vector of them at once.
const CLOSE: usize = 5;

/// Words of places in a chunk.
const WORDS: usize = 32;

/// Words that are looked at for whether the candidates are equally far apart.
const SAMPLE: usize = 8;

/// So many candidates of a word are compared, whether it has them or not; more, if it has.
const SLOTS: usize = 3;

/// Whether to leave it to the scan again, where `candidates` of `places` places were compared.
pub(super) fn too_many(candidates: usize, places: usize) -> bool {
    candidates * CLOSE > places
}

/// Hands all occurrences that begin in `starts` to `sink`; `effort.alarms` are candidates that were none.
pub(super) struct Sift<'s, S> {
    pub(super) job: &'s Job<'s>,
    pub(super) starts: Range<usize>,
    pub(super) sink: &'s mut S,
    pub(super) effort: &'s mut Effort,
}

impl<S: Sink> Pass for Sift<'_, S> {
    type Out = ControlFlow<Break>;

    #[inline(always)]
    unsafe fn run<V: Vector>(self) -> ControlFlow<Break> {
        let Sift { job, starts, sink, effort } = self;
        // SAFETY: for each call, this function's contract is the same; `sift` is given no longer needle than it takes.
        unsafe {
            debug_assert!(job.needle.len() <= LONGEST);
            if V::BYTES < 16 || LONGEST > 2 * V::BYTES && job.needle.len() > 2 * V::BYTES {
                return Scan { job, starts, sink, effort }.run::<V>();
            }
            match job.probes.at_once {
                0..=2 => sift::<V, S, 2>(job, starts, sink, effort),
                3 => sift::<V, S, 3>(job, starts, sink, effort),
                4 => sift::<V, S, 4>(job, starts, sink, effort),
                _ => sift::<V, S, 8>(job, starts, sink, effort),
            }
        }
    }
}

/// [`Sift`] with the first `N` probes choosing the candidates.
///
/// # Safety
/// As [`Pass::run`], and the needle must fit two vectors.
#[inline(always)]
unsafe fn sift<V: Vector, S: Sink, const N: usize>(
    job: &Job,
    starts: Range<usize>,
    sink: &mut S,
    effort: &mut Effort,
) -> ControlFlow<Break> {
    // SAFETY: this function's contract.
    let mut sieve = unsafe { Sieve::<V, N>::new(job) };
    let word = Sieve::<V, N>::WORD;
    // Where a vector and a needle are readable at every place, and one place further.
    let high = starts.end.min(job.hay_len - V::BYTES.max(job.needle.len()));
    let (mut at, mut even) = (starts.start, None);
    while high.saturating_sub(at) >= word {
        let mut words = [0; WORDS];
        let words = &mut words[..((high - at) / word).min(if even.is_none() { SAMPLE } else { WORDS })];
        // SAFETY: the words lie below `high`.
        let (mut found, same) = unsafe {
            // Branches that come again and again in the same order are foreseen.
            if even == Some(true) {
                sieve.fill::<0>(at, words)
            } else {
                sieve.fill::<SLOTS>(at, words)
            }
        };
        effort.candidates += found;
        effort.uneven = !*even.get_or_insert_with(|| evenly_spaced::<V>(words));
        if !same {
            // SAFETY: as above, and the words are those of these places.
            let none = unsafe { sieve.purge(at, words) };
            effort.alarms += none;
            found -= none;
        }
        if !sink.take_words::<V>(at, words, found) {
            return ControlFlow::Break(Break::Full);
        }
        at += words.len() * word;
    }
    for at in at..starts.end {
        // SAFETY: the needle has room at `at`.
        let here = unsafe { std::slice::from_raw_parts(job.hay.add(at), job.needle.len()) };
        if here == job.needle && !sink.take::<Byte>(at, 1) {
            return ControlFlow::Break(Break::Full);
        }
    }
    ControlFlow::Continue(())
}

/// Whether the set lanes are all equally far apart.
#[inline(never)]
fn evenly_spaced<V: Vector>(words: &[u64]) -> bool {
    let (mut last, mut apart) = (None, None);
    for (index, &bits) in words.iter().enumerate() {
        let mut bits = bits;
        while bits != 0 {
            let here = index * (64 >> V::SHIFT) + (bits.trailing_zeros() >> V::SHIFT) as usize;
            if let Some(last) = last {
                if *apart.get_or_insert(here - last) != here - last {
                    return false;
                }
            }
            last = Some(here);
            bits &= bits - 1;
        }
    }
    true
}

/// The needle's probes, and the needle.
struct Sieve<'j, V: Vector, const N: usize> {
    job: &'j Job<'j>,
    quick: Lanes<V, N>,
    whole: Whole<V>,
    /// Where in the needle its last vector begins, 0 if it has but one; and that vector.
    back: usize,
    last: V,
    /// Lanes to be taken as matching: none `SLOTS` times, then all.
    given: [V::Eq; 2 * SLOTS],
}

impl<'j, V: Vector, const N: usize> Sieve<'j, V, N> {
    /// Places whose bits fit one word.
    const WORD: usize = 64 >> V::SHIFT;

    /// # Safety
    /// As [`sift`].
    #[inline(always)]
    unsafe fn new(job: &'j Job<'j>) -> Self {
        let back = job.needle.len().saturating_sub(V::BYTES);
        // SAFETY: this function's contract; a needle of more than a vector has one at its end.
        unsafe {
            let (none, all) = (V::eq(V::splat(0), V::splat(1)), V::eq(V::splat(0), V::splat(0)));
            let mut given = [all; 2 * SLOTS];
            given[..SLOTS].fill(none);
            Sieve {
                job,
                quick: Lanes::new(job, &job.probes.offsets, &job.probes.bytes),
                whole: Whole::new(job.needle),
                back,
                last: if back > 0 { V::load(job.needle.as_ptr().add(back)) } else { V::splat(0) },
                given,
            }
        }
    }

    /// Puts the candidates among the places from `at` on into `words`. Returns how many they are, and whether all of
    /// them are occurrences.
    ///
    /// `S` of a word are compared without a branch.
    ///
    /// # Safety
    /// The processor must have `V`'s instruction set. The words' places, and one more, must have room for the needle
    /// and for a vector.
    #[inline(always)]
    unsafe fn fill<const S: usize>(&mut self, at: usize, words: &mut [u64]) -> (usize, bool) {
        let mut same = self.given[SLOTS];
        let (mut at, mut total) = (at, 0);
        for word in words {
            let mut bits = 0;
            for i in 0..Self::WORD / V::BYTES {
                // SAFETY: this function's contract.
                let vector = unsafe { V::bits(self.quick.at(at + i * V::BYTES)) };
                bits |= vector << ((i * V::BYTES) << V::SHIFT);
            }
            *word = bits;
            let found = bits.count_ones() as usize;
            total += found;
            if S > 0 {
                let found = found.min(S);
                for slot in 0..S {
                    // SAFETY: this function's contract: where no bit is left the place is one past the word.
                    // `slot < S` and `found <= S`, so the index is below `2 * S`.
                    unsafe {
                        let given = *self.given.get_unchecked(S - found + slot);
                        same = V::and(same, V::or(given, self.compared(at, bits)));
                    }
                    bits &= bits.wrapping_sub(1);
                }
            }
            while bits != 0 {
                // SAFETY: this function's contract.
                unsafe { same = V::and(same, self.compared(at, bits)) };
                bits &= bits - 1;
            }
            at += Self::WORD;
        }
        // SAFETY: this needs nothing but the instruction set.
        (total, unsafe { self.whole.all(same) })
    }

    /// The lanes in which the needle and the place of the lowest of `bits`, counted from `at`, agree.
    ///
    /// # Safety
    /// As for `fill`.
    #[inline(always)]
    unsafe fn compared(&self, at: usize, bits: u64) -> V::Eq {
        // SAFETY: this function's contract.
        unsafe {
            let here = self.job.hay.add(at + (bits.trailing_zeros() >> V::SHIFT) as usize);
            let lanes = self.whole.compared(here);
            if self.back > 0 {
                return V::and(lanes, V::eq(V::load(here.add(self.back)), self.last));
            }
            lanes
        }
    }

    /// Clears what is no occurrence among the candidates `words` from `at` on. Returns how many it was.
    ///
    /// # Safety
    /// As for `fill`, whose words they must be.
    #[inline(always)]
    unsafe fn purge(&self, at: usize, words: &mut [u64]) -> usize {
        let mut none = 0;
        for (index, word) in words.iter_mut().enumerate() {
            let mut bits = *word;
            while bits != 0 {
                let bit = bits & bits.wrapping_neg();
                // SAFETY: this function's contract.
                if !unsafe { self.whole.all(self.compared(at + index * Self::WORD, bits)) } {
                    *word ^= bit;
                    none += 1;
                }
                bits ^= bit;
            }
        }
        none
    }
}
