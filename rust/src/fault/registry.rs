//! All guarded ranges: a list of blocks of slots that only ever grows, so that it can be read at any moment.

use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering::*};
use std::thread;

use super::slot::Slot;
use crate::fallible;
use crate::os::Errno;

const SLOTS: usize = 64;

struct Block {
    slots: [Slot; SLOTS],
    /// How many are in use or about to be.
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
        // SAFETY: a block is never freed.
        unsafe { self.next.load(Acquire).as_ref() }
    }
}

static FIRST: Block = Block::new();

fn blocks() -> impl Iterator<Item = &'static Block> {
    std::iter::successors(Some(&FIRST), |block| block.next())
}

fn slots() -> impl Iterator<Item = &'static Slot> {
    blocks().filter(|block| block.used.load(Acquire) > 0).flat_map(|block| &block.slots)
}

/// A slot that is the caller's. ENOMEM where there is no room for another block.
pub(super) fn take() -> Result<&'static Slot, Errno> {
    let mut block = &FIRST;
    loop {
        if block.used.fetch_add(1, AcqRel) < SLOTS {
            // There is one, though another thread may be about to give it back.
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

/// Gives one back that came from `take`.
pub(super) fn give_back(slot: &'static Slot) {
    slot.release();
    if let Some(block) = blocks().find(|block| block.slots.as_ptr_range().contains(&ptr::from_ref(slot))) {
        block.used.fetch_sub(1, AcqRel);
    }
}

/// The block behind `last`, made where no other thread was faster.
fn append(last: &'static Block) -> Result<&'static Block, Errno> {
    let new = Box::into_raw(fallible::boxed(Block::new())?);
    match last.next.compare_exchange(ptr::null_mut(), new, AcqRel, Acquire) {
        // SAFETY: in the list, it is never freed.
        Ok(_) => Ok(unsafe { &*new }),
        Err(other) => {
            // SAFETY: nobody has seen ours, and the other is in the list.
            unsafe {
                drop(Box::from_raw(new));
                Ok(&*other)
            }
        }
    }
}

/// In the handler: whether the address is guarded, and then, unless `only_note`, has memory now.
pub(super) fn fault(address: usize, only_note: bool) -> bool {
    let mut handled = false;
    // All of them: the range of a mapping that was just closed may still be here beside the one that took its place.
    for slot in slots() {
        match slot.fault(address, !only_note) {
            Some(its_own) => handled |= its_own,
            None => return false,
        }
    }
    handled
}

/// In the handler: whether any guarded file lacks pages just now.
pub(super) fn any_is_cut() -> bool {
    slots().any(Slot::is_cut)
}

/// How many slots cover something.
pub(super) fn how_many() -> usize {
    slots().filter(|slot| slot.is_live()).count()
}
