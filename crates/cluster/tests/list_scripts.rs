//! The scripts of lists.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod scripts;
mod watchdog;

use std::error::Error;
use std::ops::Range;

use procession_test_server::Reply;
use scripts::{Bench, Script, TestResult, bytes, entry, numbers, stamp};
use watchdog::watch;

static SPLICE: Script = Script::new("splice", include_str!("../src/list/scripts/splice.lua"));
static PUSH: Script = Script::new("push", include_str!("../src/list/scripts/push.lua"));
static SET: Script = Script::new("set", include_str!("../src/list/scripts/set.lua"));
static SWAP: Script = Script::new("swap", include_str!("../src/list/scripts/swap.lua"));
static REVERSE: Script = Script::new("reverse", include_str!("../src/list/scripts/reverse.lua"));
static GET: Script = Script::new("get", include_str!("../src/list/scripts/get.lua"));
static LEN: Script = Script::new("len", include_str!("../src/list/scripts/len.lua"));
static PAGE: Script = Script::new("page", include_str!("../src/list/scripts/page.lua"));
static COPY: Script = Script::new("copy", include_str!("../src/list/scripts/copy.lua"));
static STAGE: Script = Script::new("stage", include_str!("../src/list/scripts/stage.lua"));
static REPLACE: Script = Script::new("replace", include_str!("../src/list/scripts/replace.lua"));

const BOTH: [&str; 2] = ["h", "v"];
const ALL: [&str; 3] = ["h", "v", "aside"];

/// Nothing is left aside, and no mark among the elements.
fn check(bench: &Bench) -> TestResult {
    assert!(!bench.keys()?.contains(&"aside".to_owned()), "left aside");
    for element in elements(bench)? {
        assert!(element.len() > 16, "{element:?} is no element");
    }
    Ok(())
}

fn elements(bench: &Bench) -> Result<Vec<Vec<u8>>, Box<dyn Error>> {
    bench.texts(["LRANGE", &bench.key("v"), "0", "-1"])
}

fn version(bench: &Bench) -> Result<Vec<u8>, Box<dyn Error>> {
    Ok(bytes(&bench.command(["HGET", &bench.key("h"), "ver"])?))
}

fn made(from: Range<usize>) -> Vec<Vec<u8>> {
    from.map(|i| entry(&i.to_string(), &i.to_string()))
        .collect()
}

type Elements = Vec<Vec<u8>>;

/// A list with so many elements.
fn bench(name: &str, length: usize) -> Result<(Bench, Elements), Box<dyn Error>> {
    let bench = Bench::new(name, check).create()?;
    let model = made(0..length);
    push(&bench, &model)?;
    assert_eq!(elements(&bench)?, model);
    Ok((bench, model))
}

fn push(bench: &Bench, elements: &[Vec<u8>]) -> TestResult {
    let version = stamp("push");
    let mut arguments: Vec<&[u8]> = vec![&version];
    arguments.extend(elements.iter().map(Vec::as_slice));
    bench.run(&PUSH, BOTH, &arguments)?;
    Ok(())
}

fn splice(
    bench: &Bench,
    required: &[u8],
    [mode, start, stop]: [&str; 3],
    new: &[Vec<u8>],
) -> Result<Reply, Box<dyn Error>> {
    let version = stamp("splice");
    let mut arguments: Vec<&[u8]> = vec![
        &version,
        required,
        mode.as_bytes(),
        start.as_bytes(),
        stop.as_bytes(),
        b"1",
    ];
    arguments.extend(new.iter().map(Vec::as_slice));
    bench.run(&SPLICE, ALL, &arguments)
}

#[test]
fn many_elements_are_pushed_in_their_order() -> TestResult {
    let _watchdog = watch();
    for length in [1, 499, 500, 501, 1238] {
        bench(&format!("t:push-{length}"), length)?;
    }
    Ok(())
}

#[test]
fn places_are_found_as_python_finds_them() -> TestResult {
    let _watchdog = watch();
    // Mode, start, stop; what is removed of ten elements, or nothing if there is no such place.
    let cases: [([&str; 3], Option<Range<usize>>); 20] = [
        (["run", "", ""], Some(0..10)),
        (["run", "3", ""], Some(3..10)),
        (["run", "", "3"], Some(0..3)),
        (["run", "-2", ""], Some(8..10)),
        (["run", "", "-2"], Some(0..8)),
        (["run", "-100", "100"], Some(0..10)),
        (["run", "7", "3"], Some(7..7)),
        (["run", "100", "100"], Some(10..10)),
        (
            ["run", "-9223372036854775808", "9223372036854775807"],
            Some(0..10),
        ),
        (["element", "0", ""], Some(0..1)),
        (["element", "9", ""], Some(9..10)),
        (["element", "-1", ""], Some(9..10)),
        (["element", "-10", ""], Some(0..1)),
        (["element", "10", ""], None),
        (["element", "-11", ""], None),
        (["exact", "4", "6"], Some(4..6)),
        (["exact", "10", "20"], Some(10..10)),
        (["exact", "4", "18446744073709551615"], Some(4..10)),
        (["exact", "11", "11"], None),
        (["exact", "18446744073709551615", "1"], None),
    ];
    for (number, (place, removed)) in cases.into_iter().enumerate() {
        let (bench, mut model) = bench(&format!("t:place-{number}"), 10)?;
        let reply = splice(&bench, b"", place, &[])?;
        let Some(removed) = removed else {
            assert_eq!(reply, Reply::Array(numbers([-1, 10])), "{place:?}");
            assert_eq!(version(&bench)?, stamp("push"), "refused, and yet changed");
            continue;
        };
        let former = match removed.is_empty() {
            true => Reply::Nil,
            false => Reply::Bytes(model[removed.start].clone()),
        };
        assert_eq!(
            reply,
            Reply::Array(vec![Reply::Integer(1), former]),
            "{place:?}"
        );
        model.drain(removed);
        assert_eq!(elements(&bench)?, model, "{place:?}");
        assert_eq!(version(&bench)?, stamp("splice"));
    }
    Ok(())
}

/// Numbers that look as if they were drawn, and are the same in every run.
fn drawn(seed: &mut u64, below: usize) -> usize {
    *seed = seed
        .wrapping_mul(6364136223846793005)
        .wrapping_add(1442695040888963407);
    (*seed >> 33) as usize % below
}

#[test]
fn a_spliced_list_is_like_a_spliced_vec() -> TestResult {
    let _watchdog = watch();
    let (bench, mut model) = bench("t:model", 1500)?;
    let mut seed = 1;
    for round in 0..120 {
        let start = drawn(&mut seed, model.len() + 1);
        // Few elements in most cases: then they are found by a mark; many now and then: then others are moved aside.
        let most = [3, 3, 3, 700][drawn(&mut seed, 4)];
        let stop = (start + drawn(&mut seed, most)).min(model.len());
        let first = 10_000 * (round + 1);
        let new = made(first..first + drawn(&mut seed, most));
        let place = ["run", &start.to_string(), &stop.to_string()];
        splice(&bench, b"", place, &new)?;
        model.splice(start..stop, new);
        assert_eq!(elements(&bench)?, model, "round {round}, {start}..{stop}");
    }
    Ok(())
}

#[test]
fn elements_that_are_equal_are_not_confused() -> TestResult {
    let _watchdog = watch();
    let bench = Bench::new("t:equal", check).create()?;
    let mut model = vec![entry("same", "same"); 400];
    push(&bench, &model)?;
    let new = made(0..1);
    splice(&bench, b"", ["run", "200", "200"], &new)?;
    model.splice(200..200, new);
    assert_eq!(elements(&bench)?, model);
    splice(&bench, b"", ["run", "199", "202"], &[])?;
    model.drain(199..202);
    assert_eq!(elements(&bench)?, model);
    Ok(())
}

#[test]
fn another_version_is_left_alone() -> TestResult {
    let _watchdog = watch();
    let (bench, model) = bench("t:version", 3)?;
    let all = ["run", "", ""];
    assert_eq!(
        splice(&bench, &stamp("other"), all, &[])?,
        Reply::Array(numbers([0]))
    );
    assert_eq!(elements(&bench)?, model);
    splice(&bench, &stamp("push"), all, &[])?;
    assert_eq!(bench.keys()?, ["h"]);

    let fresh = Bench::new("t:fresh", check).create()?;
    let reply = splice(&fresh, b"-", all, &made(0..1))?;
    assert_eq!(
        reply.items().first(),
        Some(&Reply::Integer(1)),
        "never changed"
    );
    Ok(())
}

#[test]
fn an_element_is_set_if_it_is_as_expected() -> TestResult {
    let _watchdog = watch();
    let (bench, mut model) = bench("t:set", 3)?;
    let exactly = |name| [b"=".as_slice(), &stamp(name)].concat();
    let cases: [(&str, &[u8], i64); 9] = [
        ("1", b"*", 1),
        ("1", b"+", 1),
        ("1", b"-", 0),
        ("-2", &exactly("new"), 1),
        ("1", &exactly("1"), 0),
        ("1", b"!x", 1),
        ("1", b"!n", 0),
        ("3", b"*", -1),
        ("-4", b"*", -1),
    ];
    for (place, expected, outcome) in cases {
        let new = entry("new", "new");
        let arguments: [&[u8]; 4] = [&stamp("set"), place.as_bytes(), expected, &new];
        let reply = bench.run(&SET, BOTH, &arguments)?;
        assert_eq!(
            reply.items().first(),
            Some(&Reply::Integer(outcome)),
            "{place} {expected:?}"
        );
        model[1] = new;
        assert_eq!(elements(&bench)?, model);
    }
    Ok(())
}

#[test]
fn elements_are_exchanged_and_reversed() -> TestResult {
    let _watchdog = watch();
    let (bench, mut model) = bench("t:swap", 1001)?;
    let swap = |one: &str, other: &str| {
        bench.run(
            &SWAP,
            BOTH,
            &[&stamp("swap"), one.as_bytes(), other.as_bytes()],
        )
    };
    assert_eq!(swap("0", "-1")?, Reply::Array(numbers([1])));
    model.swap(0, 1000);
    assert_eq!(elements(&bench)?, model);
    let nowhere = [numbers([-1, 1001]), vec![Reply::Bytes(b"1001".into())]].concat();
    assert_eq!(swap("0", "1001")?, Reply::Array(nowhere));

    bench.run(&REVERSE, ALL, &[&stamp("reverse")])?;
    model.reverse();
    assert_eq!(elements(&bench)?, model);
    assert_eq!(version(&bench)?, stamp("reverse"));

    let empty = Bench::new("t:reverse-nothing", check).create()?;
    empty.run(&REVERSE, ALL, &[&stamp("reverse")])?;
    assert_eq!(empty.keys()?, ["h"]);
    Ok(())
}

#[test]
fn elements_are_read() -> TestResult {
    let _watchdog = watch();
    let (bench, model) = bench("t:read", 3)?;
    let get = |place: &str| bench.run(&GET, BOTH, &[place.as_bytes()]);
    assert_eq!(get("2")?, Reply::Bytes(model[2].clone()));
    assert_eq!(get("-3")?, Reply::Bytes(model[0].clone()));
    assert_eq!(get("3")?, Reply::Nil);
    assert_eq!(bench.run(&LEN, BOTH, &[])?, Reply::Integer(3));
    Ok(())
}

#[test]
fn a_page_ends_before_it_is_too_large() -> TestResult {
    let _watchdog = watch();
    let (bench, _) = bench("t:page", 1200)?;
    push(&bench, &vec![entry("large", &"x".repeat(100_000)); 40])?;
    let page = |version: &[u8], start: &str, stop: &str| {
        bench.run(
            &PAGE,
            BOTH,
            &[version, b"0", start.as_bytes(), stop.as_bytes()],
        )
    };
    let described = |page: &Reply| page.items().get(1..3).map(<[Reply]>::to_vec);
    let first = page(b"", "", "")?;
    assert_eq!(first.items().first(), Some(&Reply::Bytes(stamp("push"))));
    assert_eq!(described(&first), Some(numbers([0, 1240])));
    assert_eq!(first.items().len(), 3 + 1000);
    let second = page(&stamp("push"), "1000", "1240")?;
    assert!(
        second.items().len() < 3 + 240,
        "all of it: more than 256 KiB"
    );
    assert!(second.items().len() > 3 + 200);
    let last = page(b"", "-2", "")?;
    assert_eq!(described(&last), Some(numbers([1238, 1240])));
    assert_eq!(last.items().len(), 3 + 2);
    assert_eq!(page(b"", "7", "3")?.items().len(), 3, "none are wanted");
    assert_eq!(page(&stamp("other"), "", "")?, Reply::Nil);
    Ok(())
}

#[test]
fn a_copy_stays_as_it_is() -> TestResult {
    let _watchdog = watch();
    let (bench, _) = bench("t:copy", 3)?;
    bench.run(&COPY, ["h", "v", "copy"], &[b"60000"])?;
    splice(&bench, b"", ["run", "", ""], &[])?;
    let page = || bench.run(&PAGE, ["h", "copy"], &[b"old", b"60000", b"", b""]);
    assert_eq!(page()?.items().len(), 3 + 3);
    assert!(bench.number(["PTTL", &bench.key("copy")])? > 0);
    bench.command(["DEL", &bench.key("copy")])?;
    assert_eq!(page()?, Reply::Nil);
    Ok(())
}

#[test]
fn what_was_written_aside_is_put_in_place() -> TestResult {
    let _watchdog = watch();
    let (bench, model) = bench("t:replace", 4)?;
    let stage = |count: &str, element: &[u8]| {
        bench.run(
            &STAGE,
            ["h", "staged"],
            &[b"60000", count.as_bytes(), element],
        )
    };
    let replace = |version: &[u8], count: &str, element: &[u8]| {
        let arguments: [&[u8]; 4] = [&stamp("replace"), version, count.as_bytes(), element];
        bench.run(&REPLACE, ["h", "v", "staged"], &arguments)
    };
    stage("0", &model[3])?;
    stage("1", &model[1])?;
    assert_eq!(replace(&stamp("other"), "2", &model[0])?, Reply::Integer(0));
    assert_eq!(bench.keys()?, ["h", "v"], "what is of no use is removed");
    assert_eq!(elements(&bench)?, model);

    stage("0", &model[3])?;
    assert_eq!(replace(&stamp("push"), "2", &model[0])?, Reply::Integer(-1));
    stage("1", &model[1])?;
    assert_eq!(replace(&stamp("push"), "2", &model[0])?, Reply::Integer(1));
    let expected = [&model[3], &model[1], &model[0]].map(Vec::clone);
    assert_eq!(elements(&bench)?, expected);
    assert_eq!(bench.number(["TTL", &bench.key("v")])?, -1, "it would end");

    let nothing: [&[u8]; 3] = [&stamp("nothing"), &stamp("replace"), b"0"];
    bench.run(&REPLACE, ["h", "v", "staged"], &nothing)?;
    assert_eq!(bench.keys()?, ["h"]);
    Ok(())
}

#[test]
fn a_list_without_header_is_gone() -> TestResult {
    let _watchdog = watch();
    let bench = Bench::new("t:gone", |_| Ok(()));
    let all = [
        &SPLICE, &PUSH, &SET, &SWAP, &REVERSE, &GET, &LEN, &PAGE, &COPY, &STAGE, &REPLACE,
    ];
    for script in all {
        match bench.run(
            script,
            ALL,
            &[b"version", b"", b"run", b"", b"", b"0", b"new"],
        )? {
            Reply::Error(text) => assert!(text.starts_with("GONE"), "{text}"),
            other => panic!("{other:?}"),
        }
    }
    assert!(bench.keys()?.is_empty(), "refused, and yet changed");
    Ok(())
}
