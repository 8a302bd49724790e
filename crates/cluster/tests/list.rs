//! Lists on a server.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod servers;
mod watchdog;

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use procession_cluster::list::{Change, List, Run, Snapshot, Splice};
use procession_cluster::{ClusterError, Expect};
use servers::{Cutter, End, TestResult, cluster};
use watchdog::watch;

fn texts(snapshot: &Snapshot) -> Result<Vec<String>, ClusterError> {
    let entries = snapshot.entries()?.into_iter();
    Ok(entries
        .map(|entry| String::from_utf8_lossy(&entry.value).into_owned())
        .collect())
}

fn list(elements: &[&str]) -> Result<List, Box<dyn std::error::Error>> {
    let list = List::create(&cluster()?, None, None)?;
    let elements: Vec<_> = elements.iter().map(|element| element.as_bytes()).collect();
    list.extend(&elements)?;
    Ok(list)
}

fn out_of_range(length: u64) -> Splice {
    Splice::OutOfRange { length }
}

fn taken(value: &str) -> Splice {
    let former = Some(value.as_bytes().to_vec());
    Splice::Made { former }
}

#[test]
fn elements_are_added_and_read_and_removed() -> TestResult {
    let _watchdog = watch();
    let list = list(&[])?;
    assert!(list.is_empty()?);
    list.push(b"a")?;
    list.extend(&[b"b", b"", b"d"])?;
    assert_eq!(list.len()?, 4);
    let value = |place| list.get(place).map(|entry| entry.map(|entry| entry.value));
    assert_eq!(value(1)?, Some(b"b".to_vec()));
    assert_eq!(value(-2)?, Some(b"".to_vec()));
    assert_eq!(value(4)?, None);
    list.splice(Run::Before(1), &[b"x"], None)?;
    assert_eq!(texts(&list.snapshot()?)?, ["a", "x", "b", "", "d"]);
    assert_eq!(texts(&list.snapshot_of(Some(1), Some(-2))?)?, ["x", "b"]);
    assert_eq!(list.take(-1)?, taken("d"));
    assert_eq!(list.take(0)?, taken("a"));
    assert_eq!(list.take(5)?, out_of_range(3));
    list.reverse()?;
    assert_eq!(list.swap(0, 1)?, Change::Made);
    assert_eq!(texts(&list.snapshot()?)?, ["b", "", "x"]);
    let nowhere = Change::OutOfRange {
        place: -4,
        length: 3,
    };
    assert_eq!(list.swap(0, -4)?, nowhere);
    assert_eq!(list.set(-4, b"", Expect::Anything)?, nowhere);
    list.clear()?;
    assert_eq!(list.take(-1)?, out_of_range(0));
    Ok(())
}

#[test]
fn an_element_is_set_if_it_is_the_one_that_was_read() -> TestResult {
    let _watchdog = watch();
    let list = list(&["a", "a"])?;
    let [first, second] = [0, 1].map(|place| list.get(place));
    let (first, second) = (first?.ok_or("none")?, second?.ok_or("none")?);
    assert_ne!(first.stamp, second.stamp, "they would be confused");
    list.take(0)?;
    let moved = list.set(0, b"b", Expect::Exactly(first.stamp))?;
    assert_eq!(moved, Change::Refused);
    assert_eq!(
        list.set(0, b"b", Expect::Exactly(second.stamp))?,
        Change::Made
    );
    assert_eq!(texts(&list.snapshot()?)?, ["b"]);
    Ok(())
}

#[test]
fn a_new_order_is_put_in_place_if_the_list_is_the_same() -> TestResult {
    let _watchdog = watch();
    let list = list(&["c", "a", "b"])?;
    let snapshot = list.snapshot()?;
    assert!(list.rearrange(&snapshot, &[1, 2])?);
    assert_eq!(texts(&list.snapshot()?)?, ["a", "b"]);
    assert!(!list.rearrange(&snapshot, &[0, 1, 2])?);
    let late = list.splice(Run::Slice(None, None), &[], Some(snapshot.version()))?;
    assert_eq!(late, Splice::Refused);
    assert_eq!(texts(&list.snapshot()?)?, ["a", "b"]);
    Ok(())
}

#[test]
fn a_long_list_is_sorted() -> TestResult {
    let _watchdog = watch();
    // Several portions by number, and some by their size.
    let list = list(&[])?;
    let large = "x".repeat(100_000);
    let mut model: Vec<_> = (0..2500)
        .map(|number| format!("{:04}", number * 7 % 2500))
        .collect();
    model.extend((0..6).map(|number| format!("{number}{large}")));
    let elements: Vec<_> = model.iter().map(String::as_bytes).collect();
    list.extend(&elements)?;
    let snapshot = list.snapshot()?;
    let found = texts(&snapshot)?;
    assert!(found == model, "they come back as they were");
    let mut order: Vec<_> = (0..found.len()).collect();
    order.sort_by_key(|place| &found[*place]);
    assert!(list.rearrange(&snapshot, &order)?);
    model.sort();
    assert!(texts(&list.snapshot()?)? == model, "in order");
    Ok(())
}

#[test]
fn a_snapshot_is_of_one_moment_however_busy_the_writers_are() -> TestResult {
    let _watchdog = watch();
    const LENGTH: usize = 3500;
    let list = list(&[])?;
    list.extend(&vec![b"0".as_slice(); LENGTH])?;
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| -> TestResult {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                // Were two moments mixed, there would be one element more or less.
                list.take(-1).and_then(|_| list.take(0)).expect("removed");
                let two = [b"1".as_slice(), b"2"];
                list.splice(Run::Before(0), &two, None).expect("added");
            }
        });
        let _end = End(&is_over);
        for _ in 0..5 {
            let length = list.snapshot()?.len();
            assert!((LENGTH - 2..=LENGTH).contains(&length), "{length}");
            let tail = list.snapshot_of(Some(-2000), None)?;
            assert_eq!(tail.len(), 2000);
        }
        Ok(())
    })
}

#[test]
fn connections_that_break_lose_nothing_and_double_nothing() -> TestResult {
    let _watchdog = watch();
    let (cutter, cluster) = Cutter::start()?;
    let list = List::create(&cluster, None, None)?;
    for number in 0..300 {
        list.push(number.to_string().as_bytes())?;
    }
    for number in 0..300 {
        assert_eq!(list.take(0)?, taken(&number.to_string()));
    }
    assert!(list.is_empty()?);
    assert!(cutter.stop() > 0, "no connection was cut");
    Ok(())
}
