//! For tests of single scripts: a state, a call, its reply, and the state after.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use procession_test_server::{Connection, Reply, Server};

use crate::script::Script;

/// An object, of which scripts are called without a client.
pub(crate) struct Bench {
    connection: Connection,
    number: u64,
    calls: u64,
    /// Looks at the state after every call.
    invariant: fn(&mut Bench),
    /// Also scripts that are not recorded can be called twice.
    repeats_all: bool,
}

impl Bench {
    pub(crate) fn new(invariant: fn(&mut Bench)) -> Bench {
        static SERVER: OnceLock<Server> = OnceLock::new();
        static OBJECTS: AtomicU64 = AtomicU64::new(0);
        let server = SERVER.get_or_init(|| Server::start().unwrap());
        let mut bench = Bench {
            connection: server.connect().unwrap(),
            number: OBJECTS.fetch_add(1, Ordering::Relaxed),
            calls: 0,
            invariant,
            repeats_all: false,
        };
        bench.command("HSET", "h", &["lay", "1"]);
        bench
    }

    /// As [`new`](Self::new), for an object of which every script that is not recorded does the same twice as once, and so is called twice, too.
    pub(crate) fn repeating(invariant: fn(&mut Bench)) -> Bench {
        let mut bench = Bench::new(invariant);
        bench.repeats_all = true;
        bench
    }

    fn key(&self, part: &str) -> String {
        format!("pc:test:{{x:{}}}:{part}", self.number)
    }

    /// A command on a part.
    pub(crate) fn command(&mut self, name: &str, part: &str, arguments: &[&str]) -> Reply {
        let mut words = vec![name.to_owned(), self.key(part)];
        words.extend(arguments.iter().map(|argument| (*argument).to_owned()));
        self.connection.command(&words).unwrap().accepted().unwrap()
    }

    /// Calls a script, and looks at the state. One that is recorded is called twice, as after a lost answer: the second call must change
    /// nothing but times, and bring the same reply.
    pub(crate) fn call(&mut self, script: &Script, parts: &[&str], arguments: &[&str]) -> Reply {
        self.calls += 1;
        let nonce = nonce(self.calls);
        let reply = self.evaluate(script, parts, arguments, &nonce);
        (self.invariant)(self);
        if !script.is_recorded() && !self.repeats_all {
            return reply;
        }
        let before = self.shape(parts);
        let again = self.evaluate(script, parts, arguments, &nonce);
        assert_eq!(self.shape(parts), before, "{} acts twice", script.name);
        match script.is_recorded() {
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
        self.evaluate(script, parts, arguments, &nonce)
    }

    fn evaluate(
        &mut self,
        script: &Script,
        parts: &[&str],
        arguments: &[&str],
        nonce: &str,
    ) -> Reply {
        let mut keys: Vec<String> = parts.iter().map(|part| self.key(part)).collect();
        let mut arguments: Vec<String> = arguments.iter().map(|text| (*text).to_owned()).collect();
        if script.is_recorded() {
            keys.push(self.key(&format!("rq:{nonce}")));
            arguments.push(nonce.to_owned());
        }
        let mut words = vec!["EVAL".to_owned(), script.text(), keys.len().to_string()];
        words.extend(keys);
        words.extend(arguments);
        self.connection.command(&words).unwrap().accepted().unwrap()
    }

    /// What is in these parts, apart from times.
    fn shape(&mut self, parts: &[&str]) -> Vec<Vec<String>> {
        parts.iter().map(|part| self.shape_of(part)).collect()
    }

    fn shape_of(&mut self, part: &str) -> Vec<String> {
        let content = match self.command("TYPE", part, &[]).text().as_deref() {
            Some("hash") => self.command("HGETALL", part, &[]),
            Some("zset") => return self.members(part),
            Some("list") => self.command("LRANGE", part, &["0", "-1"]),
            Some("stream") => self.command("XRANGE", part, &["-", "+"]),
            _ => Reply::Nil,
        };
        let mut content = texts(&content);
        if let Some(end) = content.iter().position(|text| text == "end") {
            content.drain(end..end + 2);
        }
        content
    }

    /// A field of a hash.
    pub(crate) fn field(&mut self, part: &str, name: &str) -> Option<String> {
        self.command("HGET", part, &[name]).text()
    }

    /// How many members a sorted set or a list has.
    pub(crate) fn count(&mut self, part: &str) -> i64 {
        let command = match self.command("TYPE", part, &[]).text().as_deref() {
            Some("list") => "LLEN",
            Some("stream") => "XLEN",
            _ => "ZCARD",
        };
        match self.command(command, part, &[]) {
            Reply::Integer(count) => count,
            other => panic!("{other:?}"),
        }
    }

    /// The members of a sorted set.
    pub(crate) fn members(&mut self, part: &str) -> Vec<String> {
        let members = self.command("ZRANGE", part, &["0", "-1"]);
        members.items().iter().filter_map(Reply::text).collect()
    }

    /// The lease of a member of a sorted set runs out.
    pub(crate) fn expire(&mut self, part: &str, member: &str) {
        self.command("ZADD", part, &["XX", "1", member]);
    }
}

fn nonce(call: u64) -> String {
    format!("{call:032x}")
}

/// All texts of a reply.
pub(crate) fn texts(reply: &Reply) -> Vec<String> {
    match reply {
        Reply::Array(items) => items.iter().flat_map(texts).collect(),
        other => other.text().into_iter().collect(),
    }
}
