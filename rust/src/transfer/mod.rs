//! Bytes from one descriptor to another, in the kernel where it can, in bounded slices of time.
//!
//! A [`Transfer`] moves one way between any two descriptors; a [`Proxy`] is two of them between two sockets. Neither
//! loses a byte: bytes taken from the source and not yet delivered are counted, and can be taken back. [`copy_path()`]
//! copies a small file by its name.

mod copy_path;
mod method;
mod one_way;
mod pipe;
mod proxy;

pub use copy_path::{copy_path, Copied, Metadata};
pub use method::{Method, MethodSet};
pub use one_way::{Outcome, Plan, Transfer};
pub use proxy::Proxy;
