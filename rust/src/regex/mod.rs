//! Regular expressions over byte slices: the spans of matches, found in bounded steps of time.
//!
//! The engine is the crate regex-automata without its Unicode tables. It knows nothing of Python: the caller translates
//! a pattern to one that means the same here (leftmost-first), and describes its matches in [`Options`]. There are no
//! captures.
//!
//! A search of the whole text in one call of the engine could take minutes, and the engine cannot be interrupted. So
//! [`Scan`] searches windows, and accepts a match only if a search of the whole text would have found it. There are
//! three ways to cut windows; the first one that fits a pattern is taken:
//!
//! 1. Matches of at most `width` bytes: one that begins at least `width` bytes before the end of its window cannot
//!    depend on what follows the window.
//! 2. A byte that no match contains (`cut`, the newline as a rule): a window that ends after such a byte holds every
//!    match that begins in it.
//! 3. Otherwise [`walk`] steps a lazy DFA itself and keeps its state between calls.
//!
//! Windows start small and double as long as one takes less than a millisecond, since the speed of the engine varies by
//! a factor of a thousand with the pattern and the text.
//!
//! A literal, and a byte class repeated such as `.+` or `\d{1,3}`, need neither the engine nor windows: [`direct`].

mod direct;
mod scan;
mod walk;

use std::sync::OnceLock;

use regex_automata::meta;
use regex_automata::util::look::LookMatcher;
use regex_automata::util::syntax;
use regex_syntax::hir::Hir;

use direct::Direct;
pub use scan::{Ended, Matches, Scan, Unit};
use walk::Walker;

/// The largest NFA, in bytes. A pattern that needs more is refused: it would compile for seconds and search slowly.
const NFA_LIMIT: usize = 10 << 20;

/// The size of a lazy DFA's cache, in bytes.
const DFA_CACHE: usize = 4 << 20;

/// Properties of a pattern's matches that the caller knows.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// The length of the longest possible match in bytes; None if there is no limit.
    pub width: Option<usize>,
    /// A byte that no match contains, except as the last byte of the text. It ends lines for [`Unit::Line`] and for the
    /// anchors `(?m:^)` and `(?m:$)`; if it is None, the newline does.
    pub cut: Option<u8>,
    /// For [`Unit::Line`], a null byte ends a line, too. No match contains one, and the pattern has no anchors.
    pub nulls: bool,
    /// The pattern ends in `\n?\z`, which stands for Python's `$`: the end of the text, or the place before a newline
    /// there. See [`Ended::Unclear`].
    pub tail: bool,
}

impl Options {
    /// The byte that ends a line.
    fn line_end(&self) -> u8 {
        self.cut.unwrap_or(b'\n')
    }

    /// The bytes that end a line: two, which may be the same.
    fn line_ends(&self) -> (u8, u8) {
        (self.line_end(), if self.nulls { 0 } else { self.line_end() })
    }
}

/// Anchors of lines that match at this byte.
fn lines_ended_by(byte: u8) -> LookMatcher {
    let mut look = LookMatcher::new();
    look.set_line_terminator(byte);
    look
}

/// Why a pattern was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// It cannot be parsed, or is nested too deeply.
    Syntax,
    /// It would take more memory than is allowed.
    TooLarge,
}

/// A compiled pattern. Any number of threads may use one, each with its own [`Scan`].
#[derive(Debug)]
pub struct Regex {
    engine: meta::Regex,
    hir: Hir,
    direct: Option<Direct>,
    options: Options,
    walker: OnceLock<Option<Walker>>,
}

impl Regex {
    /// Compiles `pattern`, in the syntax of the crate regex, of which it uses `(?-u)` and byte classes.
    pub fn new(pattern: &str, options: Options) -> Result<Self, Refused> {
        let config = syntax::Config::new().unicode(false).utf8(false);
        let hir = syntax::parse_with(pattern, &config).map_err(|_| Refused::Syntax)?;
        let config = meta::Config::new()
            .utf8_empty(false)
            .onepass(false)
            .line_terminator(options.line_end())
            .nfa_size_limit(Some(NFA_LIMIT))
            .hybrid_cache_capacity(DFA_CACHE);
        let engine = meta::Builder::new().configure(config).build_from_hir(&hir).map_err(|_| Refused::TooLarge)?;
        let direct = Direct::new(&hir);
        Ok(Regex { engine, hir, direct, options, walker: OnceLock::new() })
    }

    /// The DFAs for the third way of cutting, built on first use; None if they are too large.
    fn walker(&self) -> Option<&Walker> {
        self.walker.get_or_init(|| Walker::new(&self.hir, self.options.line_end())).as_ref()
    }

    /// Whether texts of any size can be searched in bounded steps.
    pub fn is_bounded(&self) -> bool {
        self.direct.is_some()
            || self.options.width.is_some_and(|width| width <= scan::WIDEST)
            || self.walker().is_some()
    }
}
