//! Searches a text in windows, with the same matches as one search of the whole text.

use std::ops::Range;
use std::time::{Duration, Instant};

use memchr::{memchr, memchr2, memrchr, memrchr2};
use regex_automata::{meta, Input};

use super::walk::{Walk, Walked};
use super::Regex;
use crate::deadline::Deadline;

/// The size of the first window, in bytes.
const SMALLEST: usize = 8 << 10;

/// The size at which windows stop doubling.
const LARGEST: usize = 4 << 20;

/// If a window takes longer than this, the next one has half its size; if it takes less than a quarter, twice its size.
const SLOW: Duration = Duration::from_millis(4);

/// Matches that can be wider are not searched for in windows by their width.
pub(super) const WIDEST: usize = 64 << 10;

/// How far, in bytes, a window's end looks for the byte to cut at. If it finds none, [`Walk`] searches that part of the
/// text.
const LONGEST_LINE: usize = 1 << 20;

/// The number of matches between two checks of the clock.
const MATCHES: usize = 256;

/// What a scan reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Matches: where each starts and ends.
    Match,
    /// Lines in which a match starts: where each starts and ends, the byte that ends it included. Only for patterns whose
    /// matches contain no such byte.
    Line,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// `out` is full, or the deadline has passed: continue from `next`.
    More,
    /// The whole range was searched.
    Done,
    /// A match at `next` reaches the end of the text, which is a newline. With [`super::Options::tail`] the match of
    /// Python may end before that newline. The caller has to search from `next` with Python's own engine.
    Unclear,
}

/// What one call found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Matches {
    /// The number of pairs of offsets.
    pub found: usize,
    /// Where the next call continues.
    pub next: usize,
    /// How the call ended.
    pub ended: Ended,
}

/// The caches and the state of one thread's searches with one pattern.
#[derive(Debug)]
pub struct Scan {
    engine: meta::Cache,
    walk: Option<Box<Walk>>,
    /// The state of [`super::direct::Direct::next`].
    direct: Option<(usize, usize)>,
    window: usize,
    /// In the text of the current call there is no byte to cut at before this offset.
    uncut: usize,
}

/// The result of the search for the next match.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    Match(usize, usize),
    Absent,
    /// There is no match before this offset.
    Paused(usize),
}

/// The window that is being searched.
struct Window {
    end: usize,
    begun: Instant,
    first: usize,
}

impl Scan {
    /// For searches with `regex`.
    pub fn new(regex: &Regex) -> Self {
        Self::with_window(regex, SMALLEST)
    }

    /// As `new`, with a first window of `window` bytes: tests make it small to have many ends of windows.
    pub fn with_window(regex: &Regex, window: usize) -> Self {
        Scan { engine: regex.engine.create_cache(), walk: None, direct: None, window: window.max(1), uncut: 0 }
    }

    /// The matches in `hay` that start inside `range`, in order, each at or after the end of the one before; also one
    /// that starts at the end of `range` if that is the end of `hay`.
    ///
    /// The end of `range` must be the end of `hay` or follow a byte that no match contains. Pairs of offsets go to
    /// `out`, as many as it holds; without `out` the matches are only counted.
    pub fn run(
        &mut self,
        regex: &Regex,
        hay: &[u8],
        range: Range<usize>,
        unit: Unit,
        mut out: Option<&mut [u64]>,
        deadline: &Deadline,
    ) -> Matches {
        let (from, stop) = (range.start, range.end.min(hay.len()));
        self.uncut = 0;
        let room = out.as_ref().map_or(usize::MAX, |out| out.len() / 2);
        let (mut at, mut found) = (from, 0);
        let mut window = None;
        loop {
            if found == room || (found % MATCHES == MATCHES - 1 && deadline.passed()) {
                return Matches { found, next: at, ended: Ended::More };
            }
            let (start, end) = match self.next(regex, hay, at, stop, &mut window, deadline) {
                Next::Match(start, end) => (start, end),
                Next::Absent => return Matches { found, next: hay.len(), ended: Ended::Done },
                Next::Paused(next) => return Matches { found, next, ended: Ended::More },
            };
            let (start, end) = match unit {
                Unit::Match => {
                    if regex.options.tail && start < end && end == hay.len() && hay[end - 1] == b'\n' {
                        return Matches { found, next: start, ended: Ended::Unclear };
                    }
                    at = if start < end { end } else { end + 1 };
                    (start, end)
                }
                Unit::Line => {
                    let (newline, null) = regex.options.line_ends();
                    let first = memrchr2(newline, null, &hay[..start]).map_or(0, |end| end + 1);
                    if first == hay.len() {
                        return Matches { found, next: first, ended: Ended::Done };
                    }
                    let end = memchr2(newline, null, &hay[start..]).map_or(hay.len(), |end| start + end + 1);
                    // An empty match at the end of the text belongs to the last line.
                    at = if end == hay.len() { end + 1 } else { end };
                    (first, end)
                }
            };
            if let Some(out) = &mut out {
                out[2 * found] = start as u64;
                out[2 * found + 1] = end as u64;
            }
            found += 1;
        }
    }

    fn next(
        &mut self,
        regex: &Regex,
        hay: &[u8],
        from: usize,
        stop: usize,
        window: &mut Option<Window>,
        deadline: &Deadline,
    ) -> Next {
        if let Some(direct) = &regex.direct {
            // No match lies across `stop`, so the rest of the text need not be searched.
            return direct.next(&hay[..stop], from, &mut self.direct, deadline);
        }
        let mut at = from;
        loop {
            if at > stop || (at == stop && stop < hay.len()) {
                return Next::Absent;
            }
            let mut current = match window.take().filter(|window| at < window.end) {
                Some(window) => window,
                None => match self.window(regex, hay, at) {
                    Some(end) => Window { end, begun: Instant::now(), first: at },
                    None => return self.walk(regex, hay, at, stop, deadline),
                },
            };
            let found = regex.engine.search_with(&mut self.engine, &Input::new(hay).range(at..current.end));
            let found = found.map(|found| (found.start(), found.end()));
            // The first offset at which this window cannot tell whether a match begins.
            let unknown = if current.end == hay.len() {
                usize::MAX
            } else if let Some(width) = by_width(regex) {
                current.end - width.min(current.end) + 1
            } else {
                current.end
            };
            match found {
                Some((start, end)) if start < unknown => {
                    *window = Some(current);
                    return if start < stop || stop == hay.len() { Next::Match(start, end) } else { Next::Absent };
                }
                _ if current.end == hay.len() => return Next::Absent,
                _ => {}
            }
            self.adapt(&mut current);
            at = at.max(unknown);
            if deadline.passed() {
                return Next::Paused(at);
            }
        }
    }

    /// Where the window that begins at `at` ends; None if it cannot be cut.
    fn window(&mut self, regex: &Regex, hay: &[u8], at: usize) -> Option<usize> {
        if self.walk.as_ref().is_some_and(|walk| walk.is_under_way()) {
            return None;
        }
        if let Some(width) = by_width(regex) {
            return Some(hay.len().min(at + self.window.max(2 * width + 1)));
        }
        let cut = regex.options.cut?;
        if at < self.uncut {
            return None;
        }
        let end = at + self.window;
        if end >= hay.len() {
            return Some(hay.len());
        }
        if let Some(last) = memrchr(cut, &hay[at..end]) {
            return Some(at + last + 1);
        }
        let reach = hay.len().min(end + LONGEST_LINE);
        match memchr(cut, &hay[end..reach]) {
            Some(first) => Some(end + first + 1),
            None if reach == hay.len() => Some(reach),
            None => {
                self.uncut = reach;
                None
            }
        }
    }

    fn walk(&mut self, regex: &Regex, hay: &[u8], at: usize, stop: usize, deadline: &Deadline) -> Next {
        let Some(walker) = regex.walker() else {
            // The DFAs are too large for a walk, so this search cannot be interrupted; `is_bounded` has told the
            // caller.
            let found = regex.engine.search_with(&mut self.engine, &Input::new(hay).range(at..));
            return match found {
                Some(found) if found.start() < stop || stop == hay.len() => Next::Match(found.start(), found.end()),
                _ => Next::Absent,
            };
        };
        let walk = self.walk.get_or_insert_with(|| Box::new(Walk::new(walker)));
        match walk.next(walker, hay, at, deadline) {
            Walked::Match(start, end) if start < stop || stop == hay.len() => Next::Match(start, end),
            Walked::Match(..) | Walked::Absent => Next::Absent,
            Walked::Paused => Next::Paused(at),
        }
    }

    /// Chooses the size of the next window by the time that this one took.
    fn adapt(&mut self, window: &mut Window) {
        let took = window.begun.elapsed();
        if took > SLOW {
            self.window = (self.window / 2).max(SMALLEST.min(self.window));
        } else if took < SLOW / 4 && window.end - window.first >= self.window / 2 {
            self.window = (self.window * 2).min(LARGEST);
        }
    }

    /// Must be called before another text is searched.
    pub fn reset(&mut self) {
        self.direct = None;
        if let Some(walk) = &mut self.walk {
            walk.reset();
        }
    }
}

fn by_width(regex: &Regex) -> Option<usize> {
    regex.options.width.filter(|width| *width <= WIDEST)
}
