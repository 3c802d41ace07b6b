//! Asks the compiler's version once: the AVX-512 intrinsics are stable since Rust 1.89, and 1.85 must build too. And tells
//! the tests which instruction sets they can run here, so that the others are reported as ignored.

use std::env;
use std::process::Command;

/// The minor version of the compiler cargo uses; 0 where it cannot be told, which costs speed and nothing else.
fn minor_version() -> u32 {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let said = Command::new(rustc).arg("--version").output().map(|out| out.stdout).unwrap_or_default();
    let said = String::from_utf8_lossy(&said);
    said.split('.').nth(1).and_then(|minor| minor.parse().ok()).unwrap_or(0)
}

/// Whether this very processor, if it is what is built for, has what a level of the search needs.
fn runs(level: &str, target: &str) -> bool {
    // With any C library, a program for Linux runs on this very processor.
    let linux = "x86_64-unknown-linux-";
    if env::var("HOST").is_ok_and(|host| host != target && !(host.starts_with(linux) && target.starts_with(linux)))
    {
        return level == "sse2"; // cross-compiled: no more than all have
    }
    #[cfg(target_arch = "x86_64")]
    return match level {
        "avx2" => std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("bmi1"),
        "avx512" => {
            std::arch::is_x86_feature_detected!("avx512bw") && std::arch::is_x86_feature_detected!("avx512vbmi2")
        }
        _ => true,
    };
    #[cfg(not(target_arch = "x86_64"))]
    false
}

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-check-cfg=cfg(zcio_asan, zcio_avx512, zcio_tsan)");
    println!("cargo:rustc-check-cfg=cfg(zcio_runs_neon, zcio_runs_sse2, zcio_runs_avx2, zcio_runs_avx512)");
    let new = minor_version() >= 89;
    if new {
        println!("cargo:rustc-cfg=zcio_avx512");
    }
    let target = env::var("TARGET").unwrap_or_default();
    if target.starts_with("aarch64-") {
        println!("cargo:rustc-cfg=zcio_runs_neon");
    } else if target.starts_with("x86_64-") {
        for level in ["sse2", "avx2", "avx512"] {
            if runs(level, &target) && (new || level != "avx512") {
                println!("cargo:rustc-cfg=zcio_runs_{level}");
            }
        }
    }
}
