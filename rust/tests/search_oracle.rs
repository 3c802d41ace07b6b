//! Every level of the search against the naive references.

mod cases;
mod search_support;

use cases::cases;
use proptest::prelude::*;
use search_support::{check, finder, naive, Guarded, BLOCKS};
use zcio::search::Level;

#[test]
fn the_references_are_right() {
    assert_eq!(naive::all(b"aaaa", b"aa"), [0, 1, 2]);
    assert_eq!(naive::apart(&naive::all(b"aaaaa", b"aa"), 2), [0, 2]);
    assert_eq!(naive::apart(&naive::from(&[0, 1, 2, 3], 1), 2), [1, 3]);
    assert_eq!(naive::from(&[1, 4], 2), [4]);
    assert_eq!(naive::last(&[1, 4], 2, 6), Some(4));
    assert_eq!(naive::last(&[1, 4], 2, 5), Some(1));
    assert_eq!(naive::all(b"ab", b""), [0, 1, 2]);
    assert_eq!(naive::last(&[0, 1, 2], 0, 9), Some(2));
}

/// Bytes of few values, so that near misses and overlaps abound.
fn bytes(values: u8, len: std::ops::Range<usize>) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec((0..values).prop_map(|value| b"a\0\xffbc"[value as usize]), len)
}

/// A haystack, and a needle that may or may not be a piece of it.
fn hay_and_needle(most: usize) -> impl Strategy<Value = (Vec<u8>, Vec<u8>)> {
    (1u8..=5).prop_flat_map(move |values| {
        let needle = prop_oneof![bytes(values, 0..6), bytes(values, 6..90)];
        (bytes(values, 0..most), needle, any::<prop::sample::Index>(), any::<bool>()).prop_map(
            |(hay, needle, place, piece)| {
                if !piece || hay.len() <= needle.len() {
                    return (hay, needle);
                }
                let at = place.index(hay.len() - needle.len());
                let needle = hay[at..at + needle.len()].to_vec();
                (hay, needle)
            },
        )
    })
}

/// Each length at which another way is taken, and bytes that repeat or do not.
fn needles() -> Vec<Vec<u8>> {
    let mut needles = Vec::new();
    for len in [1usize, 2, 3, 4, 5, 7, 8, 9, 11, 12, 15, 16, 17, 31, 33, 63, 64, 65, 66, 100] {
        needles.push((0..len).map(|i| b'A' + (i % 29) as u8).collect());
        needles.push(vec![b'z'; len]);
        needles.push((0..len).map(|i| if i + 1 == len { b'y' } else { b'x' }).collect());
        needles.push((0..len).map(|i| if i % 2 == 0 { b'p' } else { b'q' }).collect());
    }
    needles
}

every_level! {
    fn agrees(level: Level) {
        let index = any::<prop::sample::Index>;
        let capacities = prop::sample::select(&[1usize, 2, 3, 63, 64, 65, 5000][..]);
        let blocks = prop::sample::select(&BLOCKS[..]);
        proptest!(cases(400), |(
            (hay, needle) in hay_and_needle(700), from in index(), to in index(), block in blocks, capacity in capacities
        )| {
            let finder = finder(&needle, level);
            check(&finder, &hay, 0, hay.len(), block, capacity);
            let (from, to) = (from.index(hay.len() + 1), to.index(hay.len() + 1));
            check(&finder, &hay, from, to, block, capacity);
            check(&finder, &hay, from + 800, to + 800, block, capacity);
        });
    }

    fn stays_inside(level: Level) {
        proptest!(cases(400), |((hay, needle) in hay_and_needle(700))| {
            let mut guarded = Guarded::new(hay.len());
            let finder = finder(&needle, level);
            check(&finder, guarded.at_the_end(&hay), 0, hay.len(), None, 64);
            check(&finder, guarded.at_the_start(&hay), 0, hay.len(), None, 64);
        });
    }

    /// The needle at every distance from either end, so at every alignment and in every lane.
    fn every_padding(level: Level) {
        for needle in needles() {
            let finder = finder(&needle, level);
            for before in 0..150 {
                for after in [0, 1, 31, 63, 64, 200] {
                    let hay = [vec![b'.'; before], needle.clone(), vec![b'.'; after]].concat();
                    check(&finder, &hay, 0, hay.len(), None, 3);
                    // And with its last and first byte missing.
                    check(&finder, &hay[..before + needle.len() - 1], 0, usize::MAX, None, 3);
                    check(&finder, &hay[before + 1..], 0, usize::MAX, None, 3);
                }
            }
        }
    }

    /// Every length of window up to some vectors, at both guard pages, the needle at its edges or not there.
    fn every_length_at_a_guard_page(level: Level) {
        let mut guarded = Guarded::new(4096);
        for needle in needles() {
            let finder = finder(&needle, level);
            for len in 0..330 {
                let mut hay = vec![needle[0]; len];
                check(&finder, guarded.at_the_end(&hay), 0, len, None, 400);
                check(&finder, guarded.at_the_start(&hay), 0, len, None, 400);
                if len >= needle.len() {
                    hay[..needle.len()].copy_from_slice(&needle);
                    hay[len - needle.len()..].copy_from_slice(&needle);
                    check(&finder, guarded.at_the_end(&hay), 0, len, None, 400);
                    check(&finder, guarded.at_the_start(&hay), 0, len, None, 400);
                }
            }
        }
    }
}
