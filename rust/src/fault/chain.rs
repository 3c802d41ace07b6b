//! The handlers of SIGBUS that other code has installed, before ours or after it.
//!
//! Other code may install a handler over ours at any time; it has then saved ours, to call it next or to restore it.
//! When [`super::handler::reinstall`] moves ours to the front again, that handler must run after ours, and the one that
//! it saved after that one. No handler may be called twice for one signal: two handlers that call each other would loop
//! for ever.
//!
//! So ours is not one handler but a number of entry points that do the same. Each has its own [`Below`]: the action
//! that was in force when the entry was first installed, which never changes afterwards. Code that saved an entry calls
//! or restores that entry, which forwards to the action below *it*. So signals are forwarded in the order of
//! installation, and nothing needs to remember that a call is in progress: a handler that we call may return, leave by
//! siglongjmp, or restore what it saved and raise the signal again, any number of times.
//!
//! An entry is reused for an action that is already below it. So if faulthandler or Python's `signal` is switched on
//! and off again and again, that takes one entry for each of them, and one for the default action.

use std::cell::UnsafeCell;
use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicUsize, Ordering::*};

use crate::os::sigbus::{self, Action};
use crate::os::Errno;

/// The number of entries: the most different actions that other code may ever install.
pub(super) const ENTRIES: usize = 32;

/// The action below an entry.
struct Below {
    action: UnsafeCell<Action>,
    /// Whether it was called and has SA_RESETHAND, so that the default action is in its place now.
    spent: AtomicBool,
    /// The last thread that called it; see [`may_be_forwarding`].
    caller: AtomicI32,
}

// SAFETY: the action is written by one thread at a time (see `entry_over`), before the entry's number is below `USED`,
// and is only read from then on.
unsafe impl Sync for Below {}

static BELOW: [Below; ENTRIES] = [const {
    Below {
        action: UnsafeCell::new(sigbus::default_action()),
        spent: AtomicBool::new(false),
        caller: AtomicI32::new(0),
    }
}; ENTRIES];
static USED: AtomicUsize = AtomicUsize::new(0);

pub(super) fn is_handler(action: &Action) -> bool {
    action.sa_sigaction != libc::SIG_DFL && action.sa_sigaction != libc::SIG_IGN
}

/// The action below entry `number`, which is in use.
fn below(number: usize) -> &'static Action {
    // Pairs with the store in `entry_over`, which comes after the action was written.
    USED.load(Acquire);
    // SAFETY: the entry is in use, so nobody writes the action any more.
    unsafe { &*BELOW[number].action.get() }
}

/// Returns the entry to install over `action`, a new one if none was installed over it before. Fails with ENOMEM if all
/// entries are in use. One thread at a time may call it.
pub(super) fn entry_over(action: &Action) -> Result<usize, Errno> {
    let used = USED.load(Acquire);
    if let Some(number) = (0..used).find(|&number| sigbus::same(below(number), action)) {
        // The action was installed again, so it may be called again even if it has SA_RESETHAND.
        BELOW[number].spent.store(false, Relaxed);
        return Ok(number);
    }
    if used == ENTRIES {
        return Err(Errno(libc::ENOMEM));
    }
    // SAFETY: the entry is not in use, and no other thread is here.
    unsafe { *BELOW[used].action.get() = *action };
    USED.store(used + 1, Release);
    Ok(used)
}

/// In the handler: forwards a signal that is not for us to the action below. Returns only if that does.
///
/// # Safety
/// - `number` is the entry that was called.
/// - `info` and `context` are what it was called with.
pub(super) unsafe fn forward(number: usize, info: *mut libc::siginfo_t, context: *mut c_void) {
    let slot = &BELOW[number];
    let action = below(number);
    // SAFETY: by this function's contract.
    let is_access = unsafe { sigbus::is_access(info) };
    let resets = action.sa_flags & libc::SA_RESETHAND != 0;
    if is_handler(action) && !(resets && slot.spent.swap(true, Relaxed)) {
        slot.caller.store(sigbus::thread(), Relaxed);
        // SAFETY: it is a handler, and the rest by this function's contract.
        unsafe { sigbus::call(action, info, context) };
        slot.caller.store(0, Relaxed);
    } else if action.sa_sigaction != libc::SIG_IGN || is_access {
        // End the process, as the kernel does: a SIGBUS caused by an access cannot be ignored.
        let _ = sigbus::sigaction(Some(&sigbus::default_action()));
        if !is_access {
            sigbus::send_again(); // arrives when our handler returns
        }
    }
}

/// In the handler: whether forwarding by entry `number` ends the process.
pub(super) fn ends_at(number: usize) -> bool {
    !is_handler(below(number))
}

/// In the handler: whether this thread may be inside a handler that we called. It is only a hint: if a handler left by
/// siglongjmp, it stays true until the next call.
pub(super) fn may_be_forwarding() -> bool {
    let thread = sigbus::thread();
    BELOW[..USED.load(Acquire)].iter().any(|below| below.caller.load(Relaxed) == thread)
}
