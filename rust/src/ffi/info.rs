//! Facts about the core and its platform.

use std::ffi::c_char;
use std::io::Write;
use std::ptr;
use std::sync::OnceLock;

use super::guard::guarded_or;
use crate::os::{self, Errno};
use crate::{fallible, search};

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
/// the process. Null if there is no memory for it.
#[no_mangle]
pub extern "C" fn zcio_map_constants() -> *const c_char {
    static WORDS: OnceLock<Vec<u8>> = OnceLock::new();
    guarded_or(ptr::null(), || {
        let words = match WORDS.get() {
            Some(words) => words,
            None => match words() {
                Ok(words) => WORDS.get_or_init(|| words),
                Err(_) => return ptr::null(),
            },
        };
        words.as_ptr().cast()
    })
}

fn words() -> Result<Vec<u8>, Errno> {
    const LONGEST: usize = 64; // of a name, its sign and its value
    let mut words = fallible::vec(LONGEST * os::constants().count() + 1)?;
    for (name, value) in os::constants() {
        let _ = write!(words, "{name}={value} "); // a Vec takes all
    }
    words.push(0);
    Ok(words)
}
