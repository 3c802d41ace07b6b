//! The constants of the memory-mapping calls, by name, as this platform numbers them.

/// The platform's names and values: those of Python's `mmap` module, and those that only the kernel's headers have.
pub fn constants() -> impl Iterator<Item = (&'static str, i64)> {
    SYSTEM.iter().chain(NEWER_THAN_LIBC).chain(X86).copied()
}

#[cfg(unix)]
macro_rules! from_libc {
    ($($name:ident)*) => { &[$((stringify!($name), libc::$name as i64)),*] };
}

#[cfg(target_os = "linux")]
const SYSTEM: &[(&str, i64)] = from_libc! {
    MADV_NORMAL MADV_RANDOM MADV_SEQUENTIAL MADV_WILLNEED MADV_DONTNEED MADV_FREE MADV_REMOVE MADV_DONTFORK
    MADV_DOFORK MADV_MERGEABLE MADV_UNMERGEABLE MADV_HUGEPAGE MADV_NOHUGEPAGE MADV_DONTDUMP MADV_DODUMP
    MADV_HWPOISON MADV_WIPEONFORK MADV_KEEPONFORK MADV_COLD MADV_PAGEOUT MADV_POPULATE_READ MADV_POPULATE_WRITE
    MAP_DENYWRITE MAP_EXECUTABLE MAP_NORESERVE MAP_POPULATE MAP_STACK MAP_SHARED_VALIDATE MAP_FIXED MAP_GROWSDOWN
    MAP_LOCKED MAP_NONBLOCK MAP_HUGETLB MAP_SYNC MAP_FIXED_NOREPLACE MAP_HUGE_SHIFT MAP_HUGE_MASK
    MAP_HUGE_64KB MAP_HUGE_512KB MAP_HUGE_1MB MAP_HUGE_2MB MAP_HUGE_8MB MAP_HUGE_16MB MAP_HUGE_32MB MAP_HUGE_256MB
    MAP_HUGE_512MB MAP_HUGE_1GB MAP_HUGE_2GB MAP_HUGE_16GB
    MS_ASYNC MS_INVALIDATE MS_SYNC PROT_NONE MREMAP_MAYMOVE MREMAP_FIXED MREMAP_DONTUNMAP
};

// The numbers of include/uapi/asm-generic, for the architectures that use them as they are.
#[cfg(all(
    target_os = "linux",
    any(
        target_arch = "x86_64",
        target_arch = "aarch64",
        target_arch = "arm",
        target_arch = "riscv64",
        target_arch = "s390x"
    )
))]
const NEWER_THAN_LIBC: &[(&str, i64)] = &[
    ("MADV_DONTNEED_LOCKED", 24),
    ("MADV_COLLAPSE", 25),
    ("MADV_SOFT_OFFLINE", 101),
    ("MADV_GUARD_INSTALL", 102),
    ("MADV_GUARD_REMOVE", 103),
    ("MAP_DROPPABLE", 8),
];

#[cfg(not(all(
    target_os = "linux",
    any(
        target_arch = "x86_64",
        target_arch = "aarch64",
        target_arch = "arm",
        target_arch = "riscv64",
        target_arch = "s390x"
    )
)))]
const NEWER_THAN_LIBC: &[(&str, i64)] = &[];

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
const X86: &[(&str, i64)] = &[("MAP_32BIT", libc::MAP_32BIT as i64), ("MAP_ABOVE4G", 0x80)];

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
const X86: &[(&str, i64)] = &[];

#[cfg(target_os = "freebsd")]
const SYSTEM: &[(&str, i64)] = from_libc! {
    MADV_NORMAL MADV_RANDOM MADV_SEQUENTIAL MADV_WILLNEED MADV_DONTNEED MADV_FREE MADV_NOSYNC MADV_AUTOSYNC
    MADV_NOCORE MADV_CORE MADV_PROTECT MS_ASYNC MS_INVALIDATE MS_SYNC PROT_NONE MAP_FIXED MAP_STACK
};

#[cfg(any(target_os = "netbsd", target_os = "openbsd"))]
const SYSTEM: &[(&str, i64)] = from_libc! {
    MADV_NORMAL MADV_RANDOM MADV_SEQUENTIAL MADV_WILLNEED MADV_DONTNEED MADV_FREE
    MS_ASYNC MS_INVALIDATE MS_SYNC PROT_NONE MAP_FIXED
};

#[cfg(target_os = "macos")]
const SYSTEM: &[(&str, i64)] = from_libc! {
    MADV_NORMAL MADV_RANDOM MADV_SEQUENTIAL MADV_WILLNEED MADV_DONTNEED MADV_FREE
    MADV_FREE_REUSABLE MADV_FREE_REUSE MS_ASYNC MS_INVALIDATE MS_SYNC PROT_NONE MAP_FIXED
};

#[cfg(target_os = "illumos")]
const SYSTEM: &[(&str, i64)] = from_libc! {
    MADV_NORMAL MADV_RANDOM MADV_SEQUENTIAL MADV_WILLNEED MADV_DONTNEED MADV_FREE MADV_PURGE MADV_ACCESS_DEFAULT
    MADV_ACCESS_LWP MADV_ACCESS_MANY MS_ASYNC MS_INVALIDATE MS_SYNC PROT_NONE MAP_FIXED
};

#[cfg(not(any(
    target_os = "linux",
    target_os = "freebsd",
    target_os = "netbsd",
    target_os = "openbsd",
    target_os = "macos",
    target_os = "illumos"
)))]
const SYSTEM: &[(&str, i64)] = &[];
