//! Guards: an access to a page of a mapping that is gone (its file was truncated, or its disk is full) reads zeros and
//! is counted, instead of ending the process by SIGBUS.
//!
//! Only the first [`Guard`] installs a handler of SIGBUS. For a fault in a guarded range, the handler maps a page of
//! zeros in place of the missing one, and counts the fault. It forwards every other SIGBUS to the handler that would
//! have received it without us. [`watching`] tells a search whether it read such zeros; it changes nothing.
//!
//! From the top: `guard` is the interface. `handler` has the function that the kernel calls, and installs it. That asks
//! `registry`, which has a `slot` for each guarded range, and forwards other signals by `chain`. `section` is the
//! mutual exclusion between the handler and other code, and `pages` the arithmetic of pages.
//!
//! Before you change anything in `handler` or below: it runs inside a signal handler, between two arbitrary
//! instructions of the thread that accessed the page. So it must use no thread-local variable of ours (in a shared
//! library, its first use in a thread allocates), no allocation, and no lock that a thread may hold when it receives a
//! signal. It may use atomics and system calls. These set errno, which the handler restores.

#[cfg(target_os = "linux")]
mod chain;
#[cfg_attr(not(target_os = "linux"), path = "no_guard.rs")]
mod guard;
#[cfg(target_os = "linux")]
mod handler;
#[cfg(target_os = "linux")]
mod pages;
#[cfg(target_os = "linux")]
mod registry;
#[cfg(target_os = "linux")]
mod section;
#[cfg(target_os = "linux")]
mod slot;

pub use guard::{watching, Guard};

/// The memory that was read has pages that are gone, so that some of the bytes may be zeros in their place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Faulted;
