//! The pipes through which bytes are spliced between two descriptors that are not pipes.
//!
//! They are pooled while transfers run, and all are closed when the last transfer ends. So an idle process keeps no
//! descriptors, and a daemon that closes all descriptors at its start does not close those of a pool.

use std::ffi::c_int;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::Mutex;

use crate::fallible;
use crate::os::transfer as os;
use crate::os::{lock, Errno};

/// The size to which a pipe is enlarged: the default limit for unprivileged users (pipe-max-size).
const SIZE: usize = 1 << 20;
/// The size of a new pipe.
const PLAIN: usize = 1 << 16;
/// The largest number of idle pipes that are kept while others are in use.
const IDLE: usize = 16;

/// A pipe of ours, which counts the bytes in it.
#[derive(Debug)]
pub(super) struct Pipe {
    read: c_int,
    write: c_int,
    size: usize,
    held: usize,
    owner: &'static Pool,
}

impl Pipe {
    /// An empty pipe for a transfer of about `size` bytes. Fails with ENOMEM, or as pipe(2).
    pub fn take(size: usize) -> Result<Pipe, Errno> {
        let pool = Pool::ours()?;
        let idle = {
            let mut state = pool.lock();
            let found = state.idle.pop();
            state.used += 1;
            found
        };
        let ends = match idle {
            Some(ends) => Ok(ends),
            None => os::pipe().map(|(read, write)| Ends { read, write, size: PLAIN }),
        };
        match ends {
            Ok(Ends { read, write, size: has }) => {
                let mut pipe = Pipe { read, write, size: has, held: 0, owner: pool };
                pipe.enlarge(size);
                Ok(pipe)
            }
            Err(errno) => {
                pool.end_one(None);
                Err(errno)
            }
        }
    }

    /// Enlarges the pipe as far as the transfer needs and the system allows; a smaller one works too.
    fn enlarge(&mut self, wanted: usize) {
        let mut size = SIZE;
        while wanted > self.size && size > self.size {
            match os::set_pipe_size(self.write, size) {
                Ok(size) => self.size = size,
                Err(_) => size /= 4,
            }
        }
    }

    /// The end to read from.
    pub fn reader(&self) -> c_int {
        self.read
    }

    /// The end to write to.
    pub fn writer(&self) -> c_int {
        self.write
    }

    /// The number of bytes that it can hold.
    pub fn size(&self) -> usize {
        self.size
    }

    /// The number of bytes in it.
    pub fn held(&self) -> usize {
        self.held
    }

    /// Counts bytes that were written to it.
    pub fn filled(&mut self, count: usize) {
        self.held += count;
    }

    /// Counts bytes that were read from it.
    pub fn drained(&mut self, count: usize) {
        self.held -= count;
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        let ends = Ends { read: self.read, write: self.write, size: self.size };
        if self.owner.process == std::process::id() {
            self.owner.end_one(Some((ends, self.held == 0)));
        } else {
            // Inherited by a fork: the parent uses the same pipe through its own descriptors.
            ends.close();
        }
    }
}

#[derive(Debug)]
struct Ends {
    read: c_int,
    write: c_int,
    size: usize,
}

impl Ends {
    fn close(self) {
        for fd in [self.read, self.write] {
            // SAFETY: this value owns the descriptors, and ends here.
            let _ = unsafe { os::close(fd) };
        }
    }
}

#[derive(Debug, Default)]
struct State {
    idle: Vec<Ends>,
    used: usize,
}

/// The pipes of one process. After a fork, the child makes another pool: in the child, the parent's may be locked for
/// ever, and a pipe that both use would mix their bytes.
#[derive(Debug)]
struct Pool {
    process: u32,
    state: Mutex<State>,
}

static POOL: AtomicPtr<Pool> = AtomicPtr::new(ptr::null_mut());

impl Pool {
    fn ours() -> Result<&'static Pool, Errno> {
        let process = std::process::id();
        loop {
            let known = POOL.load(Ordering::Acquire);
            // SAFETY: null, or leaked by the lines below and so valid for ever.
            let known_pool = unsafe { known.as_ref() };
            if let Some(pool) = known_pool.filter(|pool| pool.process == process) {
                return Ok(pool);
            }
            let fresh = Box::into_raw(fallible::boxed(Pool { process, state: Mutex::default() })?);
            if POOL.compare_exchange(known, fresh, Ordering::AcqRel, Ordering::Acquire).is_err() {
                // SAFETY: the address was not published.
                drop(unsafe { Box::from_raw(fresh) });
            } else if let Some(inherited) = known_pool {
                // If another thread held the lock during the fork, it is never released in the child.
                if let Ok(mut state) = inherited.state.try_lock() {
                    state.idle.drain(..).for_each(Ends::close);
                }
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Ends one use of the pool. `pipe`: the pipe, if the user got one, and whether it is empty.
    fn end_one(&self, pipe: Option<(Ends, bool)>) {
        let mut closing = None;
        let mut idle = Vec::new();
        {
            let mut state = self.lock();
            state.used -= 1;
            match pipe {
                Some((ends, true)) if state.idle.len() < IDLE && state.idle.try_reserve(1).is_ok() => {
                    state.idle.push(ends);
                }
                Some((ends, _)) => closing = Some(ends),
                None => {}
            }
            if state.used == 0 {
                std::mem::swap(&mut idle, &mut state.idle);
            }
        }
        closing.into_iter().chain(idle).for_each(Ends::close);
    }
}
