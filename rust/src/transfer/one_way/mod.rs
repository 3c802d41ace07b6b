//! One direction: what is taken from the source, what is on its way, what the destination has.

mod steps;

use std::ffi::c_int;

use super::method::{Method, MethodSet};
use super::pipe::Pipe;
use crate::deadline::Deadline;
use crate::os::fork;
use crate::os::transfer as os;
use crate::os::{Description, Errno, Kind};

/// What is to be moved.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// From where.
    pub src: Description,
    /// To where.
    pub dst: Description,
    /// Where in the source file; None is its position, which moves.
    pub src_offset: Option<i64>,
    /// Where in the destination file; None is its position, which moves.
    pub dst_offset: Option<i64>,
    /// How much at most; None is to the end.
    pub limit: Option<u64>,
    /// Flags of splice(2).
    pub flags: u32,
    /// The calls that may be used.
    pub methods: MethodSet,
}

impl Plan {
    /// Whether this is open for what is asked, inside the sizes that are known, and not within one file.
    pub fn is_ordinary(&self) -> bool {
        let (from, to) = (&self.src, &self.dst);
        let src_fits = match from.kind {
            Kind::File => {
                let size = u64::try_from(from.size).unwrap_or(0);
                // A size of 0 says nothing of files that are made up when they are read.
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

/// Where a slice of a transfer ended without an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Everything is delivered.
    Done,
    /// The time is over, or a signal came in: call again.
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
    /// Less than was asked for by a call that may have been cut short by a signal, whose handler has to run.
    CutShort,
    Retry,
    Blocked(Side),
    /// One of both is not ready.
    Unclear,
    End,
}

#[derive(Debug)]
struct End {
    fd: c_int,
    /// What `fd` referred to at the start.
    identity: (u64, u64),
    kind: Kind,
    offset: Option<i64>,
    /// Calls on it may wait, whatever flags they are given.
    blocking: bool,
}

impl End {
    /// EBADF if `fd` was closed since the start, so that the number may be that of another file or connection.
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
}

/// A transfer under way.
#[derive(Debug)]
pub struct Transfer {
    src: End,
    dst: End,
    limit: Option<u64>,
    /// What the source's size said there is, where it is a file.
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
    /// The part of the buffer that is not delivered yet.
    held: std::ops::Range<usize>,
    /// The process that made it, by [`fork::generation`].
    generation: usize,
}

impl Transfer {
    /// Nothing is moved yet. Unless the plan's descriptions were made just now, [`Transfer::check_ends`] comes first.
    pub fn new(plan: Plan) -> Result<Transfer, Errno> {
        let (from, to) = (&plan.src, &plan.dst);
        let file_offset = |kind, offset: Option<i64>| offset.filter(|_| kind == Kind::File);
        let dst_offset = file_offset(to.kind, plan.dst_offset);
        let mut methods = plan.methods;
        if from.kind != Kind::File || to.kind != Kind::File {
            methods = methods.without(Method::CopyFileRange);
        }
        // It has no offset for the destination, and waits for a pipe that is full.
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

    /// Bytes the destination has.
    pub fn moved(&self) -> u64 {
        self.moved
    }

    /// Bytes taken from the source that the destination does not have yet.
    pub fn pending(&self) -> usize {
        self.held.len() + self.pipe.as_ref().map_or(0, Pipe::held)
    }

    /// The method that moved the last bytes, or the one to be tried now.
    pub fn method(&self) -> Method {
        self.mover.unwrap_or(self.method)
    }

    /// After [`Outcome::Waits`]: which descriptor has to be ready, and for what (POLLIN or POLLOUT).
    pub fn wants(&self) -> Option<(c_int, i16)> {
        self.wants
    }

    /// Delivers what is on its way, and nothing more.
    pub fn take_no_more(&mut self) {
        self.limit = Some(self.taken);
    }

    /// To be called before every slice: EBADF if a descriptor was closed since it was described, by a signal handler
    /// or the rest of an event loop. What another thread closes during a slice goes unnoticed until the next one.
    pub fn check_ends(&self) -> Result<(), Errno> {
        self.src.check()?;
        self.dst.check()
    }

    /// Goes on until all is delivered, the deadline has passed, or a descriptor is not ready and the call must not wait.
    /// After an error, [`Transfer::moved`] and [`Transfer::pending`] tell where it stands.
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
        }
    }

    /// What a step means for the slice; None: go on.
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

    /// Copies to `out` what was taken from the source and not delivered, as far as it goes, and forgets it; a file
    /// gets it back instead. Returns how much was copied.
    ///
    /// In a child that was forked meanwhile it only forgets: the pipe and the position are also the parent's, which
    /// would miss the bytes.
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

    /// None: it is ready.
    fn wait(&mut self, side: Side, deadline: &Deadline) -> Result<Option<Outcome>, Errno> {
        let wanted = match side {
            Side::Src => (self.src.fd, os::POLLIN),
            Side::Dst => (self.dst.fd, os::POLLOUT),
        };
        // Asked where it is to be waited for, since only then it matters: it would be for ever.
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

    /// The side that is not ready. Where both seem to be, again and again, reading and writing one after the other
    /// will tell.
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
