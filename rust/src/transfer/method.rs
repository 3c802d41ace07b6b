//! The system calls that can move bytes, in the order in which they are tried.

/// A way to move bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Method {
    /// copy_file_range(2): between files; shares extents if the file system can.
    CopyFileRange = 0,
    /// sendfile(2): from a file to anything.
    Sendfile = 1,
    /// splice(2), through a pipe of ours if neither side is a pipe.
    Splice = 2,
    /// read(2) and write(2), which work for everything.
    ReadWrite = 3,
}

impl Method {
    const ORDER: [Method; 4] = [Method::CopyFileRange, Method::Sendfile, Method::Splice, Method::ReadWrite];
}

/// A set of methods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MethodSet(u32);

impl MethodSet {
    /// Bit `n` stands for the method with number `n`. None if a bit is unknown, or none is set.
    pub fn from_bits(bits: u32) -> Option<MethodSet> {
        (bits != 0 && bits < 1 << Method::ORDER.len()).then_some(MethodSet(bits))
    }

    /// The set of these methods.
    pub(super) fn of(methods: &[Method]) -> MethodSet {
        MethodSet(methods.iter().map(|method| 1 << *method as u32).sum())
    }

    /// The set without this method.
    pub(super) fn without(self, method: Method) -> MethodSet {
        MethodSet(self.0 & !(1 << method as u32))
    }

    /// Whether this method is in the set.
    pub(super) fn has(self, method: Method) -> bool {
        self.0 & (1 << method as u32) != 0
    }

    /// The first method to try.
    pub(super) fn first(self) -> Option<Method> {
        Method::ORDER.into_iter().find(|method| self.has(*method))
    }
}
