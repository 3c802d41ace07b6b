//! A needle, prepared once.

use std::borrow::Cow;
use std::collections::TryReserveError;

use super::probes::Probes;
use super::Level;

/// A needle and what a search wants to know of it beforehand. It never changes, so threads may share it.
#[derive(Debug, Clone)]
pub struct Finder<'n> {
    pub(super) needle: Cow<'n, [u8]>,
    pub(super) level: Level,
    /// Of no meaning where the needle is empty.
    pub(super) probes: Probes,
}

impl<'n> Finder<'n> {
    /// A finder that refers to `needle`.
    #[inline]
    pub fn new(needle: &'n [u8]) -> Self {
        let probes = if needle.is_empty() { Probes::NONE } else { Probes::pick(needle) };
        Finder { needle: Cow::Borrowed(needle), level: Level::best(), probes }
    }

    /// The same, of a given implementation: for tests and measurements. `None` where it is not available.
    pub fn with_level(needle: &'n [u8], level: Level) -> Option<Self> {
        level.available().then(|| Finder { level, ..Finder::new(needle) })
    }

    /// The same, with a copy of the needle, where there is memory for it.
    pub fn into_owned(self) -> Result<Finder<'static>, TryReserveError> {
        let mut needle = Vec::new();
        needle.try_reserve_exact(self.needle.len())?;
        needle.extend_from_slice(&self.needle);
        Ok(Finder { needle: Cow::Owned(needle), level: self.level, probes: self.probes })
    }

    /// What is searched for.
    pub fn needle(&self) -> &[u8] {
        &self.needle
    }
}
