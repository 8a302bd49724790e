//! A program that does not call `init`.

use procession::{LaunchError, Process, SpawnError};

/// This test has no `init_test!()`, on purpose; so it must not share its process with others.
#[test]
fn a_program_without_init_is_told_to_call_it() {
    let spawned = Process::spawn(|| (), ());
    assert!(
        matches!(
            spawned,
            Err(SpawnError::Launch(LaunchError::NotInitialised))
        ),
        "{spawned:?}"
    );
    let words = spawned.unwrap_err().to_string();
    assert!(words.contains("procession::init()"), "{words}");
}
