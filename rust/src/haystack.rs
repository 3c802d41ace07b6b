//! Memory that is searched while Python may write it.
//!
//! Another thread or process may change any byte of a `bytearray`, a `MAP_SHARED` file or a numpy array at any time,
//! and neither the GIL nor a lock of ours prevents it. A `&[u8]` promises the compiler that the bytes do not change
//! while it lives, so we never make one for such memory. [`Haystack`] is a pointer and a length that promises only that
//! the bytes can be read.
//!
//! Rules for code that searches one:
//!
//! 1. **Any value at any time.** Two reads of one byte may differ, and one read of several bytes (a vector) may mix
//!    old and new ones. Whatever it reads, the search must end, and its result must be explained, byte by byte, by some
//!    interleaving of the writes. If nobody writes, the result is exact.
//! 2. **Every index comes from a range, not from the content.** A lane number is below the vector's length whatever the
//!    mask, an occurrence is a position of the range that was asked for, and a table that a byte indexes has 256
//!    entries. No length, offset or loop bound is read from the haystack, and nothing checked once is assumed to hold
//!    when it is read again. So torn reads can make an answer stale, never an access out of bounds:
//!    `tests/search_torn.rs` scribbles over haystacks while they are searched.
//! 3. **Reads are plain loads** (intrinsics, `ptr::read_unaligned`) or, byte by byte, volatile ones. The Rust memory
//!    model has no name for a plain load that races with a write of another thread; on every processor and with every
//!    compiler that we support it is a load that gives old or new bytes. That is the one assumption made here, as in
//!    every library that searches mapped files; CPython's own `bytearray.find` makes it too.

use std::marker::PhantomData;
use std::ops::Range;

/// A pointer and a length: `len` bytes that can be read, and that other threads may write meanwhile.
#[derive(Debug, Clone, Copy)]
pub struct Haystack<'a> {
    start: *const u8,
    len: usize,
    lifetime: PhantomData<&'a u8>,
}

// SAFETY: it only reads, which any thread may do while the memory is there, and `'a` says how long that is.
unsafe impl Send for Haystack<'_> {}
// SAFETY: the same.
unsafe impl Sync for Haystack<'_> {}

impl<'a> Haystack<'a> {
    /// The `len` bytes at `start`.
    ///
    /// # Safety
    /// * `start` must be valid for reads of `len` bytes for all of `'a`; it may be dangling if `len` is 0.
    /// * `start` must not be null.
    /// * `len` must be at most `isize::MAX`.
    ///
    /// Others may write the bytes at any time.
    pub unsafe fn new(start: *const u8, len: usize) -> Self {
        debug_assert!(!start.is_null() && len <= isize::MAX as usize);
        Haystack { start, len, lifetime: PhantomData }
    }

    /// The address of its first byte.
    pub fn as_ptr(self) -> *const u8 {
        self.start
    }

    /// The number of bytes, at most `isize::MAX`.
    pub fn len(self) -> usize {
        self.len
    }

    /// Whether it has no bytes.
    pub fn is_empty(self) -> bool {
        self.len == 0
    }

    /// Its first address and the one past its last.
    pub fn as_ptr_range(self) -> Range<*const u8> {
        self.start..self.start.wrapping_add(self.len)
    }

    /// The bytes of `range`. Panics if that is not a part of it.
    #[track_caller]
    pub fn window(self, range: Range<usize>) -> Haystack<'a> {
        assert!(range.start <= range.end && range.end <= self.len, "{range:?} of {} bytes", self.len);
        Haystack {
            start: self.start.wrapping_add(range.start),
            len: range.end - range.start,
            lifetime: PhantomData,
        }
    }

    /// The present value of the byte at `at`. Panics if `at` is not below the length.
    #[inline(always)]
    #[track_caller]
    pub fn byte(self, at: usize) -> u8 {
        assert!(at < self.len, "byte {at} of {}", self.len);
        // SAFETY: `at < len`, so the address is readable for `'a`.
        unsafe { self.start.add(at).read_volatile() }
    }

    /// Copies the bytes to `out`, which must have the same length.
    #[track_caller]
    pub fn copy_to(self, out: &mut [u8]) {
        assert_eq!(self.len, out.len());
        // SAFETY: `len` bytes can be read at `start` and written to `out`. `out` is exclusive, so it does not overlap.
        unsafe { std::ptr::copy_nonoverlapping(self.start, out.as_mut_ptr(), self.len) }
    }
}

impl<'a> From<&'a [u8]> for Haystack<'a> {
    /// Of memory that does not change.
    fn from(bytes: &'a [u8]) -> Self {
        Haystack { start: bytes.as_ptr(), len: bytes.len(), lifetime: PhantomData }
    }
}

impl<'a> From<&'a Vec<u8>> for Haystack<'a> {
    fn from(bytes: &'a Vec<u8>) -> Self {
        Haystack::from(bytes.as_slice())
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Haystack<'a> {
    fn from(bytes: &'a [u8; N]) -> Self {
        Haystack::from(bytes.as_slice())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_and_bytes() {
        let hay = Haystack::from(b"abcdef");
        let window = hay.window(2..5);
        assert_eq!((window.len(), window.byte(0), window.byte(2)), (3, b'c', b'e'));
        assert!(hay.window(6..6).is_empty());
        let mut copy = [0; 3];
        window.copy_to(&mut copy);
        assert_eq!(&copy, b"cde");
    }

    #[test]
    #[should_panic(expected = "3..7 of 6 bytes")]
    fn a_window_past_the_end_is_refused() {
        Haystack::from(b"abcdef").window(3..7);
    }

    #[test]
    #[should_panic(expected = "byte 6 of 6")]
    fn a_byte_past_the_end_is_refused() {
        Haystack::from(b"abcdef").byte(6);
    }
}
