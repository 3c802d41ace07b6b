//! The properties of a descriptor that matter to transfers.

use std::ffi::c_int;

/// The kind of file that a descriptor refers to, as far as transfers distinguish them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Kind {
    /// A regular file or block device: it has offsets and is always ready.
    File = 0,
    /// A pipe or FIFO.
    Pipe = 1,
    /// A socket.
    Socket = 2,
    /// Anything else: character devices, directories, eventfds.
    Other = 3,
}

/// The results of fstat(2) and fcntl(F_GETFL) for a descriptor.
#[derive(Debug, Clone, Copy)]
pub struct Description {
    /// The descriptor itself.
    pub fd: c_int,
    /// The kind of file that it refers to.
    pub kind: Kind,
    /// Whether it may be read.
    pub readable: bool,
    /// Whether it may be written.
    pub writable: bool,
    /// O_NONBLOCK.
    pub nonblocking: bool,
    /// O_APPEND.
    pub append: bool,
    /// O_DIRECT: buffers have to be aligned.
    pub direct: bool,
    /// st_size.
    pub size: i64,
    /// st_dev.
    pub device: u64,
    /// st_ino.
    pub inode: u64,
}

impl Description {
    /// Equal for two descriptors of the same file, pipe or socket.
    pub fn identity(&self) -> (u64, u64) {
        (self.device, self.inode)
    }
}
