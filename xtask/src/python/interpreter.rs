//! One Python interpreter, and what it can be used for.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Asks an interpreter about itself; it answers a line for each property.
const QUESTIONS: &str = "\
import importlib.util, os, sys, sysconfig
print(sys.implementation.name)
print('.'.join(map(str, sys.version_info[:3])))
print(os.path.realpath(sys.executable))
print(sys.prefix == sys.base_prefix)
print(bool(sysconfig.get_config_var('Py_GIL_DISABLED')))
print(importlib.util.find_spec('ensurepip') is not None)
print(importlib.util.find_spec('test') is not None
      and importlib.util.find_spec('test._test_multiprocessing') is not None)
";

/// An interpreter as it describes itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Interpreter {
    path: PathBuf,
    implementation: String,
    version: String,
    stands_alone: bool,
    free_threaded: bool,
    makes_environments: bool,
    has_its_tests: bool,
}

impl Interpreter {
    /// Asks the program at `path`; `None` if it does not answer as an interpreter does.
    pub(super) fn ask(path: &Path) -> Option<Self> {
        let answer = Command::new(path)
            .args(["-I", "-c", QUESTIONS])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .output()
            .ok()?;
        Self::understand(&String::from_utf8(answer.stdout).ok()?)
    }

    fn understand(answer: &str) -> Option<Self> {
        let mut lines = answer.lines();
        let mut next = || lines.next().map(str::to_owned);
        Some(Self {
            implementation: next()?,
            version: next()?,
            path: PathBuf::from(next()?),
            stands_alone: truth(&next()?)?,
            free_threaded: truth(&next()?)?,
            makes_environments: truth(&next()?)?,
            has_its_tests: truth(&next()?)?,
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Such as `3.13.0`.
    pub(super) fn version(&self) -> &str {
        &self.version
    }

    /// Major, minor and micro version.
    pub(super) fn numbers(&self) -> [u32; 3] {
        let mut numbers = self
            .version
            .split('.')
            .map(|part| part.parse().unwrap_or(0));
        std::array::from_fn(|_| numbers.next().unwrap_or(0))
    }

    /// Whether it is a CPython for which the one wheel is, and not part of somebody's environment.
    pub(super) fn is_wanted(&self, oldest: u32) -> bool {
        let [major, minor, _] = self.numbers();
        self.implementation == "cpython"
            && (major, minor) >= (3, oldest)
            && self.stands_alone
            && !self.free_threaded
    }

    /// What it lacks and how to get it.
    pub(super) fn lacks(&self) -> Option<&'static str> {
        if !self.makes_environments {
            Some("it has no module `ensurepip`; Debian and Ubuntu: apt install python3-venv")
        } else if !self.has_its_tests {
            Some(
                "it has no module `test._test_multiprocessing`; \
                 Debian and Ubuntu: apt install libpython3-testsuite, Fedora: dnf install python3-test",
            )
        } else {
            None
        }
    }
}

fn truth(line: &str) -> Option<bool> {
    match line {
        "True" => Some(true),
        "False" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// An interpreter that answers as told.
    pub(in crate::python) fn answering(version: &str, path: &str, rest: &str) -> Interpreter {
        let answer = format!("cpython\n{version}\n{path}\n{}", rest.replace(' ', "\n"));
        Interpreter::understand(&answer).unwrap()
    }

    #[test]
    fn an_answer_is_understood() {
        let interpreter = answering("3.13.2", "/opt/bin/python3.13", "True False True True");
        assert_eq!(interpreter.numbers(), [3, 13, 2]);
        assert_eq!(interpreter.path(), Path::new("/opt/bin/python3.13"));
        assert!(interpreter.is_wanted(11));
        assert!(!interpreter.is_wanted(14));
        assert_eq!(interpreter.lacks(), None);
    }

    #[test]
    fn another_program_is_no_interpreter() {
        assert_eq!(Interpreter::ask(Path::new("/bin/echo")), None);
        assert_eq!(Interpreter::ask(Path::new("/no/such/program")), None);
    }

    #[test]
    fn environments_and_free_threaded_builds_are_not_wanted() {
        assert!(!answering("3.13.2", "/p", "False False True True").is_wanted(11));
        assert!(!answering("3.13.2", "/p", "True True True True").is_wanted(11));
    }

    #[test]
    fn what_is_lacking_is_named_with_its_remedy() {
        for (rest, word) in [
            ("True False False True", "python3-venv"),
            ("True False True False", "libpython3-testsuite"),
        ] {
            let lacks = answering("3.13.2", "/p", rest).lacks().unwrap_or_default();
            assert!(lacks.contains(word), "{lacks}");
        }
    }
}
