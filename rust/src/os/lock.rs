//! Locking a mutex even if a thread panicked while it held the lock.

use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

/// Locks `mutex`, poisoned or not. So code that holds it must not panic while the data is inconsistent.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    if cfg!(zcio_tsan) {
        // The standard library is not compiled with ThreadSanitizer, which therefore misses the synchronisation of a
        // lock that waits inside of it. try_lock is inlined here.
        loop {
            match mutex.try_lock() {
                Ok(guard) => return guard,
                Err(TryLockError::Poisoned(error)) => return error.into_inner(),
                Err(TryLockError::WouldBlock) => std::thread::yield_now(),
            }
        }
    }
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
