//! Searches. Each call works for at most about 50 ms and then hands back the place to go on from, so that the
//! caller can look after signals.

use super::guard::{bytes, guarded, ZCIO_BAD_ARGUMENT};
use crate::search::{self, Budget, Outcome};

/// The needle is not there.
pub const ZCIO_NOT_FOUND: i64 = -1_000_010;

/// Any value `<= ZCIO_PAUSED` says that the time slice is over: call again with `from` (backward: `to`) set to
/// `ZCIO_PAUSED - value`. Offsets stay below 2^57, the largest address space there is, so no such value is `-errno`
/// or another code, and none overflows.
pub const ZCIO_PAUSED: i64 = -2_000_000;

fn code(outcome: Outcome) -> i64 {
    match outcome {
        // A slice of real memory is shorter than 2^57 bytes, so neither cast nor subtraction can overflow.
        Outcome::Found(at) => at as i64,
        Outcome::Absent => ZCIO_NOT_FOUND,
        Outcome::Paused(at) => ZCIO_PAUSED - at as i64,
    }
}

/// The lowest offset at or after `from` where `needle` lies in `hay`; `ZCIO_NOT_FOUND`; or `<= ZCIO_PAUSED`.
///
/// # Safety
/// `hay` must be valid for reads of `hay_len` bytes, `needle` of `needle_len`, until the call returns.
#[no_mangle]
pub unsafe extern "C" fn zcio_find(
    hay: *const u8,
    hay_len: usize,
    needle: *const u8,
    needle_len: usize,
    from: usize,
) -> i64 {
    guarded(|| {
        // SAFETY: readable for the whole call by this function's contract.
        let (hay, needle) = unsafe { (bytes(hay, hay_len), bytes(needle, needle_len)) };
        match (hay, needle) {
            (Some(hay), Some(needle)) => code(search::find(hay, needle, from, &mut Budget::slice())),
            _ => ZCIO_BAD_ARGUMENT,
        }
    })
}

/// The highest offset where `needle` lies wholly inside `hay[..to]`; `ZCIO_NOT_FOUND`; or `<= ZCIO_PAUSED`, where
/// the next call's `to` is what `from` is for `zcio_find`.
///
/// # Safety
/// As `zcio_find`.
#[no_mangle]
pub unsafe extern "C" fn zcio_rfind(
    hay: *const u8,
    hay_len: usize,
    needle: *const u8,
    needle_len: usize,
    to: usize,
) -> i64 {
    guarded(|| {
        // SAFETY: readable for the whole call by this function's contract.
        let (hay, needle) = unsafe { (bytes(hay, hay_len), bytes(needle, needle_len)) };
        match (hay, needle) {
            (Some(hay), Some(needle)) => code(search::rfind(hay, needle, to, &mut Budget::slice())),
            _ => ZCIO_BAD_ARGUMENT,
        }
    })
}

/// Where a batch of `zcio_find_all` or `zcio_count` stands; the caller passes it back unchanged for the next one.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
pub struct zcio_progress {
    /// Where the next batch begins to look.
    pub next: u64,
    /// 1 once the whole of `hay` was looked at, else 0.
    pub done: u64,
}

/// Writes the offsets of up to `capacity` occurrences of `needle` in `hay` at or after `progress.next` to `out`, in
/// order, and returns how many. Fewer than `capacity` come back where the end was reached (`progress.done`) or the
/// time slice was over. An empty needle lies at every offset, `hay_len` included.
///
/// # Safety
/// As `zcio_find`; `out` must be valid for writes of `capacity` values and `progress` for reads and writes, neither
/// overlapping anything else.
#[no_mangle]
pub unsafe extern "C" fn zcio_find_all(
    hay: *const u8,
    hay_len: usize,
    needle: *const u8,
    needle_len: usize,
    overlapping: bool,
    progress: *mut zcio_progress,
    out: *mut u64,
    capacity: usize,
) -> i64 {
    guarded(|| {
        if progress.is_null() || out.is_null() || capacity > isize::MAX as usize / 8 {
            return ZCIO_BAD_ARGUMENT;
        }
        // SAFETY: readable for the whole call by this function's contract.
        let (hay, needle) = unsafe { (bytes(hay, hay_len), bytes(needle, needle_len)) };
        let (Some(hay), Some(needle)) = (hay, needle) else {
            return ZCIO_BAD_ARGUMENT;
        };
        // SAFETY: not null, exclusive and writable by this function's contract; `out` holds offsets the caller
        // allocated (and so initialised) as an array of u64.
        let (progress, out) = unsafe { (&mut *progress, std::slice::from_raw_parts_mut(out, capacity)) };
        let batch = search::find_all(hay, needle, progress.next as usize, overlapping, out, &mut Budget::slice());
        progress.next = batch.next as u64;
        progress.done = u64::from(batch.done);
        batch.found as i64
    })
}

/// How many non-overlapping occurrences of `needle` lie in `hay` at or after `progress.next`, as far as this time
/// slice came; `progress.done` says whether that was all. An empty needle counts `hay_len + 1` times.
///
/// # Safety
/// As `zcio_find`; `progress` must be valid for reads and writes and overlap nothing else.
#[no_mangle]
pub unsafe extern "C" fn zcio_count(
    hay: *const u8,
    hay_len: usize,
    needle: *const u8,
    needle_len: usize,
    progress: *mut zcio_progress,
) -> i64 {
    guarded(|| {
        if progress.is_null() {
            return ZCIO_BAD_ARGUMENT;
        }
        // SAFETY: readable for the whole call by this function's contract.
        let (hay, needle) = unsafe { (bytes(hay, hay_len), bytes(needle, needle_len)) };
        let (Some(hay), Some(needle)) = (hay, needle) else {
            return ZCIO_BAD_ARGUMENT;
        };
        // SAFETY: not null, exclusive and writable by this function's contract.
        let progress = unsafe { &mut *progress };
        let batch = search::count(hay, needle, progress.next as usize, &mut Budget::slice());
        progress.next = batch.next as u64;
        progress.done = u64::from(batch.done);
        batch.found as i64
    })
}
