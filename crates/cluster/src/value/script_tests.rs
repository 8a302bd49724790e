//! Each script of values alone: the state before, the call, its reply, the state after.

use procession_test_server::Reply;

use super::EXCHANGE;
use super::arithmetic::{ADD, ADD_FLOAT};
use super::create::CREATE;
use super::record::GET;
use crate::script_test::{Bench, bytes, entry, stamp};
use crate::watchdog::watch;

const BOTH: [&str; 2] = ["h", "v"];

/// What exists has a header and a content.
fn is_sound(bench: &mut Bench) {
    assert_eq!(bench.parts(), BOTH);
}

fn value(content: &[u8]) -> Bench {
    let mut bench = Bench::absent(is_sound);
    let created = bench.call_bytes(&CREATE, &BOTH, &[b"1", content, b"form", b"number"]);
    assert_eq!(created, Reply::Array(vec![]));
    bench
}

fn get(bench: &mut Bench) -> Vec<u8> {
    bytes(&bench.call(&GET, &BOTH, &[]))
}

fn text(bench: &mut Bench) -> String {
    String::from_utf8(get(bench)).unwrap()
}

#[test]
fn a_value_is_created_once() {
    let _watchdog = watch();
    let mut bench = value(b"7");
    let again = bench.call(&CREATE, &BOTH, &["1", "8", "form", "number"]);
    assert_eq!(again, Reply::Array(vec![]));
    assert_eq!(get(&mut bench), b"7");
    let other = bench.call(&CREATE, &BOTH, &["1", "8", "form", "record"]);
    let difference = [b"form".as_slice(), b"number"].map(|text| Reply::Bytes(text.into()));
    assert_eq!(other, Reply::Array(difference.into()));
}

#[test]
fn a_value_is_exchanged_if_it_is_as_expected() {
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
    for (expected, is_met) in cases {
        let mut bench = value(&old);
        let reply = bench.call_bytes(&EXCHANGE, &BOTH, &[&new, expected, b"1"]);
        let former = Reply::Bytes(old.clone());
        assert_eq!(reply, Reply::Array(vec![Reply::Integer(is_met), former]));
        let left = if is_met == 1 { &new } else { &old };
        assert_eq!(get(&mut bench), *left);
    }
}

#[test]
fn whole_numbers_are_added_exactly_or_not_at_all() {
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
    for (former, difference, [least, greatest], sum) in cases {
        let mut bench = value(former.as_bytes());
        let reply = bench.call(&ADD, &BOTH, &[difference, least, greatest]);
        let expected = sum.map_or(Reply::Nil, |_| Reply::Bytes(former.into()));
        assert_eq!(reply, expected, "{former} + {difference}");
        let left = text(&mut bench);
        assert_eq!(left, sum.unwrap_or(former), "{former} + {difference}");
    }
}

/// What the server makes of two numbers of so many bytes.
fn sum(former: f64, difference: f64, size: &str) -> f64 {
    let mut bench = value(former.to_string().as_bytes());
    bench.call(&ADD_FLOAT, &BOTH, &[&difference.to_string(), size]);
    text(&mut bench).parse().unwrap()
}

fn is_same(one: f64, other: f64) -> bool {
    one.to_bits() == other.to_bits() || (one.is_nan() && other.is_nan())
}

#[test]
fn floats_are_added_as_the_processor_adds_them() {
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
    for former in numbers {
        for difference in numbers {
            let found = sum(former, difference, "8");
            let expected = former + difference;
            assert!(
                is_same(found, expected),
                "{former} + {difference} is {expected}, not {found}"
            );

            let (former, difference) = (former as f32, difference as f32);
            let found = sum(former.into(), difference.into(), "4");
            let expected = f64::from(former + difference);
            assert!(
                is_same(found, expected),
                "{former} + {difference} is {expected}, not {found}, in 4 bytes"
            );
        }
    }
}

#[test]
fn a_value_without_header_or_content_is_gone() {
    let _watchdog = watch();
    let mut bench = Bench::absent(|_| ());
    for has_header in [false, true] {
        if has_header {
            bench.command("HSET", "h", &["lay", "1"]);
        }
        for script in [&GET, &EXCHANGE, &ADD, &ADD_FLOAT] {
            let said = bench.refusal(script, &BOTH, &["1", "0", "1", "1"]);
            assert!(said.starts_with("GONE"), "{said}");
        }
    }
    assert_eq!(bench.parts(), ["h"], "refused, and yet changed");
}
