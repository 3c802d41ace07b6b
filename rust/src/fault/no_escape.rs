//! Processors for which there is no way out of a search: it runs as it is.

/// The search met a page that is gone; here it never says so.
#[derive(Debug)]
pub struct Faulted;

/// Runs `search`.
pub(super) fn run<S: FnOnce() -> T, T>(_memory: &[u8], search: S) -> Result<T, Faulted> {
    Ok(search())
}

/// In the handler: nobody can be let out.
///
/// # Safety
/// None; the signature is that of the processors where there is a way.
#[cfg(target_os = "linux")]
pub(super) unsafe fn escape(_address: usize, _context: *mut std::ffi::c_void) -> bool {
    false
}
