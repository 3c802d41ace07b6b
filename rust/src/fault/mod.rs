//! A SIGBUS for a page of a mapping that is gone (its file was truncated, or its disk is full), turned into an answer.
//!
//! Two ways, both for chosen ranges of memory alone; every other SIGBUS goes to whoever was to have it before:
//!
//! * A [`Guard`] covers a mapping for as long as it lives. Whoever reads or writes a page that is gone, through
//!   whatever library, finds zeros there; the guard counts that, and can put the file back.
//! * [`reading`] covers one search. It ends there and then, and nothing is changed.
//!
//! From the top: [`guard`] and [`reading`] have the [`handler`] installed, which is what the kernel calls; it asks
//! [`escape`], then [`registry`], of [`slot`]s, then [`chain`], which knows whose the signal was before. From the
//! handler down all runs in a signal handler: atomics and bare system calls, no lock and no allocation.

#[cfg(target_os = "linux")]
mod chain;
#[cfg_attr(not(all(target_os = "linux", target_arch = "x86_64")), path = "no_escape.rs")]
mod escape;
#[cfg_attr(not(target_os = "linux"), path = "no_guard.rs")]
mod guard;
#[cfg(target_os = "linux")]
mod handler;
mod reading;
#[cfg(target_os = "linux")]
mod registry;
#[cfg(target_os = "linux")]
mod slot;

pub use escape::Faulted;
pub use guard::Guard;
pub use reading::reading;
