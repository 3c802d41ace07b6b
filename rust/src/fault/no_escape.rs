//! Processors for which there is no way out of a search: it runs as it is.

/// The search met a page that is gone; here it never says so.
#[derive(Debug)]
pub struct Faulted;

/// Runs `search`.
pub fn reading<T>(_memory: &[u8], search: impl FnOnce() -> T) -> Result<T, Faulted> {
    Ok(search())
}
