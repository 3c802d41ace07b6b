//! One direction: what is taken from the source, what is on its way, what the destination has.

use std::ffi::c_int;
use std::time::{Duration, Instant};

use super::pipe::Pipe;
use super::slice::Slice;
use super::way::{Way, Ways};
use crate::os::transfer as os;
use crate::os::{Errno, Kind};

/// The most that one splice(2) is asked for.
const PIECE: usize = 1 << 20;
/// The most that one copy_file_range(2) or sendfile(2) is asked for, once they have shown to be quick.
const LARGE_PIECE: usize = 1 << 26;
/// What read(2) and write(2) go through.
const BUFFER: usize = 1 << 18;
/// The same where nothing more than the end is expected.
const SMALL_BUFFER: usize = 1 << 12;
/// What a pipe that is ready takes without waiting (PIPE_BUF).
const ATOMIC: usize = 4096;

/// What is to be moved.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// From where.
    pub src: c_int,
    /// To where.
    pub dst: c_int,
    /// Where in the source file; None is its position, which moves.
    pub src_offset: Option<i64>,
    /// Where in the destination file; None is its position, which moves.
    pub dst_offset: Option<i64>,
    /// How much at most; None is to the end.
    pub limit: Option<u64>,
    /// Flags of splice(2).
    pub flags: u32,
    /// The calls that may be used.
    pub ways: Ways,
}

/// Where a slice of a transfer ended without an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Everything is delivered.
    Done,
    /// The time is over, or a signal came in: call again.
    Again,
    /// A descriptor is not ready: see [`Pump::wants`].
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
    kind: Kind,
    offset: Option<i64>,
    /// Calls on it may wait, whatever flags they are given.
    blocking: bool,
}

impl End {
    fn ready(&self, events: i16) -> Result<bool, Errno> {
        Ok(!self.blocking || os::poll([(self.fd, events)], 0)? != [0])
    }
}

/// A transfer under way.
#[derive(Debug)]
pub struct Pump {
    src: End,
    dst: End,
    limit: Option<u64>,
    /// What the source's size said there is, where it is a file.
    expected: Option<u64>,
    flags: u32,
    ways: Ways,
    way: Way,
    mover: Option<Way>,
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
}

impl Pump {
    /// Looks at both descriptors; nothing is moved yet.
    pub fn new(plan: Plan) -> Result<Pump, Errno> {
        let (from, to) = (os::describe(plan.src)?, os::describe(plan.dst)?);
        let mut ways = plan.ways;
        if from.kind != Kind::File || to.kind != Kind::File {
            ways = ways.without(Way::CopyFileRange);
        }
        // It has no offset for the destination, and waits for a pipe that is full.
        if from.kind != Kind::File || plan.dst_offset.is_some() || to.kind == Kind::Pipe {
            ways = ways.without(Way::Sendfile);
        }
        let expected = match (from.kind, plan.src_offset) {
            (Kind::File, Some(offset)) => Some(from.size.saturating_sub(offset)),
            (Kind::File, None) => os::seek_by(plan.src, 0).ok().map(|at| from.size.saturating_sub(at)),
            _ => None,
        };
        let file_offset = |kind, offset: Option<i64>| offset.filter(|_| kind == Kind::File);
        Ok(Pump {
            src: End {
                fd: plan.src,
                kind: from.kind,
                offset: file_offset(from.kind, plan.src_offset),
                blocking: from.kind != Kind::File && !from.nonblocking,
            },
            dst: End {
                fd: plan.dst,
                kind: to.kind,
                offset: file_offset(to.kind, plan.dst_offset),
                blocking: to.kind != Kind::File && !to.nonblocking,
            },
            limit: plan.limit,
            expected: expected.map(|size| size.max(0) as u64),
            flags: plan.flags,
            way: ways.first().ok_or(Errno(os::EINVAL))?,
            ways,
            mover: None,
            taken: 0,
            moved: 0,
            ended: false,
            wants: None,
            unclear: 0,
            piece: PIECE,
            pipe: None,
            buffer: Vec::new(),
            held: 0..0,
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

    /// The way that moved the last bytes, or the one to be tried now.
    pub fn way(&self) -> Way {
        self.mover.unwrap_or(self.way)
    }

    /// After [`Outcome::Waits`]: which descriptor has to be ready, and for what (POLLIN or POLLOUT).
    pub fn wants(&self) -> Option<(c_int, i16)> {
        self.wants
    }

    /// Delivers what is on its way, and nothing more.
    pub fn take_no_more(&mut self) {
        self.limit = Some(self.taken);
    }

    /// Goes on until all is delivered, the slice is over, or a descriptor is not ready and the slice does not wait.
    /// After an error, [`Pump::moved`] and [`Pump::pending`] tell where it stands.
    pub fn run(&mut self, slice: &Slice) -> Result<Outcome, Errno> {
        self.wants = None;
        loop {
            let outcome = match self.step(slice).and_then(|step| self.judge(step, slice)) {
                Err(Errno(os::EINTR)) => Some(Outcome::Again),
                outcome => outcome?,
            };
            if let Some(outcome) = outcome {
                return Ok(outcome);
            }
            if slice.over() {
                return Ok(Outcome::Again);
            }
        }
    }

    /// What a step means for the slice; None: go on.
    fn judge(&mut self, step: Step, slice: &Slice) -> Result<Option<Outcome>, Errno> {
        match step {
            Step::Moved => {
                self.unclear = 0;
                Ok(None)
            }
            Step::CutShort => Ok(Some(Outcome::Again)),
            Step::Retry => Ok(None),
            Step::Blocked(side) => self.wait(side, slice),
            Step::Unclear => match self.which()? {
                Some(side) => self.wait(side, slice),
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
    pub fn take_back(&mut self, out: &mut [u8]) -> Result<usize, Errno> {
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
            None => os::seek_by(self.src.fd, -pending).is_ok(),
        }
    }

    /// None: it is ready.
    fn wait(&mut self, side: Side, slice: &Slice) -> Result<Option<Outcome>, Errno> {
        let wanted = match side {
            Side::Src => (self.src.fd, os::POLLIN),
            Side::Dst => (self.dst.fd, os::POLLOUT),
        };
        if !slice.waits() {
            self.wants = Some(wanted);
            return Ok(Some(Outcome::Waits));
        }
        match os::poll([wanted], slice.rest()) {
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
            self.next_way(Errno(os::EAGAIN))?;
        }
        Ok(None)
    }

    fn step(&mut self, slice: &Slice) -> Result<Step, Errno> {
        if self.pending() == 0 && (self.ended || self.remaining() == 0) {
            return Ok(Step::End);
        }
        if !slice.waits() && self.dst.blocking && self.dst.kind != Kind::Pipe && self.way != Way::ReadWrite {
            // The flags of splice(2) say nothing to a socket; those of send(2) do.
            self.way = Way::ReadWrite;
        }
        match self.way {
            Way::CopyFileRange | Way::Sendfile => self.copy_in_kernel(),
            Way::Splice if self.src.kind == Kind::Pipe || self.dst.kind == Kind::Pipe => self.splice_directly(),
            Way::Splice => self.splice_through_pipe(),
            Way::ReadWrite => self.read_and_write(slice),
        }
    }

    fn remaining(&self) -> usize {
        let left = self.limit.map_or(u64::MAX, |limit| limit - self.taken);
        usize::try_from(left).unwrap_or(usize::MAX)
    }

    /// Bytes that are likely still to come: for sizes of memory only.
    fn likely(&self) -> usize {
        let expected = self.expected.map_or(u64::MAX, |expected| expected.saturating_sub(self.taken));
        self.remaining().min(usize::try_from(expected).unwrap_or(usize::MAX))
    }

    /// SPLICE_F_MORE holds the last bytes back for 200 ms if no more come, so it is given only while some will.
    fn splice_flags(&self) -> u32 {
        let known = self.limit.into_iter().chain(self.expected).min();
        let more = known.is_some_and(|end| self.taken < end);
        (if more { self.flags } else { self.flags & !os::SPLICE_F_MORE }) | os::SPLICE_F_NONBLOCK
    }

    fn next_way(&mut self, why: Errno) -> Result<Step, Errno> {
        self.ways = self.ways.without(self.way);
        self.way = self.ways.first().ok_or(why)?;
        Ok(Step::Retry)
    }

    fn failed(&mut self, errno: Errno) -> Result<Step, Errno> {
        if os::ANOTHER_WAY.contains(&errno.0) {
            self.next_way(errno)
        } else {
            Err(errno)
        }
    }

    /// A call moved nothing. Some file systems say so of files that have something, which reading will show.
    fn nothing_came(&mut self) -> Result<Step, Errno> {
        let expected = self.likely() > 0;
        if self.src.kind != Kind::File || (self.taken > 0 && !expected && self.way != Way::CopyFileRange) {
            return Ok(Step::End);
        }
        if expected && self.way == Way::CopyFileRange {
            return self.next_way(Errno(os::EIO));
        }
        while self.way != Way::ReadWrite {
            if self.next_way(Errno(os::EIO)).is_err() {
                return Ok(Step::End);
            }
        }
        Ok(Step::Retry)
    }

    fn delivered(&mut self, count: usize, asked: usize) -> Step {
        self.moved += count as u64;
        self.mover = Some(self.way);
        if count < asked && self.dst.blocking {
            Step::CutShort
        } else {
            Step::Moved
        }
    }

    fn copy_in_kernel(&mut self) -> Result<Step, Errno> {
        if !self.dst.ready(os::POLLOUT)? {
            return Ok(Step::Blocked(Side::Dst));
        }
        let count = self.remaining().min(self.piece);
        let (src, dst) = (&mut self.src, &mut self.dst);
        let begun = Instant::now();
        let moved = match self.way {
            Way::CopyFileRange => {
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
        // SPLICE_F_NONBLOCK holds for pipes alone.
        if self.src.kind != Kind::Pipe && !self.src.ready(os::POLLIN)? {
            return Ok(Step::Blocked(Side::Src));
        }
        if self.dst.kind != Kind::Pipe && !self.dst.ready(os::POLLOUT)? {
            return Ok(Step::Blocked(Side::Dst));
        }
        let count = self.remaining().min(PIECE);
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

    /// Fills the pipe only when it is empty: so EAGAIN always means the other side.
    fn splice_through_pipe(&mut self) -> Result<Step, Errno> {
        let (likely, remaining, flags) = (self.likely(), self.remaining(), self.splice_flags());
        let pipe = match &mut self.pipe {
            Some(pipe) => pipe,
            none => match Pipe::take(likely) {
                Ok(pipe) => none.insert(pipe),
                Err(errno) => return self.next_way(errno),
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
        let held = pipe.held();
        match os::splice(pipe.reader(), None, self.dst.fd, self.dst.offset.as_mut(), held, flags) {
            Ok(0) => self.next_way(Errno(os::EIO)),
            Ok(count) => {
                pipe.drained(count);
                Ok(self.delivered(count, held))
            }
            Err(Errno(os::EAGAIN)) => Ok(Step::Blocked(Side::Dst)),
            Err(errno) => self.failed(errno),
        }
    }

    fn read_and_write(&mut self, slice: &Slice) -> Result<Step, Errno> {
        if self.held.is_empty() {
            if let Some(step) = self.fill_buffer()? {
                return Ok(step);
            }
        }
        let mut memory = &self.buffer[self.held.clone()];
        let written = if self.dst.kind == Kind::Socket {
            os::send(self.dst.fd, memory)
        } else {
            if !self.dst.ready(os::POLLOUT)? {
                return Ok(Step::Blocked(Side::Dst));
            }
            if self.dst.blocking && !slice.waits() {
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

    /// From our pipe, where a call before left something in it, else from the source. None: there is something now.
    fn fill_buffer(&mut self) -> Result<Option<Step>, Errno> {
        let size = if self.likely() == 0 && self.taken == 0 { SMALL_BUFFER } else { BUFFER };
        if self.buffer.len() < size {
            self.buffer.resize(size, 0);
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
        let count = self.remaining().min(size);
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
