//! What the core says of itself.

use std::ffi::{c_char, CString};
use std::ptr;
use std::sync::OnceLock;

use super::guard::guarded_or;
use crate::{os, search};

/// The core's version, a NUL-terminated string that lives as long as the process.
#[no_mangle]
pub extern "C" fn zcio_version() -> *const c_char {
    guarded_or(ptr::null(), || concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast())
}

/// The instruction sets the searches use on this processor, a NUL-terminated string that lives as long as the
/// process.
#[no_mangle]
pub extern "C" fn zcio_search_level() -> *const c_char {
    guarded_or(ptr::null(), || search::level().as_ptr())
}

/// The memory-mapping constants of this platform as `NAME=value` words, a NUL-terminated string that lives as long as
/// the process.
#[no_mangle]
pub extern "C" fn zcio_map_constants() -> *const c_char {
    static WORDS: OnceLock<CString> = OnceLock::new();
    guarded_or(ptr::null(), || {
        let words = WORDS.get_or_init(|| {
            let words: Vec<String> = os::constants().map(|(name, value)| format!("{name}={value}")).collect();
            CString::new(words.join(" ")).unwrap_or_default()
        });
        words.as_ptr()
    })
}
