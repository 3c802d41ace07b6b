//! One text in several pieces.

use crate::fallible;
use crate::os::Errno;
use crate::search::{Budget, Finder, Outcome};

/// The lowest offset at or after `from` where the finder's needle lies in `spans`, one after the other: in one of them
/// or across any number. ENOMEM where there is no room for the two needles' lengths around an edge.
///
/// Linear in the bytes after `from`, but for one needle's length for each span.
pub fn find(spans: &[&[u8]], finder: &Finder, from: usize, budget: &mut Budget) -> Result<Outcome, Errno> {
    let needle = finder.needle().len();
    if needle == 0 {
        let total: usize = spans.iter().map(|span| span.len()).sum();
        return Ok(if from <= total { Outcome::Found(from) } else { Outcome::Absent });
    }
    let mut begin = 0; // the offset of the span's first byte
    for (index, span) in spans.iter().enumerate() {
        let end = begin + span.len();
        if from < end {
            let start = from.saturating_sub(begin);
            match finder.find(span, start, budget) {
                Outcome::Found(at) => return Ok(Outcome::Found(begin + at)),
                Outcome::Paused(at) => return Ok(Outcome::Paused(begin + at)),
                Outcome::Absent => {}
            }
            if let Some(at) = find_at_edge(span, &spans[index + 1..], finder, start)? {
                return Ok(Outcome::Found(begin + at));
            }
        }
        begin = end;
    }
    Ok(Outcome::Absent)
}

/// The lowest offset at or after `start` in `span` where a needle begins that ends in what `follows`.
fn find_at_edge(span: &[u8], follows: &[&[u8]], finder: &Finder, start: usize) -> Result<Option<usize>, Errno> {
    let reach = finder.needle().len() - 1;
    let start = start.max(span.len().saturating_sub(reach));
    let before = span.len() - start;
    let mut edge = fallible::vec(before + reach)?;
    edge.extend_from_slice(&span[start..]);
    for next in follows {
        let wanted = before + reach - edge.len();
        edge.extend_from_slice(&next[..wanted.min(next.len())]);
        if edge.len() == before + reach {
            break;
        }
    }
    // Every needle that begins in `edge` has its last byte past `before`: a shorter way does not fit in `span`.
    Ok(match finder.find(&edge, 0, &mut Budget::unlimited()) {
        Outcome::Found(at) if at < before => Some(start + at),
        _ => None,
    })
}
