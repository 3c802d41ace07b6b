//! So that no lock is held for ever in the child of a fork(2): one that another thread held is not let go of there.

use std::sync::{RwLock, RwLockReadGuard};

use super::Errno;

static GATE: RwLock<()> = RwLock::new(());

/// While this is held, no other thread of the process forks: it waits. To be taken before any lock that a child may
/// want, for a short time, and not twice by one thread.
pub fn unforked() -> RwLockReadGuard<'static, ()> {
    // It guards nothing that a panic could leave half done.
    GATE.read().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Makes forks wait, from now on. ENOMEM.
pub fn install() -> Result<(), Errno> {
    #[cfg(unix)]
    handlers::install()?;
    Ok(())
}

#[cfg(unix)]
mod handlers {
    use std::cell::UnsafeCell;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{PoisonError, RwLockWriteGuard};

    use super::{Errno, GATE};

    /// What the forking thread holds from before the fork until after it, in both processes.
    struct Held(UnsafeCell<Option<RwLockWriteGuard<'static, ()>>>);

    // SAFETY: only the thread that holds the gate for writing looks inside, and the C library runs the handlers of one
    // fork in one thread.
    unsafe impl Sync for Held {}

    static HELD: Held = Held(UnsafeCell::new(None));
    static INSTALLED: AtomicBool = AtomicBool::new(false);

    extern "C" fn before() {
        let gate = GATE.write().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: this thread has the gate.
        unsafe { *HELD.0.get() = Some(gate) };
    }

    extern "C" fn after() {
        // SAFETY: this is the thread that forked, or its copy; either has the gate.
        drop(unsafe { (*HELD.0.get()).take() });
    }

    pub(super) fn install() -> Result<(), Errno> {
        // With the handlers there twice, the second one would wait for the first for ever.
        if !INSTALLED.swap(true, Ordering::Relaxed) {
            // SAFETY: the handlers are functions of this library, which is never unloaded.
            let failed = unsafe { libc::pthread_atfork(Some(before), Some(after), Some(after)) };
            if failed != 0 {
                INSTALLED.store(false, Ordering::Relaxed);
                return Err(Errno(failed));
            }
        }
        Ok(())
    }
}
