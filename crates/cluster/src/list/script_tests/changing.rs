//! Pushing, setting, exchanging, and putting in place what was written aside.

use super::*;

#[test]
fn many_elements_are_pushed_in_their_order() {
    let _watchdog = watch();
    for length in [1, 499, 500, 501, 1238] {
        bench(length);
    }
}

#[test]
fn an_element_is_set_if_it_is_as_expected() {
    let _watchdog = watch();
    let (mut bench, mut model) = bench(3);
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
        let reply = bench.call_bytes(&SET, &BOTH, &arguments);
        let outcome = Reply::Integer(outcome);
        assert_eq!(
            reply.items().first(),
            Some(&outcome),
            "{place} {expected:?}"
        );
        model[1] = new;
        assert_eq!(elements(&mut bench), model);
    }
}

#[test]
fn elements_are_exchanged_and_reversed() {
    let _watchdog = watch();
    let (mut bench, mut model) = bench(1001);
    let swap = |bench: &mut Bench, one: &str, other: &str| {
        let arguments: [&[u8]; 3] = [&stamp("swap"), one.as_bytes(), other.as_bytes()];
        bench.call_bytes(&SWAP, &BOTH, &arguments)
    };
    assert_eq!(swap(&mut bench, "0", "-1"), Reply::Array(numbers([1])));
    model.swap(0, 1000);
    assert_eq!(elements(&mut bench), model);
    let nowhere = [numbers([-1, 1001]), vec![Reply::Bytes(b"1001".into())]].concat();
    assert_eq!(swap(&mut bench, "0", "1001"), Reply::Array(nowhere));

    bench.call_bytes(&REVERSE, &ALL, &[&stamp("reverse")]);
    model.reverse();
    assert_eq!(elements(&mut bench), model);
    assert_eq!(version(&mut bench), stamp("reverse"));

    let mut empty = Bench::exact(is_sound);
    empty.call_bytes(&REVERSE, &ALL, &[&stamp("reverse")]);
    assert_eq!(empty.parts(), ["h"]);
}

fn stage(bench: &mut Bench, count: &str, element: &[u8]) {
    let arguments = [b"60000", count.as_bytes(), element];
    bench.call_bytes(&STAGE, &["h", "staged"], &arguments);
}

/// Puts in place what was staged, and another element behind it.
fn replace(bench: &mut Bench, version: &str, count: &str, element: &[u8]) -> Reply {
    let (new, version) = (stamp("replace"), stamp(version));
    let arguments = [&new, version.as_slice(), count.as_bytes(), element];
    bench.call_bytes(&REPLACE, &["h", "v", "staged"], &arguments)
}

#[test]
fn what_was_written_aside_is_put_in_place() {
    let _watchdog = watch();
    let (mut bench, model) = bench(4);
    stage(&mut bench, "0", &model[3]);
    stage(&mut bench, "1", &model[1]);
    let refused = replace(&mut bench, "other", "2", &model[0]);
    assert_eq!(refused, Reply::Integer(0));
    assert_eq!(bench.parts(), ["h", "v"], "what is of no use is removed");
    assert_eq!(elements(&mut bench), model);

    stage(&mut bench, "0", &model[3]);
    let too_few = replace(&mut bench, "push", "2", &model[0]);
    assert_eq!(too_few, Reply::Integer(-1));
    stage(&mut bench, "1", &model[1]);
    let replaced = replace(&mut bench, "push", "2", &model[0]);
    assert_eq!(replaced, Reply::Integer(1));
    let expected = [&model[3], &model[1], &model[0]].map(Vec::clone);
    assert_eq!(elements(&mut bench), expected);
    assert_eq!(bench.number("TTL", "v"), -1, "it would end");

    let nothing: [&[u8]; 3] = [&stamp("nothing"), &stamp("replace"), b"0"];
    bench.call_bytes(&REPLACE, &["h", "v", "staged"], &nothing);
    assert_eq!(bench.parts(), ["h"]);
}
