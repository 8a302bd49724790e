//! The words of a tree: as many as a single process counts, whatever happens to workers.

mod examples;
mod scratch_directory;
mod watchdog;
mod worker;

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::{Command, Stdio};

use examples::example;
use scratch_directory::ScratchDirectory;
use watchdog::watch;
use worker::kill_the_worker_with;

type TestResult = Result<(), Box<dyn Error>>;

/// Texts in several languages and depths, and files that are none.
fn tree() -> io::Result<ScratchDirectory> {
    let tree = ScratchDirectory::new()?;
    let deep = tree.path().join("a").join("b");
    fs::create_dir_all(&deep)?;
    for number in 0..60 {
        let directory = if number % 2 == 0 { &deep } else { tree.path() };
        fs::write(directory.join(format!("text {number}")), text(number))?;
    }
    fs::write(deep.join("not a text"), b"bread \xff\xfe bread")?;
    fs::write(deep.join("empty"), b"")?;
    std::os::unix::fs::symlink(tree.path().join("text 1"), deep.join("link"))?;
    Ok(tree)
}

fn text(number: usize) -> String {
    let words = ["Bread", "bread", "包子", "größer", "x2", "l'été"];
    let words = (0..number * 40).map(|index| words[(index * index + number) % words.len()]);
    words.flat_map(|word| [word, ", "]).collect()
}

/// What a single process finds.
fn expected(numbers: impl Iterator<Item = usize>) -> String {
    let mut words = BTreeMap::<String, u64>::new();
    for number in numbers {
        for word in text(number).split(|character: char| !character.is_alphanumeric()) {
            if !word.is_empty() {
                *words.entry(word.to_lowercase()).or_default() += 1;
            }
        }
    }
    let total: u64 = words.values().sum();
    let different = words.len();
    let mut words: Vec<_> = words.into_iter().collect();
    // The sort is stable, so that words of one count stay in the order of the map.
    words.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let mut printed = String::new();
    for (word, count) in words {
        let _ = writeln!(printed, "{count:>8} {word}");
    }
    let _ = writeln!(printed, "{total} words, {different} different ones");
    printed
}

fn wordcount(directory: &Path, jobs: &str) -> Command {
    let mut command = Command::new(example("wordcount"));
    command.arg(directory).args(["-j", jobs, "--top", "0"]);
    command
}

#[test]
fn they_are_those_that_a_single_process_counts() -> TestResult {
    let _watchdog = watch();
    let tree = tree()?;
    for jobs in ["1", "4"] {
        let output = wordcount(tree.path(), jobs).output()?;
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        assert!(output.status.success());
        assert_eq!(String::from_utf8(output.stdout)?, expected(0..60));
    }
    Ok(())
}

#[test]
fn a_killed_worker_costs_nothing() -> TestResult {
    let _watchdog = watch();
    let tree = tree()?;
    // So large that whoever reads it is still at it when he is killed, and in the end no text.
    let large = tree.path().join("very large");
    let file = File::create(&large)?;
    file.write_all_at(b"\xff", 1 << 28)?;
    for jobs in ["1", "3"] {
        let program = wordcount(tree.path(), jobs)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        kill_the_worker_with(&large, &program);
        let output = program.wait_with_output()?;
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert_eq!(String::from_utf8(output.stdout)?, expected(0..60));
    }
    Ok(())
}

#[test]
fn what_is_not_there_is_told() -> TestResult {
    let _watchdog = watch();
    let tree = ScratchDirectory::new()?;
    let output = wordcount(&tree.path().join("missing"), "1").output()?;
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.contains("missing"), "{errors}");
    assert_eq!(String::from_utf8(output.stdout)?, expected(0..0));
    Ok(())
}
