//! Runs one search, interval by interval: chooses the pass for each, and checks the deadline in between.

use std::ops::{ControlFlow, Range};

use super::adapt::Adapt;
use super::dense::{self, Dense};
use super::matches::Matches;
use super::packed_scan::PackedScan;
use super::pass::{SearchInput, Stats, Stop};
use super::two_way::TwoWay;
use super::{Deadline, Finder, Haystack, Outcome};

/// How a search ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum End {
    /// All positions were looked at.
    Done,
    /// The matches want no more.
    Full,
    /// The deadline has passed; these positions are left.
    Paused(Range<usize>),
}

/// The choice of the pass for an interval, in a search that may find many occurrences.
#[derive(Default)]
struct Mode {
    /// Use the dense pass, since the packed scan would mispredict its branches.
    dense: bool,
    /// Use the packed scan nevertheless, for the rest of the search, since candidates are so dense that it compares
    /// fewer bytes.
    crowded: bool,
}

/// The average distance of occurrences and false positives at which the packed scan takes as long as the dense pass,
/// for a needle of one byte. For a needle of two bytes it is half of this, for a longer one a quarter. Measured with
/// needles of 1 to 30 bytes, 30 to 4000 bytes apart.
const DISTANCE: usize = 1600;

/// How many times less a false positive costs in the dense pass than in the packed scan.
const CHEAPER: usize = 8;

/// If candidates are closer together than this, the packed scan is better: it compares a vector of them at once.
const CROWDED: usize = 5;

impl Mode {
    /// Chooses the next pass after an interval of `positions` in which `found` occurrences were found.
    fn learn(&mut self, found: usize, positions: usize, needle_len: usize, stats: &mut Stats) {
        self.crowded |= stats.candidates * CROWDED > positions;
        let dense = (found + stats.false_positives) * DISTANCE >= positions.saturating_mul(needle_len.min(4));
        if self.dense {
            stats.false_positives /= CHEAPER;
        }
        self.dense = dense && needle_len <= dense::LONGEST && !self.crowded;
    }
}

/// Hands the occurrences of the finder's needle, which must not be empty, that begin in `todo` to `matches`.
pub(super) fn run<M: Matches>(
    finder: &Finder,
    hay: Haystack,
    mut todo: Range<usize>,
    matches: &mut M,
    deadline: &Deadline,
) -> End {
    let needle = finder.needle();
    assert!(!needle.is_empty());
    if todo.is_empty() {
        return End::Done;
    }
    assert!(todo.end - 1 + needle.len() <= hay.len());
    let mut probes = finder.probes;
    let (mut adapt, mut mode) = (Adapt::default(), Mode::default());
    let mut two_way: Option<TwoWay> = None;
    // A long needle makes intervals longer, since each reads one needle length past its end.
    let longest = deadline.interval().max(needle.len().saturating_mul(4));
    loop {
        let size = adapt.interval(longest, M::MANY).min(todo.len());
        let positions = if M::BACKWARD { todo.end - size..todo.end } else { todo.start..todo.start + size };
        let mut stats = Stats::new(size, needle.len());
        let input = SearchInput { hay, needle, probes: &probes };
        let before = matches.found();
        // If the scan has given up once, Two-Way does the rest of the call: it would give up again, after as much work.
        let end = if two_way.is_some() {
            ControlFlow::Break(Stop::GaveUp(positions.clone()))
        } else {
            let (positions, stats) = (positions.clone(), &mut stats);
            // SAFETY: a finder's level is available; the number of `positions` is `size`, which is not 0; they lie in
            // `todo`, and the needle fits at its last position, as asserted.
            unsafe {
                if mode.dense {
                    finder.level.run(size, Dense { input: &input, positions, matches, stats })
                } else {
                    finder.level.run(size, PackedScan { input: &input, positions, matches, stats })
                }
            }
        };
        deadline.add_work(size + stats.compared);
        match end {
            ControlFlow::Continue(()) => (),
            ControlFlow::Break(Stop::Full) => return End::Full,
            ControlFlow::Break(Stop::GaveUp(left)) => {
                let two_way = two_way.get_or_insert_with(|| TwoWay::new(needle, M::BACKWARD));
                if !two_way.run(hay, left, matches) {
                    return End::Full;
                }
            }
        }
        if M::BACKWARD {
            todo.end = positions.start;
        } else {
            todo.start = positions.end;
        }
        if todo.is_empty() {
            return End::Done;
        }
        if deadline.passed() {
            return End::Paused(todo);
        }
        if M::MANY {
            mode.learn(matches.found() - before, size, needle.len(), &mut stats);
        }
        let better = adapt.choose(hay, needle, positions, stats.false_positives, probes.probe_count);
        probes = better.unwrap_or(probes);
    }
}

/// The first offset in `range`, or the last if `BACKWARD`, that `search` finds. It is called for one interval after the
/// other, for searches that keep no state between intervals.
pub(super) fn first_offset<const BACKWARD: bool>(
    hay: Haystack,
    mut range: Range<usize>,
    deadline: &Deadline,
    search: impl Fn(Haystack) -> Option<usize>,
) -> Outcome {
    while !range.is_empty() {
        let size = deadline.interval().min(range.len());
        let start = if BACKWARD { range.end - size } else { range.start };
        if let Some(at) = search(hay.window(start..start + size)) {
            return Outcome::Found(start + at);
        }
        if BACKWARD {
            range.end = start;
        } else {
            range.start += size;
        }
        if !range.is_empty() && deadline.passed() {
            return Outcome::Paused(if BACKWARD { range.end } else { range.start });
        }
    }
    Outcome::Absent
}
