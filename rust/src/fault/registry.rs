//! All slots: a list of blocks that only grows, so that the handler may read it at any moment.

use std::ops::Range;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU64, AtomicUsize, Ordering::*};
use std::thread;

use super::slot::{Answer, Kernel, Slot};
use crate::fallible;
use crate::os::fork::fork_guard;
use crate::os::{self, sigbus, Errno};

const SLOTS: usize = 64;

struct Block {
    slots: [Slot; SLOTS],
    /// The number of slots that are in use or are being taken.
    used: AtomicUsize,
    next: AtomicPtr<Block>,
}

impl Block {
    const fn new() -> Block {
        Block {
            slots: [const { Slot::new() }; SLOTS],
            used: AtomicUsize::new(0),
            next: AtomicPtr::new(ptr::null_mut()),
        }
    }

    fn next(&self) -> Option<&'static Block> {
        // SAFETY: null, or a block, which is never freed.
        unsafe { self.next.load(Acquire).as_ref() }
    }
}

static FIRST: Block = Block::new();
/// The faults in all guarded memory since the process began.
static FAULTS: AtomicU64 = AtomicU64::new(0);

fn blocks() -> impl Iterator<Item = &'static Block> {
    std::iter::successors(Some(&FIRST), |block| block.next())
}

fn slots() -> impl Iterator<Item = &'static Slot> {
    blocks().filter(|block| block.used.load(Acquire) > 0).flat_map(|block| &block.slots)
}

/// The kernel of Linux.
pub(super) struct Linux;

impl Kernel for Linux {
    fn is_there(&self, address: usize) -> bool {
        sigbus::is_there(address)
    }

    unsafe fn map_zeros(&self, range: Range<usize>, writable: bool) -> Result<(), Errno> {
        // SAFETY: by the contract of the trait.
        unsafe { sigbus::map_zeros(range.start, range.len(), writable) }
    }

    unsafe fn map_again(&self, start: usize, length: usize, target: Option<usize>) -> Result<usize, Errno> {
        // SAFETY: by the contract of the trait.
        unsafe { sigbus::map_again(start, length, target) }
    }

    unsafe fn unmap(&self, start: usize, length: usize) {
        // munmap fails only if it has to split a mapping and there is no memory for that; this is a whole one.
        // SAFETY: by the contract of the trait.
        let _ = unsafe { os::unmap(start, length) };
    }
}

/// A slot that guards `length` bytes from `base` on. ENOMEM if there is no memory for another block.
pub(super) fn take(base: usize, length: usize, writable: bool) -> Result<&'static Slot, Errno> {
    let _no_fork = fork_guard(); // otherwise a child could have a slot that is taken for ever and never becomes live
    let slot = take_free()?;
    slot.cover(base, length, sigbus::page_size(), writable);
    Ok(slot)
}

fn take_free() -> Result<&'static Slot, Errno> {
    let mut block = &FIRST;
    loop {
        if block.used.fetch_add(1, AcqRel) < SLOTS {
            // A slot of this block is free, or another thread is just freeing it.
            loop {
                if let Some(slot) = block.slots.iter().find(|slot| slot.take()) {
                    return Ok(slot);
                }
                thread::yield_now();
            }
        }
        block.used.fetch_sub(1, AcqRel);
        block = match block.next() {
            Some(next) => next,
            None => append(block)?,
        };
    }
}

/// Ends the guard and frees the slot.
pub(super) fn give_back(slot: &'static Slot) {
    let _no_fork = fork_guard();
    slot.release(&Linux);
    if let Some(block) = blocks().find(|block| block.slots.as_ptr_range().contains(&ptr::from_ref(slot))) {
        block.used.fetch_sub(1, AcqRel);
    }
}

/// The block after `last`, made here unless another thread makes it first.
fn append(last: &'static Block) -> Result<&'static Block, Errno> {
    let new = Box::into_raw(fallible::boxed(Block::new())?);
    match last.next.compare_exchange(ptr::null_mut(), new, AcqRel, Acquire) {
        // SAFETY: it is in the list now, and never freed.
        Ok(_) => Ok(unsafe { &*new }),
        Err(other) => {
            // SAFETY: nobody else has seen `new`, and `other` is in the list.
            unsafe {
                drop(Box::from_raw(new));
                Ok(&*other)
            }
        }
    }
}

/// In the handler: handles a fault at `address`. Returns whether the address is guarded, and the access can be
/// repeated.
pub(super) fn fault(address: usize) -> bool {
    // Count before the zeros are mapped: a thread that reads zeros then sees that the count has risen.
    FAULTS.fetch_add(1, SeqCst);
    // A range that is being unmapped may overlap a new one at the same address. Then both slots handle the fault.
    let mut replaced = false;
    for slot in slots() {
        match slot.fault(address, &Linux) {
            Answer::NotGuarded => {}
            Answer::Replaced => replaced = true,
            Answer::NoMemory => return false,
        }
    }
    replaced
}

/// The number of faults in guards of `memory`. Before the first fault in the process, this costs one load.
pub(super) fn faults_in(memory: &Range<usize>) -> u64 {
    if FAULTS.load(SeqCst) == 0 {
        return 0;
    }
    slots().filter_map(|slot| slot.faults_in(memory)).sum()
}

/// Whether `memory` may have zeros in place of missing pages.
pub(super) fn has_zeros_in(memory: &Range<usize>) -> bool {
    FAULTS.load(SeqCst) != 0 && slots().any(|slot| slot.has_zeros_in(memory))
}

/// In the handler: whether a guarded file is shorter than its mapping at this moment.
pub(super) fn any_is_cut() -> bool {
    slots().any(|slot| slot.is_cut(&Linux))
}

/// The number of guards.
pub(super) fn how_many() -> usize {
    slots().filter(|slot| slot.is_live()).count()
}
