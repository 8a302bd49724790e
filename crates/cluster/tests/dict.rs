//! Dicts on a server.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod servers;
mod watchdog;

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use procession_cluster::dict::{Change, Dict, Item};
use procession_cluster::{ClusterError, Expect};
use servers::{Cutter, End, TestResult, cluster};
use watchdog::watch;

fn item<'a>(key: &'a str, value: &'a str) -> Item<'a> {
    Item {
        key: key.as_bytes(),
        value: value.as_bytes(),
        expect: Expect::Anything,
    }
}

#[test]
fn entries_are_set_and_read_and_removed() -> TestResult {
    let _watchdog = watch();
    let dict = Dict::create(&cluster()?, None, None)?;
    assert!(dict.is_empty()?);
    assert_eq!(dict.set(b"a", b"1", Expect::Anything)?, Change::Added);
    let first = dict.get(b"a")?.ok_or("no entry")?;
    assert_eq!(first.value, b"1");
    assert_eq!(dict.set(b"a", b"2", Expect::Absent)?, Change::Refused);
    let replaced = dict.replace(b"a", b"2", Expect::Exactly(first.stamp))?;
    assert_eq!(replaced, (Change::Replaced, Some(b"1".to_vec())));
    let late = dict.set(b"a", b"3", Expect::Exactly(first.stamp))?;
    assert_eq!(late, Change::Refused, "it is another version by now");
    assert!(!dict.remove(b"a", Expect::Exactly(first.stamp))?);
    assert_eq!(dict.take(b"a", Expect::Anything)?, Some(b"2".to_vec()));
    assert_eq!(dict.take(b"a", Expect::Anything)?, None);
    assert_eq!(dict.get(b"a")?, None);
    assert!(!dict.contains(b"a")?);
    Ok(())
}

#[test]
fn keys_and_values_are_any_bytes() -> TestResult {
    let _watchdog = watch();
    let dict = Dict::create(&cluster()?, None, None)?;
    let all: Vec<u8> = (0..=255).collect();
    for bytes in [b"".as_slice(), b"\0", &all, b"}{", b"\r\n"] {
        dict.set(bytes, bytes, Expect::Absent)?;
        let entry = dict.get(bytes)?.ok_or("no entry")?;
        assert_eq!(entry.value, bytes);
    }
    assert_eq!(dict.len()?, 5);
    Ok(())
}

#[test]
fn many_entries_are_one_change() -> TestResult {
    let _watchdog = watch();
    let dict = Dict::create(&cluster()?, None, None)?;
    assert!(dict.extend(&[])?);
    assert!(dict.extend(&[item("b", "1"), item("a", "2"), item("b", "3")])?);
    let refused = Item {
        expect: Expect::Absent,
        ..item("a", "6")
    };
    assert!(!dict.extend(&[item("c", "4"), refused])?);
    let entries: Vec<_> = dict.snapshot()?.entries;
    let entries = entries
        .iter()
        .map(|entry| (entry.key.as_slice(), entry.value.as_slice()));
    let expected = [("b", "3"), ("a", "2")].map(|(key, value)| (key.as_bytes(), value.as_bytes()));
    assert!(entries.eq(expected));
    assert_eq!(dict.pop_item()?, Some((b"a".to_vec(), b"2".to_vec())));
    assert_eq!(dict.keys()?, [b"b".to_vec()]);
    dict.clear()?;
    assert_eq!(dict.pop_item()?, None);
    Ok(())
}

#[test]
fn changes_that_rest_on_what_was_read_are_not_lost() -> TestResult {
    let _watchdog = watch();
    const THREADS: usize = 4;
    const TIMES: usize = 50;
    let dict = Dict::create(&cluster()?, Some("counts"), None)?;
    dict.set(b"count", b"0", Expect::Anything)?;
    let add = || -> Result<(), ClusterError> {
        let found = dict.get(b"count")?.expect("it is there");
        let count: usize = String::from_utf8_lossy(&found.value)
            .parse()
            .expect("a number");
        let next = (count + 1).to_string();
        let expect = Expect::Exactly(found.stamp);
        match dict.set(b"count", next.as_bytes(), expect)? {
            Change::Refused => Err(ClusterError::Interrupted),
            _ => Ok(()),
        }
    };
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let mut done = 0;
                while done < TIMES {
                    match add() {
                        Ok(()) => done += 1,
                        Err(ClusterError::Interrupted) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
            });
        }
    });
    let count = dict.get(b"count")?.ok_or("no entry")?.value;
    assert_eq!(count, (THREADS * TIMES).to_string().as_bytes());
    Ok(())
}

#[test]
fn a_snapshot_is_of_one_moment_however_busy_the_writers_are() -> TestResult {
    let _watchdog = watch();
    // Several pages, so that somebody changes the dict between them.
    const ENTRIES: usize = 3500;
    let dict = Dict::create(&cluster()?, None, None)?;
    let names: Vec<_> = (0..ENTRIES).map(|number| format!("{number:05}")).collect();
    let items: Vec<_> = names.iter().map(|name| item(name, "before")).collect();
    dict.extend(&items)?;
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| -> TestResult {
        scope.spawn(|| {
            // The last entry first: whoever reads them later sees what the first one does not show yet.
            let (first, last) = (&names[0], &names[ENTRIES - 1]);
            let mut number = 0;
            while !is_over.load(Ordering::Relaxed) {
                number += 1;
                let value = number.to_string();
                dict.extend(&[item(last, &value), item(first, &value)])
                    .expect("they are set");
            }
        });
        let _end = End(&is_over);
        for _ in 0..5 {
            let snapshot = dict.snapshot()?.entries;
            assert_eq!(snapshot.len(), ENTRIES);
            let value = |place: usize| String::from_utf8_lossy(&snapshot[place].value);
            assert_eq!(value(0), value(ENTRIES - 1), "of two moments");
        }
        Ok(())
    })
}

#[test]
fn large_values_are_read_together_with_small_ones() -> TestResult {
    let _watchdog = watch();
    let dict = Dict::create(&cluster()?, None, None)?;
    let large = "x".repeat(3 << 20);
    dict.extend(&[item("a", &large), item("b", "small"), item("c", &large)])?;
    let found = dict.get_many(&[b"c", b"nothing", b"b", b"a"])?;
    let lengths = found
        .iter()
        .map(|entry| entry.as_ref().map(|entry| entry.value.len()));
    assert!(lengths.eq([Some(3 << 20), None, Some(5), Some(3 << 20)]));
    assert_eq!(dict.snapshot()?.entries.len(), 3);
    let too_large = vec![0; (64 << 20) + 1];
    let refused = dict.set(b"d", &too_large, Expect::Anything);
    assert!(
        matches!(refused, Err(ClusterError::TooLarge { .. })),
        "{refused:?}"
    );
    assert_eq!(dict.len()?, 3);
    Ok(())
}

#[test]
fn a_name_stands_for_one_dict_of_certain_contents() -> TestResult {
    let _watchdog = watch();
    let cluster = cluster()?;
    let prices = Dict::create(&cluster, Some("prices"), Some("text to number"))?;
    prices.set(b"tea", b"3", Expect::Anything)?;
    let same = Dict::create(&cluster, Some("prices"), Some("text to number"))?;
    assert!(same.contains(b"tea")?);
    let other = Dict::create(&cluster, Some("prices"), Some("text to text"));
    assert!(
        matches!(other, Err(ClusterError::Mismatch { .. })),
        "{other:?}"
    );
    let attached = Dict::attach(&cluster, prices.object().name())?;
    attached.check_contents("text to number")?;
    let wrong = attached.check_contents("text to text");
    assert!(
        matches!(wrong, Err(ClusterError::Mismatch { .. })),
        "{wrong:?}"
    );
    prices.object().unlink()?;
    for outcome in [
        attached.check_contents("text to number"),
        attached.get(b"tea").map(drop),
        attached.set(b"tea", b"4", Expect::Anything).map(drop),
        attached.snapshot().map(drop),
    ] {
        assert!(
            matches!(outcome, Err(ClusterError::Gone { .. })),
            "{outcome:?}"
        );
    }
    Ok(())
}

#[test]
fn connections_that_break_lose_nothing_and_double_nothing() -> TestResult {
    let _watchdog = watch();
    let (cutter, cluster) = Cutter::start()?;
    let dict = Dict::create(&cluster, None, None)?;
    for number in 0..300 {
        let key = format!("{number}");
        assert_eq!(
            dict.set(key.as_bytes(), b"", Expect::Absent)?,
            Change::Added
        );
    }
    for number in (0..300).rev() {
        let (key, _) = dict.pop_item()?.ok_or("one is lost")?;
        assert_eq!(key, number.to_string().as_bytes());
    }
    assert!(cutter.stop() > 0, "no connection was cut");
    Ok(())
}
