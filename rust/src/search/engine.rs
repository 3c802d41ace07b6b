//! One search, block by block: the scan, other probes where the first ones do badly, the two-way search where the
//! scan gives up, and the look at the clock in between.

use std::ops::{ControlFlow, Range};

use super::gram_plan::Plan;
use super::grams::{self, Grams};
use super::job::{Break, Effort, Job};
use super::scan::Scan;
use super::sift::{self, Sift};
use super::sink::Sink;
use super::tally::{self, Tally};
use super::tuner::{Better, Tuner};
use super::two_way::TwoWay;
use super::{Budget, Finder};

/// How a search ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum End {
    /// All places were looked at.
    Done,
    /// The sink wants no more.
    Full,
    /// The budget is spent; these places are left.
    Paused(Range<usize>),
}

/// Compared bytes that a scan of `places` may cost: in proportion, and enough to settle one vector.
fn limit(places: usize, needle_len: usize) -> usize {
    places.saturating_mul(4).saturating_add(needle_len.saturating_mul(16))
}

/// Which of the passes goes over a block for a sink that takes many.
#[derive(Default)]
struct Mode {
    /// Not the scan, for it meets so much that it branches all the time.
    dense: bool,
    /// The scan all the same, for a sift met so much that it lists most places.
    crowded: bool,
    /// What a sift met was not equally far apart.
    uneven: bool,
}

/// Occurrences and false alarms so many bytes apart, on average, take the scan as long as it takes to count a needle of
/// one byte, half as far apart one of two, and a quarter a longer one: measured with needles of 1 to 30 bytes, 30 to
/// 4000 bytes apart.
const APART: usize = 1600;

/// A candidate that was none costs a sift so many times less than an alarm the scan.
const CHEAPER: usize = 8;

impl Mode {
    /// What a block of `places`, in which `found` were found, says about the next.
    fn learn(&mut self, found: usize, places: usize, needle_len: usize, effort: &mut Effort) {
        if effort.candidates > 0 {
            self.crowded = sift::too_many(effort.candidates, places);
            self.uneven = effort.uneven;
        }
        let dense = (found + effort.alarms) * APART >= places.saturating_mul(needle_len.min(4));
        if self.dense {
            effort.alarms /= CHEAPER;
        }
        self.dense = dense && needle_len <= sift::LONGEST;
    }
}

/// Hands the occurrences of the finder's needle, which must not be empty, that begin in `todo` to `sink`.
pub(super) fn run<S: Sink>(
    finder: &Finder,
    hay: &[u8],
    mut todo: Range<usize>,
    sink: &mut S,
    budget: &mut Budget,
) -> End {
    let needle = finder.needle();
    assert!(!needle.is_empty());
    if todo.is_empty() {
        return End::Done;
    }
    assert!(todo.end - 1 + needle.len() <= hay.len());
    let mut probes = finder.probes;
    let mut tuner = Tuner::default();
    // How the haystack may be sampled, until that did badly, and how it is.
    let mut sampling = finder.level.sampling(needle.len()).filter(|_| hay.len() >= grams::LEAST);
    let mut plan: Option<Plan> = None;
    let mut two_way: Option<TwoWay> = None;
    let mut mode = Mode::default();
    let block = budget.block(needle.len());
    loop {
        let size = tuner.block(block, S::MANY).min(todo.len());
        let part = if S::BACKWARD { todo.end - size..todo.end } else { todo.start..todo.start + size };
        let mut effort = Effort { limit: limit(size, needle.len()), ..Effort::default() };
        let job = Job { hay: hay.as_ptr(), hay_len: hay.len(), needle, probes: &probes };
        let before = sink.found();
        let left = if two_way.is_some() {
            part.clone()
        } else if let (true, Some(total)) = (mode.dense && tally::pays(needle.len(), mode.uneven), sink.tally()) {
            let pass = Tally { job: &job, starts: part.clone() };
            // SAFETY: as below.
            *total += unsafe { finder.level.run(size, pass) };
            part.end..part.end
        } else {
            // SAFETY: a finder's level is available; `part` is not empty and lies in `todo`, whose last place has
            // the needle's length before the end of `hay`, as asserted; no slice is longer than isize::MAX.
            let end = unsafe {
                let starts = part.clone();
                if let Some(plan) = &plan {
                    effort.limit = size / 2 + 4 * needle.len();
                    finder.level.sample(Grams { job: &job, plan, starts, sink, effort: &mut effort })
                } else if mode.dense && !mode.crowded {
                    finder.level.run(size, Sift { job: &job, starts, sink, effort: &mut effort })
                } else {
                    finder.level.run(size, Scan { job: &job, starts, sink, effort: &mut effort })
                }
            };
            match end {
                ControlFlow::Continue(()) => part.end..part.end,
                ControlFlow::Break(Break::Full) => {
                    budget.worked(size + effort.compared);
                    return End::Full;
                }
                ControlFlow::Break(Break::GaveUp(left)) if plan.is_some() => {
                    budget.worked(size + effort.compared);
                    todo = if S::BACKWARD { todo.start..left.end } else { left.start..todo.end };
                    (plan, sampling) = (None, None);
                    if let Some(Better::Probes(better)) = tuner.tune(hay, needle, part, size, 1, None) {
                        probes = better;
                    }
                    continue;
                }
                ControlFlow::Break(Break::GaveUp(left)) => left,
            }
        };
        budget.worked(size + effort.compared);
        if !left.is_empty() && !two_way.get_or_insert_with(|| TwoWay::new::<S>(needle)).run(hay, needle, left, sink)
        {
            return End::Full;
        }
        if S::BACKWARD {
            todo.end = part.start;
        } else {
            todo.start = part.end;
        }
        if todo.is_empty() {
            return End::Done;
        }
        if budget.spent() {
            return End::Paused(todo);
        }
        if S::MANY {
            mode.learn(sink.found() - before, size, needle.len(), &mut effort);
        }
        if plan.is_some() {
            // An alarm costs as much, and the probes that there would be instead are half as fast.
            effort.alarms /= 2;
        }
        match tuner.tune(hay, needle, part, effort.alarms, probes.at_once, sampling.filter(|_| plan.is_none())) {
            Some(Better::Grams(better)) => {
                plan = Some(better);
                mode.dense = false;
            }
            Some(Better::Probes(better)) => {
                probes = better;
                if plan.take().is_some() {
                    sampling = None;
                }
            }
            None => {
                if mode.dense && plan.take().is_some() {
                    sampling = None;
                }
            }
        }
    }
}
