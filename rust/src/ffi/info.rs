//! What the core says of itself.

use std::ffi::c_char;

use crate::search;

/// The core's version, a NUL-terminated string that lives as long as the process.
#[no_mangle]
pub extern "C" fn zcio_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// The instruction sets the searches use on this processor, a NUL-terminated string that lives as long as the
/// process.
#[no_mangle]
pub extern "C" fn zcio_search_level() -> *const c_char {
    search::level().as_ptr()
}
