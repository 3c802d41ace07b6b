//! One function per system call; which file serves is chosen here and nowhere else.

#[cfg_attr(unix, path = "unix.rs")]
#[cfg_attr(not(unix), path = "stub.rs")]
mod system;

mod constants;

pub use constants::constants;
pub use system::*;

/// An error number of the operating system, positive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Errno(pub i32);
