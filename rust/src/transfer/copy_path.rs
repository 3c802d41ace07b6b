//! Copies small regular files, given their paths, in a single call.
//!
//! In Python, copying a small file takes a dozen system calls, each of which releases the GIL, and two threads would
//! spend more time on handing the GIL to each other than on copying. Here one call copies a batch of files.
//!
//! Errors are not reported. If a file was not copied, the caller copies it again, step by step in Python, which raises
//! the exception, runs signal handlers, and tries other methods. That is safe even if this module has copied a part:
//! the target is written in place, from its start, and is not the same file as the source.

use std::ffi::{c_int, CStr};

use super::method::{Method, MethodSet};
use super::one_way::{Outcome, Plan, Transfer};
use crate::deadline::Deadline;
use crate::fallible;
use crate::os::transfer as os;
use crate::os::transfer::Status;
use crate::os::Errno;

/// The largest file, in bytes. Copying it cannot be interrupted, and takes 100 ms on a disk of 10 MB/s.
const LARGEST: i64 = 1 << 20;
/// Up to this size, read(2) and write(2) are faster than trying a reflink and copy_file_range(2).
const SMALL: i64 = 1 << 16;
/// The largest value of an extended attribute, and the largest list of names (XATTR_SIZE_MAX, XATTR_LIST_MAX).
const ATTRIBUTES: usize = 1 << 16;

/// The metadata to copy besides the content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metadata {
    /// Nothing.
    Nothing,
    /// The permission bits.
    Mode,
    /// The permission bits, times and extended attributes.
    All,
}

/// The part of a file that was copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Copied {
    /// Nothing, or only a part of the content.
    Nothing = 0,
    /// All of the content. The metadata may be incomplete.
    Content = 1,
    /// The content and the metadata asked for.
    All = 2,
}

/// Copies the content of the regular file `src` to `dst`, another regular file or one that does not exist, as open(2)
/// with O_TRUNC and mode 0666, read(2) and write(2) would. Then copies `metadata`; with `as_before`, as it was before
/// `src` was read. Copies nothing if `src` or `dst` is a special file or a directory, if both are the same file, or if
/// `src` has holes or is larger than 1 MiB.
pub fn copy_path(src: &CStr, dst: &CStr, metadata: Metadata, as_before: bool) -> Copied {
    let Ok(Some((from, before))) = copy_content(src, dst) else { return Copied::Nothing };
    if metadata == Metadata::Nothing {
        return Copied::All;
    }
    let about = if as_before { Ok(before) } else { os::status(from.0) };
    match about.and_then(|about| copy_metadata(&from, dst, metadata, &about)) {
        Ok(()) => Copied::All,
        Err(_) => Copied::Content,
    }
}

/// Copies the content. Returns the open source and its status before it was read, or None if it is not such a file.
fn copy_content(src: &CStr, dst: &CStr) -> Result<Option<(Opened, Status)>, Errno> {
    // Check before opening anything: opening a FIFO would wait, or wake a process at its other end.
    let before = os::status_of(src)?;
    if !before.is_regular || before.size > LARGEST || before.has_holes {
        return Ok(None);
    }
    match os::status_of(dst) {
        Err(Errno(os::ENOENT)) => {}
        Ok(there) if there.is_regular && !there.is_same(&before) => {}
        _ => return Ok(None),
    }
    let from = Opened(os::open(src, os::O_RDONLY, 0)?);
    let about = os::status(from.0)?;
    if !about.is_same(&before) {
        return Ok(None);
    }
    // Without O_TRUNC, since the path may name another file by now, which must not be truncated before it is checked.
    let to = Opened(os::open(dst, os::O_WRONLY | os::O_CREAT, 0o666)?);
    let there = os::status(to.0)?;
    if !there.is_regular || there.is_same(&about) {
        return Ok(None);
    }
    // Copying nothing to an empty file changes its time of modification, too.
    if there.size > 0 || about.size == 0 {
        os::truncate(to.0, 0)?;
    }
    let shared = about.size > SMALL && os::clone_file(to.0, from.0).is_ok();
    if !shared && !transfer(&from, &to, about.size)? {
        return Ok(None);
    }
    to.close()?;
    Ok(Some((from, before)))
}

/// Moves the content. Returns whether everything was moved.
fn transfer(from: &Opened, to: &Opened, size: i64) -> Result<bool, Errno> {
    let methods: &[Method] =
        if size > SMALL { &[Method::CopyFileRange, Method::ReadWrite] } else { &[Method::ReadWrite] };
    let methods = MethodSet::of(methods);
    let (src, dst) = (os::describe(from.0)?, os::describe(to.0)?);
    let plan = Plan { src, dst, src_offset: Some(0), dst_offset: Some(0), limit: None, flags: 0, methods };
    Ok(Transfer::new(plan)?.run(&Deadline::never())? == Outcome::Done)
}

/// Copies metadata in the order of shutil.copystat(): attributes before the mode, which may forbid writing.
fn copy_metadata(from: &Opened, dst: &CStr, metadata: Metadata, about: &Status) -> Result<(), Errno> {
    if metadata == Metadata::All {
        os::set_times(dst, about)?;
        copy_attributes(from, dst)?;
    }
    os::set_mode(dst, about.mode)
}

fn copy_attributes(from: &Opened, dst: &CStr) -> Result<(), Errno> {
    match os::list_attributes(from.0, &mut []) {
        Ok(0) | Err(Errno(os::EOPNOTSUPP)) => return Ok(()),
        found => found?,
    };
    let (mut names, mut value) = (zeroed(ATTRIBUTES)?, zeroed(ATTRIBUTES)?);
    let length = os::list_attributes(from.0, &mut names)?;
    for name in names[..length].split_inclusive(|byte| *byte == 0) {
        let name = CStr::from_bytes_with_nul(name).map_err(|_| Errno(os::EINVAL))?;
        let length = os::attribute(from.0, name, &mut value)?;
        os::set_attribute(dst, name, &value[..length])?;
    }
    Ok(())
}

fn zeroed(size: usize) -> Result<Vec<u8>, Errno> {
    let mut memory = fallible::vec(size)?;
    memory.resize(size, 0);
    Ok(memory)
}

/// An open descriptor, which it owns.
#[derive(Debug)]
struct Opened(c_int);

impl Opened {
    /// Closes it. Some file systems report only now that written data was lost.
    fn close(self) -> Result<(), Errno> {
        let fd = self.0;
        std::mem::forget(self);
        // SAFETY: this value owns the descriptor, and ends here.
        unsafe { os::close(fd) }
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        // SAFETY: this value owns the descriptor, and ends here.
        let _ = unsafe { os::close(self.0) };
    }
}
