//! Guards: mappings in which a page that is gone does not end the process.

use std::ptr;

use super::guard::{guarded, guarded_or, ZCIO_BAD_ARGUMENT};
use super::ZCIO_NOT_FOUND;
use crate::fault::Guard;
use crate::os::Errno;

/// The guarded memory that was searched has pages that are gone; the result would be based on zeros in their place.
pub const ZCIO_FAULT: i64 = -1_000_003;

/// The guard of one mapping. The caller of `zcio_guard_new` owns it, and passes it to `zcio_guard_free`.
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

/// Guards `length` bytes of a mapping from `base` on: an access to a page that is gone then reads zeros and is counted,
/// instead of ending the process by SIGBUS. The first guard installs a handler of SIGBUS, which forwards every other
/// SIGBUS. Returns 0 and stores the guard in `out`, which must hold null before; ZCIO_UNSUPPORTED on other systems than
/// Linux; or -ENOMEM.
///
/// # Safety
/// - `out` is null, or valid for a read and a write.
/// - `base` is the start of a page.
/// - The range is one whole mapping of the caller's, or is never accessed.
/// - No other guard's range overlaps it, except one that is closing.
/// - The range stays mapped until `zcio_guard_free` has returned; or it is unmapped after `zcio_guard_closing` and the
///   guard freed then.
#[no_mangle]
pub unsafe extern "C" fn zcio_guard_new(
    base: *const u8,
    length: usize,
    writable: bool,
    out: *mut *mut zcio_guard,
) -> i64 {
    guarded(|| {
        let fits = length > 0 && (base as usize).checked_add(length).is_some();
        // SAFETY: not null, and readable by this function's contract.
        if out.is_null() || !unsafe { out.read() }.is_null() || base.is_null() || !fits {
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

/// Ends the guard in `place`, and stores null there; does nothing if `place` holds null. So wherever an exception
/// interrupts the caller, `place` holds either a guard that is alive or null.
///
/// # Safety
/// - `place` is null, or valid for a read and a write, and no other thread uses it meanwhile. It holds null, or the
///   guard that `zcio_guard_new` stored there, which no call uses now or later.
/// - The guarded range is still mapped, or `zcio_guard_closing` was called before it was unmapped.
#[no_mangle]
pub unsafe extern "C" fn zcio_guard_free(place: *mut *mut zcio_guard) {
    guarded_or((), || {
        if place.is_null() {
            return;
        }
        // SAFETY: by this function's contract, here and below.
        let guard = unsafe { place.replace(ptr::null_mut()) };
        // SAFETY: as above.
        if let Some(guard) = unsafe { from_pointer(guard) } {
            // SAFETY: as above.
            unsafe { guard.release() };
        }
    });
}

/// Announces that the guarded range is about to be unmapped. Returns 0.
///
/// # Safety
/// - `guard` comes from `zcio_guard_new` and is not freed before the call returns.
#[no_mangle]
pub unsafe extern "C" fn zcio_guard_closing(guard: *const zcio_guard) -> i64 {
    guarded(|| {
        // SAFETY: by this function's contract.
        let Some(guard) = (unsafe { from_pointer(guard) }) else { return ZCIO_BAD_ARGUMENT };
        // SAFETY: by this function's contract.
        unsafe { guard.set_closing() };
        0
    })
}

/// Undoes `zcio_guard_closing` if the guard is for the mapping of `length` bytes at `base`. Returns 1 if it is, else 0.
///
/// # Safety
/// - `guard` comes from `zcio_guard_new` and is not freed before the call returns.
/// - `base` and `length` are those of the caller's mapping, which stays until another `zcio_guard_closing`.
#[no_mangle]
pub unsafe extern "C" fn zcio_guard_stays(guard: *const zcio_guard, base: *const u8, length: usize) -> i64 {
    guarded(|| {
        // SAFETY: by this function's contract.
        let Some(guard) = (unsafe { from_pointer(guard) }) else { return ZCIO_BAD_ARGUMENT };
        // SAFETY: by this function's contract.
        i64::from(unsafe { guard.stays(base as usize, length) })
    })
}

/// The guard's count of faults, which is incremented before a page is replaced by zeros. It may be read until the
/// process ends; once the guard is freed, it may be the count of another guard.
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

/// Maps the file again in place of the pages of zeros. Returns the count of faults up to which no zeros are left;
/// `-EIO` if the file cannot be mapped again, because the mapping is private or there is no memory; `-ESTALE` if the
/// guard is for another mapping.
///
/// # Safety
/// - `guard` comes from `zcio_guard_new` and is not freed before the call returns.
/// - `base` and `length` are those of the caller's mapping, which stays as it is until the call returns.
#[no_mangle]
pub unsafe extern "C" fn zcio_guard_remap_file(guard: *const zcio_guard, base: *const u8, length: usize) -> i64 {
    guarded(|| {
        // SAFETY: by this function's contract.
        let Some(guard) = (unsafe { from_pointer(guard) }) else { return ZCIO_BAD_ARGUMENT };
        // SAFETY: by this function's contract.
        match unsafe { guard.remap_file(base as usize, length) } {
            Ok(count) => count as i64,
            Err(Errno(errno)) => -i64::from(errno),
        }
    })
}

/// The offset of the first fault since the guard was made or `zcio_guard_forget` was called; with `since_remap`, since
/// the last `zcio_guard_remap_file`. `ZCIO_NOT_FOUND` if there was none.
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

/// Moves the handler of SIGBUS to the front again if another one was installed since. Returns 0, or -ENOMEM if too many
/// different ones were.
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
