//! Unix: thin, checked wrappers over libc. On other systems a call that only Linux has returns `Errno::UNSUPPORTED`, or
//! EINVAL if that is what an old Linux returns.

use std::ffi::{c_int, CStr};
use std::io;

use super::Errno;
use crate::fallible;
use crate::haystack::Haystack;

pub(super) fn last() -> Errno {
    Errno(io::Error::last_os_error().raw_os_error().unwrap_or(libc::EIO))
}

fn check(result: c_int) -> Result<(), Errno> {
    if result == 0 {
        Ok(())
    } else {
        Err(last())
    }
}

/// mmap(2) at an address that the kernel chooses. Fails with EPERM for MAP_FIXED and the like, which could replace
/// another mapping.
pub fn map(fd: c_int, offset: i64, length: usize, prot: c_int, flags: c_int) -> Result<usize, Errno> {
    if flags & PLACING_FLAGS != 0 {
        return Err(Errno(libc::EPERM));
    }
    let offset = libc::off_t::try_from(offset).map_err(|_| Errno(libc::EOVERFLOW))?;
    // SAFETY: a null hint without MAP_FIXED takes fresh address space only.
    let address = unsafe { libc::mmap(std::ptr::null_mut(), length, prot, flags, fd, offset) };
    if address == libc::MAP_FAILED {
        Err(last())
    } else {
        Ok(address as usize)
    }
}

/// The flags of mmap(2) that choose the address.
#[cfg(target_os = "linux")]
const PLACING_FLAGS: c_int = libc::MAP_FIXED | libc::MAP_FIXED_NOREPLACE;
#[cfg(not(target_os = "linux"))]
const PLACING_FLAGS: c_int = libc::MAP_FIXED;

/// mremap(2) onto a given address.
///
/// # Safety
/// The caller must own the mapping of `length` bytes at `address`, and the range at `target`, whose mappings are
/// replaced.
#[cfg(target_os = "linux")]
pub unsafe fn remap_over(address: usize, target: usize, length: usize) -> Result<(), Errno> {
    // SAFETY: the caller owns both ranges.
    let moved = unsafe {
        libc::mremap(
            address as *mut libc::c_void,
            length,
            length,
            libc::MREMAP_MAYMOVE | libc::MREMAP_FIXED,
            target as *mut libc::c_void,
        )
    };
    if moved == libc::MAP_FAILED {
        Err(last())
    } else {
        Ok(())
    }
}

/// mremap(2) is Linux's.
///
/// # Safety
/// None needed: it does nothing.
#[cfg(not(target_os = "linux"))]
pub unsafe fn remap_over(_address: usize, _target: usize, _length: usize) -> Result<(), Errno> {
    Err(Errno::UNSUPPORTED)
}

/// Whether mremap(2) would let the mapping at `address` grow to `larger` bytes, as far as that can be found out without
/// moving it; EFAULT if the range consists of more than one mapping. If the mapping can grow in place, it grows, and is
/// then shrunk again.
///
/// # Safety
/// The range must be mapped, and belong to the caller.
#[cfg(target_os = "linux")]
pub unsafe fn may_grow(address: usize, length: usize, larger: usize) -> Result<(), Errno> {
    // SAFETY: without MREMAP_MAYMOVE the range stays in place and grows only into address space that is free.
    if unsafe { libc::mremap(address as *mut libc::c_void, length, larger, 0) } == libc::MAP_FAILED {
        let errno = last();
        // It cannot grow in place, but there may be room at another address.
        return if errno == Errno(libc::ENOMEM) { Ok(()) } else { Err(errno) };
    }
    // SAFETY: this unmaps the part that the call above has added, which nothing uses.
    if unsafe { libc::mremap(address as *mut libc::c_void, larger, length, 0) } == libc::MAP_FAILED {
        Err(last())
    } else {
        Ok(())
    }
}

/// mremap(2) is Linux's.
///
/// # Safety
/// None needed: it does nothing.
#[cfg(not(target_os = "linux"))]
pub unsafe fn may_grow(_address: usize, _length: usize, _larger: usize) -> Result<(), Errno> {
    Ok(())
}

/// munmap(2).
///
/// # Safety
/// The range must be a mapping that the caller owns and nothing uses any more.
pub unsafe fn unmap(address: usize, length: usize) -> Result<(), Errno> {
    // SAFETY: by this function's contract.
    check(unsafe { libc::munmap(address as *mut libc::c_void, length) })
}

/// msync(2).
///
/// # Safety
/// The range must stay mapped during the call.
pub unsafe fn sync(address: usize, length: usize, flags: c_int) -> Result<(), Errno> {
    // SAFETY: by this function's contract; the kernel only reads.
    check(unsafe { libc::msync(address as *mut libc::c_void, length, flags) })
}

/// madvise(2).
///
/// # Safety
/// The range must stay mapped during the call and its content may change with the advice.
pub unsafe fn advise(address: usize, length: usize, advice: c_int) -> Result<(), Errno> {
    // SAFETY: by this function's contract.
    check(unsafe { libc::madvise(address as *mut libc::c_void, length, advice) })
}

/// prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME).
///
/// # Safety
/// The range must stay mapped during the call.
#[cfg(target_os = "linux")]
pub unsafe fn name_anonymous(address: usize, length: usize, name: &CStr) -> Result<(), Errno> {
    const PR_SET_VMA: c_int = 0x5356_4d41;
    const PR_SET_VMA_ANON_NAME: libc::c_ulong = 0;
    // SAFETY: the kernel copies the string and changes only the mapping's name.
    check(unsafe { libc::prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, address, length, name.as_ptr()) })
}

/// Naming mappings is Linux's.
///
/// # Safety
/// None needed: it does nothing.
#[cfg(not(target_os = "linux"))]
pub unsafe fn name_anonymous(_address: usize, _length: usize, _name: &CStr) -> Result<(), Errno> {
    Err(Errno(libc::EINVAL))
}

/// read(2).
///
/// # Safety
/// `data` must be valid for writes of `len` bytes.
pub unsafe fn read(fd: c_int, data: *mut u8, len: usize) -> Result<usize, Errno> {
    // SAFETY: by this function's contract.
    let count = unsafe { libc::read(fd, data.cast(), len) };
    usize::try_from(count).map_err(|_| last())
}

/// The number of pieces that writev(2) accepts on Linux, macOS and the BSDs.
const IOV_MAX: usize = 1024;

/// writev(2) of the first IOV_MAX pieces.
pub fn writev(fd: c_int, pieces: &[Haystack]) -> Result<usize, Errno> {
    let vector =
        |piece: &Haystack| libc::iovec { iov_base: piece.as_ptr().cast_mut().cast(), iov_len: piece.len() };
    let pieces = fallible::collect(pieces.iter().take(IOV_MAX).map(vector))?;
    // SAFETY: each piece can be read for the whole call, as it is a Haystack; writev(2) writes none.
    let count = unsafe { libc::writev(fd, pieces.as_ptr(), pieces.len() as c_int) };
    usize::try_from(count).map_err(|_| last())
}
