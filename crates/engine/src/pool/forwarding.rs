//! A worker's `tracing` events on their way to the owner's subscriber.
//!
//! The worker has a subscriber of its own, which puts each event into the queue of reports; the owner, when it reads
//! them, has them emitted again, with the target `procession::worker`. Spans do not travel.

use std::cell::Cell;
use std::fmt::{self, Debug, Write};
use std::panic::{PanicHookInfo, set_hook, take_hook};
use std::thread;

use procession_arena::{Error, Wait};
use procession_objects::Queue;
use serde::{Deserialize, Serialize};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record as Recorded};
use tracing::{Dispatch, Event, Level, Metadata, Subscriber, dispatcher};

use super::wire::{Report, Subject};
use crate::launch::{current, message};
use crate::with_participant;

/// An event as it travels.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Record {
    level: u8,
    target: String,
    message: String,
    /// Name and value of each other field, as text.
    fields: String,
    worker: String,
    pid: u32,
}

/// How much the owner wants to hear, as a number that travels: that of the level, zero for nothing.
pub(super) fn wanted() -> u8 {
    LevelFilter::current().into_level().map_or(0, number_of)
}

fn number_of(level: Level) -> u8 {
    match level {
        Level::ERROR => 1,
        Level::WARN => 2,
        Level::INFO => 3,
        Level::DEBUG => 4,
        Level::TRACE => 5,
    }
}

fn level_of(number: u8) -> Option<Level> {
    match number {
        1 => Some(Level::ERROR),
        2 => Some(Level::WARN),
        3 => Some(Level::INFO),
        4 => Some(Level::DEBUG),
        5 => Some(Level::TRACE),
        _ => None,
    }
}

/// What has a worker's events travel, for as long as it is in force.
pub(super) struct Forwarder(Option<Dispatch>);

impl Forwarder {
    /// `reports` is the way to the owner; `wanted`, how much the owner wants to hear.
    pub(super) fn new(reports: Queue, wanted: u8) -> Forwarder {
        Forwarder(level_of(wanted).map(|most| Dispatch::new(Forwarding { reports, most })))
    }

    /// In force for `work`, which may set a subscriber of its own for all that comes after.
    pub(super) fn during<T>(&self, work: impl FnOnce() -> T) -> T {
        match &self.0 {
            Some(dispatch) => dispatcher::with_default(dispatch, work),
            None => work(),
        }
    }

    /// In force from now on, unless the process has another subscriber; panics are told as events then.
    pub(super) fn stay(self) {
        let Some(dispatch) = self.0 else {
            return;
        };
        if dispatcher::set_global_default(dispatch).is_ok() {
            let print = take_hook();
            set_hook(Box::new(move |panic| {
                print(panic);
                tell_panic(panic);
            }));
        }
    }
}

fn tell_panic(panic: &PanicHookInfo<'_>) {
    let location = panic
        .location()
        .map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    let message = panic
        .payload_as_str()
        .unwrap_or("a panic that carries no text");
    let thread = thread::current();
    let thread = thread.name().unwrap_or("unnamed");
    tracing::error!(target: "panic", location, thread, "{message}");
}

struct Forwarding {
    reports: Queue,
    most: Level,
}

thread_local! {
    /// What is told in the middle of telling would be told for ever.
    static IS_TELLING: Cell<bool> = const { Cell::new(false) };
}

impl Subscriber for Forwarding {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && *metadata.level() <= self.most
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::from_level(self.most))
    }

    fn event(&self, event: &Event<'_>) {
        // Without its thread-local storage a thread is about to end.
        if IS_TELLING.try_with(|telling| telling.replace(true)) == Ok(false) {
            self.tell(event);
            IS_TELLING.set(false);
        }
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Recorded<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

impl Forwarding {
    fn tell(&self, event: &Event<'_>) {
        let metadata = event.metadata();
        let mut text = Text::default();
        event.record(&mut text);
        let record = Record {
            level: number_of(*metadata.level()),
            target: metadata.target().to_owned(),
            message: text.message,
            fields: text.fields,
            worker: current()
                .map(|current| current.name().to_owned())
                .unwrap_or_default(),
            pid: std::process::id(),
        };
        let mut bytes = Vec::new();
        // An event that finds no way to the owner is lost: nobody is there who could be told.
        if message::append(&mut bytes, &record).is_ok() {
            Report::about_nothing(Subject::Record).append(&mut bytes);
            let _ =
                with_participant::<_, Error>(|me| self.reports.put(me, &bytes, &[], Wait::Forever));
        }
    }
}

/// The fields of an event as text.
#[derive(Default)]
struct Text {
    message: String,
    fields: String,
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        // Writing to a string fails only if a `Debug` does, and then the text stays incomplete.
        let _ = self.note(field, value);
    }
}

impl Text {
    fn note(&mut self, field: &Field, value: &dyn Debug) -> fmt::Result {
        if field.name() == "message" {
            return write!(self.message, "{value:?}");
        }
        if !self.fields.is_empty() {
            self.fields.push(' ');
        }
        write!(self.fields, "{}={value:?}", field.name())
    }
}

impl Record {
    /// Reads one from the bytes of a report.
    pub(super) fn read(bytes: &mut Vec<u8>) -> Option<Record> {
        message::cut(bytes)
    }

    /// Has it emitted in this process.
    pub(super) fn emit(&self) {
        let Record {
            target: origin,
            message,
            fields,
            worker,
            pid,
            ..
        } = self;
        macro_rules! emit {
            ($level:expr) => {
                tracing::event!(target: "procession::worker", $level, worker, pid, origin, fields, "{message}")
            };
        }
        match level_of(self.level) {
            Some(Level::ERROR) => emit!(Level::ERROR),
            Some(Level::WARN) => emit!(Level::WARN),
            Some(Level::INFO) => emit!(Level::INFO),
            Some(Level::DEBUG) => emit!(Level::DEBUG),
            Some(Level::TRACE) => emit!(Level::TRACE),
            None => {}
        }
    }
}
