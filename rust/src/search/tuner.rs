//! Chooses other probes when the general experience of [`super::rank`] does not hold for the haystack.

use std::ops::Range;

use super::gram_plan::Plan;
use super::grams::Sampling;
use super::probes::{Probes, PROBES};
use crate::fallible;

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

/// A scan of a haystack with some structure is slow that must compare more probes at once.
const SLOW: usize = 4;

/// The next number of probes to compare at once, of those the scan has loops for.
fn more(at_once: usize) -> usize {
    match at_once {
        0..=3 => at_once + 1,
        4 => 6,
        _ => PROBES,
    }
}

/// What to do instead of what did badly.
pub(super) enum Better {
    /// Compare these first.
    Probes(Probes),
    /// Sample the haystack.
    Grams(Plan),
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

    /// What would be better, if the scan of `done` with so many probes `at_once` came across `alarms` that meant nothing.
    /// `sampling` is how the haystack may be sampled, if at all.
    pub(super) fn tune(
        &mut self,
        hay: &[u8],
        needle: &[u8],
        done: Range<usize>,
        alarms: usize,
        at_once: usize,
        sampling: Option<Sampling>,
    ) -> Option<Better> {
        let block = self.blocks;
        self.blocks += 1;
        if needle.len() < 3 || block < self.next || alarms * BYTES_PER_ALARM <= done.end - done.start {
            return None;
        }
        self.wait = (self.wait * 2).max(1);
        self.next = block + self.wait;
        let middle = done.start + (done.end - done.start) / 2;
        let from = middle.saturating_sub(SAMPLE / 2).max(done.start);
        let places = from..(from + SAMPLE).min(done.end);
        let frequency = counted(&hay[places.clone()]);
        if let Some(sampling) = sampling {
            if pass(sampling.faster_than, needle, &frequency, places.len()) {
                return Some(self.grams(block, Plan::new(needle, sampling.stride, &frequency)));
            }
        }
        let mut better = choose(hay, needle, places, &frequency);
        if let Some(sampling) = sampling.filter(|_| better.at_once > SLOW) {
            return Some(self.grams(block, Plan::new(needle, sampling.stride, &frequency)));
        }
        if block > 0 {
            // What this and an earlier sample did not show, the alarms do.
            better.at_once = better.at_once.max(more(at_once));
        }
        Some(Better::Probes(better))
    }

    /// The plan; and the next decision may come after the next block.
    fn grams(&mut self, block: usize, plan: Plan) -> Better {
        self.next = block + 1;
        Better::Grams(plan)
    }
}

/// How often there is each byte.
fn counted(bytes: &[u8]) -> [u32; 256] {
    let mut frequency = [0; 256];
    bytes.iter().for_each(|&byte| frequency[byte as usize] += 1);
    frequency
}

/// Whether the `probes` bytes of `needle` that are the least frequent would still stand together too often by chance. To
/// see it takes a tenth of the time that it takes to choose probes.
fn pass(probes: usize, needle: &[u8], frequency: &[u32; 256], places: usize) -> bool {
    let mut rarest = [u32::MAX; PROBES];
    for &byte in needle {
        let count = frequency[byte as usize];
        if count < rarest[PROBES - 1] {
            let place = rarest.partition_point(|&other| other <= count);
            rarest.copy_within(place..PROBES - 1, place + 1);
            rarest[place] = count;
        }
    }
    let chance: f64 = rarest[..probes].iter().map(|&count| f64::from(count) / places as f64).product();
    chance * BYTES_PER_ALARM as f64 > 1.0
}

/// The probes that together match the fewest of `places`, chosen one after the other: each one where it rules out
/// most of what those before it let pass. More are compared at once, which makes the loop slower, as long as any place
/// passes: an alarm costs as much as a kilobyte or two.
fn choose(hay: &[u8], needle: &[u8], places: Range<usize>, frequency: &[u32; 256]) -> Probes {
    let offsets = || (0..needle.len()).step_by(needle.len().div_ceil(CONSIDERED));
    let rarest = offsets().min_by_key(|&offset| frequency[needle[offset] as usize]).unwrap_or(0);
    let (Ok(mut passed), Ok(mut chosen)) = (fallible::vec(places.len()), fallible::vec(PROBES)) else {
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
        let probes = choose(&hay, b"Zqoq", 0..1000, &counted(&hay[..1000]));
        assert_eq!(probes.bytes[0], b'o');
    }

    #[test]
    fn second_probe_is_chosen_for_what_the_first_lets_pass() {
        // x, y and z are equally common; but where x stands y always follows, and z never.
        let hay = b"xy..z.".repeat(500);
        let probes = choose(&hay, b"xyz", 0..1000, &counted(&hay[..1000]));
        assert!(probes.bytes[..2].contains(&b'z'), "{probes:?}");
    }

    #[test]
    fn tries_less_and_less_often() {
        let hay = vec![b'a'; 4096];
        let mut tuner = Tuner::default();
        let tried: Vec<usize> =
            (0..20).filter(|_| tuner.tune(&hay, b"aaaab", 0..2048, 2048, 2, None).is_some()).collect();
        assert_eq!(tried, [0, 1, 3, 7, 15]);
    }
}
