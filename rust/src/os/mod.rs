//! One function per system call. Which file implements them is chosen here and nowhere else.

#[cfg_attr(unix, path = "unix.rs")]
#[cfg_attr(not(unix), path = "stub.rs")]
mod system;

#[cfg(target_os = "linux")]
pub mod sigbus;
#[cfg_attr(target_os = "linux", path = "transfer.rs")]
#[cfg_attr(not(target_os = "linux"), path = "transfer_stub.rs")]
pub mod transfer;

mod constants;
mod descriptor;
pub mod faults;
pub mod fork;
mod lock;

pub use constants::constants;
pub use descriptor::{Description, Kind};
pub use lock::lock;
pub use system::*;

/// An error number of the operating system, positive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Errno(pub i32);

impl Errno {
    /// Not an errno of any system: this platform has no such call.
    pub const UNSUPPORTED: Errno = Errno(1_000_020);
}
