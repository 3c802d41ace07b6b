//! The time one call from Python may take, and whether it may wait in it.

use std::ffi::c_int;
use std::time::{Duration, Instant};

/// A deadline, so that signal handlers and other tasks get their turn.
#[derive(Debug)]
pub struct Slice {
    end: Instant,
    waits: bool,
}

impl Slice {
    /// For callers that wait: signals are answered within 100 ms, and this leaves half of it to the caller.
    pub fn waiting() -> Self {
        Slice { end: Instant::now() + Duration::from_millis(50), waits: true }
    }

    /// For event loops: never waits, and lets others run after 2 ms.
    pub fn instant() -> Self {
        Slice { end: Instant::now() + Duration::from_millis(2), waits: false }
    }

    /// Whether a descriptor that is not ready is waited for.
    pub fn waits(&self) -> bool {
        self.waits
    }

    /// Whether it is time to hand back.
    pub fn over(&self) -> bool {
        Instant::now() >= self.end
    }

    /// What is left in milliseconds, at least 1.
    pub fn rest(&self) -> c_int {
        let rest = self.end.saturating_duration_since(Instant::now()).as_millis();
        c_int::try_from(rest).unwrap_or(c_int::MAX).max(1)
    }
}
