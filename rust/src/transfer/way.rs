//! The system calls that can move bytes, in the order they are tried.

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Way {
    /// copy_file_range(2): between files, shared extents where the file system has them.
    CopyFileRange = 0,
    /// sendfile(2): from a file to anything.
    Sendfile = 1,
    /// splice(2), through a pipe where neither side is one.
    Splice = 2,
    /// read(2) and write(2), which work for everything.
    ReadWrite = 3,
}

impl Way {
    const ORDER: [Way; 4] = [Way::CopyFileRange, Way::Sendfile, Way::Splice, Way::ReadWrite];
}

/// A set of ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ways(u32);

impl Ways {
    /// Bit `n` stands for the way of number `n`. None where there is an unknown bit, or none at all.
    pub fn from_bits(bits: u32) -> Option<Ways> {
        (bits != 0 && bits < 1 << Way::ORDER.len()).then_some(Ways(bits))
    }

    /// These.
    pub(super) fn of(ways: &[Way]) -> Ways {
        Ways(ways.iter().map(|way| 1 << *way as u32).sum())
    }

    /// Without this one.
    pub(super) fn without(self, way: Way) -> Ways {
        Ways(self.0 & !(1 << way as u32))
    }

    /// Whether this one is among them.
    pub(super) fn has(self, way: Way) -> bool {
        self.0 & (1 << way as u32) != 0
    }

    /// The first one to try.
    pub(super) fn first(self) -> Option<Way> {
        Way::ORDER.into_iter().find(|way| self.has(*way))
    }
}
