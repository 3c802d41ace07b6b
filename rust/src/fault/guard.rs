//! The interface of guards.

use std::ops::Range;
use std::ptr;

use super::registry::{self, Linux};
use super::slot::Slot;
use super::{handler, Faulted};
use crate::os::Errno;

/// A guarded mapping. Copies refer to the same guard, which ends only by [`Guard::release`]. Any thread may use it.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Guard {
    slot: &'static Slot,
}

impl Guard {
    /// Guards `length` bytes from `base` on. The first guard of the process installs the handler of SIGBUS. ENOMEM.
    ///
    /// # Safety
    /// - `base` is the start of a page, and `base + length` does not overflow.
    /// - The range is one whole mapping, which the caller owns, or lies in no mapping and is never accessed.
    /// - No other guard's range overlaps it, except one that is closing.
    /// - The range stays mapped until `release` has returned; or the caller calls `set_closing`, then unmaps it, then
    ///   calls `release`. After it was unmapped, no code may access the range through the old mapping.
    /// - From the first fault on, the handler replaces pages of the range that have no content, and `remap_file` maps
    ///   the file again: no code may assume that the range maps the file.
    pub unsafe fn new(base: usize, length: usize, writable: bool) -> Result<Guard, Errno> {
        handler::reinstall()?;
        Ok(Guard { slot: registry::take(base, length, writable)? })
    }

    /// Ends the guard.
    ///
    /// # Safety
    /// - It is called once, and no copy is used during the call or afterwards.
    /// - The range is still mapped, or it was unmapped after `set_closing`.
    pub unsafe fn release(self) {
        registry::give_back(self.slot);
    }

    /// Announces that the owner is about to unmap the range. From then on, a fault replaces only the page that raised
    /// the signal, since the pages after it may already belong to another mapping.
    ///
    /// # Safety
    /// - The guard has not been released.
    pub unsafe fn set_closing(&self) {
        self.slot.set_closing();
    }

    /// Undoes `set_closing` if the guard is for the mapping at `base`. Returns whether it is.
    ///
    /// # Safety
    /// - The guard has not been released.
    /// - `base` and `length` are those of the caller's mapping, which stays until another `set_closing`.
    pub unsafe fn stays(&self, base: usize, length: usize) -> bool {
        self.slot.stays(base, length)
    }

    /// An address that is not null, for `from_address`.
    pub fn into_address(self) -> usize {
        ptr::from_ref(self.slot) as usize
    }

    /// The guard whose address `into_address` returned.
    ///
    /// # Safety
    /// - The address comes from `into_address` of a guard that has not been released.
    pub unsafe fn from_address(address: usize) -> Guard {
        // SAFETY: by this function's contract it is the address of a slot, and slots are never freed.
        Guard { slot: unsafe { &*(address as *const Slot) } }
    }

    /// The number of faults. It may be read until the process ends; once the guard is released, it may count the faults
    /// of another guard.
    pub fn count(&self) -> *const u64 {
        self.slot.count()
    }

    /// Maps the file again in place of the pages of zeros, after waiting for threads that are in the handler. Returns
    /// the count of faults up to which no zeros are left, EIO if the file cannot be mapped again, or ESTALE if this is
    /// the guard of another mapping.
    ///
    /// # Safety
    /// - `base` and `length` are those of the caller's mapping, which stays as it is until this returns.
    pub unsafe fn remap_file(&self, base: usize, length: usize) -> Result<u64, Errno> {
        self.slot.remap_file(base, length, &Linux)
    }

    /// The offset of the first fault since the last `forget`; with `since_remap`, since the last `remap_file`.
    pub fn first(&self, since_remap: bool) -> Option<usize> {
        self.slot.first(since_remap)
    }

    /// Forgets the first fault.
    pub fn forget(&self) {
        self.slot.forget();
    }

    /// Moves the handler to the front again if another was installed since. ENOMEM after too many different ones.
    pub fn reinstall_handler() -> Result<(), Errno> {
        handler::reinstall()
    }

    /// The number of guards in this process.
    pub fn how_many() -> usize {
        registry::how_many()
    }
}

/// Runs `search`, which reads `memory`, and reports whether it may have read zeros in place of pages that are gone.
/// Until the first fault in the process, this costs two loads.
pub fn watching<T>(memory: Range<usize>, search: impl FnOnce() -> T) -> Result<T, Faulted> {
    let before = registry::faults_in(&memory);
    let has_zeros = registry::has_zeros_in(&memory);
    let result = search();
    if has_zeros || registry::faults_in(&memory) > before {
        Err(Faulted)
    } else {
        Ok(result)
    }
}
