//! Guards: a page of a mapping that is gone (its file was truncated, or its disk is full) reads as zeros and is counted,
//! where it would otherwise end the process by SIGBUS.
//!
//! The first [`Guard`] installs a handler of SIGBUS, and nothing else does. For a fault in a guarded range the handler
//! maps anonymous zeros under the page and counts the fault; every other SIGBUS goes to whoever would have had it
//! without us. [`watching`] tells a search whether it read such zeros; it changes nothing.
//!
//! From the top: `guard` is the interface; `handler` is what the kernel calls; it asks `registry`, which holds a
//! `slot` for each guarded range, and passes on to `chain` what is not for us. `section` is the mutual exclusion between
//! the handler and everybody else, and `pages` the arithmetic.
//!
//! Before changing anything from `handler` down: it runs inside a signal handler, between two arbitrary instructions of
//! whatever thread touched the page. No thread-local variable of ours (in a shared library its first use on a thread
//! allocates), no allocation, no lock that a thread can hold while it takes a signal. What remains is atomics and system
//! calls. errno, which those set, is the C library's own and is put back.

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

/// The memory that was read has pages that are gone: some of what was read were zeros in their place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Faulted;
