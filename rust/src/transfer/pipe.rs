//! The pipes that stand between two descriptors neither of which is one.
//!
//! They are pooled while transfers run, and all are closed when the last one ends: an idle process keeps no
//! descriptor, and one that closes every descriptor it finds (as daemons do) does not pull them from under a pool.

use std::ffi::c_int;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::Mutex;

use crate::fallible;
use crate::os::transfer as os;
use crate::os::{lock, Errno};

/// What a pipe is enlarged to; an unprivileged user may have so much in one pipe unless the administrator says less.
const SIZE: usize = 1 << 20;
/// What a pipe has by itself.
const PLAIN: usize = 1 << 16;
/// How many idle ones are kept while others are in use.
const IDLE: usize = 16;

/// A pipe of ours, counting what is in it.
#[derive(Debug)]
pub(super) struct Pipe {
    read: c_int,
    write: c_int,
    size: usize,
    held: usize,
    owner: &'static Pool,
}

impl Pipe {
    /// An empty pipe for a transfer of about `size` bytes. ENOMEM, and what pipe(2) fails with.
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

    /// As large as the transfer needs and the system lets it be; smaller ones work, too.
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

    /// Bytes it takes when empty, at most.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Bytes in it.
    pub fn held(&self) -> usize {
        self.held
    }

    /// So many came in.
    pub fn filled(&mut self, count: usize) {
        self.held += count;
    }

    /// So many went out.
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
            // Inherited by fork: the parent has its own descriptors for the same pipe.
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
            // SAFETY: it is this value's own, which ends here.
            let _ = unsafe { os::close(fd) };
        }
    }
}

#[derive(Debug, Default)]
struct State {
    idle: Vec<Ends>,
    used: usize,
}

/// The pipes of one process. After a fork the child has a pool of its own: the parent's may be locked for ever there,
/// and a pipe that both use would mix their bytes.
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
                // SAFETY: nobody else has seen it.
                drop(unsafe { Box::from_raw(fresh) });
            } else if let Some(inherited) = known_pool {
                // Who held the lock when the process forked never lets go of it.
                if let Ok(mut state) = inherited.state.try_lock() {
                    state.idle.drain(..).for_each(Ends::close);
                }
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// A user is done with its pipe, if it got one; the flag says whether it is empty.
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
