//! Catches panics before they reach the C caller, and checks the pointers that callers pass.

use std::panic::{self, catch_unwind, AssertUnwindSafe, UnwindSafe};
use std::ptr;
use std::sync::Mutex;

use crate::haystack::Haystack;
use crate::os::{self, fork};

/// The core panicked, which is a bug of zcio. `zcio_panic_message` has the text.
pub const ZCIO_PANIC: i64 = -1_000_001;

/// A pointer was null although its size was not 0, or a size was out of range.
pub const ZCIO_BAD_ARGUMENT: i64 = -1_000_002;

/// The text of the last panic in any thread.
static LAST_PANIC: Mutex<String> = Mutex::new(String::new());

/// Runs `body`; a panic in it becomes [`ZCIO_PANIC`].
pub(super) fn guarded(body: impl FnOnce() -> i64 + UnwindSafe) -> i64 {
    guarded_or(ZCIO_PANIC, body)
}

/// Runs `body`; a panic in it becomes `failed`.
pub(super) fn guarded_or<T>(failed: T, body: impl FnOnce() -> T + UnwindSafe) -> T {
    catch_unwind(body).unwrap_or_else(|payload| {
        // Dropping the payload may panic again. That must not reach C either, so the second payload is leaked.
        if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            std::mem::forget(second);
        }
        failed
    })
}

/// Must be called once, before any other function. From then on, the text of a panic is kept for `zcio_panic_message`
/// instead of being printed to standard error, and forks wait for the locks that a child may take. Returns 0 or
/// `-ENOMEM`.
#[no_mangle]
pub extern "C" fn zcio_init() -> i64 {
    guarded(|| {
        panic::set_hook(Box::new(|info| {
            *os::lock(&LAST_PANIC) = info.to_string();
        }));
        fork::install().map_or_else(|errno| -i64::from(errno.0), |()| 0)
    })
}

/// The haystack that a caller passed, or `None` if the pointer is null or the length out of range.
///
/// # Safety
/// * If `len` is not 0 and `data` not null, `data` must be valid for reads of `len` bytes for the lifetime `'a`, which
///   the caller ends before it returns to C.
///
/// Others may write the bytes meanwhile.
pub(super) unsafe fn haystack<'a>(data: *const u8, len: usize) -> Option<Haystack<'a>> {
    if len == 0 {
        return Some(Haystack::from(&[]));
    }
    if data.is_null() || len > isize::MAX as usize {
        return None;
    }
    // SAFETY: not null, not over isize::MAX, and readable by this function's contract.
    Some(unsafe { Haystack::new(data, len) })
}

/// The bytes that a caller passed, or `None` if the pointer is null or the length out of range.
///
/// # Safety
/// * If `len` is not 0 and `data` not null, `data` must be valid for reads of `len` bytes for the lifetime `'a`, which
///   the caller ends before it returns to C.
/// * Nobody may write the bytes meanwhile. Callers pass immutable `bytes`, or text they have copied.
pub(super) unsafe fn bytes<'a>(data: *const u8, len: usize) -> Option<&'a [u8]> {
    if len == 0 {
        return Some(&[]);
    }
    if data.is_null() || len > isize::MAX as usize {
        return None;
    }
    // SAFETY: not null, not over isize::MAX, readable and unchanging by this function's contract.
    Some(unsafe { std::slice::from_raw_parts(data, len) })
}

/// Copies the last panic's text (UTF-8, cut to `capacity` bytes, no terminator) to `out` and returns its length.
///
/// # Safety
/// `out` must be valid for writes of `capacity` bytes.
#[no_mangle]
pub unsafe extern "C" fn zcio_panic_message(out: *mut u8, capacity: usize) -> i64 {
    guarded(|| {
        let message = os::lock(&LAST_PANIC);
        let len = message.len().min(capacity);
        if out.is_null() {
            return 0;
        }
        // SAFETY: `out` takes `capacity >= len` bytes by this function's contract and is foreign memory, so it
        // cannot overlap the String.
        unsafe { ptr::copy_nonoverlapping(message.as_ptr(), out, len) };
        len as i64
    })
}

/// Panics on purpose: tests check that a panic becomes an exception.
#[no_mangle]
pub extern "C" fn zcio_panic_probe() -> i64 {
    guarded(|| panic!("the panic that was asked for"))
}
