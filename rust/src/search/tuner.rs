//! Chooses other probes when the general experience of [`super::rank`] does not hold for the haystack.

use std::ops::Range;

use super::probes::{Probes, PROBES};
use crate::room;

/// Places that are looked at before the first decision: enough to tell, and no time lost if the choice was bad.
const FIRST: usize = 16 * 1024;

/// The same where occurrences that lie close together call for another pass altogether.
const FIRST_OF_MANY: usize = 4 * 1024;

/// Places that are counted for a decision.
const SAMPLE: usize = 2048;

/// Places of the needle that are considered, of a longer one an even selection.
const CONSIDERED: usize = 64;

/// One vector with a false alarm among so many bytes is tolerable. It costs some 20 ns, of mispredicted branches.
const BYTES_PER_ALARM: usize = 2048;

/// The next number of probes to compare at once, of those the scan has loops for.
fn more(at_once: usize) -> usize {
    match at_once {
        0..=3 => at_once + 1,
        4 => 6,
        _ => PROBES,
    }
}

/// Decides between blocks. Local to one call, so that a shared [`super::Finder`] stays unchanged.
#[derive(Default)]
pub(super) struct Tuner {
    blocks: usize,
    /// No decision before this block: what did not help soon need not be tried often.
    next: usize,
    wait: usize,
}

impl Tuner {
    /// How long the next block should be, of at most `most` places, in a search that may find `many`.
    pub(super) fn block(&self, most: usize, many: bool) -> usize {
        if self.blocks == 0 {
            most.min(if many { FIRST_OF_MANY } else { FIRST })
        } else {
            most
        }
    }

    /// Better probes, if the scan of `done` came across `alarms` that meant nothing.
    pub(super) fn tune(
        &mut self,
        hay: &[u8],
        needle: &[u8],
        done: Range<usize>,
        alarms: usize,
        at_once: usize,
    ) -> Option<Probes> {
        let block = self.blocks;
        self.blocks += 1;
        if needle.len() < 3 || block < self.next || alarms * BYTES_PER_ALARM <= done.end - done.start {
            return None;
        }
        self.wait = (self.wait * 2).max(1);
        self.next = block + self.wait;
        let middle = done.start + (done.end - done.start) / 2;
        let from = middle.saturating_sub(SAMPLE / 2).max(done.start);
        let mut better = choose(hay, needle, from..(from + SAMPLE).min(done.end));
        if block > 0 {
            // What this and an earlier sample did not show, the alarms do.
            better.at_once = better.at_once.max(more(at_once));
        }
        Some(better)
    }
}

/// The probes that together match the fewest of `places`, chosen one after the other: each one where it rules out
/// most of what those before it let pass. More are compared at once, which makes the loop slower, as long as any place
/// passes: an alarm costs as much as a kilobyte or two.
fn choose(hay: &[u8], needle: &[u8], places: Range<usize>) -> Probes {
    let mut frequency = [0u32; 256];
    hay[places.clone()].iter().for_each(|&byte| frequency[byte as usize] += 1);
    let offsets = || (0..needle.len()).step_by(needle.len().div_ceil(CONSIDERED));
    let rarest = offsets().min_by_key(|&offset| frequency[needle[offset] as usize]).unwrap_or(0);
    let (Ok(mut passed), Ok(mut chosen)) = (room::vec(places.len()), room::vec(PROBES)) else {
        return Probes::starting_with(&[rarest], needle, 1); // out of memory, which is no reason to die here
    };
    chosen.push(rarest);
    passed.extend(places.filter(|&at| hay[at + rarest] == needle[rarest]));
    let mut at_once = 2;
    while chosen.len() < PROBES && chosen.len() < needle.len() {
        let matches = |&offset: &usize| passed.iter().filter(|&&at| hay[at + offset] == needle[offset]).count();
        let Some(best) = offsets().filter(|offset| !chosen.contains(offset)).min_by_key(matches) else { break };
        passed.retain(|&at| hay[at + best] == needle[best]);
        chosen.push(best);
        if chosen.len() == at_once && !passed.is_empty() {
            at_once = more(at_once);
        }
    }
    Probes::starting_with(&chosen, needle, at_once)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_common_here_is_avoided() {
        // Z is rare in general, and here it is everywhere.
        let hay = b"ZqZqZe".repeat(1000);
        let probes = choose(&hay, b"Zqoq", 0..1000);
        assert_eq!(probes.bytes[0], b'o');
    }

    #[test]
    fn second_probe_is_chosen_for_what_the_first_lets_pass() {
        // x, y and z are equally common; but where x stands y always follows, and z never.
        let hay = b"xy..z.".repeat(500);
        let probes = choose(&hay, b"xyz", 0..1000);
        assert!(probes.bytes[..2].contains(&b'z'), "{probes:?}");
    }

    #[test]
    fn tries_less_and_less_often() {
        let hay = vec![b'a'; 4096];
        let mut tuner = Tuner::default();
        let tried: Vec<usize> =
            (0..20).filter(|_| tuner.tune(&hay, b"aaaab", 0..2048, 2048, 2).is_some()).collect();
        assert_eq!(tried, [0, 1, 3, 7, 15]);
    }
}
