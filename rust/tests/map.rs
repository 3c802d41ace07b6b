//! Mappings through the C interface: moved, freed, synced, and what is refused.

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

fn map_second_page(file: &File) -> usize {
    let address = zcio_map_file(file.as_raw_fd(), PAGE as i64, PAGE, libc::PROT_READ, libc::MAP_SHARED);
    assert!(address > 0, "{address}");
    address as usize
}

/// Whether the file of that name is mapped at `address`: a freed range may be another test's by now.
fn is_mapped(address: usize, name: &str) -> bool {
    let file = format!("zcio-{}-{name} (deleted)", std::process::id());
    let maps = fs::read_to_string("/proc/self/maps").expect("maps");
    maps.lines().any(|line| {
        let (low, high) = line.split_once(' ').expect("a range").0.split_once('-').expect("two ends");
        let parse = |text| usize::from_str_radix(text, 16).expect("an address");
        (parse(low)..parse(high)).contains(&address) && line.ends_with(&file)
    })
}

#[test]
fn a_file_takes_the_place_of_anonymous_memory() {
    let mut target = MmapMut::map_anon(PAGE).expect("anonymous");
    target[..4].copy_from_slice(b"mine");
    let address = map_second_page(&file("place"));
    assert!(is_mapped(address, "place"));
    // SAFETY: both are whole mappings of one page that nothing refers to just now.
    assert_eq!(unsafe { zcio_map_replace(address, target.as_mut_ptr(), PAGE) }, 0);
    assert_eq!(&target[..6], b"second");
    assert!(!is_mapped(address, "place"));
}

#[test]
fn what_cannot_be_moved_is_freed() {
    let mut target = MmapMut::map_anon(2 * PAGE).expect("anonymous");
    target[..4].copy_from_slice(b"mine");
    let address = map_second_page(&file("freed"));
    // SAFETY: the target is no start of a page, which mremap(2) refuses before it does anything.
    let code = unsafe { zcio_map_replace(address, target.as_mut_ptr().wrapping_add(1), PAGE) };
    assert_eq!(code, -i64::from(libc::EINVAL));
    assert!(!is_mapped(address, "freed"));
    assert_eq!(&target[..4], b"mine");
}

#[test]
fn freeing_unmaps() {
    let address = map_second_page(&file("unmap"));
    // SAFETY: it is ours and freed once.
    assert_eq!(unsafe { zcio_map_free(address, PAGE) }, 0);
    assert!(!is_mapped(address, "unmap"));
}

#[test]
fn flags_that_would_overwrite_are_refused() {
    for flag in [libc::MAP_FIXED, libc::MAP_FIXED_NOREPLACE] {
        let flags = libc::MAP_SHARED | flag;
        let code = zcio_map_file(file("fixed").as_raw_fd(), 0, PAGE, libc::PROT_READ, flags);
        assert_eq!(code, -i64::from(libc::EPERM));
    }
    let bad = zcio_map_file(-5, 0, PAGE, libc::PROT_READ, libc::MAP_SHARED);
    assert_eq!(bad, -i64::from(libc::EBADF));
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
        assert_eq!(zcio_map_replace(0, base, PAGE), ZCIO_BAD_ARGUMENT);
    }
    assert_eq!(&memory[..4], b"\0\0\0\0");
}
