//! Searches. Each call works for about 50 ms at most and then returns the position from which to continue, so that the
//! caller can run signal handlers.

use std::ops::Range;
use std::ptr;

use super::fault::ZCIO_FAULT;
use super::guard::{bytes, guarded, guarded_or, haystack, ZCIO_BAD_ARGUMENT};
use crate::fallible;
use crate::fault::{watching, Faulted};
use crate::search::{Batch, ByteSet, Deadline, Finder, Haystack, Outcome};

/// The needle was not found.
pub const ZCIO_NOT_FOUND: i64 = -1_000_010;

/// Any value `<= ZCIO_PAUSED` means that the time slice is over: call again with `from` (backward: `to`) set to
/// `ZCIO_PAUSED - value`. Offsets are below 2^57, the largest address space there is, so no such value is `-errno` or
/// another code, and none overflows.
pub const ZCIO_PAUSED: i64 = -2_000_000;

/// The code of how a search ended.
pub(super) fn code(outcome: Outcome) -> i64 {
    match outcome {
        // A slice of real memory is shorter than 2^57 bytes, so neither cast nor subtraction can overflow.
        Outcome::Found(at) => at as i64,
        Outcome::Absent => ZCIO_NOT_FOUND,
        Outcome::Paused(at) => ZCIO_PAUSED - at as i64,
    }
}

/// The same for a search that reads `hay`, or `ZCIO_FAULT` if `hay` is guarded and pages of it are gone.
fn code_in(hay: Haystack, search: impl FnOnce() -> Outcome) -> i64 {
    watching(range(hay), search).map_or(ZCIO_FAULT, code)
}

/// The addresses of `hay`.
fn range(hay: Haystack) -> Range<usize> {
    let Range { start, end } = hay.as_ptr_range();
    start as usize..end as usize
}

/// The progress of `zcio_finder_find_all` or `zcio_count`; the caller passes it back unchanged in the next call.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
pub struct zcio_progress {
    /// The offset at which the next call continues.
    pub next: u64,
    /// 1 once all of `hay` was searched, else 0.
    pub done: u64,
}

impl zcio_progress {
    fn advance(&mut self, batch: Result<Batch, Faulted>) -> i64 {
        let Ok(batch) = batch else { return ZCIO_FAULT };
        self.next = batch.next as u64;
        self.done = u64::from(batch.done);
        batch.found as i64
    }
}

/// Checks the arguments of a search for one occurrence and runs it.
///
/// # Safety
/// * As [`haystack`] for `hay`, as [`bytes`] for `needle`.
unsafe fn one(
    hay: *const u8,
    hay_len: usize,
    needle: *const u8,
    needle_len: usize,
    search: impl FnOnce(&Finder, Haystack) -> Outcome,
) -> i64 {
    // SAFETY: readable for the whole call by this function's contract.
    let (hay, needle) = unsafe { (haystack(hay, hay_len), bytes(needle, needle_len)) };
    match (hay, needle) {
        (Some(hay), Some(needle)) => {
            let finder = Finder::new(needle);
            code_in(hay, || search(&finder, hay))
        }
        _ => ZCIO_BAD_ARGUMENT,
    }
}

/// The lowest offset at or after `from` where `needle` begins in `hay`; `ZCIO_NOT_FOUND`; or `<= ZCIO_PAUSED`.
///
/// # Safety
/// * `hay` must be valid for reads of `hay_len` bytes until the call returns; others may write it.
/// * `needle` must be valid for reads of `needle_len` bytes until the call returns; nobody may write it.
#[no_mangle]
pub unsafe extern "C" fn zcio_find(
    hay: *const u8,
    hay_len: usize,
    needle: *const u8,
    needle_len: usize,
    from: usize,
) -> i64 {
    guarded(|| {
        // SAFETY: the contract is the same.
        unsafe { one(hay, hay_len, needle, needle_len, |finder, hay| finder.find(hay, from, &Deadline::search())) }
    })
}

/// The offset of the last occurrence of `needle` inside `hay[..to]`; `ZCIO_NOT_FOUND`; or `<= ZCIO_PAUSED`, which gives
/// the next call's `to` as it gives `from` for `zcio_find`.
///
/// # Safety
/// * As [`zcio_find`].
#[no_mangle]
pub unsafe extern "C" fn zcio_rfind(
    hay: *const u8,
    hay_len: usize,
    needle: *const u8,
    needle_len: usize,
    to: usize,
) -> i64 {
    guarded(|| {
        // SAFETY: the contract is the same.
        unsafe { one(hay, hay_len, needle, needle_len, |finder, hay| finder.rfind(hay, to, &Deadline::search())) }
    })
}

/// The number of non-overlapping occurrences of `needle` in `hay` at or after `progress.next` that this time slice has
/// reached; `progress.done` says whether it has reached the end. An empty needle counts `hay_len + 1` times.
///
/// # Safety
/// * As [`zcio_find`].
/// * `progress` must be valid for reads and writes and overlap nothing else.
#[no_mangle]
pub unsafe extern "C" fn zcio_count(
    hay: *const u8,
    hay_len: usize,
    needle: *const u8,
    needle_len: usize,
    progress: *mut zcio_progress,
) -> i64 {
    guarded(|| {
        // SAFETY: readable for the whole call by this function's contract.
        let Some(needle) = (unsafe { bytes(needle, needle_len) }) else { return ZCIO_BAD_ARGUMENT };
        // SAFETY: the contract is the same.
        unsafe { tally(&Finder::new(needle), hay, hay_len, progress) }
    })
}

/// [`zcio_count`] with the needle prepared.
///
/// # Safety
/// * As [`zcio_count`].
unsafe fn tally(finder: &Finder, hay: *const u8, hay_len: usize, progress: *mut zcio_progress) -> i64 {
    if progress.is_null() {
        return ZCIO_BAD_ARGUMENT;
    }
    // SAFETY: readable for the whole call by this function's contract.
    let Some(hay) = (unsafe { haystack(hay, hay_len) }) else { return ZCIO_BAD_ARGUMENT };
    // SAFETY: not null, exclusive and writable by this function's contract.
    let progress = unsafe { &mut *progress };
    progress.advance(watching(range(hay), || finder.count(hay, progress.next as usize, &Deadline::search())))
}

/// A needle prepared once for many searches. It holds a copy of the needle and never changes, so any number of
/// threads may use it at the same time. The caller of `zcio_finder_new` passes it to `zcio_finder_free` once, after the
/// last call that uses it.
#[allow(non_camel_case_types)] // It is the C name.
pub struct zcio_finder {
    finder: Finder<'static>,
}

/// Makes a finder for `needle`. Null if there is no memory, if `needle` is null although `needle_len` is not 0, or if
/// the core panicked.
///
/// # Safety
/// * `needle` must be valid for reads of `needle_len` bytes until the call returns; nobody may write it.
#[no_mangle]
pub unsafe extern "C" fn zcio_finder_new(needle: *const u8, needle_len: usize) -> *mut zcio_finder {
    guarded_or(ptr::null_mut(), || {
        // SAFETY: readable for the whole call by this function's contract.
        let Some(needle) = (unsafe { bytes(needle, needle_len) }) else { return ptr::null_mut() };
        let Ok(finder) = Finder::new(needle).into_owned() else { return ptr::null_mut() };
        fallible::boxed(zcio_finder { finder }).map_or(ptr::null_mut(), Box::into_raw)
    })
}

/// Frees a finder. Does nothing if it is null.
///
/// # Safety
/// * `finder` must come from [`zcio_finder_new`] and be freed once.
/// * No call may use it now or later.
#[no_mangle]
pub unsafe extern "C" fn zcio_finder_free(finder: *mut zcio_finder) {
    guarded_or((), || {
        if !finder.is_null() {
            // SAFETY: it comes from Box::into_raw, and nobody else has it, by this function's contract.
            drop(unsafe { Box::from_raw(finder) });
        }
    });
}

/// As `zcio_find`, for the finder's needle.
///
/// # Safety
/// * `finder` must come from [`zcio_finder_new`] and not be freed before the call returns.
/// * `hay` must be valid for reads of `hay_len` bytes until the call returns; others may write it.
#[no_mangle]
pub unsafe extern "C" fn zcio_finder_find(
    finder: *const zcio_finder,
    hay: *const u8,
    hay_len: usize,
    from: usize,
) -> i64 {
    guarded(|| {
        // SAFETY: both live for the whole call by this function's contract.
        match unsafe { (finder.as_ref(), haystack(hay, hay_len)) } {
            (Some(handle), Some(hay)) => code_in(hay, || handle.finder.find(hay, from, &Deadline::search())),
            _ => ZCIO_BAD_ARGUMENT,
        }
    })
}

/// As `zcio_rfind`, for the finder's needle.
///
/// # Safety
/// * As [`zcio_finder_find`].
#[no_mangle]
pub unsafe extern "C" fn zcio_finder_rfind(
    finder: *const zcio_finder,
    hay: *const u8,
    hay_len: usize,
    to: usize,
) -> i64 {
    guarded(|| {
        // SAFETY: both live for the whole call by this function's contract.
        match unsafe { (finder.as_ref(), haystack(hay, hay_len)) } {
            (Some(handle), Some(hay)) => code_in(hay, || handle.finder.rfind(hay, to, &Deadline::search())),
            _ => ZCIO_BAD_ARGUMENT,
        }
    })
}

/// Writes the offsets of up to `capacity` occurrences of the finder's needle in `hay` at or after `progress.next` to
/// `out`, in order, and returns their number. It is less than `capacity` if the end was reached (`progress.done`) or
/// the time slice was over. An empty needle occurs at every offset, `hay_len` included. `ZCIO_BAD_ARGUMENT` if `out` is
/// not aligned, has no room for one offset, or overlaps `hay`.
///
/// # Safety
/// * As [`zcio_finder_find`].
/// * `out` must be valid for reads and writes of `capacity` initialised values; nobody else may use it.
/// * `progress` must be valid for reads and writes and overlap nothing else.
#[no_mangle]
pub unsafe extern "C" fn zcio_finder_find_all(
    finder: *const zcio_finder,
    hay: *const u8,
    hay_len: usize,
    overlapping: bool,
    progress: *mut zcio_progress,
    out: *mut u64,
    capacity: usize,
) -> i64 {
    guarded(|| {
        // SAFETY: it lives for the whole call by this function's contract.
        let Some(handle) = (unsafe { finder.as_ref() }) else { return ZCIO_BAD_ARGUMENT };
        if progress.is_null() || out.is_null() || !(1..=isize::MAX as usize / 8).contains(&capacity) {
            return ZCIO_BAD_ARGUMENT;
        }
        // SAFETY: readable for the whole call by this function's contract.
        let Some(hay) = (unsafe { haystack(hay, hay_len) }) else { return ZCIO_BAD_ARGUMENT };
        let (read, written) = (hay.as_ptr_range(), out.cast::<u8>()..out.wrapping_add(capacity).cast::<u8>());
        let apart = read.end <= written.start.cast_const() || written.end.cast_const() <= read.start;
        if !out.is_aligned() || !(apart || hay.is_empty()) {
            return ZCIO_BAD_ARGUMENT;
        }
        // SAFETY: not null, exclusive and writable by this function's contract; `out` holds offsets the caller
        // allocated (and so initialised) as an array of u64.
        let (progress, out) = unsafe { (&mut *progress, std::slice::from_raw_parts_mut(out, capacity)) };
        let next = progress.next as usize;
        progress.advance(watching(range(hay), || {
            handle.finder.find_all(hay, next, overlapping, out, &Deadline::search())
        }))
    })
}

/// As `zcio_count`, for the finder's needle.
///
/// # Safety
/// * As [`zcio_finder_find`].
/// * `progress` must be valid for reads and writes and overlap nothing else.
#[no_mangle]
pub unsafe extern "C" fn zcio_finder_count(
    finder: *const zcio_finder,
    hay: *const u8,
    hay_len: usize,
    progress: *mut zcio_progress,
) -> i64 {
    guarded(|| {
        // SAFETY: it lives for the whole call by this function's contract.
        let Some(handle) = (unsafe { finder.as_ref() }) else { return ZCIO_BAD_ARGUMENT };
        // SAFETY: the contract is the same.
        unsafe { tally(&handle.finder, hay, hay_len, progress) }
    })
}

/// Checks the arguments of a search for a byte of a set and runs it.
///
/// # Safety
/// * As [`zcio_find_any`].
unsafe fn any(
    hay: *const u8,
    hay_len: usize,
    set: *const u8,
    search: impl FnOnce(&ByteSet, Haystack) -> Outcome,
) -> i64 {
    // SAFETY: readable for the whole call by this function's contract; an array of bytes has no alignment.
    match unsafe { (haystack(hay, hay_len), set.cast::<[u8; 32]>().as_ref()) } {
        (Some(hay), Some(set)) => {
            let set = ByteSet::new(set);
            code_in(hay, || search(&set, hay))
        }
        _ => ZCIO_BAD_ARGUMENT,
    }
}

/// The lowest offset at or after `from` where `hay` has a byte of `set`; `ZCIO_NOT_FOUND`; or `<= ZCIO_PAUSED`, as for
/// `zcio_find`. The set is 256 bits in 32 bytes: byte `b` is in it if bit `b % 8` of `set[b / 8]` is 1.
///
/// # Safety
/// * `hay` must be valid for reads of `hay_len` bytes until the call returns; others may write it.
/// * `set` must be valid for reads of 32 bytes until the call returns; nobody may write it.
#[no_mangle]
pub unsafe extern "C" fn zcio_find_any(hay: *const u8, hay_len: usize, set: *const u8, from: usize) -> i64 {
    guarded(|| {
        // SAFETY: the contract is the same.
        unsafe { any(hay, hay_len, set, |set, hay| set.find(hay, from, &Deadline::search())) }
    })
}

/// The highest offset below `to` where `hay` has a byte of `set`; `ZCIO_NOT_FOUND`; or `<= ZCIO_PAUSED`, as for
/// `zcio_rfind`.
///
/// # Safety
/// * As [`zcio_find_any`].
#[no_mangle]
pub unsafe extern "C" fn zcio_rfind_any(hay: *const u8, hay_len: usize, set: *const u8, to: usize) -> i64 {
    guarded(|| {
        // SAFETY: the contract is the same.
        unsafe { any(hay, hay_len, set, |set, hay| set.rfind(hay, to, &Deadline::search())) }
    })
}
