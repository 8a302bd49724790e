//! Runs that are replaced by others.

use super::*;

#[test]
fn places_are_found_as_python_finds_them() {
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
    for (place, removed) in cases {
        let (mut bench, mut model) = bench(10);
        let reply = splice(&mut bench, b"", place, &[]);
        let Some(removed) = removed else {
            assert_eq!(reply, Reply::Array(numbers([-1, 10])), "{place:?}");
            let unchanged = version(&mut bench) == stamp("push");
            assert!(unchanged, "refused, and yet changed");
            continue;
        };
        let former = match removed.is_empty() {
            true => Reply::Nil,
            false => Reply::Bytes(model[removed.start].clone()),
        };
        let made = vec![Reply::Integer(1), former];
        assert_eq!(reply, Reply::Array(made), "{place:?}");
        model.drain(removed);
        assert_eq!(elements(&mut bench), model, "{place:?}");
        assert_eq!(version(&mut bench), stamp("splice"));
    }
}

/// Numbers that look as if they were drawn, and are the same in every run.
fn drawn(seed: &mut u64, below: usize) -> usize {
    *seed = seed
        .wrapping_mul(6364136223846793005)
        .wrapping_add(1442695040888963407);
    (*seed >> 33) as usize % below
}

#[test]
fn a_spliced_list_is_like_a_spliced_vec() {
    let _watchdog = watch();
    let (mut bench, mut model) = bench(1500);
    let mut seed = 1;
    for round in 0..120 {
        let start = drawn(&mut seed, model.len() + 1);
        // Few elements in most cases: then they are found by a mark; many now and then: then others are moved aside.
        let most = [3, 3, 3, 700][drawn(&mut seed, 4)];
        let stop = (start + drawn(&mut seed, most)).min(model.len());
        let first = 10_000 * (round + 1);
        let new = made(first..first + drawn(&mut seed, most));
        let place = ["run", &start.to_string(), &stop.to_string()];
        splice(&mut bench, b"", place, &new);
        model.splice(start..stop, new);
        let is_same = elements(&mut bench) == model;
        assert!(is_same, "round {round}, {start}..{stop}");
    }
}

#[test]
fn elements_that_are_equal_are_not_confused() {
    let _watchdog = watch();
    let mut bench = Bench::exact(is_sound);
    let mut model = vec![entry("same", "same"); 400];
    push(&mut bench, &model);
    let new = made(0..1);
    splice(&mut bench, b"", ["run", "200", "200"], &new);
    model.splice(200..200, new);
    assert_eq!(elements(&mut bench), model);
    splice(&mut bench, b"", ["run", "199", "202"], &[]);
    model.drain(199..202);
    assert_eq!(elements(&mut bench), model);
}

#[test]
fn another_version_is_left_alone() {
    let _watchdog = watch();
    let (mut bench, model) = bench(3);
    let all = ["run", "", ""];
    let refused = splice(&mut bench, &stamp("other"), all, &[]);
    assert_eq!(refused, Reply::Array(numbers([0])));
    assert_eq!(elements(&mut bench), model);
    splice(&mut bench, &stamp("push"), all, &[]);
    assert_eq!(bench.parts(), ["h"]);

    let mut fresh = Bench::exact(is_sound);
    let reply = splice(&mut fresh, b"-", all, &made(0..1));
    let done = Some(&Reply::Integer(1));
    assert_eq!(reply.items().first(), done, "never changed");
}
