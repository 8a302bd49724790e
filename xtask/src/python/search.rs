//! Where interpreters are looked for, and which of them are used.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use super::interpreter::Interpreter;

/// The oldest minor version for which the package is.
pub(super) const OLDEST: u32 = 11;

/// The interpreters of the machine.
pub(super) struct Found {
    /// One for each minor version, oldest first.
    pub(super) usable: Vec<Interpreter>,
    /// Those of other minor versions, with what they lack.
    pub(super) left_out: Vec<String>,
}

/// Looks on the `PATH`, and where pyenv and uv keep what they install.
pub(super) fn interpreters() -> Found {
    let mut programs: Vec<PathBuf> = directories()
        .iter()
        .flat_map(|directory| programs_in(directory))
        .collect();
    programs.sort();
    programs.dedup();
    choose(
        programs
            .iter()
            .filter_map(|program| Interpreter::ask(program)),
    )
}

fn directories() -> Vec<PathBuf> {
    let home = env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let pyenv = env::var_os("PYENV_ROOT").map_or_else(|| home.join(".pyenv"), PathBuf::from);
    let mut directories: Vec<PathBuf> =
        env::split_paths(&env::var_os("PATH").unwrap_or_default()).collect();
    for installations in [pyenv.join("versions"), home.join(".local/share/uv/python")] {
        directories.extend(entries(&installations).map(|installation| installation.join("bin")));
    }
    directories
}

fn entries(directory: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten();
    entries.flatten().map(|entry| entry.path())
}

fn programs_in(directory: &Path) -> Vec<PathBuf> {
    entries(directory)
        .filter(|path| path.file_name().is_some_and(is_name_of_interpreter))
        .collect()
}

/// `python3`, or `python3.N` with an `N` that is new enough.
fn is_name_of_interpreter(name: &OsStr) -> bool {
    let Some(rest) = name.to_str().and_then(|name| name.strip_prefix("python3")) else {
        return false;
    };
    let minor = rest.strip_prefix('.').map(str::parse::<u32>);
    rest.is_empty() || matches!(minor, Some(Ok(minor)) if minor >= OLDEST)
}

/// Takes one interpreter for each minor version: one that lacks nothing, then the newest.
fn choose(candidates: impl Iterator<Item = Interpreter>) -> Found {
    let mut best: BTreeMap<[u32; 2], Interpreter> = BTreeMap::new();
    let rank = |interpreter: &Interpreter| (interpreter.lacks().is_none(), interpreter.numbers());
    for candidate in candidates.filter(|candidate| candidate.is_wanted(OLDEST)) {
        let [major, minor, _] = candidate.numbers();
        let chosen = best
            .entry([major, minor])
            .or_insert_with(|| candidate.clone());
        if rank(&candidate) > rank(chosen) {
            *chosen = candidate;
        }
    }
    let mut found = Found {
        usable: Vec::new(),
        left_out: Vec::new(),
    };
    for interpreter in best.into_values() {
        match interpreter.lacks() {
            None => found.usable.push(interpreter),
            Some(reason) => found.left_out.push(format!(
                "Python {} ({}) cannot be used: {reason}",
                interpreter.version(),
                interpreter.path().display()
            )),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::interpreter::tests::answering;
    use super::*;

    const COMPLETE: &str = "True False True True";
    const WITHOUT_TESTS: &str = "True False True False";

    #[test]
    fn only_new_enough_names_are_asked() {
        for (name, asked) in [
            ("python3", true),
            ("python3.11", true),
            ("python3.14", true),
            ("python3.9", false),
            ("python3-config", false),
            ("python3.13t", false),
            ("python", false),
        ] {
            assert_eq!(is_name_of_interpreter(OsStr::new(name)), asked, "{name}");
        }
    }

    #[test]
    fn each_minor_version_is_used_once_and_the_complete_one_is_preferred() {
        let found = choose(
            [
                answering("3.13.9", "/usr/bin/python3.13", WITHOUT_TESTS),
                answering("3.13.0", "/opt/bin/python3", COMPLETE),
                answering("3.11.2", "/a/python3", COMPLETE),
                answering("3.11.7", "/b/python3", COMPLETE),
                answering("3.9.1", "/c/python3", COMPLETE),
            ]
            .into_iter(),
        );
        let paths: Vec<&Path> = found.usable.iter().map(Interpreter::path).collect();
        assert_eq!(
            paths,
            [Path::new("/b/python3"), Path::new("/opt/bin/python3")]
        );
        assert!(found.left_out.is_empty());
    }

    #[test]
    fn what_cannot_be_used_is_told() {
        let found = choose([answering("3.12.1", "/usr/bin/python3", WITHOUT_TESTS)].into_iter());
        assert!(found.usable.is_empty());
        assert!(
            found
                .left_out
                .iter()
                .any(|reason| reason.contains("/usr/bin/python3"))
        );
    }
}
