//! Copies a small file to another file, a socket or a pipe, all open, in a single call.

use std::ffi::c_int;

use super::method::Method;
use crate::fallible;
use crate::os::transfer as os;
use crate::os::{Description, Errno, Kind};

/// Up to this number of bytes, reading and writing is faster than any other way. A datagram, which has to be sent by one
/// call, is not larger.
const LARGEST_TO_READ: usize = 1 << 16;
/// The largest number of bytes to copy by copy_file_range(2) or sendfile(2).
const LARGEST: usize = 1 << 20;
/// The largest number of bytes to copy to a pipe. A pipe that is ready accepts these without waiting (PIPE_BUF).
const LARGEST_TO_PIPE: usize = 1 << 12;

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

/// A plan for [`copy_small`], after both ends were looked at.
struct Ends {
    src: c_int,
    dst: c_int,
    src_offset: Option<i64>,
    dst_offset: Option<i64>,
    limit: Option<u64>,
    to: Description,
    /// Where the bytes begin in the source.
    begin: i64,
    /// The number of bytes to copy, by the size of the file.
    left: usize,
    /// The number of bytes to ask for: without a limit one more than `left`, so that the call finds the end.
    asked: usize,
}

/// Copies the regular file `src` to its end, or `limit` bytes of it, by one call of write(2), send(2), sendfile(2) or
/// copy_file_range(2), or by a reflink. It waits for no socket or pipe. An offset of None means the position. Positions
/// are then after the bytes that were copied.
///
/// Copies nothing, so that the caller has to copy in another way, if there are more than 1 MiB (4 KiB to a pipe), if the
/// file has holes or another size than fstat(2) says, if a socket or pipe is not ready or has not enough room, or if
/// `dst` is something else or the same file.
///
/// Fails with the error of the write, if that means neither that `dst` is not ready, nor that another call may work.
pub fn copy_small(
    src: c_int,
    dst: c_int,
    src_offset: Option<i64>,
    dst_offset: Option<i64>,
    limit: Option<u64>,
) -> Result<Small, Errno> {
    match look(src, dst, src_offset, dst_offset, limit) {
        None => Ok(Small::NOTHING),
        Some(mut ends) if ends.asked <= LARGEST_TO_READ || ends.to.kind == Kind::Pipe => ends.read_and_write(),
        Some(mut ends) if ends.to.kind == Kind::Socket => ends.in_kernel(&[Method::Sendfile]),
        Some(ends) if ends.clone_file() => Ok(Small { count: ends.left, all: true, method: None }),
        // sendfile(2) takes no offset for the destination.
        Some(mut ends) if ends.dst_offset.is_some() => ends.in_kernel(&[Method::CopyFileRange]),
        Some(mut ends) => ends.in_kernel(&[Method::CopyFileRange, Method::Sendfile]),
    }
}

/// None if this is no usual copy of a small file, or if `dst` is not ready.
fn look(
    src: c_int,
    dst: c_int,
    src_offset: Option<i64>,
    dst_offset: Option<i64>,
    limit: Option<u64>,
) -> Option<Ends> {
    let (from, to) = (os::describe(src).ok()?, os::describe(dst).ok()?);
    let largest = largest(&from, &to)?;
    let begin = src_offset.or_else(|| os::seek_by(src, 0).ok())?;
    let left = u64::try_from(from.size.checked_sub(begin)?).ok()?;
    let left = usize::try_from(limit.map_or(left, |limit| limit.min(left))).ok()?;
    let asked = limit.map_or(left + 1, |limit| limit.min(left as u64 + 1) as usize);
    let by_reading = asked <= LARGEST_TO_READ;
    let sends_file = to.kind == Kind::Socket && !by_reading;
    if left > largest
        || sends_file && !to.nonblocking && asked > os::room_when_ready(dst)
        || (sends_file || to.kind == Kind::Pipe) && os::poll([(dst, os::POLLOUT)], 0) != Ok([os::POLLOUT])
        || to.kind == Kind::File && !by_reading && os::status(src).ok()?.has_holes
    {
        return None;
    }
    Some(Ends { src, dst, src_offset, dst_offset, limit, to, begin, left, asked })
}

/// The largest number of bytes to copy, or None if this is no usual copy.
fn largest(from: &Description, to: &Description) -> Option<usize> {
    if from.kind != Kind::File || from.direct || !from.readable || !to.writable {
        return None;
    }
    match to.kind {
        Kind::File => (!to.direct && from.identity() != to.identity()).then_some(LARGEST),
        Kind::Socket => Some(LARGEST),
        Kind::Pipe => Some(LARGEST_TO_PIPE),
        Kind::Other => None,
    }
}

impl Ends {
    fn is_all(&self, count: usize) -> bool {
        count == self.left || self.limit == Some(count as u64)
    }

    /// Shares the blocks of a whole file with an empty one. Returns whether that was possible.
    fn clone_file(&self) -> bool {
        let is_whole = self.begin == 0 && self.limit.is_none_or(|limit| limit > self.left as u64);
        let is_empty = self.to.size == 0 && self.dst_offset.or_else(|| os::seek_by(self.dst, 0).ok()) == Some(0);
        let is_clone = is_whole && is_empty && !self.to.append && os::clone_file(self.dst, self.src).is_ok();
        if is_clone {
            for (fd, offset) in [(self.src, self.src_offset), (self.dst, self.dst_offset)] {
                if offset.is_none() {
                    let _ = os::seek_by(fd, self.left as i64); // cannot fail for a file
                }
            }
        }
        is_clone
    }

    /// Copies by the first of the methods that works.
    fn in_kernel(&mut self, methods: &[Method]) -> Result<Small, Errno> {
        for &method in methods {
            let moved = match method {
                Method::CopyFileRange => os::copy_file_range(
                    self.src,
                    self.src_offset.as_mut(),
                    self.dst,
                    self.dst_offset.as_mut(),
                    self.asked,
                ),
                _ => os::sendfile(self.dst, self.src, self.src_offset.as_mut(), self.asked),
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
        let by_position = self.src_offset.is_none();
        let (mut taken, mut ended) = (0, false);
        while taken < memory.len() && !ended {
            match os::read(self.src, self.src_offset.as_mut(), &mut memory[taken..]) {
                Ok(count) => {
                    taken += count;
                    ended = count == 0 || self.is_all(taken);
                }
                Err(_) => break,
            }
        }
        let mut written = Ok(0);
        if ended {
            written = match (taken, self.to.kind) {
                (0, _) => Ok(0), // sent to a datagram socket, this would be a message
                (_, Kind::Socket) => os::send(self.dst, &memory[..taken]),
                _ => os::write(self.dst, self.dst_offset.as_mut(), &memory[..taken]),
            };
            if written == Ok(taken) {
                return Ok(Small { count: taken, all: true, ..Small::NOTHING });
            }
        }
        let not_written = taken - written.unwrap_or(0);
        if by_position && not_written > 0 {
            os::seek_by(self.src, -(not_written as i64))?;
        }
        match written {
            Err(errno) if !may_be_repeated(errno) => Err(errno),
            _ => Ok(Small { count: written.unwrap_or(0), ..Small::NOTHING }),
        }
    }
}

/// Whether `errno` means that an end is not ready, or that another call may work.
fn may_be_repeated(errno: Errno) -> bool {
    os::ANOTHER_METHOD.contains(&errno.0) || matches!(errno.0, os::EAGAIN | os::EINTR)
}
