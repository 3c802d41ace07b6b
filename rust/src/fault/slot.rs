//! One guarded range, and the state of its pages.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicU8, AtomicUsize, Ordering::*};

use super::pages;
use super::section::Section;
use crate::os::Errno;

/// The state of a slot. `Closing`: its owner is about to unmap the memory, or has just done so; that may still fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum State {
    Free,
    Taken,
    Live,
    Closing,
}

/// No offset, no address.
const NONE: usize = usize::MAX;

/// The system calls of a slot. Tests have another implementation.
pub(super) trait Kernel {
    /// Whether the page at `address`, a multiple of 8, can be read.
    fn is_there(&self, address: usize) -> bool;

    /// Maps pages of zeros over a range of whole pages.
    ///
    /// # Safety
    /// - The range lies in a mapping that may be replaced there.
    unsafe fn map_zeros(&self, range: Range<usize>, writable: bool) -> Result<(), Errno>;

    /// Makes a second mapping of the pages that the shared mapping at `start` maps: anywhere, or over `target`.
    ///
    /// # Safety
    /// - The mappings at `target .. target + length` may be replaced.
    unsafe fn map_again(&self, start: usize, length: usize, target: Option<usize>) -> Result<usize, Errno>;

    /// Unmaps a range.
    ///
    /// # Safety
    /// - Nothing uses it any more.
    unsafe fn unmap(&self, start: usize, length: usize);
}

/// The result of handling a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// The address is not in its range.
    NotGuarded,
    /// The page is zeros now.
    Replaced,
    /// It is in its range, but there is no memory for zeros.
    NoMemory,
}

/// The record of one guarded range. It is never freed, so that the handler may read it at any time.
///
/// All changes are made inside `section`. The fields are atomics because two reads are outside of it: the handler's
/// first check, and Python's of the count.
///
/// A fault first increments `count`, then lowers `low`, and then maps the zeros. So a thread that has read such zeros,
/// and then reads the count, sees that it has risen since the file was last mapped again. And in a child that is forked
/// between two of these steps, there may be pages of the file above `low`, which is harmless, but never zeros below it.
pub(super) struct Slot {
    section: Section,
    state: AtomicU8,
    base: AtomicUsize,
    end: AtomicUsize,
    /// The size of a page, determined outside of the handler.
    page: AtomicUsize,
    writable: AtomicBool,
    /// The number of faults. It never decreases, not even when the slot gets another range.
    count: AtomicU64,
    /// A second mapping of the file, made before the first page is replaced, from which the pages are mapped again. 0:
    /// not made yet; `NONE`: cannot be made, because the mapping is private.
    shadow_map: AtomicUsize,
    /// Where the replaced pages begin; the last of them is before `end`.
    low: AtomicUsize,
    /// The offset of the first fault since `forget`.
    first: AtomicUsize,
    /// The offset of the first fault since the file was last mapped again.
    first_replaced: AtomicUsize,
}

impl Slot {
    pub(super) const fn new() -> Slot {
        Slot {
            section: Section::new(),
            state: AtomicU8::new(State::Free as u8),
            base: AtomicUsize::new(0),
            end: AtomicUsize::new(0),
            page: AtomicUsize::new(0),
            writable: AtomicBool::new(false),
            count: AtomicU64::new(0),
            shadow_map: AtomicUsize::new(0),
            low: AtomicUsize::new(NONE),
            first: AtomicUsize::new(NONE),
            first_replaced: AtomicUsize::new(NONE),
        }
    }

    fn is(&self, state: State) -> bool {
        self.state.load(Acquire) == state as u8
    }

    fn is_guarding(&self) -> bool {
        self.is(State::Live) || self.is(State::Closing)
    }

    /// Takes the slot if it is free. Returns whether it was.
    pub(super) fn take(&self) -> bool {
        self.state.compare_exchange(State::Free as u8, State::Taken as u8, AcqRel, Relaxed).is_ok()
    }

    /// Starts to guard `length` bytes from `base`, the start of a page. The caller must have taken the slot, here and
    /// for all functions below except `fault`.
    pub(super) fn cover(&self, base: usize, length: usize, page: usize, writable: bool) {
        let _held = self.section.enter();
        self.base.store(base, Relaxed);
        self.end.store(pages::end_of(base, length, page), Relaxed);
        self.page.store(page, Relaxed);
        self.writable.store(writable, Relaxed);
        self.low.store(NONE, Relaxed);
        self.first.store(NONE, Relaxed);
        self.first_replaced.store(NONE, Relaxed);
        self.state.store(State::Live as u8, Release);
    }

    /// Announces that the range is about to be unmapped.
    pub(super) fn set_closing(&self) {
        let _held = self.section.enter();
        self.state.store(State::Closing as u8, Release);
    }

    /// Undoes `set_closing` if the mapping of `length` bytes at `base` is the guarded one. Returns whether it is.
    pub(super) fn stays(&self, base: usize, length: usize) -> bool {
        let _held = self.section.enter();
        let stays = self.is_of(base, length);
        if stays {
            self.state.store(State::Live as u8, Release);
        }
        stays
    }

    fn is_of(&self, base: usize, length: usize) -> bool {
        self.range() == (base..pages::end_of(base, length, self.page.load(Relaxed)))
    }

    /// Ends the guard and frees the slot.
    pub(super) fn release(&self, kernel: &impl Kernel) {
        let _held = self.section.enter();
        let shadow = self.shadow_map.swap(0, Relaxed);
        if shadow != 0 && shadow != NONE {
            let length = self.end.load(Relaxed) - self.base.load(Relaxed);
            // SAFETY: the slot owns the shadow map, and nothing reads it.
            unsafe { kernel.unmap(shadow, length) };
        }
        self.state.store(State::Free as u8, Release);
    }

    fn range(&self) -> Range<usize> {
        self.base.load(Relaxed)..self.end.load(Relaxed)
    }

    /// Whether the address is guarded. The answer is right if the address is guarded during all of this call. Otherwise
    /// it may be wrong, if the slot is just getting another range, so the handler asks again inside the section.
    fn covers(&self, address: usize) -> bool {
        self.is_guarding() && self.range().contains(&address)
    }

    /// The faults so far, if any of `memory` is guarded.
    pub(super) fn faults_in(&self, memory: &Range<usize>) -> Option<u64> {
        let range = self.range();
        let shared = range.start < memory.end && memory.start < range.end;
        (self.is_guarding() && shared).then(|| self.count.load(SeqCst))
    }

    /// Whether `memory` may have zeros in place of missing pages at this moment.
    pub(super) fn has_zeros_in(&self, memory: &Range<usize>) -> bool {
        self.is_guarding() && self.low.load(SeqCst) < memory.end && memory.start < self.end.load(Relaxed)
    }

    pub(super) fn is_live(&self) -> bool {
        self.is_guarding()
    }

    /// Whether the file ends before the range at this moment.
    pub(super) fn is_cut(&self, kernel: &impl Kernel) -> bool {
        self.is(State::Live) && !kernel.is_there(self.end.load(Relaxed) - 8)
    }

    /// In the handler: if the address is guarded, counts a fault and maps zeros in place of the page. Waits for a
    /// remap_file() of another thread to finish.
    pub(super) fn fault(&self, address: usize, kernel: &impl Kernel) -> Answer {
        if !self.covers(address) {
            return Answer::NotGuarded;
        }
        let _held = self.section.enter();
        if !self.covers(address) {
            return Answer::NotGuarded;
        }
        let Range { start: base, end } = self.range();
        for first in [&self.first, &self.first_replaced] {
            let _ = first.compare_exchange(NONE, address - base, Relaxed, Relaxed);
        }
        if self.shadow_map.load(Relaxed) == 0 {
            // SAFETY: without a target, no mapping is replaced.
            let made = unsafe { kernel.map_again(base, end - base, None) };
            self.shadow_map.store(made.unwrap_or(NONE), Relaxed);
        }
        self.count.fetch_add(1, SeqCst);
        // If the last page is missing, the file was truncated, and all pages from here on are missing: one call
        // replaces them. Otherwise only this page cannot be read or, on a full disk, written. If the range is being
        // unmapped, the pages after this one may already belong to another mapping, so only this page is replaced;
        // since an access to it raised the signal, it has no content to lose.
        let to_the_end = self.is(State::Live) && !kernel.is_there(end - 8);
        let mut page = self.page.load(Relaxed);
        loop {
            let range = pages::to_replace(address, end, page, to_the_end);
            self.low.fetch_min(range.start, SeqCst);
            // SAFETY: by the contract of the guard the range is the mapping's, and these pages have no content.
            match unsafe { kernel.map_zeros(range, self.writable.load(Relaxed)) } {
                Ok(()) => return Answer::Replaced,
                // The page is part of a huge page, which can only be replaced as a whole.
                Err(Errno(libc::EINVAL)) => match pages::doubled(address, base, page) {
                    Some(double) => page = double,
                    None => return Answer::NoMemory,
                },
                Err(_) => return Answer::NoMemory,
            }
        }
    }

    /// Maps the file again in place of the zeros in the mapping at `base`, which must not change meanwhile. Returns the
    /// count of faults up to which no zeros are left, EIO if the file cannot be mapped again, or ESTALE if another
    /// mapping is guarded.
    pub(super) fn remap_file(&self, base: usize, length: usize, kernel: &impl Kernel) -> Result<u64, Errno> {
        let _held = self.section.enter();
        if !self.is_of(base, length) {
            return Err(Errno(libc::ESTALE));
        }
        let count = self.count.load(SeqCst);
        let low = self.low.load(Relaxed);
        if low != NONE {
            let end = self.end.load(Relaxed);
            let shadow = self.shadow_map.load(Relaxed);
            if shadow == 0 || shadow == NONE {
                return Err(Errno(libc::EIO));
            }
            // SAFETY: from `low` on there are only replaced pages and pages of the same file.
            if unsafe { kernel.map_again(shadow + (low - base), end - low, Some(low)) }.is_err() {
                // The kernel may have unmapped the range before the call failed.
                // SAFETY: the range belongs to the mapping.
                let _ = unsafe { kernel.map_zeros(low..end, self.writable.load(Relaxed)) };
                return Err(Errno(libc::EIO));
            }
            self.low.store(NONE, SeqCst);
        }
        self.first_replaced.store(NONE, Relaxed);
        Ok(count)
    }

    /// The address at which Python reads the count.
    pub(super) fn count(&self) -> *const u64 {
        self.count.as_ptr()
    }

    /// The offset of the first fault since `forget`, or since the file was last mapped again.
    pub(super) fn first(&self, since_remap: bool) -> Option<usize> {
        let first = if since_remap { &self.first_replaced } else { &self.first };
        Some(first.load(Acquire)).filter(|&first| first != NONE)
    }

    pub(super) fn forget(&self) {
        self.first.store(NONE, Release);
    }
}

#[cfg(test)]
mod tests;
