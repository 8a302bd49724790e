//! Chance that can be repeated: the xorshift generator of Marsaglia (2003).

use std::hint::spin_loop;
use std::thread::yield_now;
use std::time::Duration;

pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `limit`, which is not zero.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    /// A limit for waiting, from none to what a scheduler gives others.
    pub(crate) fn moment(&mut self) -> Duration {
        Duration::from_micros(self.below(5_000))
    }

    /// Stays where it is for a moment, so that others come meanwhile.
    pub(crate) fn linger(&mut self) {
        match self.below(8) {
            0 => yield_now(),
            turns => (0..turns * 50).for_each(|_| spin_loop()),
        }
    }
}
