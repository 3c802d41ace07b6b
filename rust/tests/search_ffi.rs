//! The searches through the C interface: codes, handles, and what a caller can get wrong.

use std::ptr;

use zcio::ffi::*;

fn new(needle: &[u8]) -> *mut zcio_finder {
    // SAFETY: the slice is readable.
    unsafe { zcio_finder_new(needle.as_ptr(), needle.len()) }
}

#[test]
fn handles_do_what_the_functions_do() {
    let hay = b"one two one two one".repeat(50);
    for needle in [&b"one"[..], b"", b"o", b"none", b"oneone"] {
        let finder = new(needle);
        assert!(!finder.is_null());
        let (h, hl, n, nl) = (hay.as_ptr(), hay.len(), needle.as_ptr(), needle.len());
        let mut out = vec![0u64; 40];
        let mut states = [zcio_progress::default(); 2];
        // SAFETY: all pointers are those of live slices and of a finder that is freed last, once.
        unsafe {
            for at in [0, 1, 400, hl, hl + 1] {
                assert_eq!(zcio_finder_find(finder, h, hl, at), zcio_find(h, hl, n, nl, at));
                assert_eq!(zcio_finder_rfind(finder, h, hl, at), zcio_rfind(h, hl, n, nl, at));
            }
            for overlapping in [false, true] {
                let found = zcio_finder_find_all(finder, h, hl, overlapping, &mut states[0], out.as_mut_ptr(), 40);
                let mut at = 0;
                for &offset in &out[..found as usize] {
                    assert_eq!(zcio_find(h, hl, n, nl, at), offset as i64);
                    at = offset as usize + if overlapping { 1 } else { nl.max(1) };
                }
                assert_eq!(states[0].done == 1, zcio_find(h, hl, n, nl, at) < 0 && found < 40);
                states = Default::default();
            }
            assert_eq!(zcio_finder_count(finder, h, hl, &mut states[0]), zcio_count(h, hl, n, nl, &mut states[1]));
            zcio_finder_free(finder);
        }
    }
}

#[test]
fn a_finder_is_shared_by_threads() {
    struct Shared(*mut zcio_finder);
    // SAFETY: documented on zcio_finder: any number of threads may use it at the same time.
    unsafe impl Sync for Shared {}
    let shared = &Shared(new(b"needle"));
    let hay = [vec![b'-'; 10_000], b"needle".to_vec()].concat();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..100 {
                    let shared: &Shared = shared;
                    // SAFETY: the finder is freed after the scope.
                    assert_eq!(unsafe { zcio_finder_find(shared.0, hay.as_ptr(), hay.len(), 0) }, 10_000);
                }
            });
        }
    });
    // SAFETY: nobody uses it any more.
    unsafe { zcio_finder_free(shared.0) };
}

#[test]
fn offsets_go_only_where_there_is_room_for_them() {
    let finder = new(b"a");
    let mut memory = [u64::from_ne_bytes(*b"aaaaaaaa"); 4];
    let (text, mut state) = (b"aa", zcio_progress::default());
    let out = memory.as_mut_ptr();
    let mut find = |hay: *const u8, len, out: *mut u64, capacity| {
        // SAFETY: what overlaps, is not aligned or has no room is what is tested, and is not written to.
        unsafe { zcio_finder_find_all(finder, hay, len, false, &mut state, out, capacity) }
    };
    assert_eq!(find(text.as_ptr(), 2, out, 0), ZCIO_BAD_ARGUMENT);
    assert_eq!(find(text.as_ptr(), 2, out, usize::MAX / 8), ZCIO_BAD_ARGUMENT);
    assert_eq!(find(text.as_ptr(), 2, out.cast::<u8>().wrapping_add(1).cast(), 2), ZCIO_BAD_ARGUMENT);
    for (hay, at) in [(0, 0), (0, 1), (8, 0), (15, 1), (16, 1)] {
        let hay = out.cast::<u8>().wrapping_add(hay).cast_const();
        assert_eq!(find(hay, 9, out.wrapping_add(at), 2), ZCIO_BAD_ARGUMENT);
    }
    assert_eq!(find(out.cast(), 8, out.wrapping_add(1), 2), 2);
    // SAFETY: nobody uses it any more.
    unsafe { zcio_finder_free(finder) };
}

#[test]
fn null_is_refused() {
    let (hay, null) = (b"hay", ptr::null::<u8>());
    let mut state = zcio_progress::default();
    let mut out = [0u64];
    // SAFETY: what is not null is live, and null is what is tested.
    unsafe {
        assert!(zcio_finder_new(null, 1).is_null());
        zcio_finder_free(ptr::null_mut());
        assert_eq!(zcio_find(null, 3, hay.as_ptr(), 1, 0), ZCIO_BAD_ARGUMENT);
        assert_eq!(zcio_rfind(hay.as_ptr(), 3, null, 1, 3), ZCIO_BAD_ARGUMENT);
        assert_eq!(zcio_find(null, 0, null, 0, 0), 0);
        assert_eq!(zcio_finder_find(ptr::null(), hay.as_ptr(), 3, 0), ZCIO_BAD_ARGUMENT);
        assert_eq!(zcio_finder_count(ptr::null(), hay.as_ptr(), 3, &mut state), ZCIO_BAD_ARGUMENT);
        assert_eq!(zcio_count(hay.as_ptr(), 3, null, 1, &mut state), ZCIO_BAD_ARGUMENT);
        assert_eq!(zcio_count(hay.as_ptr(), 3, hay.as_ptr(), 1, ptr::null_mut()), ZCIO_BAD_ARGUMENT);
        let finder = new(b"a");
        let all = |state: *mut zcio_progress, out: *mut u64, capacity| {
            zcio_finder_find_all(finder, hay.as_ptr(), 3, false, state, out, capacity)
        };
        assert_eq!(all(ptr::null_mut(), out.as_mut_ptr(), 1), ZCIO_BAD_ARGUMENT);
        assert_eq!(all(&mut state, ptr::null_mut(), 1), ZCIO_BAD_ARGUMENT);
        assert_eq!(all(&mut state, out.as_mut_ptr(), usize::MAX), ZCIO_BAD_ARGUMENT);
        zcio_finder_free(finder);
        assert_eq!(zcio_find_any(hay.as_ptr(), 3, null, 0), ZCIO_BAD_ARGUMENT);
        assert_eq!(zcio_rfind_any(null, 3, [0u8; 32].as_ptr(), 3), ZCIO_BAD_ARGUMENT);
    }
}

#[test]
fn sets() {
    let mut set = [0u8; 32];
    b"\nxyz\xff".iter().for_each(|&byte| set[byte as usize / 8] |= 1 << (byte % 8));
    let hay = b"first line\nsecond line\n and more, without what is looked for up to here: \xff.";
    // SAFETY: both are live.
    unsafe {
        assert_eq!(zcio_find_any(hay.as_ptr(), hay.len(), set.as_ptr(), 0), 10);
        assert_eq!(zcio_find_any(hay.as_ptr(), hay.len(), set.as_ptr(), 11), 22);
        assert_eq!(zcio_rfind_any(hay.as_ptr(), hay.len(), set.as_ptr(), hay.len()), hay.len() as i64 - 2);
        assert_eq!(zcio_rfind_any(hay.as_ptr(), hay.len(), set.as_ptr(), 10), ZCIO_NOT_FOUND);
    }
}
