//! The C interface: all functions that the crate exports. The only other `extern "C"` functions are callbacks for the
//! system: the handlers of signals in `fault` and those of fork(2) in `os`.
//!
//! Conventions, the same for every export:
//!
//! * a result `>= 0` is an answer, a negative one a code: `-errno` for system calls, else a `ZCIO_*` constant. All of
//!   those lie below any `-errno`, and no two are equal;
//! * no pointer is kept: memory is used only during the call that it is passed to;
//! * a panic does not reach the caller: it becomes [`ZCIO_PANIC`], and [`zcio_panic_message`] has its text;
//! * every function may be called from any thread, without the GIL.

mod copying;
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

pub use copying::*;
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
