//! An `Arc` whose allocation can fail with ENOMEM instead of aborting the process.

use std::ops::Deref;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::fallible;
use crate::os::Errno;

struct Inner<T> {
    owners: AtomicUsize,
    value: T,
}

/// One of the owners. The value is dropped with the last one.
pub struct TryArc<T> {
    inner: NonNull<Inner<T>>,
}

// SAFETY: as for an Arc: owners in any thread get `&T` only, and the last one drops the value.
unsafe impl<T: Send + Sync> Send for TryArc<T> {}
// SAFETY: the same.
unsafe impl<T: Send + Sync> Sync for TryArc<T> {}

impl<T> TryArc<T> {
    /// The first owner of `value`, or ENOMEM.
    pub fn new(value: T) -> Result<Self, Errno> {
        let inner = Box::leak(fallible::boxed(Inner { owners: AtomicUsize::new(1), value })?);
        Ok(TryArc { inner: NonNull::from(inner) })
    }

    fn inner(&self) -> &Inner<T> {
        // SAFETY: it is a leaked box, which lives until the last owner is dropped; `self` is one.
        unsafe { self.inner.as_ref() }
    }
}

impl<T> Clone for TryArc<T> {
    fn clone(&self) -> Self {
        // Only leaked owners can overflow the count, and then a later drop would free the value too early: abort, as
        // Arc.
        if self.inner().owners.fetch_add(1, Ordering::Relaxed) > isize::MAX as usize {
            std::process::abort();
        }
        TryArc { inner: self.inner }
    }
}

impl<T> Deref for TryArc<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.inner().value
    }
}

impl<T> Drop for TryArc<T> {
    fn drop(&mut self) {
        // What other owners did with the value happens before its drop.
        if self.inner().owners.fetch_sub(1, Ordering::AcqRel) == 1 {
            // SAFETY: this was the last owner, and the memory is that of `new`'s box.
            drop(unsafe { Box::from_raw(self.inner.as_ptr()) });
        }
    }
}
