//! Where the words of a queue lie.

use procession_arena::mem::{CACHE_LINE, Region};
use procession_arena::{Arena, Event, Lock, Result};

/// The header: five lines, each written by one side only while the queue is in use.
pub(super) const HEADER_SIZE: usize = 320;
/// Bytes of a header block without its table: the lines, and room to align them.
pub(super) const HEADER_BLOCK: u64 = HEADER_SIZE as u64 + CACHE_LINE;

// First line: written at creation; `CLOSED` and `CARRIES_HANDLES` later, once, from zero to one.
pub(super) const MAXSIZE: usize = 0;
pub(super) const MODE: usize = 8;
pub(super) const MAX_DELIVERIES: usize = 12;
pub(super) const CLOSED: usize = 16;
/// Set before the first message with handles is committed; saves others the search.
pub(super) const CARRIES_HANDLES: usize = 20;
/// Pid of the consumer lost last; written before the loss is committed.
pub(super) const LOST_PID: usize = 24;

// Producers' line, under their lock.
const PUT_LOCK: usize = 64;
/// Token of the thread that put last; a hint for spinning.
pub(super) const LAST_PRODUCER: usize = 68;
/// Position behind the last record: the commit word of putting.
pub(super) const TAIL: usize = 72;
/// The segment in which `TAIL` lies; derived.
pub(super) const TAIL_SEGMENT: usize = 80;
/// What to add to a position in that segment to get an offset; derived.
pub(super) const TAIL_SHIFT: usize = 88;
/// Position behind that segment; derived.
pub(super) const TAIL_END: usize = 96;
/// Items ever put; raised before the commit, recounted after a death.
pub(super) const PUT_COUNT: usize = 104;
/// What producers last saw in `GOT_COUNT`; derived.
pub(super) const SEEN_GOT: usize = 112;

// Consumers' line, under their lock.
const GET_LOCK: usize = 128;
/// Position of the first record: the commit word of getting.
pub(super) const HEAD: usize = 136;
/// The segment in which `HEAD` lies; derived.
pub(super) const HEAD_SEGMENT: usize = 144;
/// What to add to a position in that segment to get an offset; derived.
pub(super) const HEAD_SHIFT: usize = 152;
/// Position behind that segment; derived.
pub(super) const HEAD_END: usize = 160;
/// Items ever taken; recounted after a death.
pub(super) const GOT_COUNT: usize = 168;
/// What consumers last saw in `TAIL`; derived.
pub(super) const SEEN_TAIL: usize = 176;

// Events.
const NOT_EMPTY: usize = 192;
const NOT_FULL: usize = 256;
const JOIN: usize = 260;

/// The header of a queue.
pub(super) type Header<'a> = Region<'a, HEADER_SIZE>;

/// Where the aligned header begins in its block.
pub(super) fn header_at(block: u64) -> u64 {
    block.next_multiple_of(CACHE_LINE)
}

/// The header of the queue whose header block begins at `block`.
#[inline]
pub(super) fn header(arena: &Arena, block: u64) -> Result<Header<'_>> {
    arena.window().region(header_at(block))
}

/// The producers' lock.
#[inline]
pub(super) fn put_lock(header: Header<'_>) -> Lock<'_> {
    Lock::new(header.word32::<PUT_LOCK>())
}

/// The consumers' lock. Whoever needs both takes this one first.
#[inline]
pub(super) fn get_lock(header: Header<'_>) -> Lock<'_> {
    Lock::new(header.word32::<GET_LOCK>())
}

/// Consumers wait here for items.
#[inline]
pub(super) fn not_empty(header: Header<'_>) -> Event<'_> {
    Event::new(header.word32::<NOT_EMPTY>())
}

/// Producers wait here for room.
#[inline]
pub(super) fn not_full(header: Header<'_>) -> Event<'_> {
    Event::new(header.word32::<NOT_FULL>())
}

/// Joiners wait here until nothing is unfinished, or something was lost.
#[inline]
pub(super) fn join_event(header: Header<'_>) -> Event<'_> {
    Event::new(header.word32::<JOIN>())
}

/// Wakes everybody who waits for anything of the queue.
pub(super) fn wake_everybody(header: Header<'_>) {
    not_empty(header).notify_all();
    not_full(header).notify_all();
    join_event(header).notify_all();
}
