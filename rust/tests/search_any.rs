//! The search for any byte of a set, at every level, against the naive reference.

mod cases;
mod search_support;

use cases::cases;
use proptest::prelude::*;
use search_support::{deadline, Guarded, BLOCKS};
use zcio::search::{ByteSet, Level, Outcome};

fn table(members: &[u8]) -> [u8; 32] {
    let mut bits = [0; 32];
    members.iter().for_each(|&byte| bits[byte as usize / 8] |= 1 << (byte % 8));
    bits
}

fn check(set: &ByteSet, members: &[u8], hay: &[u8], from: usize, to: usize, block: Option<usize>) {
    let first = (from..hay.len()).find(|&at| members.contains(&hay[at]));
    let mut here = from;
    let found = loop {
        match set.find(hay.into(), here, &deadline(block)) {
            Outcome::Paused(at) => here = at,
            Outcome::Found(at) => break Some(at),
            Outcome::Absent => break None,
        }
    };
    assert_eq!(found, first, "find any of {members:?} in {} bytes from {from}, {block:?}", hay.len());
    let last = (0..to.min(hay.len())).rfind(|&at| members.contains(&hay[at]));
    let mut here = to;
    let found = loop {
        match set.rfind(hay.into(), here, &deadline(block)) {
            Outcome::Paused(at) => here = at,
            Outcome::Found(at) => break Some(at),
            Outcome::Absent => break None,
        }
    };
    assert_eq!(found, last, "rfind any of {members:?} in {} bytes to {to}, {block:?}", hay.len());
}

fn set(members: &[u8], level: Level) -> ByteSet {
    ByteSet::with_level(&table(members), level).expect("an available level")
}

every_level! {
    fn agrees(level: Level) {
        let index = any::<prop::sample::Index>;
        proptest!(cases(400), |(
            members in prop::collection::vec(any::<u8>(), 0..12),
            others in prop::collection::vec(any::<u8>(), 1..40),
            noise in prop::collection::vec(index(), 0..700),
            planted in prop::option::of((index(), index())),
            block in prop::sample::select(&BLOCKS[..]),
        )| {
            // Bytes outside the set, and perhaps one of it.
            let others: Vec<u8> = others.into_iter().filter(|byte| !members.contains(byte)).chain([0]).collect();
            let mut hay: Vec<u8> = noise.iter().map(|index| *index.get(&others)).collect();
            if let (Some((place, which)), false, false) = (planted, hay.is_empty(), members.is_empty()) {
                let place = place.index(hay.len());
                hay[place] = *which.get(&members);
            }
            let mut guarded = Guarded::new(hay.len());
            let set = set(&members, level);
            check(&set, &members, &hay, 0, hay.len(), block);
            check(&set, &members, &hay, hay.len() / 3, hay.len() / 2, block);
            check(&set, &members, &hay, hay.len() + 5, hay.len() + 5, block);
            check(&set, &members, guarded.at_the_end(&hay), 0, usize::MAX, None);
            check(&set, &members, guarded.at_the_start(&hay), 0, usize::MAX, None);
        });
    }

    /// Every byte value as the one member that stands in every lane, in a set of many.
    fn every_byte_in_every_lane(level: Level) {
        for byte in 0..=255u8 {
            // Neighbours in either nibble are the easiest to confuse.
            let members: Vec<u8> = [byte, byte ^ 0x11, byte ^ 0x22, byte ^ 0x88, byte ^ 0x77].to_vec();
            let (set, filler) = (set(&members, level), byte ^ 0x80);
            let mut hay = vec![filler; 300];
            for at in 0..300 {
                hay[at] = byte;
                check(&set, &members, &hay, 0, 300, None);
                hay[at] = byte ^ 0x10;
                check(&set, &members, &hay, 0, 300, None);
                hay[at] = filler;
            }
        }
    }

    fn full_and_empty(level: Level) {
        let every: Vec<u8> = (0..=255).collect();
        for (members, hay) in [(&every[..], &[7u8; 100][..]), (&[], &[7; 100]), (&every, &[])] {
            check(&set(members, level), members, hay, 0, hay.len(), Some(7));
        }
    }
}
