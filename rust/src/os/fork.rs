//! Locks and fork(2). If another thread holds a lock during a fork, the lock stays locked in the child for ever,
//! because that thread does not exist there. So a fork waits until nobody holds a [`fork_guard`]. A signal handler
//! cannot take one; it compares [`generation`]s instead.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{RwLock, RwLockReadGuard};

use super::Errno;

static GATE: RwLock<()> = RwLock::new(());
static GENERATION: AtomicUsize = AtomicUsize::new(0);

/// The number of forks between this process and the one in which [`install`] was called.
pub fn generation() -> usize {
    GENERATION.load(Ordering::Relaxed)
}

/// While the returned guard lives, a fork by another thread waits. Take it before any lock that the child may take,
/// hold it for a short time, and do not take it twice in one thread.
pub fn fork_guard() -> RwLockReadGuard<'static, ()> {
    // There is no data behind the lock that a panic could leave inconsistent.
    GATE.read().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Makes forks wait from now on. Fails with ENOMEM.
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

    use super::{Errno, GATE, GENERATION};

    /// The write lock of [`GATE`], which the forking thread holds from before the fork until after it, in both
    /// processes.
    struct Held(UnsafeCell<Option<RwLockWriteGuard<'static, ()>>>);

    // SAFETY: only the thread that holds the gate for writing looks inside, and the C library runs the handlers of one
    // fork in one thread.
    unsafe impl Sync for Held {}

    static HELD: Held = Held(UnsafeCell::new(None));
    static INSTALLED: AtomicBool = AtomicBool::new(false);

    extern "C" fn before() {
        let gate = GATE.write().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: this thread holds the gate.
        unsafe { *HELD.0.get() = Some(gate) };
    }

    extern "C" fn after() {
        // SAFETY: this is the thread that forked, or its copy in the child; either holds the gate.
        drop(unsafe { (*HELD.0.get()).take() });
    }

    extern "C" fn after_in_child() {
        // This comes first, so that other fork handlers may access guarded memory.
        GENERATION.fetch_add(1, Ordering::Relaxed);
        after();
    }

    pub(super) fn install() -> Result<(), Errno> {
        // Registered twice, the second `before` would wait for ever for the lock that the first one took.
        if !INSTALLED.swap(true, Ordering::Relaxed) {
            // SAFETY: the handlers are functions of this library, which is never unloaded.
            let failed = unsafe { libc::pthread_atfork(Some(before), Some(after), Some(after_in_child)) };
            if failed != 0 {
                INSTALLED.store(false, Ordering::Relaxed);
                return Err(Errno(failed));
            }
        }
        Ok(())
    }
}
