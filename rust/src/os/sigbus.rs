//! Linux: the system calls of the SIGBUS handler. All functions but [`page_size`] may be called in a signal handler:
//! they take no locks, do not allocate, and call only what POSIX lists as async-signal-safe.

use std::ffi::{c_int, c_long, c_void};
use std::mem::MaybeUninit;
use std::ptr;

use super::Errno;

/// A handler with SA_SIGINFO.
pub type Handler = extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void);

/// `struct sigaction`: what happens on a signal.
pub type Action = libc::sigaction;

/// The set of signals that a thread blocks.
pub struct SignalMask(libc::sigset_t);

/// The size of a page in bytes.
pub fn page_size() -> usize {
    // SAFETY: sysconf has no preconditions.
    unsafe { libc::sysconf(libc::_SC_PAGESIZE) as usize }
}

/// sigaction(2) for SIGBUS. Returns the action in force and, if `new` is given, replaces it.
pub fn sigaction(new: Option<&Action>) -> Result<Action, Errno> {
    let mut old = MaybeUninit::<Action>::zeroed();
    let new = new.map_or(ptr::null(), ptr::from_ref);
    // SAFETY: `new` is null or points to an action, and `old` has room for one.
    if unsafe { libc::sigaction(libc::SIGBUS, new, old.as_mut_ptr()) } != 0 {
        return Err(Errno(errno()));
    }
    // SAFETY: the call has filled it.
    Ok(unsafe { old.assume_init() })
}

/// The action that calls `handler`, on the thread's alternate stack if it has one. `flags` are added.
pub fn action(handler: Handler, flags: c_int) -> Action {
    let mut action = default_action();
    action.sa_sigaction = handler as *const () as usize;
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | flags;
    action
}

/// The default action.
pub const fn default_action() -> Action {
    // SAFETY: all zeros is an action: SIG_DFL, no flags, an empty mask.
    unsafe { MaybeUninit::<Action>::zeroed().assume_init() }
}

/// Whether two actions are both the default, both to ignore, or call the same handler in the same way.
pub fn same(one: &Action, other: &Action) -> bool {
    let masked = |action: &Action, signal| {
        // SAFETY: the set is valid, and so is the number of a signal.
        unsafe { libc::sigismember(&action.sa_mask, signal) == 1 }
    };
    if one.sa_sigaction != other.sa_sigaction {
        return false;
    }
    let is_handler = ![libc::SIG_DFL, libc::SIG_IGN].contains(&one.sa_sigaction);
    !is_handler
        || one.sa_flags == other.sa_flags && (1..=64).all(|signal| masked(one, signal) == masked(other, signal))
}

/// The faulting address, if the access was to a page that does not exist (BUS_ADRERR).
///
/// # Safety
/// - `info` is what the kernel gave to a handler of SIGBUS.
pub unsafe fn faulting_address(info: *const libc::siginfo_t) -> Option<usize> {
    const BUS_ADRERR: c_int = 2;
    // SAFETY: by this function's contract; with this code the union holds an address.
    unsafe { ((*info).si_code == BUS_ADRERR).then(|| (*info).si_addr() as usize) }
}

/// Whether an access of this thread caused the signal. Such an access is repeated when the handler returns.
///
/// # Safety
/// - `info` is what the kernel gave to a handler of SIGBUS.
pub unsafe fn is_access(info: *const libc::siginfo_t) -> bool {
    // BUS_ADRALN, BUS_ADRERR, BUS_OBJERR, BUS_MCEERR_AR. BUS_MCEERR_AO (5) reports a memory failure
    // elsewhere, and codes of 0 and below are signals that a process sent.
    // SAFETY: by this function's contract.
    unsafe { (1..=4).contains(&(*info).si_code) }
}

/// Whether this process sent the signal by raise(3).
///
/// # Safety
/// - `info` is what the kernel gave to a handler of SIGBUS.
pub unsafe fn was_raised(info: *const libc::siginfo_t) -> bool {
    const SI_TKILL: c_int = -6;
    // SAFETY: by this function's contract; with this code the union holds a process.
    unsafe { (*info).si_code == SI_TKILL && (*info).si_pid() == libc::getpid() }
}

/// The calling thread's number, never 0.
pub fn thread() -> i32 {
    // SAFETY: the call has no preconditions.
    unsafe { libc::syscall(libc::SYS_gettid) as i32 }
}

/// Sends SIGBUS to the calling thread.
pub fn send_again() {
    // SAFETY: a signal to oneself.
    unsafe { libc::syscall(libc::SYS_tgkill, libc::getpid(), libc::syscall(libc::SYS_gettid), libc::SIGBUS) };
}

/// Blocks all signals of the calling thread. Returns the mask to restore.
pub fn block_signals() -> SignalMask {
    let (mut all, mut before) = (MaybeUninit::uninit(), MaybeUninit::zeroed());
    // SAFETY: sigfillset fills the first set, and the kernel the second.
    unsafe {
        libc::sigfillset(all.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr());
        SignalMask(before.assume_init())
    }
}

/// Restores the mask that `block_signals` returned.
pub fn restore_signals(mask: &SignalMask) {
    // SAFETY: it is a valid set.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &mask.0, ptr::null_mut()) };
}

/// Sleeps for 20 microseconds.
pub fn sleep_briefly() {
    let time = libc::timespec { tv_sec: 0, tv_nsec: 20_000 };
    // SAFETY: it is a valid time.
    unsafe { libc::nanosleep(&time, ptr::null_mut()) };
}

/// Calls a handler as the kernel would: with the signals of its mask blocked, and SIGBUS too unless it has SA_NODEFER.
/// The handler may return, or leave by siglongjmp: the only thing to undo is the signal mask, which siglongjmp
/// restores.
///
/// # Safety
/// - `action` has a handler: neither SIG_DFL nor SIG_IGN.
/// - `info` and `context` are what the kernel gave to our own handler, which is running with SIGBUS blocked.
pub unsafe fn call(action: &Action, info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: all zeros is an empty set on Linux.
    let (mut before, mut itself) =
        unsafe { (MaybeUninit::<libc::sigset_t>::zeroed().assume_init(), MaybeUninit::zeroed().assume_init()) };
    // SAFETY: both sets are this function's own; the handler is one by this function's contract, with the signature
    // that the flags tell.
    unsafe {
        libc::pthread_sigmask(libc::SIG_BLOCK, &action.sa_mask, &mut before);
        if action.sa_flags & libc::SA_NODEFER != 0 {
            libc::sigemptyset(&mut itself);
            libc::sigaddset(&mut itself, libc::SIGBUS);
            libc::pthread_sigmask(libc::SIG_UNBLOCK, &itself, ptr::null_mut());
        }
        if action.sa_flags & libc::SA_SIGINFO != 0 {
            let handler: Handler = std::mem::transmute(action.sa_sigaction);
            handler(libc::SIGBUS, info, context);
        } else {
            let handler: extern "C" fn(c_int) = std::mem::transmute(action.sa_sigaction);
            handler(libc::SIGBUS);
        }
        libc::pthread_sigmask(libc::SIG_SETMASK, &before, ptr::null_mut());
    }
}

/// The calling thread's errno.
pub fn errno() -> i32 {
    // SAFETY: the C library returns the address of the thread's own.
    unsafe { *libc::__errno_location() }
}

/// Sets the calling thread's errno.
pub fn set_errno(value: i32) {
    // SAFETY: the C library returns the address of the thread's own.
    unsafe { *libc::__errno_location() = value }
}

/// Whether the 8 bytes at `address` can be read: the kernel reads them, and answers EFAULT if it cannot.
pub fn is_there(address: usize) -> bool {
    // rt_sigprocmask with a `how` that does not exist: it reads the set before it refuses, and changes nothing.
    const NO_SUCH_ACTION: c_long = 99;
    const KERNEL_SIGSET: usize = 8;
    // SAFETY: the kernel reads 8 bytes, wherever they are, and writes nothing.
    let failed = unsafe {
        libc::syscall(
            libc::SYS_rt_sigprocmask,
            NO_SUCH_ACTION,
            address & !7,
            ptr::null_mut::<c_void>(),
            KERNEL_SIGSET,
        )
    };
    !(failed == -1 && errno() == libc::EFAULT)
}

/// Maps anonymous pages of zeros over `start .. start + length`.
///
/// # Safety
/// - The mappings in that range may be replaced.
pub unsafe fn map_zeros(start: usize, length: usize, writable: bool) -> Result<(), Errno> {
    let prot = libc::PROT_READ | if writable { libc::PROT_WRITE } else { 0 };
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED | libc::MAP_NORESERVE;
    // SAFETY: by this function's contract.
    let mapped = unsafe { libc::mmap(start as *mut c_void, length, prot, flags, -1, 0) };
    if mapped == libc::MAP_FAILED {
        Err(Errno(errno()))
    } else {
        Ok(())
    }
}

/// Maps the pages of the shared mapping at `start` a second time, over `target` or at an address that the kernel
/// chooses. EINVAL for a private mapping.
///
/// # Safety
/// - The mappings at `target .. target + length` may be replaced.
pub unsafe fn map_again(start: usize, length: usize, target: Option<usize>) -> Result<usize, Errno> {
    let flags = libc::MREMAP_MAYMOVE | if target.is_some() { libc::MREMAP_FIXED } else { 0 };
    // SAFETY: an old size of 0 leaves the mapping at `start` as it is; the rest by this function's contract.
    let mapped =
        unsafe { libc::mremap(start as *mut c_void, 0, length, flags, target.unwrap_or(0) as *mut c_void) };
    if mapped == libc::MAP_FAILED {
        Err(Errno(errno()))
    } else {
        Ok(mapped as usize)
    }
}
