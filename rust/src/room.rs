//! Memory that may not be there: an error, where a Box or a Vec of the standard library ends the process.

use std::alloc::{alloc, Layout};

use crate::os::Errno;

/// There is no memory.
pub const NONE: Errno = Errno(libc::ENOMEM);

/// A Box of `value`, which is dropped where there is no room for it. ENOMEM.
pub fn boxed<T>(value: T) -> Result<Box<T>, Errno> {
    let layout = Layout::new::<T>();
    if layout.size() == 0 {
        return Ok(Box::new(value)); // it takes no memory
    }
    // SAFETY: the layout has a size.
    let place = unsafe { alloc(layout) }.cast::<T>();
    if place.is_null() {
        return Err(NONE);
    }
    // SAFETY: it is fresh memory of the global allocator for one `T`, as a Box has it.
    unsafe {
        place.write(value);
        Ok(Box::from_raw(place))
    }
}

/// Room for `count` values. ENOMEM.
pub fn vec<T>(count: usize) -> Result<Vec<T>, Errno> {
    let mut vec = Vec::new();
    vec.try_reserve_exact(count).map_err(|_| NONE)?;
    Ok(vec)
}

/// The values of an iterator that knows how many they are. ENOMEM.
pub fn collect<T>(values: impl ExactSizeIterator<Item = T>) -> Result<Vec<T>, Errno> {
    let mut all = vec(values.len())?;
    all.extend(values);
    Ok(all)
}
