//! The native part of `zcio.Pipe`: chunks of memory that are reused, and searches across them.
//!
//! [`pool`] lends chunks, which return to it when they are dropped. [`memory`] allocates them. [`lent`] keeps the
//! chunks that C callers hold, by address. [`spans`] searches memory that consists of several pieces. Only
//! [`memory::Memory`] makes system calls, and there is no unsafe code.
//!
//! Python has the list of a pipe's chunks and copies short records itself, which costs less than a call into the core.

pub mod lent;
pub mod memory;
pub mod pool;
pub mod spans;
