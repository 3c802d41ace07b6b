//! Substring search, forward and backward, counted and listed.
//!
//! Every search takes a [`Deadline`]. Once that has passed, it returns the position at which to continue, so that no
//! call takes longer than a signal handler may wait. It reads a [`Haystack`], which Python may write meanwhile; the
//! rules for that are in [`crate::haystack`].
//!
//! From the top: [`finder`] is the interface. [`driver`] cuts a search into intervals, checks the clock between them,
//! and chooses the algorithm for each:
//!
//! * [`packed_scan`], with [`verify`]: compares a few of the needle's bytes with a vector of positions at once ("packed
//!   pair" in memchr). [`rare_bytes`] chooses these bytes by general statistics, [`adapt`] chooses others if they are
//!   common in this haystack. [`pass`] has the input and the cost of a pass.
//! * [`dense`]: the same for counts and lists, if occurrences are so many that branches on each are mispredicted.
//! * [`two_way`]: if `verify` would compare so many bytes that the search is no longer linear.
//! * [`one_byte`]: memchr, for a needle of one byte.
//!
//! [`byte_set`] searches for any byte of a set. All vector code is written once, over [`vector`], and compiled for each
//! instruction set by [`dispatch`]. [`mod@matches`] has the receivers of occurrences.
//!
//! Tried and rejected, measured on Xeon (AVX-512) and Zen 4 with 16 MB in the L3 cache:
//!
//! * Sampling every eighth position by two bits of each of its bytes (GFNI), for text of four letters: 60 instead of
//!   43 GB/s from the cache, nothing from the page cache (13 to 14 GB/s either way). 700 lines.
//! * Levels for GFNI and for 256-bit AVX-512 VL; 3 and 6 probes beside 2, 4 and 8.
//! * memchr's `memmem` instead of the packed scan: forward it is as fast if the needle has a rare byte, but backward it
//!   uses only Two-Way (0.4 to 12 GB/s), and it cannot be interrupted.

mod adapt;
mod byte_set;
mod dense;
mod dispatch;
mod driver;
mod finder;
mod matches;
mod one_byte;
mod packed_scan;
mod pass;
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
    /// Found at this offset.
    Found(usize),
    /// There is no occurrence.
    Absent,
    /// The deadline has passed; continue from here. Forward, no occurrence begins before it; backward, none ends after
    /// it.
    Paused(usize),
}

/// The name of the instruction set in use on this processor.
pub fn level() -> &'static CStr {
    Level::best().name()
}
