//! Each script of lists alone: the state before, the call, its reply, the state after.

mod changing;
mod reading;
mod splicing;

use std::ops::Range;

use procession_test_server::Reply;

use super::LEN;
use super::read::GET;
use super::rearrange::{REPLACE, STAGE};
use super::snapshot::{COPY, PAGE};
use super::splice::SPLICE;
use super::write::{PUSH, REVERSE, SET, SWAP};
use crate::script_test::{Bench, bytes, entry, numbers, stamp};
use crate::watchdog::watch;

const BOTH: [&str; 2] = ["h", "v"];
const ALL: [&str; 3] = ["h", "v", "aside"];

type Elements = Vec<Vec<u8>>;

/// Nothing is left aside, and no mark among the elements.
fn is_sound(bench: &mut Bench) {
    assert!(!bench.parts().contains(&"aside".to_owned()), "left aside");
    for element in elements(bench) {
        assert!(element.len() > 16, "{element:?} is no element");
    }
}

fn elements(bench: &mut Bench) -> Elements {
    let elements = bench.command("LRANGE", "v", &["0", "-1"]);
    elements.items().iter().map(bytes).collect()
}

fn version(bench: &mut Bench) -> Vec<u8> {
    bytes(&bench.command("HGET", "h", &["ver"]))
}

fn made(from: Range<usize>) -> Elements {
    from.map(|i| entry(&i.to_string(), &i.to_string()))
        .collect()
}

/// A list with so many elements.
fn bench(length: usize) -> (Bench, Elements) {
    let mut bench = Bench::exact(is_sound);
    let model = made(0..length);
    push(&mut bench, &model);
    assert_eq!(elements(&mut bench), model);
    (bench, model)
}

fn push(bench: &mut Bench, elements: &[Vec<u8>]) {
    let version = stamp("push");
    let mut arguments: Vec<&[u8]> = vec![&version];
    arguments.extend(elements.iter().map(Vec::as_slice));
    bench.call_bytes(&PUSH, &BOTH, &arguments);
}

fn splice(
    bench: &mut Bench,
    required: &[u8],
    [mode, start, stop]: [&str; 3],
    new: &[Vec<u8>],
) -> Reply {
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
    bench.call_bytes(&SPLICE, &ALL, &arguments)
}

#[test]
fn a_list_without_header_is_gone() {
    let _watchdog = watch();
    let mut bench = Bench::absent(|_| ());
    for script in [
        &SPLICE, &PUSH, &SET, &SWAP, &REVERSE, &GET, &LEN, &PAGE, &COPY, &STAGE, &REPLACE,
    ] {
        let said = bench.refusal(script, &ALL, &["version", "", "run", "", "", "0", "new"]);
        assert!(said.starts_with("GONE"), "{said}");
    }
    assert_eq!(bench.parts(), [""; 0], "refused, and yet changed");
}
