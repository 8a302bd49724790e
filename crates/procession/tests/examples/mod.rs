//! Where the examples are.

use std::env::current_exe;
use std::path::PathBuf;

/// The executable of an example, which `cargo test` builds along with the tests.
pub(crate) fn example(name: &str) -> PathBuf {
    let test = current_exe().unwrap_or_default();
    // The test is in `deps`, a sister of `examples`.
    let profile = test.ancestors().nth(2).unwrap_or(&test);
    let example = profile.join("examples").join(name);
    assert!(
        example.exists(),
        "there is no {}: build the examples first",
        example.display()
    );
    example
}
