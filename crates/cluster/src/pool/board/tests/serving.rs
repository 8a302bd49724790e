//! Tasks that hosts fetch, answer, and hand back.

use super::*;

#[test]
fn tasks_are_fetched_in_the_order_in_which_they_were_put() {
    let fixture = Fixture::new();
    let first = fixture.put("d", &["1", "2", "3"]);
    let second = fixture.put("d", &["4"]);
    let fetched = fixture.fetch(2);
    assert_eq!(fetched[0].id, first[0]);
    assert_eq!(
        fetched[0].sealed,
        format!("d{}1", fixture.client).into_bytes()
    );
    assert_eq!(
        (fetched[0].attempt, fetched[0].failed_host.as_str()),
        (1, "")
    );
    assert_eq!(fetched[1].id, first[1]);
    assert_eq!(fixture.fetch_ids(9), [&first[2..], &second[..]].concat());
    assert_eq!(fixture.fetch(9), []);
    assert_eq!((fixture.counter("puts"), fixture.counter("gots")), (4, 4));
}

#[test]
fn more_urgent_ones_come_first() {
    let fixture = Fixture::new();
    let usual = fixture.put("d", &["1"]);
    let urgent = fixture.put_urgent(7, "d", &["2", "3"]);
    let late = fixture.put_urgent(-7, "d", &["4"]);
    assert_eq!(fixture.fetch_ids(9), [urgent, usual, late].concat());
}

#[test]
fn many_tasks_are_fetched_at_once_in_their_order() {
    let fixture = Fixture::new();
    let names: Vec<String> = (0..150).map(|number| number.to_string()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let ids = fixture.put("d", &names);
    assert_eq!(fixture.fetch_ids(100), ids[..100]);
    assert_eq!(fixture.fetch_ids(100), ids[100..]);
}

#[test]
fn a_portion_of_large_tasks_is_small() {
    let fixture = Fixture::new();
    let large = "x".repeat(BYTES_AT_ONCE / 2);
    fixture.put("d", &[&large, &large, &large]);
    assert_eq!(fixture.fetch(9).len(), 2);
    assert_eq!(fixture.fetch(9).len(), 1);
}

/// A portion is read at once, and what is too much of it is put back where it was.
#[test]
fn large_tasks_that_are_too_many_wait_where_they_were() {
    let fixture = Fixture::new();
    let large = "x".repeat(BYTES_AT_ONCE);
    let ids = fixture.put("d", &["1", &large, "3", "4"]);
    assert_eq!(fixture.fetch_ids(4), ids[..2]);
    assert_eq!(fixture.ready(), ids[2..]);
    assert_eq!(fixture.fetch_ids(4), ids[2..]);
}

#[test]
fn an_answer_ends_the_task_and_tells_the_client_once() {
    let fixture = Fixture::new();
    let ids = fixture.put("d", &["1", "2"]);
    fixture.fetch(2);
    assert_eq!(fixture.answer(&ids[..1], ""), [true]);
    assert_eq!(fixture.answer(&ids, ""), [false, true]);
    let told = |number: &str| (number.to_owned(), "outcome".to_owned());
    assert_eq!(fixture.replies(), [told("1"), told("2")]);
    assert_eq!(fixture.counter("dones"), 2);
    assert_eq!(fixture.board.audit(&ids).unwrap(), [false, false]);
    assert_eq!(fixture.command("XLEN", "d", &[]).integer().unwrap(), 0);
}

#[test]
fn a_task_that_is_given_up_is_kept_among_the_dead() {
    let fixture = Fixture::new();
    let ids = fixture.put("d", &["1"]);
    fixture.fetch(1);
    assert_eq!(fixture.answer(&ids, "it kills"), [true]);
    assert_eq!(fixture.replies().len(), 1);
    let dead = format!("{:?}", fixture.command("XRANGE", "d", &["-", "+"]));
    assert_eq!(fixture.counter("dead"), 1);
    assert!(dead.len() > ids[0].len(), "{dead}");
}

#[test]
fn what_is_handed_back_comes_before_what_came_later() {
    let fixture = Fixture::new();
    let ids = fixture.put("d", &["1", "2", "3"]);
    fixture.fetch(2);
    fixture
        .board
        .hand_back(&fixture.host, true, &ids[1..2])
        .unwrap();
    fixture.check();
    fixture
        .board
        .hand_back(&fixture.host, false, &ids[..1])
        .unwrap();
    fixture.check();
    // Twice is once.
    fixture
        .board
        .hand_back(&fixture.host, true, &ids[..2])
        .unwrap();
    fixture.check();
    let again = fixture.fetch(9);
    let seen: Vec<_> = again
        .iter()
        .map(|task| (&task.id, task.attempt, task.failed_host.as_str()))
        .collect();
    assert_eq!(
        seen,
        [(&ids[0], 1, ""), (&ids[1], 2, "heron"), (&ids[2], 1, "")]
    );
    assert_eq!(fixture.counter("redelivered"), 2);
    fixture.answer(&ids, "");
    assert_eq!(fixture.command("HLEN", "a", &[]).integer().unwrap(), 0);
}

#[test]
fn a_recount_gives_back_what_nobody_knows_of() {
    let fixture = Fixture::new();
    let ids = fixture.put("d", &["1", "2", "3"]);
    fixture.fetch(3);
    assert_eq!(fixture.board.recount(&fixture.host, &ids[1..2]).unwrap(), 2);
    fixture.check();
    assert_eq!(fixture.lease(), ids[1..2]);
    assert_eq!(fixture.board.recount(&fixture.host, &ids[1..2]).unwrap(), 0);
    let again = fixture.fetch(9);
    assert_eq!(
        again.iter().map(|task| task.attempt).collect::<Vec<_>>(),
        [1, 1]
    );
    assert_eq!(fixture.answer(&ids[1..2], ""), [true]);
}
