//! One guarded range, and what became of its pages.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicU8, AtomicUsize, Ordering::*};

use super::pages;
use super::section::Section;
use crate::os::Errno;

/// What a slot is for. `Closing`: its memory is about to be unmapped, or just was, by somebody who may yet fail to.
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

/// What a slot asks of the kernel; a test has another one.
pub(super) trait Kernel {
    /// Whether the page at `address`, a multiple of 8, can be read.
    fn is_there(&self, address: usize) -> bool;

    /// Puts pages of zeros over a range of whole pages.
    ///
    /// # Safety
    /// - The range lies in a mapping that may be replaced there.
    unsafe fn map_zeros(&self, range: Range<usize>, writable: bool) -> Result<(), Errno>;

    /// A second mapping of what the shared mapping at `start` maps: anywhere, or in the place of what is at `target`.
    ///
    /// # Safety
    /// - What is at `target .. target + length` may be replaced.
    unsafe fn map_again(&self, start: usize, length: usize, target: Option<usize>) -> Result<usize, Errno>;

    /// Unmaps a range.
    ///
    /// # Safety
    /// - Nobody uses it any more.
    unsafe fn unmap(&self, start: usize, length: usize);
}

/// What a slot did about a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// The address is not in its range.
    NotGuarded,
    /// The page is zeros now.
    Replaced,
    /// It is in its range, but there is no memory for zeros.
    NoMemory,
}

/// A place for one range. It is never freed, so that the handler may look at it at any moment.
///
/// All changes are made inside `section`; each of `count`, `base` and so on is an atomic only since the handler's first
/// look, and Python's at the count, are outside of it. The order of a fault is: `count`, `low`, then the zeros. So
/// whoever reads zeros of ours and then the count sees that it has risen since the file was last put back; and a child
/// that is forked at any point between those steps finds pages that are of the file above `low`, which is harmless,
/// never zeros below it.
pub(super) struct Slot {
    section: Section,
    state: AtomicU8,
    base: AtomicUsize,
    end: AtomicUsize,
    /// The size of a page, asked for outside of the handler.
    page: AtomicUsize,
    writable: AtomicBool,
    /// The number of faults, which never goes back, also not for the next user of the slot.
    count: AtomicU64,
    /// A second mapping of the file, made before the first page is replaced, from which the file is put back under the
    /// range. 0: not made yet; `NONE`: cannot be made, since the mapping is private.
    shadow_map: AtomicUsize,
    /// Where the replaced pages begin; the last of them is before `end`.
    low: AtomicUsize,
    /// The offset of the first fault since `forget`.
    first: AtomicUsize,
    /// The offset of the first fault since the file was last put back.
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

    /// Makes the slot the caller's if it is free.
    pub(super) fn take(&self) -> bool {
        self.state.compare_exchange(State::Free as u8, State::Taken as u8, AcqRel, Relaxed).is_ok()
    }

    /// Starts to guard `length` bytes from `base`, the start of a page. The slot must be the caller's, here and in all
    /// that follows but `fault`.
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

    /// Says that the range is about to be unmapped.
    pub(super) fn set_closing(&self) {
        let _held = self.section.enter();
        self.state.store(State::Closing as u8, Release);
    }

    /// Says that the mapping at `base` of `length` bytes stays. Returns whether it is the one that is guarded.
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
            // SAFETY: the shadow map is the slot's own, and nobody reads it.
            unsafe { kernel.unmap(shadow, length) };
        }
        self.state.store(State::Free as u8, Release);
    }

    fn range(&self) -> Range<usize> {
        self.base.load(Relaxed)..self.end.load(Relaxed)
    }

    /// Whether the address is guarded. Exact for an address that is guarded for as long as this takes; for others the
    /// answer may be that of a range in the making, so the handler asks again inside the section.
    fn covers(&self, address: usize) -> bool {
        self.is_guarding() && self.range().contains(&address)
    }

    /// The faults so far, if any of `memory` is guarded.
    pub(super) fn faults_in(&self, memory: &Range<usize>) -> Option<u64> {
        let range = self.range();
        let shared = range.start < memory.end && memory.start < range.end;
        (self.is_guarding() && shared).then(|| self.count.load(SeqCst))
    }

    /// Whether zeros of ours may be in `memory` just now.
    pub(super) fn has_zeros_in(&self, memory: &Range<usize>) -> bool {
        self.is_guarding() && self.low.load(SeqCst) < memory.end && memory.start < self.end.load(Relaxed)
    }

    pub(super) fn is_live(&self) -> bool {
        self.is_guarding()
    }

    /// Whether the file ends before the range does just now.
    pub(super) fn is_cut(&self, kernel: &impl Kernel) -> bool {
        self.is(State::Live) && !kernel.is_there(self.end.load(Relaxed) - 8)
    }

    /// In the handler: counts a fault and puts zeros under the page if the address is guarded. Waits for a remap that is
    /// under way.
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
            // SAFETY: nothing is replaced.
            let made = unsafe { kernel.map_again(base, end - base, None) };
            self.shadow_map.store(made.unwrap_or(NONE), Relaxed);
        }
        self.count.fetch_add(1, SeqCst);
        // If the last page is gone, then all from the end of the file on are: one call replaces them. Otherwise only this
        // page cannot be read or, on a full disk, written. While the range is being unmapped, other memory may be behind
        // this page by now, so no more than the page that raised the signal, which has no content to lose.
        let to_the_end = self.is(State::Live) && !kernel.is_there(end - 8);
        let mut page = self.page.load(Relaxed);
        loop {
            let range = pages::to_replace(address, end, page, to_the_end);
            self.low.fetch_min(range.start, SeqCst);
            // SAFETY: by the contract of the guard the range is the mapping's, and these pages have no content.
            match unsafe { kernel.map_zeros(range, self.writable.load(Relaxed)) } {
                Ok(()) => return Answer::Replaced,
                // A part of a huge page cannot be replaced.
                Err(Errno(libc::EINVAL)) => match pages::doubled(address, base, page) {
                    Some(double) => page = double,
                    None => return Answer::NoMemory,
                },
                Err(_) => return Answer::NoMemory,
            }
        }
    }

    /// Puts the file back under replaced pages of the mapping at `base`, which stays as it is meanwhile. Returns the
    /// count of faults up to which there are no zeros left, EIO if the file cannot be put back, or ESTALE if another
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
                // The kernel may have unmapped the range before it failed.
                // SAFETY: the range is the mapping's.
                let _ = unsafe { kernel.map_zeros(low..end, self.writable.load(Relaxed)) };
                return Err(Errno(libc::EIO));
            }
            self.low.store(NONE, SeqCst);
        }
        self.first_replaced.store(NONE, Relaxed);
        Ok(count)
    }

    /// Where Python reads the count.
    pub(super) fn count(&self) -> *const u64 {
        self.count.as_ptr()
    }

    /// The offset of the first fault since `forget`, or since the file was last put back.
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
