//! Searches in a text that consists of several pieces of memory.

use std::ops::Range;

use crate::fallible;
use crate::os::Errno;
use crate::search::{Deadline, Finder, Haystack, Outcome};

/// The lowest offset at or after `from` where the finder's needle begins in the concatenation of `spans`, inside one
/// span or across several. Fails with ENOMEM if there is no memory for a copy of the bytes around an edge.
///
/// The time is linear in the number of bytes after `from`, plus the needle's length for each span. The deadline is
/// checked inside long spans and after each span, so that a search of many short spans can be interrupted too.
pub fn find(spans: &[Haystack], finder: &Finder, from: usize, deadline: &Deadline) -> Result<Outcome, Errno> {
    let needle = finder.needle().len();
    if needle == 0 {
        let total: usize = spans.iter().map(|span| span.len()).sum();
        return Ok(if from <= total { Outcome::Found(from) } else { Outcome::Absent });
    }
    let mut begin = 0; // the offset of the span's first byte
    for (index, &span) in spans.iter().enumerate() {
        let end = begin + span.len();
        if from < end {
            let start = from.saturating_sub(begin);
            match finder.find(span, start, deadline) {
                Outcome::Found(at) => return Ok(Outcome::Found(begin + at)),
                Outcome::Paused(at) => return Ok(Outcome::Paused(begin + at)),
                Outcome::Absent => {}
            }
            let following = &spans[index + 1..];
            if let Some(at) = find_at_edge(span, following, finder, start)? {
                return Ok(Outcome::Found(begin + at));
            }
            if !following.is_empty() && deadline.passed() {
                return Ok(Outcome::Paused(end));
            }
        }
        begin = end;
    }
    Ok(Outcome::Absent)
}

/// The lowest offset at or after `start` in `span` where an occurrence begins that ends in one of the `following`
/// spans.
fn find_at_edge(
    span: Haystack,
    following: &[Haystack],
    finder: &Finder,
    start: usize,
) -> Result<Option<usize>, Errno> {
    let reach = finder.needle().len() - 1;
    let start = start.max(span.len().saturating_sub(reach));
    let before = span.len() - start;
    // A copy of the end of `span` and of as many following bytes as such an occurrence can reach.
    let mut edge = fallible::vec(before + reach)?;
    edge.resize(before + reach, 0);
    let mut filled = 0;
    let mut append = |part: Haystack, range: Range<usize>| {
        part.window(range.clone()).copy_to(&mut edge[filled..filled + range.len()]);
        filled += range.len();
        before + reach - filled
    };
    let mut wanted = append(span, start..span.len());
    for &next in following {
        if wanted == 0 {
            break;
        }
        wanted = append(next, 0..wanted.min(next.len()));
    }
    edge.truncate(filled);
    // The part of `span` in `edge` is shorter than the needle, so every occurrence that begins there crosses the edge.
    Ok(match finder.find(Haystack::from(&edge), 0, &Deadline::never()) {
        Outcome::Found(at) if at < before => Some(start + at),
        _ => None,
    })
}
