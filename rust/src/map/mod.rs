//! Mappings by address: what `zcio.mmap` needs where the interpreter's own `mmap` lacks it.
//!
//! The mapping itself stays the property of the runtime's mmap object; only [`map_file`] makes one, and it lives no
//! longer than it takes to move it over the object's own ([`replace`]).

use std::ffi::{c_int, CStr};

use crate::os::{self, Errno};

/// Maps `length` bytes of `fd` anywhere.
pub fn map_file(fd: c_int, offset: i64, length: usize, prot: c_int, flags: c_int) -> Result<usize, Errno> {
    os::map(fd, offset, length, prot, flags)
}

/// Moves the mapping at `address` over the one at `target`, atomically.
///
/// # Safety
/// `address` comes from [`map_file`] with this length; `target` is a whole mapping of that length.
pub unsafe fn replace(address: usize, target: usize, length: usize) -> Result<(), Errno> {
    // SAFETY: by this function's contract the caller owns both.
    unsafe { os::remap_over(address, target, length) }
}

/// Unmaps what [`map_file`] made.
///
/// # Safety
/// `address` and `length` are those of [`map_file`], and the mapping was not moved.
pub unsafe fn free(address: usize, length: usize) -> Result<(), Errno> {
    // SAFETY: by this function's contract nothing else uses the range.
    unsafe { os::unmap(address, length) }
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
