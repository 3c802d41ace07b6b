//! Transfers between two sockets in both directions, in time slices.

use std::ffi::c_int;
use std::panic::AssertUnwindSafe;
use std::sync::Mutex;

use super::guard::{guarded, ZCIO_BAD_ARGUMENT};
use super::transfer::{
    code, deadline, describe_progress, memory, take_back, with, zcio_proxy, zcio_transfer_progress,
};
use crate::fallible;
use crate::transfer::Proxy;

/// Makes a proxy between two sockets, which are non-blocking until it is freed, and stores it in `progress`. Returns 0, or
/// `-errno` if none was made.
///
/// # Safety
/// `progress` must be null or valid for writes, with no proxy in it.
#[no_mangle]
pub unsafe extern "C" fn zcio_proxy_new(a: c_int, b: c_int, progress: *mut zcio_transfer_progress) -> i64 {
    guarded(|| {
        // SAFETY: null or valid by this function's contract.
        let Some(progress) = (unsafe { progress.as_mut() }) else { return ZCIO_BAD_ARGUMENT };
        match Proxy::new(a, b).and_then(|proxy| fallible::boxed(zcio_proxy(Mutex::new(proxy)))) {
            Ok(proxy) => {
                progress.proxy = Box::into_raw(proxy);
                0
            }
            Err(errno) => -i64::from(errno.0),
        }
    })
}

/// As `zcio_transfer_run`, for both directions.
///
/// # Safety
/// `proxy` must come from `zcio_proxy_new` and not be freed before the call returns; `progress` must be valid for
/// writes.
#[no_mangle]
pub unsafe extern "C" fn zcio_proxy_run(
    proxy: *const zcio_proxy,
    waits: bool,
    progress: *mut zcio_transfer_progress,
) -> i64 {
    guarded(|| {
        // SAFETY: null or valid by this function's contract.
        let proxy = unsafe { proxy.as_ref() };
        if progress.is_null() {
            return ZCIO_BAD_ARGUMENT;
        }
        let progress = AssertUnwindSafe(progress);
        with(proxy.map(|proxy| &proxy.0), |proxy| {
            let result = proxy.run(&deadline(waits));
            let AssertUnwindSafe(progress) = progress;
            // SAFETY: not null, and valid by this function's contract. Not before: threads may share it, as the handle.
            let progress = unsafe { &mut *progress };
            for index in 0..2 {
                if let Some(transfer) = proxy.transfer(index) {
                    describe_progress(progress, index, transfer);
                }
            }
            progress.failed = proxy.failed().map_or(-1, |index| index as c_int);
            code(result)
        })
    })
}

/// As `zcio_transfer_take_back`, for one of the directions.
///
/// # Safety
/// `proxy` must come from `zcio_proxy_new` and not be freed before the call returns; `out` must be valid for writes of
/// `size` initialised bytes.
#[no_mangle]
pub unsafe extern "C" fn zcio_proxy_take_back(
    proxy: *const zcio_proxy,
    direction: usize,
    out: *mut u8,
    size: usize,
) -> i64 {
    guarded(|| {
        // SAFETY: null or valid by this function's contract.
        let (proxy, out) = unsafe { (proxy.as_ref(), memory(out, size)) };
        let out = AssertUnwindSafe(out);
        with(proxy.map(|proxy| &proxy.0), |proxy| {
            let AssertUnwindSafe(out) = out;
            take_back(proxy.transfer(direction), out)
        })
    })
}
