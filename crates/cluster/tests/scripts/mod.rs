//! Scripts, each tested alone on a real server: the state before, a call, its reply, the state after.

// The scripts' own module, so that they are tested as the server gets them.
#[expect(
    dead_code,
    unused_macros,
    unused_imports,
    reason = "these tests need the texts alone"
)]
#[path = "../../src/script.rs"]
mod script;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::error::Error;
use std::sync::OnceLock;

pub(crate) use script::Script;

use procession_test_server::{Reply, Server};

pub(crate) type TestResult = Result<(), Box<dyn Error>>;

/// The keys of one object on a server that the tests of this process share.
pub(crate) struct Bench {
    server: &'static Server,
    object: String,
    nonce: Cell<u64>,
    check: fn(&Bench) -> TestResult,
}

impl Bench {
    /// An object whose parts must be as `check` wants them after every script.
    pub(crate) fn new(object: &str, check: fn(&Bench) -> TestResult) -> Bench {
        static SERVER: OnceLock<Server> = OnceLock::new();
        Bench {
            server: SERVER.get_or_init(|| Server::start().expect("a server")),
            object: format!("pc:test:{{{object}}}"),
            nonce: Cell::new(0),
            check,
        }
    }

    /// Gives the object a header, as its creation does.
    #[allow(
        dead_code,
        reason = "some objects are created by a script of their own"
    )]
    pub(crate) fn create(self) -> Result<Bench, Box<dyn Error>> {
        self.command(["HSET", &self.key("h"), "lay", "1"])?;
        Ok(self)
    }

    pub(crate) fn key(&self, part: &str) -> String {
        format!("{}:{part}", self.object)
    }

    pub(crate) fn command<const N: usize>(
        &self,
        words: [impl AsRef<[u8]>; N],
    ) -> Result<Reply, Box<dyn Error>> {
        Ok(self.server.command(&words)?.accepted()?)
    }

    /// Runs a script twice as the same call, which must be the same as once; and checks what is to be true after every step.
    pub(crate) fn run<const N: usize>(
        &self,
        script: &Script,
        parts: [&str; N],
        arguments: &[&[u8]],
    ) -> Result<Reply, Box<dyn Error>> {
        self.nonce.set(self.nonce.get() + 1);
        let first = self.run_once(script, parts, arguments)?;
        let after_first = self.state()?;
        (self.check)(self)?;
        let second = self.run_once(script, parts, arguments)?;
        assert_eq!(first, second, "the replies to one call of {}", script.name);
        let after_second = self.state()?;
        assert_eq!(after_first, after_second, "{} done twice", script.name);
        Ok(first)
    }

    fn run_once<const N: usize>(
        &self,
        script: &Script,
        parts: [&str; N],
        arguments: &[&[u8]],
    ) -> Result<Reply, Box<dyn Error>> {
        let mut keys: Vec<_> = parts.iter().map(|part| self.key(part)).collect();
        let nonce = format!("{:032x}", self.nonce.get());
        let mut arguments = arguments.to_vec();
        if script.is_recorded() {
            keys.push(self.key("rq:test-1"));
            arguments.push(nonce.as_bytes());
        }
        let (text, count) = (script.text(), keys.len().to_string());
        let mut words: Vec<&[u8]> = vec![b"EVAL", text.as_bytes(), count.as_bytes()];
        words.extend(keys.iter().map(String::as_bytes));
        words.extend(arguments);
        Ok(self.server.command(&words)?)
    }

    /// What every key of the object holds; not the record of the last call.
    fn state(&self) -> Result<BTreeMap<String, Reply>, Box<dyn Error>> {
        // Braces mean nothing to KEYS.
        let keys = self.command(["KEYS", &format!("{}:*", self.object)])?;
        let keys = keys.items().iter().filter_map(Reply::text);
        let mut state = BTreeMap::new();
        for key in keys.filter(|key| !key.contains(":rq:")) {
            let content = self.command(["DUMP", &key])?;
            state.insert(key, content);
        }
        Ok(state)
    }

    /// The parts that exist, without the record.
    pub(crate) fn keys(&self) -> Result<Vec<String>, Box<dyn Error>> {
        let prefix = format!("{}:", self.object);
        let keys = self.state()?.into_keys();
        Ok(keys
            .map(|key| key.trim_start_matches(&prefix).to_owned())
            .collect())
    }

    pub(crate) fn number<const N: usize>(&self, words: [&str; N]) -> Result<i64, Box<dyn Error>> {
        match self.command(words)? {
            Reply::Integer(number) => Ok(number),
            other => Err(format!("{other:?} is not a number").into()),
        }
    }

    #[allow(dead_code, reason = "not all parts are of several texts")]
    pub(crate) fn texts<const N: usize>(
        &self,
        words: [&str; N],
    ) -> Result<Vec<Vec<u8>>, Box<dyn Error>> {
        Ok(self.command(words)?.items().iter().map(bytes).collect())
    }
}

/// The bytes of a reply; none of anything else.
pub(crate) fn bytes(reply: &Reply) -> Vec<u8> {
    match reply {
        Reply::Bytes(bytes) => bytes.clone(),
        _ => Vec::new(),
    }
}

/// A stamp of 16 bytes.
pub(crate) fn stamp(name: &str) -> Vec<u8> {
    format!("{name:>16}").into_bytes()
}

/// An entry with that stamp, and a value whose form the scripts do not look at.
pub(crate) fn entry(name: &str, value: &str) -> Vec<u8> {
    let mark = value.as_bytes().first().copied().unwrap_or_default();
    [&stamp(name), [mark].as_slice(), value.as_bytes()].concat()
}

/// Several numbers, as an array.
pub(crate) fn numbers<const N: usize>(numbers: [i64; N]) -> Vec<Reply> {
    numbers.map(Reply::Integer).into()
}
