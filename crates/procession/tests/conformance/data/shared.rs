//! Values that do not change.

use procession::{Process, Shared, SharedError};

use crate::objects::{Objects, TestResult, in_every_place};

in_every_place!(each_process_reads_the_same);

fn each_process_reads_the_same(objects: &Objects) -> TestResult {
    fn look(words: Shared<Vec<String>>, other: Shared<Vec<String>>) -> Result<String, SharedError> {
        Ok(format!("{} {}", words.get()?[0], other.get()?[0]))
    }
    let words = objects.shared(vec!["one".to_owned()])?;
    let other = objects.shared(vec!["two".to_owned()])?;
    assert_eq!(words.get()?[0], "one");
    assert_eq!(other.get()?[0], "two");
    assert_eq!(Process::spawn(look, (words, other))?.join()??, "one two");
    Ok(())
}
