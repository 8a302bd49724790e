//! Each script for itself: the state before, the call, its reply, and the state after.
//!
//! After every call the rules of `README.md` are checked; every recorded call is made twice with the same nonce, which must be as once.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod picture;
mod table;

use procession_test_server::Reply;

use crate::script::Script;
use crate::script_test::Bench;

/// A queue of which scripts are called; its messages are not sealed.
struct Queue(Bench);

impl Queue {
    fn new(settings: &[&str]) -> Queue {
        let mut bench = Bench::new(picture::check);
        bench.command("HSET", "h", settings);
        Queue(bench)
    }

    fn plain(maxsize: &str) -> Queue {
        Queue::new(&["kind", "queue", "maxsize", maxsize])
    }

    fn joinable(on_lost: &str) -> Queue {
        let settings = ["kind", "joinable queue", "maxsize", "0", "on_lost", on_lost];
        let mut queue = Queue::new(&settings);
        queue.0.command("HSET", "h", &["max_deliveries", "2"]);
        queue
    }

    /// Makes a call; its reply in words.
    fn call(&mut self, script: &'static Script, parts: &[&str], arguments: &[&str]) -> String {
        words(&self.0.call(script, parts, arguments))
    }

    /// A hint is lost.
    fn lose(&mut self, hint: &str) {
        self.0.command("DEL", hint, &[]);
    }
}

/// A reply in words; of ids only the numbers.
fn words(reply: &Reply) -> String {
    match reply {
        Reply::Array(replies) => replies.iter().map(words).collect::<Vec<_>>().join(" "),
        other => number_of(&other.text().unwrap_or_default()),
    }
}

/// What stands for an id: its number without the zeros and the nonce.
fn number_of(text: &str) -> String {
    match text.split_once('-') {
        Some((number, nonce)) if number.len() == 16 && nonce.len() == 32 => {
            number.trim_start_matches('0').to_owned()
        }
        _ => text.to_owned(),
    }
}
