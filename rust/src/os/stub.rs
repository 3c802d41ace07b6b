//! Systems without POSIX mappings: every function returns `Errno::UNSUPPORTED`.

use std::ffi::{c_int, CStr};

use super::Errno;
use crate::haystack::Haystack;

/// Unsupported.
pub fn map(_fd: c_int, _offset: i64, _length: usize, _prot: c_int, _flags: c_int) -> Result<usize, Errno> {
    Err(Errno::UNSUPPORTED)
}

/// Unsupported.
///
/// # Safety
/// None needed: it does nothing.
pub unsafe fn remap_over(_address: usize, _target: usize, _length: usize) -> Result<(), Errno> {
    Err(Errno::UNSUPPORTED)
}

/// Unsupported.
///
/// # Safety
/// None needed: it does nothing.
pub unsafe fn may_grow(_address: usize, _length: usize, _larger: usize) -> Result<(), Errno> {
    Err(Errno::UNSUPPORTED)
}

/// Unsupported.
///
/// # Safety
/// None needed: it does nothing.
pub unsafe fn unmap(_address: usize, _length: usize) -> Result<(), Errno> {
    Err(Errno::UNSUPPORTED)
}

/// Unsupported.
///
/// # Safety
/// None needed: it does nothing.
pub unsafe fn sync(_address: usize, _length: usize, _flags: c_int) -> Result<(), Errno> {
    Err(Errno::UNSUPPORTED)
}

/// Unsupported.
///
/// # Safety
/// None needed: it does nothing.
pub unsafe fn advise(_address: usize, _length: usize, _advice: c_int) -> Result<(), Errno> {
    Err(Errno::UNSUPPORTED)
}

/// Unsupported.
///
/// # Safety
/// None needed: it does nothing.
pub unsafe fn name_anonymous(_address: usize, _length: usize, _name: &CStr) -> Result<(), Errno> {
    Err(Errno::UNSUPPORTED)
}

/// Unsupported.
///
/// # Safety
/// None needed: it does nothing.
pub unsafe fn read(_fd: c_int, _data: *mut u8, _len: usize) -> Result<usize, Errno> {
    Err(Errno::UNSUPPORTED)
}

/// Unsupported.
pub fn writev(_fd: c_int, _pieces: &[Haystack]) -> Result<usize, Errno> {
    Err(Errno::UNSUPPORTED)
}
