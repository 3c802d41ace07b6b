//! Finds the first or last byte that belongs to a set.
//!
//! The algorithm is Mula's lookup by nibbles (<http://0x80.pl/articles/simd-byte-lookup.html>, "universal algorithm"):
//! a table gives for the low nibble the set of high nibbles, one bit each, that make a member with it; another table
//! gives the bit of the high nibble. Deviation: groups of four vectors have one branch.

use super::dispatch::Pass;
use super::vector::{NibbleTables, Vector};
use super::{driver, Deadline, Haystack, Level, Outcome};

/// Vectors in a group.
const GROUP: usize = 4;

/// A set of byte values, prepared for searching. It never changes, so threads may share it.
#[derive(Debug, Clone)]
pub struct ByteSet {
    level: Level,
    tables: NibbleTables,
}

impl ByteSet {
    /// The set that has byte `b` if bit `b % 8` of `bits[b / 8]` is 1.
    pub fn new(bits: &[u8; 32]) -> Self {
        let mut tables = NibbleTables::default();
        for byte in 0..=255u8 {
            let member = bits[byte as usize / 8] >> (byte % 8) & 1;
            *tables.table(byte) |= member << (byte / 16 % 8);
        }
        ByteSet { level: Level::best(), tables }
    }

    /// The same, of a given implementation: for tests and measurements. `None` if it is not available.
    pub fn with_level(bits: &[u8; 32], level: Level) -> Option<Self> {
        level.is_available().then(|| ByteSet { level, ..ByteSet::new(bits) })
    }

    /// The lowest offset at or after `from` where `hay` has a member.
    pub fn find(&self, hay: Haystack, from: usize, deadline: &Deadline) -> Outcome {
        driver::first_offset::<false>(hay, from.min(hay.len())..hay.len(), deadline, |part| {
            self.search::<false>(part)
        })
    }

    /// The highest offset below `to` where `hay` has a member.
    pub fn rfind(&self, hay: Haystack, to: usize, deadline: &Deadline) -> Outcome {
        driver::first_offset::<true>(hay, 0..to.min(hay.len()), deadline, |part| self.search::<true>(part))
    }

    fn search<const BACKWARD: bool>(&self, hay: Haystack) -> Option<usize> {
        // SAFETY: a set's level is available, and `hay` is not empty, as `first_offset` has no empty intervals.
        unsafe { self.level.run(hay.len(), Search::<BACKWARD> { tables: &self.tables, hay }) }
    }
}

/// The offset of the first member in `hay`, or of the last if `BACKWARD`.
///
/// Contract: none. The positions are those of all bytes in `hay`.
struct Search<'s, const BACKWARD: bool> {
    tables: &'s NibbleTables,
    hay: Haystack<'s>,
}

impl<const BACKWARD: bool> Pass for Search<'_, BACKWARD> {
    type Out = Option<usize>;

    #[inline(always)]
    unsafe fn run<V: Vector>(self) -> Option<usize> {
        let Search { tables, hay } = self;
        let start = hay.as_ptr();
        let (mut low, mut high) = (0, hay.len());
        while high - low >= GROUP * V::BYTES {
            let at = if BACKWARD { high - GROUP * V::BYTES } else { low };
            let mut found = false;
            for vector in 0..GROUP {
                // SAFETY: four vectors lie between `low` and `high`.
                found |= !unsafe { V::members(start.add(at + vector * V::BYTES), tables) }.is_empty();
            }
            if found {
                break;
            }
            if BACKWARD {
                high = at;
            } else {
                low = at + GROUP * V::BYTES;
            }
        }
        while low < high {
            // The last vector overlaps bytes that were looked at, none of which is a member.
            let at = if BACKWARD { high.saturating_sub(V::BYTES) } else { low.min(hay.len() - V::BYTES) };
            // SAFETY: `hay` has at least one vector, and `at + V::BYTES` is not past its end.
            let members = unsafe { V::members(start.add(at), tables) };
            if !members.is_empty() {
                return Some(at + if BACKWARD { members.last() } else { members.first() });
            }
            if BACKWARD {
                high = at;
            } else {
                low = at + V::BYTES;
            }
        }
        None
    }
}
