//! The native part of `zcio.Pipe`: chunks of memory that are reused, and searches across them.
//!
//! [`pool`] lends chunks and takes them back when they are dropped; [`memory`] allocates them; [`lent`] keeps those
//! that C callers hold, by address; [`spans`] searches memory that lies in several pieces. Only [`memory::Memory`]
//! makes system calls, and there is no unsafe code.
//!
//! Python keeps the list of a pipe's chunks and copies short records itself: that costs less than a call into the core.

pub mod lent;
pub mod memory;
pub mod pool;
pub mod spans;
