//! A transfer in one direction. It counts the bytes taken from the source, those pending, and those delivered.

mod steps;

use std::ffi::c_int;

use super::method::{Method, MethodSet};
use super::pipe::Pipe;
use crate::deadline::Deadline;
use crate::os::fork;
use crate::os::transfer as os;
use crate::os::{Description, Errno, Kind};

/// The arguments of a transfer.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// The source.
    pub src: Description,
    /// The destination.
    pub dst: Description,
    /// The offset in the source file; None: its position, which moves.
    pub src_offset: Option<i64>,
    /// The offset in the destination file; None: its position, which moves.
    pub dst_offset: Option<i64>,
    /// The largest number of bytes to move; None: to the end.
    pub limit: Option<u64>,
    /// Flags of splice(2).
    pub flags: u32,
    /// The calls that may be used.
    pub methods: MethodSet,
}

impl Plan {
    /// Whether the descriptors are open for reading and writing, the source has a known size that covers the plan, and
    /// both are not the same file.
    pub fn is_ordinary(&self) -> bool {
        let (from, to) = (&self.src, &self.dst);
        let src_fits = match from.kind {
            Kind::File => {
                let size = u64::try_from(from.size).unwrap_or(0);
                // Virtual files (/proc) have a size of 0 whatever their content.
                size > 0
                    && self.src_offset.unwrap_or(0) <= from.size
                    && self.limit.unwrap_or(0) <= size
                    && (to.kind != Kind::File || (from.device, from.inode) != (to.device, to.inode))
            }
            _ => self.src_offset.unwrap_or(0) == 0,
        };
        src_fits
            && from.readable
            && to.writable
            && self.limit != Some(0)
            && (to.kind == Kind::File || self.dst_offset.unwrap_or(0) == 0)
    }
}

/// How a slice of a transfer ended, if not with an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Everything is delivered.
    Done,
    /// The deadline has passed, or a signal came in: call again.
    Again,
    /// A descriptor is not ready: see [`Transfer::wants`].
    Waits,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Src,
    Dst,
}

enum Step {
    Moved,
    /// A call moved less than it was asked to, perhaps because of a signal, whose handler has to run now.
    CutShort,
    Retry,
    Blocked(Side),
    /// One of the descriptors is not ready, but the call did not tell which.
    Unclear,
    End,
}

#[derive(Debug)]
struct End {
    fd: c_int,
    /// The device and inode that `fd` referred to at the start.
    identity: (u64, u64),
    kind: Kind,
    offset: Option<i64>,
    /// It is in blocking mode, in which calls may wait whatever flags they are given.
    blocking: bool,
}

impl End {
    /// Fails with EBADF if `fd` was closed since the start; another file or connection may have the number now.
    fn check(&self) -> Result<(), Errno> {
        if os::describe(self.fd)?.identity() == self.identity {
            Ok(())
        } else {
            Err(Errno(os::EBADF))
        }
    }

    fn ready(&self, events: i16) -> Result<bool, Errno> {
        Ok(!self.blocking || os::poll([(self.fd, events)], 0)? != [0])
    }

    /// As much of `count` bytes as can be moved here without waiting, once this end is ready.
    fn room(&self, count: usize) -> usize {
        match self.kind {
            Kind::Socket if self.blocking => count.min(os::room_when_ready(self.fd)),
            Kind::Pipe if self.blocking => count.min(os::pipe_room_when_ready(self.fd)),
            _ => count,
        }
    }
}

/// A running transfer.
#[derive(Debug)]
pub struct Transfer {
    src: End,
    dst: End,
    limit: Option<u64>,
    /// The number of bytes in the source by its size, if it is a file.
    expected: Option<u64>,
    flags: u32,
    methods: MethodSet,
    method: Method,
    mover: Option<Method>,
    taken: u64,
    moved: u64,
    ended: bool,
    wants: Option<(c_int, i16)>,
    unclear: u8,
    piece: usize,
    pipe: Option<Pipe>,
    buffer: Vec<u8>,
    /// The part of the buffer that is still to be delivered.
    held: std::ops::Range<usize>,
    /// The process that made it, by [`fork::generation`].
    generation: usize,
}

impl Transfer {
    /// A transfer that has moved nothing yet. If the plan's descriptions were made earlier, call
    /// [`Transfer::check_ends`] first.
    pub fn new(plan: Plan) -> Result<Transfer, Errno> {
        let (from, to) = (&plan.src, &plan.dst);
        let file_offset = |kind, offset: Option<i64>| offset.filter(|_| kind == Kind::File);
        let dst_offset = file_offset(to.kind, plan.dst_offset);
        let mut methods = plan.methods;
        if from.kind != Kind::File || to.kind != Kind::File {
            methods = methods.without(Method::CopyFileRange);
        }
        // sendfile(2) takes no offset for the destination, and would wait for a full pipe.
        if from.kind != Kind::File || dst_offset.is_some() || to.kind == Kind::Pipe {
            methods = methods.without(Method::Sendfile);
        }
        let expected = match (from.kind, plan.src_offset) {
            (Kind::File, Some(offset)) => Some(from.size.saturating_sub(offset)),
            (Kind::File, None) => os::seek_by(from.fd, 0).ok().map(|at| from.size.saturating_sub(at)),
            _ => None,
        };
        let expected = expected.map(|size| size.max(0) as u64);
        let mut method = methods.first().ok_or(Errno(os::EINVAL))?;
        let files = (from.kind, to.kind) == (Kind::File, Kind::File) && !from.direct && !to.direct;
        if method == Method::Splice && files && methods.has(Method::ReadWrite) {
            let most = expected.into_iter().chain(plan.limit).min();
            if most.is_some_and(|most| most <= steps::WITHOUT_PIPE) {
                method = Method::ReadWrite;
            }
        }
        Ok(Transfer {
            src: End {
                fd: from.fd,
                identity: from.identity(),
                kind: from.kind,
                offset: file_offset(from.kind, plan.src_offset),
                blocking: from.kind != Kind::File && !from.nonblocking,
            },
            dst: End {
                fd: to.fd,
                identity: to.identity(),
                kind: to.kind,
                offset: dst_offset,
                blocking: to.kind != Kind::File && !to.nonblocking,
            },
            limit: plan.limit,
            expected,
            flags: plan.flags,
            method,
            methods,
            mover: None,
            taken: 0,
            moved: 0,
            ended: false,
            wants: None,
            unclear: 0,
            piece: steps::PIECE,
            pipe: None,
            buffer: Vec::new(),
            held: 0..0,
            generation: fork::generation(),
        })
    }

    /// The number of bytes delivered.
    pub fn moved(&self) -> u64 {
        self.moved
    }

    /// The number of bytes taken from the source and not delivered yet.
    pub fn pending(&self) -> usize {
        self.held.len() + self.pipe.as_ref().map_or(0, Pipe::held)
    }

    /// The method that moved the last bytes, or that will be tried next.
    pub fn method(&self) -> Method {
        self.mover.unwrap_or(self.method)
    }

    /// After [`Outcome::Waits`]: the descriptor that has to become ready, and for what (POLLIN or POLLOUT).
    pub fn wants(&self) -> Option<(c_int, i16)> {
        self.wants
    }

    /// Takes no more bytes from the source; only pending ones are still delivered.
    pub fn take_no_more(&mut self) {
        self.limit = Some(self.taken);
    }

    /// The caller calls it before every slice, and the slice calls it before each further step. Fails with EBADF if
    /// other code has closed a descriptor since it was described, even if another file has its number now.
    pub fn check_ends(&self) -> Result<(), Errno> {
        self.src.check()?;
        self.dst.check()
    }

    /// Moves bytes until everything is delivered, the deadline has passed, or a descriptor is not ready and the call
    /// must not wait. After an error, [`Transfer::moved`] and [`Transfer::pending`] have the progress.
    pub fn run(&mut self, deadline: &Deadline) -> Result<Outcome, Errno> {
        self.wants = None;
        loop {
            let outcome = match self.step(deadline).and_then(|step| self.judge(step, deadline)) {
                Err(Errno(os::EINTR)) => Some(Outcome::Again),
                outcome => outcome?,
            };
            if let Some(outcome) = outcome {
                return Ok(outcome);
            }
            if deadline.passed() {
                return Ok(Outcome::Again);
            }
            self.check_ends()?;
        }
    }

    /// The end of the slice after this step, or None to continue.
    fn judge(&mut self, step: Step, deadline: &Deadline) -> Result<Option<Outcome>, Errno> {
        match step {
            Step::Moved => {
                self.unclear = 0;
                Ok(None)
            }
            Step::CutShort => Ok(Some(Outcome::Again)),
            Step::Retry => Ok(None),
            Step::Blocked(side) => self.wait(side, deadline),
            Step::Unclear => match self.which()? {
                Some(side) => self.wait(side, deadline),
                None => Ok(None),
            },
            Step::End => {
                self.ended = true;
                self.pipe = None;
                Ok(Some(Outcome::Done))
            }
        }
    }

    /// Gives up the pending bytes. If the source is a file, its position is set back; otherwise they are copied to
    /// `out` as far as they fit. Returns the number of bytes copied.
    ///
    /// In a child that was forked meanwhile, it neither copies nor sets back: the pipe and the position are shared with
    /// the parent, which would miss the bytes.
    pub fn take_back(&mut self, out: &mut [u8]) -> Result<usize, Errno> {
        if self.generation != fork::generation() {
            self.pipe = None;
            self.held = 0..0;
            return Ok(0);
        }
        let pending = self.pending();
        if pending > 0 && self.src.kind == Kind::File && self.give_back(pending as i64) {
            self.taken -= pending as u64;
            self.pipe = None;
            self.held = 0..0;
            return Ok(0);
        }
        let mut copied = self.held.len().min(out.len());
        out[..copied].copy_from_slice(&self.buffer[self.held.start..][..copied]);
        self.held.start += copied;
        if let Some(pipe) = &mut self.pipe {
            while copied < out.len() && pipe.held() > 0 {
                match os::read(pipe.reader(), None, &mut out[copied..]) {
                    Ok(0) => return Err(Errno(os::EIO)),
                    Ok(count) => {
                        pipe.drained(count);
                        copied += count;
                    }
                    Err(Errno(os::EINTR)) => {}
                    Err(errno) => return Err(errno),
                }
            }
        }
        Ok(copied)
    }

    fn give_back(&mut self, pending: i64) -> bool {
        match &mut self.src.offset {
            Some(offset) => {
                *offset -= pending;
                true
            }
            None => self.src.check().is_ok() && os::seek_by(self.src.fd, -pending).is_ok(),
        }
    }

    /// Waits until this side is ready, and then returns None.
    fn wait(&mut self, side: Side, deadline: &Deadline) -> Result<Option<Outcome>, Errno> {
        let wanted = match side {
            Side::Src => (self.src.fd, os::POLLIN),
            Side::Dst => (self.dst.fd, os::POLLOUT),
        };
        // A listening socket would be waited for for ever. This is checked only here, because it costs a system call.
        if self.taken == 0 && os::is_listening(wanted.0) {
            return Err(Errno(os::ENOTCONN));
        }
        if !deadline.may_wait() {
            self.wants = Some(wanted);
            return Ok(Some(Outcome::Waits));
        }
        match os::poll([wanted], deadline.remaining_ms()) {
            Ok([0]) => Ok(Some(Outcome::Again)),
            Ok(_) => Ok(None),
            Err(errno) => Err(errno),
        }
    }

    /// The side that is not ready. If poll(2) finds both ready several times in a row, the next method is tried, which
    /// in the end is reading and writing by separate calls.
    fn which(&mut self) -> Result<Option<Side>, Errno> {
        let [src, dst] = os::poll([(self.src.fd, os::POLLIN), (self.dst.fd, os::POLLOUT)], 0)?;
        if src == 0 {
            return Ok(Some(Side::Src));
        }
        if dst == 0 {
            return Ok(Some(Side::Dst));
        }
        self.unclear += 1;
        if self.unclear > 2 {
            self.unclear = 0;
            self.next_method(Errno(os::EAGAIN))?;
        }
        Ok(None)
    }
}
