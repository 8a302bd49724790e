//! The script that writes pieces alone: the state before, the call, its reply, the state after.

use procession_test_server::Reply;

use super::blob::{PIECE_OF, PIECE_OF_ANY};
use crate::script_test::{Bench, bytes};

/// As often as a call is made: [`Bench`] makes each twice.
#[test]
fn a_piece_is_written_at_its_place_and_lives_on() {
    let mut bench = Bench::exact(|_| ());
    for (place, piece, whole) in [
        ("0", "first", "first"),
        ("5", "second", "firstsecond"),
        ("0", "other", "othersecond"),
    ] {
        bench.command("PERSIST", "k", &[]);
        let reply = bench.call(&PIECE_OF, &["h", "k"], &[place, "60000", piece]);
        assert_eq!(reply, Reply::Integer(1));
        let blob = bytes(&bench.command("GET", "k", &[]));
        assert_eq!(blob, whole.as_bytes());
        assert!(bench.number("PTTL", "k") > 0, "it stays for ever");
    }
}

#[test]
fn what_is_gone_gets_no_pieces_unless_it_needs_no_creation() {
    let mut bench = Bench::absent(|_| ());
    let said = bench.refusal(&PIECE_OF, &["h", "k"], &["0", "60000", "piece"]);
    assert!(said.starts_with("GONE"), "{said}");
    let reply = bench.call(&PIECE_OF_ANY, &["h", "k"], &["0", "60000", "piece"]);
    assert_eq!(
        (reply, bench.parts()),
        (Reply::Integer(1), vec!["k".to_owned()])
    );
}
