//! Pools of chunks, and searches, reads and writes of memory that lies in several pieces.

use std::ffi::c_int;
use std::panic::AssertUnwindSafe;
use std::ptr;

use memmap2::MmapMut;

use super::guard::{bytes, guarded, guarded_or, haystack, ZCIO_BAD_ARGUMENT};
use super::search::code;
use crate::fallible;
use crate::os::{self, Errno};
use crate::pipe::{lent, pool, spans};
use crate::search::{Deadline, Finder, Haystack};
use crate::try_arc::TryArc;

/// Lends chunks of memory. Any number of threads may use it. The caller of `zcio_pool_new` passes it to
/// `zcio_pool_free` once; chunks that are lent at that time stay valid.
#[allow(non_camel_case_types)] // It is the C name.
pub struct zcio_pool {
    pool: TryArc<pool::Pool<MmapMut>>,
}

/// The counters of a pool: chunks allocated, reused and freed since it was made; chunks and bytes that are lent now,
/// and the largest number of lent bytes so far; idle chunks and their bytes.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
#[allow(missing_docs)] // Named and explained above.
pub struct zcio_pool_stats {
    pub allocated: u64,
    pub reused: u64,
    pub freed: u64,
    pub lent: u64,
    pub lent_bytes: u64,
    pub lent_bytes_peak: u64,
    pub retained: u64,
    pub retained_bytes: u64,
}

/// A piece of memory.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct zcio_span {
    /// Its first byte; ignored if `len` is 0.
    pub data: *const u8,
    /// The number of bytes.
    pub len: usize,
}

/// Makes a pool that keeps at most `max_retained` bytes of idle chunks. If `poison` is true, it overwrites chunks that
/// are given back. Null if there is no memory, or the core panicked.
#[no_mangle]
pub extern "C" fn zcio_pool_new(max_retained: u64, poison: bool) -> *mut zcio_pool {
    guarded_or(ptr::null_mut(), || {
        let pool = pool::Pool::new(max_retained, poison).and_then(|pool| fallible::boxed(zcio_pool { pool }));
        pool.map_or(ptr::null_mut(), Box::into_raw)
    })
}

/// Frees a pool. Does nothing if it is null.
///
/// # Safety
/// `pool` must come from `zcio_pool_new`, be freed once, and no call may use it now or later.
#[no_mangle]
pub unsafe extern "C" fn zcio_pool_free(pool: *mut zcio_pool) {
    guarded_or((), || {
        if !pool.is_null() {
            // SAFETY: it comes from Box::into_raw, and nobody else has it, by this function's contract.
            drop(unsafe { Box::from_raw(pool) });
        }
    });
}

/// Lends a chunk of `size` bytes, which must not be 0; its content is unspecified. Returns 0 and its address in `out`,
/// or `-errno`. The caller owns the chunk until it passes it to `zcio_chunk_free`.
///
/// # Safety
/// `pool` must come from `zcio_pool_new` and not be freed before the call returns; `out` must be valid for a write.
#[no_mangle]
pub unsafe extern "C" fn zcio_pool_take(pool: *const zcio_pool, size: usize, out: *mut *mut u8) -> i64 {
    guarded(AssertUnwindSafe(|| {
        // SAFETY: it lives for the whole call by this function's contract.
        let Some(handle) = (unsafe { pool.as_ref() }) else { return ZCIO_BAD_ARGUMENT };
        if out.is_null() || size == 0 || size > isize::MAX as usize {
            return ZCIO_BAD_ARGUMENT;
        }
        match lent::lend(&handle.pool, size) {
            Ok(address) => {
                // SAFETY: not null, and writable by this function's contract.
                unsafe { out.write(address) };
                0
            }
            Err(error) => -i64::from(error.raw_os_error().unwrap_or(libc::ENOMEM)),
        }
    }))
}

/// Returns 1 if a lent chunk begins at `data`, else 0. The memory is not read.
#[no_mangle]
pub extern "C" fn zcio_chunk_is_lent(data: *const u8) -> i64 {
    guarded(|| i64::from(lent::is_lent(data)))
}

/// Gives back the chunk at `data`. Returns 0, or `ZCIO_BAD_ARGUMENT` if no lent chunk begins there.
///
/// # Safety
/// Nothing may read or write the chunk any more.
#[no_mangle]
pub unsafe extern "C" fn zcio_chunk_free(data: *mut u8) -> i64 {
    guarded(|| if lent::give_back(data) { 0 } else { ZCIO_BAD_ARGUMENT })
}

/// Returns the idle chunks to the system. Returns 0.
///
/// # Safety
/// `pool` as for `zcio_pool_take`.
#[no_mangle]
pub unsafe extern "C" fn zcio_pool_clear(pool: *const zcio_pool) -> i64 {
    guarded(AssertUnwindSafe(|| {
        // SAFETY: it lives for the whole call by this function's contract.
        let Some(handle) = (unsafe { pool.as_ref() }) else { return ZCIO_BAD_ARGUMENT };
        lent::clear(&handle.pool);
        0
    }))
}

/// Writes the pool's counters to `out`. Returns 0.
///
/// # Safety
/// `pool` as for `zcio_pool_take`; `out` must be valid for writes.
#[no_mangle]
pub unsafe extern "C" fn zcio_pool_read_stats(pool: *const zcio_pool, out: *mut zcio_pool_stats) -> i64 {
    guarded(AssertUnwindSafe(|| {
        // SAFETY: both are valid for the whole call by this function's contract.
        let (Some(handle), Some(out)) = (unsafe { (pool.as_ref(), out.as_mut()) }) else {
            return ZCIO_BAD_ARGUMENT;
        };
        let now = lent::stats(&handle.pool);
        *out = zcio_pool_stats {
            allocated: now.allocated,
            reused: now.reused,
            freed: now.freed,
            lent: now.lent,
            lent_bytes: now.lent_bytes,
            lent_bytes_peak: now.lent_bytes_peak,
            retained: now.retained,
            retained_bytes: now.retained_bytes,
        };
        0
    }))
}

/// Returns the pieces of the caller's array, or the code to return to the caller: `ZCIO_BAD_ARGUMENT` for a null
/// pointer with a size, `-ENOMEM` if there is no memory for the list.
///
/// # Safety
/// As for `bytes`, the array and each piece.
unsafe fn pieces<'a>(array: *const zcio_span, count: usize) -> Result<Vec<Haystack<'a>>, i64> {
    if count == 0 {
        return Ok(Vec::new());
    }
    if array.is_null() || count > isize::MAX as usize / size_of::<zcio_span>() {
        return Err(ZCIO_BAD_ARGUMENT);
    }
    // SAFETY: not null and readable by this function's contract.
    let array = unsafe { std::slice::from_raw_parts(array, count) };
    let mut pieces = fallible::vec(count).map_err(negative)?;
    for span in array {
        // SAFETY: each piece is readable by this function's contract.
        pieces.push(unsafe { haystack(span.data, span.len) }.ok_or(ZCIO_BAD_ARGUMENT)?);
    }
    Ok(pieces)
}

/// The lowest offset at or after `from` where `needle` begins in the concatenation of the pieces; `ZCIO_NOT_FOUND`;
/// `-ENOMEM`; or `<= ZCIO_PAUSED`, as for `zcio_find`.
///
/// # Safety
/// `array` must be valid for reads of `count` spans, each of them for reads of its bytes, and `needle` for reads of
/// `needle_len` bytes, until the call returns.
#[no_mangle]
pub unsafe extern "C" fn zcio_spans_find(
    array: *const zcio_span,
    count: usize,
    needle: *const u8,
    needle_len: usize,
    from: usize,
) -> i64 {
    guarded(|| {
        // SAFETY: readable for the whole call by this function's contract.
        match unsafe { (pieces(array, count), bytes(needle, needle_len)) } {
            (Ok(pieces), Some(needle)) => {
                spans::find(&pieces, &Finder::new(needle), from, &Deadline::search()).map_or_else(negative, code)
            }
            (Err(code), _) => code,
            (_, None) => ZCIO_BAD_ARGUMENT,
        }
    })
}

fn negative(errno: Errno) -> i64 {
    -i64::from(errno.0)
}

fn moved(result: Result<usize, Errno>) -> i64 {
    result.map_or_else(negative, |count| count as i64)
}

/// read(2). Returns the number of bytes read, 0 at the end of the file, or `-errno`.
///
/// # Safety
/// `data` must be valid for writes of `len` bytes until the call returns.
#[no_mangle]
pub unsafe extern "C" fn zcio_read(fd: c_int, data: *mut u8, len: usize) -> i64 {
    guarded(|| {
        if data.is_null() {
            return ZCIO_BAD_ARGUMENT;
        }
        // SAFETY: this function's contract is the same.
        moved(unsafe { os::read(fd, data, len) })
    })
}

/// writev(2) of as many of the pieces as one call accepts. Returns the number of bytes written, or `-errno`.
///
/// # Safety
/// As `zcio_spans_find`.
#[no_mangle]
pub unsafe extern "C" fn zcio_writev(fd: c_int, array: *const zcio_span, count: usize) -> i64 {
    guarded(|| {
        // SAFETY: readable for the whole call by this function's contract.
        match unsafe { pieces(array, count) } {
            Ok(pieces) => moved(os::writev(fd, &pieces)),
            Err(code) => code,
        }
    })
}
