//! Moves bytes from one descriptor to another, in the kernel if possible, in bounded slices of time.
//!
//! A [`Transfer`] moves bytes in one direction between any two descriptors; a [`Proxy`] is two transfers between two
//! sockets. Neither loses bytes: those taken from the source and not yet delivered are counted, and can be taken back.
//! [`copy_path()`] copies a small file, given its path, and [`copy_small()`] one that is open.

mod copy_path;
mod method;
mod new_file;
mod one_way;
mod pipe;
mod proxy;
mod ready;
mod small;

pub use copy_path::{copy_path, Copied, Metadata, Part, Target};
pub use method::{Method, MethodSet};
pub use one_way::{Outcome, Plan, Transfer};
pub use proxy::Proxy;
pub use ready::{read_ready, write_ready};
pub use small::{copy_small, Ends};
