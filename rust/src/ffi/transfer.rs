//! Transfers in one direction, by handle, in time slices; and the types that proxies share with them.

use std::ffi::c_int;
use std::panic::AssertUnwindSafe;
use std::sync::{Mutex, TryLockError};

use super::guard::{guarded, guarded_or, ZCIO_BAD_ARGUMENT};
use crate::deadline::Deadline;
use crate::fallible;
use crate::os::transfer as os;
use crate::os::{Description, Errno, Kind};
use crate::transfer::{MethodSet, Outcome, Plan, Proxy, Transfer};

/// Everything is delivered.
pub const ZCIO_DONE: i64 = 0;

/// The time slice is over, or a signal came in: let signal handlers run and call again.
pub const ZCIO_AGAIN: i64 = -1_000_022;

/// A descriptor is not ready; the progress names it.
pub const ZCIO_WAITS: i64 = -1_000_023;

/// `zcio_transfer_begin` has moved nothing: the caller has to check the descriptors and the plan, which are wrong or
/// unusual.
pub const ZCIO_LOOK: i64 = -1_000_024;

/// Another thread is using this handle.
pub const ZCIO_BUSY: i64 = -1_000_021;

/// The handle was closed.
pub const ZCIO_CLOSED: i64 = -1_000_025;

/// The properties of a descriptor that matter for moving bytes.
#[repr(C)]
#[derive(Debug, Default, Clone, Copy)]
#[allow(non_camel_case_types)]
pub struct zcio_description {
    /// The descriptor itself.
    pub fd: c_int,
    /// 0: regular file or block device, 1: pipe, 2: socket, 3: anything else.
    pub kind: u32,
    /// Whether it may be read.
    pub readable: bool,
    /// Whether it may be written.
    pub writable: bool,
    /// O_NONBLOCK.
    pub nonblocking: bool,
    /// O_APPEND.
    pub append: bool,
    /// O_DIRECT.
    pub direct: bool,
    /// st_size.
    pub size: i64,
    /// st_dev.
    pub device: u64,
    /// st_ino.
    pub inode: u64,
}

/// The arguments of `zcio_transfer_new`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
#[allow(non_camel_case_types)]
pub struct zcio_plan {
    /// The source, as `zcio_describe` described it. If the descriptor belongs to another file by now, that is noticed.
    pub src: zcio_description,
    /// The destination, described in the same way.
    pub dst: zcio_description,
    /// The offset in the source file; negative: its position, which moves. Ignored unless it is a file.
    pub src_offset: i64,
    /// The same in the destination.
    pub dst_offset: i64,
    /// The largest number of bytes to move; negative: to the end.
    pub limit: i64,
    /// Flags of splice(2).
    pub flags: u32,
    /// The calls that may be used, tried in this order. Bits, 1: copy_file_range, 2: sendfile, 4: splice, 8: read and
    /// write.
    pub methods: u32,
}

/// The progress of a transfer (index 0) or a proxy (0: from a to b, 1: back).
#[repr(C)]
#[derive(Debug, Clone, Copy)]
#[allow(non_camel_case_types)]
pub struct zcio_transfer_progress {
    /// Bytes delivered.
    pub moved: [u64; 2],
    /// Bytes taken from the source and not delivered yet.
    pub pending: [u64; 2],
    /// After `ZCIO_WAITS`: the descriptors that have to become readable, or -1.
    pub read: [c_int; 2],
    /// After `ZCIO_WAITS`: the descriptors that have to become writable, or -1.
    pub write: [c_int; 2],
    /// The call that moved the last bytes: 0: copy_file_range, 1: sendfile, 2: splice, 3: read and write.
    pub method: [u32; 2],
    /// The direction that failed, if one did.
    pub failed: c_int,
    /// The transfer that `zcio_transfer_new` made, or that `zcio_transfer_begin` did not complete; or null.
    pub transfer: *mut zcio_transfer,
    /// The proxy that `zcio_proxy_new` made, or null.
    pub proxy: *mut zcio_proxy,
}

impl Default for zcio_transfer_progress {
    fn default() -> Self {
        zcio_transfer_progress {
            moved: [0; 2],
            pending: [0; 2],
            read: [-1; 2],
            write: [-1; 2],
            method: [0; 2],
            failed: -1,
            transfer: std::ptr::null_mut(),
            proxy: std::ptr::null_mut(),
        }
    }
}

/// A transfer in one direction, None once it is closed. The progress in which it was made owns it, until
/// `zcio_transfer_free`.
#[derive(Debug)]
#[allow(non_camel_case_types)]
pub struct zcio_transfer(Mutex<Option<Transfer>>);

/// Transfers in both directions. The progress in which they were made owns them, until `zcio_transfer_free`.
#[derive(Debug)]
#[allow(non_camel_case_types)]
pub struct zcio_proxy(pub(super) Mutex<Proxy>);

impl From<Description> for zcio_description {
    fn from(about: Description) -> Self {
        zcio_description {
            fd: about.fd,
            kind: about.kind as u32,
            readable: about.readable,
            writable: about.writable,
            nonblocking: about.nonblocking,
            append: about.append,
            direct: about.direct,
            size: about.size,
            device: about.device,
            inode: about.inode,
        }
    }
}

impl From<&zcio_description> for Description {
    fn from(about: &zcio_description) -> Self {
        Description {
            fd: about.fd,
            kind: match about.kind {
                0 => Kind::File,
                1 => Kind::Pipe,
                2 => Kind::Socket,
                _ => Kind::Other,
            },
            readable: about.readable,
            writable: about.writable,
            nonblocking: about.nonblocking,
            append: about.append,
            direct: about.direct,
            size: about.size,
            device: about.device,
            inode: about.inode,
        }
    }
}

pub(super) fn from_zero(value: i64) -> Option<i64> {
    (value >= 0).then_some(value)
}

pub(super) fn code(result: Result<Outcome, Errno>) -> i64 {
    match result {
        Ok(Outcome::Done) => ZCIO_DONE,
        Ok(Outcome::Again) => ZCIO_AGAIN,
        Ok(Outcome::Waits) => ZCIO_WAITS,
        Err(errno) => -i64::from(errno.0),
    }
}

pub(super) fn deadline(waits: bool) -> Deadline {
    if waits {
        Deadline::waiting()
    } else {
        Deadline::event_loop()
    }
}

/// Runs `body` on the value in a handle, if it is not closed and no other thread is using it.
pub(super) fn with<T>(handle: Option<&Mutex<T>>, body: impl FnOnce(&mut T) -> i64) -> i64 {
    match handle.map(Mutex::try_lock) {
        None => ZCIO_BAD_ARGUMENT,
        Some(Ok(mut held)) => body(&mut held),
        Some(Err(TryLockError::Poisoned(held))) => body(&mut held.into_inner()),
        Some(Err(TryLockError::WouldBlock)) => ZCIO_BUSY,
    }
}

pub(super) fn take_back(transfer: Option<&mut Transfer>, out: Option<&mut [u8]>) -> i64 {
    match (transfer, out) {
        (Some(transfer), Some(out)) => super::syscalls::count(transfer.take_back(out)),
        _ => ZCIO_BAD_ARGUMENT,
    }
}

/// The memory to which the caller wants bytes to be written, or `None` if `out` is null.
///
/// # Safety
/// `out` must be null or valid for writes of `size` initialised bytes, for as long as the slice is used.
pub(super) unsafe fn memory<'a>(out: *mut u8, size: usize) -> Option<&'a mut [u8]> {
    if size == 0 {
        return Some(&mut []);
    }
    // SAFETY: not null, and valid by this function's contract.
    (!out.is_null() && size <= isize::MAX as usize).then(|| unsafe { std::slice::from_raw_parts_mut(out, size) })
}

pub(super) fn describe_progress(progress: &mut zcio_transfer_progress, index: usize, transfer: &Transfer) {
    progress.moved[index] = transfer.moved();
    progress.pending[index] = transfer.pending() as u64;
    progress.method[index] = transfer.method() as u32;
    let (fd, events) = transfer.wants().unwrap_or((-1, 0));
    progress.read[index] = if events == os::POLLIN { fd } else { -1 };
    progress.write[index] = if events == os::POLLOUT { fd } else { -1 };
}

/// Describes a descriptor. Returns 0 or `-errno`.
///
/// # Safety
/// `out` must be null or valid for writes.
#[no_mangle]
pub unsafe extern "C" fn zcio_describe(fd: c_int, out: *mut zcio_description) -> i64 {
    guarded(|| {
        // SAFETY: null or valid by this function's contract.
        let Some(out) = (unsafe { out.as_mut() }) else { return ZCIO_BAD_ARGUMENT };
        match os::describe(fd) {
            Ok(about) => {
                *out = about.into();
                0
            }
            Err(errno) => -i64::from(errno.0),
        }
    })
}

/// Makes a transfer, which has moved nothing yet, and stores it in `progress`. Returns 0, or `-errno` if none was made.
///
/// # Safety
/// `plan` must be null or valid for reads, `progress` null or valid for writes, with no transfer in it.
#[no_mangle]
pub unsafe extern "C" fn zcio_transfer_new(plan: *const zcio_plan, progress: *mut zcio_transfer_progress) -> i64 {
    guarded(|| {
        // SAFETY: null or valid by this function's contract.
        let (Some(plan), Some(progress)) = (unsafe { (plan.as_ref(), progress.as_mut()) }) else {
            return ZCIO_BAD_ARGUMENT;
        };
        let Some(methods) = MethodSet::from_bits(plan.methods) else { return ZCIO_BAD_ARGUMENT };
        let plan = Plan {
            src: (&plan.src).into(),
            dst: (&plan.dst).into(),
            src_offset: from_zero(plan.src_offset),
            dst_offset: from_zero(plan.dst_offset),
            limit: from_zero(plan.limit).map(|limit| limit as u64),
            flags: plan.flags,
            methods,
        };
        match Transfer::new(plan).and_then(|transfer| fallible::boxed(zcio_transfer(Mutex::new(Some(transfer))))) {
            Ok(transfer) => {
                progress.transfer = Box::into_raw(transfer);
                0
            }
            Err(errno) => -i64::from(errno.0),
        }
    })
}

/// Makes a transfer and runs its first slice, so that a small transfer takes a single call. There are three results:
/// if everything was moved, four times the count plus the number of the call that moved it (as in
/// `zcio_transfer_progress`), and there is nothing to free; if the descriptors or the plan are wrong or unusual,
/// `ZCIO_LOOK`, and nothing was moved; otherwise the result of `zcio_transfer_run`, with the transfer in `progress`.
///
/// # Safety
/// `progress` must be null or valid for writes.
#[no_mangle]
#[allow(clippy::too_many_arguments)] // Filling a struct would cost the caller more than the rest of the call.
pub unsafe extern "C" fn zcio_transfer_begin(
    src: c_int,
    dst: c_int,
    src_offset: i64,
    dst_offset: i64,
    limit: i64,
    flags: u32,
    methods: u32,
    progress: *mut zcio_transfer_progress,
) -> i64 {
    guarded(|| {
        // SAFETY: null or valid by this function's contract.
        let Some(progress) = (unsafe { progress.as_mut() }) else { return ZCIO_BAD_ARGUMENT };
        let Some(methods) = MethodSet::from_bits(methods) else { return ZCIO_BAD_ARGUMENT };
        let (Ok(src), Ok(dst)) = (os::describe(src), os::describe(dst)) else { return ZCIO_LOOK };
        let (src_offset, dst_offset) = (from_zero(src_offset), from_zero(dst_offset));
        let limit = from_zero(limit).map(|limit| limit as u64);
        let plan = Plan { src, dst, src_offset, dst_offset, limit, flags, methods };
        if !plan.is_ordinary() {
            return ZCIO_LOOK;
        }
        let Ok(transfer) = Transfer::new(plan) else { return ZCIO_LOOK };
        // Allocate the handle before moving anything: without it, the caller could not learn what was moved.
        let Ok(mut handle) = fallible::boxed(zcio_transfer(Mutex::new(Some(transfer)))) else { return ZCIO_LOOK };
        let Ok(Some(transfer)) = handle.0.get_mut() else { return ZCIO_LOOK };
        let result = transfer.run(&deadline(flags & os::SPLICE_F_NONBLOCK == 0));
        describe_progress(progress, 0, transfer);
        if result == Ok(Outcome::Done) {
            return ((transfer.moved() << 2) | transfer.method() as u64) as i64;
        }
        progress.transfer = Box::into_raw(handle);
        code(result)
    })
}

/// Runs one slice of a transfer and updates `progress`. Returns `ZCIO_DONE`; `ZCIO_AGAIN`; `ZCIO_WAITS`, unless `waits`
/// lets it wait by itself, for at most 50 ms; `-errno`, which is EBADF if a descriptor was closed since the start, even
/// if another file has its number now; or `ZCIO_BUSY`, and then `progress` is unchanged.
///
/// # Safety
/// `transfer` must come from `zcio_transfer_new` and not be freed before the call returns; `progress` must be valid for
/// writes.
#[no_mangle]
pub unsafe extern "C" fn zcio_transfer_run(
    transfer: *const zcio_transfer,
    waits: bool,
    progress: *mut zcio_transfer_progress,
) -> i64 {
    guarded(|| {
        // SAFETY: null or valid by this function's contract.
        let transfer = unsafe { transfer.as_ref() };
        if progress.is_null() {
            return ZCIO_BAD_ARGUMENT;
        }
        let progress = AssertUnwindSafe(progress);
        with(transfer.map(|transfer| &transfer.0), |transfer| {
            let Some(transfer) = transfer else { return ZCIO_CLOSED };
            let result = transfer.check_ends().and_then(|()| transfer.run(&deadline(waits)));
            let AssertUnwindSafe(progress) = progress;
            // SAFETY: not null, and valid by this function's contract. Not before: threads may share it, as the handle.
            let progress = unsafe { &mut *progress };
            describe_progress(progress, 0, transfer);
            code(result)
        })
    })
}

/// Gives up the pending bytes. If the source is a file, its position is set back; otherwise they are copied to `out`,
/// as far as they fit. Returns the number of bytes copied, or `-errno`, or `ZCIO_BUSY`.
///
/// # Safety
/// `transfer` must come from `zcio_transfer_new` and not be freed before the call returns; `out` must be valid for
/// writes of `size` initialised bytes.
#[no_mangle]
pub unsafe extern "C" fn zcio_transfer_take_back(transfer: *const zcio_transfer, out: *mut u8, size: usize) -> i64 {
    guarded(|| {
        // SAFETY: null or valid by this function's contract.
        let (transfer, out) = unsafe { (transfer.as_ref(), memory(out, size)) };
        let out = AssertUnwindSafe(out);
        with(transfer.map(|transfer| &transfer.0), |transfer| {
            let AssertUnwindSafe(out) = out;
            transfer.as_mut().map_or(0, |transfer| take_back(Some(transfer), out))
        })
    })
}

/// Takes back the pending bytes as `zcio_transfer_take_back` does, closes the transfer, also if that failed, and releases
/// its pipe and memory; the handle stays valid for calls of other threads. Returns as that function, or `ZCIO_BUSY`, and
/// then nothing has changed: another thread is using the transfer, or more than `size` bytes are pending.
///
/// # Safety
/// As for `zcio_transfer_take_back`.
#[no_mangle]
pub unsafe extern "C" fn zcio_transfer_close(transfer: *const zcio_transfer, out: *mut u8, size: usize) -> i64 {
    guarded(|| {
        // SAFETY: null or valid by this function's contract.
        let (transfer, out) = unsafe { (transfer.as_ref(), memory(out, size)) };
        let out = AssertUnwindSafe(out);
        with(transfer.map(|transfer| &transfer.0), |transfer| {
            let AssertUnwindSafe(out) = out;
            let code = match transfer {
                Some(open) if open.pending() > size => return ZCIO_BUSY,
                Some(open) => take_back(Some(open), out),
                None => 0,
            };
            *transfer = None;
            code
        })
    })
}

/// Frees the transfer or proxy in `progress`, if there is one, and restores the blocking mode of a proxy's sockets.
///
/// # Safety
/// `progress` must be null or valid for writes; what is in it must come from `zcio_transfer_new`, `zcio_transfer_begin`
/// or `zcio_proxy_new`, and no other call may use it now or later.
#[no_mangle]
pub unsafe extern "C" fn zcio_transfer_free(progress: *mut zcio_transfer_progress) {
    guarded_or((), || {
        // SAFETY: null or valid by this function's contract.
        let Some(progress) = (unsafe { progress.as_mut() }) else { return };
        let transfer = std::mem::replace(&mut progress.transfer, std::ptr::null_mut());
        if !transfer.is_null() {
            // SAFETY: it is a box by this function's contract, and this is its last use.
            drop(unsafe { Box::from_raw(transfer) });
        }
        let proxy = std::mem::replace(&mut progress.proxy, std::ptr::null_mut());
        if !proxy.is_null() {
            // SAFETY: it is a box by this function's contract, and this is its last use.
            drop(unsafe { Box::from_raw(proxy) });
        }
    })
}
