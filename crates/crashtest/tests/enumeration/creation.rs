//! Death at every store of the creation and the end of objects that are little more than a header.

use procession_crashtest::creation::Creation;
use procession_crashtest::enumerate::enumerate;

#[test]
fn nothing_is_left_of_what_was_not_finished() {
    for creation in [
        Creation::Lock,
        Creation::ReentrantLock,
        Creation::Condition,
        Creation::Manager,
    ] {
        let tally = enumerate(&creation);
        println!(
            "{creation:?}: {} deaths, {} deaths in recovery",
            tally.deaths, tally.deaths_in_recovery
        );
        assert!(tally.deaths > 0);
    }
}
