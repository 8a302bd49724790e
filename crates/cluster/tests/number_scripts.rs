//! The scripts of values and arrays.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod scripts;
mod watchdog;

use std::error::Error;

use procession_test_server::Reply;
use scripts::{Bench, Script, TestResult, bytes, entry, numbers, stamp};
use watchdog::watch;

static CREATE: Script = Script::new("create", include_str!("../src/value/scripts/create.lua"));
static GET: Script = Script::new("get", include_str!("../src/value/scripts/get.lua"));
static EXCHANGE: Script = Script::new(
    "exchange",
    include_str!("../src/value/scripts/exchange.lua"),
);
static ADD: Script = Script::new("add", include_str!("../src/value/scripts/add.lua"));
static ADD_FLOAT: Script = Script::new(
    "add_float",
    include_str!("../src/value/scripts/add_float.lua"),
);

static CREATE_ARRAY: Script =
    Script::new("create", include_str!("../src/array/scripts/create.lua"));
static READ: Script = Script::new("read", include_str!("../src/array/scripts/read.lua"));
static WRITE: Script = Script::new("write", include_str!("../src/array/scripts/write.lua"));
static FILL: Script = Script::new("fill", include_str!("../src/array/scripts/fill.lua"));
static CHANGE: Script = Script::new("change", include_str!("../src/array/scripts/change.lua"));
static EXCHANGE_ELEMENT: Script = Script::new(
    "exchange",
    include_str!("../src/array/scripts/exchange.lua"),
);

const BOTH: [&str; 2] = ["h", "v"];
const STAGED: [&str; 3] = ["h", "v", "staged"];

/// What exists has a header and a content.
fn check(bench: &Bench) -> TestResult {
    let keys = bench.keys()?;
    let has = |part: &str| keys.contains(&part.to_owned());
    assert_eq!(has("h"), has("v"), "{keys:?}");
    Ok(())
}

fn value(name: &str, content: &[u8]) -> Result<Bench, Box<dyn Error>> {
    let bench = Bench::new(name, check);
    let created = bench.run(&CREATE, BOTH, &[b"1", content, b"form", b"number"])?;
    assert_eq!(created, Reply::Array(vec![]));
    Ok(bench)
}

fn text(reply: &Reply) -> String {
    String::from_utf8_lossy(&bytes(reply)).into_owned()
}

#[test]
fn a_value_is_created_once() -> TestResult {
    let _watchdog = watch();
    let bench = value("v:create", b"7")?;
    let again = bench.run(&CREATE, BOTH, &[b"1", b"8", b"form", b"number"])?;
    assert_eq!(again, Reply::Array(vec![]));
    assert_eq!(bench.run(&GET, BOTH, &[])?, Reply::Bytes(b"7".into()));
    let other = bench.run(&CREATE, BOTH, &[b"1", b"8", b"form", b"record"])?;
    let difference = [b"form".as_slice(), b"number"].map(|text| Reply::Bytes(text.into()));
    assert_eq!(other, Reply::Array(difference.into()));
    Ok(())
}

#[test]
fn a_value_is_exchanged_if_it_is_as_expected() -> TestResult {
    let _watchdog = watch();
    let (old, new) = (entry("old", "old"), entry("new", "new"));
    let exactly = |name| [b"=".as_slice(), &stamp(name)].concat();
    let whole = |content: &[u8]| [b"~".as_slice(), content].concat();
    let cases: [(&[u8], i64); 5] = [
        (b"*", 1),
        (&exactly("old"), 1),
        (&exactly("other"), 0),
        (&whole(&old), 1),
        (&whole(&stamp("old")), 0),
    ];
    for (number, (expected, is_met)) in cases.into_iter().enumerate() {
        let bench = value(&format!("v:exchange-{number}"), &old)?;
        let reply = bench.run(&EXCHANGE, BOTH, &[&new, expected, b"1"])?;
        let former = Reply::Bytes(old.clone());
        assert_eq!(reply, Reply::Array(vec![Reply::Integer(is_met), former]));
        let left = if is_met == 1 { &new } else { &old };
        assert_eq!(bytes(&bench.run(&GET, BOTH, &[])?), *left);
    }
    Ok(())
}

#[test]
fn whole_numbers_are_added_exactly_or_not_at_all() -> TestResult {
    let _watchdog = watch();
    // Former number, difference, range; the sum, or nothing.
    let cases: [(&str, &str, [&str; 2], Option<&str>); 12] = [
        ("0", "1", ["", ""], Some("1")),
        ("9007199254740993", "2", ["", ""], Some("9007199254740995")),
        (
            "9223372036854775806",
            "1",
            ["", ""],
            Some("9223372036854775807"),
        ),
        ("9223372036854775807", "1", ["", ""], None),
        ("-9223372036854775808", "-1", ["", ""], None),
        ("18446744073709551615", "1", ["0", ""], None),
        ("0", "-1", ["0", ""], None),
        ("254", "1", ["0", "255"], Some("255")),
        ("255", "1", ["0", "255"], None),
        ("-128", "-1", ["-128", "127"], None),
        ("-127", "-1", ["-128", "127"], Some("-128")),
        ("1.5", "1", ["", ""], None),
    ];
    for (number, (former, difference, [least, greatest], sum)) in cases.into_iter().enumerate() {
        let bench = value(&format!("v:add-{number}"), former.as_bytes())?;
        let arguments = [difference, least, greatest].map(str::as_bytes);
        let reply = bench.run(&ADD, BOTH, &arguments)?;
        let expected = sum.map_or(Reply::Nil, |_| Reply::Bytes(former.into()));
        assert_eq!(reply, expected, "{former} + {difference}");
        let left = text(&bench.run(&GET, BOTH, &[])?);
        assert_eq!(left, sum.unwrap_or(former), "{former} + {difference}");
    }
    Ok(())
}

#[test]
fn floats_are_added_as_the_processor_adds_them() -> TestResult {
    let _watchdog = watch();
    let numbers = [
        0.1,
        0.2,
        -0.0,
        1e300,
        1.7e308,
        -1.7e308,
        5e-324,
        1e16,
        1.0,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NAN,
        0.3f32.into(),
        f64::from(f32::MAX),
        16777216.0,
    ];
    let mut count = 0;
    for former in numbers {
        for difference in numbers {
            count += 1;
            let bench = value(&format!("v:float-{count}"), former.to_string().as_bytes())?;
            bench.run(&ADD_FLOAT, BOTH, &[difference.to_string().as_bytes(), b"8"])?;
            let sum: f64 = text(&bench.run(&GET, BOTH, &[])?).parse()?;
            let expected = former + difference;
            let is_same =
                sum.to_bits() == expected.to_bits() || (sum.is_nan() && expected.is_nan());
            assert!(is_same, "{former} + {difference} is {expected}, not {sum}");

            let (former, difference) = (former as f32, difference as f32);
            let bench = value(
                &format!("v:float-{count}-4"),
                f64::from(former).to_string().as_bytes(),
            )?;
            bench.run(
                &ADD_FLOAT,
                BOTH,
                &[f64::from(difference).to_string().as_bytes(), b"4"],
            )?;
            let sum = text(&bench.run(&GET, BOTH, &[])?).parse::<f64>()?;
            let is_rounded = sum.is_nan() || f64::from(sum as f32) == sum;
            assert!(is_rounded, "{sum} has more than 4 bytes");
            let sum = sum as f32;
            let expected = former + difference;
            let is_same =
                sum.to_bits() == expected.to_bits() || (sum.is_nan() && expected.is_nan());
            assert!(
                is_same,
                "{former} + {difference} is {expected}, not {sum}, in 4 bytes"
            );
        }
    }
    Ok(())
}

#[test]
fn a_value_without_header_or_content_is_gone() -> TestResult {
    let _watchdog = watch();
    let bench = Bench::new("v:gone", |_| Ok(()));
    let all = [
        &GET,
        &EXCHANGE,
        &ADD,
        &ADD_FLOAT,
        &READ,
        &WRITE,
        &FILL,
        &CHANGE,
        &EXCHANGE_ELEMENT,
    ];
    for has_header in [false, true] {
        if has_header {
            bench.command(["HSET", &bench.key("h"), "lay", "1"])?;
        }
        for script in all {
            match bench.run(script, BOTH, &[b"1", b"0", b"1", b"1"])? {
                Reply::Error(text) => assert!(text.starts_with("GONE"), "{text}"),
                other => panic!("{other:?}"),
            }
        }
    }
    assert_eq!(bench.keys()?, ["h"], "refused, and yet changed");
    Ok(())
}

/// An array of five elements of two bytes, each 1 and 2.
fn array(name: &str) -> Result<Bench, Box<dyn Error>> {
    let bench = Bench::new(name, check);
    let created = bench.run(&CREATE_ARRAY, STAGED, &[b"1", b"10", &[1, 2], b"len", b"5"])?;
    assert_eq!(created, Reply::Array(vec![]));
    Ok(bench)
}

fn content(bench: &Bench) -> Result<Vec<u8>, Box<dyn Error>> {
    Ok(bytes(&bench.run(&READ, BOTH, &[b"10", b"0", b"9"])?))
}

#[test]
fn an_array_is_created_once() -> TestResult {
    let _watchdog = watch();
    let bench = array("y:create")?;
    assert_eq!(content(&bench)?, [1, 2].repeat(5));
    let other = bench.run(&CREATE_ARRAY, STAGED, &[b"1", b"12", &[1, 2], b"len", b"6"])?;
    let difference = [b"len".as_slice(), b"5"].map(|text| Reply::Bytes(text.into()));
    assert_eq!(other, Reply::Array(difference.into()));

    let large = Bench::new("y:large", check);
    large.run(
        &CREATE_ARRAY,
        STAGED,
        &[b"1", b"300003", &[7; 3], b"len", b"100001"],
    )?;
    let stored = large.command(["GET", &large.key("v")])?;
    assert!(
        bytes(&stored) == [7; 300_003],
        "not all of them, or not only them"
    );
    Ok(())
}

#[test]
fn elements_that_are_written_aside_are_put_in_place() -> TestResult {
    let _watchdog = watch();
    let bench = Bench::new("y:staged", |_| Ok(()));
    let create = || bench.run(&CREATE_ARRAY, STAGED, &[b"1", b"4", b"", b"len", b"4"]);
    assert_eq!(create()?, Reply::Nil, "nothing is there");
    bench.command(["SET", &bench.key("staged"), "abcd", "PX", "60000"])?;
    assert_eq!(create()?, Reply::Array(vec![]));
    assert_eq!(bench.keys()?, ["h", "v"]);
    assert_eq!(bench.number(["TTL", &bench.key("v")])?, -1, "it would end");
    Ok(())
}

#[test]
fn elements_are_written_and_filled() -> TestResult {
    let _watchdog = watch();
    let bench = array("y:write")?;
    bench.run(&WRITE, BOTH, &[b"10", b"2", b"abcd"])?;
    assert_eq!(content(&bench)?, b"\x01\x02abcd\x01\x02\x01\x02");
    bench.run(&FILL, BOTH, &[b"10", b"4", b"6", b"xy"])?;
    assert_eq!(content(&bench)?, b"\x01\x02abxyxyxy");
    let large = Bench::new("y:fill", check);
    large.run(
        &CREATE_ARRAY,
        STAGED,
        &[b"1", b"300003", &[7; 3], b"len", b"100001"],
    )?;
    large.run(&FILL, BOTH, &[b"300003", b"3", b"299997", b"abc"])?;
    let stored = bytes(&large.command(["GET", &large.key("v")])?);
    let expected = [[7; 3].to_vec(), b"abc".repeat(99_999), vec![7; 3]].concat();
    assert!(stored == expected, "not all of them, or not only them");
    Ok(())
}

#[test]
fn elements_are_calculated_with() -> TestResult {
    let _watchdog = watch();
    let cases: [(&str, u16, u16); 8] = [
        ("swap", 0xabcd, 0xabcd),
        ("add", 0x0001, 0x0202),
        ("add", 0x00ff, 0x0300),
        ("add", 0xfdff, 0x0000),
        ("add", 0xffff, 0x0200),
        ("and", 0xff00, 0x0200),
        ("or", 0x8000, 0x8201),
        ("xor", 0x0303, 0x0102),
    ];
    for (number, (operation, operand, expected)) in cases.into_iter().enumerate() {
        let bench = array(&format!("y:change-{number}"))?;
        let operand = operand.to_le_bytes();
        let arguments: [&[u8]; 4] = [b"10", b"4", operation.as_bytes(), &operand];
        assert_eq!(bytes(&bench.run(&CHANGE, BOTH, &arguments)?), [1, 2]);
        let mut left = [1, 2].repeat(5);
        left.splice(4..6, expected.to_le_bytes());
        assert_eq!(content(&bench)?, left, "{operation}");
    }
    Ok(())
}

#[test]
fn an_element_is_exchanged_if_it_is_as_expected() -> TestResult {
    let _watchdog = watch();
    let bench = array("y:exchange")?;
    let exchange =
        |expected: &[u8]| bench.run(&EXCHANGE_ELEMENT, BOTH, &[b"10", b"8", expected, b"zz"]);
    let found = |is_met, found: &[u8]| {
        Reply::Array([numbers([is_met]), vec![Reply::Bytes(found.into())]].concat())
    };
    assert_eq!(exchange(&[1, 3])?, found(0, &[1, 2]));
    assert_eq!(exchange(&[1, 2])?, found(1, &[1, 2]));
    assert_eq!(exchange(&[1, 2])?, found(0, b"zz"));
    assert_eq!(
        content(&bench)?,
        [[1, 2].repeat(4), b"zz".to_vec()].concat()
    );
    Ok(())
}
