//! Systems other than Linux: every function returns `Errno::UNSUPPORTED`.

use std::ffi::{c_int, CStr};

use super::{Description, Errno, Kind};

// The numbers are never compared with what a system answers here.
#[allow(missing_docs)]
mod numbers {
    use std::ffi::c_int;

    pub const EAGAIN: c_int = 11;
    pub const EBADF: c_int = 9;
    pub const EEXIST: c_int = 17;
    pub const EINTR: c_int = 4;
    pub const EINVAL: c_int = 22;
    pub const EIO: c_int = 5;
    pub const ENOENT: c_int = 2;
    pub const ENOTCONN: c_int = 107;
    pub const ENOTSOCK: c_int = 88;
    pub const EOPNOTSUPP: c_int = 95;
    pub const EPERM: c_int = 1;
    pub const EPIPE: c_int = 32;
    pub const O_RDONLY: c_int = 0;
    pub const O_WRONLY: c_int = 1;
    pub const O_CREAT: c_int = 0o100;
    pub const O_DIRECTORY: c_int = 0o200_000;
    pub const O_EXCL: c_int = 0o200;
    pub const O_PATH: c_int = 0o10_000_000;
    pub const POLLIN: i16 = 1;
    pub const POLLOUT: i16 = 4;
    pub const POLLERR: i16 = 8;
    pub const POLLHUP: i16 = 16;
    pub const POLLNVAL: i16 = 32;
    pub const SPLICE_F_NONBLOCK: u32 = 2;
    pub const SPLICE_F_MORE: u32 = 4;
}

pub use numbers::*;

/// Nothing here is worth another try.
pub const ANOTHER_METHOD: &[c_int] = &[];

/// Unsupported.
pub fn splice(
    _src: c_int,
    _src_offset: Option<&mut i64>,
    _dst: c_int,
    _dst_offset: Option<&mut i64>,
    _count: usize,
    _flags: u32,
) -> Result<usize, Errno> {
    Err(Errno::UNSUPPORTED)
}

/// Unsupported.
pub fn tee(_src: c_int, _dst: c_int, _count: usize, _flags: u32) -> Result<usize, Errno> {
    Err(Errno::UNSUPPORTED)
}

/// Unsupported.
///
/// # Safety
/// None needed: it does nothing.
pub unsafe fn vmsplice(_fd: c_int, _ranges: &[(*mut u8, usize)], _flags: u32) -> Result<usize, Errno> {
    Err(Errno::UNSUPPORTED)
}

/// Unsupported.
pub fn sendfile(_dst: c_int, _src: c_int, _offset: Option<&mut i64>, _count: usize) -> Result<usize, Errno> {
    Err(Errno::UNSUPPORTED)
}

/// Unsupported.
pub fn copy_file_range(
    _src: c_int,
    _src_offset: Option<&mut i64>,
    _dst: c_int,
    _dst_offset: Option<&mut i64>,
    _count: usize,
) -> Result<usize, Errno> {
    Err(Errno::UNSUPPORTED)
}

/// Unsupported.
pub fn read(_fd: c_int, _offset: Option<&mut i64>, _memory: &mut [u8]) -> Result<usize, Errno> {
    Err(Errno::UNSUPPORTED)
}

/// Unsupported.
pub fn write(_fd: c_int, _offset: Option<&mut i64>, _memory: &[u8]) -> Result<usize, Errno> {
    Err(Errno::UNSUPPORTED)
}

/// Unsupported.
pub fn send(_fd: c_int, _memory: &[u8]) -> Result<usize, Errno> {
    Err(Errno::UNSUPPORTED)
}

/// Unsupported.
pub fn poll<const N: usize>(_of: [(c_int, i16); N], _timeout: c_int) -> Result<[i16; N], Errno> {
    Err(Errno::UNSUPPORTED)
}

/// Unsupported.
pub fn pipe() -> Result<(c_int, c_int), Errno> {
    Err(Errno::UNSUPPORTED)
}

/// Unsupported.
pub fn set_pipe_size(_fd: c_int, _size: usize) -> Result<usize, Errno> {
    Err(Errno::UNSUPPORTED)
}

/// Unsupported.
///
/// # Safety
/// None needed: it does nothing.
pub unsafe fn close(_fd: c_int) -> Result<(), Errno> {
    Err(Errno::UNSUPPORTED)
}

/// Unsupported.
pub fn open(_path: &CStr, _flags: c_int, _mode: u32) -> Result<c_int, Errno> {
    Err(Errno::UNSUPPORTED)
}

/// Unsupported.
pub fn open_at(_directory: c_int, _name: &CStr, _flags: c_int, _mode: u32) -> Result<c_int, Errno> {
    Err(Errno::UNSUPPORTED)
}

/// Unsupported.
pub fn rename_at(_directory: c_int, _old: &CStr, _new: &CStr) -> Result<(), Errno> {
    Err(Errno::UNSUPPORTED)
}

/// Unsupported.
pub fn unlink_at(_directory: c_int, _name: &CStr) -> Result<(), Errno> {
    Err(Errno::UNSUPPORTED)
}

/// Unsupported.
pub fn free_space(_fd: c_int) -> Result<u64, Errno> {
    Err(Errno::UNSUPPORTED)
}

/// What stat(2) says of a file; this system is not supported.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs)]
pub struct Status {
    pub kind: Kind,
    pub is_regular: bool,
    pub has_holes: bool,
    pub mode: u32,
    pub owner: (u32, u32),
    pub has_one_name: bool,
    pub size: i64,
}

impl Status {
    /// Unsupported.
    pub fn is_same(&self, _other: &Status) -> bool {
        false
    }
}

/// Unsupported.
pub fn status(_fd: c_int) -> Result<Status, Errno> {
    Err(Errno::UNSUPPORTED)
}

/// Unsupported.
pub fn status_of(_path: &CStr) -> Result<Status, Errno> {
    Err(Errno::UNSUPPORTED)
}

/// Unsupported.
pub fn status_at(_directory: c_int, _name: &CStr) -> Result<Status, Errno> {
    Err(Errno::UNSUPPORTED)
}

/// Unsupported.
pub fn set_owner(_path: &CStr, _owner: (u32, u32)) -> Result<(), Errno> {
    Err(Errno::UNSUPPORTED)
}

/// Unsupported.
pub fn set_mode_of(_fd: c_int, _mode: u32) -> Result<(), Errno> {
    Err(Errno::UNSUPPORTED)
}

/// Unsupported.
pub fn set_times(_path: &CStr, _about: &Status) -> Result<(), Errno> {
    Err(Errno::UNSUPPORTED)
}

/// Unsupported.
pub fn set_mode(_path: &CStr, _mode: u32) -> Result<(), Errno> {
    Err(Errno::UNSUPPORTED)
}

/// Unsupported.
pub fn list_attributes(_fd: c_int, _names: &mut [u8]) -> Result<usize, Errno> {
    Err(Errno::UNSUPPORTED)
}

/// Unsupported.
pub fn attribute(_fd: c_int, _name: &CStr, _value: &mut [u8]) -> Result<usize, Errno> {
    Err(Errno::UNSUPPORTED)
}

/// Unsupported.
pub fn set_attribute(_path: &CStr, _name: &CStr, _value: &[u8]) -> Result<(), Errno> {
    Err(Errno::UNSUPPORTED)
}

/// Unsupported.
pub fn seek(_fd: c_int, _offset: i64, _whence: c_int) -> Result<i64, Errno> {
    Err(Errno::UNSUPPORTED)
}

/// Unsupported.
pub fn seek_by(_fd: c_int, _offset: i64) -> Result<i64, Errno> {
    Err(Errno::UNSUPPORTED)
}

/// Unsupported.
pub fn clone_file(_dst: c_int, _src: c_int) -> Result<(), Errno> {
    Err(Errno::UNSUPPORTED)
}

/// None here.
pub fn file_flags(_fd: c_int) -> u32 {
    0
}

/// Unsupported.
pub fn fsync(_fd: c_int) -> Result<(), Errno> {
    Err(Errno::UNSUPPORTED)
}

/// Unsupported.
pub fn truncate(_fd: c_int, _size: i64) -> Result<(), Errno> {
    Err(Errno::UNSUPPORTED)
}

/// Unsupported.
pub fn shutdown_write(_fd: c_int) -> Result<(), Errno> {
    Err(Errno::UNSUPPORTED)
}

/// Unsupported.
pub fn socket_error(_fd: c_int) -> c_int {
    0
}

/// Unsupported.
pub fn pipe_room_when_ready(_fd: c_int) -> usize {
    1
}

/// Unsupported.
pub fn room_when_ready(_fd: c_int) -> usize {
    1
}

/// There is none.
pub fn is_listening(_fd: c_int) -> bool {
    false
}

/// Unsupported.
pub fn set_nonblocking(_fd: c_int, _on: bool) -> Result<bool, Errno> {
    Err(Errno::UNSUPPORTED)
}

/// Unsupported.
pub fn describe(_fd: c_int) -> Result<Description, Errno> {
    Err(Errno::UNSUPPORTED)
}
