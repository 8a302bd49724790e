//! The one door to shared memory: every read and every store goes through this module.
//!
//! Shared memory is not part of the Rust program's own memory: another process may change any
//! byte at any time. So (invariant 7) there is never a `&T`, `&mut T` or slice into it; words are
//! read and written as atomics that exist for the length of one call, bytes are copied out before
//! they are looked at, and every offset is checked against what exists. The one way past it is
//! [`Window::range`], for users with an agreement of their own.
//!
//! All stores of words are `Release` and all loads are `Acquire`. On x86-64 both are plain moves;
//! what matters is that the compiler then keeps the stores of one thread in program order, so that
//! a killed thread leaves behind a *prefix* of its stores and nothing else. The crash enumerator
//! relies on that.

mod bytes;
#[cfg(feature = "simulation")]
pub mod interleaving;
#[cfg(feature = "simulation")]
pub mod simulation;
mod step;
mod units;
mod window;
mod word;

pub use units::Unit;
pub use window::{Region, Window};
pub use word::{Word8, Word16, Word32, Word64};

/// Nothing that this thread does after it is seen before what it did earlier.
pub(crate) fn full_fence() {
    std::sync::atomic::fence(std::sync::atomic::Ordering::SeqCst);
}

/// How often to look at something in vain before sleeping. A simulation may shorten it, since in it
/// nothing changes while a thread looks.
#[cfg(feature = "simulation")]
pub(crate) use interleaving::looks;

/// How often to look at something in vain before sleeping.
#[cfg(not(feature = "simulation"))]
#[inline(always)]
pub(crate) fn looks(most: u32) -> u32 {
    most
}

/// Bytes in a cache line of the processors that procession runs on.
pub const CACHE_LINE: u64 = 64;
