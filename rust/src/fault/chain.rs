//! Who was to have SIGBUS before us: every handler we came in front of, the newest first.

use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::{AtomicI32, AtomicPtr, AtomicU32, AtomicUsize, Ordering::*};
use std::sync::Mutex;

use crate::fallible;
use crate::os::fork::unforked;
use crate::os::sigbus::{self, Action};
use crate::os::{lock, Errno};

/// One of them. It is never freed, since a signal handler may look at it at any time, but used again: there are no two
/// with the same action and the same ones below, and no action is twice in a chain.
struct Link {
    action: Action,
    below: Option<&'static Link>,
    /// Another one, in whatever chain.
    made_before: Option<&'static Link>,
    /// The thread that calls it just now, or 0.
    caller: AtomicI32,
}

// SAFETY: an action is plain data that never changes here.
unsafe impl Sync for Link {}

static TOP: AtomicPtr<Link> = AtomicPtr::new(ptr::null_mut());
/// The one made last, of all.
static MADE: Mutex<Option<&'static Link>> = Mutex::new(None);

/// A handler that returns without having mended anything is called again at once, for ever. Where others are below it
/// (it may be one that has since been switched off), they get their turn after so many times.
const PATIENCE: u32 = 64;
static LAST_ADDRESS: AtomicUsize = AtomicUsize::new(0);
static REPEATED: AtomicU32 = AtomicU32::new(0);

fn top() -> Option<&'static Link> {
    // SAFETY: null, or a link, which is never freed.
    unsafe { TOP.load(Acquire).as_ref() }
}

fn is_handler(action: &Action) -> bool {
    action.sa_sigaction != libc::SIG_DFL && action.sa_sigaction != libc::SIG_IGN
}

/// Remembers what was in force when we came in front of it. Not in a signal handler.
/// ENOMEM where there is no room for it.
pub(super) fn remember(action: Action) -> Result<(), Errno> {
    let above = top();
    if above.is_some_and(|link| link.action.sa_sigaction == action.sa_sigaction) {
        return Ok(());
    }
    let below = if is_handler(&action) { without(above, &action)? } else { None };
    TOP.store(ptr::from_ref(link(action, below)?).cast_mut(), Release);
    Ok(())
}

/// The chain without the link of that action.
fn without(chain: Option<&'static Link>, action: &Action) -> Result<Option<&'static Link>, Errno> {
    match chain {
        Some(first) if first.action.sa_sigaction == action.sa_sigaction => Ok(first.below),
        Some(first) => Ok(Some(link(first.action, without(first.below, action)?)?)),
        None => Ok(None),
    }
}

/// The link of this action with these below.
fn link(action: Action, below: Option<&'static Link>) -> Result<&'static Link, Errno> {
    let _parent = unforked();
    let mut made = lock(&MADE);
    let same = |link: &&Link| {
        let ends = [link.below, below].map(|end| end.map_or(ptr::null(), ptr::from_ref));
        link.action.sa_sigaction == action.sa_sigaction
            && link.action.sa_flags == action.sa_flags
            && ends[0] == ends[1]
    };
    if let Some(known) = std::iter::successors(*made, |link| link.made_before).find(same) {
        return Ok(known);
    }
    let new = Box::leak(fallible::boxed(Link { action, below, made_before: *made, caller: AtomicI32::new(0) })?);
    *made = Some(new);
    Ok(new)
}

/// Hands on a signal that is not for us, in the handler.
///
/// # Safety
/// `info` and `context` must be what the handler was given.
pub(super) unsafe fn hand_on(info: *mut libc::siginfo_t, context: *mut c_void) {
    let thread = sigbus::thread();
    // SAFETY: by this function's contract.
    let address = unsafe { sigbus::faulting_address(info) };
    let mut link = top();
    // A handler that hands on by itself does so to what was before it, which may be us: then to the next one below.
    while let Some(busy) = link.filter(|link| is_handler(&link.action) && has_called(link, thread)) {
        link = busy.below;
    }
    if let Some(address) = address {
        let again = LAST_ADDRESS.swap(address, Relaxed) == address;
        let times = if again { REPEATED.fetch_add(1, Relaxed) } else { REPEATED.swap(0, Relaxed) };
        if again && times >= PATIENCE {
            while let Some(below) = link.and_then(|link| link.below) {
                link = Some(below);
            }
        }
    }
    match link {
        Some(link) if is_handler(&link.action) => {
            let before = link.caller.swap(thread, AcqRel);
            // SAFETY: it is a handler, and the rest by this function's contract.
            unsafe { sigbus::call(&link.action, info, context) };
            link.caller.store(before, Release);
        }
        // SAFETY: by this function's contract.
        Some(link) if link.action.sa_sigaction == libc::SIG_IGN && unsafe { sigbus::was_sent(info) } => {}
        _ => {
            // The access is repeated on return and then ends the process as it would have without us.
            let _ = sigbus::act(Some(&sigbus::default_action()));
            // SAFETY: by this function's contract.
            if unsafe { sigbus::was_sent(info) } {
                sigbus::send_again();
            }
        }
    }
}

/// In the handler: whether this thread's signal comes from within one that we have handed on to.
pub(super) fn is_handing_on() -> bool {
    let thread = sigbus::thread();
    std::iter::successors(top(), |link| link.below).any(|link| has_called(link, thread))
}

fn has_called(link: &Link, thread: i32) -> bool {
    link.caller.load(Acquire) == thread
}
