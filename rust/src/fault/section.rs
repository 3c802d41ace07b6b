//! The lock of a slot: mutual exclusion between threads, and with signal handlers.

use std::hint;
use std::sync::atomic::{AtomicUsize, Ordering::*};

use crate::os::fork;
use crate::os::sigbus::{self, SignalMask};

/// A section of code that one thread runs at a time, inside the handler of SIGBUS or outside of it.
///
/// A thread blocks all its signals before it enters. Otherwise a signal handler could interrupt the thread that is
/// inside, fault, and wait for that thread for ever. So a thread only ever waits for another one, and the one that is
/// inside waits for nothing: it makes a few system calls and leaves, and never reads the guarded memory.
///
/// A fork may copy a section while another thread is inside; that thread does not exist in the child. So the value that
/// marks a section as entered is the number of forks between this process and the one that loaded zcio, plus 1. In the
/// child, the value of a thread of the parent is outdated, and the section is free. `Slot` says why the state that such
/// a thread left behind is usable.
pub(super) struct Section {
    holder: AtomicUsize,
}

/// The section is held until this is dropped.
pub(super) struct Held<'a> {
    section: &'a Section,
    mask: SignalMask,
}

/// The number of attempts to enter before the thread starts to sleep between attempts.
const SPINS: u32 = 64;

impl Section {
    pub(super) const fn new() -> Section {
        Section { holder: AtomicUsize::new(0) }
    }

    /// Waits until no other thread is inside, and enters.
    pub(super) fn enter(&self) -> Held<'_> {
        let mask = sigbus::block_signals();
        let mut tries = 0;
        while !self.try_enter(fork::generation() + 1) {
            tries += 1;
            if tries < SPINS {
                hint::spin_loop();
            } else {
                // Not sched_yield, which would not let a thread of lower real-time priority run.
                sigbus::sleep_briefly();
            }
        }
        Held { section: self, mask }
    }

    fn try_enter(&self, word: usize) -> bool {
        let holder = self.holder.load(Relaxed);
        holder != word && self.holder.compare_exchange(holder, word, Acquire, Relaxed).is_ok()
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.section.holder.store(0, Release);
        sigbus::restore_signals(&self.mask);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;
    use std::thread;

    use super::*;

    #[test]
    fn what_a_thread_of_the_parent_held_is_free_in_the_child() {
        let section = Section::new();
        assert!(section.try_enter(1));
        assert!(!section.try_enter(1));
        assert!(section.try_enter(2));
        assert!(!section.try_enter(2));
    }

    #[test]
    fn eight_threads_are_in_it_one_at_a_time() {
        let (section, inside) = (Section::new(), AtomicBool::new(false));
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..5000 {
                        let _held = section.enter();
                        assert!(!inside.swap(true, Relaxed));
                        assert!(inside.swap(false, Relaxed));
                    }
                });
            }
        });
    }

    #[test]
    fn no_signal_arrives_inside() {
        static ARRIVED: AtomicBool = AtomicBool::new(false);
        extern "C" fn arrive(_: libc::c_int) {
            ARRIVED.store(true, SeqCst);
        }
        let section = Section::new();
        // SAFETY: the handler only stores, and nothing else here uses the signal.
        unsafe { libc::signal(libc::SIGUSR1, arrive as extern "C" fn(libc::c_int) as usize) };
        let held = section.enter();
        // SAFETY: a signal to the calling thread.
        unsafe { libc::raise(libc::SIGUSR1) };
        assert!(!ARRIVED.load(SeqCst));
        drop(held);
        assert!(ARRIVED.load(SeqCst));
    }
}
