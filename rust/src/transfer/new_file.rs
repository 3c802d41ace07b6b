//! A new file that replaces a target in one step once it is complete.
//!
//! It is the native twin of `AtomicFile` (zcio/_transfer/atomic_file.py), which serves every target, raises the errors
//! and writes in place where that is the only way. This one serves the usual targets, for small files, in a single call,
//! and declines the others. A rule for which targets may be replaced belongs in both; test_copy_small.py copies to the
//! same targets by both and compares.

use std::ffi::{c_int, CStr};
use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::fallible;
use crate::os::transfer as os;
use crate::os::transfer::Status;
use crate::os::Errno;

/// The largest list of extended attributes to compare, and the largest value, in bytes.
const ATTRIBUTES: usize = 1 << 10;

/// The number of temporary names to try.
const TRIES: u64 = 100;

/// An open descriptor, which it owns.
#[derive(Debug)]
pub(super) struct Opened(pub(super) c_int);

impl Opened {
    /// Closes it. Some file systems report only now that written data was lost.
    pub(super) fn close(self) -> Result<(), Errno> {
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

/// The new file, which has a temporary name until [`NewFile::commit`] renames it. Otherwise it is removed.
///
/// Names are relative to the open directory of the target, so that neither chdir(2) in another thread nor renaming a
/// directory makes it miss its own file.
#[derive(Debug)]
pub(super) struct NewFile<'a> {
    directory: Opened,
    name: &'a CStr,
    temporary: Temporary,
    is_temporary: bool,
    /// None once it is closed.
    file: Option<Opened>,
}

impl<'a> NewFile<'a> {
    /// A new, empty file in the directory of `dst`. If there is no `dst`, it is made with `mode`. Otherwise it has the
    /// owner, mode, flags and extended attributes of `dst`, or the result is None: if it cannot have them, or if `dst`
    /// has another name or is no regular file, is `source`, or if the disk has no room for both.
    ///
    /// Fails if `dst` is not open for writing to the process, as writing in place would.
    pub(super) fn for_target(dst: &'a CStr, source: &Status, mode: u32) -> Result<Option<NewFile<'a>>, Errno> {
        let Some((directory, name)) = split(dst)? else { return Ok(None) };
        let old = match os::status_at(directory.0, name) {
            Err(Errno(os::ENOENT)) => return NewFile::create(directory, name, mode).map(Some),
            old => old?,
        };
        // Write in place if it has one of these bits, so that the kernel clears them.
        let has_set_id = old.mode & 0o6000 != 0;
        if !old.is_regular || !old.has_one_name || has_set_id || old.is_same(source) {
            return Ok(None);
        }
        let there = Opened(os::open_at(directory.0, name, os::O_WRONLY, 0)?);
        if !os::status(there.0)?.is_same(&old) || os::free_space(there.0)? < source.size.unsigned_abs() {
            return Ok(None);
        }
        let new = NewFile::create(directory, name, 0o600)?;
        os::set_mode_of(new.fd(), old.mode)?;
        let about = os::status(new.fd())?;
        let alike = about.owner == old.owner && about.mode == old.mode && same_attributes(there.0, new.fd())?;
        Ok(alike.then_some(new))
    }

    fn create(directory: Opened, name: &'a CStr, mode: u32) -> Result<NewFile<'a>, Errno> {
        let mut failed = Errno(os::EEXIST);
        for number in 0..TRIES {
            let temporary = Temporary::new(number);
            match os::open_at(directory.0, temporary.name(), os::O_WRONLY | os::O_CREAT | os::O_EXCL, mode) {
                Ok(fd) => {
                    let file = Some(Opened(fd));
                    return Ok(NewFile { directory, name, temporary, is_temporary: true, file });
                }
                Err(errno) => failed = errno,
            }
            if failed != Errno(os::EEXIST) {
                break;
            }
        }
        Err(failed)
    }

    /// The descriptor of the file, open for writing.
    pub(super) fn fd(&self) -> c_int {
        self.file.as_ref().map_or(-1, |file| file.0)
    }

    /// Closes the file and renames it to the target.
    pub(super) fn commit(mut self) -> Result<(), Errno> {
        if let Some(file) = self.file.take() {
            file.close()?;
        }
        os::rename_at(self.directory.0, self.temporary.name(), self.name)?;
        self.is_temporary = false;
        Ok(())
    }
}

impl Drop for NewFile<'_> {
    fn drop(&mut self) {
        if self.is_temporary {
            let _ = os::unlink_at(self.directory.0, self.temporary.name());
        }
    }
}

/// A temporary name, which ends with a NUL.
#[derive(Debug)]
struct Temporary([u8; 19]);

impl Temporary {
    /// The name is the present time in nanoseconds plus `number`, so that another try has another name even if the clock
    /// stands still.
    fn new(number: u64) -> Temporary {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |passed| passed.as_nanos() as u64);
        let now = now.wrapping_add(number);
        let mut name = [0; 19];
        let _ = write!(&mut name[..], ".{:012x}.part", now & 0xffff_ffff_ffff); // 18 bytes
        Temporary(name)
    }

    fn name(&self) -> &CStr {
        CStr::from_bytes_until_nul(&self.0).unwrap_or_default()
    }
}

/// The open directory of a path, and the name in it; None if the path ends with a slash or a name that is no file's.
fn split(path: &CStr) -> Result<Option<(Opened, &CStr)>, Errno> {
    let bytes = path.to_bytes_with_nul();
    let begin = bytes.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
    let Ok(name) = CStr::from_bytes_with_nul(&bytes[begin..]) else { return Ok(None) };
    if matches!(name.to_bytes(), b"" | b"." | b"..") {
        return Ok(None);
    }
    let mut directory = fallible::vec(begin + 2)?;
    directory.extend_from_slice(if begin == 0 { b"." } else { &bytes[..begin] });
    directory.push(0);
    let Ok(directory) = CStr::from_bytes_with_nul(&directory) else { return Ok(None) };
    Ok(Some((Opened(os::open(directory, os::O_PATH | os::O_DIRECTORY, 0)?), name)))
}

/// Whether both files have the same flags of chattr(1) and the same extended attributes (access control lists and labels
/// are among them). Fails if there are too many to compare.
fn same_attributes(one: c_int, other: c_int) -> Result<bool, Errno> {
    let (mut memory, mut other_memory) = ([0; ATTRIBUTES], [0; ATTRIBUTES]);
    let names = attribute_names(one, &mut memory)?;
    if os::file_flags(one) != os::file_flags(other) || names != attribute_names(other, &mut other_memory)? {
        return Ok(false);
    }
    for name in names.split_inclusive(|byte| *byte == 0) {
        let name = CStr::from_bytes_with_nul(name).map_err(|_| Errno(os::EINVAL))?;
        let (mut memory, mut other_memory) = ([0; ATTRIBUTES], [0; ATTRIBUTES]);
        let length = os::attribute(one, name, &mut memory)?;
        let other_length = os::attribute(other, name, &mut other_memory)?;
        if memory[..length] != other_memory[..other_length] {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The names of the extended attributes, each followed by a NUL.
fn attribute_names(fd: c_int, memory: &mut [u8]) -> Result<&[u8], Errno> {
    match os::list_attributes(fd, memory) {
        Err(Errno(os::EOPNOTSUPP)) => Ok(&[]),
        length => Ok(&memory[..length?]),
    }
}
