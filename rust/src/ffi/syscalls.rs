//! Functions that make one system call each, for `zcio.syscalls`.

use std::ffi::{c_char, c_int, CStr};

use super::guard::{guarded, ZCIO_BAD_ARGUMENT};
use super::pipe::zcio_span;
use crate::fallible;
use crate::os::faults::{self, Call, Fault, Rule};
use crate::os::transfer as os;
use crate::os::Errno;

/// This platform has no such call. It is not an errno, because no system call was made.
pub const ZCIO_UNSUPPORTED: i64 = -1_000_020;

pub(super) fn count(result: Result<usize, Errno>) -> i64 {
    match result {
        Ok(count) => count as i64,
        Err(errno) => -i64::from(errno.0),
    }
}

/// A flag in `offsets`: use the source's offset. Without it the source's file position is used.
pub const ZCIO_SRC_OFFSET: u32 = 1;

/// A flag in `offsets`: use the destination's offset. Without it the destination's file position is used.
pub const ZCIO_DST_OFFSET: u32 = 2;

/// The offset to pass to the system call, or none.
fn given(offset: &mut i64, is: bool) -> Option<&mut i64> {
    is.then_some(offset)
}

/// splice(2), with the offsets that `offsets` names. Returns the count or `-errno`.
#[no_mangle]
pub extern "C" fn zcio_splice(
    src: c_int,
    mut src_offset: i64,
    dst: c_int,
    mut dst_offset: i64,
    offsets: u32,
    size: usize,
    flags: u32,
) -> i64 {
    guarded(move || {
        let from = given(&mut src_offset, offsets & ZCIO_SRC_OFFSET != 0);
        let to = given(&mut dst_offset, offsets & ZCIO_DST_OFFSET != 0);
        count(os::splice(src, from, dst, to, size, flags))
    })
}

/// tee(2). Returns the count or `-errno`.
#[no_mangle]
pub extern "C" fn zcio_tee(src: c_int, dst: c_int, size: usize, flags: u32) -> i64 {
    guarded(|| count(os::tee(src, dst, size, flags)))
}

/// vmsplice(2) of `how_many` spans. Returns the count or `-errno`.
///
/// # Safety
/// `spans` must be valid for reads of `how_many` values and each span for reads; for writes, too, if `fd` is the
/// reading end of a pipe. A pipe that is written to may refer to the memory until its content was read.
#[no_mangle]
pub unsafe extern "C" fn zcio_vmsplice(fd: c_int, spans: *const zcio_span, how_many: usize, flags: u32) -> i64 {
    guarded(|| {
        if spans.is_null() && how_many > 0 {
            return ZCIO_BAD_ARGUMENT;
        }
        let spans = match how_many {
            0 => &[],
            // SAFETY: not null, and valid by this function's contract.
            _ => unsafe { std::slice::from_raw_parts(spans, how_many) },
        };
        let ranges = fallible::collect(spans.iter().map(|span| (span.data.cast_mut(), span.len)));
        // SAFETY: this function's contract is the same.
        count(ranges.and_then(|ranges| unsafe { os::vmsplice(fd, &ranges, flags) }))
    })
}

/// sendfile(2), with the offset if `offsets` names it. Returns the count or `-errno`.
#[no_mangle]
pub extern "C" fn zcio_sendfile(dst: c_int, src: c_int, mut src_offset: i64, offsets: u32, size: usize) -> i64 {
    guarded(move || {
        let from = given(&mut src_offset, offsets & ZCIO_SRC_OFFSET != 0);
        count(os::sendfile(dst, src, from, size))
    })
}

/// copy_file_range(2), with the offsets that `offsets` names. Returns the count or `-errno`.
#[no_mangle]
pub extern "C" fn zcio_copy_file_range(
    src: c_int,
    mut src_offset: i64,
    dst: c_int,
    mut dst_offset: i64,
    offsets: u32,
    size: usize,
) -> i64 {
    guarded(move || {
        let from = given(&mut src_offset, offsets & ZCIO_SRC_OFFSET != 0);
        let to = given(&mut dst_offset, offsets & ZCIO_DST_OFFSET != 0);
        count(os::copy_file_range(src, from, dst, to, size))
    })
}

/// ioctl(FICLONE): `dst` becomes a copy of `src` that shares its extents. Returns 0 or `-errno`.
#[no_mangle]
pub extern "C" fn zcio_clone_file(dst: c_int, src: c_int) -> i64 {
    guarded(|| count(os::clone_file(dst, src).map(|()| 0)))
}

/// The flags of chattr(1) that users may set; 0 on file systems without any.
#[no_mangle]
pub extern "C" fn zcio_file_flags(fd: c_int) -> i64 {
    guarded(|| i64::from(os::file_flags(fd)))
}

/// lseek(2), with SEEK_DATA and SEEK_HOLE. Returns the position or `-errno`.
#[no_mangle]
pub extern "C" fn zcio_seek(fd: c_int, offset: i64, whence: c_int) -> i64 {
    guarded(|| os::seek(fd, offset, whence).unwrap_or_else(|errno| -i64::from(errno.0)))
}

/// fsync(2). Returns 0 or `-errno`.
#[no_mangle]
pub extern "C" fn zcio_fsync(fd: c_int) -> i64 {
    guarded(|| count(os::fsync(fd).map(|()| 0)))
}

/// ftruncate(2). Returns 0 or `-errno`.
#[no_mangle]
pub extern "C" fn zcio_truncate(fd: c_int, size: i64) -> i64 {
    guarded(|| count(os::truncate(fd, size).map(|()| 0)))
}

/// For tests: injects faults into the system call `name`, for the whole process. The first `skip` calls work as usual;
/// the next `times` calls fail with the errno `error` if that is positive (`-ZCIO_UNSUPPORTED`: as if the platform had
/// no such call), else they move at most `most` bytes, and for `most` 0 return 0 without calling the kernel. Returns 0,
/// or `ZCIO_BAD_ARGUMENT` if there is no such name.
///
/// # Safety
/// `name` must be NUL-terminated.
#[no_mangle]
pub unsafe extern "C" fn zcio_inject(name: *const c_char, skip: u32, times: u32, error: c_int, most: usize) -> i64 {
    guarded(|| {
        if name.is_null() {
            return ZCIO_BAD_ARGUMENT;
        }
        // SAFETY: NUL-terminated by this function's contract, and read only during the call.
        let name = unsafe { CStr::from_ptr(name) };
        let Some(call) = name.to_str().ok().and_then(Call::named) else { return ZCIO_BAD_ARGUMENT };
        let fault = if error > 0 { Fault::Fails(Errno(error)) } else { Fault::Short(most) };
        faults::add(Rule { call, skip, times, fault });
        0
    })
}

/// For tests: removes the faults of `zcio_inject`. Returns the number of calls that had one.
#[no_mangle]
pub extern "C" fn zcio_inject_clear() -> i64 {
    guarded(|| faults::clear() as i64)
}
