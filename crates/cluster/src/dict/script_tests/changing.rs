//! Setting, removing and popping.

use super::*;

#[test]
fn a_change_is_made_only_if_all_entries_are_as_expected() {
    let _watchdog = watch();
    let mut bench = bench();
    let exactly = |name| [b"=".as_slice(), &stamp(name)].concat();
    let cases: [(&[u8], &[u8], bool); 12] = [
        (b"alpha", b"*", true),
        (b"alpha", b"+", true),
        (b"alpha", b"-", false),
        (b"alpha", &exactly("a1"), true),
        (b"alpha", &exactly("b1"), false),
        (b"alpha", b"!o", false),
        (b"alpha", b"!x", true),
        (b"gamma", b"*", true),
        (b"gamma", b"+", false),
        (b"gamma", b"-", true),
        (b"gamma", &exactly("a1"), false),
        (b"gamma", b"!o", true),
    ];
    // The former ones again, so that all cases begin alike.
    let (alpha, beta) = (entry("a1", "one"), entry("b1", "two"));
    for (key, expected, is_met) in cases {
        let before = version(&mut bench);
        let changes = [b"beta", b"*".as_slice(), &beta, key, expected, &alpha];
        let reply = change(&mut bench, "another", "0", &changes);
        let refused = reply.items().first() == Some(&Reply::Integer(2));
        assert_eq!(refused, !is_met, "{reply:?} to {key:?} {expected:?}");
        match is_met {
            true => assert_eq!(version(&mut bench), stamp("another")),
            false => assert_eq!(version(&mut bench), before, "refused, and yet changed"),
        }
        change(&mut bench, "back", "0", &[b"gamma", b"*", b""]);
        assert_eq!(keys(&mut bench), ["alpha", "beta"]);
    }
}

/// Returns the former entry, too.
fn set(bench: &mut Bench, key: &str, value: &str) -> Reply {
    let entry = entry(value, value);
    change(bench, "set", "1", &[key.as_bytes(), b"*", &entry])
}

#[test]
fn a_replaced_entry_keeps_its_place_and_a_new_one_comes_last() {
    let _watchdog = watch();
    let mut bench = bench();
    let replaced = [numbers([0, 0, 0]), vec![Reply::Bytes(entry("a1", "one"))]].concat();
    assert_eq!(set(&mut bench, "alpha", "three"), Reply::Array(replaced));
    set(&mut bench, "aaa", "four");
    assert_eq!(keys(&mut bench), ["alpha", "beta", "aaa"]);

    let former = Reply::Bytes(entry("three", "three"));
    let removed = [numbers([0, 0, 1]), vec![former]].concat();
    let reply = change(&mut bench, "removal", "1", &[b"alpha", b"*", b""]);
    assert_eq!(reply, Reply::Array(removed));
    set(&mut bench, "alpha", "five");
    assert_eq!(keys(&mut bench), ["beta", "aaa", "alpha"]);
}

#[test]
fn the_last_of_several_entries_of_one_key_counts() {
    let _watchdog = watch();
    let mut bench = bench();
    let (one, two) = (entry("n1", "one"), entry("n2", "two"));
    let changes: [&[u8]; 6] = [b"new", b"-", &one, b"new", b"-", &two];
    let reply = change(&mut bench, "v", "0", &changes);
    assert_eq!(reply.items().get(..3), Some(numbers([0, 1, 0]).as_slice()));
    let found = bench.call(&GET, &["h", "v"], &["new"]);
    assert_eq!(found, Reply::Array(vec![Reply::Bytes(two)]));
}

#[test]
fn items_are_popped_from_the_end() {
    let _watchdog = watch();
    let mut bench = bench();
    let pop = |bench: &mut Bench| bench.call_bytes(&POP_ITEM, &ALL, &[&stamp("pop")]);
    let pair = |key: &str, entry: Vec<u8>| {
        Reply::Array(vec![Reply::Bytes(key.into()), Reply::Bytes(entry)])
    };
    assert_eq!(pop(&mut bench), pair("beta", entry("b1", "two")));
    assert_eq!(version(&mut bench), stamp("pop"));
    assert_eq!(pop(&mut bench), pair("alpha", entry("a1", "one")));
    assert_eq!(pop(&mut bench), Reply::Array(vec![]));
    assert_eq!(bench.parts(), ["h"]);
}

#[test]
fn clearing_leaves_the_header() {
    let _watchdog = watch();
    let mut bench = bench();
    bench.call_bytes(&CLEAR, &ALL, &[&stamp("clear")]);
    assert_eq!(bench.parts(), ["h"]);
    assert_eq!(bench.field("h", "lay").as_deref(), Some("1"));
    assert_eq!(bench.call(&LEN, &["h", "v"], &[]), Reply::Integer(0));
    assert_eq!(version(&mut bench), stamp("clear"));
}
