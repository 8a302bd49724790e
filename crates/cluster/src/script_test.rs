//! For tests of single scripts: a state, a call, its reply, and the state after.

mod state;
mod values;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use procession_test_server::{Connection, Reply, Server};

use crate::script::Script;

pub(crate) use values::{bytes, entry, numbers, stamp, texts};

/// An object, of which scripts are called without a client.
pub(crate) struct Bench {
    connection: Connection,
    number: u64,
    calls: u64,
    /// Looks at the state after every call.
    invariant: fn(&mut Bench),
    twice: Twice,
}

/// Which scripts are called twice as the same call, and what must be as after the first time.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Twice {
    /// Those that are recorded: the reply, and everything but times.
    Recorded,
    /// All: of those that are not recorded only the first text of the reply.
    All,
    /// All: the reply, and every byte.
    Exactly,
}

impl Bench {
    pub(crate) fn new(invariant: fn(&mut Bench)) -> Bench {
        Bench::of(Twice::Recorded, invariant).created()
    }

    /// As [`new`](Self::new), for an object of which every script that is not recorded does the same twice as once, and so is called twice, too.
    pub(crate) fn repeating(invariant: fn(&mut Bench)) -> Bench {
        Bench::of(Twice::All, invariant).created()
    }

    /// As [`repeating`](Self::repeating), for an object that holds no times: after the second call nothing at all may be otherwise.
    pub(crate) fn exact(invariant: fn(&mut Bench)) -> Bench {
        Bench::absent(invariant).created()
    }

    /// As [`exact`](Self::exact), for an object that is yet to be created.
    pub(crate) fn absent(invariant: fn(&mut Bench)) -> Bench {
        Bench::of(Twice::Exactly, invariant)
    }

    fn of(twice: Twice, invariant: fn(&mut Bench)) -> Bench {
        static SERVER: OnceLock<Server> = OnceLock::new();
        static OBJECTS: AtomicU64 = AtomicU64::new(0);
        let server = SERVER.get_or_init(|| Server::start().unwrap());
        Bench {
            connection: server.connect().unwrap(),
            number: OBJECTS.fetch_add(1, Ordering::Relaxed),
            calls: 0,
            invariant,
            twice,
        }
    }

    /// With a header.
    fn created(mut self) -> Bench {
        self.command("HSET", "h", &["lay", "1"]);
        self
    }

    fn key(&self, part: &str) -> String {
        format!("pc:test:{{x:{}}}:{part}", self.number)
    }

    /// As [`call_bytes`](Self::call_bytes), with texts.
    pub(crate) fn call(&mut self, script: &Script, parts: &[&str], arguments: &[&str]) -> Reply {
        self.call_bytes(script, parts, &bytes_of(arguments))
    }

    /// Calls a script, and looks at the state. One that is recorded is called twice, as after a lost answer: the second call must change
    /// nothing but times, and bring the same reply.
    pub(crate) fn call_bytes(
        &mut self,
        script: &Script,
        parts: &[&str],
        arguments: &[&[u8]],
    ) -> Reply {
        let reply = self.make(script, parts, arguments);
        reply.accepted().unwrap()
    }

    /// Calls a script that is to refuse, and so to change nothing; returns what it says.
    pub(crate) fn refusal(
        &mut self,
        script: &Script,
        parts: &[&str],
        arguments: &[&str],
    ) -> String {
        let before = self.state();
        let reply = self.make(script, parts, &bytes_of(arguments));
        assert_eq!(self.state(), before, "{} refuses", script.name);
        match reply {
            Reply::Error(text) => text,
            other => panic!("{}: {other:?}", script.name),
        }
    }

    fn make(&mut self, script: &Script, parts: &[&str], arguments: &[&[u8]]) -> Reply {
        self.calls += 1;
        let nonce = nonce(self.calls);
        let reply = self.evaluate(script, parts, arguments, &nonce);
        (self.invariant)(self);
        if !script.is_recorded() && self.twice == Twice::Recorded {
            return reply;
        }
        let before = self.state();
        let again = self.evaluate(script, parts, arguments, &nonce);
        assert_eq!(self.state(), before, "{} acts twice", script.name);
        match script.is_recorded() || self.twice == Twice::Exactly {
            true => assert_eq!(again, reply, "{}", script.name),
            false => assert_eq!(texts(&again).first(), texts(&reply).first()),
        }
        reply
    }

    /// Makes a call again that was the last one before some others.
    pub(crate) fn call_again(
        &mut self,
        others: u64,
        script: &Script,
        parts: &[&str],
        arguments: &[&str],
    ) -> Reply {
        let nonce = nonce(self.calls - others);
        let reply = self.evaluate(script, parts, &bytes_of(arguments), &nonce);
        reply.accepted().unwrap()
    }

    fn evaluate(
        &mut self,
        script: &Script,
        parts: &[&str],
        arguments: &[&[u8]],
        nonce: &str,
    ) -> Reply {
        let mut keys: Vec<String> = parts.iter().map(|part| self.key(part)).collect();
        let mut arguments = arguments.to_vec();
        if script.is_recorded() {
            let record = match self.twice {
                // Of the last call alone, as in a lane: that of another call is none.
                Twice::Exactly => "rq:lane".to_owned(),
                Twice::Recorded | Twice::All => format!("rq:{nonce}"),
            };
            keys.push(self.key(&record));
            arguments.push(nonce.as_bytes());
        }
        let (text, count) = (script.text(), keys.len().to_string());
        let mut words: Vec<&[u8]> = vec![b"EVAL", text.as_bytes(), count.as_bytes()];
        words.extend(keys.iter().map(String::as_bytes));
        words.extend(arguments);
        self.connection.command(&words).unwrap()
    }
}

fn nonce(call: u64) -> String {
    format!("{call:032x}")
}

fn bytes_of<'a>(texts: &[&'a str]) -> Vec<&'a [u8]> {
    texts.iter().map(|text| text.as_bytes()).collect()
}
