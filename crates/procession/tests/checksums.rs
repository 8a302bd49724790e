//! The checksums of a tree: those that a single process computes, whatever happens to workers.

mod examples;
mod nobody;
mod scratch_directory;
mod watchdog;
mod worker;

use std::error::Error;
use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use examples::example;
use nobody::example_run_by_nobody;
use scratch_directory::ScratchDirectory;
use watchdog::watch;
use worker::kill_the_worker_with;

type TestResult = Result<(), Box<dyn Error>>;

#[test]
fn they_are_those_that_a_single_process_computes() -> TestResult {
    let _watchdog = watch();
    let tree = tree()?;
    let expected = expected(tree.path())?;
    for jobs in ["1", "3"] {
        let output = checksums(tree.path(), jobs).output()?;
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(
            output.stdout == expected,
            "{}",
            String::from_utf8_lossy(&output.stdout)
        );
        let (files, bytes) = (12, 4 + 1024 * 1024 + 20_000_001 + 6 * 5);
        check_summary(
            &output,
            &format!("{files} files, {bytes} bytes, "),
            ", 0 errors\n",
        );
    }
    Ok(())
}

/// Files of all kinds, and links that must not be followed.
fn tree() -> io::Result<ScratchDirectory> {
    let tree = ScratchDirectory::new()?;
    let write = |name: &[u8], content: &[u8]| {
        let path = tree.path().join(OsStr::from_bytes(name));
        fs::create_dir_all(path.parent().unwrap_or(&path))?;
        fs::write(path, content)
    };
    write(b"empty", b"")?;
    write(b"a/empty", b"")?;
    write(b"a/b/c/d/e/f/deep", b"deep")?;
    write(b"a.before or after a/?", b"")?;
    write(b"large", &vec![7; 20_000_001])?;
    write(b"block", &vec![1; 1024 * 1024])?;
    write(b"with space", b"space")?;
    write(b"with\nline break", b"break")?;
    write(b"with\\backslash", b"slash")?;
    write("包子".as_bytes(), b"baozi")?;
    write(b"not \xff UTF-8", b"bytes")?;
    write(b"\xfe/\xff", b"bytes")?;
    symlink("large", tree.path().join("link to a file"))?;
    symlink("..", tree.path().join("a/link to a directory"))?;
    symlink("nowhere", tree.path().join("link to nothing"))?;
    Ok(tree)
}

/// What a single process computes, with other means than the example: as few as possible.
fn expected(directory: &Path) -> io::Result<Vec<u8>> {
    let mut files = Vec::new();
    let mut directories = vec![directory.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory)? {
            let entry = entry?;
            match entry.file_type()? {
                kind if kind.is_dir() => directories.push(entry.path()),
                kind if kind.is_file() => files.push(entry.path()),
                _ => {}
            }
        }
    }
    files.sort();
    let lines = files
        .iter()
        .map(|path| line(path))
        .collect::<io::Result<Vec<_>>>()?;
    Ok(lines.concat())
}

fn line(path: &Path) -> io::Result<Vec<u8>> {
    let mut hasher = blake3::Hasher::new();
    io::copy(&mut File::open(path)?, &mut hasher)?;
    let mut name = Vec::new();
    for &byte in path.as_os_str().as_bytes() {
        match byte {
            b'\\' => name.extend(b"\\\\"),
            b'\n' => name.extend(b"\\n"),
            other => name.push(other),
        }
    }
    let mark: &[u8] = if name == path.as_os_str().as_bytes() {
        b""
    } else {
        b"\\"
    };
    Ok([
        mark,
        hasher.finalize().to_hex().as_bytes(),
        b"  ",
        &name,
        b"\n",
    ]
    .concat())
}

fn checksums(directory: &Path, jobs: &str) -> Command {
    let mut command = Command::new(example("checksums"));
    command.arg(directory).args(["-j", jobs]);
    command
}

fn check_summary(output: &Output, start: &str, end: &str) {
    let errors = String::from_utf8_lossy(&output.stderr);
    let summary = errors.lines().last().unwrap_or_default().to_owned() + "\n";
    assert!(
        summary.starts_with(start) && summary.ends_with(end),
        "{errors}"
    );
}

#[test]
fn what_cannot_be_read_is_told_and_not_fatal() -> TestResult {
    let _watchdog = watch();
    let tree = ScratchDirectory::new()?;
    let [readable, file, directory] =
        ["readable", "locked file", "locked directory"].map(|name| tree.path().join(name));
    fs::write(&readable, "readable")?;
    fs::write(&file, "secret")?;
    fs::create_dir(&directory)?;
    fs::write(directory.join("inside"), "secret")?;
    for locked in [&file, &directory] {
        fs::set_permissions(locked, Permissions::from_mode(0o000))?;
    }

    let program = ScratchDirectory::new()?;
    fs::set_permissions(tree.path(), Permissions::from_mode(0o755))?;
    let output = example_run_by_nobody("checksums", &program)?
        .arg(tree.path())
        .args(["-j", "2"])
        .output()?;
    fs::set_permissions(&directory, Permissions::from_mode(0o755))?;

    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert_eq!(output.stdout, line(&readable)?, "{errors}");
    for locked in ["/locked file", "/locked directory"] {
        assert!(errors.lines().any(|line| line.contains(locked)), "{errors}");
    }
    check_summary(&output, "1 files, 8 bytes, ", ", 2 errors\n");
    Ok(())
}

#[test]
fn an_empty_directory_has_no_checksums() -> TestResult {
    let _watchdog = watch();
    let tree = ScratchDirectory::new()?;
    let output = checksums(tree.path(), "2").output()?;
    assert!(output.status.success());
    assert!(output.stdout.is_empty());
    check_summary(&output, "0 files, 0 bytes, ", ", 0 errors\n");

    let missing = checksums(&tree.path().join("missing"), "2").output()?;
    assert_eq!(missing.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&missing.stderr).contains("missing"));
    Ok(())
}

#[test]
fn a_killed_worker_costs_nothing() -> TestResult {
    let _watchdog = watch();
    let tree = tree()?;
    let large = tree.path().join("very large");
    File::create(&large)?.set_len(1 << 29)?;
    for jobs in ["1", "2"] {
        let program = start(tree.path(), jobs)?;
        kill_the_worker_with(&large, &program);
        let output = program.wait_with_output()?;
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{errors}");
        assert!(output.stdout == expected(tree.path())?, "{errors}");
    }
    Ok(())
}

#[test]
fn a_file_that_no_worker_survives_is_given_up() -> TestResult {
    let _watchdog = watch();
    let tree = tree()?;
    let expected = expected(tree.path())?;
    let deadly = tree.path().join("deadly");
    // So large that nobody gets to its end before the test gets to its beginning.
    File::create(&deadly)?.set_len(1 << 34)?;
    let program = start(tree.path(), "2")?;
    (0..3).for_each(|_| kill_the_worker_with(&deadly, &program));
    let output = program.wait_with_output()?;
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(output.stdout == expected, "{errors}");
    assert!(
        errors.contains("/deadly: no worker survived it"),
        "{errors}"
    );
    check_summary(&output, "12 files, ", ", 1 errors\n");
    Ok(())
}

fn start(directory: &Path, jobs: &str) -> io::Result<Child> {
    checksums(directory, jobs)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
}
