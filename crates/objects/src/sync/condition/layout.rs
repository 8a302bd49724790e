//! Where the words of a condition lie.

use procession_arena::mem::{CACHE_LINE, Region};
use procession_arena::{Arena, Event, Lock, Result};

/// Bytes of the header: one line for the words, one for the events.
pub(super) const HEADER_SIZE: usize = 128;
/// Bytes of a header block: the lines, and room to align them.
pub(super) const HEADER_BLOCK: u64 = HEADER_SIZE as u64 + CACHE_LINE;

/// Handle of the lock that users hold; never changes.
pub(super) const GUARDED: usize = 0;
/// The internal lock: guards the line of those who wait.
const LOCK: usize = 8;
/// The ticket that the next waiter gets.
pub(super) const NEXT: usize = 16;
/// All tickets below it are notified: the commit word of notifying.
pub(super) const UPTO: usize = 24;
/// Events; who has ticket `t` sleeps on lane `t` modulo their number.
const LANES: u64 = 64;

/// How many events there are.
pub(super) const LANE_COUNT: u64 = 16;

/// The header of a condition.
pub(super) type Header<'a> = Region<'a, HEADER_SIZE>;

/// The header of the condition whose header block begins at `block`.
pub(super) fn header(arena: &Arena, block: u64) -> Result<Header<'_>> {
    arena.window().region(block.next_multiple_of(CACHE_LINE))
}

/// The internal lock.
pub(super) fn lock(header: Header<'_>) -> Lock<'_> {
    Lock::new(header.word32::<LOCK>())
}

/// The event on which the waiter with that ticket sleeps.
pub(super) fn lane<'a>(arena: &'a Arena, header: Header<'a>, ticket: u64) -> Result<Event<'a>> {
    let place = header.offset() + LANES + 4 * (ticket % LANE_COUNT);
    Ok(Event::new(arena.window().word32(place)?))
}
