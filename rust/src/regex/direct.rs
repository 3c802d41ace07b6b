//! Finds matches of the two kinds of patterns that need neither the engine nor windows.
//!
//! A literal is found by memchr's memmem if it is near, which takes 10 ns less than a call of [`crate::search`], and
//! otherwise by that one, which reads a large text 15 % faster than the engine.
//!
//! One byte class repeated, such as `.+`, `\w+`, `\d{1,3}` or `[0-9]`, is found by two scans: for the next byte of the
//! class, and for the first byte after it that is not in the class or one too many. The engine walks a DFA to the end of
//! a match and another one back to its start, which takes six times as long for matches of 2 bytes, and ten for 60.

use memchr::memmem;
use regex_syntax::hir::{Class, Hir, HirKind};

use super::scan::Next;
use crate::deadline::Deadline;
use crate::search::{ByteSet, Finder, Outcome};

/// How many bytes are looked up one by one before a vector scan starts, which takes as long as 10 to 20 of them.
const NEAR: usize = 16;

/// Where a literal that begins at most this far ahead is near, in bytes.
const NEAR_LITERAL: usize = 512;

/// The number of runs that are too short to match between two checks of the clock.
const SHORT: usize = 256;

/// A pattern of these kinds.
#[derive(Debug)]
pub(super) enum Direct {
    Literal { near: memmem::Finder<'static>, far: Finder<'static> },
    Run(Run),
}

impl Direct {
    /// None if the pattern is of another kind.
    pub(super) fn new(hir: &Hir) -> Option<Self> {
        match hir.kind() {
            HirKind::Literal(literal) => Some(Direct::Literal {
                near: memmem::Finder::new(&literal.0).into_owned(),
                far: Finder::new(&literal.0).into_owned().ok()?,
            }),
            _ => Run::new(hir).map(Direct::Run),
        }
    }

    /// The first match in `hay` at or after `from`. After `Paused`, call again with the offset that it gives and the
    /// same `state`, which is the start of a match of a run and how far that is known to reach.
    pub(super) fn next(
        &self,
        hay: &[u8],
        from: usize,
        state: &mut Option<(usize, usize)>,
        deadline: &Deadline,
    ) -> Next {
        match self {
            Direct::Literal { near, far } => {
                let (from, len) = (from.min(hay.len()), far.needle().len());
                let reach = hay.len().min(from + NEAR_LITERAL + len);
                if let Some(at) = near.find(&hay[from..reach]) {
                    return Next::Match(from + at, from + at + len);
                }
                match far.find(hay.into(), from.max((reach + 1).saturating_sub(len)), deadline) {
                    Outcome::Found(start) => Next::Match(start, start + len),
                    Outcome::Absent => Next::Absent,
                    Outcome::Paused(at) => Next::Paused(at),
                }
            }
            Direct::Run(run) => run.next(hay, from, state, deadline),
        }
    }
}

/// A class and how often it is repeated: greedily, at least once.
#[derive(Debug)]
pub(super) struct Run {
    class: [bool; 256],
    members: ByteSet,
    others: ByteSet,
    least: usize,
    most: usize,
}

impl Run {
    /// None if the pattern is not one repeated class.
    fn new(hir: &Hir) -> Option<Self> {
        let (class, least, most) = match hir.kind() {
            HirKind::Repetition(repeat) if repeat.min > 0 && (repeat.greedy || repeat.max == Some(repeat.min)) => {
                (repeat.sub.kind(), repeat.min as usize, repeat.max.map_or(usize::MAX, |max| max as usize))
            }
            class => (class, 1, 1),
        };
        let HirKind::Class(Class::Bytes(ranges)) = class else { return None };
        let (mut class, mut bits) = ([false; 256], [0u8; 32]);
        for byte in ranges.iter().flat_map(|range| range.start()..=range.end()) {
            class[byte as usize] = true;
            bits[byte as usize / 8] |= 1 << (byte % 8);
        }
        let others = ByteSet::new(&bits.map(|eight| !eight));
        Some(Run { class, members: ByteSet::new(&bits), others, least, most })
    }

    /// As [`Direct::next`].
    fn next(&self, hay: &[u8], from: usize, state: &mut Option<(usize, usize)>, deadline: &Deadline) -> Next {
        let mut known = state.take().filter(|known| known.0 == from);
        let mut at = from.min(hay.len());
        for short in 1usize.. {
            let (start, reached) = match known.take() {
                Some(known) => known,
                None => match self.first(true, hay, at, deadline) {
                    Outcome::Found(start) => (start, start + 1),
                    Outcome::Absent => return Next::Absent,
                    Outcome::Paused(at) => return Next::Paused(at),
                },
            };
            let most = hay.len().min(start.saturating_add(self.most));
            let end = match self.first(false, &hay[..most], reached, deadline) {
                Outcome::Found(end) => end,
                Outcome::Absent => most,
                Outcome::Paused(reached) => {
                    *state = Some((start, reached));
                    return Next::Paused(start);
                }
            };
            if end - start >= self.least {
                return Next::Match(start, end);
            }
            at = end;
            if short % SHORT == 0 && deadline.passed() {
                return Next::Paused(at);
            }
        }
        unreachable!("the loop has no end")
    }

    /// The first offset at or after `from` of a byte that is in the class, or of one that is not.
    #[inline]
    fn first(&self, is_member: bool, hay: &[u8], from: usize, deadline: &Deadline) -> Outcome {
        let near = hay.len().min(from + NEAR);
        for (at, &byte) in hay[..near].iter().enumerate().skip(from) {
            if self.class[byte as usize] == is_member {
                return Outcome::Found(at);
            }
        }
        (if is_member { &self.members } else { &self.others }).find(hay.into(), near, deadline)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Options, Regex, Scan, Unit};
    use crate::deadline::Deadline;

    /// All spans of `pattern` in `hay`, by calls that are interrupted after each `step` bytes.
    fn spans(regex: &Regex, hay: &[u8], step: usize) -> Vec<(usize, usize)> {
        let (mut scan, mut found, mut next) = (Scan::new(regex), Vec::new(), 0);
        let mut out = [0; 6];
        loop {
            let deadline = Deadline::stepwise(step);
            let matches = scan.run(regex, hay, next..hay.len(), Unit::Match, Some(&mut out), &deadline);
            found.extend(out[..2 * matches.found].chunks(2).map(|pair| (pair[0] as usize, pair[1] as usize)));
            next = matches.next;
            if matches.ended == super::super::Ended::Done {
                return found;
            }
        }
    }

    #[test]
    fn the_matches_are_those_of_the_engine() {
        let mut patterns: Vec<_> = ["a", "ab", "aa", "\\x00", "(?-u)\\xffb", "aabaa"].map(str::to_owned).into();
        for class in ["[^\\x0a]", "[a-b]", "[\\x80-\\xff]", "[a-a\\xff]", "[\\x00-\\xff]", "[^a]"] {
            for repeat in ["", "+", "{1,}", "{3,}", "{1,3}", "{2,5}", "{4}", "{4}?", "{20,40}", "{1}"] {
                patterns.push(format!("(?-u){class}{repeat}"));
            }
        }
        let mut seed = 1u64;
        let mut random = |below: u64| {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (seed >> 33) % below
        };
        for pattern in patterns {
            let regex = Regex::new(&pattern, Options::default()).expect("a valid pattern");
            assert!(regex.direct.is_some(), "{pattern}");
            for _ in 0..60 {
                let lengths = 1 + random(400);
                let mut hay = Vec::new();
                for _ in 0..random(8) {
                    let byte = b"ab\n\0\x80\xff"[random(6) as usize];
                    hay.resize(hay.len() + random(lengths) as usize, byte);
                }
                let expected = regex.engine.find_iter(&hay).map(|found| (found.start(), found.end()));
                let step = 1 + random(70) as usize;
                assert_eq!(spans(&regex, &hay, step), expected.collect::<Vec<_>>(), "{pattern} {hay:?} {step}");
            }
        }
    }

    #[test]
    fn runs_that_are_too_short_do_not_take_longer_than_the_deadline() {
        let regex = Regex::new("(?-u)[a-b]{3,}", Options::default()).expect("a valid pattern");
        let hay = [b"ab ".repeat(1000), b"aba".to_vec()].concat();
        let (mut scan, deadline) = (Scan::new(&regex), Deadline::stepwise(usize::MAX));
        let matches = scan.run(&regex, &hay, 0..hay.len(), Unit::Match, None, &deadline);
        assert!(matches.found == 0 && matches.next < 1000, "{matches:?}");
        assert_eq!(spans(&regex, &hay, usize::MAX), [(3000, 3003)]);
    }

    #[test]
    fn nothing_behind_the_range_is_searched() {
        let hay = [b"no match\n".to_vec(), vec![b'x'; 100000]].concat();
        for pattern in ["needle", "(?-u)[0-9]{3,}"] {
            let regex = Regex::new(pattern, Options::default()).expect("a valid pattern");
            let matches = Scan::new(&regex).run(&regex, &hay, 0..9, Unit::Match, None, &Deadline::stepwise(1000));
            assert_eq!(matches.ended, super::super::Ended::Done, "{pattern}");
        }
    }

    #[test]
    fn other_patterns_are_the_engines() {
        for pattern in ["[ab]c", "ab+", "(?-u)[ab]*", "(?-u)[ab]+?", "(?-u)(?:[ab]c)+", "(?-u)[ab]+|c", "\\b", ""] {
            assert!(
                Regex::new(pattern, Options::default()).expect("a valid pattern").direct.is_none(),
                "{pattern}"
            );
        }
    }
}
