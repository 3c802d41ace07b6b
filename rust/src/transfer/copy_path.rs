//! Copies small regular files, given their paths, in a single call.
//!
//! In Python, copying a small file takes a dozen system calls, each of which releases the GIL, and two threads would
//! spend more time on handing the GIL to each other than on copying. Here one call copies a batch of files.
//!
//! Errors are not reported. If a file was not copied, the caller copies it again, step by step in Python, which raises
//! the exception, runs signal handlers, and tries other methods. That is safe even if this module has copied a part:
//! that is written again from its start, or was in a new file, which is removed.

use std::ffi::{c_int, CStr};

use super::method::{Method, MethodSet};
use super::new_file::{NewFile, Opened};
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
/// The size of the buffer for a file whose size is not known.
const FOR_UNKNOWN: usize = 1 << 14;
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
    /// The same, after the owner and group, if the process may set them.
    Owner,
}

/// How to write the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// As open(2) with O_TRUNC and mode 0666, and write(2) would.
    InPlace,
    /// As a new file, which is renamed to `dst` once it is complete. An existing file is replaced only if that changes
    /// nothing but its inode number.
    Atomic,
    /// The same, but the permission bits of the source are the mode with which a new file is made.
    AtomicWithMode,
}

/// The part of a file that was copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Part {
    /// Nothing, or only a part of the content.
    Nothing = 0,
    /// All of the content. The metadata may be incomplete.
    Content = 1,
    /// The content and the metadata asked for.
    All = 2,
}

/// What [`copy_path`] copied.
#[derive(Debug, Clone, Copy)]
pub struct Copied {
    /// The part of the file.
    pub part: Part,
    /// The number of bytes.
    pub count: u64,
    /// The call that copied them; None: a reflink.
    pub method: Option<Method>,
}

/// Copies the content of the regular file `src` to `dst`, another regular file or one that does not exist. Then copies
/// `metadata`; with `as_before`, as it was before `src` was read. Copies nothing if `src` or `dst` is a special file or a
/// directory, if both are the same file, or if `src` has holes or is larger than 1 MiB.
pub fn copy_path(src: &CStr, dst: &CStr, target: Target, metadata: Metadata, as_before: bool) -> Copied {
    let nothing = Copied { part: Part::Nothing, count: 0, method: Some(Method::ReadWrite) };
    let Ok(Some((from, before))) = open_source(src) else { return nothing };
    let content = match target {
        Target::InPlace => write_in_place(&from, &before, dst),
        Target::Atomic => replace(&from, &before, dst, 0o666),
        Target::AtomicWithMode => replace(&from, &before, dst, before.mode & 0o777),
    };
    let Ok(Some((count, method))) = content else { return nothing };
    let part = match copy_metadata(&from, dst, metadata, as_before.then_some(before)) {
        Ok(()) => Part::All,
        Err(_) => Part::Content,
    };
    Copied { part, count, method }
}

/// Opens the source. Returns it and its status before, or None if it is not such a file.
fn open_source(src: &CStr) -> Result<Option<(Opened, Status)>, Errno> {
    // Check before opening it: opening a FIFO would wait, or wake a process at its other end.
    let before = os::status_of(src)?;
    if !before.is_regular || before.size > LARGEST || before.has_holes {
        return Ok(None);
    }
    let from = Opened(os::open(src, os::O_RDONLY, 0)?);
    Ok(os::status(from.0)?.is_same(&before).then_some((from, before)))
}

/// The number of bytes moved, and the call that moved them; None: a reflink.
type Moved = (u64, Option<Method>);

/// Writes the content to a new or existing file. Returns None if `dst` is not such a file.
fn write_in_place(from: &Opened, about: &Status, dst: &CStr) -> Result<Option<Moved>, Errno> {
    match os::status_of(dst) {
        Err(Errno(os::ENOENT)) => {}
        Ok(there) if there.is_regular && !there.is_same(about) => {}
        _ => return Ok(None),
    }
    // Without O_TRUNC, since the path may name another file by now, which must not be truncated before it is checked.
    let to = Opened(os::open(dst, os::O_WRONLY | os::O_CREAT, 0o666)?);
    let there = os::status(to.0)?;
    if !there.is_regular || there.is_same(about) {
        return Ok(None);
    }
    // Copying nothing to an empty file changes its time of modification, too.
    if there.size > 0 || about.size == 0 {
        os::truncate(to.0, 0)?;
    }
    let moved = transfer(from.0, to.0, about.size)?;
    to.close()?;
    Ok(moved)
}

/// Writes the content to a new file and renames that to `dst`. Returns None if `dst` cannot be replaced like this.
fn replace(from: &Opened, about: &Status, dst: &CStr, mode: u32) -> Result<Option<Moved>, Errno> {
    let Some(new) = NewFile::for_target(dst, about, mode)? else { return Ok(None) };
    let moved = transfer(from.0, new.fd(), about.size)?;
    if moved.is_some() {
        new.commit()?;
    }
    Ok(moved)
}

/// Moves the content from a file to an empty one, both at position 0. Returns None if not everything was moved.
fn transfer(from: c_int, to: c_int, size: i64) -> Result<Option<Moved>, Errno> {
    if size <= SMALL {
        return read_and_write(from, to, size as usize);
    }
    if os::clone_file(to, from).is_ok() {
        return Ok(Some((os::status(to)?.size as u64, None)));
    }
    let methods = MethodSet::of(&[Method::CopyFileRange, Method::ReadWrite]);
    let (src, dst) = (os::describe(from)?, os::describe(to)?);
    let plan = Plan { src, dst, src_offset: Some(0), dst_offset: Some(0), limit: None, flags: 0, methods };
    let mut transfer = Transfer::new(plan)?;
    let done = transfer.run(&Deadline::never())? == Outcome::Done;
    Ok(done.then(|| (transfer.moved(), Some(transfer.method()))))
}

/// Reads and writes everything. Returns None if that is more than 1 MiB by now.
fn read_and_write(from: c_int, to: c_int, size: usize) -> Result<Option<Moved>, Errno> {
    // Virtual files (/proc) have a size of 0 whatever their content.
    let mut memory = zeroed(if size > 0 { size + 1 } else { FOR_UNKNOWN })?;
    let mut moved = 0;
    while moved <= LARGEST as u64 {
        let count = os::read(from, None, &mut memory)?;
        if count == 0 {
            return Ok(Some((moved, Some(Method::ReadWrite))));
        }
        let mut left = &memory[..count];
        while !left.is_empty() {
            match os::write(to, None, left)? {
                0 => return Err(Errno(os::EIO)),
                written => left = &left[written..],
            }
        }
        moved += count as u64;
    }
    Ok(None)
}

/// Copies metadata in the order of shutil.copystat(): attributes before the mode, which may forbid writing.
fn copy_metadata(from: &Opened, dst: &CStr, metadata: Metadata, before: Option<Status>) -> Result<(), Errno> {
    if metadata == Metadata::Nothing {
        return Ok(());
    }
    let about = before.map_or_else(|| os::status(from.0), Ok)?;
    if metadata == Metadata::Owner {
        match os::set_owner(dst, about.owner) {
            Err(Errno(os::EPERM)) => {} // only root may
            done => done?,
        }
    }
    if metadata != Metadata::Mode {
        os::set_times(dst, &about)?;
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
