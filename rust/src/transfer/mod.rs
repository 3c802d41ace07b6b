//! Bytes from one descriptor to another, in the kernel where it can, in bounded slices of time.
//!
//! A [`Pump`] moves one way between any two descriptors; a [`Proxy`] is two of them between two sockets. Neither loses
//! a byte: what was taken from the source and not yet delivered is counted, and can be had back.

mod pipe;
mod proxy;
mod pump;
mod way;

pub use proxy::Proxy;
pub use pump::{Outcome, Plan, Pump};
pub use way::{Way, Ways};
