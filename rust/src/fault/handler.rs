//! The handler of SIGBUS: its entry points, its installation, and what it does.

use std::ffi::{c_int, c_void};
use std::sync::Mutex;

use super::chain::{self, ENTRIES};
use super::registry;
use crate::os::fork::fork_guard;
use crate::os::sigbus::{self, Action, Handler};
use crate::os::{lock, Errno};

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

fn is_ours(action: &Action) -> bool {
    HANDLERS.iter().any(|&handler| handler as *const () as usize == action.sa_sigaction)
}

/// Installs our handler, or moves it to the front if another one was installed since. Fails with ENOMEM if too many
/// different ones were. Must not be called in a signal handler.
pub(super) fn reinstall() -> Result<(), Errno> {
    let _no_fork = fork_guard();
    let _installing = lock(&INSTALLING);
    let mut current = sigbus::sigaction(None)?;
    // More than once only if another thread installs an action between the two calls of sigaction.
    while !is_ours(&current) {
        let number = match chain::entry_over(&current) {
            Ok(number) => number,
            Err(errno) => {
                // If `current` was replaced by our entry of an earlier turn, restore it: no entry would call it.
                let _ = sigbus::sigaction(Some(&current));
                return Err(errno);
            }
        };
        // System calls are restarted after a signal if they would be without our handler.
        let flags =
            if chain::is_handler(&current) { current.sa_flags & libc::SA_RESTART } else { libc::SA_RESTART };
        let replaced = sigbus::sigaction(Some(&sigbus::action(HANDLERS[number], flags)))?;
        if sigbus::same(&replaced, &current) {
            break;
        }
        current = replaced;
    }
    Ok(())
}

/// Handles a fault in guarded memory, and forwards every other signal to the action below the entry.
///
/// # Safety
/// - `number` is the entry that was called.
/// - `info` and `context` are what the kernel gave to a handler of SIGBUS.
pub(super) unsafe fn on_sigbus(number: usize, info: *mut libc::siginfo_t, context: *mut c_void) {
    let errno = sigbus::errno();
    // SAFETY: by this function's contract.
    let handled = match unsafe { sigbus::faulting_address(info) } {
        Some(address) => registry::fault(address),
        // SAFETY: by this function's contract.
        None => (unsafe { sigbus::was_raised(info) }) && is_for_a_repeated_access(number),
    };
    // The handlers below see errno unchanged, and what they set it to stays.
    sigbus::set_errno(errno);
    if !handled {
        // SAFETY: by this function's contract.
        unsafe { chain::forward(number, info, context) };
    }
}

/// Whether a raised signal most likely means a fault in guarded memory.
///
/// If faulthandler was installed over ours since the last reinstall, it takes a fault in guarded memory for a crash: it
/// prints a traceback, restores our handler and raises the signal. We ignore that signal: when all handlers have
/// returned, the access is repeated, and the kernel calls our handler first. We do not ignore it if a handler below
/// could deal with it, nor if we had called faulthandler ourselves, since then the fault was not in guarded memory.
fn is_for_a_repeated_access(number: usize) -> bool {
    chain::ends_at(number) && !chain::may_be_forwarding() && registry::any_is_cut()
}
