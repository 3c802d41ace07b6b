//! Reads and writes memory once a pipe, socket or device is ready. read(2) and write(2) never wait here: while a thread
//! waits in them, it cannot notice that another thread closes the descriptor. poll(2) returns every 50 ms to look.

use std::ffi::c_int;

use crate::os::transfer as os;
use crate::os::{Errno, Kind};

/// Milliseconds to wait.
const SLICE: c_int = 50;

/// Reads once there is something to read. Fails with EAGAIN if there is nothing for 50 ms.
pub fn read_ready(fd: c_int, memory: &mut [u8]) -> Result<usize, Errno> {
    wait(fd, os::POLLIN)?;
    os::read(fd, None, memory)
}

/// Writes as much of `memory` as possible without waiting, once that is something. Fails with EAGAIN if nothing is
/// possible for 50 ms.
pub fn write_ready(fd: c_int, memory: &[u8]) -> Result<usize, Errno> {
    let about = os::describe(fd)?;
    if about.kind == Kind::File {
        return os::write(fd, None, memory);
    }
    wait(fd, os::POLLOUT)?;
    match about.kind {
        Kind::Socket => os::send(fd, memory),
        Kind::Pipe if !about.nonblocking => {
            os::write(fd, None, &memory[..memory.len().min(os::pipe_room_when_ready(fd))])
        }
        _ => os::write(fd, None, memory),
    }
}

fn wait(fd: c_int, events: i16) -> Result<(), Errno> {
    if os::poll([(fd, events)], SLICE)? != [0] {
        Ok(())
    } else if os::is_listening(fd) {
        Err(Errno(os::ENOTCONN)) // it would be waited for for ever
    } else {
        Err(Errno(os::EAGAIN))
    }
}
