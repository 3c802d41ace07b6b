//! Several of the needle's bytes, compared with a vector of places at once.

use super::job::Job;
use super::vector::Vector;

/// `N` bytes of the needle, each with its own distance from the places. A struct, not a closure: only functions can be
/// told to be inlined always, and the intrinsics are slow calls where they are not.
#[derive(Clone, Copy)]
pub(super) struct Lanes<V, const N: usize> {
    /// Where in the haystack the byte would stand for the place 0.
    pub(super) places: [*const u8; N],
    bytes: [V; N],
}

impl<V: Vector, const N: usize> Lanes<V, N> {
    /// `bytes[i]` at `offsets[i]` in the needle; what there is beyond `N` is left out.
    ///
    /// # Safety
    /// The processor must have `V`'s instruction set, `job.hay` be valid as [`super::scan::scan`] says, and the offsets
    /// below the needle's length.
    #[inline(always)]
    pub(super) unsafe fn new(job: &Job, offsets: &[usize], bytes: &[u8]) -> Self {
        // SAFETY: this needs nothing but the instruction set.
        let mut lanes = Lanes { places: [job.hay; N], bytes: [unsafe { V::splat(bytes[0]) }; N] };
        for i in 0..N {
            // SAFETY: the offset is below the needle's length, which the haystack has.
            lanes.places[i] = unsafe { job.hay.add(offsets[i]) };
            // SAFETY: this needs nothing but the instruction set.
            lanes.bytes[i] = unsafe { V::splat(bytes[i]) };
        }
        lanes
    }

    /// The lanes that match at the place `at`.
    ///
    /// # Safety
    /// The vector of places at `at` must lie among those where the needle has room: then the load at any offset below
    /// the needle's length ends in the haystack.
    #[inline(always)]
    pub(super) unsafe fn at(&self, at: usize) -> V::Eq {
        // SAFETY: this function's contract.
        unsafe {
            let mut lanes = V::eq(V::load(self.places[0].add(at)), self.bytes[0]);
            for i in 1..N {
                lanes = V::and(lanes, V::eq(V::load(self.places[i].add(at)), self.bytes[i]));
            }
            lanes
        }
    }
}
