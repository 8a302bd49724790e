//! Death at every store of whoever keeps a queue, and of whoever lets go of it last.

use procession_crashtest::enumerate::enumerate;
use procession_crashtest::keeper::{KeeperScenario, Operation};

#[test]
fn a_queue_is_left_to_its_keeper_whoever_dies() {
    for operation in [
        Operation::Keep,
        Operation::KeepTooLate,
        Operation::LetGo,
        Operation::LetGoOfSent,
        Operation::DropMessage,
    ] {
        let tally = enumerate(&KeeperScenario(operation));
        println!("{operation:?}: {tally:?}");
        assert!(tally.deaths > 0);
    }
}
