//! Finds one match at a time by stepping two lazy DFAs byte by byte: forward to the end of the leftmost match, then
//! backward from there to its start. The state is kept between calls, so that a call can be interrupted anywhere.
//!
//! `regex_automata::hybrid::regex::Regex` does the same in one call.

use regex_automata::hybrid::dfa::{Cache, Config, DFA};
use regex_automata::hybrid::LazyStateID;
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::util::prefilter::Prefilter;
use regex_automata::{Anchored, Input, MatchKind};
use regex_syntax::hir::Hir;

use super::{lines_ended_by, DFA_CACHE, NFA_LIMIT};
use crate::deadline::Deadline;

/// The number of bytes between two checks of the clock: 200 us at the DFA's usual speed.
const INTERVAL: usize = 64 << 10;

/// The DFAs of a pattern.
#[derive(Debug)]
pub(super) struct Walker {
    forward: DFA,
    reverse: DFA,
    prefilter: Option<Prefilter>,
}

impl Walker {
    /// None if the pattern needs more memory than is allowed. `line_end`: the byte that ends a line, to anchors.
    pub(super) fn new(hir: &Hir, line_end: u8) -> Option<Self> {
        let prefilter = Prefilter::from_hir_prefix(MatchKind::LeftmostFirst, hir).filter(|found| found.is_fast());
        let build = |reverse: bool, kind: MatchKind| {
            let nfa = thompson::Config::new()
                .utf8(false)
                .look_matcher(lines_ended_by(line_end))
                .reverse(reverse)
                .which_captures(WhichCaptures::None)
                .nfa_size_limit(Some(NFA_LIMIT));
            let nfa = thompson::Compiler::new().configure(nfa).build_from_hir(hir).ok()?;
            let config = Config::new()
                .match_kind(kind)
                .cache_capacity(DFA_CACHE)
                .skip_cache_capacity_check(true)
                .specialize_start_states(!reverse && prefilter.is_some());
            DFA::builder().configure(config).build_from_nfa(nfa).ok()
        };
        let forward = build(false, MatchKind::LeftmostFirst)?;
        let reverse = build(true, MatchKind::All)?;
        Some(Walker { forward, reverse, prefilter })
    }
}

/// The caches of one thread, and the state of its current search.
#[derive(Debug)]
pub(super) struct Walk {
    forward: Cache,
    reverse: Cache,
    stage: Stage,
}

/// The state of the search for one match.
#[derive(Debug, Clone, Copy)]
enum Stage {
    Idle,
    /// Toward the end of the leftmost match at or after `from`; the bytes before `at` are done.
    Forward {
        from: usize,
        at: usize,
        state: LazyStateID,
        last: Option<usize>,
    },
    /// Toward the start of the match that ends at `end`; the bytes from `at` on are done.
    Reverse {
        from: usize,
        end: usize,
        at: usize,
        state: LazyStateID,
        last: usize,
    },
}

/// The result of [`Walk::next`].
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Walked {
    Match(usize, usize),
    Absent,
    Paused,
}

/// The reason why `next_state` cannot fail.
const ALWAYS: &str = "a lazy DFA without limits does not give up";

impl Walk {
    pub(super) fn new(walker: &Walker) -> Self {
        Walk { forward: walker.forward.create_cache(), reverse: walker.reverse.create_cache(), stage: Stage::Idle }
    }

    /// Whether the last call was interrupted.
    pub(super) fn is_under_way(&self) -> bool {
        !matches!(self.stage, Stage::Idle)
    }

    /// Drops an interrupted search.
    pub(super) fn reset(&mut self) {
        self.stage = Stage::Idle;
    }

    /// The leftmost match in `hay` at or after `from`. After `Paused` call again with the same `hay` and `from`.
    pub(super) fn next(&mut self, walker: &Walker, hay: &[u8], from: usize, deadline: &Deadline) -> Walked {
        let mut stage = match self.stage {
            stage @ (Stage::Forward { from: begun, .. } | Stage::Reverse { from: begun, .. }) if begun == from => {
                stage
            }
            _ => Stage::Forward { from, at: from, state: self.start(walker, hay, from), last: None },
        };
        self.stage = Stage::Idle;
        loop {
            let passed = match &mut stage {
                Stage::Forward { .. } => self.forward(walker, hay, &mut stage, deadline),
                Stage::Reverse { .. } => self.reverse(walker, hay, &mut stage, deadline),
                Stage::Idle => unreachable!("it was begun above"),
            };
            match passed {
                Some(Walked::Paused) => {
                    self.stage = stage;
                    return Walked::Paused;
                }
                Some(walked) => return walked,
                None => {}
            }
        }
    }

    fn start(&mut self, walker: &Walker, hay: &[u8], at: usize) -> LazyStateID {
        walker.forward.start_state_forward(&mut self.forward, &Input::new(hay).range(at..)).expect(ALWAYS)
    }

    /// One interval forward, or to the end of the match.
    fn forward(&mut self, walker: &Walker, hay: &[u8], stage: &mut Stage, deadline: &Deadline) -> Option<Walked> {
        let Stage::Forward { from, at, state, last } = stage else { unreachable!("the caller looked") };
        let dfa = &walker.forward;
        let stop = hay.len().min(*at + INTERVAL);
        let mut ended = false;
        while *at < stop {
            if let (true, None, Some(prefilter)) = (state.is_start(), *last, &walker.prefilter) {
                let reach = hay.len().min(stop + prefilter.max_needle_len());
                match prefilter.find(hay, (*at..reach).into()) {
                    Some(candidate) if candidate.start < stop => *at = candidate.start,
                    _ => *at = stop,
                }
                *state = self.start(walker, hay, *at);
                if *at == stop {
                    break;
                }
            }
            *state = dfa.next_state(&mut self.forward, *state, hay[*at]).expect(ALWAYS);
            *at += 1;
            if state.is_tagged() {
                // A DFA of this engine enters a match state one byte after the match.
                if state.is_match() {
                    *last = Some(*at - 1);
                } else if state.is_dead() {
                    ended = true;
                    break;
                }
            }
        }
        if !ended && *at == hay.len() {
            if dfa.next_eoi_state(&mut self.forward, *state).expect(ALWAYS).is_match() {
                *last = Some(hay.len());
            }
            ended = true;
        }
        if ended {
            let (from, Some(end)) = (*from, *last) else { return Some(Walked::Absent) };
            let input = Input::new(hay).range(from..end).anchored(Anchored::Yes);
            let state = walker.reverse.start_state_reverse(&mut self.reverse, &input).expect(ALWAYS);
            *stage = Stage::Reverse { from, end, at: end, state, last: end };
        }
        deadline.passed().then_some(Walked::Paused)
    }

    /// One interval backward, or to the start of the match.
    fn reverse(&mut self, walker: &Walker, hay: &[u8], stage: &mut Stage, deadline: &Deadline) -> Option<Walked> {
        let Stage::Reverse { from, end, at, state, last } = stage else { unreachable!("the caller looked") };
        let dfa = &walker.reverse;
        let stop = (*from).max(at.saturating_sub(INTERVAL));
        while *at > stop {
            *at -= 1;
            *state = dfa.next_state(&mut self.reverse, *state, hay[*at]).expect(ALWAYS);
            if state.is_tagged() {
                if state.is_match() {
                    *last = *at + 1;
                } else if state.is_dead() {
                    return Some(Walked::Match(*last, *end));
                }
            }
        }
        if *at == *from {
            *state = match from.checked_sub(1) {
                Some(before) => dfa.next_state(&mut self.reverse, *state, hay[before]),
                None => dfa.next_eoi_state(&mut self.reverse, *state),
            }
            .expect(ALWAYS);
            if state.is_match() {
                *last = *from;
            }
            return Some(Walked::Match(*last, *end));
        }
        deadline.passed().then_some(Walked::Paused)
    }
}
