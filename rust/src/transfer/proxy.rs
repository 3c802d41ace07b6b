//! Moves bytes in both directions between two sockets, in one thread.

use std::ffi::c_int;

use super::method::{Method, MethodSet};
use super::one_way::{Outcome, Plan, Transfer};
use crate::deadline::Deadline;
use crate::os::fork;
use crate::os::transfer as os;
use crate::os::{Errno, Kind};

#[derive(Debug)]
struct Direction {
    transfer: Transfer,
    dst: c_int,
    done: bool,
    /// Whether to watch for an error of the destination while the source sends nothing.
    watch: bool,
}

/// A socket, and its blocking mode before the proxy was made.
#[derive(Debug, Clone, Copy)]
struct Before {
    fd: c_int,
    identity: (u64, u64),
    nonblocking: bool,
}

/// Two [`Transfer`]s, from `a` to `b` and back.
#[derive(Debug)]
pub struct Proxy {
    directions: [Direction; 2],
    failed: Option<(Errno, usize)>,
    before: [Before; 2],
    /// The process that made it, by [`fork::generation`].
    generation: usize,
}

impl Proxy {
    /// A proxy between two sockets, which are non-blocking until it is dropped. Otherwise a write in one direction
    /// could block for ever, while the peer waits for the other direction.
    pub fn new(a: c_int, b: c_int) -> Result<Proxy, Errno> {
        let look = |fd| {
            let about = os::describe(fd)?;
            if about.kind != Kind::Socket {
                return Err(Errno(os::ENOTSOCK));
            }
            if os::is_listening(fd) {
                return Err(Errno(os::ENOTCONN));
            }
            Ok(Before { fd, identity: about.identity(), nonblocking: about.nonblocking })
        };
        let before = [look(a)?, look(b)?];
        for fd in [a, b] {
            if let Err(errno) = os::set_nonblocking(fd, true) {
                restore(&before);
                return Err(errno);
            }
        }
        let methods = MethodSet::of(&[Method::Splice, Method::ReadWrite]);
        let direction = |src, dst| {
            let plan = Plan {
                src: os::describe(src)?,
                dst: os::describe(dst)?,
                src_offset: None,
                dst_offset: None,
                limit: None,
                flags: 0,
                methods,
            };
            Transfer::new(plan).map(|transfer| Direction { transfer, dst, done: false, watch: true })
        };
        match (direction(a, b), direction(b, a)) {
            (Ok(there), Ok(back)) => {
                Ok(Proxy { directions: [there, back], failed: None, before, generation: fork::generation() })
            }
            (Err(errno), _) | (_, Err(errno)) => {
                restore(&before);
                Err(errno)
            }
        }
    }

    /// The transfer from `a` to `b` (0) or back (1).
    pub fn transfer(&mut self, direction: usize) -> Option<&mut Transfer> {
        self.directions.get_mut(direction).map(|direction| &mut direction.transfer)
    }

    /// The direction that failed, if one did.
    pub fn failed(&self) -> Option<usize> {
        self.failed.map(|(_, direction)| direction)
    }

    /// Continues until both directions have ended, or the deadline has passed. If one direction fails, the other one
    /// first delivers what it can without waiting.
    pub fn run(&mut self, deadline: &Deadline) -> Result<Outcome, Errno> {
        for direction in &self.directions {
            direction.transfer.check_ends()?;
        }
        loop {
            let mut busy = false;
            for index in 0..2 {
                if self.failed.is_some() {
                    break;
                }
                match self.step(index) {
                    Ok(outcome) => busy |= outcome == Outcome::Again,
                    Err(errno) => self.failed = Some((errno, index)),
                }
            }
            if let Some((errno, index)) = self.failed {
                return self.end(errno, 1 - index, deadline);
            }
            if self.directions.iter().all(|direction| direction.done) {
                return Ok(Outcome::Done);
            }
            if !busy {
                if !deadline.may_wait() {
                    return Ok(Outcome::Waits);
                }
                if let Some(outcome) = self.wait(deadline)? {
                    return Ok(outcome);
                }
            }
            if deadline.passed() {
                return Ok(Outcome::Again);
            }
        }
    }

    fn step(&mut self, index: usize) -> Result<Outcome, Errno> {
        let direction = &mut self.directions[index];
        if direction.done {
            return Ok(Outcome::Done);
        }
        let outcome = direction.transfer.run(&Deadline::event_loop())?;
        if outcome == Outcome::Done {
            match os::shutdown_write(direction.dst) {
                Err(Errno(os::EINTR)) => return Ok(Outcome::Again),
                // The destination is closed already; whether that is an error shows in the other direction.
                Ok(()) | Err(Errno(os::ENOTCONN)) => direction.done = true,
                Err(errno) => return Err(errno),
            }
        }
        Ok(outcome)
    }

    /// After direction `1 - other` failed with `errno`: delivers the other one's data, then returns the error.
    fn end(&mut self, errno: Errno, other: usize, deadline: &Deadline) -> Result<Outcome, Errno> {
        let direction = &mut self.directions[other];
        if direction.done {
            return Err(errno);
        }
        while let Ok(Outcome::Again) = direction.transfer.run(&Deadline::event_loop()) {
            if deadline.passed() {
                return Ok(Outcome::Again);
            }
        }
        Err(errno)
    }

    /// Waits until a descriptor is ready, and then returns None.
    fn wait(&mut self, deadline: &Deadline) -> Result<Option<Outcome>, Errno> {
        let wanted = |direction: &Direction| direction.transfer.wants().unwrap_or((-1, 0));
        let watched =
            |direction: &Direction| (if direction.done || !direction.watch { -1 } else { direction.dst }, 0);
        let [there, back] = &self.directions;
        let polled = [wanted(there), wanted(back), watched(there), watched(back)];
        let found = match os::poll(polled, deadline.remaining_ms()) {
            Err(Errno(os::EINTR)) => return Ok(Some(Outcome::Again)),
            found => found?,
        };
        for (index, events) in found[2..].iter().enumerate() {
            if events & os::POLLERR != 0 {
                // The next write would fail with this error, but there may never be anything to write.
                let error = os::socket_error(self.directions[index].dst);
                let errno = Errno(if error == 0 { os::EPIPE } else { error });
                self.failed = Some((errno, index));
                return Ok(None);
            }
            if *events != 0 {
                self.directions[index].watch = false;
            }
        }
        Ok(if found == [0; 4] { Some(Outcome::Again) } else { None })
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // A child that was forked meanwhile shares the mode with the parent, whose proxy still needs it.
        if self.generation == fork::generation() {
            restore(&self.before);
        }
    }
}

fn restore(before: &[Before; 2]) {
    for socket in before {
        // If the socket was closed meanwhile, the number may belong to another file.
        if os::describe(socket.fd).is_ok_and(|about| about.identity() == socket.identity) {
            let _ = os::set_nonblocking(socket.fd, socket.nonblocking);
        }
    }
}
