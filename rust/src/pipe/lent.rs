//! The chunks that are lent to C callers, by address. A chunk can be given back only once.

use std::collections::HashMap;
use std::io;
use std::sync::{LazyLock, Mutex, MutexGuard};

use memmap2::MmapMut;

use super::pool::{Chunk, Pool, Stats};
use crate::os;
use crate::os::fork::fork_guard;
use crate::try_arc::TryArc;

static LENT: LazyLock<Mutex<HashMap<usize, Chunk<MmapMut>>>> = LazyLock::new(Mutex::default);

fn lent() -> MutexGuard<'static, HashMap<usize, Chunk<MmapMut>>> {
    os::lock(&LENT)
}

/// Lends a chunk of `size` bytes. Its address stays valid until [`give_back`].
pub fn lend(pool: &TryArc<Pool<MmapMut>>, size: usize) -> io::Result<*mut u8> {
    let _parent = fork_guard();
    let mut chunk = Pool::take(pool, size)?;
    let address = chunk.bytes().as_mut_ptr();
    let mut lent = lent();
    // If this fails, the lock is dropped first, and then the chunk.
    lent.try_reserve(1).map_err(|_| io::ErrorKind::OutOfMemory)?;
    lent.insert(address as usize, chunk);
    Ok(address)
}

/// Whether a lent chunk begins at this address.
pub fn is_lent(address: *const u8) -> bool {
    lent().contains_key(&(address as usize))
}

/// Takes back a chunk of [`lend`]. Does nothing and returns false if no lent chunk begins at `address`.
pub fn give_back(address: *mut u8) -> bool {
    let _parent = fork_guard();
    let chunk = lent().remove(&(address as usize));
    // The chunk is dropped here, after the lock was released, and so returns to its pool.
    chunk.is_some()
}

/// [`Pool::clear`].
pub fn clear(pool: &Pool<MmapMut>) {
    let _parent = fork_guard();
    pool.clear();
}

/// [`Pool::stats`].
pub fn stats(pool: &Pool<MmapMut>) -> Stats {
    let _parent = fork_guard();
    pool.stats()
}
