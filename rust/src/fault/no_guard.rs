//! Systems other than Linux: there is no guard.

use std::ops::Range;
use std::ptr;

use super::Faulted;
use crate::os::Errno;

/// A guarded mapping, which does not exist here: `new` fails, and nothing else is ever called.
#[derive(Clone, Copy)]
pub struct Guard(());

#[allow(missing_docs, clippy::missing_safety_doc)] // as in guard.rs
impl Guard {
    pub unsafe fn new(_base: usize, _length: usize, _writable: bool) -> Result<Guard, Errno> {
        Err(Errno::UNSUPPORTED)
    }

    pub unsafe fn release(self) {}

    pub unsafe fn set_closing(&self) {}

    pub unsafe fn stays(&self, _base: usize, _length: usize) -> bool {
        false
    }

    pub fn into_address(self) -> usize {
        0
    }

    pub unsafe fn from_address(_address: usize) -> Guard {
        Guard(())
    }

    pub fn count(&self) -> *const u64 {
        ptr::null()
    }

    pub unsafe fn remap_file(&self, _base: usize, _length: usize) -> Result<u64, Errno> {
        Err(Errno::UNSUPPORTED)
    }

    pub fn first(&self, _since_remap: bool) -> Option<usize> {
        None
    }

    pub fn forget(&self) {}

    pub fn reinstall_handler() -> Result<(), Errno> {
        Err(Errno::UNSUPPORTED)
    }

    pub fn how_many() -> usize {
        0
    }
}

/// Runs `search`, which reads `memory`.
pub fn watching<T>(_memory: Range<usize>, search: impl FnOnce() -> T) -> Result<T, Faulted> {
    Ok(search())
}
