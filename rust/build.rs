//! Asks the compiler's version once: the AVX-512 intrinsics are stable since Rust 1.89, and 1.85 must build too.

use std::env;
use std::process::Command;

/// The minor version of the compiler cargo uses; 0 where it cannot be told, which costs speed and nothing else.
fn minor_version() -> u32 {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let said = Command::new(rustc).arg("--version").output().map(|out| out.stdout).unwrap_or_default();
    let said = String::from_utf8_lossy(&said);
    said.split('.').nth(1).and_then(|minor| minor.parse().ok()).unwrap_or(0)
}

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-check-cfg=cfg(zcio_asan, zcio_avx512, zcio_tsan)");
    if minor_version() >= 89 {
        println!("cargo:rustc-cfg=zcio_avx512");
    }
}
