//! Makes each allocation of each call of the C interface fail once: the call must report it, existing objects must stay
//! usable, no byte may be lost, and the process must not end.
//!
//! The standard library aborts the process if a Box or a Vec gets no memory, so each try runs in its own process.

#![cfg(target_os = "linux")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::ffi::c_int;
use std::ptr;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};

use zcio::ffi::*;

/// Allocations that go through before one fails; none fails below 0.
static LEFT: AtomicI64 = AtomicI64::new(-1);
/// The number of allocations that fail after that.
static FAILING: AtomicI64 = AtomicI64::new(0);
static STRUCK: AtomicU64 = AtomicU64::new(0);
static WRONGS: AtomicU64 = AtomicU64::new(0);

struct Scarce;

impl Scarce {
    fn is_out() -> bool {
        match LEFT.load(Relaxed) {
            left if left < 0 => false,
            0 => {
                if FAILING.fetch_sub(1, Relaxed) <= 0 {
                    return false;
                }
                STRUCK.fetch_add(1, Relaxed);
                true
            }
            left => {
                LEFT.store(left - 1, Relaxed);
                false
            }
        }
    }
}

// SAFETY: it is the system's, which may fail at any time.
unsafe impl GlobalAlloc for Scarce {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if Scarce::is_out() {
            return ptr::null_mut();
        }
        // SAFETY: by this function's contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if Scarce::is_out() {
            return ptr::null_mut();
        }
        // SAFETY: by this function's contract.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if Scarce::is_out() {
            return ptr::null_mut();
        }
        // SAFETY: by this function's contract.
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Scarce = Scarce;

/// Lets allocations succeed again. Returns whether they failed before.
fn plenty() -> bool {
    LEFT.store(-1, Relaxed);
    STRUCK.load(Relaxed) > 0
}

type Scenario = fn() -> bool;

const WENT_THROUGH: c_int = 0;
const TOLD: c_int = 1;
const WRONG: c_int = 2;

/// `scenario`, in a process of its own, with the allocation of number `nth` failing, and `failing` in all.
fn attempt(scenario: Scenario, nth: i64, failing: i64) -> c_int {
    // SAFETY: the child calls what it was made for, allocates by the C library, which minds forks, and ends at once.
    unsafe {
        let child = libc::fork();
        if child == 0 {
            libc::alarm(60);
            FAILING.store(failing, Relaxed);
            LEFT.store(nth, Relaxed);
            let fine = scenario();
            libc::_exit(match (fine, plenty()) {
                (false, _) => WRONG,
                (true, true) => TOLD,
                (true, false) => WENT_THROUGH,
            });
        }
        let mut status = 0;
        assert_eq!(libc::waitpid(child, &mut status, 0), child);
        if libc::WIFEXITED(status) {
            libc::WEXITSTATUS(status)
        } else {
            -libc::WTERMSIG(status)
        }
    }
}

/// Returns how many allocations failed.
fn every_allocation_fails(name: &str, scenario: Scenario) -> i64 {
    for failing in [1, i64::MAX] {
        for nth in 0.. {
            assert!(nth < 100, "{name} does not end");
            match attempt(scenario, nth, failing) {
                WENT_THROUGH if failing > 1 => return 2 * nth,
                WENT_THROUGH => break,
                TOLD => {}
                status => {
                    println!("{name}: allocation {nth} ({failing} in all) fails: {status}");
                    WRONGS.fetch_add(1, Relaxed);
                }
            }
        }
    }
    unreachable!()
}

fn out_of_memory(code: i64) -> bool {
    code == -i64::from(libc::ENOMEM)
}

fn constants() -> bool {
    if zcio_map_constants().is_null() && !plenty() {
        return false;
    }
    let words = zcio_map_constants();
    if words.is_null() {
        return false;
    }
    // SAFETY: it is NUL-terminated.
    let words = unsafe { std::ffi::CStr::from_ptr(words) }.to_bytes();
    words.windows(9).any(|word| word == b"MAP_FIXED")
}

/// A text in which bytes that are rare in general are common, so that a search chooses other probes.
static ODD: [u8; 1 << 17] = {
    let mut odd = [b'Z'; 1 << 17];
    let mut at = 0;
    while at < odd.len() {
        odd[at] = b'q';
        at += 2;
    }
    odd
};

fn searches() -> bool {
    let long = [b'Z'; 300];
    for needle in [&b"ZqZqZx"[..], b"qq", &long, b"qZqZqZqZqZqZqZqZqZqZqZqZqZqZqZqZqZqZqZqZqZqZqZqZ"] {
        let (hay, len) = (ODD.as_ptr(), ODD.len());
        // SAFETY: all of it lives until the end of the loop, and the finder is freed once.
        unsafe {
            let finder = zcio_finder_new(needle.as_ptr(), needle.len());
            if finder.is_null() {
                if !plenty() {
                    return false;
                }
                continue;
            }
            let naive = ODD.windows(needle.len()).filter(|window| *window == needle).count() as i64;
            let (mut out, mut found) = ([0u64; 1000], 0);
            let mut progress = zcio_progress::default();
            while progress.done == 0 {
                let more = zcio_finder_find_all(finder, hay, len, true, &mut progress, out.as_mut_ptr(), 1000);
                if more < 0 {
                    return false;
                }
                found += more;
            }
            let mut progress = zcio_progress::default();
            let mut total = 0;
            while progress.done == 0 {
                total += zcio_finder_count(finder, hay, len, &mut progress);
            }
            if found != naive || (naive == 0) != (total == 0) || total > naive {
                return false;
            }
            zcio_finder_free(finder);
        }
    }
    true
}

/// Searches that fall back to Two-Way: a repetitive needle in a text that resembles it.
fn overlapping() -> bool {
    let mut text = [b'a'; 40_000];
    for at in (0..text.len()).step_by(4099) {
        text[at] = b'b';
    }
    let needle = [b'a'; 2000];
    let naive = text.windows(2000).filter(|window| *window == needle).count() as i64;
    let (mut out, mut progress) = ([0u64; 50_000], zcio_progress::default());
    // SAFETY: as above.
    unsafe {
        let finder = zcio_finder_new(needle.as_ptr(), needle.len());
        if finder.is_null() {
            return plenty();
        }
        let mut found = 0;
        while progress.done == 0 {
            found += zcio_finder_find_all(
                finder,
                text.as_ptr(),
                text.len(),
                true,
                &mut progress,
                out.as_mut_ptr(),
                50_000,
            );
        }
        zcio_finder_free(finder);
        found == naive
    }
}

fn pool() -> bool {
    let mut stats = zcio_pool_stats::default();
    let mut pool = zcio_pool_new(1 << 20, true);
    if pool.is_null() {
        if !plenty() {
            return false;
        }
        pool = zcio_pool_new(1 << 20, true);
    }
    // SAFETY: the pool is freed once; a chunk is given back once, and not used after it.
    unsafe {
        for round in 0..3 {
            let mut lent = [ptr::null_mut::<u8>(); 20];
            for (number, chunk) in lent.iter_mut().enumerate() {
                let size = 4096 * (1 + number % 3);
                let mut code = zcio_pool_take(pool, size, chunk);
                if out_of_memory(code) && plenty() {
                    code = zcio_pool_take(pool, size, chunk);
                }
                if code != 0 {
                    return false;
                }
                ptr::write_bytes(*chunk, round, size);
            }
            if lent.iter().any(|&chunk| zcio_chunk_free(chunk) != 0) {
                return false;
            }
        }
        if zcio_pool_read_stats(pool, &mut stats) != 0 || stats.lent != 0 {
            return false;
        }
        zcio_pool_free(pool);
    }
    stats.allocated == stats.freed + stats.retained && stats.allocated + stats.reused >= 60
}

fn span(data: &[u8]) -> zcio_span {
    zcio_span { data: data.as_ptr(), len: data.len() }
}

fn pieces() -> bool {
    let (left, right) = (b"......nee", b"dle......");
    let array = [span(left), span(right)];
    let mut ends = [-1; 2];
    // SAFETY: all of it lives until the end; the descriptors are this function's own.
    unsafe {
        if libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) != 0 {
            return false;
        }
        let again = |call: &dyn Fn() -> i64| match call() {
            code if out_of_memory(code) && plenty() => call(),
            code => code,
        };
        let (array, needle) = (array.as_ptr(), b"needle");
        again(&|| zcio_spans_find(array, 2, needle.as_ptr(), 6, 0)) == 6
            && again(&|| zcio_writev(ends[1], array, 2)) == 18
            && again(&|| zcio_vmsplice(ends[1], array, 2, 0)) == 18
    }
}

/// 300,000 bytes from one socket to another by these methods.
fn transfer(methods: u32) -> bool {
    const SIZE: usize = 300_000;
    let (mut a, mut b) = ([-1; 2], [-1; 2]);
    let (mut done, mut got, mut sent) = (false, 0usize, 0usize);
    // SAFETY: the descriptors are this function's own, and the transfer is freed once.
    unsafe {
        let made = |pair: &mut [c_int; 2]| {
            libc::socketpair(libc::AF_UNIX, libc::SOCK_STREAM | libc::SOCK_NONBLOCK, 0, pair.as_mut_ptr()) == 0
        };
        if !made(&mut a) || !made(&mut b) {
            return false;
        }
        let (mut src, mut dst) = (zcio_description::default(), zcio_description::default());
        if zcio_describe(a[1], &mut src) != 0 || zcio_describe(b[0], &mut dst) != 0 {
            return false;
        }
        let plan = zcio_plan { src, dst, src_offset: -1, dst_offset: -1, limit: -1, flags: 0, methods };
        let mut progress = zcio_transfer_progress::default();
        let mut code = zcio_transfer_new(&plan, &mut progress);
        if out_of_memory(code) && plenty() {
            code = zcio_transfer_new(&plan, &mut progress);
        }
        if code != 0 {
            return false;
        }
        let mut memory = [0u8; 4096];
        while !done {
            for (at, byte) in memory.iter_mut().enumerate() {
                *byte = ((sent + at) % 251) as u8;
            }
            let more = libc::send(a[0], memory.as_ptr().cast(), memory.len().min(SIZE - sent), 0);
            sent += usize::try_from(more).unwrap_or(0);
            if sent == SIZE {
                libc::shutdown(a[0], libc::SHUT_WR);
            }
            match zcio_transfer_run(progress.transfer, false, &mut progress) {
                ZCIO_DONE => done = true,
                ZCIO_AGAIN | ZCIO_WAITS => {}
                code if out_of_memory(code) && plenty() => {}
                _ => return false,
            }
            loop {
                let read = libc::recv(b[1], memory.as_mut_ptr().cast(), memory.len(), 0);
                let Ok(read @ 1..) = usize::try_from(read) else { break };
                if memory[..read].iter().enumerate().any(|(at, &byte)| byte != ((got + at) % 251) as u8) {
                    return false;
                }
                got += read;
            }
        }
        zcio_transfer_free(&mut progress);
    }
    got == SIZE && standing_descriptors_are_closed()
}

/// All but those of the scenario itself: none is left of a transfer.
fn standing_descriptors_are_closed() -> bool {
    // SAFETY: it only asks.
    let open = |fd| unsafe { libc::fcntl(fd, libc::F_GETFD) } >= 0;
    (3..200).filter(|&fd| open(fd)).count() <= before() + 4
}

fn before() -> usize {
    BEFORE.load(Relaxed) as usize
}

static BEFORE: AtomicU64 = AtomicU64::new(0);

fn by_splice() -> bool {
    transfer(4 | 8)
}

fn by_read_and_write() -> bool {
    transfer(8)
}

fn proxy() -> bool {
    let (mut a, mut b) = ([-1; 2], [-1; 2]);
    // SAFETY: the descriptors are this function's own, and the proxy is freed once.
    unsafe {
        for pair in [&mut a, &mut b] {
            libc::socketpair(libc::AF_UNIX, libc::SOCK_STREAM, 0, pair.as_mut_ptr());
        }
        let mut progress = zcio_transfer_progress::default();
        let mut code = zcio_proxy_new(a[1], b[0], &mut progress);
        if out_of_memory(code) && plenty() {
            if libc::fcntl(a[1], libc::F_GETFL) & libc::O_NONBLOCK != 0 {
                return false;
            }
            code = zcio_proxy_new(a[1], b[0], &mut progress);
        }
        libc::send(a[0], b"there".as_ptr().cast(), 5, 0);
        libc::send(b[1], b"back".as_ptr().cast(), 4, 0);
        libc::shutdown(a[0], libc::SHUT_WR);
        libc::shutdown(b[1], libc::SHUT_WR);
        while code != ZCIO_DONE || progress.moved != [5, 4] {
            code = zcio_proxy_run(progress.proxy, true, &mut progress);
            if code < 0 {
                // The transfer failed: undelivered bytes are taken back, or are still in the source.
                let told = out_of_memory(code) && plenty();
                let mut there = progress.moved;
                for (way, source) in [a[1], b[0]].into_iter().enumerate() {
                    let mut left = [0u8; 9];
                    let back = zcio_proxy_take_back(progress.proxy, way, left.as_mut_ptr(), 9);
                    let rest = libc::recv(source, left.as_mut_ptr().cast(), 9, libc::MSG_DONTWAIT);
                    there[way] += u64::try_from(back).unwrap_or(99) + u64::try_from(rest).unwrap_or(0);
                }
                zcio_transfer_free(&mut progress);
                return told && there == [5, 4];
            }
        }
        let mut memory = [0u8; 9];
        let fine = libc::recv(b[1], memory.as_mut_ptr().cast(), 9, 0) == 5
            && libc::recv(a[0], memory[5..].as_mut_ptr().cast(), 4, 0) == 4;
        zcio_transfer_free(&mut progress);
        fine && memory == *b"thereback"
    }
}

fn guards() -> bool {
    // More than one block of the registry holds.
    let mut made = [ptr::null_mut::<zcio_guard>(); 200];
    // SAFETY: nothing is ever accessed there, and each guard is freed once.
    unsafe {
        for (number, guard) in made.iter_mut().enumerate() {
            let base = ((1 << 30) + (number << 20)) as *const u8;
            let mut code = zcio_guard_new(base, 1 << 16, true, guard);
            if out_of_memory(code) && plenty() {
                code = zcio_guard_new(base, 1 << 16, true, guard);
            }
            if code != 0 {
                return false;
            }
        }
        if zcio_guards() != 200 {
            return false;
        }
        made.iter_mut().for_each(|guard| zcio_guard_free(guard));
    }
    zcio_guards() == 0
}

#[test]
fn no_allocation_that_fails_ends_the_process_or_loses_a_byte() {
    // SAFETY: it only asks.
    let open = (3..200).filter(|&fd| unsafe { libc::fcntl(fd, libc::F_GETFD) } >= 0).count();
    BEFORE.store(open as u64, Relaxed);
    let scenarios: [(&str, Scenario, i64); 9] = [
        ("constants", constants, 1),
        ("searches", searches, 4),
        ("overlapping", overlapping, 2),
        ("pool", pool, 4),
        ("pieces", pieces, 5),
        ("splice", by_splice, 2),
        ("read and write", by_read_and_write, 2),
        ("proxy", proxy, 2),
        ("guards", guards, 3),
    ];
    for (name, scenario, least) in scenarios {
        let wrongs = WRONGS.load(Relaxed);
        let failed = every_allocation_fails(name, scenario);
        println!("{name}: {failed} allocations failed");
        let enough = failed >= 2 * least || WRONGS.load(Relaxed) > wrongs;
        assert!(enough, "{name}: {failed} allocations failed: it does not do what is to be tested");
    }
    assert_eq!(WRONGS.load(Relaxed), 0, "tries went wrong (-6: the process was ended, 2: a wrong answer)");
}
