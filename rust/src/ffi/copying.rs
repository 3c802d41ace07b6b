//! Copies in a single call, without a handle: of small files, and of memory to and from what is ready.

use std::ffi::{c_char, c_int, CStr};

use super::guard::{bytes, guarded, ZCIO_BAD_ARGUMENT};
use super::transfer::{from_zero, memory, ZCIO_WAITS};
use crate::deadline::Deadline;
use crate::os::transfer as os;
use crate::os::Errno;
use crate::transfer::{copy_path, copy_small, read_ready, write_ready, Ends, Metadata, Method, Part, Target};

/// The largest number of files for one call of `zcio_copy_paths`.
pub const ZCIO_COPY_PATHS: usize = 31;

fn target_of(number: u32) -> Target {
    match number {
        0 => Target::InPlace,
        1 => Target::Atomic,
        _ => Target::AtomicWithMode,
    }
}

/// Copies regular files of up to 1 MiB, given their paths. `target`: 0: written in place; 1: replaced in one step; 2:
/// the same, and a new file has the permission bits of the source. `metadata`: 0: only the content; 1: also the
/// permission bits; 2: also times and extended attributes; 3: also owner and group, if the process may set them. With
/// `as_before`, the metadata is that of the source before it was read. `names` has the paths of a source and its target,
/// of the next source and its target and so on, each followed by a NUL. Returns two bits for each file, those of the
/// first file lowest: 0: it was not copied; 1: its content was copied, and perhaps a part of the metadata; 2: everything
/// was copied; 3: there was no time left to try.
///
/// # Safety
/// `names` must be valid for reads of `size` bytes, which nobody writes meanwhile.
#[no_mangle]
pub unsafe extern "C" fn zcio_copy_paths(
    names: *const u8,
    size: usize,
    target: u32,
    metadata: u32,
    as_before: bool,
) -> i64 {
    guarded(|| {
        // SAFETY: this function's contract is the same.
        let Some(names) = (unsafe { bytes(names, size) }) else { return ZCIO_BAD_ARGUMENT };
        let metadata = match metadata {
            0 => Metadata::Nothing,
            1 => Metadata::Mode,
            2 => Metadata::All,
            _ => Metadata::Owner,
        };
        let mut names = names.split_inclusive(|byte| *byte == 0).map(CStr::from_bytes_with_nul);
        let deadline = Deadline::waiting();
        let mut done = 0;
        let mut count = 0;
        while let Some(src) = names.next() {
            let (Ok(src), Some(Ok(dst)), true) = (src, names.next(), count < ZCIO_COPY_PATHS) else {
                return ZCIO_BAD_ARGUMENT;
            };
            let late = count > 0 && deadline.passed();
            let copied =
                if late { 3 } else { copy_path(src, dst, target_of(target), metadata, as_before).part as i64 };
            done |= copied << (2 * count);
            count += 1;
        }
        done
    })
}

/// The number of a reflink in a `zcio_small_copy`.
const ZCIO_REFLINK: u32 = 4;

/// A copy by `zcio_copy_small` or `zcio_copy_path`: what to copy (the first three), and how much was copied.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
#[allow(non_camel_case_types)]
pub struct zcio_small_copy {
    /// Where to begin in the source; negative: at its position, which moves.
    pub src_offset: i64,
    /// The same in the destination.
    pub dst_offset: i64,
    /// The largest number of bytes to copy; negative: to the end.
    pub limit: i64,
    /// The number of bytes copied.
    pub count: u64,
    /// The call that copied them, as in `zcio_transfer_progress`; 4: a reflink.
    pub method: u32,
    /// Why nothing was copied, if another way would fail, too: an errno, else 0.
    pub error: c_int,
    /// Whether everything was copied. If not, the caller has to copy the rest in another way.
    pub all: bool,
}

fn method_number(method: Option<Method>) -> u32 {
    method.map_or(ZCIO_REFLINK, |method| method as u32)
}

/// Copies the content of a regular file of up to 1 MiB, given its path and that of a target, as `zcio_copy_paths` does,
/// and stores the results in `copy`. If not everything was copied, the caller has to copy it in another way.
///
/// # Safety
/// `src` and `dst` must be null or strings that end with a NUL and that nobody writes meanwhile, `copy` null or valid for
/// writes.
#[no_mangle]
pub unsafe extern "C" fn zcio_copy_path(
    src: *const c_char,
    dst: *const c_char,
    target: u32,
    copy: *mut zcio_small_copy,
) -> i64 {
    guarded(|| {
        if src.is_null() || dst.is_null() {
            return ZCIO_BAD_ARGUMENT;
        }
        // SAFETY: not null, and valid by this function's contract.
        let (src, dst) = unsafe { (CStr::from_ptr(src), CStr::from_ptr(dst)) };
        // SAFETY: null or valid by this function's contract.
        let Some(copy) = (unsafe { copy.as_mut() }) else { return ZCIO_BAD_ARGUMENT };
        let done = copy_path(src, dst, target_of(target), Metadata::Nothing, false);
        copy.all = done.part == Part::All;
        copy.count = done.count;
        copy.method = method_number(done.method);
        0
    })
}

/// Copies the rest of a regular file of up to 1 MiB, or `limit` bytes of it, to another file, a socket or a pipe (up to
/// 4 KiB), without waiting for a pipe. Positions are then after the bytes that were copied. Returns `src_offset` plus
/// the number of bytes copied.
///
/// # Safety
/// `copy` must be null or valid for reads and writes.
#[no_mangle]
pub unsafe extern "C" fn zcio_copy_small(src: c_int, dst: c_int, copy: *mut zcio_small_copy) -> i64 {
    guarded(|| {
        // SAFETY: null or valid by this function's contract.
        let Some(copy) = (unsafe { copy.as_mut() }) else { return ZCIO_BAD_ARGUMENT };
        let (src_offset, dst_offset) = (from_zero(copy.src_offset), from_zero(copy.dst_offset));
        let limit = from_zero(copy.limit).map(|limit| limit as u64);
        match copy_small(Ends { src, dst, src_offset, dst_offset, limit }) {
            Ok(done) => {
                copy.count = done.count as u64;
                copy.method = method_number(done.method);
                copy.all = done.all;
            }
            Err(errno) => copy.error = errno.0,
        }
        copy.src_offset + copy.count as i64
    })
}

/// read(2) once there is something to read. Returns the number of bytes read, `ZCIO_WAITS` if there is nothing for 50 ms,
/// or `-errno`.
///
/// # Safety
/// `data` must be valid for writes of `size` initialised bytes, which nobody reads meanwhile.
#[no_mangle]
pub unsafe extern "C" fn zcio_read_ready(fd: c_int, data: *mut u8, size: usize) -> i64 {
    guarded(|| {
        // SAFETY: this function's contract is the same.
        let Some(memory) = (unsafe { memory(data, size) }) else { return ZCIO_BAD_ARGUMENT };
        when_ready(read_ready(fd, memory))
    })
}

/// write(2) or send(2), of as many bytes as are possible without waiting once that is something. Returns their number,
/// `ZCIO_WAITS` if nothing is possible for 50 ms, or `-errno`.
///
/// # Safety
/// `data` must be valid for reads of `size` bytes, which nobody writes meanwhile.
#[no_mangle]
pub unsafe extern "C" fn zcio_write_ready(fd: c_int, data: *const u8, size: usize) -> i64 {
    guarded(|| {
        // SAFETY: this function's contract is the same.
        let Some(memory) = (unsafe { bytes(data, size) }) else { return ZCIO_BAD_ARGUMENT };
        when_ready(write_ready(fd, memory))
    })
}

fn when_ready(moved: Result<usize, Errno>) -> i64 {
    match moved {
        Err(Errno(os::EAGAIN)) => ZCIO_WAITS,
        moved => super::syscalls::count(moved),
    }
}
