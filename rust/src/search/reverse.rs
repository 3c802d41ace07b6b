//! Backward search.

use memchr::{memmem, memrchr};

use super::{Budget, Outcome};

/// The highest offset where `needle` lies wholly inside `hay[..to]`. An empty needle lies at `to`, or at the end
/// where that comes first.
pub fn rfind(hay: &[u8], needle: &[u8], to: usize, budget: &mut Budget) -> Outcome {
    let mut to = to.min(hay.len());
    let finder = memmem::FinderRev::new(needle);
    let block = budget.block(needle.len());
    while to >= needle.len() {
        // Candidates start in start..=to - needle.len().
        let start = (to - needle.len()).saturating_sub(block - 1);
        let window = &hay[start..to];
        let found = match needle {
            [] => Some(window.len()),
            [byte] => memrchr(*byte, window),
            _ => finder.rfind(window),
        };
        if let Some(offset) = found {
            return Outcome::Found(start + offset);
        }
        if start == 0 {
            break;
        }
        to = start + needle.len() - 1;
        if budget.spent() {
            return Outcome::Paused(to);
        }
    }
    Outcome::Absent
}
