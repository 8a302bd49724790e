//! What clients are told.

use super::*;

/// The server and the client have less to do with one entry than with many.
#[test]
fn what_is_handed_in_together_is_told_in_one_entry() {
    let fixture = Fixture::new();
    let ids = fixture.put("d", &["1", "2", "3", "4"]);
    fixture.fetch(4);
    fixture.board.cancel(true, &ids[1..2]).unwrap();
    // The host still holds what was cancelled; nobody is told of that any more.
    assert_eq!(fixture.answer(&ids[..3], "why"), [true; 3]);
    let replies = fixture.board.replies(&fixture.client, BEGINNING).unwrap();
    assert_eq!(replies.len(), 1);
    let told = |number: &str| (number.to_owned(), "outcome".to_owned());
    assert_eq!(fixture.replies(), [told("1"), told("3")]);
    assert_eq!((fixture.counter("dones"), fixture.counter("dead")), (2, 2));
    assert_eq!(fixture.lease(), ids[3..]);
}

#[test]
fn replies_are_trimmed_up_to_the_last_that_was_told() {
    let fixture = Fixture::new();
    let ids = fixture.put("d", &["1", "2", "3"]);
    fixture.fetch(3);
    for id in &ids {
        fixture.answer(std::slice::from_ref(id), "");
    }
    let second = fixture.board.replies(&fixture.client, BEGINNING).unwrap()[1]
        .id
        .clone();
    fixture
        .board
        .trim_replies(&fixture.client, &second)
        .unwrap();
    assert_eq!(fixture.replies(), [("1".to_owned(), "outcome".to_owned())]);
    // The stream goes on behind it.
    assert_eq!(
        fixture
            .board
            .replies(&fixture.client, &second)
            .unwrap()
            .len(),
        1
    );
}
