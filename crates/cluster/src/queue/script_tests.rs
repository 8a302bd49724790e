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

use std::cell::Cell;
use std::sync::OnceLock;

use procession_test_server::Server;

use crate::Cluster;
use crate::call::{Call, Effort};
use crate::client::Client;
use crate::object::{Kind, Object};
use crate::reply::Reply;
use crate::script::Script;

/// A queue on a real server, whose messages are not sealed.
struct Bench {
    server: &'static Server,
    client: Client,
    object: Object,
    calls: Cell<u32>,
}

impl Bench {
    /// A queue of that name with these settings.
    fn new(name: &str, settings: &[(&str, &str)]) -> Bench {
        static SERVER: OnceLock<Server> = OnceLock::new();
        let server = SERVER.get_or_init(|| Server::start().expect("a server"));
        let address = server.url().parse().expect("an address");
        let cluster = Cluster::connect(&address).expect("a server that will do");
        let object = Object::absent(&cluster, Kind::Queue, name);
        object.create(settings).expect("a new queue");
        Bench {
            server,
            client: Client::connect(&address).expect("a client"),
            object,
            calls: Cell::new(0),
        }
    }

    fn plain(name: &str, maxsize: &str) -> Bench {
        Bench::new(name, &[("kind", "queue"), ("maxsize", maxsize)])
    }

    fn joinable(name: &str, on_lost: &str) -> Bench {
        let settings = [
            ("kind", "joinable queue"),
            ("maxsize", "0"),
            ("on_lost", on_lost),
            ("max_deliveries", "2"),
        ];
        Bench::new(name, &settings)
    }

    /// Makes a call, twice if it is recorded; its reply in words.
    fn call(&self, script: &'static Script, keys: &[&str], arguments: &[&str]) -> String {
        let number = self.calls.get();
        self.calls.set(number + 1);
        let nonce = format!("{number:032}");
        let once = || {
            let mut call = Call::new(script, &self.object).arguments(arguments.iter().copied());
            call.keys = keys.iter().map(|part| self.object.key(part)).collect();
            let reply = self.client.call(call, "bench", &nonce, Effort::Once);
            (reply.expect("a reply"), self.picture())
        };
        let (reply, picture) = once();
        if script.is_recorded() {
            assert_eq!(
                once(),
                (reply.clone(), picture),
                "{} is not once",
                script.name
            );
        }
        words(&reply)
    }

    /// A command on one of the queue's parts, besides its scripts.
    fn raw(&self, command: &str, part: &str, rest: &[&str]) -> procession_test_server::Reply {
        let mut words = vec![command.to_owned(), self.object.key(part)];
        words.extend(rest.iter().map(|word| (*word).to_owned()));
        let reply = self.server.command(&words).expect("a reply");
        reply.accepted().expect("no refusal")
    }

    /// The lease has run out.
    fn run_out(&self, lease: &str) {
        self.raw("ZADD", "c", &["0", lease]);
    }
}

/// A reply in words; of ids only the numbers.
fn words(reply: &Reply) -> String {
    match reply {
        Reply::Nil => "nil".to_owned(),
        Reply::Integer(number) => number.to_string(),
        Reply::Bytes(bytes) => number_of(&String::from_utf8_lossy(bytes)),
        Reply::Array(replies) => replies.iter().map(words).collect::<Vec<_>>().join(" "),
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
