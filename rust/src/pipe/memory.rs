//! The memory of a chunk.

use std::io;

use memmap2::MmapMut;

/// Memory that a pool can lend. Its address must not change when the value is moved.
pub trait Memory: Sized {
    /// Allocates `size` bytes, all 0.
    fn allocate(size: usize) -> io::Result<Self>;

    /// The memory itself.
    fn bytes(&mut self) -> &mut [u8];
}

/// An anonymous mapping: page-aligned, returned to the system as a whole, and without physical pages until they are
/// touched.
impl Memory for MmapMut {
    fn allocate(size: usize) -> io::Result<Self> {
        MmapMut::map_anon(size)
    }

    fn bytes(&mut self) -> &mut [u8] {
        self
    }
}

/// For tests on systems without mmap(2).
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
