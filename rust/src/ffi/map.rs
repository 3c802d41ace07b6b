//! Mappings: what `zcio.mmap` needs beside the standard library's class.

use std::ffi::{c_char, c_int, CStr};

use super::guard::{guarded, ZCIO_BAD_ARGUMENT};
use crate::map;
use crate::os::Errno;

fn status(result: Result<(), Errno>) -> i64 {
    match result {
        Ok(()) => 0,
        Err(errno) => -i64::from(errno.0),
    }
}

/// mmap(2) of `length` bytes of `fd` at `offset`, anywhere. Returns the address, or `-errno`.
/// It belongs to the caller, who gives it to `zcio_map_replace` or `zcio_map_free`, once.
#[no_mangle]
pub extern "C" fn zcio_map_file(fd: c_int, offset: i64, length: usize, prot: c_int, flags: c_int) -> i64 {
    guarded(|| match map::map_file(fd, offset, length, prot, flags) {
        Ok(address) => address as i64,
        Err(errno) => -i64::from(errno.0),
    })
}

/// Moves the mapping at `address` over the one at `target`, both of `length` bytes, in one step: nobody can see the
/// target unmapped. Returns 0, or `-errno` with the target as it was and the mapping at `address` freed: in either case
/// it is the caller's no more.
///
/// # Safety
/// `address` must come from `zcio_map_file` with this length; `target` must be the start of a whole mapping of the
/// same length that nothing reads through references while its content changes.
#[no_mangle]
pub unsafe extern "C" fn zcio_map_replace(address: usize, target: *mut u8, length: usize) -> i64 {
    guarded(|| {
        if target.is_null() || address == 0 {
            return ZCIO_BAD_ARGUMENT;
        }
        // SAFETY: this function's contract is the same.
        let replaced = unsafe { map::replace(address, target as usize, length) };
        if replaced.is_err() {
            // SAFETY: it was not moved, and nobody else knows of it. The first error is the one to tell.
            let _ = unsafe { map::free(address, length) };
        }
        status(replaced)
    })
}

/// munmap(2). Returns 0 or `-errno`.
///
/// # Safety
/// `address` and `length` must be those of a mapping from `zcio_map_file` that was neither freed nor moved.
#[no_mangle]
pub unsafe extern "C" fn zcio_map_free(address: usize, length: usize) -> i64 {
    guarded(|| {
        // SAFETY: this function's contract is the same.
        status(unsafe { map::free(address, length) })
    })
}

/// msync(2) of `length` bytes `offset` bytes into the mapping at `base`. Returns 0 or `-errno`.
///
/// # Safety
/// `base + offset .. base + offset + length` must lie in one mapping that lives until the call returns.
#[no_mangle]
pub unsafe extern "C" fn zcio_msync(base: *const u8, offset: usize, length: usize, flags: c_int) -> i64 {
    guarded(|| {
        // SAFETY: this function's contract is the same.
        status(unsafe { map::sync(base as usize, offset, length, flags) })
    })
}

/// madvise(2) of `length` bytes `offset` bytes into the mapping at `base`. Returns 0 or `-errno`.
///
/// # Safety
/// The range must lie in one mapping that lives until the call returns. Some advice (MADV_DONTNEED, MADV_REMOVE,
/// MADV_FREE) changes what the range holds, as a write by another process would.
#[no_mangle]
pub unsafe extern "C" fn zcio_madvise(base: *mut u8, offset: usize, length: usize, advice: c_int) -> i64 {
    guarded(|| {
        // SAFETY: this function's contract is the same.
        status(unsafe { map::advise(base as usize, offset, length, advice) })
    })
}

/// Names an anonymous mapping in /proc/self/maps, prctl(PR_SET_VMA_ANON_NAME). Returns 0 or `-errno`: -EINVAL where
/// the kernel cannot.
///
/// # Safety
/// `base .. base + length` must lie in one mapping that lives until the call returns; `name` must be NUL-terminated.
#[no_mangle]
pub unsafe extern "C" fn zcio_set_name(base: *const u8, length: usize, name: *const c_char) -> i64 {
    guarded(|| {
        if name.is_null() {
            return ZCIO_BAD_ARGUMENT;
        }
        // SAFETY: NUL-terminated by this function's contract, and read only during the call.
        let name = unsafe { CStr::from_ptr(name) };
        // SAFETY: this function's contract is the same.
        status(unsafe { map::set_name(base as usize, length, name) })
    })
}
