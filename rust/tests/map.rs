//! Mappings through the C interface: replacing one, msync, and bad arguments.

use std::ffi::CString;
use std::fs::{self, File};
use std::io::Write;
use std::os::fd::AsRawFd;

use memmap2::MmapMut;
use zcio::ffi::*;

const PAGE: usize = 4096;

/// A file of two pages, "first" and "second" at their starts.
fn file(name: &str) -> File {
    let path = std::env::temp_dir().join(format!("zcio-{}-{name}", std::process::id()));
    let mut content = vec![b'.'; 2 * PAGE];
    content[..5].copy_from_slice(b"first");
    content[PAGE..PAGE + 6].copy_from_slice(b"second");
    File::create(&path).and_then(|mut file| file.write_all(&content)).expect("write");
    let file = File::open(&path).expect("open");
    fs::remove_file(&path).expect("remove");
    file
}

/// Maps the second page of a file over a page of anonymous memory.
///
/// # Safety
/// As `zcio_map_file`.
unsafe fn map_second_page(file: &File, target: *mut u8, flags: i32) -> i64 {
    // SAFETY: by this function's contract.
    unsafe { zcio_map_file(target, PAGE, file.as_raw_fd(), PAGE as i64, libc::PROT_READ, flags) }
}

/// Whether the file of that name is mapped; at `address`, if one is given.
fn is_mapped(address: Option<usize>, name: &str) -> bool {
    let file = format!("zcio-{}-{name} (deleted)", std::process::id());
    let maps = fs::read_to_string("/proc/self/maps").expect("maps");
    maps.lines().any(|line| {
        let (low, high) = line.split_once(' ').expect("a range").0.split_once('-').expect("two ends");
        let parse = |text| usize::from_str_radix(text, 16).expect("an address");
        let range = parse(low)..parse(high);
        address.is_none_or(|address| range.contains(&address)) && line.ends_with(&file)
    })
}

#[test]
fn a_file_takes_the_place_of_anonymous_memory() {
    let mut target = MmapMut::map_anon(PAGE).expect("anonymous");
    target[..4].copy_from_slice(b"mine");
    // SAFETY: it is a whole mapping of one page that nothing refers to just now.
    assert_eq!(unsafe { map_second_page(&file("place"), target.as_mut_ptr(), libc::MAP_SHARED) }, 0);
    assert_eq!(&target[..6], b"second");
    assert!(is_mapped(Some(target.as_ptr() as usize), "place"));
    drop(target);
    assert!(!is_mapped(None, "place"));
}

#[test]
fn what_cannot_be_moved_is_freed() {
    let mut target = MmapMut::map_anon(2 * PAGE).expect("anonymous");
    target[..4].copy_from_slice(b"mine");
    // SAFETY: the target is no start of a page, which mremap(2) refuses before it does anything.
    let code = unsafe { map_second_page(&file("freed"), target.as_mut_ptr().wrapping_add(1), libc::MAP_SHARED) };
    assert_eq!(code, -i64::from(libc::EINVAL));
    assert!(!is_mapped(None, "freed"));
    assert_eq!(&target[..4], b"mine");
}

#[test]
fn flags_that_would_overwrite_are_refused() {
    let mut target = MmapMut::map_anon(PAGE).expect("anonymous");
    for flag in [libc::MAP_FIXED, libc::MAP_FIXED_NOREPLACE] {
        // SAFETY: it is a whole mapping of one page that nothing refers to just now.
        let code = unsafe { map_second_page(&file("fixed"), target.as_mut_ptr(), libc::MAP_SHARED | flag) };
        assert_eq!(code, -i64::from(libc::EPERM));
    }
    // SAFETY: as above; and nothing is there to be moved to where there is no target.
    unsafe {
        let bad = zcio_map_file(target.as_mut_ptr(), PAGE, -5, 0, libc::PROT_READ, libc::MAP_SHARED);
        assert_eq!(bad, -i64::from(libc::EBADF));
        let null = std::ptr::null_mut();
        assert_eq!(map_second_page(&file("null"), null, libc::MAP_SHARED), ZCIO_BAD_ARGUMENT);
    }
}

#[test]
fn syncing_advising_and_naming() {
    let mut memory = MmapMut::map_anon(2 * PAGE).expect("anonymous");
    memory[..4].copy_from_slice(b"mine");
    let base = memory.as_mut_ptr();
    let name = CString::new("zcio").expect("a name");
    // SAFETY: every range lies inside `memory`, which outlives the calls.
    unsafe {
        assert_eq!(zcio_msync(base, 0, 2 * PAGE, libc::MS_SYNC), 0);
        assert_eq!(zcio_msync(base, 1, PAGE, libc::MS_SYNC), -i64::from(libc::EINVAL));
        assert_eq!(zcio_madvise(base, PAGE, PAGE, libc::MADV_NORMAL), 0);
        assert_eq!(zcio_madvise(base, 0, PAGE, 999), -i64::from(libc::EINVAL));
        assert_eq!(zcio_madvise(base, 0, PAGE, libc::MADV_DONTNEED), 0);
        let named = zcio_set_name(base, 2 * PAGE, name.as_ptr());
        assert!(named == 0 || named == -i64::from(libc::EINVAL), "{named}");
        assert_eq!(zcio_set_name(base, 2 * PAGE, std::ptr::null()), ZCIO_BAD_ARGUMENT);
    }
    assert_eq!(&memory[..4], b"\0\0\0\0");
}

#[test]
fn what_is_two_mappings_cannot_grow() {
    let mut memory = MmapMut::map_anon(4 * PAGE).expect("anonymous");
    memory.fill(b'x');
    let base = memory.as_mut_ptr();
    let (len, larger) = (4 * PAGE, 400 * PAGE);
    // SAFETY: the whole of a mapping that lives on.
    unsafe {
        assert_eq!(zcio_may_grow(base, len, larger), 0);
        assert_eq!(zcio_madvise(base, PAGE, PAGE, libc::MADV_RANDOM), 0);
        assert_eq!(zcio_may_grow(base, len, larger), -i64::from(libc::EFAULT));
        assert_eq!(zcio_madvise(base, 0, len, libc::MADV_NORMAL), 0);
        assert_eq!(zcio_may_grow(base, len, larger), 0);
        assert_eq!(zcio_may_grow(base, len, len - 1), ZCIO_BAD_ARGUMENT);
    }
    assert!(memory.iter().all(|&byte| byte == b'x'));
}
