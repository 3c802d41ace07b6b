//! The handlers of SIGBUS that were there before ours, or came later.
//!
//! Somebody may install a handler over ours at any time, having saved ours as the one to call next or to restore. When
//! [`reinstall`] then goes to the front again, that handler must come after ours, and the one it saved after it: without
//! ever calling a handler twice for one signal, which for some means for ever.
//!
//! So there is not one handler of ours but a number of entry points that do the same. Each has its own `Below`: the
//! action that was in force when the entry was first installed, which never changes from then on. Whoever saved an
//! entry calls or restores that one, which passes on to what was below *it*. So the order is that of installation,
//! however handlers are called, and nothing remembers that a call is under way: a handler that we call may return, leave
//! by siglongjmp, or restore what it saved and raise the signal again, any number of times.
//!
//! An entry is used again for an action that is already below it. With faulthandler or Python's `signal` switched on and
//! off for ever, that is one entry for each of them, and one for the default.

use std::cell::UnsafeCell;
use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicUsize, Ordering::*};
use std::sync::Mutex;

use super::handler::on_sigbus;
use crate::os::fork::fork_guard;
use crate::os::sigbus::{self, Action, Handler};
use crate::os::{lock, Errno};

/// How many different actions may ever come below ours.
const ENTRIES: usize = 32;

/// The action below an entry.
struct Below {
    action: UnsafeCell<Action>,
    /// Whether it was called and had SA_RESETHAND, so that it is the default one now.
    spent: AtomicBool,
    /// The last thread that called it; see [`may_be_forwarding`].
    caller: AtomicI32,
}

// SAFETY: the action is written while the lock of `USED` is held and before the entry's number is below `USED`, and only
// read from then on.
unsafe impl Sync for Below {}

static BELOW: [Below; ENTRIES] = [const {
    Below {
        action: UnsafeCell::new(sigbus::default_action()),
        spent: AtomicBool::new(false),
        caller: AtomicI32::new(0),
    }
}; ENTRIES];
static USED: AtomicUsize = AtomicUsize::new(0);
static INSTALLING: Mutex<()> = Mutex::new(());

extern "C" fn entry<const NUMBER: usize>(_signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel, or a handler that passes on what the kernel gave to it, calls this.
    unsafe { on_sigbus(NUMBER, info, context) }
}

macro_rules! entries {
    ($($number:literal)*) => { [$(entry::<$number>),*] };
}

static HANDLERS: [Handler; ENTRIES] =
    entries!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31);

fn is_handler(action: &Action) -> bool {
    action.sa_sigaction != libc::SIG_DFL && action.sa_sigaction != libc::SIG_IGN
}

fn is_ours(action: &Action) -> bool {
    HANDLERS.iter().any(|&handler| handler as *const () as usize == action.sa_sigaction)
}

/// The action below entry `number`, which is in use.
fn below(number: usize) -> &'static Action {
    USED.load(Acquire); // after this the action is seen as it was written
                        // SAFETY: the entry is in use, so nobody writes the action any more.
    unsafe { &*BELOW[number].action.get() }
}

/// Returns the entry to install over `action`, a new one if none was installed over it before. Fails with ENOMEM if all
/// entries are in use. The caller holds the lock.
fn entry_over(action: &Action) -> Result<usize, Errno> {
    let used = USED.load(Acquire);
    if let Some(number) = (0..used).find(|&number| sigbus::same(below(number), action)) {
        // Somebody installed the action again, so it may be called again even if it resets itself.
        BELOW[number].spent.store(false, Relaxed);
        return Ok(number);
    }
    if used == ENTRIES {
        return Err(Errno(libc::ENOMEM));
    }
    // SAFETY: the entry is not in use, and the caller holds the lock.
    unsafe { *BELOW[used].action.get() = *action };
    USED.store(used + 1, Release);
    Ok(used)
}

/// Installs our handler, or moves it to the front if another one was installed since. ENOMEM if too many different ones
/// were. Not in a signal handler.
pub(super) fn reinstall() -> Result<(), Errno> {
    let _no_fork = fork_guard();
    let _installing = lock(&INSTALLING);
    let mut current = sigbus::sigaction(None)?;
    // Twice only if somebody else installs an action between two of our calls.
    while !is_ours(&current) {
        let number = match entry_over(&current) {
            Ok(number) => number,
            Err(errno) => {
                // Not lost, if it came between: our entry would not call it.
                let _ = sigbus::sigaction(Some(&current));
                return Err(errno);
            }
        };
        // System calls are to be restarted after a signal, or not, as they would be without us.
        let flags = if is_handler(&current) { current.sa_flags & libc::SA_RESTART } else { libc::SA_RESTART };
        let replaced = sigbus::sigaction(Some(&sigbus::action(HANDLERS[number], flags)))?;
        if sigbus::same(&replaced, &current) {
            break;
        }
        current = replaced;
    }
    Ok(())
}

/// In the handler: passes on a signal that is not for us. Does not return if the handler below does not.
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
        // The end of the process, which the kernel grants nobody to ignore after an access.
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

/// In the handler: whether this thread may be inside a handler that we called. No more than a hint: after a handler has
/// left by siglongjmp it stays true until the next call.
pub(super) fn may_be_forwarding() -> bool {
    let thread = sigbus::thread();
    BELOW[..USED.load(Acquire)].iter().any(|below| below.caller.load(Relaxed) == thread)
}
