//! Guards: pages that are gone read as zeros until the file is put back, from many threads at once.
#![cfg(target_os = "linux")]

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;

use memmap2::MmapRaw;
use zcio::ffi::*;

const PAGE: usize = 4096;
const PAGES: usize = 64;

/// A mapping of a file full of `x`, to be cut.
fn mapped() -> (File, MmapRaw) {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let name = format!("zcio-fault-{}-{}", std::process::id(), NEXT.fetch_add(1, Relaxed));
    let path = std::env::temp_dir().join(name);
    let mut file = OpenOptions::new().read(true).write(true).create_new(true).open(&path).expect("create");
    fs::remove_file(&path).expect("remove");
    file.write_all(&[b'x'; PAGES * PAGE]).expect("write");
    let map = MmapRaw::map_raw(&file).expect("map");
    (file, map)
}

fn refill(file: &File) {
    use std::os::unix::fs::FileExt;
    file.write_all_at(&[b'x'; PAGES * PAGE], 0).expect("write");
}

fn byte(map: &MmapRaw, at: usize) -> u8 {
    assert!(at < map.len());
    // SAFETY: inside the mapping, and read as memory that changes by itself.
    unsafe { ptr::read_volatile(map.as_ptr().add(at)) }
}

fn guard(map: &MmapRaw) -> *mut zcio_guard {
    let mut guard = ptr::null_mut();
    // SAFETY: `guard` takes the answer.
    assert_eq!(unsafe { zcio_guard_new(map.as_ptr(), map.len(), true, &mut guard) }, 0);
    guard
}

/// Ends the guard.
///
/// # Safety
/// - It is a live guard, which nobody else uses.
unsafe fn free(mut guard: *mut zcio_guard) {
    // SAFETY: by this function's contract.
    unsafe {
        zcio_guard_free(&mut guard);
        assert!(guard.is_null());
        zcio_guard_free(&mut guard); // nothing is left to free
    }
}

fn count(guard: *const zcio_guard) -> u64 {
    // SAFETY: a live guard, whose count may always be read.
    unsafe { ptr::read_volatile(zcio_guard_count(guard)) }
}

#[test]
fn a_page_that_is_gone_is_zeros_until_the_file_is_put_back() {
    let (file, map) = mapped();
    let guard = guard(&map);
    let before = count(guard);
    assert_eq!((byte(&map, 5 * PAGE), count(guard)), (b'x', before));
    file.set_len(PAGE as u64 + 1).expect("cut");
    assert_eq!((byte(&map, 9 * PAGE + 3), count(guard)), (0, before + 1));
    // To the end at once; below it, and what is not gone, stay.
    assert_eq!((byte(&map, PAGES * PAGE - 1), count(guard)), (0, before + 1));
    assert_eq!((byte(&map, 0), byte(&map, PAGE), count(guard)), (b'x', b'x', before + 1));
    assert_eq!((byte(&map, 2 * PAGE), count(guard)), (0, before + 2));
    // SAFETY: a live guard of a live mapping, here and below.
    unsafe {
        assert_eq!(zcio_guard_first(guard, false), 9 * PAGE as i64 + 3);
        assert_eq!(zcio_guard_remap_file(guard, map.as_ptr(), map.len()), before as i64 + 2);
        assert_eq!(zcio_guard_first(guard, true), ZCIO_NOT_FOUND);
        assert_eq!((byte(&map, 9 * PAGE), count(guard)), (0, before + 3));
        refill(&file);
        assert_eq!(byte(&map, 9 * PAGE), 0);
        assert_eq!(zcio_guard_remap_file(guard, map.as_ptr(), map.len()), before as i64 + 3);
        assert_eq!((byte(&map, 9 * PAGE), count(guard)), (b'x', before + 3));
        assert_eq!(zcio_guard_forget(guard), 0);
        assert_eq!(zcio_guard_first(guard, false), ZCIO_NOT_FOUND);
        free(guard);
    }
}

#[test]
fn many_threads_guard_fault_remap_and_free() {
    thread::scope(|scope| {
        for seed in 0..8 {
            scope.spawn(move || {
                let (file, map) = mapped();
                for round in 0..300 {
                    // More than a block of the registry holds. All but one are closing, as when a mapping at the same
                    // place was closed a moment ago.
                    let guards: Vec<_> = (0..1 + (seed + round) % 70).map(|_| guard(&map)).collect();
                    for &closing in &guards[1..] {
                        // SAFETY: a live guard.
                        assert_eq!(unsafe { zcio_guard_closing(closing) }, 0);
                    }
                    let before: Vec<_> = guards.iter().map(|&guard| count(guard)).collect();
                    if round % 3 == 0 {
                        file.set_len(((round % 7) * PAGE) as u64).expect("cut");
                        assert_eq!(byte(&map, 8 * PAGE + round), 0);
                        assert!(guards.iter().zip(&before).all(|(&guard, &before)| count(guard) == before + 1));
                        refill(&file);
                        // SAFETY: live guards of a live mapping.
                        let restored = unsafe { zcio_guard_remap_file(guards[0], map.as_ptr(), map.len()) };
                        assert_eq!(restored, before[0] as i64 + 1);
                    }
                    assert_eq!(byte(&map, 8 * PAGE + round), b'x');
                    assert_eq!(count(guards[0]), before[0] + u64::from(round % 3 == 0));
                    for guard in guards {
                        // SAFETY: freed once.
                        unsafe { free(guard) };
                    }
                }
            });
        }
    });
}

#[test]
fn threads_that_fault_in_one_mapping_all_come_back() {
    let (file, map) = mapped();
    let guard = guard(&map);
    for round in 0..200 {
        file.set_len(PAGE as u64).expect("cut");
        thread::scope(|scope| {
            for at in 0..4 {
                let map = &map;
                scope.spawn(move || {
                    for page in (1..PAGES).rev() {
                        assert_eq!(byte(map, page * PAGE + at), 0, "round {round}");
                    }
                    assert_eq!(byte(map, at), b'x');
                });
            }
        });
        refill(&file);
        // SAFETY: a live guard of a live mapping.
        assert_eq!(unsafe { zcio_guard_remap_file(guard, map.as_ptr(), map.len()) }, count(guard) as i64);
        assert!((0..PAGES).all(|page| byte(&map, page * PAGE) == b'x'));
    }
    // SAFETY: freed once.
    unsafe { free(guard) };
}

#[test]
fn a_search_tells_that_it_read_zeros() {
    let (file, map) = mapped();
    let guard = guard(&map);
    let (hay, len) = (map.as_ptr(), map.len());
    for needle in [&b"y"[..], b"needle", &[b'x'; 100], &[b'y'; 5000]] {
        // SAFETY: a live mapping, here and below.
        let find = || unsafe { zcio_find(hay, len, needle.as_ptr(), needle.len(), 0) };
        // SAFETY: as above.
        let rfind = || unsafe { zcio_rfind(hay, len, needle.as_ptr(), needle.len(), len) };
        let answers = (find(), rfind());
        for cut in [0, PAGE, 5 * PAGE] {
            file.set_len(cut as u64).expect("cut");
            assert_eq!(rfind(), ZCIO_FAULT);
            refill(&file);
            // The zeros stay until the file is put back, whether or not a search adds more.
            assert_eq!(rfind(), ZCIO_FAULT);
            // SAFETY: a live guard of a live mapping.
            assert_eq!(unsafe { zcio_guard_remap_file(guard, map.as_ptr(), map.len()) }, count(guard) as i64);
            assert_eq!((find(), rfind()), answers);
        }
        // What was found before the pages that are gone is right.
        file.set_len(PAGE as u64).expect("cut");
        assert_eq!(find(), if needle[0] == b'x' { 0 } else { ZCIO_FAULT });
        refill(&file);
        // SAFETY: as above.
        assert!(unsafe { zcio_guard_remap_file(guard, map.as_ptr(), map.len()) } >= 0);
    }
    // SAFETY: freed once.
    unsafe { free(guard) };
}

#[test]
fn a_guard_knows_its_mapping() {
    let (_file, map) = mapped();
    let guard = guard(&map);
    let (base, length) = (map.as_ptr(), map.len());
    // SAFETY: a live guard of a live mapping; the others are refused before anything is done.
    unsafe {
        assert_eq!(zcio_guard_closing(guard), 0);
        for (base, length) in [(base.wrapping_add(PAGE), length), (base, length - PAGE)] {
            assert_eq!(zcio_guard_stays(guard, base, length), 0);
            assert_eq!(zcio_guard_remap_file(guard, base, length), -i64::from(libc::ESTALE));
        }
        assert_eq!(zcio_guard_stays(guard, base, length), 1);
        assert_eq!(zcio_guard_remap_file(guard, base, length), count(guard) as i64);
        free(guard);
    }
}

#[test]
fn what_is_no_range_is_refused() {
    let mut guard = ptr::null_mut();
    // SAFETY: the core refuses these ranges and null before it accesses any memory.
    unsafe {
        for (base, length) in [(0, PAGE), (PAGE, 0), (usize::MAX - PAGE + 1, 2 * PAGE)] {
            assert_eq!(zcio_guard_new(base as *const u8, length, true, &mut guard), ZCIO_BAD_ARGUMENT);
        }
        assert_eq!(zcio_guard_remap_file(ptr::null(), PAGE as *const u8, PAGE), ZCIO_BAD_ARGUMENT);
        assert_eq!(zcio_guard_closing(ptr::null()), ZCIO_BAD_ARGUMENT);
        assert_eq!(zcio_guard_stays(ptr::null(), PAGE as *const u8, PAGE), ZCIO_BAD_ARGUMENT);
        assert_eq!(zcio_guard_first(ptr::null(), false), ZCIO_BAD_ARGUMENT);
        assert!(zcio_guard_count(ptr::null()).is_null());
        zcio_guard_free(ptr::null_mut());
        guard = PAGE as *mut zcio_guard; // a place that is taken
        assert_eq!(zcio_guard_new(PAGE as *const u8, PAGE, true, &mut guard), ZCIO_BAD_ARGUMENT);
    }
}

/// Counts the allocations of threads that ask for it.
struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: it is the system's allocator.
unsafe impl std::alloc::GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: std::alloc::Layout) -> *mut u8 {
        // A raw system call, since a thread-local variable would be what the test is to find.
        // SAFETY: gettid has no preconditions.
        if unsafe { libc::syscall(libc::SYS_gettid) } as i32 == WATCHED.load(Relaxed) {
            ALLOCATIONS.fetch_add(1, Relaxed);
        }
        // SAFETY: by this function's contract.
        unsafe { std::alloc::System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: std::alloc::Layout) {
        // SAFETY: by this function's contract.
        unsafe { std::alloc::System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;
static WATCHED: std::sync::atomic::AtomicI32 = std::sync::atomic::AtomicI32::new(0);

/// Joins the threads of a scope. ThreadSanitizer sees that they ended before what follows; it does not see the scope's
/// own wait, because the standard library is not instrumented.
fn joined<const N: usize>(threads: [thread::ScopedJoinHandle<'_, ()>; N]) {
    for thread in threads {
        thread.join().expect("a thread failed");
    }
}

#[test]
fn a_fault_on_a_fresh_thread_allocates_nothing_and_keeps_errno() {
    let (file, map) = mapped();
    let guard = guard(&map);
    file.set_len(PAGE as u64).expect("cut");
    for page in (1..PAGES).rev() {
        thread::scope(|scope| {
            let thread = scope.spawn(|| {
                // SAFETY: errno is the thread's own, and gettid has no preconditions.
                unsafe {
                    *libc::__errno_location() = 77;
                    WATCHED.store(libc::syscall(libc::SYS_gettid) as i32, Relaxed);
                }
                assert_eq!(byte(&map, page * PAGE), 0);
                WATCHED.store(0, Relaxed);
                // SAFETY: as above.
                assert_eq!(unsafe { *libc::__errno_location() }, 77);
            });
            joined([thread]);
        });
    }
    assert_eq!(ALLOCATIONS.load(Relaxed), 0);
    // SAFETY: freed once.
    unsafe { free(guard) };
}

#[test]
fn eight_threads_that_fault_beside_remaps_wait_and_meet_no_error() {
    let seconds = std::env::var("ZCIO_FAULT_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(2);
    let (file, map) = mapped();
    let guard = guard(&map) as usize;
    let end = std::time::Instant::now() + std::time::Duration::from_secs(seconds);
    file.set_len(PAGE as u64).expect("cut");
    let remaps = AtomicUsize::new(0);
    thread::scope(|scope| {
        let threads = [0, 1, 2, 3, 4, 5, 6, 7].map(|seed| {
            let (map, remaps) = (&map, &remaps);
            scope.spawn(move || {
                while std::time::Instant::now() < end {
                    for page in 1..PAGES {
                        assert_eq!(byte(map, (page * (seed + 1) % (PAGES - 1) + 1) * PAGE), 0);
                        assert_eq!(byte(map, seed), b'x');
                    }
                    let guard = guard as *const zcio_guard;
                    // SAFETY: a live guard of a live mapping.
                    let seen = unsafe { zcio_guard_remap_file(guard, map.as_ptr(), map.len()) };
                    assert!(seen >= 0);
                    remaps.fetch_add(1, Relaxed);
                }
            })
        });
        joined(threads);
    });
    let guard = guard as *mut zcio_guard;
    assert!(count(guard) > 100 && remaps.load(Relaxed) > 100);
    // SAFETY: freed once.
    unsafe { free(guard) };
}
