//! Forward search: memchr's.

use memchr::{memchr, memmem};

use super::{Budget, Outcome};

/// The lowest offset at or after `from` where `needle` lies in `hay`. An empty needle lies at `from`, if that is not
/// past the end.
pub fn find(hay: &[u8], needle: &[u8], from: usize, budget: &mut Budget) -> Outcome {
    let Some(last) = hay.len().checked_sub(needle.len()) else {
        return Outcome::Absent;
    };
    let finder = memmem::Finder::new(needle);
    let block = budget.block(needle.len());
    let mut at = from;
    while at <= last {
        let end = at.saturating_add(block).min(last + 1);
        // Candidates start in at..end; the last of them reaches needle.len() - 1 bytes further.
        let window = &hay[at..end + needle.len().saturating_sub(1).min(hay.len() - end)];
        let found = match needle {
            [] => Some(0),
            [byte] => memchr(*byte, window),
            _ => finder.find(window),
        };
        if let Some(offset) = found {
            return Outcome::Found(at + offset);
        }
        at = end;
        if at <= last && budget.spent() {
            return Outcome::Paused(at);
        }
    }
    Outcome::Absent
}
