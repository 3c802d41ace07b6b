//! Moves bytes from one descriptor to another, in the kernel if possible, in bounded slices of time.
//!
//! A [`Transfer`] moves bytes in one direction between any two descriptors; a [`Proxy`] is two transfers between two
//! sockets. Neither loses bytes: those taken from the source and not yet delivered are counted, and can be taken back.
//! [`copy_path()`] copies a small file, given its path.

mod copy_path;
mod method;
mod one_way;
mod pipe;
mod proxy;

pub use copy_path::{copy_path, Copied, Metadata};
pub use method::{Method, MethodSet};
pub use one_way::{Outcome, Plan, Transfer};
pub use proxy::Proxy;
