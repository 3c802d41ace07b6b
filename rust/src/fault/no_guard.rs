//! Systems where no SIGBUS is handled: there can be no guard.

use std::ptr;

use crate::os::Errno;

const UNSUPPORTED: Errno = Errno(40);

/// A range of memory in which a page that is gone kills nobody; here it cannot be had.
#[derive(Clone, Copy)]
pub struct Guard(());

impl Guard {
    /// Unsupported.
    pub fn new(_base: usize, _length: usize, _writable: bool) -> Result<Guard, Errno> {
        Err(UNSUPPORTED)
    }

    /// Never called.
    ///
    /// # Safety
    /// None needed: it does nothing.
    pub unsafe fn release(self) {}

    /// Never called.
    pub fn into_address(self) -> usize {
        0
    }

    /// Never called.
    ///
    /// # Safety
    /// None needed: it does nothing.
    pub unsafe fn from_address(_address: usize) -> Guard {
        Guard(())
    }

    /// Never called.
    pub fn count(&self) -> *const u64 {
        ptr::null()
    }

    /// Unsupported.
    ///
    /// # Safety
    /// None needed: it does nothing.
    pub unsafe fn settle(&self) -> Result<u64, Errno> {
        Err(UNSUPPORTED)
    }

    /// Never called.
    pub fn first(&self, _unsettled: bool) -> Option<usize> {
        None
    }

    /// Never called.
    pub fn forget(&self) {}

    /// Unsupported.
    pub fn come_to_the_front() -> Result<(), Errno> {
        Err(UNSUPPORTED)
    }

    /// None.
    pub fn how_many() -> usize {
        0
    }
}
