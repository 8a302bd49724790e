//! Queues: first in, first out, any number of producers and consumers, any size of message.
//!
//! See `README.md` for the protocol and what a kill can leave.

mod append;
mod block;
mod close;
mod consumers;
mod get;
mod kind;
mod layout;
mod lost;
mod message;
mod put;
mod record;
mod recovery;
mod segment;
mod take;
mod task;

use std::sync::atomic::{AtomicU64, Ordering};

use procession_arena::{Error, FIRST_OF_KIND, Handle, Object, Participant, Result, Transit};

pub(crate) use kind::QueueKind;
use layout::Header;
pub use message::{Batch, Message};
use segment::Segment;

use crate::under_way::UnderWay;

/// What becomes of items that a consumer took and had not marked as done when it ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnLost {
    /// `join` reports them, and does not wait for them any more.
    #[default]
    Report,
    /// They go to other consumers, until each was delivered so often; after that as `Report`.
    Redeliver {
        /// How often an item is delivered at most, the first time included; at least one.
        max_deliveries: u32,
    },
    /// They count as done.
    Ignore,
}

/// What a new queue is to be like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueConfig {
    /// Items that the queue holds at most; `None` is as many as the session's memory allows.
    pub maxsize: Option<u64>,
    /// Whether consumers mark items as done, and what becomes of items of consumers that cannot.
    pub joinable: Option<OnLost>,
}

/// How a queue treats what was taken from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Plain,
    Report,
    Redeliver,
    Ignore,
}

/// Operations, as they stand in intents.
mod operation {
    use super::FIRST_OF_KIND;

    pub(super) const PUT: u8 = FIRST_OF_KIND;
    pub(super) const GET: u8 = FIRST_OF_KIND + 1;
    pub(super) const TASK_DONE: u8 = FIRST_OF_KIND + 2;
    pub(super) const JOIN: u8 = FIRST_OF_KIND + 3;
    pub(super) const CLOSE: u8 = FIRST_OF_KIND + 4;
    /// Giving up an item that was delivered too often.
    pub(super) const GIVE_UP: u8 = FIRST_OF_KIND + 5;
    /// Moving items of a lost consumer back.
    pub(super) const REDELIVER: u8 = FIRST_OF_KIND + 6;
    /// Freeing the segments of a queue that nobody reaches any more.
    pub(super) const TAKE_APART: u8 = FIRST_OF_KIND + 7;
}

/// This process's view of a queue in the arena.
///
/// It does not end its hold by itself: whoever created or attached it calls
/// [`detach`](Self::detach) once.
///
/// # If a process dies
///
/// Inside `put`: the item is wholly there or wholly not. Inside `get`: the item is in the queue,
/// or was taken by the dead consumer. After `get` and before `task_done`: see [`OnLost`]. While it
/// waits: the others are woken as if it had never been there.
#[derive(Debug)]
pub struct Queue {
    object: Object,
    mode: Mode,
    maxsize: u64,
    /// Lost items that this handle has reported.
    told: AtomicU64,
}

impl Queue {
    /// Creates a queue that this process holds.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfMemory`] or [`Error::TooManyObjects`].
    pub fn create(me: &Participant, config: &QueueConfig) -> Result<Queue> {
        let arena = me.arena();
        let table = consumers::table_size(arena, config.joinable.is_some());
        let block = me.begin_object(layout::HEADER_BLOCK + table)?;
        let written = Queue::write(me, block, config);
        if let Err(error) = written {
            me.cancel_object()?;
            return Err(error);
        }
        let object = me.finish_object(&QueueKind, block)?;
        Queue::open(me, object)
    }

    fn write(me: &Participant, block: u64, config: &QueueConfig) -> Result<()> {
        let arena = me.arena();
        let header = layout::header(arena, block)?;
        let (mode, max_deliveries) = match config.joinable {
            None => (0, 0),
            Some(OnLost::Report) => (1, 0),
            Some(OnLost::Redeliver { max_deliveries }) => (2, max_deliveries.max(1)),
            Some(OnLost::Ignore) => (3, 0),
        };
        arena
            .window()
            .clear(header.offset(), layout::HEADER_SIZE as u64)?;
        header
            .word64::<{ layout::MAXSIZE }>()
            .store(config.maxsize.unwrap_or(0));
        header.word32::<{ layout::MODE }>().store(mode);
        header
            .word32::<{ layout::MAX_DELIVERIES }>()
            .store(max_deliveries);
        consumers::clear_table(arena, header, config.joinable.is_some())?;
        let first = me.allocate(segment::FIRST_SIZE, Transit::Structure)?;
        let first = Segment::create(arena, first.offset, 0, 0)?;
        append::set_tail_segment(header, first);
        take::set_head_segment(header, first);
        Ok(())
    }

    /// Makes this process a holder of the queue that `handle` names.
    ///
    /// # Errors
    ///
    /// [`Error::StaleHandle`] if the queue is gone, [`Error::WrongKind`] if it is something else.
    pub fn attach(me: &Participant, handle: Handle) -> Result<Queue> {
        let (object, kind) = me.attach(handle)?;
        if kind.tag() != kind::TAG {
            me.detach(handle)?;
            return Err(Error::WrongKind {
                handle,
                expected: "queue",
                found: kind.name(),
            });
        }
        Queue::open(me, object)
    }

    fn open(me: &Participant, object: Object) -> Result<Queue> {
        let header = layout::header(me.arena(), object.header)?;
        let mode = match header.word32::<{ layout::MODE }>().load() {
            0 => Mode::Plain,
            1 => Mode::Report,
            2 => Mode::Redeliver,
            3 => Mode::Ignore,
            _ => {
                return Err(Error::Corrupt {
                    what: "a queue has no known mode",
                });
            }
        };
        let maxsize = match header.word64::<{ layout::MAXSIZE }>().load() {
            0 => u64::MAX,
            items => items,
        };
        let queue = Queue {
            object,
            mode,
            maxsize,
            told: AtomicU64::new(0),
        };
        if mode != Mode::Plain {
            queue.told.store(queue.lost(me)?, Ordering::Relaxed);
        }
        Ok(queue)
    }

    /// Ends this hold; with the last one in the session the queue and its items are freed.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the queue is damaged.
    pub fn detach(&self, me: &Participant) -> Result<()> {
        me.detach(self.object.handle)
    }

    /// The queue's name in every process of the session.
    pub fn handle(&self) -> Handle {
        self.object.handle
    }

    /// Items that the queue holds at most; `None` is as many as the session's memory allows.
    pub fn maxsize(&self) -> Option<u64> {
        (self.maxsize != u64::MAX).then_some(self.maxsize)
    }

    /// Items in the queue at this moment.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the queue is damaged.
    pub fn len(&self, me: &Participant) -> Result<u64> {
        let header = self.header(me)?;
        let got = header.word64::<{ layout::GOT_COUNT }>().load();
        Ok(header
            .word64::<{ layout::PUT_COUNT }>()
            .load()
            .saturating_sub(got))
    }

    /// True if there is no item in the queue at this moment.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the queue is damaged.
    pub fn is_empty(&self, me: &Participant) -> Result<bool> {
        let header = self.header(me)?;
        let head = header.word64::<{ layout::HEAD }>().load();
        Ok(head == header.word64::<{ layout::TAIL }>().load())
    }

    #[inline]
    fn header<'a>(&self, me: &'a Participant) -> Result<Header<'a>> {
        layout::header(me.arena(), self.object.header)
    }

    /// Announces an operation on this queue; it ends when the value is dropped.
    #[inline]
    fn begin<'a>(&self, me: &'a Participant, operation: u8) -> Result<UnderWay<'a>> {
        UnderWay::begin(me, operation, self.object.handle)
    }
}
