//! The loop of [`super::grams`], on x86-64.

use std::ops::{ControlFlow, Range};

use super::gram_plan::{Plan, GRAM};
use super::grams::{Grams, LEAST};
use super::job::{Break, Effort, Job};
use super::settle::equal;
use super::sink::Sink;
use super::vector::{Avx2, Coder, Vector};

/// Bytes of a group of four vectors, and places that are decided with one.
const GROUP: usize = 4 * Avx2::BYTES;

/// One group that is looked at for nothing among so many places is tolerable.
const PLACES_PER_ALARM: usize = 1024;

/// And so many more.
const ALARMS: usize = 16;

/// The needle's codes.
struct Sampler<C, const STRIDE: usize, const PARTLY: bool> {
    coder: C,
    /// Those of four pieces each; of a stride of four the first only.
    codes: [Avx2; 2],
    /// Which of their bits are the needle's.
    mask: Avx2,
    /// Where in the needle its first piece begins.
    first: isize,
}

impl<C: Coder, const STRIDE: usize, const PARTLY: bool> Sampler<C, STRIDE, PARTLY> {
    /// # Safety
    /// As [`sweep`].
    #[inline(always)]
    unsafe fn new(needle: &[u8], plan: &Plan) -> Self {
        // SAFETY: this needs nothing but the instruction set.
        let coder = unsafe { C::new(plan.bits) };
        let (mut codes, mut masks) = ([[0u16; 4]; 2], [u16::MAX; 4]);
        for index in 0..STRIDE {
            let (bytes, begin) = plan.piece(index, needle.len());
            let mut piece = [0u8; Avx2::BYTES];
            piece[bytes.clone()].copy_from_slice(&needle[begin..begin + bytes.len()]);
            // SAFETY: the load reads the array; the rest needs nothing but the instruction set.
            let code = unsafe { coder.codes(Avx2::load(piece.as_ptr())).words() }[0];
            if PARTLY {
                let half = bytes.fold(0, |half, byte| half | 0x80 >> byte);
                masks[index] = half << 8 | half;
                codes[0][index] = code & masks[index];
            } else {
                debug_assert_eq!(bytes, 0..GRAM);
                codes[index / 4][index % 4] = code;
            }
        }
        // SAFETY: this needs nothing but the instruction set.
        unsafe {
            let codes = [Avx2::splat_words(codes[0]), Avx2::splat_words(codes[1])];
            Sampler { coder, codes, mask: Avx2::splat_words(masks), first: plan.first }
        }
    }

    /// What agrees with the 32 bytes at `at`: word `w` of quarter `q` stands for the piece `w` at `at + 8 * q`; and in the
    /// second answer for the piece `4 + w`, or of a stride of four for the piece `w` at four bytes after.
    ///
    /// # Safety
    /// The processor must have what the coder needs, and 32 bytes be readable at `at`; of a stride of four, 36.
    #[inline(always)]
    unsafe fn agreeing(&self, at: *const u8) -> [<Avx2 as Vector>::Eq; 2] {
        // SAFETY: this function's contract.
        unsafe {
            let mut here = self.coder.codes(Avx2::load(at));
            if STRIDE == 8 {
                return [here.eq_words(self.codes[0]), here.eq_words(self.codes[1])];
            }
            let mut after = self.coder.codes(Avx2::load(at.add(4)));
            if PARTLY {
                (here, after) = (here.masked(self.mask), after.masked(self.mask));
            }
            [here.eq_words(self.codes[0]), after.eq_words(self.codes[0])]
        }
    }

    /// Whether anything in the group at `at` agrees.
    ///
    /// # Safety
    /// As for `agreeing`, with four vectors.
    #[inline(always)]
    unsafe fn any(&self, at: *const u8) -> bool {
        if PARTLY {
            // SAFETY: this function's contract.
            return unsafe {
                let least = |at: *const u8| {
                    let differing = |at| self.coder.codes(Avx2::load(at)).differing(self.codes[0], self.mask);
                    differing(at).least_words(differing(at.add(4)))
                };
                let front = least(at).least_words(least(at.add(Avx2::BYTES)));
                let back = least(at.add(2 * Avx2::BYTES)).least_words(least(at.add(3 * Avx2::BYTES)));
                Avx2::any(front.least_words(back).eq_words(Avx2::splat(0)))
            };
        }
        // SAFETY: this function's contract.
        unsafe {
            let either = |at| {
                let [one, other] = self.agreeing(at);
                Avx2::or(one, other)
            };
            let front = Avx2::or(either(at), either(at.add(Avx2::BYTES)));
            let back = Avx2::or(either(at.add(2 * Avx2::BYTES)), either(at.add(3 * Avx2::BYTES)));
            Avx2::any(Avx2::or(front, back))
        }
    }

    /// Decides about the places of the group at `at`, of those that are in `todo`. Breaks where that costs too much, or
    /// the sink is full.
    ///
    /// # Safety
    /// As [`sweep`], of which `todo` must be a part of `starts`; and the group must lie in the haystack.
    #[inline(always)]
    unsafe fn settle<S: Sink>(
        &self,
        job: &Job,
        at: usize,
        todo: Range<usize>,
        sink: &mut S,
        effort: &mut Effort,
    ) -> ControlFlow<Break> {
        // The places that this group decides about are `GROUP` from here on, or a few less.
        let low = at.saturating_sub((self.first + STRIDE as isize - 1) as usize);
        let mut found = [0u64; 2];
        for vector in (at..at + GROUP).step_by(Avx2::BYTES) {
            // SAFETY: this function's contract.
            let agreeing = unsafe { self.agreeing(job.hay.add(vector)) };
            for (index, lanes) in agreeing.into_iter().enumerate() {
                // SAFETY: this needs nothing but the instruction set. Of each word one lane.
                let mut bits = unsafe { Avx2::bits(lanes) } & 0x5555_5555;
                while bits != 0 {
                    let lane = bits.trailing_zeros() as usize;
                    bits &= bits - 1;
                    let (sample, piece) = match STRIDE {
                        8 => (vector + lane / 8 * 8, index * 4 + lane % 8 / 2),
                        _ => (vector + lane / 8 * 8 + index * 4, lane % 8 / 2),
                    };
                    // Below 0 it is past the end of `todo`, too.
                    let place = (sample as isize - self.first - piece as isize) as usize;
                    if !todo.contains(&place) || !sink.wants(place) {
                        continue;
                    }
                    // SAFETY: the needle has room at all places of `todo`, and is longer than 4.
                    if unsafe { equal(job.hay.add(place), job.needle, &mut effort.compared) } {
                        found[(place - low) / 64] |= 1 << ((place - low) % 64);
                    }
                    if effort.compared > effort.limit {
                        // Nothing of this group was handed over yet.
                        let (start, end) = (low.max(todo.start), todo.end.min(low + GROUP));
                        let rest = if S::BACKWARD { todo.start..end } else { start..todo.end };
                        return ControlFlow::Break(Break::GaveUp(rest));
                    }
                }
            }
        }
        if found == [0; 2] {
            effort.alarms += 1;
        }
        for index in if S::BACKWARD { [1, 0] } else { [0, 1] } {
            if found[index] != 0 && !sink.take::<Avx2>(low + index * 64, found[index]) {
                return ControlFlow::Break(Break::Full);
            }
        }
        ControlFlow::Continue(())
    }
}

/// The whole of [`Grams`].
///
/// # Safety
/// As [`super::Level::sample`]; and the processor must have AVX2 and what else the coder needs.
#[inline(always)]
pub(super) unsafe fn sweep<C: Coder, S: Sink, const STRIDE: usize, const PARTLY: bool>(
    grams: Grams<S>,
) -> ControlFlow<Break> {
    let Grams { job, plan, starts, sink, effort } = grams;
    debug_assert!(job.hay_len >= LEAST && C::BITS >= PARTLY);
    // SAFETY: this function's contract.
    let sampler = unsafe { Sampler::<C, STRIDE, PARTLY>::new(job.needle, plan) };
    // A sampled place belongs to places up to so many before it; never below 0, and, so that a group may end where
    // the haystack ends, at least a stride of four and one before the end of the needle.
    let back = (plan.first + STRIDE as isize - 1) as usize;
    debug_assert!(back + if STRIDE == 8 { 1 } else { 5 } <= job.needle.len());
    // The last place in the haystack where a group can begin.
    let last = job.hay_len - GROUP - if STRIDE == 8 { 0 } else { 4 };
    let (low, high) = (starts.start + back, starts.end + back);
    // Samples from `low` on, below `high`, decide about all places. Where from is aligned.
    let address = |at: usize| (job.hay as usize).wrapping_add(at) % Avx2::BYTES;
    let mut at = if S::BACKWARD {
        (high + (Avx2::BYTES - address(high)) % Avx2::BYTES).min(last + GROUP)
    } else {
        low.saturating_sub(address(low))
    };
    let mut todo = starts;
    loop {
        let mut hit = false;
        if S::BACKWARD {
            while at >= low + GROUP && !hit {
                at -= GROUP;
                // SAFETY: `at` was at most `last + GROUP`.
                hit = unsafe { sampler.any(job.hay.add(at)) };
            }
        } else {
            while at + GROUP <= high && !hit {
                // SAFETY: `high` is at most `last + GROUP`.
                hit = unsafe { sampler.any(job.hay.add(at)) };
                at += GROUP;
            }
        }
        // Where the last of the groups is not all below `high` or above `low` it may reach over others.
        let group = match (S::BACKWARD, hit) {
            (true, true) => at,
            (true, false) if at > low => at.saturating_sub(GROUP),
            (false, true) => at - GROUP,
            (false, false) if at < high => at.min(last),
            _ => return ControlFlow::Continue(()),
        };
        if S::BACKWARD {
            todo.end = todo.end.min(if hit { at + GROUP } else { at } - back);
        } else {
            todo.start = todo.start.max((if hit { at - GROUP } else { at }).saturating_sub(back));
        }
        if !hit {
            at = if S::BACKWARD { low } else { high };
        }
        // SAFETY: the group lies in the haystack, and `todo` in `starts`.
        unsafe {
            if hit || sampler.any(job.hay.add(group)) {
                sampler.settle(job, group, todo.clone(), sink, effort)?;
            }
        }
        let done = if S::BACKWARD { high.saturating_sub(at) } else { at.saturating_sub(low) };
        if effort.alarms > ALARMS + done / PLACES_PER_ALARM {
            if S::BACKWARD {
                todo.end = todo.end.min(at.saturating_sub(back));
            } else {
                todo.start = todo.start.max(at.saturating_sub(back));
            }
            if !todo.is_empty() {
                return ControlFlow::Break(Break::GaveUp(todo));
            }
        }
    }
}
