//! The way out of a search that meets a page that is gone: the handler makes the thread go on behind the call.

use std::arch::asm;
use std::cell::Cell;
use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ops::Range;
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::ptr;
use std::thread;

use crate::os::sigbus;

/// The search met a page that is gone.
#[derive(Debug)]
pub struct Faulted;

/// Where a thread that reads `memory` is to go on after a fault in it.
#[repr(C)]
struct Exit {
    stack: usize,
    code: usize,
    memory: Range<usize>,
}

thread_local! {
    /// Of the search that runs in this thread just now. The handler reads it only for a fault of its own thread's,
    /// which is in the midst of an access to a mapping and so in no lock of the C library's.
    static EXIT: Cell<*const Exit> = const { Cell::new(ptr::null()) };
}

struct Call<S, T> {
    search: Option<S>,
    result: MaybeUninit<thread::Result<T>>,
}

extern "C" fn call<S: FnOnce() -> T, T>(data: *mut c_void) {
    // SAFETY: it is the Call of `run`, which waits for us.
    let data = unsafe { &mut *data.cast::<Call<S, T>>() };
    if let Some(search) = data.search.take() {
        data.result.write(catch_unwind(AssertUnwindSafe(search)));
    }
}

/// Runs `search`, which reads `memory`; with the handler installed, it ends at once where a page of that is gone.
pub(super) fn run<S: FnOnce() -> T, T>(memory: &[u8], search: S) -> Result<T, Faulted> {
    let mut data = Call { search: Some(search), result: MaybeUninit::uninit() };
    let bounds = memory.as_ptr_range();
    let mut exit = Exit { stack: 0, code: 0, memory: bounds.start as usize..bounds.end as usize };
    // One pointer for the handler and for what is written below.
    let exit = ptr::addr_of_mut!(exit);
    let before = EXIT.replace(exit);
    let faulted: u64;
    // SAFETY: the callee gets its argument in rdi and an aligned stack (two pushes, as an asm block begins aligned).
    // What it must preserve (rbx, rbp) is saved here on the stack by hand or (r12 to r15) declared as lost, so that the
    // way by label 2, to which the handler comes with the stack pointer of the call, finds all that Rust relies on.
    unsafe {
        asm!(
            "push rbx",
            "push rbp",
            "mov [{exit}], rsp",
            "lea rax, [rip + 2f]",
            "mov [{exit} + 8], rax",
            "call {call}",
            "xor eax, eax",
            "jmp 3f",
            "2:",
            "mov eax, 1",
            "3:",
            "pop rbp",
            "pop rbx",
            exit = in(reg) exit,
            call = in(reg) call::<S, T> as extern "C" fn(*mut c_void),
            in("rdi") &mut data,
            out("rax") faulted,
            out("r12") _,
            out("r13") _,
            out("r14") _,
            out("r15") _,
            clobber_abi("C"),
        );
    }
    EXIT.set(before);
    if faulted != 0 {
        return Err(Faulted);
    }
    // SAFETY: the call came back, so it has written the result.
    match unsafe { data.result.assume_init() } {
        Ok(result) => Ok(result),
        Err(panic) => resume_unwind(panic),
    }
}

/// cbindgen:ignore
#[cfg(zcio_asan)]
extern "C" {
    fn __asan_unpoison_memory_region(start: *const c_void, size: usize);
}

/// In the handler: whether the address is read by this thread's search, which then ends on return.
///
/// # Safety
/// `context` must be what the handler was given.
pub(super) unsafe fn escape(address: usize, context: *mut c_void) -> bool {
    // SAFETY: null, or the Exit of a `run` that has not returned.
    let Some(exit) = (unsafe { EXIT.get().as_ref() }) else { return false };
    if !exit.memory.contains(&address) {
        return false;
    }
    #[cfg(zcio_asan)]
    // SAFETY: between the two lie the frames that are left behind, which nobody will return to.
    unsafe {
        // AddressSanitizer would go on to watch what lay in them.
        let low = sigbus::stack_of(context) - 4096;
        __asan_unpoison_memory_region(low as *const c_void, exit.stack - low);
    }
    // SAFETY: the stack is that of the call in `run`, and the code expects it.
    unsafe { sigbus::go_on_at(context, exit.code, exit.stack) };
    true
}
