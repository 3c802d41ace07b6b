//! Taking a lock, whoever may have panicked while holding it.

use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

/// The lock's data. What it guards must never be left half changed where a panic can come.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    if cfg!(zcio_tsan) {
        // ThreadSanitizer sees what is compiled here, and so not how the standard library's code waits for a lock.
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
