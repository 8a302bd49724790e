//! Copying elements between private and shared memory, of which neighbours may change meanwhile.
//!
//! Unlike the copying of blocks, which belong to one thread, it touches no byte beside those asked
//! for, and moves each unit as a whole: with relaxed atomics of its size, or, where that pays, with
//! the processor's string instruction for units of that size. On naturally aligned units that
//! instruction is as whole as a plain move of one; it promises no order among them.

use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering};

/// The size of the pieces in which a range is read and written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A byte.
    One,
    /// Two bytes.
    Two,
    /// Four bytes.
    Four,
    /// Eight bytes.
    Eight,
}

impl Unit {
    /// The largest unit of which something of `size` bytes consists, aligned to its own size.
    pub fn of(size: u64) -> Unit {
        match size.trailing_zeros() {
            0 => Unit::One,
            1 => Unit::Two,
            2 => Unit::Four,
            _ => Unit::Eight,
        }
    }

    /// Its bytes.
    #[inline]
    pub fn size(self) -> usize {
        match self {
            Unit::One => 1,
            Unit::Two => 2,
            Unit::Four => 4,
            Unit::Eight => 8,
        }
    }
}

/// Above this many bytes the string instruction is faster than the loop.
#[cfg(target_arch = "x86_64")]
const STRING_FROM: usize = 320;

/// Copies `source` to shared memory.
///
/// # Safety
///
/// `target` must point to `source.len()` bytes of the arena, whole units, aligned to the unit.
#[inline]
pub(super) unsafe fn write(unit: Unit, target: *mut u8, source: &[u8]) {
    #[cfg(target_arch = "x86_64")]
    if source.len() > STRING_FROM {
        let units = source.len() / unit.size();
        // SAFETY: the caller vouches for the target, the slice for the source.
        return unsafe { string_move(unit, source.as_ptr(), target, units) };
    }
    macro_rules! store_each {
        ($atomic:ty, $value:ty) => {
            for (index, bytes) in source.as_chunks::<{ size_of::<$value>() }>().0.iter().enumerate() {
                // SAFETY: `index` is below the number of units that the caller vouches for.
                let address = unsafe { target.cast::<$value>().add(index) };
                // SAFETY: the caller vouches for alignment; the mapping outlives every use of the door.
                let shared = unsafe { <$atomic>::from_ptr(address) };
                shared.store(<$value>::from_ne_bytes(*bytes), Ordering::Relaxed);
            }
        };
    }
    match unit {
        Unit::One => store_each!(AtomicU8, u8),
        Unit::Two => store_each!(AtomicU16, u16),
        Unit::Four => store_each!(AtomicU32, u32),
        Unit::Eight => store_each!(AtomicU64, u64),
    }
}

/// Copies from shared memory.
///
/// # Safety
///
/// `source` must point to `target.len()` bytes of the arena, whole units, aligned to the unit.
#[inline]
pub(super) unsafe fn read(unit: Unit, source: *mut u8, target: &mut [u8]) {
    #[cfg(target_arch = "x86_64")]
    if target.len() > STRING_FROM {
        let units = target.len() / unit.size();
        // SAFETY: the caller vouches for the source, the slice for the target.
        return unsafe { string_move(unit, source, target.as_mut_ptr(), units) };
    }
    macro_rules! load_each {
        ($atomic:ty, $value:ty) => {
            for (index, bytes) in target.as_chunks_mut::<{ size_of::<$value>() }>().0.iter_mut().enumerate() {
                // SAFETY: `index` is below the number of units that the caller vouches for.
                let address = unsafe { source.cast::<$value>().add(index) };
                // SAFETY: the caller vouches for alignment; the mapping outlives every use of the door.
                let shared = unsafe { <$atomic>::from_ptr(address) };
                *bytes = shared.load(Ordering::Relaxed).to_ne_bytes();
            }
        };
    }
    match unit {
        Unit::One => load_each!(AtomicU8, u8),
        Unit::Two => load_each!(AtomicU16, u16),
        Unit::Four => load_each!(AtomicU32, u32),
        Unit::Eight => load_each!(AtomicU64, u64),
    }
}

/// Moves `count` units with the processor's string instruction.
///
/// # Safety
///
/// `source` must be readable and `target` writable for that many units; they must not overlap.
#[cfg(target_arch = "x86_64")]
#[inline]
unsafe fn string_move(unit: Unit, source: *const u8, target: *mut u8, count: usize) {
    macro_rules! repeat {
        ($instruction:literal) => {
            // SAFETY: the caller vouches for both ranges; the direction flag is clear by the ABI.
            unsafe {
                std::arch::asm!(
                    $instruction,
                    inout("rcx") count => _,
                    inout("rsi") source => _,
                    inout("rdi") target => _,
                    options(nostack, preserves_flags)
                );
            }
        };
    }
    match unit {
        Unit::One => repeat!("rep movsb"),
        Unit::Two => repeat!("rep movsw"),
        Unit::Four => repeat!("rep movsd"),
        Unit::Eight => repeat!("rep movsq"),
    }
}
