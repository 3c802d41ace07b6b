//! The implementations, the choice of the one to run, and how a pass is compiled for each.

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::__cpuid;
use std::ffi::CStr;
#[cfg(target_arch = "x86_64")]
use std::sync::atomic::{AtomicU8, Ordering};

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use super::vector;
use super::vector::{Byte, Swar, Vector};

/// An implementation. Within one processor family, a processor that can run one can run all lower ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Plain integers.
    Portable,
    /// aarch64, little-endian.
    Neon,
    /// x86-64.
    Sse2,
    /// x86-64 with AVX2 and the bit counting instructions that came with it, in 2013 or 2015.
    Avx2,
    /// x86-64 with AVX-512 BW and VBMI2, if compiled by Rust 1.89 or newer.
    Avx512,
}

impl Level {
    /// All of them, lowest first.
    pub const ALL: [Level; 5] = [Level::Portable, Level::Neon, Level::Sse2, Level::Avx2, Level::Avx512];

    /// Whether this build has it and this processor can run it.
    pub fn is_available(self) -> bool {
        match self {
            Level::Portable => true,
            Level::Neon => cfg!(all(target_arch = "aarch64", target_endian = "little")),
            Level::Sse2 => cfg!(target_arch = "x86_64"),
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => {
                std::arch::is_x86_feature_detected!("avx2")
                    && std::arch::is_x86_feature_detected!("bmi1")
                    && std::arch::is_x86_feature_detected!("lzcnt")
                    && std::arch::is_x86_feature_detected!("popcnt")
            }
            // We do not use VBMI2. It identifies the processors (Ice Lake, Zen 4 and later) that do not lower their
            // clock for 512-bit integer instructions.
            #[cfg(all(target_arch = "x86_64", zcio_avx512))]
            Level::Avx512 => {
                std::arch::is_x86_feature_detected!("avx512bw")
                    && std::arch::is_x86_feature_detected!("avx512vbmi2")
                    && Level::Avx2.is_available()
            }
            #[allow(unreachable_patterns)]
            _ => false,
        }
    }

    /// The fastest one available.
    #[inline]
    pub fn best() -> Level {
        if Level::Avx512.is_available() && !splits_512() {
            Level::Avx512
        } else if Level::Avx2.is_available() {
            Level::Avx2
        } else if Level::Sse2.is_available() {
            Level::Sse2
        } else if Level::Neon.is_available() {
            Level::Neon
        } else {
            Level::Portable
        }
    }

    /// Its name, lower-case.
    pub fn name(self) -> &'static CStr {
        match self {
            Level::Portable => c"portable",
            Level::Neon => c"neon",
            Level::Sse2 => c"sse2",
            Level::Avx2 => c"avx2",
            Level::Avx512 => c"avx512",
        }
    }

    /// Runs `pass` with the widest vector of this level that `positions` has lanes for.
    ///
    /// # Safety
    /// * `self` must be available.
    /// * `positions` must be at least 1, and the number of positions of the pass.
    /// * What [`Pass::run`] says of the pass itself.
    #[inline]
    pub(super) unsafe fn run<P: Pass>(self, positions: usize, pass: P) -> P::Out {
        // SAFETY: for each call, the processor has the instruction set as the level is available, there are positions
        // enough, and the rest is our contract.
        unsafe {
            #[cfg(all(target_arch = "x86_64", zcio_avx512))]
            if self >= Level::Avx512 && positions >= vector::Avx512::BYTES {
                return avx512(pass);
            }
            #[cfg(target_arch = "x86_64")]
            if self >= Level::Avx2 && positions >= vector::Avx2::BYTES {
                return avx2(pass);
            }
            #[cfg(target_arch = "x86_64")]
            if self >= Level::Sse2 && positions >= vector::Sse2::BYTES {
                return sse2(pass);
            }
            #[cfg(all(target_arch = "aarch64", target_endian = "little"))]
            if self >= Level::Neon && positions >= vector::Neon::BYTES {
                return neon(pass);
            }
            if positions >= Swar::BYTES {
                swar(pass)
            } else {
                byte(pass)
            }
        }
    }
}

/// Whether the processor executes 512-bit instructions as two halves, as AMD's family 19h (Zen 4) does. There AVX2 is
/// faster, by 5 to 20 % if nothing is found and by more if much is found.
#[cfg(target_arch = "x86_64")]
fn splits_512() -> bool {
    // Not a OnceLock: if the process forks while another thread initialises it, the child would wait for ever.
    static KNOWN: AtomicU8 = AtomicU8::new(2);
    match KNOWN.load(Ordering::Relaxed) {
        2 => {
            // It is a safe function in newer compilers, but not in 1.85.
            #[allow(unused_unsafe)]
            // SAFETY: every x86-64 processor has cpuid and these two leaves.
            let (vendor, version) = unsafe { (__cpuid(0), __cpuid(1)) };
            let amd = (vendor.ebx, vendor.edx, vendor.ecx)
                == (u32::from_le_bytes(*b"Auth"), u32::from_le_bytes(*b"enti"), u32::from_le_bytes(*b"cAMD"));
            // The family is the sum of two fields if the first is full.
            let (base, more) = (version.eax >> 8 & 0xf, version.eax >> 20 & 0xff);
            let splits = amd && base == 0xf && base + more == 0x19;
            KNOWN.store(splits.into(), Ordering::Relaxed);
            splits
        }
        known => known == 1,
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn splits_512() -> bool {
    false
}

/// One pass over positions of a haystack, written once over [`Vector`].
pub(super) trait Pass {
    /// The result.
    type Out;

    /// Goes over all positions.
    ///
    /// # Safety
    /// * The processor must have `V`'s instruction set.
    /// * The pass must have at least `V::BYTES` positions.
    /// * What the pass itself says: its "Contract".
    unsafe fn run<V: Vector>(self) -> Self::Out;
}

/// A function that runs a pass with one vector, compiled for the instruction set it needs.
macro_rules! compiled {
    ($(#[$attribute:meta])* $name:ident, $vector:ty) => {
        /// # Safety
        /// * As [`Pass::run`].
        $(#[$attribute])*
        unsafe fn $name<P: Pass>(pass: P) -> P::Out {
            // SAFETY: the contract is the same.
            unsafe { pass.run::<$vector>() }
        }
    };
}

#[cfg(all(target_arch = "x86_64", zcio_avx512))]
compiled!(
    #[target_feature(enable = "avx512f,avx512bw,avx2,bmi1,lzcnt,popcnt")]
    avx512,
    vector::Avx512
);
#[cfg(target_arch = "x86_64")]
compiled!(
    #[target_feature(enable = "avx2,bmi1,lzcnt,popcnt")]
    avx2,
    vector::Avx2
);
#[cfg(target_arch = "x86_64")]
compiled!(sse2, vector::Sse2);
#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
compiled!(
    #[target_feature(enable = "neon")]
    neon,
    vector::Neon
);
compiled!(swar, Swar);
compiled!(byte, Byte);
