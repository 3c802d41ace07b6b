//! Regular expressions. A search works for about 50 ms at most and then returns the position from which to continue.

use std::ops::Range;
use std::ptr;

use super::fault::ZCIO_FAULT;
use super::guard::{guarded, guarded_or, ZCIO_BAD_ARGUMENT};
use crate::deadline::Deadline;
use crate::fallible;
use crate::fault::watching;
use crate::haystack::Haystack;
use crate::regex::{Ended, Options, Refused, Regex, Scan, Unit};

/// The engine cannot parse the pattern, or it is nested too deeply.
pub const ZCIO_REGEX_SYNTAX: i64 = -1_000_030;

/// The compiled pattern would be too large.
pub const ZCIO_REGEX_TOO_LARGE: i64 = -1_000_031;

/// In `zcio_regex_progress.done`: a match that starts at `next` includes a newline at the end of the text. If the
/// pattern ends in `$`, the match of Python may end before that newline. The caller has to search from there with
/// Python's engine.
pub const ZCIO_REGEX_UNCLEAR: u64 = 2;

/// A pattern, empty until `zcio_regex_compile`. Then it never changes, so any number of threads may use it at the same
/// time, each with its own `zcio_scan`. The caller of `zcio_regex_new` passes it to `zcio_regex_free` once, after the
/// last call that uses it.
#[allow(non_camel_case_types)] // It is the C name.
pub struct zcio_regex {
    options: Options,
    regex: Option<Regex>,
}

/// The caches and the state of searches with one pattern, for one thread at a time.
#[allow(non_camel_case_types)] // It is the C name.
pub struct zcio_scan {
    scan: Scan,
}

/// The progress of `zcio_regex_spans`; the caller passes it back unchanged in the next call.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
pub struct zcio_regex_progress {
    /// The offset at which the next call continues.
    pub next: u64,
    /// 0: there may be more. 1: the whole text was searched. Or `ZCIO_REGEX_UNCLEAR`.
    pub done: u64,
}

/// The bytes at `data` as a slice, which is what the engine takes; None for a null pointer or an impossible size.
///
/// # Safety
/// `data` must be valid for reads of `len` bytes for the lifetime `'a`, which the caller ends before it returns to C.
unsafe fn slice<'a>(data: *const u8, len: usize) -> Option<&'a [u8]> {
    if len == 0 {
        return Some(&[]);
    }
    if data.is_null() || len > isize::MAX as usize {
        return None;
    }
    // SAFETY: not null, readable, and of a possible size.
    let hay = unsafe { Haystack::new(data, len) };
    // SAFETY: not null, readable for `'a` and of a possible size. The caller cannot keep the other promise of a slice,
    // that nobody writes: the text may be a bytearray or a shared mapping. regex-automata, aho-corasick and memchr read
    // a byte to look up a table that has an entry for every byte, compute offsets from their loops and from masks of
    // vector lanes, and check bounds where offsets are used, so a byte that changes makes an answer stale and no access
    // out of bounds; `Scan` slices with checked bounds. Python holds the buffer's export, so the memory itself stays.
    Some(unsafe { std::slice::from_raw_parts(hay.as_ptr(), hay.len()) })
}

/// The compiled pattern of a handle; None if the handle is null or empty.
///
/// # Safety
/// `regex` must be null, or come from `zcio_regex_new` and not be freed or compiled for the lifetime `'a`.
unsafe fn compiled<'a>(regex: *const zcio_regex) -> Option<&'a Regex> {
    // SAFETY: by this function's contract.
    unsafe { regex.as_ref() }?.regex.as_ref()
}

/// Makes an empty pattern, to be passed to `zcio_regex_compile`. Null if there is no memory.
///
/// `width` is the length of the longest possible match in bytes, `UINT64_MAX` if matches have no longest length. `cut` is
/// a byte that no match contains, or -1; lines end with it, or with a newline if it is -1. `nulls`: whether a null byte
/// also ends a line; then no match may contain one, and the pattern must have no anchors. `tail`: whether the caller
/// translated a final `$` to `\n?\z`.
#[no_mangle]
pub extern "C" fn zcio_regex_new(width: u64, cut: i32, nulls: bool, tail: bool) -> *mut zcio_regex {
    guarded_or(ptr::null_mut(), || {
        let width = usize::try_from(width).ok().filter(|width| *width < usize::MAX);
        let options = Options { width, cut: u8::try_from(cut).ok(), nulls, tail };
        fallible::boxed(zcio_regex { options, regex: None }).map_or(ptr::null_mut(), Box::into_raw)
    })
}

/// Compiles `pattern`, UTF-8 text in the syntax of the Rust crate regex, into `regex`. Returns 0, `ZCIO_REGEX_SYNTAX`
/// or `ZCIO_REGEX_TOO_LARGE`. That the handle exists before lets its owner free it however the call ends.
///
/// # Safety
/// `regex` must come from `zcio_regex_new`, and no other call may use it before this one returns. `pattern` must be
/// valid for reads of `pattern_len` bytes until then.
#[no_mangle]
pub unsafe extern "C" fn zcio_regex_compile(regex: *mut zcio_regex, pattern: *const u8, pattern_len: usize) -> i64 {
    guarded(|| {
        // SAFETY: exclusive for the whole call by this function's contract.
        let Some(handle) = (unsafe { regex.as_mut() }) else { return ZCIO_BAD_ARGUMENT };
        // SAFETY: readable for the whole call by this function's contract.
        let Some(pattern) = (unsafe { slice(pattern, pattern_len) }) else { return ZCIO_BAD_ARGUMENT };
        let Ok(pattern) = std::str::from_utf8(pattern) else { return ZCIO_BAD_ARGUMENT };
        match Regex::new(pattern, handle.options) {
            Ok(regex) => {
                handle.regex = Some(regex);
                0
            }
            Err(Refused::Syntax) => ZCIO_REGEX_SYNTAX,
            Err(Refused::TooLarge) => ZCIO_REGEX_TOO_LARGE,
        }
    })
}

/// Frees a pattern. Does nothing if it is null.
///
/// # Safety
/// `regex` must come from `zcio_regex_new`, be freed once, and no call may use it now or later.
#[no_mangle]
pub unsafe extern "C" fn zcio_regex_free(regex: *mut zcio_regex) {
    guarded_or((), || {
        if !regex.is_null() {
            // SAFETY: it comes from Box::into_raw, and nobody else has it, by this function's contract.
            drop(unsafe { Box::from_raw(regex) });
        }
    });
}

/// Whether texts of any size can be searched in bounded steps with `regex`: 1 or 0.
///
/// # Safety
/// `regex` must come from `zcio_regex_new` and not be freed or compiled before the call returns.
#[no_mangle]
pub unsafe extern "C" fn zcio_regex_is_bounded(regex: *const zcio_regex) -> i64 {
    guarded(|| {
        // SAFETY: it lives for the whole call by this function's contract.
        unsafe { compiled(regex) }.map_or(ZCIO_BAD_ARGUMENT, |regex| i64::from(regex.is_bounded()))
    })
}

/// Makes the state for searches with `regex`, to be passed to `zcio_scan_free` once. The first window has `window`
/// bytes, or the usual number if that is 0. Null if there is no memory.
///
/// # Safety
/// `regex` must come from `zcio_regex_new` and not be freed or compiled before the call returns.
#[no_mangle]
pub unsafe extern "C" fn zcio_scan_new(regex: *const zcio_regex, window: usize) -> *mut zcio_scan {
    guarded_or(ptr::null_mut(), || {
        // SAFETY: it lives for the whole call by this function's contract.
        let Some(regex) = (unsafe { compiled(regex) }) else { return ptr::null_mut() };
        let scan = if window == 0 { Scan::new(regex) } else { Scan::with_window(regex, window) };
        fallible::boxed(zcio_scan { scan }).map_or(ptr::null_mut(), Box::into_raw)
    })
}

/// Frees a scan. Does nothing if it is null.
///
/// # Safety
/// `scan` must come from `zcio_scan_new`, be freed once, and no call may use it now or later.
#[no_mangle]
pub unsafe extern "C" fn zcio_scan_free(scan: *mut zcio_scan) {
    guarded_or((), || {
        if !scan.is_null() {
            // SAFETY: it comes from Box::into_raw, and nobody else has it, by this function's contract.
            drop(unsafe { Box::from_raw(scan) });
        }
    });
}

/// Writes the start and end of each match of `regex` in `hay` to `out`, in order, from `progress.next` on, and returns
/// the number of matches. They are at most `capacity`, and fewer if the end was reached (`progress.done` is 1), if the
/// time slice was over (0), or before a match that the caller has to find (`ZCIO_REGEX_UNCLEAR`). It returns
/// `ZCIO_FAULT` if `hay` is guarded and pages of it are gone. With a null `out`,
/// matches are only counted, whatever `capacity` is. With `lines`, it writes the lines in which a match starts instead.
///
/// Matches that start at or after `stop` are left out, unless `stop` is `hay_len`; `stop` must follow a byte that no
/// match contains. For a new text, or another `next` than that of the last call, pass `restart`.
///
/// # Safety
/// `regex` must come from `zcio_regex_new` and not be compiled meanwhile, `scan` from `zcio_scan_new` of it, neither be
/// freed before the call returns, and no other thread may use `scan` meanwhile. `hay` must be valid for reads of
/// `hay_len` bytes, `out` for writes of `2 * capacity` values unless it is null, `progress` for reads and writes,
/// overlapping nothing else.
#[no_mangle]
pub unsafe extern "C" fn zcio_regex_spans(
    regex: *const zcio_regex,
    scan: *mut zcio_scan,
    hay: *const u8,
    hay_len: usize,
    stop: usize,
    lines: bool,
    restart: bool,
    progress: *mut zcio_regex_progress,
    out: *mut u64,
    capacity: usize,
) -> i64 {
    guarded(|| {
        // SAFETY: all live for the whole call, and `scan` and `progress` are exclusive, by this function's contract.
        let (regex, scan, progress) = unsafe { (compiled(regex), scan.as_mut(), progress.as_mut()) };
        // SAFETY: readable for the whole call by this function's contract.
        let hay = unsafe { slice(hay, hay_len) };
        let (Some(regex), Some(scan), Some(progress), Some(hay)) = (regex, scan, progress, hay) else {
            return ZCIO_BAD_ARGUMENT;
        };
        let out = if out.is_null() {
            None
        } else {
            let (read, written) =
                (hay.as_ptr_range(), out.cast::<u8>()..out.wrapping_add(2 * capacity).cast::<u8>());
            let apart = read.end <= written.start.cast_const() || written.end.cast_const() <= read.start;
            if !out.is_aligned()
                || !(1..=isize::MAX as usize / 16).contains(&capacity)
                || !(apart || hay.is_empty())
            {
                return ZCIO_BAD_ARGUMENT;
            }
            // SAFETY: aligned, exclusive and writable by this function's contract; the caller made it as an array of
            // u64.
            Some(unsafe { std::slice::from_raw_parts_mut(out, 2 * capacity) })
        };
        if restart {
            scan.scan.reset();
        }
        let unit = if lines { Unit::Line } else { Unit::Match };
        let from = progress.next as usize;
        let Range { start, end } = hay.as_ptr_range();
        let run = || scan.scan.run(regex, hay, from..stop, unit, out, &Deadline::search());
        let Ok(matches) = watching(start as usize..end as usize, run) else { return ZCIO_FAULT };
        progress.next = matches.next as u64;
        progress.done = match matches.ended {
            Ended::More => 0,
            Ended::Done => 1,
            Ended::Unclear => ZCIO_REGEX_UNCLEAR,
        };
        matches.found as i64
    })
}
