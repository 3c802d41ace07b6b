//! The memory of a chunk.

use std::io;

use memmap2::MmapMut;

/// Memory that a pool can lend: at a fixed address for as long as it lives, whoever holds it.
pub trait Memory: Sized {
    /// `size` bytes, all 0. An error where there are not that many.
    fn allocate(size: usize) -> io::Result<Self>;

    /// The memory itself.
    fn bytes(&mut self) -> &mut [u8];
}

/// Page-aligned, given back to the system as a whole, and not a page of it taken before it is touched.
impl Memory for MmapMut {
    fn allocate(size: usize) -> io::Result<Self> {
        MmapMut::map_anon(size)
    }

    fn bytes(&mut self) -> &mut [u8] {
        self
    }
}

/// For tests where there are no mappings.
impl Memory for Vec<u8> {
    fn allocate(size: usize) -> io::Result<Self> {
        let mut memory = Vec::new();
        memory.try_reserve_exact(size).map_err(|_| io::ErrorKind::OutOfMemory)?;
        memory.resize(size, 0);
        Ok(memory)
    }

    fn bytes(&mut self) -> &mut [u8] {
        self
    }
}
