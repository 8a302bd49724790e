//! What an object holds.

use std::collections::BTreeMap;

use procession_test_server::Reply;

use super::{Bench, Twice, bytes, texts};

impl Bench {
    /// A command on a part.
    pub(crate) fn command(&mut self, name: &str, part: &str, arguments: &[&str]) -> Reply {
        let mut words = vec![name.to_owned(), self.key(part)];
        words.extend(arguments.iter().map(|argument| (*argument).to_owned()));
        self.connection.command(&words).unwrap().accepted().unwrap()
    }

    /// The parts that there are, apart from records.
    pub(crate) fn parts(&mut self) -> Vec<String> {
        let prefix = self.key("");
        // Braces mean nothing to KEYS.
        let keys = texts(&self.command("KEYS", "*", &[]));
        let parts = keys.iter().filter_map(|key| key.strip_prefix(&prefix));
        let mut parts: Vec<String> = parts.map(str::to_owned).collect();
        parts.retain(|part| !part.starts_with("rq:"));
        parts.sort();
        parts
    }

    /// What must be as it was when a script is called once more.
    pub(super) fn state(&mut self) -> BTreeMap<String, Vec<Vec<u8>>> {
        let parts = self.parts().into_iter();
        parts
            .map(|part| {
                let content = match self.twice {
                    Twice::Exactly => vec![bytes(&self.command("DUMP", &part, &[]))],
                    Twice::Recorded | Twice::All => self.shape(&part),
                };
                (part, content)
            })
            .collect()
    }

    /// What is in a part, apart from times.
    fn shape(&mut self, part: &str) -> Vec<Vec<u8>> {
        let content = match self.command("TYPE", part, &[]).text().as_deref() {
            Some("hash") => self.command("HGETALL", part, &[]),
            Some("zset") => self.command("ZRANGE", part, &["0", "-1"]),
            Some("list") => self.command("LRANGE", part, &["0", "-1"]),
            Some("stream") => self.command("XRANGE", part, &["-", "+"]),
            _ => self.command("GET", part, &[]),
        };
        let mut content = texts(&content);
        if let Some(end) = content.iter().position(|text| text == "end") {
            content.drain(end..end + 2);
        }
        content.into_iter().map(String::into_bytes).collect()
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
        self.number(command, part)
    }

    /// A command that replies with a number.
    pub(crate) fn number(&mut self, command: &str, part: &str) -> i64 {
        match self.command(command, part, &[]) {
            Reply::Integer(number) => number,
            other => panic!("{other:?}"),
        }
    }

    /// The members of a sorted set.
    pub(crate) fn members(&mut self, part: &str) -> Vec<String> {
        texts(&self.command("ZRANGE", part, &["0", "-1"]))
    }

    /// The lease of a member of a sorted set runs out.
    pub(crate) fn expire(&mut self, part: &str, member: &str) {
        self.command("ZADD", part, &["XX", "1", member]);
    }
}
