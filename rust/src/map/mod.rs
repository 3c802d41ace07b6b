//! Mappings by address: what `zcio.mmap` needs where the interpreter's own `mmap` lacks it.
//!
//! The mapping itself stays the property of the runtime's mmap object; what [`map_file`] makes lives no longer than it
//! takes to move it over the object's own.

use std::ffi::{c_int, CStr};

use crate::os::{self, Errno};

/// Maps `length` bytes of `fd` and moves that over the mapping at `target`, atomically: nobody can see the target
/// unmapped. On an error the target is as it was.
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
        // SAFETY: it was not moved, and nobody else knows of it. The first error is the one to tell.
        let _ = unsafe { os::unmap(address, length) };
    }
    moved
}

/// Whether the mapping at `base` can grow to `larger` bytes, but for the room that takes.
///
/// # Safety
/// The range is mapped, and the caller's own.
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
