//! Guards: mappings in which a page that is gone does not end the process.

use std::ptr;

use super::guard::{guarded, guarded_or, ZCIO_BAD_ARGUMENT};
use super::ZCIO_NOT_FOUND;
use crate::fault::Guard;
use crate::os::Errno;

/// The guarded memory that was read has pages that are gone: the answer would be of zeros in their place.
pub const ZCIO_FAULT: i64 = -1_000_003;

/// The guard of one mapping. It belongs to the caller of `zcio_guard_new`, who passes it to `zcio_guard_free` once.
#[allow(non_camel_case_types)] // It is the C name.
pub struct zcio_guard {
    _opaque: [u8; 0],
}

/// The guard that a C pointer stands for, unless it is null.
///
/// # Safety
/// - `guard` is null, or comes from `zcio_guard_new` and is not freed before the caller is done with it.
unsafe fn from_pointer(guard: *const zcio_guard) -> Option<Guard> {
    // SAFETY: by this function's contract.
    (!guard.is_null()).then(|| unsafe { Guard::from_address(guard as usize) })
}

/// Guards `length` bytes of a mapping from `base` on: an access to a page that is gone then finds zeros and is counted,
/// where SIGBUS would end the process. The first guard installs a handler of SIGBUS, which passes on every other one.
/// Returns 0 with the guard in `out`, ZCIO_UNSUPPORTED on other systems than Linux, or -ENOMEM.
///
/// # Safety
/// - `out` is valid for a write.
/// - `base` is the start of a page.
/// - The range is one whole mapping of the caller's, or is never accessed.
/// - No other guard's range overlaps it, except one that is closing.
/// - The range stays mapped until `zcio_guard_free` has returned; or it is unmapped after `zcio_guard_closing(guard,
///   true)` and the guard freed at once.
#[no_mangle]
pub unsafe extern "C" fn zcio_guard_new(
    base: *const u8,
    length: usize,
    writable: bool,
    out: *mut *mut zcio_guard,
) -> i64 {
    guarded(|| {
        let fits = length > 0 && (base as usize).checked_add(length).is_some();
        if out.is_null() || base.is_null() || !fits {
            return ZCIO_BAD_ARGUMENT;
        }
        // SAFETY: by this function's contract; the range is not empty and does not overflow.
        match unsafe { Guard::new(base as usize, length, writable) } {
            Ok(guard) => {
                // SAFETY: not null, and writable by this function's contract.
                unsafe { out.write(guard.into_address() as *mut zcio_guard) };
                0
            }
            Err(Errno(errno)) => -i64::from(errno),
        }
    })
}

/// Ends the guard. Null is allowed.
///
/// # Safety
/// - `guard` is null or comes from `zcio_guard_new`, is freed once, and no other call uses it now or later.
/// - The guarded range is still mapped, or `zcio_guard_closing(guard, true)` was called before it was unmapped.
#[no_mangle]
pub unsafe extern "C" fn zcio_guard_free(guard: *mut zcio_guard) {
    guarded_or((), || {
        // SAFETY: by this function's contract.
        if let Some(guard) = unsafe { from_pointer(guard) } {
            // SAFETY: as above.
            unsafe { guard.release() };
        }
    });
}

/// Says that the guarded range is about to be unmapped (`true`), or that this failed (`false`). Returns 0.
///
/// # Safety
/// - `guard` comes from `zcio_guard_new` and is not freed before the call returns.
/// - With `false`: the range is mapped as it was.
#[no_mangle]
pub unsafe extern "C" fn zcio_guard_closing(guard: *const zcio_guard, closing: bool) -> i64 {
    guarded(|| {
        // SAFETY: by this function's contract.
        let Some(guard) = (unsafe { from_pointer(guard) }) else { return ZCIO_BAD_ARGUMENT };
        // SAFETY: by this function's contract.
        unsafe { guard.set_closing(closing) };
        0
    })
}

/// The guard's count of faults, which rises before a page is replaced by zeros. It may be read until the process ends;
/// once the guard is freed, it is that of another guard.
///
/// # Safety
/// - `guard` comes from `zcio_guard_new` and is not freed before the call returns.
#[no_mangle]
pub unsafe extern "C" fn zcio_guard_count(guard: *const zcio_guard) -> *const u64 {
    guarded_or(ptr::null(), || {
        // SAFETY: by this function's contract.
        unsafe { from_pointer(guard) }.map_or(ptr::null(), |guard| guard.count())
    })
}

/// Puts the file back under pages that were replaced. Returns the count of faults up to which no zeros are left, or
/// `-EIO` if the file cannot be put back: in a private mapping, or for want of memory.
///
/// # Safety
/// - `guard` comes from `zcio_guard_new` and is not freed before the call returns.
/// - The mapping stays as it is until the call returns.
#[no_mangle]
pub unsafe extern "C" fn zcio_guard_remap_file(guard: *const zcio_guard) -> i64 {
    guarded(|| {
        // SAFETY: by this function's contract.
        let Some(guard) = (unsafe { from_pointer(guard) }) else { return ZCIO_BAD_ARGUMENT };
        // SAFETY: by this function's contract.
        match unsafe { guard.remap_file() } {
            Ok(count) => count as i64,
            Err(Errno(errno)) => -i64::from(errno),
        }
    })
}

/// The offset of the first fault since the guard was made or `zcio_guard_forget` called; with `since_remap`, since the
/// file was last put back. `ZCIO_NOT_FOUND` if there was none.
///
/// # Safety
/// - `guard` comes from `zcio_guard_new` and is not freed before the call returns.
#[no_mangle]
pub unsafe extern "C" fn zcio_guard_first(guard: *const zcio_guard, since_remap: bool) -> i64 {
    guarded(|| {
        // SAFETY: by this function's contract.
        match unsafe { from_pointer(guard) } {
            Some(guard) => guard.first(since_remap).map_or(ZCIO_NOT_FOUND, |offset| offset as i64),
            None => ZCIO_BAD_ARGUMENT,
        }
    })
}

/// Forgets the first fault. Returns 0.
///
/// # Safety
/// - `guard` comes from `zcio_guard_new` and is not freed before the call returns.
#[no_mangle]
pub unsafe extern "C" fn zcio_guard_forget(guard: *const zcio_guard) -> i64 {
    guarded(|| {
        // SAFETY: by this function's contract.
        let Some(guard) = (unsafe { from_pointer(guard) }) else { return ZCIO_BAD_ARGUMENT };
        guard.forget();
        0
    })
}

/// Moves the handler of SIGBUS to the front again if another was installed since. Returns 0, or -ENOMEM after too many
/// different ones.
#[no_mangle]
pub extern "C" fn zcio_guard_reinstall() -> i64 {
    guarded(|| match Guard::reinstall_handler() {
        Ok(()) => 0,
        Err(Errno(errno)) => -i64::from(errno),
    })
}

/// The number of guards in this process.
#[no_mangle]
pub extern "C" fn zcio_guards() -> i64 {
    guarded(|| Guard::how_many() as i64)
}
