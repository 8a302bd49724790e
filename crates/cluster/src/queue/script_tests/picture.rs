//! All that a queue has on the server, in one line; and whether it is in order.

use std::collections::BTreeMap;

use procession_test_server::Reply;

use super::{Queue, number_of};
use crate::script_test::Bench;

/// All that a queue has on the server.
struct State {
    ready: Vec<String>,
    messages: BTreeMap<String, String>,
    /// What each lease has, with its deliveries.
    held: BTreeMap<String, BTreeMap<String, String>>,
    deliveries: BTreeMap<String, String>,
    tokens: Vec<&'static str>,
    dead: Reply,
    header: BTreeMap<String, String>,
}

impl Queue {
    /// All that the queue has, in one line: `r 1a 2b | x 3c*1 | a 3*1 | w b | d 4d*2@y | closed`.
    ///
    /// Ready messages; those of each lease, with their deliveries; deliveries of those that were redelivered; tokens; dead letters.
    pub(super) fn picture(&mut self) -> String {
        let state = look(&mut self.0);
        let shown = |id: &String| match state.messages.get(id) {
            Some(message) => format!("{}{message}", number_of(id)),
            None => panic!("rule 1: {id}"),
        };
        let mut picture = vec![join("r", state.ready.iter().map(shown))];
        for (lease, its) in &state.held {
            let show = |(id, deliveries): (&String, &String)| format!("{}*{deliveries}", shown(id));
            picture.push(join(lease, its.iter().map(show)));
        }
        let show = |(id, count): (&String, &String)| format!("{}*{count}", number_of(id));
        picture.push(join("a", state.deliveries.iter().map(show)));
        picture.push(state.tokens.join(" "));
        picture.push(join("d", state.dead.items().iter().map(letter)));
        if state.header.contains_key("closed") {
            picture.push("closed".to_owned());
        }
        picture.retain(|part| !["", "r", "a", "d"].contains(&part.as_str()));
        picture.join(" | ")
    }
}

fn look(bench: &mut Bench) -> State {
    let mut held = BTreeMap::new();
    for lease in list(&bench.command("ZRANGE", "c", &["0", "-1"])) {
        let its = pairs(&bench.command("HGETALL", &format!("l:{lease}"), &[]));
        held.insert(lease, its);
    }
    let mut tokens = vec!["w", "b"];
    tokens.retain(
        |part| match list(&bench.command("LRANGE", part, &["0", "-1"])).len() {
            0 => false,
            1 => true,
            more => panic!("{part} has {more} tokens"),
        },
    );
    State {
        ready: list(&bench.command("LRANGE", "r", &["0", "-1"])),
        messages: pairs(&bench.command("HGETALL", "m", &[])),
        held,
        deliveries: pairs(&bench.command("HGETALL", "a", &[])),
        tokens,
        dead: bench.command("XRANGE", "d", &["-", "+"]),
        header: pairs(&bench.command("HGETALL", "h", &[])),
    }
}

/// The rules of `README.md`.
pub(super) fn check(bench: &mut Bench) {
    let state = look(bench);
    let mut places: Vec<&String> = state.ready.iter().collect();
    places.extend(state.held.values().flat_map(BTreeMap::keys));
    places.sort();
    assert_eq!(
        places,
        state.messages.keys().collect::<Vec<_>>(),
        "rules 1 and 3"
    );
    assert!(state.ready.is_sorted(), "rule 2: {:?}", state.ready);
    let mut redelivered = state.deliveries.keys();
    assert!(
        redelivered.all(|id| state.messages.contains_key(id)),
        "rule 4"
    );
    let count = |name: &str| -> usize {
        let count = state.header.get(name).map(String::as_str);
        count.unwrap_or("0").parse().expect("a number")
    };
    let gone = match state.header.get("kind").map(String::as_str) {
        Some("queue") => count("gots"),
        _ => count("dones") + count("lost"),
    };
    let accounted = state.messages.len() + gone + count("purged");
    assert_eq!(count("puts"), accounted, "rule 5");
}

fn letter(letter: &Reply) -> String {
    let fields = pairs(letter.items().get(1).expect("a letter"));
    let field = |name: &str| fields.get(name).expect("a field").as_str();
    format!(
        "{}*{}@{}",
        field("message"),
        field("deliveries"),
        field("lease")
    )
}

fn join(name: &str, parts: impl Iterator<Item = String>) -> String {
    let all: Vec<String> = std::iter::once(name.to_owned()).chain(parts).collect();
    all.join(" ")
}

fn list(reply: &Reply) -> Vec<String> {
    let texts = reply.items().iter().map(Reply::text);
    texts.map(|text| text.expect("a text")).collect()
}

fn pairs(reply: &Reply) -> BTreeMap<String, String> {
    let list = list(reply);
    let pairs = list.chunks_exact(2);
    pairs
        .map(|pair| (pair[0].clone(), pair[1].clone()))
        .collect()
}
