//! Backward search.

use memchr::memrchr;

use super::engine::{self, End};
use super::sink::First;
use super::{blocks, Budget, Finder, Level, Outcome};

/// How much of a haystack lies in the caches next to the processor, where nothing need be asked for ahead; elsewhere
/// than on x86-64 nothing is.
const NEAR: usize = if cfg!(target_arch = "x86_64") { 1 << 20 } else { usize::MAX };

impl Finder<'_> {
    /// The highest offset where the needle lies wholly inside `hay[..to]`. An empty needle lies at `to`, or at the
    /// end where that comes first.
    pub fn rfind(&self, hay: &[u8], to: usize, budget: &mut Budget) -> Outcome {
        let hay = &hay[..to.min(hay.len())];
        if self.needle.is_empty() {
            return Outcome::Found(hay.len());
        }
        if let ([byte], true) = (&self.needle[..], self.level == Level::best() && hay.len() <= NEAR) {
            // As in the forward search; but farther away it is the scan that is faster.
            return blocks::backward(hay, to, budget, |part| memrchr(*byte, part));
        }
        let mut first = First::<true>::default();
        match engine::run(self, hay, self.starts(hay, 0), &mut first, budget) {
            // The last place that is left reaches one needle further.
            End::Paused(left) => Outcome::Paused(left.end - 1 + self.needle.len()),
            End::Done | End::Full => first.at.map_or(Outcome::Absent, Outcome::Found),
        }
    }
}

/// [`Finder::rfind`] of a needle that is searched once.
pub fn rfind(hay: &[u8], needle: &[u8], to: usize, budget: &mut Budget) -> Outcome {
    Finder::new(needle).rfind(hay, to, budget)
}
