//! Time for one call: work is cut into blocks, and between blocks the clock is read.

use std::time::{Duration, Instant};

/// What one call may take. Signals are answered within 100 ms; this leaves half of it to the caller.
const SLICE: Duration = Duration::from_millis(50);

/// How many bytes are searched between two looks at the clock: 5 us of memory bandwidth, and no more than 50 ms of a
/// disk that reads 5 MB/s.
const BLOCK: usize = 256 * 1024;

/// A deadline that starts at the first look, so that a search shorter than one block never asks for the time.
///
/// One budget serves one call, however many occurrences it finds: it is handed on by `&mut` and cannot be copied.
#[derive(Debug)]
pub struct Budget {
    block: usize,
    slice: Option<Duration>,
    deadline: Option<Instant>,
    work: usize,
}

impl Budget {
    /// The budget of one call from Python.
    pub fn slice() -> Self {
        Budget { block: BLOCK, slice: Some(SLICE), deadline: None, work: 0 }
    }

    /// No end: for callers that have no signals to look after.
    pub fn unlimited() -> Self {
        Budget { block: BLOCK, slice: None, deadline: None, work: 0 }
    }

    /// Blocks of `block` bytes, spent after each of them: so tests reach every seam.
    pub fn stepwise(block: usize) -> Self {
        Budget { block: block.max(1), slice: Some(Duration::ZERO), deadline: None, work: 0 }
    }

    /// Blocks of `block` bytes, never spent: so tests see what a search learns from one for the next.
    pub fn in_blocks(block: usize) -> Self {
        Budget { block: block.max(1), slice: None, deadline: None, work: 0 }
    }

    /// Bytes to search before [`Budget::spent`] is asked. A long needle makes blocks longer, since each block must
    /// look one needle past its end.
    pub(super) fn block(&self, needle_len: usize) -> usize {
        self.block.max(needle_len.saturating_mul(4))
    }

    /// Bytes looked at under this budget, once for each time: so tests see that searches are linear without a clock.
    pub fn work(&self) -> usize {
        self.work
    }

    /// Adds to [`Budget::work`].
    pub(super) fn worked(&mut self, bytes: usize) {
        self.work += bytes;
    }

    /// Whether it is time to hand back.
    pub(super) fn spent(&mut self) -> bool {
        let Some(slice) = self.slice else { return false };
        if slice.is_zero() {
            return true;
        }
        let now = Instant::now();
        match self.deadline {
            Some(deadline) => now >= deadline,
            None => {
                self.deadline = Some(now + slice);
                false
            }
        }
    }
}
