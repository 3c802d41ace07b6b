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

/// mmap(2) of `length` bytes of `fd` at `offset`, in place of the mapping at `target`. No thread can see the target
/// unmapped. Returns 0, or `-errno`, and then the target is unchanged.
///
/// # Safety
/// `target` must be the start of a whole mapping of `length` bytes that nothing reads through references while its
/// content changes.
#[no_mangle]
pub unsafe extern "C" fn zcio_map_file(
    target: *mut u8,
    length: usize,
    fd: c_int,
    offset: i64,
    prot: c_int,
    flags: c_int,
) -> i64 {
    guarded(|| {
        if target.is_null() {
            return ZCIO_BAD_ARGUMENT;
        }
        // SAFETY: this function's contract is the same.
        status(unsafe { map::map_file(target as usize, length, fd, offset, prot, flags) })
    })
}

/// Whether mremap(2) would let the mapping at `base` grow to `larger` bytes, apart from a lack of address space.
/// Returns 0 or `-errno`: -EFAULT if the range consists of more than one mapping, which madvise(2) of a part causes.
///
/// # Safety
/// `base .. base + length` must be mapped until the call returns, and belong to the caller.
#[no_mangle]
pub unsafe extern "C" fn zcio_may_grow(base: *const u8, length: usize, larger: usize) -> i64 {
    guarded(|| {
        if larger < length {
            return ZCIO_BAD_ARGUMENT;
        }
        // SAFETY: this function's contract is the same.
        status(unsafe { map::may_grow(base as usize, length, larger) })
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
/// MADV_FREE) changes the content of the range, as a write by another process would.
#[no_mangle]
pub unsafe extern "C" fn zcio_madvise(base: *mut u8, offset: usize, length: usize, advice: c_int) -> i64 {
    guarded(|| {
        // SAFETY: this function's contract is the same.
        status(unsafe { map::advise(base as usize, offset, length, advice) })
    })
}

/// Names an anonymous mapping in /proc/self/maps, prctl(PR_SET_VMA_ANON_NAME). Returns 0 or `-errno`: -EINVAL if
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
