//! All that a queue has on the server, in one line; and whether it is in order.

use std::collections::{BTreeMap, BTreeSet};

use procession_test_server::Reply;

use super::{Bench, number_of};

impl Bench {
    /// All that the queue has, in one line: `r 1a 2b | x 3c*1 | a 3*1 | w b | d 4d*2@y | closed`.
    ///
    /// Ready messages; those of each lease, with their deliveries; deliveries of those that were redelivered; tokens; dead letters.
    pub(super) fn picture(&self) -> String {
        let ready = list(&self.raw("LRANGE", "r", &["0", "-1"]));
        let messages = pairs(&self.raw("HGETALL", "m", &[]));
        let leases = list(&self.raw("ZRANGE", "c", &["0", "-1"]));
        let shown = |id: &String| format!("{}{}", number_of(id), messages.get(id).expect("rule 1"));
        let mut picture = vec![join("r", ready.iter().map(shown))];
        let mut held = BTreeMap::new();
        for lease in leases.iter().collect::<BTreeSet<_>>() {
            let its = pairs(&self.raw("HGETALL", &format!("l:{lease}"), &[]));
            let show = |(id, deliveries): (&String, &String)| format!("{}*{deliveries}", shown(id));
            picture.push(join(lease, its.iter().map(show)));
            held.insert(lease.clone(), its);
        }
        let deliveries = pairs(&self.raw("HGETALL", "a", &[]));
        let show = |(id, count): (&String, &String)| format!("{}*{count}", number_of(id));
        picture.push(join("a", deliveries.iter().map(show)));
        let tokens = ["w", "b"].into_iter();
        picture.push(
            tokens
                .filter(|part| self.has_token(part))
                .collect::<Vec<_>>()
                .join(" "),
        );
        let dead = self.raw("XRANGE", "d", &["-", "+"]);
        picture.push(join("d", dead.items().iter().map(letter)));
        let header = pairs(&self.raw("HGETALL", "h", &[]));
        if header.contains_key("closed") {
            picture.push("closed".to_owned());
        }
        check(&ready, &messages, &held, &deliveries, &header);
        picture.retain(|part| !["", "r", "a", "d"].contains(&part.as_str()));
        picture.join(" | ")
    }

    fn has_token(&self, part: &str) -> bool {
        let tokens = list(&self.raw("LRANGE", part, &["0", "-1"]));
        assert!(tokens.len() <= 1, "{part} has one token at most");
        !tokens.is_empty()
    }
}

/// The rules of `README.md`.
fn check(
    ready: &[String],
    messages: &BTreeMap<String, String>,
    held: &BTreeMap<String, BTreeMap<String, String>>,
    deliveries: &BTreeMap<String, String>,
    header: &BTreeMap<String, String>,
) {
    let mut places: Vec<&String> = ready.iter().collect();
    places.extend(held.values().flat_map(BTreeMap::keys));
    places.sort();
    assert_eq!(places, messages.keys().collect::<Vec<_>>(), "rules 1 and 3");
    assert!(ready.is_sorted(), "rule 2: {ready:?}");
    assert!(
        deliveries.keys().all(|id| messages.contains_key(id)),
        "rule 4"
    );
    let count = |name: &str| -> usize {
        let count = header.get(name).map(String::as_str);
        count.unwrap_or("0").parse().expect("a number")
    };
    let gone = match header.get("kind").map(String::as_str) {
        Some("queue") => count("gots"),
        _ => count("dones") + count("lost"),
    };
    assert_eq!(
        count("puts"),
        messages.len() + gone + count("purged"),
        "rule 5"
    );
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
