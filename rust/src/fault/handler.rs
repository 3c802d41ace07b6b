//! What the kernel calls on a SIGBUS.

use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicBool, Ordering::*};

use super::{chain, escape, registry};
use crate::os::{sigbus, Errno};

static INSTALLED: AtomicBool = AtomicBool::new(false);

/// Whether the handler was ever installed.
pub(super) fn is_installed() -> bool {
    INSTALLED.load(Relaxed)
}

/// Installs the handler, or puts it back in front where another was installed since.
pub(super) fn come_to_the_front() -> Result<(), Errno> {
    let ours = sigbus::action(on_sigbus);
    let before = sigbus::act(None)?;
    if before.sa_sigaction != ours.sa_sigaction {
        // First, so that there is always somebody to hand on to.
        chain::remember(before)?;
        let replaced = sigbus::act(Some(&ours))?;
        // Another thread may have come in between: as ourselves, or as somebody else, who is to be handed on to, too.
        if ![before.sa_sigaction, ours.sa_sigaction].contains(&replaced.sa_sigaction) {
            chain::remember(replaced)?;
        }
        INSTALLED.store(true, Relaxed);
    }
    Ok(())
}

extern "C" fn on_sigbus(_signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    let errno = sigbus::errno();
    // SAFETY: the kernel's own, as is the context below.
    if let Some(address) = unsafe { sigbus::faulting_address(info) } {
        // SAFETY: as above.
        let escaped = unsafe { escape::escape(address, context) };
        // A search that ends needs no memory there, but the guard is to know.
        if registry::fault(address, escaped) || escaped {
            sigbus::set_errno(errno);
            return;
        }
    }
    // Where a handler was installed in front of us since, it may take a fault of ours for the end, say so, put us back
    // and raise the signal anew (faulthandler does). The access is repeated when all have returned, and then comes
    // here. SAFETY: as above.
    let put_back = unsafe { sigbus::was_raised(info) } && !chain::is_handing_on() && registry::any_is_cut();
    if !put_back {
        // SAFETY: as above.
        unsafe { chain::hand_on(info, context) };
    }
    sigbus::set_errno(errno);
}
