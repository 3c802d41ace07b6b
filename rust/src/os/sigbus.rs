//! Linux: what the handling of SIGBUS asks of the kernel. All but [`act`] is safe to call in a signal handler: bare
//! system calls, no lock, no memory of the C library's.

use std::ffi::{c_int, c_long, c_void};
use std::io;
use std::mem::MaybeUninit;
use std::ptr;

use super::Errno;

/// A handler as SA_SIGINFO has it.
pub type Handler = extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void);

/// What is to be done on a signal: `struct sigaction`.
pub type Action = libc::sigaction;

fn last() -> Errno {
    Errno(io::Error::last_os_error().raw_os_error().unwrap_or(libc::EIO))
}

/// The bytes of a page.
pub fn page_size() -> usize {
    // SAFETY: it only asks.
    unsafe { libc::sysconf(libc::_SC_PAGESIZE) as usize }
}

/// sigaction(2) for SIGBUS: what is in force, which `new` replaces where it is given.
pub fn act(new: Option<&Action>) -> Result<Action, Errno> {
    let mut old = MaybeUninit::<Action>::uninit();
    let new = new.map_or(ptr::null(), ptr::from_ref);
    // SAFETY: `new` is null or an action, and `old` takes one.
    if unsafe { libc::sigaction(libc::SIGBUS, new, old.as_mut_ptr()) } != 0 {
        return Err(last());
    }
    // SAFETY: the call has filled it.
    Ok(unsafe { old.assume_init() })
}

/// The action that calls `handler` on the thread's alternate stack where it has one, and else on its own.
pub fn action(handler: Handler) -> Action {
    // SAFETY: all zeros is an action: SIG_DFL, no flags, an empty mask.
    let mut action = unsafe { MaybeUninit::<Action>::zeroed().assume_init() };
    action.sa_sigaction = handler as *const () as usize;
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_RESTART;
    action
}

/// The default action.
pub fn default_action() -> Action {
    // SAFETY: as in `action`.
    unsafe { MaybeUninit::<Action>::zeroed().assume_init() }
}

/// Whether the kernel sent the signal for an address without memory, and which that is.
///
/// # Safety
/// `info` must be what a handler of SIGBUS was given.
pub unsafe fn faulting_address(info: *const libc::siginfo_t) -> Option<usize> {
    const BUS_ADRERR: c_int = 2;
    // SAFETY: by this function's contract; with this code the union holds an address.
    unsafe { ((*info).si_code == BUS_ADRERR).then(|| (*info).si_addr() as usize) }
}

/// Whether a process sent the signal, and not the kernel for a fault.
///
/// # Safety
/// As `faulting_address`.
pub unsafe fn was_sent(info: *const libc::siginfo_t) -> bool {
    // SAFETY: by this function's contract.
    unsafe { (*info).si_code <= 0 }
}

/// Whether this very process sent it by raise(3).
///
/// # Safety
/// As `faulting_address`.
pub unsafe fn was_raised(info: *const libc::siginfo_t) -> bool {
    const SI_TKILL: c_int = -6;
    // SAFETY: by this function's contract; with this code the union holds a process.
    unsafe { (*info).si_code == SI_TKILL && (*info).si_pid() == libc::getpid() }
}

/// The calling thread's number, never 0.
pub fn thread() -> i32 {
    // SAFETY: it only asks.
    unsafe { libc::syscall(libc::SYS_gettid) as i32 }
}

/// The signal once more, for the calling thread.
pub fn send_again() {
    // SAFETY: a signal to oneself.
    unsafe { libc::syscall(libc::SYS_tgkill, libc::getpid(), libc::syscall(libc::SYS_gettid), libc::SIGBUS) };
}

/// Calls a handler as the kernel would have: with the signals of its mask blocked, SIGBUS among them unless it asked
/// for SA_NODEFER.
///
/// # Safety
/// `action` must have a handler, and `info` and `context` be what our own was given.
pub unsafe fn call(action: &Action, info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: all zeros is an empty set on Linux.
    let (mut before, mut itself) =
        unsafe { (MaybeUninit::<libc::sigset_t>::zeroed().assume_init(), MaybeUninit::zeroed().assume_init()) };
    // SAFETY: both are sets of this function's own; the handler is one by this function's contract, and of the kind
    // that the flags say.
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
    // SAFETY: it is the thread's own.
    unsafe { *libc::__errno_location() }
}

/// Sets the calling thread's errno.
pub fn set_errno(value: i32) {
    // SAFETY: it is the thread's own.
    unsafe { *libc::__errno_location() = value }
}

/// Whether there is memory to read at `address`, which belongs to a mapping: the kernel reads it and says EFAULT if
/// not.
pub fn is_there(address: usize) -> bool {
    const NO_SUCH_ACTION: c_long = 99;
    const KERNEL_SIGSET: usize = 8;
    // SAFETY: the kernel reads 8 bytes before it refuses the number.
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

/// Puts anonymous pages of zeros over `start .. start + length`.
///
/// # Safety
/// What is mapped there goes away; nothing may rely on it.
pub unsafe fn map_zeros(start: usize, length: usize, writable: bool) -> Result<(), Errno> {
    let prot = libc::PROT_READ | if writable { libc::PROT_WRITE } else { 0 };
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED | libc::MAP_NORESERVE;
    // SAFETY: by this function's contract.
    let mapped = unsafe { libc::mmap(start as *mut c_void, length, prot, flags, -1, 0) };
    if mapped == libc::MAP_FAILED {
        Err(last())
    } else {
        Ok(())
    }
}

/// A second mapping of what the shared mapping at `start` maps, anywhere or over what is at `target`. EINVAL for a
/// private one.
///
/// # Safety
/// `start` must lie in a mapping of a file; what is at `target` goes away.
pub unsafe fn map_again(start: usize, length: usize, target: Option<usize>) -> Result<usize, Errno> {
    let flags = libc::MREMAP_MAYMOVE | if target.is_some() { libc::MREMAP_FIXED } else { 0 };
    // SAFETY: an old size of 0 leaves the mapping at `start` as it is; the rest by this function's contract.
    let mapped =
        unsafe { libc::mremap(start as *mut c_void, 0, length, flags, target.unwrap_or(0) as *mut c_void) };
    if mapped == libc::MAP_FAILED {
        Err(last())
    } else {
        Ok(mapped as usize)
    }
}

/// Where the stack of the interrupted thread ended.
///
/// # Safety
/// `context` must be what a handler was given.
#[cfg(all(target_arch = "x86_64", zcio_asan))]
pub unsafe fn stack_of(context: *mut c_void) -> usize {
    // SAFETY: it is a ucontext_t by this function's contract.
    unsafe { (*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs[libc::REG_RSP as usize] as usize }
}

/// Makes the interrupted thread go on at `pc` with the stack at `sp`.
///
/// # Safety
/// `context` must be what a handler was given, and code at `pc` must expect to be come to.
#[cfg(target_arch = "x86_64")]
pub unsafe fn go_on_at(context: *mut c_void, pc: usize, sp: usize) {
    // SAFETY: it is a ucontext_t by this function's contract.
    let registers = unsafe { &mut (*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs };
    registers[libc::REG_RIP as usize] = pc as i64;
    registers[libc::REG_RSP as usize] = sp as i64;
}
