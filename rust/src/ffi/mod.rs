//! The C interface: the only `extern "C"` functions of the crate.
//!
//! Conventions, the same for every export:
//!
//! * a result `>= 0` is an answer, a negative one a code: `-errno` for system calls, else a `ZCIO_*` constant
//!   (all of those lie below any `-errno`);
//! * nothing is kept: a pointer is read only during the call it is passed to;
//! * a panic never crosses: it becomes [`ZCIO_PANIC`] and its text waits in [`zcio_panic_message`];
//! * every function may be called from any thread, without the GIL.

mod fault;
mod guard;
mod info;
mod map;
mod pipe;
mod proxy;
mod regex;
mod search;
mod syscalls;
mod transfer;

pub use fault::*;
pub use guard::*;
pub use info::*;
pub use map::*;
pub use pipe::*;
pub use proxy::*;
pub use regex::*;
pub use search::*;
pub use syscalls::*;
pub use transfer::*;
