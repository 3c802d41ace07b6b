//! Copies a small file to another file or to a socket, both open, in a single call.

use std::ffi::c_int;

use crate::fallible;
use crate::os::transfer as os;
use crate::os::{Errno, Kind};

/// The largest number of bytes to copy. Up to this, reading and writing once is faster than any other way.
const LARGEST: usize = 1 << 16;

/// How far [`copy_small`] came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Small {
    /// This number of bytes was copied, which is all of them.
    All(usize),
    /// Only this number of bytes was copied, or none.
    Part(usize),
}

/// Copies the regular file `src` to its end, or `limit` bytes of it, with one write(2) or send(2). It never waits for a
/// socket. A `src_offset` of None means the position. Positions are then after the bytes that were copied.
///
/// Copies nothing, so that the caller has to copy in another way, if there are more than 64 KiB, if the file has another
/// size than fstat(2) says, or if `dst` is neither a file nor a socket, or is the same file.
///
/// Fails with the error of the write, if that means neither that `dst` is not ready, nor that another call may work.
pub fn copy_small(src: c_int, dst: c_int, mut src_offset: Option<i64>, limit: Option<u64>) -> Result<Small, Errno> {
    let Some((mut memory, is_socket)) = prepare(src, dst, src_offset, limit) else { return Ok(Small::Part(0)) };
    let by_position = src_offset.is_none();
    let (mut taken, mut ended) = (0, false);
    while taken < memory.len() && !ended {
        match os::read(src, src_offset.as_mut(), &mut memory[taken..]) {
            Ok(count) => {
                taken += count;
                ended = count == 0;
            }
            Err(_) => break,
        }
    }
    let mut written = Ok(0);
    if ended || limit == Some(taken as u64) {
        written = match (taken, is_socket) {
            (0, _) => return Ok(Small::All(0)), // sent to a datagram socket, this would be a message
            (_, true) => os::send(dst, &memory[..taken]),
            (_, false) => os::write(dst, None, &memory[..taken]),
        };
        if written == Ok(taken) {
            return Ok(Small::All(taken));
        }
    }
    let not_written = taken - written.unwrap_or(0);
    if by_position && not_written > 0 {
        os::seek_by(src, -(not_written as i64))?;
    }
    match written {
        Ok(count) => Ok(Small::Part(count)),
        Err(errno) if os::ANOTHER_METHOD.contains(&errno.0) => Ok(Small::Part(0)),
        Err(Errno(os::EAGAIN | os::EINTR)) => Ok(Small::Part(0)),
        Err(errno) => Err(errno),
    }
}

/// Memory for the bytes to copy, and whether `dst` is a socket. None if this is no usual copy of a small file. Without a
/// limit, the memory has room for one byte more than the file has, so that reading finds its end.
fn prepare(src: c_int, dst: c_int, src_offset: Option<i64>, limit: Option<u64>) -> Option<(Vec<u8>, bool)> {
    let (from, to) = (os::describe(src).ok()?, os::describe(dst).ok()?);
    let is_socket = to.kind == Kind::Socket;
    let is_file = to.kind == Kind::File && !to.direct && from.identity() != to.identity();
    if from.kind != Kind::File || from.direct || !from.readable || !to.writable || !(is_file || is_socket) {
        return None;
    }
    let begin = src_offset.or_else(|| os::seek_by(src, 0).ok())?;
    let left = usize::try_from(from.size.checked_sub(begin)?).ok().filter(|left| *left <= LARGEST)?;
    let size = limit.map_or(left + 1, |limit| limit.min(left as u64 + 1) as usize);
    let mut memory = fallible::vec(size).ok()?;
    memory.resize(size, 0);
    Some((memory, is_socket))
}
