//! Searches that end where a page is gone, with no guard over the memory.

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
use super::handler;
use super::{escape, Faulted};

/// A shorter search alone is no reason to install the handler.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
const LARGE: usize = 64 * 1024;

/// Runs `search`, which reads `memory`; where a page of that is gone, the search ends at once.
///
/// It then ends without its destructors: what it owns is leaked, so it should own little, and hold no lock.
#[inline]
pub fn reading<T>(memory: &[u8], search: impl FnOnce() -> T) -> Result<T, Faulted> {
    #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
    if !handler::is_installed() {
        if memory.len() < LARGE {
            return Ok(search());
        }
        // Where it cannot be installed, the search runs all the same.
        let _ = handler::come_to_the_front();
    }
    escape::run(memory, search)
}
