//! Searches across spans give the same as a search in the joined text.

mod cases;

use cases::cases;
use proptest::prelude::*;

use zcio::pipe::spans;
use zcio::search::{Deadline, Finder, Haystack, Outcome};

fn naive(text: &[u8], needle: &[u8], from: usize) -> Outcome {
    if from > text.len() {
        return Outcome::Absent;
    }
    if needle.is_empty() {
        return Outcome::Found(from);
    }
    match text[from..].windows(needle.len()).position(|window| window == needle) {
        Some(at) => Outcome::Found(from + at),
        None => Outcome::Absent,
    }
}

/// The search with a deadline that passes after each block, continued as a caller does.
fn stepwise(pieces: &[Haystack], needle: &[u8], mut from: usize) -> Outcome {
    let finder = Finder::new(needle);
    for _ in 0..10_000 {
        match spans::find(pieces, &finder, from, &Deadline::stepwise(1)).expect("memory") {
            Outcome::Paused(at) => {
                assert!(at >= from);
                from = at;
            }
            outcome => return outcome,
        }
    }
    panic!("it does not end");
}

proptest! {
    #![proptest_config(cases(if cfg!(miri) { 20 } else { 2000 }))]

    #[test]
    fn as_in_the_joined_text(
        pieces in prop::collection::vec(prop::collection::vec(0u8..3, 0..12), 0..12),
        needle in prop::collection::vec(0u8..3, 0..9),
        from in 0usize..150,
    ) {
        let text = pieces.concat();
        let spans: Vec<Haystack> = pieces.iter().map(Haystack::from).collect();
        let expected = naive(&text, &needle, from);
        let found = spans::find(&spans, &Finder::new(&needle), from, &Deadline::never());
        prop_assert_eq!(found, Ok(expected));
        prop_assert_eq!(stepwise(&spans, &needle, from), expected);
    }
}

#[test]
fn a_needle_across_many_spans_of_one_byte() {
    let text = b"xxabcabcabdxx";
    let pieces: Vec<Haystack> = text.chunks(1).map(Haystack::from).collect();
    for needle in [&b"abcabd"[..], b"xx", b"d", b"xxabcabcabdxx", b"xxabcabcabdxxx"] {
        for from in 0..=text.len() {
            let found = spans::find(&pieces, &Finder::new(needle), from, &Deadline::never());
            assert_eq!(found, Ok(naive(text, needle, from)), "{needle:?} from {from}");
        }
    }
}

#[test]
fn linear_in_the_text() {
    // Each edge costs a search of one needle's length, so the work is at most twice the text if the pieces are longer.
    let piece = vec![b'a'; 1000];
    let pieces: Vec<Haystack> = (0..500).map(|_| Haystack::from(&piece)).collect();
    let deadline = Deadline::never();
    assert_eq!(spans::find(&pieces, &Finder::new(b"aaaab"), 0, &deadline), Ok(Outcome::Absent));
    assert!(deadline.work() < 10 * 500 * 1000, "{}", deadline.work());
}

/// A search of many short spans without a match is interrupted between them.
#[test]
fn the_clock_is_looked_at_between_spans() {
    let pieces: Vec<Haystack> = b"ab".chunks(1).cycle().take(1000).map(Haystack::from).collect();
    let found = spans::find(&pieces, &Finder::new(b"xyz"), 0, &Deadline::stepwise(1 << 20));
    assert_eq!(found, Ok(Outcome::Paused(1)));
}
