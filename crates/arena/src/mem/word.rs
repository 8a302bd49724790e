//! Words of shared memory.

use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use super::step::{self, Step};
use crate::sys::futex::Woken;

macro_rules! word {
    ($(#[$documentation:meta])* $name:ident, $atomic:ty, $value:ty) => {
        $(#[$documentation])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name<'a>(&'a $atomic);

        impl<'a> $name<'a> {
            pub(super) fn new(word: &'a $atomic) -> Self {
                $name(word)
            }

            /// Reads the word; what its writer did before is visible afterwards.
            #[inline]
            pub fn load(self) -> $value {
                step::take(Step::Load);
                self.0.load(Ordering::Acquire)
            }

            /// Reads the word after everything that any thread did before its last
            /// sequentially consistent access to it.
            #[inline]
            pub fn load_in_total_order(self) -> $value {
                step::take(Step::Load);
                self.0.load(Ordering::SeqCst)
            }

            /// Writes the word after everything this thread did before.
            #[inline]
            pub fn store(self, value: $value) {
                if step::take(Step::Store) {
                    self.0.store(value, Ordering::Release);
                }
            }

            /// Replaces the word and returns what it held; a full fence.
            #[inline]
            pub fn swap(self, value: $value) -> $value {
                match step::take(Step::Store) {
                    true => self.0.swap(value, Ordering::SeqCst),
                    false => value,
                }
            }

            /// Replaces the word if it holds `expected`, or says what it holds; a full fence.
            ///
            /// # Errors
            ///
            /// The value that was found instead.
            #[inline]
            pub fn compare_exchange(self, expected: $value, new: $value) -> Result<(), $value> {
                match step::take(Step::Store) {
                    true => self
                        .0
                        .compare_exchange(expected, new, Ordering::SeqCst, Ordering::SeqCst)
                        .map(|_| ()),
                    false => Ok(()),
                }
            }

            /// Adds to the word and returns what it held; a full fence.
            #[inline]
            pub fn fetch_add(self, value: $value) -> $value {
                match step::take(Step::Store) {
                    true => self.0.fetch_add(value, Ordering::SeqCst),
                    false => self.0.load(Ordering::SeqCst),
                }
            }

            /// Sets bits of the word and returns what it held; a full fence.
            #[inline]
            pub fn fetch_or(self, bits: $value) -> $value {
                match step::take(Step::Store) {
                    true => self.0.fetch_or(bits, Ordering::SeqCst),
                    false => self.0.load(Ordering::SeqCst),
                }
            }

            /// Keeps only the given bits of the word and returns what it held; a full fence.
            #[inline]
            pub fn fetch_and(self, bits: $value) -> $value {
                match step::take(Step::Store) {
                    true => self.0.fetch_and(bits, Ordering::SeqCst),
                    false => self.0.load(Ordering::SeqCst),
                }
            }

            /// Inverts bits of the word and returns what it held; a full fence.
            #[inline]
            pub fn fetch_xor(self, bits: $value) -> $value {
                match step::take(Step::Store) {
                    true => self.0.fetch_xor(bits, Ordering::SeqCst),
                    false => self.0.load(Ordering::SeqCst),
                }
            }
        }
    };
}

word! {
    /// A byte of shared memory.
    Word8, AtomicU8, u8
}
word! {
    /// A 16-bit word of shared memory.
    Word16, AtomicU16, u16
}

word! {
    /// A 32-bit word of shared memory, on which threads can sleep.
    Word32, AtomicU32, u32
}
word! {
    /// A 64-bit word of shared memory.
    Word64, AtomicU64, u64
}

impl Word32<'_> {
    /// Sleeps while the word holds `expected`, at most for `timeout`.
    #[inline]
    pub fn wait(self, expected: u32, timeout: Duration) -> Woken {
        match step::take(Step::Load) {
            true => step::wait(self.0, expected, timeout),
            false => Woken::Perhaps,
        }
    }

    /// As [`wait`](Self::wait), but sleeps only while `other` holds `other_expected` as well, and a
    /// wake of either word ends it.
    #[inline]
    pub fn wait_either(
        self,
        expected: u32,
        other: Word32<'_>,
        other_expected: u32,
        timeout: Duration,
    ) -> Woken {
        match step::take(Step::Load) {
            true => step::wait_either(self.0, expected, other.0, other_expected, timeout),
            false => Woken::Perhaps,
        }
    }

    /// Wakes at most `count` sleepers and returns how many it woke.
    #[inline]
    pub fn wake(self, count: u32) -> u32 {
        match step::take(Step::Store) {
            true => step::wake(self.0, count),
            false => 0,
        }
    }
}
