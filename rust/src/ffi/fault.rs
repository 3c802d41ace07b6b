//! Guards: mappings in which a page that is gone does not end the process.

use std::ptr;

use super::guard::{guarded, guarded_or, ZCIO_BAD_ARGUMENT};
use super::ZCIO_NOT_FOUND;
use crate::fault::Guard;
use crate::os::Errno;

/// The guarded memory that was read has pages that are gone: the answer would be of zeros in their place.
pub const ZCIO_FAULT: i64 = -1_000_003;

/// The guard of one mapping. It belongs to the caller of `zcio_guard_new`, who ends it by `zcio_guard_free`.
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
/// Returns 0 with the guard in `out`, where null must be before; ZCIO_UNSUPPORTED on other systems than Linux; or
/// -ENOMEM.
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

/// Ends the guard that is in `place`, and puts null there; nothing if null is there. The caller so never has a guard
/// that is in no place, nor one that was freed, wherever an exception breaks the caller off.
///
/// # Safety
/// - `place` is null, or valid for a read and a write, by nobody else meanwhile. It holds null, or what `zcio_guard_new`
///   put there; no other call uses that guard now or later.
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

/// Says that the guarded range is about to be unmapped. Returns 0.
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

/// Takes `zcio_guard_closing` back if the guard is that of the mapping of `length` bytes at `base`. Returns 1 if it is,
/// else 0.
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

/// Puts the file back under pages that were replaced. Returns the count of faults up to which no zeros are left; `-EIO`
/// if the file cannot be put back: in a private mapping, or for want of memory; `-ESTALE` if the guard is that of
/// another mapping.
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
