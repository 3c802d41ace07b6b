//! Operations on mappings that `zcio.mmap` needs and the interpreter's own `mmap` lacks.
//!
//! Python's mmap object always owns its mapping; [`map_file`] moves a new mapping to the same address, in its place.

use std::ffi::{c_int, CStr};

use crate::os::{self, Errno};

/// Maps `length` bytes of `fd` and moves the result over the mapping at `target`, atomically: no thread can see the
/// target unmapped. If it fails, the target is unchanged.
///
/// # Safety
/// `target` is a whole mapping of that length, and nothing reads it through references while its content changes.
pub unsafe fn map_file(
    target: usize,
    length: usize,
    fd: c_int,
    offset: i64,
    prot: c_int,
    flags: c_int,
) -> Result<(), Errno> {
    let address = os::map(fd, offset, length, prot, flags)?;
    // SAFETY: the mapping at `address` is ours, the other one the caller's by this function's contract.
    let moved = unsafe { os::remap_over(address, target, length) };
    if moved.is_err() {
        // SAFETY: the mapping was not moved, and nothing else has its address. We report the first error, not munmap's.
        let _ = unsafe { os::unmap(address, length) };
    }
    moved
}

/// Whether the kernel would let the mapping at `base` grow to `larger` bytes, apart from a lack of address space.
///
/// # Safety
/// The caller owns the range, and it is mapped.
pub unsafe fn may_grow(base: usize, length: usize, larger: usize) -> Result<(), Errno> {
    // SAFETY: by this function's contract.
    unsafe { os::may_grow(base, length, larger) }
}

/// Writes a range back to its file.
///
/// # Safety
/// The range lies in one mapping that lives through the call.
pub unsafe fn sync(base: usize, offset: usize, length: usize, flags: c_int) -> Result<(), Errno> {
    // SAFETY: by this function's contract; `base + offset` stays inside that mapping.
    unsafe { os::sync(base + offset, length, flags) }
}

/// Advises the kernel on a range.
///
/// # Safety
/// The range lies in one mapping that lives through the call.
pub unsafe fn advise(base: usize, offset: usize, length: usize, advice: c_int) -> Result<(), Errno> {
    // SAFETY: by this function's contract; `base + offset` stays inside that mapping.
    unsafe { os::advise(base + offset, length, advice) }
}

/// Names an anonymous mapping.
///
/// # Safety
/// The range lies in one mapping that lives through the call.
pub unsafe fn set_name(base: usize, length: usize, name: &CStr) -> Result<(), Errno> {
    // SAFETY: by this function's contract.
    unsafe { os::name_anonymous(base, length, name) }
}
