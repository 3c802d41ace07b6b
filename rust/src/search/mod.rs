//! Substring search over byte slices, forward and backward, counted and batched.
//!
//! Every search takes a [`Budget`] and hands back where to go on once it is spent, so that no call is longer than a
//! signal handler may have to wait.
//!
//! From the top: [`forward`], [`reverse`] and [`batch`] say what is searched and what becomes of it (a [`sink`]);
//! [`engine`] goes block by block; [`level`] picks the instruction set; [`scan`] and [`settle`] are the search itself,
//! written once over [`vector`], of a [`job`]. [`probes`] says which of the needle's bytes to compare first, from
//! [`rank`] or, where that fails, from [`tuner`]; [`two_way`] takes over where the scan would not be linear, [`sift`] and
//! [`tally`] where the needle is everywhere, [`grams`] where no two of its bytes tell. Beside them [`byte_set`] searches for any byte of a set.

mod batch;
mod blocks;
mod budget;
mod byte_set;
mod classify;
mod engine;
mod finder;
mod forward;
mod gram_plan;
mod grams;
mod job;
mod lanes;
mod level;
mod probes;
mod rank;
mod reverse;
#[cfg(target_arch = "x86_64")]
mod sampler;
mod scan;
mod settle;
mod sift;
mod sink;
mod tally;
mod tuner;
mod two_way;
mod vector;

use std::ffi::CStr;

pub use batch::Batch;
pub use budget::Budget;
pub use byte_set::ByteSet;
pub use finder::Finder;
pub use forward::find;
pub use level::Level;
pub use reverse::rfind;

/// How a search for one occurrence ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// At this offset.
    Found(usize),
    /// Nowhere.
    Absent,
    /// The budget is spent; go on from here (forward: nothing lies before it, backward: nothing ends after it).
    Paused(usize),
}

/// The instruction set in use on this processor.
pub fn level() -> &'static CStr {
    Level::best().name()
}
