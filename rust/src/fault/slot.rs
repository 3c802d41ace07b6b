//! One guarded range, and what became of its pages.

use std::hint;
use std::sync::atomic::{fence, AtomicBool, AtomicU64, AtomicUsize, Ordering::*};
use std::thread;

use crate::os::{sigbus, Errno};

/// What a slot is just now: the low two bits of its state. The others count its users, so that no two have one state.
const FREE: usize = 0;
const TAKEN: usize = 1;
const LIVE: usize = 2;
const KIND: usize = 3;

/// No offset, no address.
const NONE: usize = usize::MAX;

/// A place for one range. It is never freed, so that a signal handler may look at it at any time.
///
/// Pages that are gone are replaced by zeros, and the file is put back under them by way of a second mapping of it (the
/// spare), made before the first page is replaced. Whether all is in order is told by counts, since a fault can come at
/// any moment: `begun` goes up before a page is replaced, `ended` after it. Where both are `n`, then the file was put
/// back, then whoever sees `begun == n` before and after a look at the range has seen no zeros of ours.
pub(super) struct Slot {
    begun: AtomicU64,
    ended: AtomicU64,
    state: AtomicUsize,
    base: AtomicUsize,
    end: AtomicUsize,
    writable: AtomicBool,
    /// The spare's address; 0 where there is none yet, NONE where there can be none.
    spare: AtomicUsize,
    /// Where the pages that were ever replaced begin; they go on to the end.
    low: AtomicUsize,
    /// The offset of the first fault since the last `forget`.
    first: AtomicUsize,
    /// The same since the last `settle`.
    unsettled: AtomicUsize,
}

impl Slot {
    pub(super) const fn new() -> Slot {
        Slot {
            begun: AtomicU64::new(0),
            ended: AtomicU64::new(0),
            state: AtomicUsize::new(FREE),
            base: AtomicUsize::new(0),
            end: AtomicUsize::new(0),
            writable: AtomicBool::new(false),
            spare: AtomicUsize::new(0),
            low: AtomicUsize::new(NONE),
            first: AtomicUsize::new(NONE),
            unsettled: AtomicUsize::new(NONE),
        }
    }

    /// Makes it the caller's, if it is nobody's.
    pub(super) fn take(&self) -> bool {
        let state = self.state.load(Relaxed);
        state & KIND == FREE
            && self.state.compare_exchange(state, (state & !KIND) + KIND + 1 + TAKEN, AcqRel, Relaxed).is_ok()
    }

    /// Has it cover a range, which a handler sees whole or not at all. By its owner, as all that follows.
    pub(super) fn cover(&self, base: usize, length: usize, writable: bool) {
        let state = (self.state.load(Relaxed) & !KIND) + KIND + 1;
        self.state.store(state + TAKEN, Relaxed);
        fence(Release);
        self.drop_spare();
        self.base.store(base, Relaxed);
        self.end.store((base + length).next_multiple_of(sigbus::page_size()), Relaxed);
        self.writable.store(writable, Relaxed);
        self.low.store(NONE, Relaxed);
        self.first.store(NONE, Relaxed);
        self.unsettled.store(NONE, Relaxed);
        self.state.store(state + LIVE, Release);
    }

    /// Gives it back.
    pub(super) fn release(&self) {
        let state = (self.state.load(Relaxed) & !KIND) + KIND + 1;
        self.state.store(state + TAKEN, Relaxed);
        fence(Release);
        self.drop_spare();
        self.state.store(state + FREE, Release);
    }

    fn drop_spare(&self) {
        let spare = self.spare.swap(0, AcqRel);
        if spare != 0 && spare != NONE {
            let length = self.end.load(Relaxed) - self.base.load(Relaxed);
            // SAFETY: the spare is the slot's own, and nobody reads through it.
            let _ = unsafe { crate::os::unmap(spare, length) };
        }
    }

    pub(super) fn is_live(&self) -> bool {
        self.state.load(Acquire) & KIND == LIVE
    }

    /// The range, where there is one and it did not change under the look.
    fn range(&self) -> Option<(usize, usize)> {
        let state = self.state.load(Acquire);
        if state & KIND != LIVE {
            return None;
        }
        let range = (self.base.load(Relaxed), self.end.load(Relaxed));
        fence(Acquire);
        (self.state.load(Relaxed) == state).then_some(range)
    }

    /// In the handler: whether its file lacks pages just now.
    pub(super) fn is_cut(&self) -> bool {
        self.range().is_some_and(|(_, end)| !sigbus::is_there(end - 8))
    }

    /// In the handler: whether the address is one of its own. The fault is then noted, and where `replace`, there is
    /// memory at the address on return, or it cannot be had: `None`.
    pub(super) fn fault(&self, address: usize, replace: bool) -> Option<bool> {
        let Some((base, end)) = self.range() else { return Some(false) };
        if !(base..end).contains(&address) {
            return Some(false);
        }
        for first in [&self.first, &self.unsettled] {
            let _ = first.compare_exchange(NONE, address - base, AcqRel, Relaxed);
        }
        self.begun.fetch_add(1, SeqCst);
        let done = !replace || self.replace(address, base, end);
        self.ended.fetch_add(1, SeqCst);
        done.then_some(true)
    }

    fn replace(&self, address: usize, base: usize, end: usize) -> bool {
        if self.spare.load(Acquire) == 0 {
            self.make_spare(base, end);
        }
        // Gone from the end of the file on, where the last page is gone, too. Else it is this page alone that cannot
        // be read or, for want of room, written.
        let to_the_end = !sigbus::is_there(end - 8);
        let mut size = sigbus::page_size();
        loop {
            let start = address & !(size - 1);
            let stop = if to_the_end { end.next_multiple_of(size) } else { start + size };
            // SAFETY: it is inside the range: a mapping of huge pages, for which `size` grows, is whole ones long. The
            // pages are gone, or flagged as such.
            match unsafe { sigbus::map_zeros(start, stop - start, self.writable.load(Relaxed)) } {
                Ok(()) => {
                    self.low.fetch_min(start, AcqRel);
                    return true;
                }
                // No part of a huge page can be replaced.
                Err(Errno(libc::EINVAL)) if size < 1 << 30 && start & (2 * size - 1) >= base & (2 * size - 1) => {
                    size *= 2;
                }
                Err(_) => return false,
            }
        }
    }

    fn make_spare(&self, base: usize, end: usize) {
        // SAFETY: anywhere, so nothing goes away. If another thread has replaced pages meanwhile, it made the spare
        // before, and this one is not kept.
        let made = unsafe { sigbus::map_again(base, end - base, None) };
        let spare = made.unwrap_or(NONE);
        if self.spare.compare_exchange(0, spare, AcqRel, Acquire).is_err() && spare != NONE {
            // SAFETY: just made, and nobody knows of it.
            let _ = unsafe { crate::os::unmap(spare, end - base) };
        }
    }

    /// Puts the file back under replaced pages. Returns the count of faults up to which all is in order, or EIO where
    /// the file cannot be put back. The range must not change meanwhile.
    pub(super) fn settle(&self) -> Result<u64, Errno> {
        for _ in 0..1000 {
            let ended = self.ended.load(SeqCst);
            let begun = self.begun.load(SeqCst);
            if begun != ended {
                thread::yield_now(); // another thread is in the handler
                hint::spin_loop();
                continue;
            }
            let low = self.low.load(Acquire);
            if low == NONE {
                self.unsettled.store(NONE, Release);
                return Ok(begun);
            }
            let (base, end) = (self.base.load(Relaxed), self.end.load(Relaxed));
            let spare = self.spare.load(Acquire);
            if spare == 0 || spare == NONE {
                return Err(Errno(libc::EIO));
            }
            // SAFETY: what is at `low` is ours or the same pages of the file.
            if unsafe { sigbus::map_again(spare + (low - base), end - low, Some(low)) }.is_err() {
                // SAFETY: the range is the mapping's, and nothing may be there now.
                let _ = unsafe { sigbus::map_zeros(low, end - low, self.writable.load(Relaxed)) };
                return Err(Errno(libc::EIO));
            }
            self.unsettled.store(NONE, Release);
            return Ok(begun);
        }
        Err(Errno(libc::EIO)) // forked while another thread was in the handler
    }

    pub(super) fn count(&self) -> *const u64 {
        self.begun.as_ptr()
    }

    pub(super) fn first(&self, unsettled: bool) -> Option<usize> {
        let first = if unsettled { &self.unsettled } else { &self.first };
        Some(first.load(Acquire)).filter(|&first| first != NONE)
    }

    pub(super) fn forget(&self) {
        self.first.store(NONE, Release);
    }
}
