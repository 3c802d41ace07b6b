//! The four methods to move bytes. Each step makes one system call, or two.

use std::time::{Duration, Instant};

use super::{Side, Step, Transfer};
use crate::deadline::Deadline;
use crate::fallible;
use crate::os::transfer as os;
use crate::os::{Errno, Kind};
use crate::transfer::method::Method;
use crate::transfer::pipe::Pipe;

/// The largest count for one splice(2), in bytes.
pub(super) const PIECE: usize = 1 << 20;
/// The largest count for one copy_file_range(2) or sendfile(2), once they have turned out to be fast.
const LARGE_PIECE: usize = 1 << 26;
/// The size of the buffer for read(2) and write(2).
const BUFFER: usize = 1 << 18;
/// The smallest size of that buffer.
const SMALL_BUFFER: usize = 1 << 12;
/// Up to this size, a file is read and written rather than spliced: making a pipe takes longer.
pub(super) const WITHOUT_PIPE: u64 = 1 << 14;
/// The number of bytes that a pipe which is ready accepts without waiting (PIPE_BUF).
const ATOMIC: usize = 4096;

impl Transfer {
    /// Makes the next call, or finds that none can be made now.
    pub(super) fn step(&mut self, deadline: &Deadline) -> Result<Step, Errno> {
        if self.pending() == 0 && (self.ended || self.remaining() == 0) {
            return Ok(Step::End);
        }
        if self.is_at_expected_end() {
            return self.find_end();
        }
        if !self.held.is_empty() {
            return self.read_and_write(deadline);
        }
        if !deadline.may_wait()
            && self.dst.blocking
            && self.dst.kind != Kind::Pipe
            && self.method != Method::ReadWrite
        {
            // splice(2) with SPLICE_F_NONBLOCK would still wait for a blocking socket; send(2) has a flag that prevents
            // it.
            self.method = Method::ReadWrite;
        }
        match self.method {
            Method::CopyFileRange | Method::Sendfile => self.copy_in_kernel(),
            Method::Splice if self.src.kind == Kind::Pipe || self.dst.kind == Kind::Pipe => self.splice_directly(),
            Method::Splice => self.splice_through_pipe(),
            Method::ReadWrite => self.read_and_write(deadline),
        }
    }

    /// Whether the source is a file, and as many bytes as its size were taken.
    fn is_at_expected_end(&self) -> bool {
        let all_taken = self.expected.is_some_and(|expected| expected > 0 && self.taken >= expected);
        all_taken && self.src.kind == Kind::File && self.pending() == 0
    }

    /// Reads at the expected end, to see whether it is the end. Another sendfile(2) would need a destination that is
    /// ready, and a blocking socket may not be ready before its reader has read most of the data.
    fn find_end(&mut self) -> Result<Step, Errno> {
        match self.fill_buffer() {
            Ok(Some(Step::End)) => return Ok(Step::End),
            Err(Errno(os::EINTR)) => return Err(Errno(os::EINTR)),
            // The file has grown, or cannot be read like this (O_DIRECT): continue as if its size were not known.
            Ok(_) | Err(_) => self.expected = None,
        }
        Ok(Step::Retry)
    }

    fn remaining(&self) -> usize {
        let left = self.limit.map_or(u64::MAX, |limit| limit - self.taken);
        usize::try_from(left).unwrap_or(usize::MAX)
    }

    /// The number of bytes that will probably follow. Used only to choose sizes of memory.
    fn likely(&self) -> usize {
        let expected = self.expected.map_or(u64::MAX, |expected| expected.saturating_sub(self.taken));
        self.remaining().min(usize::try_from(expected).unwrap_or(usize::MAX))
    }

    /// SPLICE_F_MORE delays the last bytes by 200 ms if no more follow, so it is passed on only if more will.
    fn splice_flags(&self) -> u32 {
        let known = self.limit.into_iter().chain(self.expected).min();
        let more = known.is_some_and(|end| self.taken < end);
        (if more { self.flags } else { self.flags & !os::SPLICE_F_MORE }) | os::SPLICE_F_NONBLOCK
    }

    pub(super) fn next_method(&mut self, why: Errno) -> Result<Step, Errno> {
        self.methods = self.methods.without(self.method);
        self.method = self.methods.first().ok_or(why)?;
        Ok(Step::Retry)
    }

    fn failed(&mut self, errno: Errno) -> Result<Step, Errno> {
        if os::ANOTHER_METHOD.contains(&errno.0) {
            self.next_method(errno)
        } else {
            Err(errno)
        }
    }

    /// A call returned 0. That is the end, except that some file systems return 0 for non-empty files; read(2) tells.
    fn nothing_came(&mut self) -> Result<Step, Errno> {
        let expected = self.likely() > 0;
        if self.src.kind != Kind::File || (self.taken > 0 && !expected && self.method != Method::CopyFileRange) {
            return Ok(Step::End);
        }
        if expected && self.method == Method::CopyFileRange {
            return self.next_method(Errno(os::EIO));
        }
        while self.method != Method::ReadWrite {
            if self.next_method(Errno(os::EIO)).is_err() {
                return Ok(Step::End);
            }
        }
        Ok(Step::Retry)
    }

    fn delivered(&mut self, count: usize, asked: usize) -> Step {
        self.moved += count as u64;
        self.mover = Some(self.method);
        // At the end of the file, a call moves less than it was asked to without any signal.
        if count < asked && self.dst.blocking && self.likely() > 0 {
            Step::CutShort
        } else {
            Step::Moved
        }
    }

    fn copy_in_kernel(&mut self) -> Result<Step, Errno> {
        if !self.dst.ready(os::POLLOUT)? {
            return Ok(Step::Blocked(Side::Dst));
        }
        let count = self.dst.room(self.remaining().min(self.piece));
        let (src, dst) = (&mut self.src, &mut self.dst);
        let begun = Instant::now();
        let moved = match self.method {
            Method::CopyFileRange => {
                os::copy_file_range(src.fd, src.offset.as_mut(), dst.fd, dst.offset.as_mut(), count)
            }
            _ => os::sendfile(dst.fd, src.fd, src.offset.as_mut(), count),
        };
        match moved {
            Ok(0) => self.nothing_came(),
            Ok(moved) => {
                let took = begun.elapsed();
                if took < Duration::from_millis(5) && moved == count {
                    self.piece = (self.piece * 2).min(LARGE_PIECE);
                } else if took > Duration::from_millis(20) {
                    self.piece = (self.piece / 2).max(SMALL_BUFFER);
                }
                self.taken += moved as u64;
                Ok(self.delivered(moved, count))
            }
            Err(Errno(os::EAGAIN)) => Ok(Step::Blocked(Side::Dst)),
            Err(errno) => self.failed(errno),
        }
    }

    fn splice_directly(&mut self) -> Result<Step, Errno> {
        // SPLICE_F_NONBLOCK affects only pipes.
        if self.src.kind != Kind::Pipe && !self.src.ready(os::POLLIN)? {
            return Ok(Step::Blocked(Side::Src));
        }
        if self.dst.kind != Kind::Pipe && !self.dst.ready(os::POLLOUT)? {
            return Ok(Step::Blocked(Side::Dst));
        }
        let mut count = self.remaining().min(PIECE);
        if self.dst.kind != Kind::Pipe {
            count = self.dst.room(count);
        }
        let flags = self.splice_flags();
        let (src, dst) = (&mut self.src, &mut self.dst);
        match os::splice(src.fd, src.offset.as_mut(), dst.fd, dst.offset.as_mut(), count, flags) {
            Ok(0) => self.nothing_came(),
            Ok(moved) => {
                self.taken += moved as u64;
                Ok(self.delivered(moved, count))
            }
            Err(Errno(os::EAGAIN)) => Ok(Step::Unclear),
            Err(errno) => self.failed(errno),
        }
    }

    /// Fills the pipe only when it is empty, so that EAGAIN always means that the other side is not ready.
    fn splice_through_pipe(&mut self) -> Result<Step, Errno> {
        let (likely, remaining, flags) = (self.likely(), self.remaining(), self.splice_flags());
        let pipe = match &mut self.pipe {
            Some(pipe) => pipe,
            none => match Pipe::take(likely) {
                Ok(pipe) => none.insert(pipe),
                Err(errno) => return self.next_method(errno),
            },
        };
        if pipe.held() == 0 {
            if !self.src.ready(os::POLLIN)? {
                return Ok(Step::Blocked(Side::Src));
            }
            let count = remaining.min(pipe.size());
            let flags = flags & !os::SPLICE_F_MORE;
            return match os::splice(self.src.fd, self.src.offset.as_mut(), pipe.writer(), None, count, flags) {
                Ok(0) => self.nothing_came(),
                Ok(count) => {
                    pipe.filled(count);
                    self.taken += count as u64;
                    Ok(Step::Moved)
                }
                Err(Errno(os::EAGAIN)) => Ok(Step::Blocked(Side::Src)),
                Err(errno) => self.failed(errno),
            };
        }
        if !self.dst.ready(os::POLLOUT)? {
            return Ok(Step::Blocked(Side::Dst));
        }
        let held = self.dst.room(pipe.held());
        match os::splice(pipe.reader(), None, self.dst.fd, self.dst.offset.as_mut(), held, flags) {
            Ok(0) => self.next_method(Errno(os::EIO)),
            Ok(count) => {
                pipe.drained(count);
                Ok(self.delivered(count, held))
            }
            Err(Errno(os::EAGAIN)) => Ok(Step::Blocked(Side::Dst)),
            Err(errno) => self.failed(errno),
        }
    }

    fn read_and_write(&mut self, deadline: &Deadline) -> Result<Step, Errno> {
        if self.held.is_empty() {
            // The next step writes, after a look whether another thread has closed the destination meanwhile.
            return Ok(self.fill_buffer()?.unwrap_or(Step::Retry));
        }
        let mut memory = &self.buffer[self.held.clone()];
        let written = if self.dst.kind == Kind::Socket {
            os::send(self.dst.fd, memory)
        } else {
            if !self.dst.ready(os::POLLOUT)? {
                return Ok(Step::Blocked(Side::Dst));
            }
            memory = &memory[..self.dst.room(memory.len())];
            if self.dst.blocking && !deadline.may_wait() {
                memory = &memory[..memory.len().min(ATOMIC)];
            }
            os::write(self.dst.fd, self.dst.offset.as_mut(), memory)
        };
        let asked = memory.len();
        match written {
            Ok(0) => Err(Errno(os::EIO)),
            Ok(count) => {
                self.held.start += count;
                Ok(self.delivered(count, asked))
            }
            Err(Errno(os::EAGAIN)) => Ok(Step::Blocked(Side::Dst)),
            Err(errno) => Err(errno),
        }
    }

    /// Enlarges the buffer to `size` or, if there is no memory for that, to the smallest size. Fails with ENOMEM.
    fn enlarge_buffer(&mut self, size: usize) -> Result<(), Errno> {
        for size in [size, SMALL_BUFFER] {
            if self.buffer.len() >= size {
                return Ok(());
            }
            if self.buffer.try_reserve_exact(size - self.buffer.len()).is_ok() {
                self.buffer.resize(size, 0);
                return Ok(());
            }
        }
        Err(fallible::OUT_OF_MEMORY)
    }

    /// Fills the buffer from our pipe, if an earlier method left bytes in it, else from the source. Returns None if the
    /// buffer has bytes now.
    fn fill_buffer(&mut self) -> Result<Option<Step>, Errno> {
        let size = self.likely().clamp(SMALL_BUFFER, BUFFER);
        if self.buffer.len() < size {
            self.enlarge_buffer(size)?;
        }
        if let Some(pipe) = self.pipe.as_mut().filter(|pipe| pipe.held() > 0) {
            let count = os::read(pipe.reader(), None, &mut self.buffer)?;
            if count == 0 {
                return Err(Errno(os::EIO));
            }
            pipe.drained(count);
            self.held = 0..count;
            return Ok(None);
        }
        if !self.src.ready(os::POLLIN)? {
            return Ok(Some(Step::Blocked(Side::Src)));
        }
        let count = self.remaining().min(self.buffer.len());
        match os::read(self.src.fd, self.src.offset.as_mut(), &mut self.buffer[..count]) {
            Ok(0) => Ok(Some(Step::End)),
            Ok(count) => {
                self.taken += count as u64;
                self.held = 0..count;
                Ok(None)
            }
            Err(Errno(os::EAGAIN)) => Ok(Some(Step::Blocked(Side::Src))),
            Err(errno) => Err(errno),
        }
    }
}
