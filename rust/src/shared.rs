//! A value with many owners: an Arc that can be refused for want of memory.

use std::ops::Deref;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::os::Errno;
use crate::room;

struct Inner<T> {
    owners: AtomicUsize,
    value: T,
}

/// One of the owners. The value is dropped with the last one.
pub struct Shared<T> {
    inner: NonNull<Inner<T>>,
}

// SAFETY: all owners, in whatever threads, have `&T` alone, and the last one drops the value: as an Arc.
unsafe impl<T: Send + Sync> Send for Shared<T> {}
// SAFETY: the same.
unsafe impl<T: Send + Sync> Sync for Shared<T> {}

impl<T> Shared<T> {
    /// The first owner. ENOMEM.
    pub fn new(value: T) -> Result<Self, Errno> {
        let inner = Box::leak(room::boxed(Inner { owners: AtomicUsize::new(1), value })?);
        Ok(Shared { inner: NonNull::from(inner) })
    }

    fn inner(&self) -> &Inner<T> {
        // SAFETY: it is a leaked box, which lives until the last owner is dropped; `self` is one.
        unsafe { self.inner.as_ref() }
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        // An overflow would need more owners than there is memory for, unless they are leaked: then it is better to end.
        if self.inner().owners.fetch_add(1, Ordering::Relaxed) > isize::MAX as usize {
            std::process::abort();
        }
        Shared { inner: self.inner }
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.inner().value
    }
}

impl<T> Drop for Shared<T> {
    fn drop(&mut self) {
        // What other owners did with the value happens before its drop.
        if self.inner().owners.fetch_sub(1, Ordering::AcqRel) == 1 {
            // SAFETY: this was the last owner, and the memory is that of `new`'s box.
            drop(unsafe { Box::from_raw(self.inner.as_ptr()) });
        }
    }
}
