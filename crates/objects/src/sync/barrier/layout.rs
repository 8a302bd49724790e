//! Where the words of a barrier lie.

use procession_arena::mem::{CACHE_LINE, Region, Word32};
use procession_arena::{Arena, Lock, Result};

use super::state::{EPOCHS_KEPT, Phase};

const LINE: usize = CACHE_LINE as usize;
/// The header: a line, and behind it when the last epochs ended.
pub(super) const HEADER_SIZE: usize = LINE + 4 * EPOCHS_KEPT as usize;
/// Bytes of a header block: the header, and room to align it.
pub(super) const HEADER_BLOCK: u64 = HEADER_SIZE as u64 + CACHE_LINE;

/// The phase, and how many have come: the commit word of everything.
pub(super) const STATE: usize = 0;
/// How many must come; written at creation.
pub(super) const PARTIES: usize = 8;
/// Held by who ends an epoch, or is about to act.
const LOCK: usize = 12;
const WAITERS: usize = 16;
/// Token of the thread that acts, if the state says that one does. Written under the lock.
pub(super) const ACTOR: usize = 20;

/// The header of a barrier.
pub(super) type Header<'a> = Region<'a, HEADER_SIZE>;

/// The header of the barrier whose header block begins at `block`.
#[inline]
pub(super) fn header(arena: &Arena, block: u64) -> Result<Header<'_>> {
    arena.window().region(block.next_multiple_of(CACHE_LINE))
}

/// Guards the ends of epochs, and who acts.
#[inline]
pub(super) fn lock(header: Header<'_>) -> Lock<'_> {
    Lock::new(header.word32::<LOCK>())
}

/// Those who wait for the others sleep here.
#[inline]
pub(super) fn waiters(header: Header<'_>) -> procession_arena::Event<'_> {
    procession_arena::Event::new(header.word32::<WAITERS>())
}

/// The round in which the epoch of `phase` ended. Under the lock.
pub(super) fn ended<'a>(arena: &'a Arena, header: Header<'_>, phase: Phase) -> Result<Word32<'a>> {
    let place = u64::from(phase.epoch % EPOCHS_KEPT);
    arena
        .window()
        .word32(header.offset() + CACHE_LINE + 4 * place)
}
