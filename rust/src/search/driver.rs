//! One search, interval by interval: which pass comes next, and whether the deadline has passed.

use std::ops::{ControlFlow, Range};

use super::adapt::Adapt;
use super::dense::{self, Dense};
use super::matches::Matches;
use super::packed_scan::{PackedScan, SearchInput, Stats, Stop};
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

/// Which pass goes over an interval, for matches that may be many.
#[derive(Default)]
struct Mode {
    /// The dense pass: the packed scan would mispredict all the time.
    dense: bool,
    /// The packed scan nevertheless, to the end: the dense pass compares most positions one by one.
    crowded: bool,
}

/// Distance of occurrences and false positives, on average, at which the packed scan takes as long as the dense pass for
/// a needle of one byte. A needle of two pays at half of it, a longer one at a quarter: measured with needles of 1 to 30
/// bytes, 30 to 4000 bytes apart.
const DISTANCE: usize = 1600;

/// A false positive costs the dense pass so many times less than the packed scan.
const CHEAPER: usize = 8;

/// Candidates closer together than this are left to the packed scan, which compares a vector of them at once.
const CROWDED: usize = 5;

impl Mode {
    /// What an interval of `positions`, in which `found` were found, says about the next.
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
    // A long needle makes intervals longer, since each looks one needle past its end.
    let longest = deadline.interval().max(needle.len().saturating_mul(4));
    loop {
        let size = adapt.interval(longest, M::MANY).min(todo.len());
        let positions = if M::BACKWARD { todo.end - size..todo.end } else { todo.start..todo.start + size };
        let mut stats = Stats::new(size, needle.len());
        let input = SearchInput { hay, needle, probes: &probes };
        let before = matches.found();
        // What gave up once would do so again, after as much work: Two-Way does the rest of the call.
        let end = if two_way.is_some() {
            ControlFlow::Break(Stop::GaveUp(positions.clone()))
        } else {
            let (positions, stats) = (positions.clone(), &mut stats);
            // SAFETY: a finder's level is available; `positions` are `size`, which is not 0, and lie in `todo`, at whose
            // last the needle fits, as asserted.
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

/// The first offset of `range`, or the last if `BACKWARD`, that `search` finds, asked for one interval after the other:
/// for searches that carry nothing from one interval to the next.
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
