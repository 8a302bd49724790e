//! Hosts and clients that come, stay away, and take their leave.

use std::thread;
use std::time::{Duration, Instant};

use super::*;

#[test]
fn who_is_not_registered_is_refused() {
    let fixture = Fixture::new();
    let stranger = "s".repeat(32);
    let task = [Submitted {
        priority: 0,
        sealed: b"task".to_vec(),
    }];
    assert!(is_absence(
        &fixture.board.put(&stranger, &task).unwrap_err()
    ));
    let stranger = host(fixture.board.cluster(), "stranger");
    assert!(is_absence(&fixture.board.fetch(&stranger, 1).unwrap_err()));
    assert!(!fixture.board.renew_host(&stranger, &description()).unwrap());
    assert!(!fixture.board.renew_client(&"s".repeat(32)).unwrap());
    fixture.check();
}

#[test]
fn tasks_of_a_dead_host_go_to_others_once() {
    let fixture = Fixture::new();
    let ids = fixture.put("d", &["1", "2"]);
    fixture.fetch(2);
    fixture.expire("c", fixture.host.text());
    let other = host(fixture.board.cluster(), "other");
    fixture.board.enter_host(&other, &description()).unwrap();
    fixture.check();
    assert_eq!(fixture.ready(), ids);
    assert_eq!(fixture.texts("HKEYS", "i", &[]), [other.text()]);
    // The dead one learns of it, and what it says no longer counts.
    assert!(
        !fixture
            .board
            .renew_host(&fixture.host, &description())
            .unwrap()
    );
    assert_eq!(fixture.answer(&ids, ""), [false, false]);
    assert!(is_absence(
        &fixture.board.fetch(&fixture.host, 1).unwrap_err()
    ));
    let fetched = fixture.board.fetch(&other, 9).unwrap();
    assert_eq!(
        (fetched[0].attempt, fetched[0].failed_host.as_str()),
        (2, "heron")
    );
}

#[test]
fn a_host_that_was_not_missed_yet_goes_on() {
    let fixture = Fixture::new();
    let ids = fixture.put("d", &["1"]);
    fixture.fetch(1);
    fixture.expire("c", fixture.host.text());
    assert!(
        fixture
            .board
            .renew_host(&fixture.host, &description())
            .unwrap()
    );
    assert_eq!(fixture.answer(&ids, ""), [true]);
}

/// Between being found and being removed it may have come back.
#[test]
fn who_lives_is_not_removed() {
    let fixture = Fixture::new();
    let ids = fixture.put("d", &["1"]);
    fixture.fetch(1);
    let removed = fixture.board.remove_host(&fixture.host, "heron");
    assert_eq!((removed, fixture.lease()), (Ok(0), ids));
    fixture.board.remove_client(&fixture.client, false).unwrap();
    assert!(fixture.board.renew_client(&fixture.client).unwrap());
}

#[test]
fn a_host_that_takes_its_leave_gives_all_back_uncounted() {
    let fixture = Fixture::new();
    let ids = fixture.put("d", &["1"]);
    fixture.fetch(1);
    fixture.board.leave_host(&fixture.host).unwrap();
    fixture.check();
    assert_eq!(fixture.ready(), ids);
    assert_eq!(fixture.board.hosts().unwrap(), []);
    fixture
        .board
        .enter_host(&fixture.host, &description())
        .unwrap();
    assert_eq!(fixture.board.hosts().unwrap(), [description()]);
    assert_eq!(fixture.fetch(1)[0].attempt, 1);
}

#[test]
fn tasks_of_a_dead_client_are_dropped_unless_they_are_to_be_kept() {
    let fixture = Fixture::new();
    fixture.put("d", &["1"]);
    let kept = fixture.put("k", &["2"]);
    fixture.expire("k", &fixture.client);
    assert!(
        fixture
            .board
            .renew_host(&fixture.host, &description())
            .unwrap()
    );
    assert_eq!(fixture.texts("ZRANGE", "k", &["0", "-1"]), [""; 0]);
    assert_eq!(fixture.fetch_ids(9), kept);
    assert_eq!(fixture.counter("dropped"), 1);
    // Nobody is told.
    assert_eq!(fixture.answer(&kept, ""), [true]);
    assert_eq!(fixture.replies(), []);
}

#[test]
fn a_client_takes_its_leave_with_its_replies() {
    let fixture = Fixture::new();
    let ids = fixture.put("d", &["1"]);
    fixture.fetch(1);
    fixture.answer(&ids, "");
    fixture.board.leave_client(&fixture.client).unwrap();
    assert_eq!(fixture.replies(), []);
    assert!(!fixture.board.renew_client(&fixture.client).unwrap());
}

/// What nobody was able to renew is not for others to take.
#[test]
fn nobody_is_taken_for_dead_because_the_server_was_away() {
    let fixture = Fixture::new();
    let ids = fixture.put("d", &["1"]);
    fixture.fetch(1);
    fixture.expire("c", fixture.host.text());
    fixture.expire("k", &fixture.client);
    // As if nobody had been heard for long.
    fixture.command("HSET", "h", &["heard", "1"]);
    let other = host(fixture.board.cluster(), "other");
    fixture.board.enter_host(&other, &description()).unwrap();
    assert_eq!(fixture.lease(), ids);
    assert!(
        fixture
            .board
            .renew_host(&fixture.host, &description())
            .unwrap()
    );
    assert!(fixture.board.renew_client(&fixture.client).unwrap());
    // But only for another lease.
    fixture.expire("c", fixture.host.text());
    let deadline = Instant::now() + Duration::from_secs(60);
    while fixture.board.renew_host(&other, &description()).unwrap() && !fixture.lease().is_empty() {
        assert!(
            Instant::now() < deadline,
            "the dead host keeps its tasks for ever"
        );
        thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(fixture.ready(), ids);
}
