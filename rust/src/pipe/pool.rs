//! A pool of reusable chunks, with a limit for the bytes in idle ones.

use std::io;
use std::sync::{Mutex, MutexGuard};

use super::memory::Memory;
use crate::os::{self, Errno};
use crate::try_arc::TryArc;

/// The byte with which a poisoning pool fills a chunk that was given back.
pub const POISON: u8 = 0xDD;

/// The counters of a pool.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Chunks allocated from the system since the pool was made.
    pub allocated: u64,
    /// Chunks lent again after an earlier use, since the pool was made.
    pub reused: u64,
    /// Chunks returned to the system since the pool was made.
    pub freed: u64,
    /// Chunks that are lent now.
    pub lent: u64,
    /// Their bytes.
    pub lent_bytes: u64,
    /// The largest `lent_bytes` so far.
    pub lent_bytes_peak: u64,
    /// Idle chunks.
    pub retained: u64,
    /// Their bytes.
    pub retained_bytes: u64,
}

struct State<M> {
    /// Idle chunks with their sizes, in the order in which they were given back.
    idle: Vec<(usize, M)>,
    stats: Stats,
}

/// Lends chunks. Any number of threads may use it; a chunk may outlive every other reference to its pool.
pub struct Pool<M: Memory> {
    max_retained: u64,
    poison: bool,
    state: Mutex<State<M>>,
}

impl<M: Memory> Pool<M> {
    /// A pool that keeps at most `max_retained` bytes of idle chunks. With `poison`, a chunk that comes back is
    /// overwritten with [`POISON`], so that a use after free shows at once. Fails with ENOMEM.
    pub fn new(max_retained: u64, poison: bool) -> Result<TryArc<Self>, Errno> {
        let state = Mutex::new(State { idle: Vec::new(), stats: Stats::default() });
        TryArc::new(Pool { max_retained, poison, state })
    }

    fn state(&self) -> MutexGuard<'_, State<M>> {
        // A poisoned lock is harmless: nothing below panics while a change is incomplete.
        os::lock(&self.state)
    }

    /// A chunk of exactly `size` bytes, which must not be 0. Its content is unspecified.
    pub fn take(this: &TryArc<Self>, size: usize) -> io::Result<Chunk<M>> {
        let idle = {
            let mut state = this.state();
            let found = state.idle.iter().rposition(|&(its_size, _)| its_size == size);
            let idle = found.map(|at| state.idle.remove(at).1);
            if idle.is_some() {
                state.stats.reused += 1;
                state.stats.retained -= 1;
                state.stats.retained_bytes -= size as u64;
                state.lend(size);
            }
            idle
        };
        let memory = match idle {
            Some(memory) => memory,
            None => {
                let memory = M::allocate(size)?;
                let mut state = this.state();
                state.stats.allocated += 1;
                state.lend(size);
                memory
            }
        };
        Ok(Chunk { memory: Some(memory), pool: TryArc::clone(this) })
    }

    /// Takes the memory of a dropped chunk back.
    fn give_back(&self, mut memory: M) {
        let size = memory.bytes().len();
        if self.poison {
            memory.bytes().fill(POISON);
        }
        let mut state = self.state();
        state.stats.lent -= 1;
        state.stats.lent_bytes -= size as u64;
        let most = self.max_retained.checked_sub(size as u64);
        // The chunks that were idle for longest are freed first. Otherwise chunks of a size that is no longer used
        // would stay for ever.
        while most.is_some_and(|most| state.stats.retained_bytes > most) {
            let (its_size, oldest) = state.idle.remove(0);
            state.stats.retained -= 1;
            state.stats.retained_bytes -= its_size as u64;
            state.stats.freed += 1;
            drop(state);
            drop(oldest);
            state = self.state();
        }
        if most.is_some() && state.idle.try_reserve(1).is_ok() {
            state.stats.retained += 1;
            state.stats.retained_bytes += size as u64;
            state.idle.push((size, memory));
        } else {
            state.stats.freed += 1;
            drop(state); // other threads need not wait for the system call
            drop(memory);
        }
    }

    /// Gives all idle chunks back to the system.
    pub fn clear(&self) {
        let idle = {
            let mut state = self.state();
            state.stats.freed += state.stats.retained;
            state.stats.retained = 0;
            state.stats.retained_bytes = 0;
            std::mem::take(&mut state.idle)
        };
        drop(idle);
    }

    /// The counters as they are now.
    pub fn stats(&self) -> Stats {
        self.state().stats
    }
}

impl<M> State<M> {
    fn lend(&mut self, size: usize) {
        let stats = &mut self.stats;
        stats.lent += 1;
        stats.lent_bytes += size as u64;
        stats.lent_bytes_peak = stats.lent_bytes_peak.max(stats.lent_bytes);
    }
}

/// Memory lent by a pool, to which it returns when it is dropped.
pub struct Chunk<M: Memory> {
    /// Some until the chunk is dropped.
    memory: Option<M>,
    pool: TryArc<Pool<M>>,
}

impl<M: Memory> Chunk<M> {
    /// The memory.
    pub fn bytes(&mut self) -> &mut [u8] {
        self.memory.as_mut().map_or(&mut [], M::bytes)
    }
}

impl<M: Memory> Drop for Chunk<M> {
    fn drop(&mut self) {
        if let Some(memory) = self.memory.take() {
            self.pool.give_back(memory);
        }
    }
}
