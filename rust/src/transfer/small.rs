//! Copies a small file to another file, a socket or a pipe, all open, in a single call.

use std::ffi::c_int;

use super::method::Method;
use crate::fallible;
use crate::os::transfer as os;
use crate::os::transfer::Status;
use crate::os::{Errno, Kind};

/// Up to this number of bytes, reading and writing is faster than any other way. A datagram, which has to be sent by one
/// call, is not larger.
const LARGEST_TO_READ: usize = 1 << 16;
/// The largest number of bytes to copy by copy_file_range(2) or sendfile(2).
const LARGEST: usize = 1 << 20;
/// The largest number of bytes to copy to a pipe. A pipe that is ready accepts these without waiting (PIPE_BUF).
const LARGEST_TO_PIPE: usize = 1 << 12;

/// Up to this number of bytes, which are read in about a microsecond, the destination is not compared again before the
/// write. As with any system call, another thread may close it, and open another file, between two instructions.
const QUICKLY_READ: usize = 1 << 12;

/// How far [`copy_small`] came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Small {
    /// The number of bytes copied.
    pub count: usize,
    /// Whether these are all.
    pub all: bool,
    /// The call that copied them; None: a reflink.
    pub method: Option<Method>,
}

impl Small {
    const NOTHING: Small = Small { count: 0, all: false, method: Some(Method::ReadWrite) };
}

/// What to copy, and where to. An offset of None means the position.
#[derive(Debug, Clone, Copy)]
pub struct Ends {
    /// The descriptor of a regular file.
    pub src: c_int,
    /// The descriptor of another file, a socket or a pipe.
    pub dst: c_int,
    /// Where to begin in the source.
    pub src_offset: Option<i64>,
    /// Where to begin in the destination, if it is a file.
    pub dst_offset: Option<i64>,
    /// The number of bytes to copy; None: to the end.
    pub limit: Option<u64>,
}

/// A copy between [`Ends`] whose status is known.
struct Copy {
    ends: Ends,
    from: Status,
    to: Status,
    /// Where the bytes begin in the source.
    begin: i64,
    /// The number of bytes to copy, by the size of the file.
    left: usize,
    /// The number of bytes to ask for: without a limit one more than `left`, so that the call finds the end.
    asked: usize,
}

/// Copies the rest of a file by one call of write(2), send(2), sendfile(2) or copy_file_range(2), or by a reflink. It
/// waits for no socket or pipe. Positions are then after the bytes that were copied.
///
/// Copies nothing, so that the caller has to copy in another way, if there are more than 1 MiB (4 KiB to a pipe), if the
/// file has holes or another size than fstat(2) says, if a socket or pipe is not ready or has not enough room, or if
/// the ends are something else or the same file.
///
/// Fails with the error of the write, if that means neither that `dst` is not ready, nor that another call may work.
pub fn copy_small(ends: Ends) -> Result<Small, Errno> {
    look(ends).map_or(Ok(Small::NOTHING), Copy::run)
}

/// None if this is no usual copy of a small file. fstat(2) tells that for most; what it does not tell, that a descriptor
/// is not open for reading or writing or bypasses the cache, read(2) and write(2) report.
fn look(ends: Ends) -> Option<Copy> {
    let (from, to) = (os::status(ends.src).ok()?, os::status(ends.dst).ok()?);
    let largest = match to.kind {
        Kind::File | Kind::Socket => LARGEST,
        Kind::Pipe => LARGEST_TO_PIPE,
        Kind::Other => return None,
    };
    if from.kind != Kind::File || from.is_same(&to) {
        return None;
    }
    let begin = ends.src_offset.or_else(|| os::seek_by(ends.src, 0).ok())?;
    let left = u64::try_from(from.size.checked_sub(begin)?).ok()?;
    let left = usize::try_from(ends.limit.map_or(left, |limit| limit.min(left))).ok()?;
    let asked = ends.limit.map_or(left + 1, |limit| limit.min(left as u64 + 1) as usize);
    (left <= largest).then_some(Copy { ends, from, to, begin, left, asked })
}

impl Copy {
    fn run(mut self) -> Result<Small, Errno> {
        if self.asked <= LARGEST_TO_READ || self.to.kind == Kind::Pipe {
            return self.read_and_write();
        }
        let (Ok(from), Ok(to)) = (os::describe(self.ends.src), os::describe(self.ends.dst)) else {
            return Ok(Small::NOTHING);
        };
        if from.direct || !from.readable || to.direct || !to.writable {
            return Ok(Small::NOTHING);
        }
        if to.kind == Kind::Socket {
            let room = if to.nonblocking { self.asked } else { os::room_when_ready(to.fd) };
            self.asked = self.asked.min(room);
            return if self.left <= room && is_ready(to.fd) {
                self.in_kernel(&[Method::Sendfile])
            } else {
                Ok(Small::NOTHING)
            };
        }
        if self.from.has_holes {
            return Ok(Small::NOTHING);
        }
        if !to.append && self.clone_file() {
            return Ok(Small { count: self.left, all: true, method: None });
        }
        // sendfile(2) takes no offset for the destination.
        let has_offset = self.ends.dst_offset.is_some();
        self.in_kernel(if has_offset {
            &[Method::CopyFileRange]
        } else {
            &[Method::CopyFileRange, Method::Sendfile]
        })
    }

    fn is_all(&self, count: usize) -> bool {
        count == self.left || self.ends.limit == Some(count as u64)
    }

    /// Shares the blocks of a whole file with an empty one. Returns whether that was possible.
    fn clone_file(&self) -> bool {
        let Ends { src, dst, src_offset, dst_offset, limit } = self.ends;
        let is_whole = self.begin == 0 && limit.is_none_or(|limit| limit > self.left as u64);
        let is_empty = self.to.size == 0 && dst_offset.or_else(|| os::seek_by(dst, 0).ok()) == Some(0);
        let is_clone = is_whole && is_empty && os::clone_file(dst, src).is_ok();
        if is_clone {
            for (fd, offset, about) in [(src, src_offset, &self.from), (dst, dst_offset, &self.to)] {
                if offset.is_none() && is_still(fd, about) {
                    let _ = os::seek_by(fd, self.left as i64); // cannot fail for a file
                }
            }
        }
        is_clone
    }

    /// Copies by the first of the methods that works.
    fn in_kernel(&mut self, methods: &[Method]) -> Result<Small, Errno> {
        let ends = &mut self.ends;
        for &method in methods {
            let moved = match method {
                Method::CopyFileRange => os::copy_file_range(
                    ends.src,
                    ends.src_offset.as_mut(),
                    ends.dst,
                    ends.dst_offset.as_mut(),
                    self.asked,
                ),
                _ => os::sendfile(ends.dst, ends.src, ends.src_offset.as_mut(), self.asked),
            };
            match moved {
                Ok(0) => {}
                Ok(count) => return Ok(Small { count, all: self.is_all(count), method: Some(method) }),
                Err(errno) if may_be_repeated(errno) => {}
                Err(errno) => return Err(errno),
            }
        }
        Ok(Small::NOTHING)
    }

    fn read_and_write(&mut self) -> Result<Small, Errno> {
        let Ok(mut memory) = fallible::vec(self.asked) else { return Ok(Small::NOTHING) };
        memory.resize(self.asked, 0);
        let Ends { src, dst, src_offset, .. } = self.ends;
        // send(2) never waits, but write(2) would wait for a pipe.
        if self.to.kind == Kind::Pipe && !is_ready(dst) {
            return Ok(Small::NOTHING);
        }
        let (mut taken, mut ended) = (0, false);
        while taken < memory.len() && !ended {
            match os::read(src, self.ends.src_offset.as_mut(), &mut memory[taken..]) {
                Ok(count) => {
                    taken += count;
                    ended = count == 0 || self.is_all(taken);
                }
                Err(_) => break,
            }
        }
        let mut written = Ok(0);
        if ended && taken > QUICKLY_READ && !is_still(dst, &self.to) {
            ended = false;
        }
        if ended {
            written = match (taken, self.to.kind) {
                // Sent to a datagram socket, this would be a message.
                (0, _) if os::describe(dst).is_ok_and(|to| to.writable) => Ok(0),
                (0, _) => return Ok(Small::NOTHING),
                (_, Kind::Socket) => os::send(dst, &memory[..taken]),
                _ => os::write(dst, self.ends.dst_offset.as_mut(), &memory[..taken]),
            };
            if written == Ok(taken) {
                return Ok(Small { count: taken, all: true, ..Small::NOTHING });
            }
        }
        let not_written = taken - written.unwrap_or(0);
        if src_offset.is_none() && not_written > 0 && is_still(src, &self.from) {
            os::seek_by(src, -(not_written as i64))?;
        }
        match written {
            Err(errno) if !may_be_repeated(errno) => Err(errno),
            _ => Ok(Small { count: written.unwrap_or(0), ..Small::NOTHING }),
        }
    }
}

/// Whether `fd` still refers to that file. Another thread may have closed it, and another file may have its number.
fn is_still(fd: c_int, about: &Status) -> bool {
    os::status(fd).is_ok_and(|now| now.is_same(about))
}

/// Whether a socket or pipe has room.
fn is_ready(fd: c_int) -> bool {
    os::poll([(fd, os::POLLOUT)], 0) == Ok([os::POLLOUT])
}

/// Whether `errno` means that an end is not ready, or that another call may work.
fn may_be_repeated(errno: Errno) -> bool {
    os::ANOTHER_METHOD.contains(&errno.0) || matches!(errno.0, os::EAGAIN | os::EINTR)
}
