use super::{CLEAR, LOOK, SET};
use crate::script_test::{Bench, texts};

#[test]
fn it_counts_how_often_it_became_set() {
    let mut bench = Bench::repeating(|_| {});
    let look = |bench: &mut Bench| texts(&bench.call(&LOOK, &["h", "g"], &[]))[..2].to_vec();
    assert_eq!(look(&mut bench), ["0", "0"]);
    bench.call(&SET, &["h", "g"], &[]);
    bench.call(&SET, &["h", "g"], &[]);
    assert_eq!(look(&mut bench), ["1", "1"]);
    bench.call(&CLEAR, &["h"], &[]);
    assert_eq!(look(&mut bench), ["0", "1"]);
    bench.call(&SET, &["h", "g"], &[]);
    assert_eq!(look(&mut bench), ["1", "2"]);
    assert_eq!(bench.count("g"), 1);
}

#[test]
fn what_is_made_again_late_undoes_nothing() {
    let mut bench = Bench::repeating(|_| {});
    bench.call(&CLEAR, &["h"], &[]);
    bench.call(&SET, &["h", "g"], &[]);
    bench.call_again(1, &CLEAR, &["h"], &[]);
    assert_eq!(bench.field("h", "set").as_deref(), Some("1"));
    bench.call(&CLEAR, &["h"], &[]);
    bench.call_again(1, &SET, &["h", "g"], &[]);
    assert_eq!(bench.field("h", "set").as_deref(), Some("0"));
}
