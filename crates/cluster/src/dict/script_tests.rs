//! Each script of dicts alone: the state before, the call, its reply, the state after.

mod changing;
mod reading;

use procession_test_server::Reply;

use super::read::GET;
use super::snapshot::{COPY, PAGE};
use super::write::{CHANGE, POP_ITEM};
use super::{CLEAR, CONTAINS, LEN};
use crate::script_test::{Bench, bytes, entry, numbers, stamp, texts};
use crate::watchdog::watch;

const ALL: [&str; 3] = ["h", "v", "o"];

/// Every entry has its place in the order, and the next place is behind all of them.
fn is_sound(bench: &mut Bench) {
    let order = texts(&bench.command("ZRANGE", "o", &["0", "-1", "WITHSCORES"]));
    let mut sorted: Vec<_> = order.iter().step_by(2).cloned().collect();
    sorted.sort();
    let mut entries = texts(&bench.command("HKEYS", "v", &[]));
    entries.sort();
    assert_eq!(entries, sorted, "entries and their order");
    for entry in bench.command("HVALS", "v", &[]).items() {
        assert!(bytes(entry).len() > 16, "{entry:?} is no entry");
    }
    if let Some(last) = order.last() {
        let number = |text: &str| text.parse::<u64>().unwrap();
        let next = bench.field("h", "next").unwrap();
        assert!(number(last) < number(&next), "{order:?}, next {next}");
    }
}

/// `alpha` and `beta`, in this order.
fn bench() -> Bench {
    let mut bench = Bench::exact(is_sound);
    let (alpha, beta) = (entry("a1", "one"), entry("b1", "two"));
    let entries: [&[u8]; 6] = [b"alpha", b"*", &alpha, b"beta", b"*", &beta];
    let reply = change(&mut bench, "version 1", "0", &entries);
    let made = [numbers([0, 2, 0]), vec![Reply::Nil]].concat();
    assert_eq!(reply, Reply::Array(made));
    bench
}

/// Keys, what is expected of their entries, and new entries.
fn change(bench: &mut Bench, version: &str, wants_former: &str, changes: &[&[u8]]) -> Reply {
    let version = stamp(version);
    let beginning: [&[u8]; 2] = [&version, wants_former.as_bytes()];
    bench.call_bytes(&CHANGE, &ALL, &[&beginning, changes].concat())
}

fn keys(bench: &mut Bench) -> Vec<String> {
    bench.members("o")
}

fn version(bench: &mut Bench) -> Vec<u8> {
    bytes(&bench.command("HGET", "h", &["ver"]))
}

#[test]
fn a_dict_without_header_is_gone() {
    let _watchdog = watch();
    let mut bench = Bench::absent(|_| ());
    for script in [
        &CHANGE, &POP_ITEM, &CLEAR, &GET, &CONTAINS, &LEN, &PAGE, &COPY,
    ] {
        let said = bench.refusal(script, &ALL, &["version", "0", "key", "*", "entry"]);
        assert!(said.starts_with("GONE"), "{said}");
    }
    assert_eq!(bench.parts(), [""; 0], "refused, and yet changed");
}
