//! The core of zcio.
//!
//! Layers, top to bottom; `use` points only down:
//!
//! * [`ffi`]: the only `extern "C"` functions. They check arguments, catch panics and delegate.
//! * [`search`]: substring search, in bounded slices of time.
//! * [`regex`]: regular expressions over byte slices, in bounded steps of time.
//! * [`map`]: operations on memory mappings that the standard library's `mmap` lacks.
//! * [`fault`]: guarded mappings, in which a page that is gone does not end the process.
//! * [`pipe`]: pools of chunks, and searches across them.
//! * [`transfer`]: moving bytes from one descriptor to another.
//! * [`os`]: one function per system call, per platform.
//! * [`haystack`]: memory that is searched while Python may write it; [`deadline`]: how long one call may take.
//! * [`fallible`] and [`try_arc`]: allocations that report a lack of memory instead of aborting.
//!
//! [`search`], [`regex`], [`map`], [`fault`], [`pipe`] and [`transfer`] know nothing of C or Python.

// The documentation is for maintainers, who build it with private items.
#![allow(rustdoc::private_intra_doc_links)]

pub mod deadline;
pub mod fallible;
pub mod fault;
pub mod ffi;
pub mod haystack;
pub mod map;
pub mod os;
pub mod pipe;
pub mod regex;
pub mod search;
pub mod transfer;
pub mod try_arc;
