//! Substring search, forward and backward, counted and listed.
//!
//! Every search takes a [`Deadline`] and hands back where to go on once that has passed, so that no call takes longer
//! than a signal handler may wait. It reads a [`Haystack`], which Python may write meanwhile: the rules for that are in
//! [`crate::haystack`].
//!
//! From the top: [`finder`] holds the interface. [`driver`] cuts a search into intervals, looks at the clock between them
//! and chooses the algorithm of the next one:
//!
//! * [`packed_scan`], with [`verify`]: compares a few of the needle's bytes with a vector of positions at once ("packed
//!   pair" in memchr). [`rare_bytes`] says which bytes, from general statistics, [`adapt`] chooses others if the haystack
//!   is unlike them.
//! * [`dense`]: the same for counts and lists, if occurrences are so many that branches on each are mispredicted.
//! * [`two_way`]: if `verify` compares too much to be linear.
//! * [`one_byte`]: memchr, for a needle of one byte.
//!
//! [`byte_set`] searches for any byte of a set. All vector code is written once, over [`vector`], and compiled for each
//! instruction set by [`dispatch`]. What becomes of an occurrence is up to one of the [`mod@matches`].
//!
//! Tried and lost, measured on Xeon (AVX-512) and Zen 4 with 16 MB in the L3 cache:
//!
//! * Sampling every eighth position by two bits of each of its bytes (GFNI), for text of four letters: 60 instead of
//!   43 GB/s from the cache, nothing from the page cache (13 to 14 GB/s either way). 700 lines.
//! * Levels for GFNI and for 256-bit AVX-512 VL; 3 and 6 probes beside 2, 4 and 8.
//! * memchr's `memmem` instead of the packed scan: as fast forward if the needle has a rare byte, but backward it is
//!   two-way alone (0.4 to 12 GB/s), and it hands back nothing before the end.

mod adapt;
mod byte_set;
mod dense;
mod dispatch;
mod driver;
mod finder;
mod matches;
mod one_byte;
mod packed_scan;
mod rare_bytes;
mod two_way;
mod vector;
mod verify;

use std::ffi::CStr;

pub use crate::deadline::Deadline;
pub use crate::haystack::Haystack;
pub use byte_set::ByteSet;
pub use dispatch::Level;
pub use finder::{find, rfind, Batch, Finder};

/// How a search for one occurrence ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// At this offset.
    Found(usize),
    /// Nowhere.
    Absent,
    /// The deadline has passed; go on from here (forward: nothing begins before it, backward: nothing ends after it).
    Paused(usize),
}

/// The name of the instruction set in use on this processor.
pub fn level() -> &'static CStr {
    Level::best().name()
}
