//! A panic in another process, carried home.

use std::any::Any;
use std::backtrace::Backtrace;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook, take_hook};
use std::sync::Once;
use std::thread;

use serde::{Deserialize, Serialize};

/// What is known about a panic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Panic {
    pub(crate) message: String,
    pub(crate) location: String,
    pub(crate) backtrace: String,
    pub(crate) thread: String,
}

/// What only the panic hook sees; the stack is turned into text only if the panic comes through.
struct Noted {
    location: String,
    backtrace: Backtrace,
}

thread_local! {
    static WATCHED: Cell<bool> = const { Cell::new(false) };
    static LAST: RefCell<Option<Noted>> = const { RefCell::new(None) };
}

/// Calls `work`; if it panics, the panic is printed as always and then returned.
///
/// What `work` leaves half done is the business of whoever goes on with it.
pub(crate) fn catch<T>(work: impl FnOnce() -> T) -> Result<T, Panic> {
    HOOK.call_once(install_hook);
    let outer = WATCHED.replace(true);
    let outcome = catch_unwind(AssertUnwindSafe(work));
    WATCHED.set(outer);
    outcome.map_err(|payload| describe(payload.as_ref()))
}

static HOOK: Once = Once::new();

fn install_hook() {
    let print = take_hook();
    set_hook(Box::new(move |panic| {
        print(panic);
        note(panic);
    }));
}

fn note(panic: &PanicHookInfo<'_>) {
    if !WATCHED.get() {
        return;
    }
    let location = panic
        .location()
        .map_or_else(unknown_place, ToString::to_string);
    let noted = Noted {
        location,
        backtrace: Backtrace::force_capture(),
    };
    LAST.with(|last| last.replace(Some(noted)));
}

fn describe(payload: &(dyn Any + Send)) -> Panic {
    let noted = LAST.with(RefCell::take);
    let (location, backtrace) = match noted {
        Some(noted) => (noted.location, noted.backtrace.to_string()),
        // The function has replaced the panic hook.
        None => (unknown_place(), String::new()),
    };
    Panic {
        message: message_of(payload),
        location,
        backtrace,
        thread: thread_name(),
    }
}

fn message_of(payload: &(dyn Any + Send)) -> String {
    if let Some(message) = payload.downcast_ref::<&str>() {
        (*message).to_owned()
    } else if let Some(message) = payload.downcast_ref::<String>() {
        message.clone()
    } else {
        "the panic carried a value that is no text".to_owned()
    }
}

fn thread_name() -> String {
    thread::current().name().unwrap_or("unnamed").to_owned()
}

fn unknown_place() -> String {
    "an unknown place".to_owned()
}
