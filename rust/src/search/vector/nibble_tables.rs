//! A set of bytes in the form in which vectors look up their members; see `byte_set.rs`.

/// A set of bytes as two tables. Byte `i` of a table holds, for the low nibble `i`, one bit for each high nibble.
#[derive(Debug, Clone, Default)]
pub(in crate::search) struct NibbleTables {
    /// The high nibbles 0 to 7.
    pub(in crate::search) low: [u8; 16],
    /// The high nibbles 8 to 15.
    pub(in crate::search) high: [u8; 16],
}

impl NibbleTables {
    /// The bit of each high nibble in its table.
    #[allow(dead_code)] // Not every target has a table lookup.
    pub(in crate::search) const BIT_OF_HIGH_NIBBLE: [u8; 16] =
        [1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128];

    /// The entry that has the bit of `byte`.
    pub(in crate::search) fn table(&mut self, byte: u8) -> &mut u8 {
        let table = if byte < 128 { &mut self.low } else { &mut self.high };
        &mut table[byte as usize % 16]
    }

    /// Whether `byte` is a member.
    #[inline(always)]
    pub(in crate::search) fn contains(&self, byte: u8) -> bool {
        let table = if byte < 128 { &self.low } else { &self.high };
        table[byte as usize % 16] >> (byte / 16 % 8) & 1 != 0
    }
}
