//! Searches that have no state from one block to the next.

use super::{Budget, Outcome};

/// The lowest offset at or after `from` that `search` finds, asked block by block.
pub(super) fn forward(
    hay: &[u8],
    from: usize,
    budget: &mut Budget,
    search: impl Fn(&[u8]) -> Option<usize>,
) -> Outcome {
    let mut from = from.min(hay.len());
    while from < hay.len() {
        let end = hay.len().min(from.saturating_add(budget.block(1)));
        if let Some(at) = search(&hay[from..end]) {
            return Outcome::Found(from + at);
        }
        from = end;
        if from < hay.len() && budget.spent() {
            return Outcome::Paused(from);
        }
    }
    Outcome::Absent
}

/// The highest offset below `to` that `search` finds, asked block by block.
pub(super) fn backward(
    hay: &[u8],
    to: usize,
    budget: &mut Budget,
    search: impl Fn(&[u8]) -> Option<usize>,
) -> Outcome {
    let mut to = to.min(hay.len());
    while to > 0 {
        let start = to.saturating_sub(budget.block(1));
        if let Some(at) = search(&hay[start..to]) {
            return Outcome::Found(start + at);
        }
        to = start;
        if to > 0 && budget.spent() {
            return Outcome::Paused(to);
        }
    }
    Outcome::Absent
}
