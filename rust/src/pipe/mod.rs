//! What `zcio.Pipe` is made of: chunks of memory that are used again, and searches across them.
//!
//! [`pool`] lends chunks and takes them back when they are dropped; [`memory`] is what they are made of; [`lent`] keeps
//! those that are in foreign hands, by address; [`spans`] searches memory that lies in several pieces. None of it
//! makes a system call but through [`memory::Memory`], and there is no unsafe code.
//!
//! Where the chunks of one pipe begin and end is kept in Python: reading 30 bytes there costs less than the call here.

pub mod lent;
pub mod memory;
pub mod pool;
pub mod spans;
