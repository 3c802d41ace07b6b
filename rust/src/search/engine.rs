//! One search, block by block: the scan, other probes where the first ones do badly, the two-way search where the
//! scan gives up, and the look at the clock in between.

use std::ops::{ControlFlow, Range};

use super::job::{Break, Effort, Job};
use super::scan::Scan;
use super::sink::Sink;
use super::tally::{self, Tally};
use super::tuner::Tuner;
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
    let mut two_way: Option<TwoWay> = None;
    let mut dense = false;
    let block = budget.block(needle.len());
    loop {
        let size = tuner.block(block).min(todo.end - todo.start);
        let part = if S::BACKWARD { todo.end - size..todo.end } else { todo.start..todo.start + size };
        let mut effort = Effort { limit: limit(size, needle.len()), ..Effort::default() };
        let job = Job { hay: hay.as_ptr(), hay_len: hay.len(), needle, probes: &probes };
        let before = sink.tally().map_or(0, |total| *total);
        let left = if two_way.is_some() {
            part.clone()
        } else if let (true, Some(total)) = (dense, sink.tally()) {
            let pass = Tally { job: &job, starts: part.clone() };
            // SAFETY: as below; and what is dense is short enough.
            *total += unsafe { finder.level.run(size, pass) };
            part.end..part.end
        } else {
            let pass = Scan { job: &job, starts: part.clone(), sink, effort: &mut effort };
            // SAFETY: a finder's level is available; `part` is not empty and lies in `todo`, whose last place has
            // the needle's length before the end of `hay`, as asserted; no slice is longer than isize::MAX.
            match unsafe { finder.level.run(size, pass) } {
                ControlFlow::Continue(()) => part.end..part.end,
                ControlFlow::Break(Break::Full) => {
                    budget.worked(size + effort.compared);
                    return End::Full;
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
        dense = sink.tally().is_some_and(|total| tally::pays(*total - before, size, needle.len()));
        if let Some(better) = tuner.tune(hay, needle, part, effort.alarms, probes.at_once) {
            probes = better;
        }
    }
}
