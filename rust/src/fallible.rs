//! Fallible allocation: returns ENOMEM when the Box or Vec of the standard library would abort the process.

use std::alloc::{alloc, Layout};

use crate::os::Errno;

/// The error of an allocation that failed.
pub const OUT_OF_MEMORY: Errno = Errno(libc::ENOMEM);

/// A Box of `value`. Drops `value` and fails with ENOMEM if there is no memory for it.
pub fn boxed<T>(value: T) -> Result<Box<T>, Errno> {
    let layout = Layout::new::<T>();
    if layout.size() == 0 {
        return Ok(Box::new(value)); // it takes no memory
    }
    // SAFETY: the layout has a size.
    let place = unsafe { alloc(layout) }.cast::<T>();
    if place.is_null() {
        return Err(OUT_OF_MEMORY);
    }
    // SAFETY: `place` was just allocated by the global allocator with the layout of `T`, as Box::from_raw requires.
    unsafe {
        place.write(value);
        Ok(Box::from_raw(place))
    }
}

/// An empty Vec with a capacity of `count`, or ENOMEM.
pub fn vec<T>(count: usize) -> Result<Vec<T>, Errno> {
    let mut vec = Vec::new();
    vec.try_reserve_exact(count).map_err(|_| OUT_OF_MEMORY)?;
    Ok(vec)
}

/// The values of `values`, or ENOMEM.
pub fn collect<T>(values: impl ExactSizeIterator<Item = T>) -> Result<Vec<T>, Errno> {
    let mut all = vec(values.len())?;
    all.extend(values);
    Ok(all)
}
