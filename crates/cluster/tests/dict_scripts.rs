//! The scripts of dicts.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod scripts;
mod watchdog;

use procession_test_server::Reply;
use scripts::{Bench, Script, TestResult, bytes, entry, numbers, stamp};
use watchdog::watch;

static CHANGE: Script = Script::new("change", include_str!("../src/dict/scripts/change.lua"));
static POP_ITEM: Script = Script::new("pop_item", include_str!("../src/dict/scripts/pop_item.lua"));
static CLEAR: Script = Script::new("clear", include_str!("../src/dict/scripts/clear.lua"));
static GET: Script = Script::new("get", include_str!("../src/dict/scripts/get.lua"));
static CONTAINS: Script = Script::new("contains", include_str!("../src/dict/scripts/contains.lua"));
static LEN: Script = Script::new("len", include_str!("../src/dict/scripts/len.lua"));
static PAGE: Script = Script::new("page", include_str!("../src/dict/scripts/page.lua"));
static COPY: Script = Script::new("copy", include_str!("../src/dict/scripts/copy.lua"));

const ALL: [&str; 3] = ["h", "v", "o"];

/// Every entry has its place in the order, and the next place is behind all of them.
fn check(bench: &Bench) -> TestResult {
    let order = bench.texts(["ZRANGE", &bench.key("o"), "0", "-1", "WITHSCORES"])?;
    let keys: Vec<_> = order.iter().step_by(2).collect();
    let mut entries = bench.texts(["HKEYS", &bench.key("v")])?;
    entries.sort();
    let mut sorted: Vec<_> = keys.iter().map(|key| key.to_vec()).collect();
    sorted.sort();
    assert_eq!(entries, sorted, "entries and their order");
    for entry in bench.texts(["HVALS", &bench.key("v")])? {
        assert!(entry.len() > 16, "{entry:?} is no entry");
    }
    let number = |text: &[u8]| String::from_utf8_lossy(text).parse::<u64>();
    let next = bytes(&bench.command(["HGET", &bench.key("h"), "next"])?);
    if let Some(last) = order.last() {
        assert!(number(last)? < number(&next)?, "{order:?}, next {next:?}");
    }
    Ok(())
}

/// `alpha` and `beta`, in this order.
fn bench(name: &str) -> Result<Bench, Box<dyn std::error::Error>> {
    let bench = Bench::new(name, check).create()?;
    let reply = bench.run(
        &CHANGE,
        ALL,
        &[
            &stamp("version 1"),
            b"0",
            b"alpha",
            b"*",
            &entry("a1", "one"),
            b"beta",
            b"*",
            &entry("b1", "two"),
        ],
    )?;
    assert_eq!(
        reply,
        Reply::Array([numbers([0, 2, 0]), vec![Reply::Nil]].concat())
    );
    Ok(bench)
}

fn keys(bench: &Bench) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let keys = bench.texts(["ZRANGE", &bench.key("o"), "0", "-1"])?;
    Ok(keys
        .iter()
        .map(|key| String::from_utf8_lossy(key).into_owned())
        .collect())
}

fn version(bench: &Bench) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    Ok(bytes(&bench.command(["HGET", &bench.key("h"), "ver"])?))
}

#[test]
fn a_change_is_made_only_if_all_entries_are_as_expected() -> TestResult {
    let _watchdog = watch();
    let bench = bench("d:expected")?;
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
    for (key, expected, is_met) in cases {
        let before = version(&bench)?;
        let arguments: [&[u8]; 8] = [
            &stamp("another"),
            b"0",
            b"beta",
            b"*",
            &entry("b1", "two"),
            key,
            expected,
            // The former one again, so that all cases begin alike.
            &entry("a1", "one"),
        ];
        let reply = bench.run(&CHANGE, ALL, &arguments)?;
        let refused = reply.items().first() == Some(&Reply::Integer(2));
        assert_eq!(refused, !is_met, "{reply:?} to {key:?} {expected:?}");
        match is_met {
            true => assert_eq!(version(&bench)?, stamp("another")),
            false => assert_eq!(version(&bench)?, before, "refused, and yet changed"),
        }
        let back: [&[u8]; 5] = [&stamp("back"), b"0", b"gamma", b"*", b""];
        bench.run(&CHANGE, ALL, &back)?;
        assert_eq!(keys(&bench)?, ["alpha", "beta"]);
    }
    Ok(())
}

#[test]
fn a_replaced_entry_keeps_its_place_and_a_new_one_comes_last() -> TestResult {
    let _watchdog = watch();
    let bench = bench("d:order")?;
    let set = |key: &str, value: &str| {
        let (version, entry) = (stamp("set"), entry(value, value));
        bench.run(
            &CHANGE,
            ALL,
            &[&version, b"1", key.as_bytes(), b"*", &entry],
        )
    };
    let replaced = [numbers([0, 0, 0]), vec![Reply::Bytes(entry("a1", "one"))]].concat();
    assert_eq!(set("alpha", "three")?, Reply::Array(replaced));
    set("aaa", "four")?;
    assert_eq!(keys(&bench)?, ["alpha", "beta", "aaa"]);

    let removal: [&[u8]; 5] = [&stamp("removal"), b"1", b"alpha", b"*", b""];
    let removed = [
        numbers([0, 0, 1]),
        vec![Reply::Bytes(entry("three", "three"))],
    ]
    .concat();
    assert_eq!(bench.run(&CHANGE, ALL, &removal)?, Reply::Array(removed));
    set("alpha", "five")?;
    assert_eq!(keys(&bench)?, ["beta", "aaa", "alpha"]);
    Ok(())
}

#[test]
fn the_last_of_several_entries_of_one_key_counts() -> TestResult {
    let _watchdog = watch();
    let bench = bench("d:twice")?;
    let arguments: [&[u8]; 8] = [
        &stamp("v"),
        b"0",
        b"new",
        b"-",
        &entry("n1", "one"),
        b"new",
        b"-",
        &entry("n2", "two"),
    ];
    let reply = bench.run(&CHANGE, ALL, &arguments)?;
    assert_eq!(reply.items().get(..3), Some(numbers([0, 1, 0]).as_slice()));
    assert_eq!(
        bench.run(&GET, ["h", "v"], &[b"new"])?,
        Reply::Array(vec![Reply::Bytes(entry("n2", "two"))])
    );
    Ok(())
}

#[test]
fn items_are_popped_from_the_end() -> TestResult {
    let _watchdog = watch();
    let bench = bench("d:pop")?;
    let pop = || bench.run(&POP_ITEM, ALL, &[&stamp("pop")]);
    let pair = |key: &str, entry: Vec<u8>| {
        Reply::Array(vec![Reply::Bytes(key.into()), Reply::Bytes(entry)])
    };
    assert_eq!(pop()?, pair("beta", entry("b1", "two")));
    assert_eq!(version(&bench)?, stamp("pop"));
    assert_eq!(pop()?, pair("alpha", entry("a1", "one")));
    assert_eq!(pop()?, Reply::Array(vec![]));
    assert_eq!(bench.keys()?, ["h"]);
    Ok(())
}

#[test]
fn clearing_leaves_the_header() -> TestResult {
    let _watchdog = watch();
    let bench = bench("d:clear")?;
    bench.run(&CLEAR, ALL, &[&stamp("clear")])?;
    assert_eq!(bench.keys()?, ["h"]);
    assert_eq!(bench.run(&LEN, ["h", "v"], &[])?, Reply::Integer(0));
    assert_eq!(version(&bench)?, stamp("clear"));
    Ok(())
}

#[test]
fn entries_are_read() -> TestResult {
    let _watchdog = watch();
    let bench = bench("d:read")?;
    let found = bench.run(&GET, ["h", "v"], &[b"beta", b"gamma", b"alpha"])?;
    let expected = [
        Reply::Bytes(entry("b1", "two")),
        Reply::Nil,
        Reply::Bytes(entry("a1", "one")),
    ];
    assert_eq!(found, Reply::Array(expected.into()));
    assert_eq!(
        bench.run(&CONTAINS, ["h", "v"], &[b"beta"])?,
        Reply::Integer(1)
    );
    assert_eq!(
        bench.run(&CONTAINS, ["h", "v"], &[b"gamma"])?,
        Reply::Integer(0)
    );
    assert_eq!(bench.run(&LEN, ["h", "v"], &[])?, Reply::Integer(2));
    Ok(())
}

#[test]
fn a_page_ends_before_it_is_too_large() -> TestResult {
    let _watchdog = watch();
    let bench = bench("d:page")?;
    let large = "x".repeat(200_000);
    for key in ["c", "d", "e"] {
        let (version, entry) = (stamp(key), entry(key, &large));
        bench.run(
            &CHANGE,
            ALL,
            &[&version, b"0", key.as_bytes(), b"*", &entry],
        )?;
    }
    let page = |version: &[u8], first: &str, wants_entries: &str| {
        bench.run(
            &PAGE,
            ALL,
            &[version, b"0", first.as_bytes(), wants_entries.as_bytes()],
        )
    };
    let of = |page: &Reply| -> Vec<Vec<u8>> {
        page.items().iter().skip(2).step_by(2).map(bytes).collect()
    };
    let first = page(b"", "0", "1")?;
    assert_eq!(
        first.items().get(1),
        Some(&Reply::Integer(5)),
        "all of them"
    );
    assert_eq!(of(&first), ["alpha".as_bytes(), b"beta", b"c", b"d"]);
    assert_eq!(of(&page(&stamp("e"), "4", "1")?), ["e".as_bytes()]);
    assert_eq!(of(&page(b"", "0", "0")?).len(), 5, "keys alone are small");
    assert_eq!(page(&stamp("d"), "4", "1")?, Reply::Nil, "another version");
    Ok(())
}

#[test]
fn a_copy_stays_as_it_is() -> TestResult {
    let _watchdog = watch();
    let bench = bench("d:copy")?;
    bench.run(&COPY, ["h", "v", "o", "copy:v", "copy:o"], &[b"60000"])?;
    let removal: [&[u8]; 5] = [&stamp("removal"), b"0", b"alpha", b"*", b""];
    bench.run(&CHANGE, ALL, &removal)?;
    let copied = ["h", "copy:v", "copy:o"];
    let page = |parts| bench.run(&PAGE, parts, &[b"old", b"60000", b"0", b"1"]);
    assert_eq!(page(copied)?.items().len(), 6);
    for part in ["copy:v", "copy:o"] {
        let life = bench.number(["PTTL", &bench.key(part)])?;
        assert!(life > 0, "{part} stays for ever");
    }
    bench.command(["DEL", &bench.key("copy:o")])?;
    assert_eq!(page(copied)?, Reply::Nil, "half a copy is none");
    Ok(())
}

#[test]
fn a_dict_without_header_is_gone() -> TestResult {
    let _watchdog = watch();
    let bench = Bench::new("d:gone", |_| Ok(()));
    for script in [
        &CHANGE, &POP_ITEM, &CLEAR, &GET, &CONTAINS, &LEN, &PAGE, &COPY,
    ] {
        match bench.run(script, ALL, &[b"version", b"0", b"key", b"*", b"entry"])? {
            Reply::Error(text) => assert!(text.starts_with("GONE"), "{text}"),
            other => panic!("{other:?}"),
        }
    }
    assert!(bench.keys()?.is_empty(), "refused, and yet changed");
    Ok(())
}
