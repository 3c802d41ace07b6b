//! The implementations there are, and which one runs.

use std::ffi::CStr;
use std::ops::{ControlFlow, Range};

use super::job::{Break, Effort, Job};
use super::scan::scan;
use super::sink::Sink;
use super::vector::{self, Byte, Swar, Vector};

/// An implementation of the scan. Higher ones of one processor family can do all that lower ones can.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Plain integers.
    Portable,
    /// aarch64.
    Neon,
    /// x86-64.
    Sse2,
    /// x86-64, since 2013 or 2015 (AVX2 and the bit counting instructions that came with it).
    Avx2,
    /// x86-64 with AVX-512 BW and VBMI2, if compiled by Rust 1.89 or newer.
    Avx512,
}

impl Level {
    /// All of them, lowest first.
    pub fn all() -> [Level; 5] {
        [Level::Portable, Level::Neon, Level::Sse2, Level::Avx2, Level::Avx512]
    }

    /// Whether this build has it and this processor can run it.
    pub fn available(self) -> bool {
        match self {
            Level::Portable => true,
            Level::Neon => cfg!(target_arch = "aarch64"),
            Level::Sse2 => cfg!(target_arch = "x86_64"),
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => {
                std::arch::is_x86_feature_detected!("avx2")
                    && std::arch::is_x86_feature_detected!("bmi1")
                    && std::arch::is_x86_feature_detected!("lzcnt")
                    && std::arch::is_x86_feature_detected!("popcnt")
            }
            // VBMI2 is not used: it came with the processors (Ice Lake, Zen 4) that no longer lower their clock for
            // 512-bit integer work.
            #[cfg(all(target_arch = "x86_64", zcio_avx512))]
            Level::Avx512 => {
                std::arch::is_x86_feature_detected!("avx512bw")
                    && std::arch::is_x86_feature_detected!("avx512vbmi2")
                    && Level::Avx2.available()
            }
            #[allow(unreachable_patterns)]
            _ => false,
        }
    }

    /// The best one available.
    #[inline]
    pub fn best() -> Level {
        if cfg!(target_arch = "aarch64") {
            return Level::Neon;
        }
        if Level::Avx512.available() {
            Level::Avx512
        } else if Level::Avx2.available() {
            Level::Avx2
        } else if Level::Sse2.available() {
            Level::Sse2
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

    /// [`scan`] with the widest vector of this level that fits `starts`.
    ///
    /// # Safety
    /// `self` must be available, `starts` not empty, and the rest as for [`scan`].
    #[inline]
    pub(super) unsafe fn scan<S: Sink>(
        self,
        job: &Job,
        starts: Range<usize>,
        sink: &mut S,
        effort: &mut Effort,
    ) -> ControlFlow<Break> {
        let places = starts.end - starts.start;
        // SAFETY: for each call, the level says that the processor can, the places suffice, the rest is our contract.
        unsafe {
            #[cfg(all(target_arch = "x86_64", zcio_avx512))]
            if self >= Level::Avx512 && places >= vector::Avx512::BYTES {
                return avx512(job, starts, sink, effort);
            }
            #[cfg(target_arch = "x86_64")]
            if self >= Level::Avx2 && places >= vector::Avx2::BYTES {
                return avx2(job, starts, sink, effort);
            }
            #[cfg(target_arch = "x86_64")]
            if self >= Level::Sse2 && places >= vector::Sse2::BYTES {
                return sse2(job, starts, sink, effort);
            }
            #[cfg(target_arch = "aarch64")]
            if self >= Level::Neon && places >= vector::Neon::BYTES {
                return neon(job, starts, sink, effort);
            }
            if places >= Swar::BYTES {
                swar(job, starts, sink, effort)
            } else {
                bytes(job, starts, sink, effort)
            }
        }
    }
}

/// A function that is [`scan`] with one vector, compiled for the instruction set it needs.
macro_rules! compiled {
    ($(#[$attribute:meta])* $name:ident, $vector:ty) => {
        /// # Safety
        /// As [`scan`].
        $(#[$attribute])*
        unsafe fn $name<S: Sink>(
            job: &Job,
            starts: Range<usize>,
            sink: &mut S,
            effort: &mut Effort,
        ) -> ControlFlow<Break> {
            // SAFETY: the contract is the same.
            unsafe { scan::<$vector, S>(job, starts, sink, effort) }
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
#[cfg(target_arch = "aarch64")]
compiled!(
    #[target_feature(enable = "neon")]
    neon,
    vector::Neon
);
compiled!(swar, Swar);
compiled!(bytes, Byte);
