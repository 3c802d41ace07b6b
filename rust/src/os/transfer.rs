//! Linux: the system calls that move bytes between descriptors, each a checked wrapper into which tests inject faults.
//!
//! They wait only if a descriptor is in blocking mode, and do not repeat a call that a signal interrupted.

use std::ffi::{c_int, CStr};
use std::mem::MaybeUninit;
use std::ptr;

use super::faults::{strike, Call, Fault};
use super::system::last;
use super::{Description, Errno, Kind};
use crate::fallible;

pub use libc::{
    EAGAIN, EBADF, EEXIST, EINTR, EINVAL, EIO, ENOENT, ENOTCONN, ENOTSOCK, EOPNOTSUPP, EPERM, EPIPE, O_CREAT,
    O_DIRECTORY, O_EXCL, O_PATH, O_RDONLY, O_WRONLY, POLLERR, POLLHUP, POLLIN, POLLNVAL, POLLOUT, SPLICE_F_MORE,
    SPLICE_F_NONBLOCK,
};

/// Errors which mean that a call does not work for these descriptors, but another one may.
pub const ANOTHER_METHOD: &[c_int] = &[
    libc::EINVAL,
    libc::ENOSYS,
    libc::EXDEV,
    libc::EOPNOTSUPP,
    libc::EPERM,
    libc::EACCES,
    libc::EBADF,
    libc::ETXTBSY,
    libc::ESPIPE,
    libc::ENOTTY,
];

/// Makes a call for `count` bytes, unless a test injects a fault.
fn sized(call: Call, count: usize, body: impl FnOnce(usize) -> isize) -> Result<usize, Errno> {
    let count = match strike(call) {
        None => count,
        Some(Fault::Fails(errno)) => return Err(errno),
        Some(Fault::Short(0)) => return Ok(0),
        Some(Fault::Short(most)) => count.min(most),
    };
    usize::try_from(body(count)).map_err(|_| last())
}

/// Makes a call that has no size, unless a test injects a fault.
fn plain(call: Call, body: impl FnOnce() -> c_int) -> Result<c_int, Errno> {
    if let Some(Fault::Fails(errno)) = strike(call) {
        return Err(errno);
    }
    let result = body();
    if result < 0 {
        Err(last())
    } else {
        Ok(result)
    }
}

fn pointer(offset: Option<&mut i64>) -> *mut libc::loff_t {
    offset.map_or(ptr::null_mut(), ptr::from_mut)
}

/// splice(2). The kernel advances the offsets that are given.
pub fn splice(
    src: c_int,
    src_offset: Option<&mut i64>,
    dst: c_int,
    dst_offset: Option<&mut i64>,
    count: usize,
    flags: u32,
) -> Result<usize, Errno> {
    let (from, to) = (pointer(src_offset), pointer(dst_offset));
    // SAFETY: the offsets are null or borrowed for the call; the kernel touches no other memory.
    sized(Call::Splice, count, |count| unsafe { libc::splice(src, from, dst, to, count, flags) })
}

/// tee(2).
pub fn tee(src: c_int, dst: c_int, count: usize, flags: u32) -> Result<usize, Errno> {
    // SAFETY: no memory is touched.
    sized(Call::Tee, count, |count| unsafe { libc::tee(src, dst, count, flags) })
}

/// vmsplice(2) of `(address, length)` pairs.
///
/// # Safety
/// Each range must be readable, and writable where `fd` is the reading end of a pipe. The pipe may refer to the memory
/// after the call.
pub unsafe fn vmsplice(fd: c_int, ranges: &[(*mut u8, usize)], flags: u32) -> Result<usize, Errno> {
    let vectors =
        fallible::collect(ranges.iter().map(|&(base, len)| libc::iovec { iov_base: base.cast(), iov_len: len }))?;
    sized(Call::Vmsplice, vectors.len(), |count| {
        // SAFETY: by this function's contract.
        unsafe { libc::vmsplice(fd, vectors.as_ptr(), count, flags) }
    })
}

/// sendfile(2).
pub fn sendfile(dst: c_int, src: c_int, offset: Option<&mut i64>, count: usize) -> Result<usize, Errno> {
    let offset = pointer(offset);
    // SAFETY: the offset is null or borrowed for the call.
    sized(Call::Sendfile, count, |count| unsafe { libc::sendfile64(dst, src, offset, count) })
}

/// copy_file_range(2), by its number, since the C libraries that wheels are built for may lack it.
pub fn copy_file_range(
    src: c_int,
    src_offset: Option<&mut i64>,
    dst: c_int,
    dst_offset: Option<&mut i64>,
    count: usize,
) -> Result<usize, Errno> {
    let (from, to) = (pointer(src_offset), pointer(dst_offset));
    sized(Call::CopyFileRange, count, |count| {
        // SAFETY: the offsets are null or borrowed for the call.
        unsafe { libc::syscall(libc::SYS_copy_file_range, src, from, dst, to, count, 0) as isize }
    })
}

/// read(2), or pread(2) at an offset, which is advanced.
pub fn read(fd: c_int, offset: Option<&mut i64>, memory: &mut [u8]) -> Result<usize, Errno> {
    let base = memory.as_mut_ptr().cast();
    let at = offset.as_deref().copied();
    let done = sized(Call::Read, memory.len(), |count| match at {
        // SAFETY: `memory` takes `count` bytes.
        None => unsafe { libc::read(fd, base, count) },
        // SAFETY: the same.
        Some(at) => unsafe { libc::pread64(fd, base, count, at) },
    })?;
    if let Some(offset) = offset {
        *offset += done as i64;
    }
    Ok(done)
}

/// write(2), or pwrite(2) at an offset, which is advanced.
pub fn write(fd: c_int, offset: Option<&mut i64>, memory: &[u8]) -> Result<usize, Errno> {
    let base = memory.as_ptr().cast();
    let at = offset.as_deref().copied();
    let done = sized(Call::Write, memory.len(), |count| match at {
        // SAFETY: `memory` has `count` bytes.
        None => unsafe { libc::write(fd, base, count) },
        // SAFETY: the same.
        Some(at) => unsafe { libc::pwrite64(fd, base, count, at) },
    })?;
    if let Some(offset) = offset {
        *offset += done as i64;
    }
    Ok(done)
}

/// send(2) that neither waits, whatever the socket's mode, nor raises SIGPIPE.
pub fn send(fd: c_int, memory: &[u8]) -> Result<usize, Errno> {
    let base = memory.as_ptr().cast();
    let flags = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
    // SAFETY: `memory` has `count` bytes.
    sized(Call::Send, memory.len(), |count| unsafe { libc::send(fd, base, count, flags) })
}

/// poll(2) on `(descriptor, events)` pairs for at most `timeout` milliseconds. Returns the events found, in order.
pub fn poll<const N: usize>(of: [(c_int, i16); N], timeout: c_int) -> Result<[i16; N], Errno> {
    let mut polled = of.map(|(fd, events)| libc::pollfd { fd, events, revents: 0 });
    // SAFETY: the array is borrowed for the call.
    plain(Call::Poll, || unsafe { libc::poll(polled.as_mut_ptr(), N as libc::nfds_t, timeout) })?;
    Ok(polled.map(|one| one.revents))
}

/// A new pipe, (reading end, writing end), both close-on-exec.
pub fn pipe() -> Result<(c_int, c_int), Errno> {
    let mut ends = [-1; 2];
    // SAFETY: the array takes two descriptors.
    plain(Call::Pipe, || unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) })?;
    Ok((ends[0], ends[1]))
}

/// fcntl(F_SETPIPE_SZ). Returns the new size of the pipe.
pub fn set_pipe_size(fd: c_int, size: usize) -> Result<usize, Errno> {
    let size = c_int::try_from(size).map_err(|_| Errno(EINVAL))?;
    // SAFETY: no memory is touched.
    plain(Call::PipeSize, || unsafe { libc::fcntl(fd, libc::F_SETPIPE_SZ, size) }).map(|size| size as usize)
}

/// close(2). The descriptor is closed even if the call returns an error.
///
/// # Safety
/// The caller owns `fd` and nothing uses it any more.
pub unsafe fn close(fd: c_int) -> Result<(), Errno> {
    let fault = strike(Call::Close);
    // SAFETY: by this function's contract.
    let result = unsafe { libc::close(fd) };
    match fault {
        Some(Fault::Fails(errno)) => Err(errno),
        _ if result < 0 => Err(last()),
        _ => Ok(()),
    }
}

/// open(2), close-on-exec. The caller owns the descriptor.
pub fn open(path: &CStr, flags: c_int, mode: u32) -> Result<c_int, Errno> {
    let flags = flags | libc::O_CLOEXEC | libc::O_LARGEFILE;
    // SAFETY: the kernel only reads the string.
    plain(Call::Open, || unsafe { libc::open(path.as_ptr(), flags, mode) })
}

/// openat(2), close-on-exec, which follows no link. The caller owns the descriptor.
pub fn open_at(directory: c_int, name: &CStr, flags: c_int, mode: u32) -> Result<c_int, Errno> {
    let flags = flags | libc::O_CLOEXEC | libc::O_LARGEFILE | libc::O_NOFOLLOW;
    // SAFETY: the kernel only reads the string.
    plain(Call::Open, || unsafe { libc::openat(directory, name.as_ptr(), flags, mode) })
}

/// renameat(2) within a directory.
pub fn rename_at(directory: c_int, old: &CStr, new: &CStr) -> Result<(), Errno> {
    // SAFETY: the kernel only reads the strings.
    plain(Call::Rename, || unsafe { libc::renameat(directory, old.as_ptr(), directory, new.as_ptr()) }).map(|_| ())
}

/// unlinkat(2).
pub fn unlink_at(directory: c_int, name: &CStr) -> Result<(), Errno> {
    // SAFETY: the kernel only reads the string.
    plain(Call::Unlink, || unsafe { libc::unlinkat(directory, name.as_ptr(), 0) }).map(|_| ())
}

/// fstatvfs(3): the number of free bytes on the file system of `fd`.
#[allow(clippy::unnecessary_cast)] // The fields have 32 bits on some platforms.
pub fn free_space(fd: c_int) -> Result<u64, Errno> {
    let mut about = MaybeUninit::<libc::statvfs64>::zeroed();
    // SAFETY: the C library fills the structure.
    plain(Call::Stat, || unsafe { libc::fstatvfs64(fd, about.as_mut_ptr()) })?;
    // SAFETY: filled by the call; all zeroes would be valid, too.
    let about = unsafe { about.assume_init() };
    Ok((about.f_bavail as u64).saturating_mul(about.f_frsize as u64))
}

/// The results of stat(2) that copying a file needs.
#[derive(Debug, Clone, Copy)]
pub struct Status {
    /// A file (or block device), a pipe, a socket or something else.
    pub kind: Kind,
    /// Whether it is a regular file.
    pub is_regular: bool,
    /// Whether it takes less space on the disk than its size.
    pub has_holes: bool,
    /// The permission bits.
    pub mode: u32,
    /// The user and the group.
    pub owner: (u32, u32),
    /// Whether it has a single name.
    pub has_one_name: bool,
    /// st_size.
    pub size: i64,
    identity: (u64, u64),
    times: [libc::timespec; 2],
}

impl Status {
    /// Whether both are results for the same file.
    pub fn is_same(&self, other: &Status) -> bool {
        self.identity == other.identity
    }
}

fn kind(mode: u32) -> Kind {
    match mode & libc::S_IFMT {
        libc::S_IFREG | libc::S_IFBLK => Kind::File,
        libc::S_IFIFO => Kind::Pipe,
        libc::S_IFSOCK => Kind::Socket,
        _ => Kind::Other,
    }
}

fn stat(body: impl FnOnce(*mut libc::stat64) -> c_int) -> Result<Status, Errno> {
    let mut about = MaybeUninit::<libc::stat64>::zeroed();
    plain(Call::Stat, || body(about.as_mut_ptr()))?;
    // SAFETY: filled by the kernel; all zeroes would be valid, too.
    let about = unsafe { about.assume_init() };
    Ok(Status {
        kind: kind(about.st_mode),
        is_regular: about.st_mode & libc::S_IFMT == libc::S_IFREG,
        has_holes: about.st_blocks.saturating_mul(512) < about.st_size,
        mode: about.st_mode & 0o7777,
        owner: (about.st_uid, about.st_gid),
        has_one_name: about.st_nlink == 1,
        size: about.st_size,
        identity: (about.st_dev, about.st_ino),
        times: [
            libc::timespec { tv_sec: about.st_atime, tv_nsec: about.st_atime_nsec },
            libc::timespec { tv_sec: about.st_mtime, tv_nsec: about.st_mtime_nsec },
        ],
    })
}

/// fstat(2).
pub fn status(fd: c_int) -> Result<Status, Errno> {
    // SAFETY: the kernel fills the structure.
    stat(|about| unsafe { libc::fstat64(fd, about) })
}

/// stat(2), which follows links.
pub fn status_of(path: &CStr) -> Result<Status, Errno> {
    // SAFETY: the kernel reads the string and fills the structure.
    stat(|about| unsafe { libc::stat64(path.as_ptr(), about) })
}

/// fstatat(2) of a name in a directory, which follows no link.
pub fn status_at(directory: c_int, name: &CStr) -> Result<Status, Errno> {
    // SAFETY: the kernel reads the string and fills the structure.
    stat(|about| unsafe { libc::fstatat64(directory, name.as_ptr(), about, libc::AT_SYMLINK_NOFOLLOW) })
}

/// chown(2): the user and the group.
pub fn set_owner(path: &CStr, owner: (u32, u32)) -> Result<(), Errno> {
    // SAFETY: the kernel only reads the string.
    plain(Call::Owner, || unsafe { libc::chown(path.as_ptr(), owner.0, owner.1) }).map(|_| ())
}

/// fchmod(2).
pub fn set_mode_of(fd: c_int, mode: u32) -> Result<(), Errno> {
    // SAFETY: no memory is touched.
    plain(Call::Mode, || unsafe { libc::fchmod(fd, mode) }).map(|_| ())
}

/// utimensat(2), with the times of access and modification in `about`.
pub fn set_times(path: &CStr, about: &Status) -> Result<(), Errno> {
    // SAFETY: the kernel only reads the string and the times.
    let call = || unsafe { libc::utimensat(libc::AT_FDCWD, path.as_ptr(), about.times.as_ptr(), 0) };
    plain(Call::Times, call).map(|_| ())
}

/// chmod(2).
pub fn set_mode(path: &CStr, mode: u32) -> Result<(), Errno> {
    // SAFETY: the kernel only reads the string.
    plain(Call::Mode, || unsafe { libc::chmod(path.as_ptr(), mode) }).map(|_| ())
}

/// flistxattr(2). Writes the names, each followed by a NUL, and returns their total length; with an empty `names` only
/// returns the length.
pub fn list_attributes(fd: c_int, names: &mut [u8]) -> Result<usize, Errno> {
    // SAFETY: the kernel writes at most the length that it is given.
    sized(Call::ListAttributes, names.len(), |_| unsafe {
        libc::flistxattr(fd, names.as_mut_ptr().cast(), names.len())
    })
}

/// fgetxattr(2). Returns the length of the value.
pub fn attribute(fd: c_int, name: &CStr, value: &mut [u8]) -> Result<usize, Errno> {
    // SAFETY: the kernel reads the name and writes at most the length that it is given.
    sized(Call::GetAttribute, value.len(), |_| unsafe {
        libc::fgetxattr(fd, name.as_ptr(), value.as_mut_ptr().cast(), value.len())
    })
}

/// setxattr(2), which follows links.
pub fn set_attribute(path: &CStr, name: &CStr, value: &[u8]) -> Result<(), Errno> {
    // SAFETY: the kernel only reads the strings and the value.
    let call = || unsafe { libc::setxattr(path.as_ptr(), name.as_ptr(), value.as_ptr().cast(), value.len(), 0) };
    plain(Call::SetAttribute, call).map(|_| ())
}

/// lseek(2).
pub fn seek(fd: c_int, offset: i64, whence: c_int) -> Result<i64, Errno> {
    if let Some(Fault::Fails(errno)) = strike(Call::Seek) {
        return Err(errno);
    }
    // SAFETY: no memory is touched.
    match unsafe { libc::lseek64(fd, offset, whence) } {
        -1 => Err(last()),
        position => Ok(position),
    }
}

/// lseek(2) by `offset` from the current position.
pub fn seek_by(fd: c_int, offset: i64) -> Result<i64, Errno> {
    seek(fd, offset, libc::SEEK_CUR)
}

/// ioctl(FICLONE): `dst` shares all of the extents of `src`.
pub fn clone_file(dst: c_int, src: c_int) -> Result<(), Errno> {
    // SAFETY: no memory is touched.
    plain(Call::Clone, || unsafe { libc::ioctl(dst, libc::FICLONE, src) }).map(|_| ())
}

/// The flags of chattr(1) that users may set; 0 on file systems without any.
pub fn file_flags(fd: c_int) -> u32 {
    // FS_FL_USER_MODIFIABLE and FS_NOCOW_FL of linux/fs.h.
    const SETTABLE: u32 = 0x0083_80ff;
    // The kernel writes an int, although the number of the call has the size of a long.
    let mut flags: [c_int; 2] = [0; 2];
    // SAFETY: the kernel writes to `flags`, which is as large as the long of the call's number.
    let result = unsafe { libc::ioctl(fd, libc::FS_IOC_GETFLAGS as _, flags.as_mut_ptr()) };
    if result < 0 {
        0
    } else {
        flags[0] as u32 & SETTABLE
    }
}

/// fsync(2).
pub fn fsync(fd: c_int) -> Result<(), Errno> {
    // SAFETY: no memory is touched.
    plain(Call::Sync, || unsafe { libc::fsync(fd) }).map(|_| ())
}

/// ftruncate(2).
pub fn truncate(fd: c_int, size: i64) -> Result<(), Errno> {
    // SAFETY: no memory is touched.
    plain(Call::Truncate, || unsafe { libc::ftruncate64(fd, size) }).map(|_| ())
}

/// shutdown(2) of the writing side.
pub fn shutdown_write(fd: c_int) -> Result<(), Errno> {
    // SAFETY: no memory is touched.
    plain(Call::Shutdown, || unsafe { libc::shutdown(fd, libc::SHUT_WR) }).map(|_| ())
}

/// getsockopt(SO_ERROR), which also clears the error; 0 if no error is pending.
pub fn socket_error(fd: c_int) -> c_int {
    socket_option(fd, libc::SO_ERROR)
}

/// An integer option of a socket by getsockopt(2); 0 if the call fails.
fn socket_option(fd: c_int, name: c_int) -> c_int {
    let mut value: c_int = 0;
    let mut size = size_of::<c_int>() as libc::socklen_t;
    // SAFETY: both are borrowed for the call, and `size` is that of `value`.
    unsafe { libc::getsockopt(fd, libc::SOL_SOCKET, name, ptr::from_mut(&mut value).cast(), &mut size) };
    value
}

/// Whether this is a listening socket, which never sends or receives data.
pub fn is_listening(fd: c_int) -> bool {
    socket_option(fd, libc::SO_ACCEPTCONN) == 1
}

/// The number of bytes that sendfile(2) and splice(2) can send without waiting, if poll(2) has just found that the
/// blocking socket is ready. Linux calls an AF_UNIX socket ready while three quarters of its buffer are free, and others
/// while a third is; this leaves some room for what the kernel counts besides the bytes.
pub fn room_when_ready(fd: c_int) -> usize {
    let part = if socket_option(fd, libc::SO_DOMAIN) == libc::AF_UNIX { 2 } else { 4 };
    usize::try_from(socket_option(fd, libc::SO_SNDBUF) / part).unwrap_or(0).max(1)
}

/// The number of bytes that write(2) can write without waiting, if poll(2) has just found that the blocking pipe is
/// ready: all that it holds if it is empty, else one page (PIPE_BUF).
pub fn pipe_room_when_ready(fd: c_int) -> usize {
    let mut held: c_int = -1;
    // SAFETY: the kernel writes an int to `held`.
    unsafe { libc::ioctl(fd, libc::FIONREAD, ptr::from_mut(&mut held)) };
    // SAFETY: no memory is touched.
    let size = if held == 0 { unsafe { libc::fcntl(fd, libc::F_GETPIPE_SZ) } } else { 0 };
    usize::try_from(size).unwrap_or(0).max(libc::PIPE_BUF)
}

/// Turns O_NONBLOCK on or off. Returns whether it was on.
pub fn set_nonblocking(fd: c_int, on: bool) -> Result<bool, Errno> {
    // SAFETY: no memory is touched.
    let flags = unsafe { libc::fcntl(fd, libc::F_GETFL) };
    if flags < 0 {
        return Err(last());
    }
    let was = flags & libc::O_NONBLOCK != 0;
    if was != on {
        // SAFETY: no memory is touched.
        if unsafe { libc::fcntl(fd, libc::F_SETFL, flags ^ libc::O_NONBLOCK) } < 0 {
            return Err(last());
        }
    }
    Ok(was)
}

/// Describes a descriptor. Fails with EBADF if it is not open.
pub fn describe(fd: c_int) -> Result<Description, Errno> {
    let mut about = MaybeUninit::<libc::stat64>::zeroed();
    // SAFETY: the kernel fills the structure.
    if unsafe { libc::fstat64(fd, about.as_mut_ptr()) } < 0 {
        return Err(last());
    }
    // SAFETY: filled by the kernel; all zeroes would be valid, too.
    let about = unsafe { about.assume_init() };
    // SAFETY: no memory is touched.
    let flags = unsafe { libc::fcntl(fd, libc::F_GETFL) };
    if flags < 0 {
        return Err(last());
    }
    let mode = flags & libc::O_ACCMODE;
    let path_only = flags & libc::O_PATH != 0;
    Ok(Description {
        fd,
        kind: kind(about.st_mode),
        readable: !path_only && mode != libc::O_WRONLY,
        writable: !path_only && mode != libc::O_RDONLY,
        nonblocking: flags & libc::O_NONBLOCK != 0,
        append: flags & libc::O_APPEND != 0,
        direct: flags & libc::O_DIRECT != 0,
        size: about.st_size,
        device: about.st_dev,
        inode: about.st_ino,
    })
}
