//! Transfers and proxies through the C interface: handles, codes and what a caller can get wrong.

use std::fs::{self, File};
use std::io::{Read, Seek, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::ptr;

use zcio::ffi::*;

fn file(name: &str, content: &[u8]) -> File {
    let path = std::env::temp_dir().join(format!("zcio-{}-{name}", std::process::id()));
    let mut file = File::options().read(true).write(true).create(true).truncate(true).open(&path).expect("open");
    file.write_all(content).expect("write");
    fs::remove_file(&path).expect("remove");
    file
}

fn described(fd: i32) -> zcio_description {
    let mut about = zcio_description::default();
    // SAFETY: the value is alive.
    assert_eq!(unsafe { zcio_describe(fd, &mut about) }, 0);
    about
}

fn plan(src: i32, dst: i32) -> zcio_plan {
    zcio_plan {
        src: described(src),
        dst: described(dst),
        src_offset: 0,
        dst_offset: 0,
        limit: -1,
        flags: 0,
        methods: 15,
    }
}

/// Runs a plan to its end. Returns the last code and where it stood.
fn run(plan: &zcio_plan) -> (i64, zcio_transfer_progress) {
    let mut progress = zcio_transfer_progress::default();
    // SAFETY: all pointers are those of live values, and the transfer is freed last.
    unsafe {
        assert_eq!(zcio_transfer_new(plan, &mut progress), 0);
        let mut code = ZCIO_AGAIN;
        while code == ZCIO_AGAIN {
            code = zcio_transfer_run(progress.transfer, true, &mut progress);
        }
        zcio_transfer_free(&mut progress);
        (code, progress)
    }
}

#[test]
fn every_way_moves_the_same_bytes() {
    let content: Vec<u8> = (0..3_000_000u32).map(|index| (index % 251) as u8).collect();
    let src = file("from", &content);
    for (bits, method) in [(1, 0), (4, 2), (8, 3), (15, 0)] {
        let mut dst = file(&format!("to-{bits}"), b"");
        let (code, progress) = run(&zcio_plan { methods: bits, ..plan(src.as_raw_fd(), dst.as_raw_fd()) });
        assert_eq!((code, progress.moved[0], progress.method[0]), (ZCIO_DONE, content.len() as u64, method));
        let mut found = Vec::new();
        dst.read_to_end(&mut found).expect("read");
        assert!(found == content);
    }
}

#[test]
fn what_a_socket_does_not_take_comes_back() {
    let (mut from, src) = UnixStream::pair().expect("a pair");
    let (dst, to) = UnixStream::pair().expect("a pair");
    from.write_all(b"on its way").expect("write");
    drop(to);
    let mut progress = zcio_transfer_progress::default();
    let mut out = [0u8; 64];
    // SAFETY: all pointers are those of live values, and the transfer is freed last.
    unsafe {
        assert_eq!(zcio_transfer_new(&plan(src.as_raw_fd(), dst.as_raw_fd()), &mut progress), 0);
        let transfer = progress.transfer;
        assert_eq!(zcio_transfer_run(transfer, true, &mut progress), -i64::from(libc::EPIPE));
        assert_eq!((progress.moved[0], progress.pending[0]), (0, 10));
        assert_eq!(zcio_transfer_take_back(transfer, out.as_mut_ptr(), 4), 4);
        assert_eq!(zcio_transfer_take_back(transfer, out.as_mut_ptr().add(4), 60), 6);
        assert_eq!(zcio_transfer_take_back(transfer, out.as_mut_ptr(), 64), 0);
        zcio_transfer_free(&mut progress);
        assert!(progress.transfer.is_null());
    }
    assert_eq!(&out[..10], b"on its way");
}

#[test]
fn a_proxy_carries_both_ways_and_the_ends() {
    let (mut client, a) = UnixStream::pair().expect("a pair");
    let (b, mut server) = UnixStream::pair().expect("a pair");
    let answering = std::thread::spawn(move || {
        let mut asked = String::new();
        server.read_to_string(&mut asked).expect("read");
        server.write_all(asked.to_uppercase().as_bytes()).expect("write");
    });
    client.write_all(b"question").expect("write");
    client.shutdown(std::net::Shutdown::Write).expect("shutdown");
    let mut progress = zcio_transfer_progress::default();
    // SAFETY: all pointers are those of live values, and the proxy is freed last.
    unsafe {
        assert_eq!(zcio_proxy_new(a.as_raw_fd(), b.as_raw_fd(), &mut progress), 0);
        let proxy = progress.proxy;
        assert!(libc::fcntl(a.as_raw_fd(), libc::F_GETFL) & libc::O_NONBLOCK != 0);
        let mut code = ZCIO_AGAIN;
        while code == ZCIO_AGAIN {
            code = zcio_proxy_run(proxy, true, &mut progress);
        }
        assert_eq!((code, progress.moved, progress.failed), (ZCIO_DONE, [8, 8], -1));
        assert_eq!(zcio_proxy_take_back(proxy, 2, ptr::null_mut(), 0), ZCIO_BAD_ARGUMENT);
        zcio_transfer_free(&mut progress);
        assert!(progress.proxy.is_null());
        assert!(libc::fcntl(a.as_raw_fd(), libc::F_GETFL) & libc::O_NONBLOCK == 0);
    }
    answering.join().expect("the server");
    let mut answer = String::new();
    client.read_to_string(&mut answer).expect("read");
    assert_eq!(answer, "QUESTION");
}

#[test]
fn a_descriptor_that_is_anothers_by_now_is_left_alone() {
    let (src, mut dst, mut other) = (file("mine", b"content"), file("to", b""), file("other", b"of another"));
    for gone in [src.as_raw_fd(), dst.as_raw_fd()] {
        let plan = plan(src.as_raw_fd(), dst.as_raw_fd());
        // SAFETY: the descriptors are this test's own.
        let (kept, replaced) = unsafe { (libc::dup(gone), libc::dup2(other.as_raw_fd(), gone)) };
        assert!(kept >= 0 && replaced == gone);
        let (code, progress) = run(&plan);
        assert_eq!((code, progress.moved[0]), (-i64::from(libc::EBADF), 0));
        // SAFETY: as above.
        let (back, closed) = unsafe { (libc::dup2(kept, gone), libc::close(kept)) };
        assert!(back == gone && closed == 0);
    }
    for (file, content) in [(&mut dst, ""), (&mut other, "of another")] {
        let mut found = String::new();
        file.rewind().and_then(|()| file.read_to_string(&mut found)).expect("read");
        assert_eq!(found, content);
    }
}

#[test]
fn bad_arguments_are_refused() {
    let dst = file("bad", b"");
    let mut progress = zcio_transfer_progress::default();
    // SAFETY: null is what is tested; everything else is alive.
    unsafe {
        assert_eq!(zcio_transfer_new(ptr::null(), &mut progress), ZCIO_BAD_ARGUMENT);
        assert_eq!(zcio_transfer_new(&plan(dst.as_raw_fd(), dst.as_raw_fd()), ptr::null_mut()), ZCIO_BAD_ARGUMENT);
        let none = zcio_plan { methods: 0, ..plan(dst.as_raw_fd(), dst.as_raw_fd()) };
        assert_eq!(zcio_transfer_new(&none, &mut progress), ZCIO_BAD_ARGUMENT);
        assert_eq!(zcio_transfer_run(ptr::null(), true, &mut progress), ZCIO_BAD_ARGUMENT);
        assert_eq!(zcio_proxy_new(dst.as_raw_fd(), dst.as_raw_fd(), &mut progress), -i64::from(libc::ENOTSOCK));
        assert_eq!(zcio_describe(-1, &mut zcio_description::default()), -i64::from(libc::EBADF));
        assert_eq!(zcio_inject(c"no_such_call".as_ptr(), 0, 1, 1, 0), ZCIO_BAD_ARGUMENT);
        zcio_transfer_free(&mut progress);
        zcio_transfer_free(ptr::null_mut());
    }
}

#[test]
fn one_call_does_what_is_ordinary_and_hands_over_the_rest() {
    let content = vec![7u8; 5000];
    let (src, dst) = (file("begun-from", &content), file("begun-to", b""));
    let mut progress = zcio_transfer_progress::default();
    let mut begin = |src, dst, limit, methods| {
        progress = zcio_transfer_progress::default();
        // SAFETY: the progress is that of a live value.
        let code = unsafe { zcio_transfer_begin(src, dst, 0, 0, limit, 0, methods, &mut progress) };
        (code, progress)
    };
    let (from, to) = (src.as_raw_fd(), dst.as_raw_fd());
    let (code, progress) = begin(from, to, -1, 1);
    assert_eq!((code, progress.moved[0]), (5000 << 2, 5000));
    assert_eq!(begin(from, to, 5000, 12).0, (5000 << 2) | 3, "little is read and written");
    assert_eq!(begin(from, to, 5000, 4).0, (5000 << 2) | 2, "unless it must not be");
    for (src, dst, limit) in [(from, to, 0), (from, to, 5001), (from, from, 1), (from, -1, 1), (-1, to, 1)] {
        let (code, progress) = begin(src, dst, limit, 15);
        assert_eq!((code, progress.moved[0], progress.transfer.is_null()), (ZCIO_LOOK, 0, true));
    }

    let (mut from, src) = UnixStream::pair().expect("a pair");
    let (dst, to) = UnixStream::pair().expect("a pair");
    from.write_all(b"on its way").expect("write");
    drop(to);
    let (code, mut progress) = begin(src.as_raw_fd(), dst.as_raw_fd(), -1, 15);
    assert_eq!((code, progress.moved[0], progress.pending[0]), (-i64::from(libc::EPIPE), 0, 10));
    let mut out = [0u8; 10];
    // SAFETY: the transfer is the one begun, and is freed last, once.
    unsafe {
        assert_eq!(zcio_transfer_take_back(progress.transfer, out.as_mut_ptr(), 10), 10);
        zcio_transfer_free(&mut progress);
    }
    assert_eq!(&out, b"on its way");
}
