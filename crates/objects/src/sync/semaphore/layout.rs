//! Where the words of a semaphore lie.

use procession_arena::mem::{CACHE_LINE, Region, Word64};
use procession_arena::{Arena, Error, Lock, Result};

pub(super) const HEADER_SIZE: usize = CACHE_LINE as usize;
/// Bytes of a header block without its table: the line, and room to align it.
const HEADER_BLOCK: u64 = 2 * CACHE_LINE;

/// What a release may do; written at creation.
pub(super) const RULE: usize = 0;
/// Permits at creation; written then.
pub(super) const TOTAL: usize = 4;
/// Permits that are free: the commit word, unless permits are attributed.
pub(super) const PERMITS: usize = 8;
/// Held by who acquires an attributed permit.
const LOCK: usize = 12;
const WAITERS: usize = 16;
/// Token of the thread that released last; a hint for spinning.
pub(super) const LAST_RELEASER: usize = 20;

/// The header of a semaphore.
pub(super) type Header<'a> = Region<'a, HEADER_SIZE>;

/// Bytes of a header block.
pub(super) fn block_size(arena: &Arena, attributed: bool) -> u64 {
    match attributed {
        true => HEADER_BLOCK + 8 * u64::from(arena.max_processes()),
        false => HEADER_BLOCK,
    }
}

/// The header of the semaphore whose header block begins at `block`.
#[inline]
pub(super) fn header(arena: &Arena, block: u64) -> Result<Header<'_>> {
    arena.window().region(block.next_multiple_of(CACHE_LINE))
}

/// Guards that nobody else raises a count of held permits.
#[inline]
pub(super) fn lock(header: Header<'_>) -> Lock<'_> {
    Lock::new(header.word32::<LOCK>())
}

/// Those who wait for a permit sleep here.
#[inline]
pub(super) fn waiters(header: Header<'_>) -> procession_arena::Event<'_> {
    procession_arena::Event::new(header.word32::<WAITERS>())
}

/// How many attributed permits the process in a slot holds: the commit word.
#[inline]
pub(super) fn held<'a>(arena: &'a Arena, header: Header<'_>, process: u16) -> Result<Word64<'a>> {
    if process >= arena.max_processes() {
        return Err(Error::Corrupt {
            what: "a holder of permits beyond the last process is named",
        });
    }
    let table = header.offset() + HEADER_SIZE as u64;
    arena.window().word64(table + 8 * u64::from(process))
}
