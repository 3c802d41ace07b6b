//! How long one call from Python may take.
//!
//! While a call runs, Python runs no signal handler, so Ctrl-C seems dead, and in an event loop no other task runs.
//! Searches and transfers therefore check a [`Deadline`] between steps of bounded work. Once it has passed, they return
//! the position from which the next call continues.

use std::cell::Cell;
use std::ffi::c_int;
use std::time::{Duration, Instant};

/// A signal handler runs within 100 ms. A call takes at most half of that and leaves the rest to the caller.
const SLICE: Duration = Duration::from_millis(50);

/// The time after which a transfer lets the other tasks of an event loop run.
const EVENT_LOOP_SLICE: Duration = Duration::from_millis(2);

/// Bytes that a search examines between two checks of the clock. They take 5 us at memory speed, and at most 50 ms on a
/// disk that reads 5 MB/s.
const INTERVAL: usize = 256 * 1024;

/// The time at which one call has to return. Pass it by reference to all functions that work for the call: a search
/// that finds a thousand occurrences has one deadline, not a thousand. One thread uses it.
#[derive(Debug)]
pub struct Deadline {
    /// The time that the call has; None if it has no limit.
    slice: Option<Duration>,
    end: Cell<Option<Instant>>,
    interval: usize,
    may_wait: bool,
    work: Cell<usize>,
}

impl Deadline {
    fn new(slice: Option<Duration>, interval: usize, may_wait: bool) -> Self {
        Deadline { slice, end: Cell::new(None), interval: interval.max(1), may_wait, work: Cell::new(0) }
    }

    fn started(self) -> Self {
        self.end.set(self.slice.map(|slice| Instant::now() + slice));
        self
    }

    /// For a search: 50 ms from the first look at the clock, so that a search of less than one interval never asks for
    /// the time.
    pub fn search() -> Self {
        Self::new(Some(SLICE), INTERVAL, true)
    }

    /// For a transfer that waits for descriptors: 50 ms from now.
    pub fn waiting() -> Self {
        Self::new(Some(SLICE), INTERVAL, true).started()
    }

    /// For a transfer in an event loop, which must not wait: 2 ms from now.
    pub fn event_loop() -> Self {
        Self::new(Some(EVENT_LOOP_SLICE), INTERVAL, false).started()
    }

    /// Never passes: for callers that handle no signals.
    pub fn never() -> Self {
        Self::new(None, INTERVAL, true)
    }

    /// Passes after each `interval` bytes, so that tests interrupt a search everywhere.
    pub fn stepwise(interval: usize) -> Self {
        Self::new(Some(Duration::ZERO), interval, true)
    }

    /// Never passes, but is checked every `interval` bytes: for tests of the state that a search keeps between
    /// intervals.
    pub fn never_in_steps(interval: usize) -> Self {
        Self::new(None, interval, true)
    }

    /// Whether it is time to return. The first call starts the clock of [`Deadline::search`].
    pub fn passed(&self) -> bool {
        let Some(slice) = self.slice else { return false };
        if slice.is_zero() {
            return true;
        }
        let now = Instant::now();
        match self.end.get() {
            Some(end) => now >= end,
            None => {
                self.end.set(Some(now + slice));
                false
            }
        }
    }

    /// Milliseconds left, at least 1: the timeout for poll(2).
    pub fn remaining_ms(&self) -> c_int {
        let left = self.end.get().map(|end| end.saturating_duration_since(Instant::now()));
        let left = left.or(self.slice).map_or(c_int::MAX as u128, |left| left.as_millis());
        c_int::try_from(left).unwrap_or(c_int::MAX).max(1)
    }

    /// Whether the call may wait for a descriptor that is not ready.
    pub fn may_wait(&self) -> bool {
        self.may_wait
    }

    /// Bytes to examine between two calls of [`Deadline::passed`].
    pub fn interval(&self) -> usize {
        self.interval
    }

    /// Counts `bytes` as examined. Tests use the sum to see that a search is linear without a clock.
    pub fn add_work(&self, bytes: usize) {
        self.work.set(self.work.get() + bytes);
    }

    /// Bytes examined so far. A byte that was examined twice counts twice.
    pub fn work(&self) -> usize {
        self.work.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_look_starts_the_clock_of_a_search() {
        let deadline = Deadline { slice: Some(Duration::from_millis(1)), ..Deadline::search() };
        std::thread::sleep(Duration::from_millis(3));
        assert!(!deadline.passed());
        std::thread::sleep(Duration::from_millis(3));
        assert!(deadline.passed());
    }

    #[test]
    fn a_transfer_counts_from_the_beginning() {
        let deadline = Deadline::event_loop();
        assert!(!deadline.may_wait() && (1..=2).contains(&deadline.remaining_ms()));
        std::thread::sleep(Duration::from_millis(5));
        assert!(deadline.passed());
        assert_eq!(deadline.remaining_ms(), 1);
    }

    #[test]
    fn stepwise_passes_at_once_and_never_not() {
        assert!(Deadline::stepwise(1).passed());
        assert!(!Deadline::never().passed());
        assert_eq!(Deadline::never().remaining_ms(), c_int::MAX);
        assert_eq!(Deadline::stepwise(0).interval(), 1);
    }
}
