//! Each script of arrays alone: the state before, the call, its reply, the state after.

use procession_test_server::Reply;

use super::access::{FILL, READ, WRITE};
use super::arithmetic::{CHANGE, EXCHANGE};
use super::create::CREATE;
use crate::script_test::{Bench, bytes, numbers};
use crate::watchdog::watch;

const BOTH: [&str; 2] = ["h", "v"];
const STAGED: [&str; 3] = ["h", "v", "staged"];

/// What exists has a header and a content.
fn is_sound(bench: &mut Bench) {
    assert_eq!(bench.parts(), BOTH);
}

/// An array of five elements of two bytes, each 1 and 2.
fn array() -> Bench {
    let mut bench = Bench::absent(is_sound);
    let created = bench.call_bytes(&CREATE, &STAGED, &[b"1", b"10", &[1, 2], b"len", b"5"]);
    assert_eq!(created, Reply::Array(vec![]));
    bench
}

/// An array of 100 001 elements of three bytes, each 7.
fn large() -> Bench {
    let mut bench = Bench::absent(is_sound);
    let arguments: [&[u8]; 5] = [b"1", b"300003", &[7; 3], b"len", b"100001"];
    bench.call_bytes(&CREATE, &STAGED, &arguments);
    bench
}

fn content(bench: &mut Bench) -> Vec<u8> {
    bytes(&bench.call(&READ, &BOTH, &["10", "0", "9"]))
}

/// What the server keeps.
fn stored(bench: &mut Bench) -> Vec<u8> {
    bytes(&bench.command("GET", "v", &[]))
}

#[test]
fn an_array_is_created_once() {
    let _watchdog = watch();
    let mut bench = array();
    assert_eq!(content(&mut bench), [1, 2].repeat(5));
    let other = bench.call_bytes(&CREATE, &STAGED, &[b"1", b"12", &[1, 2], b"len", b"6"]);
    let difference = [b"len".as_slice(), b"5"].map(|text| Reply::Bytes(text.into()));
    assert_eq!(other, Reply::Array(difference.into()));
    assert!(
        stored(&mut large()) == [7; 300_003],
        "not all of them, or not only them"
    );
}

#[test]
fn elements_that_are_written_aside_are_put_in_place() {
    let _watchdog = watch();
    let mut bench = Bench::absent(|_| ());
    let create = |bench: &mut Bench| bench.call(&CREATE, &STAGED, &["1", "4", "", "len", "4"]);
    assert_eq!(create(&mut bench), Reply::Nil, "nothing is there");
    bench.command("SET", "staged", &["abcd", "PX", "60000"]);
    assert_eq!(create(&mut bench), Reply::Array(vec![]));
    assert_eq!(bench.parts(), BOTH);
    assert_eq!(bench.number("TTL", "v"), -1, "it would end");
}

#[test]
fn elements_are_written_and_filled() {
    let _watchdog = watch();
    let mut bench = array();
    bench.call(&WRITE, &BOTH, &["10", "2", "abcd"]);
    assert_eq!(content(&mut bench), b"\x01\x02abcd\x01\x02\x01\x02");
    let part = bench.call(&READ, &BOTH, &["10", "2", "5"]);
    assert_eq!(bytes(&part), b"abcd");
    bench.call(&FILL, &BOTH, &["10", "4", "6", "xy"]);
    assert_eq!(content(&mut bench), b"\x01\x02abxyxyxy");
    let mut large = large();
    large.call(&FILL, &BOTH, &["300003", "3", "299997", "abc"]);
    let expected = [[7; 3].to_vec(), b"abc".repeat(99_999), vec![7; 3]].concat();
    assert!(
        stored(&mut large) == expected,
        "not all of them, or not only them"
    );
}

#[test]
fn elements_are_calculated_with() {
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
    for (operation, operand, expected) in cases {
        let mut bench = array();
        let operand = operand.to_le_bytes();
        let arguments: [&[u8]; 4] = [b"10", b"4", operation.as_bytes(), &operand];
        let former = bench.call_bytes(&CHANGE, &BOTH, &arguments);
        assert_eq!(bytes(&former), [1, 2]);
        let mut left = [1, 2].repeat(5);
        left.splice(4..6, expected.to_le_bytes());
        assert_eq!(content(&mut bench), left, "{operation}");
    }
}

/// Two elements of a float's bytes, of which the second is added to.
fn added<const N: usize>(former: [u8; N], operand: [u8; N]) -> Vec<u8> {
    let mut bench = Bench::absent(is_sound);
    let bytes_of_all = (2 * N).to_string();
    let create: [&[u8]; 3] = [b"1", bytes_of_all.as_bytes(), &former];
    let settings: [&[u8]; 2] = [b"len", b"2"];
    bench.call_bytes(&CREATE, &STAGED, &[create.as_slice(), &settings].concat());
    let first = N.to_string();
    let arguments = [
        bytes_of_all.as_bytes(),
        first.as_bytes(),
        b"add_float",
        &operand,
    ];
    let reply = bench.call_bytes(&CHANGE, &BOTH, &arguments);
    assert_eq!(bytes(&reply), former);
    let content = stored(&mut bench);
    assert_eq!(content[..N], former, "the first element");
    content[N..].to_vec()
}

#[test]
fn floats_are_added_in_their_own_size() {
    let _watchdog = watch();
    for (former, operand) in [(0.1, 0.2), (1e16, 1.0), (-0.5, 0.25)] {
        let sum = added(f64::to_le_bytes(former), f64::to_le_bytes(operand));
        assert_eq!(sum, (former + operand).to_le_bytes());
        let (former, operand) = (former as f32, operand as f32);
        let sum = added(former.to_le_bytes(), operand.to_le_bytes());
        assert_eq!(sum, (former + operand).to_le_bytes());
    }
}

#[test]
fn an_element_is_exchanged_if_it_is_as_expected() {
    let _watchdog = watch();
    let mut bench = array();
    let mut exchange =
        |expected: &[u8]| bench.call_bytes(&EXCHANGE, &BOTH, &[b"10", b"8", expected, b"zz"]);
    let found = |is_met, found: &[u8]| {
        Reply::Array([numbers([is_met]), vec![Reply::Bytes(found.into())]].concat())
    };
    assert_eq!(exchange(&[1, 3]), found(0, &[1, 2]));
    assert_eq!(exchange(&[1, 2]), found(1, &[1, 2]));
    assert_eq!(exchange(&[1, 2]), found(0, b"zz"));
    let expected = [[1, 2].repeat(4), b"zz".to_vec()].concat();
    assert_eq!(content(&mut bench), expected);
}

#[test]
fn an_array_without_header_or_content_is_gone() {
    let _watchdog = watch();
    let mut bench = Bench::absent(|_| ());
    for has_header in [false, true] {
        if has_header {
            bench.command("HSET", "h", &["lay", "1"]);
        }
        for script in [&READ, &WRITE, &FILL, &CHANGE, &EXCHANGE] {
            let said = bench.refusal(script, &BOTH, &["1", "0", "1", "1"]);
            assert!(said.starts_with("GONE"), "{said}");
        }
    }
    assert_eq!(bench.parts(), ["h"], "refused, and yet changed");
}
