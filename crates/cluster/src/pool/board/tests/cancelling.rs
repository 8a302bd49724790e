//! Tasks that their clients take back.

use std::time::Duration;

use super::*;

#[test]
fn a_waiting_task_is_cancelled_for_good() {
    let fixture = Fixture::new();
    let ids = fixture.put("d", &["1", "2"]);
    fixture.fetch(1);
    assert_eq!(fixture.board.cancel(false, &ids).unwrap(), [false, true]);
    fixture.check();
    assert_eq!(fixture.board.audit(&ids).unwrap(), [true, false]);
    assert_eq!(fixture.fetch(9), []);
    assert_eq!(fixture.answer(&ids[..1], ""), [true]);
    assert_eq!(fixture.command("XLEN", "x", &[]).integer().unwrap(), 0);
}

#[test]
fn a_held_task_is_cancelled_for_good_and_its_host_is_told() {
    let fixture = Fixture::new();
    let ids = fixture.put("d", &["1", "2"]);
    fixture.fetch(2);
    assert_eq!(fixture.board.cancel(true, &ids).unwrap(), [false, false]);
    fixture.check();
    let told = fixture
        .board
        .wait_for_cancellations(BEGINNING, Duration::from_millis(1))
        .unwrap();
    assert_eq!(told.len(), 2);
    // Cancelled once more, nobody hears of it again.
    fixture.board.cancel(true, &ids).unwrap();
    assert_eq!(fixture.command("XLEN", "x", &[]).integer().unwrap(), 2);
    // It does not come back, whatever its host does, and nobody is told.
    fixture
        .board
        .hand_back(&fixture.host, false, &ids[..1])
        .unwrap();
    fixture.check();
    assert_eq!(fixture.answer(&ids[1..], ""), [true]);
    assert_eq!(
        (fixture.fetch(9), fixture.replies(), fixture.lease()),
        (vec![], vec![], vec![])
    );
}
