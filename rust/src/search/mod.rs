//! Substring search over byte slices, forward and backward, counted and batched.
//!
//! Every search takes a [`Budget`] and hands back where to go on once it is spent, so that no call is longer than a
//! signal handler may have to wait.

mod batch;
mod budget;
mod forward;
mod reverse;

use std::ffi::CStr;

pub use batch::{count, find_all, Batch};
pub use budget::Budget;
pub use forward::find;
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

/// The instruction sets in use on this processor.
pub fn level() -> &'static CStr {
    #[cfg(target_arch = "x86_64")]
    {
        if std::arch::is_x86_feature_detected!("avx2") {
            return c"avx2";
        }
        return c"sse2";
    }
    #[cfg(target_arch = "aarch64")]
    {
        return c"neon";
    }
    #[allow(unreachable_code)]
    c"portable"
}
