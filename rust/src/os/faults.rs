//! Fault injection for tests: makes chosen system calls fail, fall short or be interrupted.
//!
//! It is always compiled in, so that tests run on the very wheel that users get. Unused, it costs each system call one
//! relaxed atomic load.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Mutex;

use super::{lock, Errno};

/// The system calls into which faults can be injected, by their names in section 2 of the manual.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Call {
    Splice,
    Tee,
    Vmsplice,
    Sendfile,
    CopyFileRange,
    Read,
    Write,
    Send,
    Poll,
    Pipe,
    PipeSize,
    Seek,
    Clone,
    Sync,
    Truncate,
    Shutdown,
    Stat,
    Open,
    Close,
    Times,
    Mode,
    ListAttributes,
    GetAttribute,
    SetAttribute,
    Owner,
    Rename,
    Unlink,
}

impl Call {
    /// Every call and its name.
    pub const ALL: [(&'static str, Call); 27] = [
        ("splice", Call::Splice),
        ("tee", Call::Tee),
        ("vmsplice", Call::Vmsplice),
        ("sendfile", Call::Sendfile),
        ("copy_file_range", Call::CopyFileRange),
        ("read", Call::Read),
        ("write", Call::Write),
        ("send", Call::Send),
        ("poll", Call::Poll),
        ("pipe2", Call::Pipe),
        ("F_SETPIPE_SZ", Call::PipeSize),
        ("lseek", Call::Seek),
        ("FICLONE", Call::Clone),
        ("fsync", Call::Sync),
        ("ftruncate", Call::Truncate),
        ("shutdown", Call::Shutdown),
        ("stat", Call::Stat),
        ("open", Call::Open),
        ("close", Call::Close),
        ("utimensat", Call::Times),
        ("chmod", Call::Mode),
        ("listxattr", Call::ListAttributes),
        ("getxattr", Call::GetAttribute),
        ("setxattr", Call::SetAttribute),
        ("chown", Call::Owner),
        ("rename", Call::Rename),
        ("unlink", Call::Unlink),
    ];

    /// The call with that name.
    pub fn named(name: &str) -> Option<Call> {
        Call::ALL.iter().find(|(known, _)| *known == name).map(|(_, call)| *call)
    }
}

/// A fault of a system call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The call is not made, and fails with this error.
    Fails(Errno),
    /// The call is made for at most this number of bytes; with 0 it is not made and returns 0.
    Short(usize),
}

/// A rule: after `skip` calls of `call`, the next `times` calls have the fault.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// The system call.
    pub call: Call,
    /// The number of calls without a fault before.
    pub skip: u32,
    /// The number of calls with the fault after that.
    pub times: u32,
    /// The fault.
    pub fault: Fault,
}

static ARMED: AtomicBool = AtomicBool::new(false);
static RULES: Mutex<(Vec<Rule>, u64)> = Mutex::new((Vec::new(), 0));

/// Adds a rule, for the whole process.
pub fn add(rule: Rule) {
    lock(&RULES).0.push(rule);
    ARMED.store(true, Ordering::SeqCst);
}

/// Removes all rules. Returns the number of calls that had a fault since the last time.
pub fn clear() -> u64 {
    ARMED.store(false, Ordering::SeqCst);
    let mut rules = lock(&RULES);
    rules.0.clear();
    std::mem::take(&mut rules.1)
}

/// The fault for the next call of `call`, if any. Must be called before each system call.
#[inline]
pub fn strike(call: Call) -> Option<Fault> {
    if ARMED.load(Ordering::Relaxed) {
        armed(call)
    } else {
        None
    }
}

#[cold]
fn armed(call: Call) -> Option<Fault> {
    let mut rules = lock(&RULES);
    for rule in rules.0.iter_mut().filter(|rule| rule.call == call && rule.times > 0) {
        if rule.skip > 0 {
            rule.skip -= 1;
            continue;
        }
        rule.times -= 1;
        let fault = rule.fault;
        rules.1 += 1;
        return Some(fault);
    }
    None
}
