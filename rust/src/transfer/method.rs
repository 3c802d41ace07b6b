//! The system calls that can move bytes, in the order they are tried.

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Method {
    /// copy_file_range(2): between files, shared extents where the file system has them.
    CopyFileRange = 0,
    /// sendfile(2): from a file to anything.
    Sendfile = 1,
    /// splice(2), through a pipe where neither side is one.
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
    /// Bit `n` stands for the method of number `n`. None where there is an unknown bit, or none at all.
    pub fn from_bits(bits: u32) -> Option<MethodSet> {
        (bits != 0 && bits < 1 << Method::ORDER.len()).then_some(MethodSet(bits))
    }

    /// These.
    pub(super) fn of(methods: &[Method]) -> MethodSet {
        MethodSet(methods.iter().map(|method| 1 << *method as u32).sum())
    }

    /// Without this one.
    pub(super) fn without(self, method: Method) -> MethodSet {
        MethodSet(self.0 & !(1 << method as u32))
    }

    /// Whether this one is among them.
    pub(super) fn has(self, method: Method) -> bool {
        self.0 & (1 << method as u32) != 0
    }

    /// The first one to try.
    pub(super) fn first(self) -> Option<Method> {
        Method::ORDER.into_iter().find(|method| self.has(*method))
    }
}
