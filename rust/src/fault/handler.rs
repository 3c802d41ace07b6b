//! What the kernel calls on SIGBUS, by way of an entry of the chain.

use std::ffi::c_void;

use super::{chain, registry};
use crate::os::sigbus;

/// Handles the signal: a fault in guarded memory here, every other by those below the entry.
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
    // Those below see errno as it was, and may change it as they could without us.
    sigbus::set_errno(errno);
    if !handled {
        // SAFETY: by this function's contract.
        unsafe { chain::forward(number, info, context) };
    }
}

/// Whether a raised signal most likely means a fault in guarded memory.
///
/// faulthandler, when it was installed over ours since the last reinstall, takes a fault in guarded memory for the end
/// of the process: it says so, restores ours and raises the signal. We ignore that: once all have returned, the access
/// is repeated, and the signal comes to us at once. Not if a handler below could deal with it, nor if it was we who had
/// called faulthandler, since then the fault is not ours.
fn is_for_a_repeated_access(number: usize) -> bool {
    chain::ends_at(number) && !chain::may_be_forwarding() && registry::any_is_cut()
}
