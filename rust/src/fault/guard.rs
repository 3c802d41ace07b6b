//! What a mapping that is watched over is held by.

use std::ptr;

use super::slot::Slot;
use super::{handler, registry};
use crate::os::Errno;

/// A range of memory in which a page that is gone kills nobody. Copies are the same guard, which is given back by
/// [`Guard::release`] or never.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Guard {
    slot: &'static Slot,
}

impl Guard {
    /// A guard of `length` bytes of mapping from `base`, a page's start, on. The first one installs the handler.
    pub fn new(base: usize, length: usize, writable: bool) -> Result<Guard, Errno> {
        handler::come_to_the_front()?;
        let slot = registry::take()?;
        slot.cover(base, length, writable);
        Ok(Guard { slot })
    }

    /// Gives it back.
    ///
    /// # Safety
    /// Once, and no copy may be used after it.
    pub unsafe fn release(self) {
        registry::give_back(self.slot);
    }

    /// As an address that is not null.
    pub fn into_address(self) -> usize {
        ptr::from_ref(self.slot) as usize
    }

    /// From `into_address`.
    ///
    /// # Safety
    /// It must be that of a guard that was not given back.
    pub unsafe fn from_address(address: usize) -> Guard {
        // SAFETY: by this function's contract; a slot is never freed.
        Guard { slot: unsafe { &*(address as *const Slot) } }
    }

    /// The number of faults there were, which anybody may read at any time until the process ends.
    pub fn count(&self) -> *const u64 {
        self.slot.count()
    }

    /// Puts the file back under pages that were replaced. Returns the count of faults up to which that was done, or EIO
    /// where the file cannot be put back.
    ///
    /// # Safety
    /// The guarded range must be the mapping's until the call returns.
    pub unsafe fn settle(&self) -> Result<u64, Errno> {
        self.slot.settle()
    }

    /// Where, from the start of the range, the first fault was since the last `forget`; where `unsettled`, since the
    /// file was last put back.
    pub fn first(&self, unsettled: bool) -> Option<usize> {
        self.slot.first(unsettled)
    }

    /// Forgets where the first fault was.
    pub fn forget(&self) {
        self.slot.forget();
    }

    /// Has the handler in front of whatever was installed since.
    pub fn come_to_the_front() -> Result<(), Errno> {
        handler::come_to_the_front()
    }

    /// How many guards there are.
    pub fn how_many() -> usize {
        registry::how_many()
    }
}
