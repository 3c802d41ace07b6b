//! Guards of mappings whose pages can go away.

use std::ptr;

use super::guard::{guarded, guarded_or, ZCIO_BAD_ARGUMENT};
use super::ZCIO_NOT_FOUND;
use crate::fault::Guard;
use crate::os::Errno;

/// The memory to read has pages that are gone: its file was truncated.
pub const ZCIO_FAULT: i64 = -1_000_003;

/// A guard of one mapping. It belongs to the caller of `zcio_guard_new`, who gives it to `zcio_guard_free` once.
#[allow(non_camel_case_types)] // It is the C name.
pub struct zcio_guard {
    _opaque: [u8; 0],
}

/// The guard behind a pointer of C's, if that is not null.
///
/// # Safety
/// `guard` must come from `zcio_guard_new` and not be freed before the caller is done with it.
unsafe fn behind(guard: *const zcio_guard) -> Option<Guard> {
    // SAFETY: by this function's contract.
    (!guard.is_null()).then(|| unsafe { Guard::from_address(guard as usize) })
}

/// Guards `length` bytes of mapping from `base`, a page's start, on: an access to a page that is gone (SIGBUS) then
/// finds zeros and is counted. The first guard installs the handler, which hands on every other SIGBUS. Returns 0 with
/// the guard in `out`, or `-errno`: -ENOSYS where there is no such thing, -ENOMEM.
///
/// # Safety
/// `out` must be valid for a write.
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
        match Guard::new(base as usize, length, writable) {
            Ok(guard) => {
                // SAFETY: not null, and writable by this function's contract.
                unsafe { out.write(guard.into_address() as *mut zcio_guard) };
                0
            }
            Err(Errno(errno)) => -i64::from(errno),
        }
    })
}

/// Frees what `zcio_guard_new` made. Null is nothing to free.
///
/// # Safety
/// `guard` must come from `zcio_guard_new`, be freed once, and no call may use it now or later.
#[no_mangle]
pub unsafe extern "C" fn zcio_guard_free(guard: *mut zcio_guard) {
    guarded_or((), || {
        // SAFETY: by this function's contract.
        if let Some(guard) = unsafe { behind(guard) } {
            // SAFETY: as above.
            unsafe { guard.release() };
        }
    });
}

/// The count of the guard's faults, which rises before a page is replaced by zeros. It may be read until the process
/// ends, also after the guard was freed; it is then another's.
///
/// # Safety
/// `guard` must come from `zcio_guard_new` and not be freed before the call returns.
#[no_mangle]
pub unsafe extern "C" fn zcio_guard_count(guard: *const zcio_guard) -> *const u64 {
    guarded_or(ptr::null(), || {
        // SAFETY: by this function's contract.
        unsafe { behind(guard) }.map_or(ptr::null(), |guard| guard.count())
    })
}

/// Puts the file back under pages that were replaced, and the handler in front of others. Returns the count of faults
/// up to which that is so, or `-EIO` where the file cannot be put back: of a private mapping, or for want of memory.
///
/// # Safety
/// As `zcio_guard_count`, and the mapping must stay as it is until the call returns.
#[no_mangle]
pub unsafe extern "C" fn zcio_guard_settle(guard: *const zcio_guard) -> i64 {
    guarded(|| {
        // SAFETY: by this function's contract.
        let Some(guard) = (unsafe { behind(guard) }) else { return ZCIO_BAD_ARGUMENT };
        // SAFETY: by this function's contract.
        match Guard::come_to_the_front().and_then(|()| unsafe { guard.settle() }) {
            Ok(count) => count as i64,
            Err(Errno(errno)) => -i64::from(errno),
        }
    })
}

/// The offset of the first fault since the guard was made or told to forget, where `unsettled` since it last settled;
/// or `ZCIO_NOT_FOUND`.
///
/// # Safety
/// As `zcio_guard_count`.
#[no_mangle]
pub unsafe extern "C" fn zcio_guard_first(guard: *const zcio_guard, unsettled: bool) -> i64 {
    guarded(|| {
        // SAFETY: by this function's contract.
        match unsafe { behind(guard) } {
            Some(guard) => guard.first(unsettled).map_or(ZCIO_NOT_FOUND, |offset| offset as i64),
            None => ZCIO_BAD_ARGUMENT,
        }
    })
}

/// Forgets the first fault. Returns 0.
///
/// # Safety
/// As `zcio_guard_count`.
#[no_mangle]
pub unsafe extern "C" fn zcio_guard_forget(guard: *const zcio_guard) -> i64 {
    guarded(|| {
        // SAFETY: by this function's contract.
        let Some(guard) = (unsafe { behind(guard) }) else { return ZCIO_BAD_ARGUMENT };
        guard.forget();
        0
    })
}

/// Has the handler in front of one that was installed since. Returns 0 or `-errno`.
#[no_mangle]
pub extern "C" fn zcio_guard_front() -> i64 {
    guarded(|| match Guard::come_to_the_front() {
        Ok(()) => 0,
        Err(Errno(errno)) => -i64::from(errno),
    })
}

/// How many guards there are in this process.
#[no_mangle]
pub extern "C" fn zcio_guards() -> i64 {
    guarded(|| Guard::how_many() as i64)
}
