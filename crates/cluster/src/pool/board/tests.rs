//! Each script alone: state before, call, answer, state after; and after each the invariants.

mod attendance;
mod cancelling;
mod fixture;
mod serving;
mod streams;

use fixture::{Fixture, description, host};

use super::serving::ANSWER;
use super::submitting::{CANCEL, PUT};
use super::*;
use crate::pool::member::Description;
use crate::pool::upkeep::REQUEUE;
use crate::script_test::{Bench, texts};

#[test]
fn unlinking_a_pool_leaves_nothing() {
    let fixture = Fixture::new();
    let ids = fixture.put("d", &["1", "2", "3"]);
    fixture.fetch(2);
    fixture.answer(&ids[..1], "why");
    fixture.board.cancel(true, &ids[1..2]).unwrap();
    fixture.board.object.unlink().unwrap();
    let pattern = fixture.board.object.key("*");
    let parts: [&[u8]; 2] = [b"KEYS", pattern.as_bytes()];
    let keys = fixture
        .board
        .cluster()
        .command(&fixture.board.object, parts)
        .unwrap();
    let keys = keys
        .into_array()
        .unwrap()
        .into_iter()
        .map(|key| key.into_text().unwrap());
    // Records end by themselves.
    assert_eq!(
        keys.filter(|key| !key.contains(":rq:")).collect::<Vec<_>>(),
        [""; 0]
    );
}

/// [`Bench`] makes each recorded call twice.
#[test]
fn calls_that_are_made_again_act_once() {
    let mut bench = Bench::new(|_| ());
    let client = "c".repeat(32);
    let far = "9999999999999";
    bench.command("ZADD", "k", &[far, &client]);
    let put = ["h", "m", "r:code", "w:code", "b", "k"];
    for task in ["one", "two"] {
        let task = format!("d{client}{task}");
        bench.call(&PUT, &put, &[&client, "code", "batch", "2147483647", &task]);
    }
    let [one, two] = ["1", "2"].map(|number| format!("2147483647-{number:0>16}-batch"));
    bench.command("ZREM", "r:code", &[&one]);
    bench.command("HSET", "l:host", &[&one, "1"]);
    let answer = ["h", "m", "l:host", "a", "k", "rep", "d"];
    let dead = [&client, "1000", "code", &one, "7", "outcome", "why"];
    bench.call(&ANSWER, &answer, &dead);
    bench.call(&CANCEL, &["h", "m", "r:code", "a", "x"], &["1", &two]);
    let entries = bench.command("XRANGE", "d", &["-", "+"]);
    let entry = texts(&entries)[0].clone();
    let requeue = ["h", "m", "r:code", "w:code", "b", "d"];
    bench.call(&REQUEUE, &requeue, &[&entry, "code", "later"]);
    assert_eq!(
        bench.command("HLEN", "m", &[]),
        procession_test_server::Reply::Integer(1)
    );
    assert_eq!(
        ["r:code", "rep", "d"].map(|part| bench.count(part)),
        [1, 1, 0]
    );
}
