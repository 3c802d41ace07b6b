//! The vectorised part of [`super::byte_set`]: a byte's two nibbles look up whether it is a member.

use super::vector::{self, Classify};
use super::{ByteSet, Level};

/// Vectors in a group.
const GROUP: usize = 4;

impl Level {
    /// The offset of the first member in `hay`, or of the last one if `BACKWARD`.
    #[inline]
    pub(super) fn classify<const BACKWARD: bool>(self, set: &ByteSet, hay: &[u8]) -> Option<usize> {
        #[cfg(all(target_arch = "x86_64", zcio_avx512))]
        if self >= Level::Avx512 && hay.len() >= <vector::Avx512 as vector::Vector>::BYTES {
            // SAFETY: a set's level is available, and the slice has a vector.
            return unsafe { avx512::<BACKWARD>(set, hay) };
        }
        #[cfg(target_arch = "x86_64")]
        if self >= Level::Avx2 && hay.len() >= <vector::Avx2 as vector::Vector>::BYTES {
            // SAFETY: a set's level is available, and the slice has a vector.
            return unsafe { avx2::<BACKWARD>(set, hay) };
        }
        #[cfg(target_arch = "aarch64")]
        if self >= Level::Neon && hay.len() >= <vector::Neon as vector::Vector>::BYTES {
            // SAFETY: a set's level is available, and the slice has a vector.
            return unsafe { neon::<BACKWARD>(set, hay) };
        }
        // SSE2 has no table lookup.
        one_by_one::<BACKWARD>(set, hay)
    }
}

fn one_by_one<const BACKWARD: bool>(set: &ByteSet, hay: &[u8]) -> Option<usize> {
    let member = |&byte: &u8| set.member[byte as usize];
    if BACKWARD {
        hay.iter().rposition(member)
    } else {
        hay.iter().position(member)
    }
}

/// A function that is [`search`] with one vector, compiled for the instruction set it needs.
macro_rules! compiled {
    ($(#[$attribute:meta])* $name:ident, $vector:ty) => {
        /// # Safety
        /// As [`search`].
        $(#[$attribute])*
        unsafe fn $name<const BACKWARD: bool>(set: &ByteSet, hay: &[u8]) -> Option<usize> {
            // SAFETY: the contract is the same.
            unsafe { search::<$vector, BACKWARD>(set, hay) }
        }
    };
}

#[cfg(all(target_arch = "x86_64", zcio_avx512))]
compiled!(
    #[target_feature(enable = "avx512f,avx512bw,avx2,bmi1,lzcnt,popcnt")]
    avx512,
    vector::Avx512
);
#[cfg(target_arch = "x86_64")]
compiled!(
    #[target_feature(enable = "avx2,bmi1,lzcnt,popcnt")]
    avx2,
    vector::Avx2
);
#[cfg(target_arch = "aarch64")]
compiled!(
    #[target_feature(enable = "neon")]
    neon,
    vector::Neon
);

/// # Safety
/// The processor must have `V`'s instruction set, and `hay` at least one vector.
#[inline(always)]
#[allow(dead_code)] // Where no level of the target has a table lookup.
unsafe fn search<V: Classify, const BACKWARD: bool>(set: &ByteSet, hay: &[u8]) -> Option<usize> {
    debug_assert!(hay.len() >= V::BYTES);
    // SAFETY: this needs nothing but the instruction set.
    let table = unsafe { V::table(&set.low, &set.high) };
    let (mut low, mut high) = (0, hay.len());
    while high - low >= GROUP * V::BYTES {
        let at = if BACKWARD { high - GROUP * V::BYTES } else { low };
        // SAFETY: four vectors lie between `low` and `high`.
        let any = unsafe {
            let here = hay.as_ptr().add(at);
            let front = V::or(V::load(here).members(table), V::load(here.add(V::BYTES)).members(table));
            let third = V::load(here.add(2 * V::BYTES)).members(table);
            V::any(V::or(front, V::or(third, V::load(here.add(3 * V::BYTES)).members(table))))
        };
        if any {
            break;
        }
        if BACKWARD {
            high = at;
        } else {
            low = at + GROUP * V::BYTES;
        }
    }
    while low < high {
        // The last vector reaches back over what was looked at, where no member is.
        let at = if BACKWARD { high.saturating_sub(V::BYTES) } else { low.min(hay.len() - V::BYTES) };
        // SAFETY: `hay` has at least one vector, and `at + V::BYTES` is not past its end.
        let bits = unsafe { V::bits(V::load(hay.as_ptr().add(at)).members(table)) };
        if bits != 0 {
            let bit = if BACKWARD { 63 - bits.leading_zeros() } else { bits.trailing_zeros() };
            return Some(at + (bit >> V::SHIFT) as usize);
        }
        if BACKWARD {
            high = at;
        } else {
            low = at + V::BYTES;
        }
    }
    None
}
