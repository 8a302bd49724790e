//! What proves the Python package, with every CPython of the machine.

mod interpreter;
mod search;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::step::{Step, root};
use interpreter::Interpreter;

/// Environments, wheels and results; cargo's own directory is cleared with `cargo clean`.
const DIRECTORY: &str = "target/python";

/// The steps for every interpreter that was found; without any, one that says what to install.
pub(crate) fn steps() -> Vec<Step> {
    let found = search::interpreters();
    for reason in &found.left_out {
        eprintln!("xtask: {reason}");
    }
    let Some(first) = found.usable.first() else {
        return vec![Step::impossible("Python", nothing_usable(&found.left_out))];
    };
    let mut steps = vec![wheel(first)];
    for interpreter in &found.usable {
        steps.extend([
            environment(interpreter, "python/tests/requirements.txt"),
            tests(interpreter, found.usable.last()),
            types(interpreter),
            suite(interpreter, found.usable.last()),
        ]);
    }
    steps.push(comparison(&found.usable));
    steps
}

/// The benchmarks of the package, with the newest interpreter.
pub(crate) fn bench(arguments: &[String]) -> Vec<Step> {
    let found = search::interpreters();
    let Some(newest) = found.usable.last() else {
        return vec![Step::impossible("Python", nothing_usable(&found.left_out))];
    };
    let mut command = python(newest);
    command.arg("bench/python");
    vec![
        wheel(newest),
        environment(newest, "bench/python/requirements.txt"),
        Step::new(titled(newest, "benchmarks"), command).with_arguments(arguments),
    ]
}

fn nothing_usable(left_out: &[String]) -> String {
    let oldest = search::OLDEST;
    let mut text = format!(
        "no usable CPython 3.{oldest} or later was found on the PATH, nor by pyenv or uv; \
         install one with its own tests, for instance: \
         apt install python3 python3-venv libpython3-testsuite"
    );
    for reason in left_out {
        text.push_str("; ");
        text.push_str(reason);
    }
    text
}

/// Builds one wheel for all interpreters, in the way in which `pip install .` does.
fn wheel(first: &Interpreter) -> Step {
    let create = create_environment(first);
    let mut build = python(first);
    build.args(["-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir"]);
    build.args([&wheels(), "."]);
    Step::sequence("Python: wheel", vec![create, build])
}

/// An environment with the wheel, and with what a file of requirements names.
fn environment(interpreter: &Interpreter, file: &str) -> Step {
    let mut requirements = python(interpreter);
    requirements.args(["-m", "pip", "install", "--quiet", "--requirement", file]);
    let mut package = python(interpreter);
    package.args(["-m", "pip", "install", "--quiet", "--no-index", "--no-deps"]);
    package.args(["--force-reinstall", "--find-links", &wheels(), "procession"]);
    let commands = vec![create_environment(interpreter), requirements, package];
    Step::sequence(titled(interpreter, "environment"), commands)
}

/// All tests with the newest interpreter; with the others all but those on a cluster of servers, of which Python itself knows nothing.
fn tests(interpreter: &Interpreter, newest: Option<&Interpreter>) -> Step {
    let mut command = python(interpreter);
    command.args(["-m", "pytest", "--quiet", "python/tests"]);
    if newest.is_some_and(|newest| newest.version() != interpreter.version()) {
        command.env("PROCESSION_TEST_PLACES", "memory,server");
    }
    Step::new(titled(interpreter, "tests"), command)
}

/// Checks the types of the package, and compares the stubs of its native module with what was built.
fn types(interpreter: &Interpreter) -> Step {
    let mut types = python(interpreter);
    types.args(["-m", "mypy", "--strict", "--package", "procession"]);
    let mut stubs = python(interpreter);
    stubs.args([
        "-m",
        "mypy.stubtest",
        "--mypy-config-file",
        "pyproject.toml",
    ]);
    stubs.arg("procession._native");
    Step::sequence(titled(interpreter, "types"), vec![types, stubs])
}

/// The interpreter's own tests of `multiprocessing`: on this package, and on that one as far as they have not passed.
///
/// With processes on worker hosts only by the newest interpreter: what they need of an interpreter is what the start method spawn needs.
fn suite(interpreter: &Interpreter, newest: Option<&Interpreter>) -> Step {
    let [ours, theirs] = ["procession", "multiprocessing"].map(|of| result(interpreter, of));
    let mut tested = run_suite(interpreter, &ours);
    if Some(interpreter) != newest {
        tested.args(["--methods", "fork", "spawn", "forkserver"]);
    }
    let mut control = run_suite(interpreter, &theirs);
    control.args(["--control", "--unless-passed", &ours]);
    let title = titled(interpreter, "tests of the interpreter");
    Step::sequence(title, vec![tested, control])
}

fn run_suite(interpreter: &Interpreter, result: &str) -> Command {
    let mut command = python(interpreter);
    command.args(["python/tests/cpython/run.py", "--into", result]);
    command
}

/// Whatever passes on `multiprocessing` must pass here, or be excluded for a reason.
fn comparison(interpreters: &[Interpreter]) -> Step {
    let mut commands = Vec::new();
    if let Some(first) = interpreters.first() {
        let mut command = python(first);
        command.arg("python/tests/cpython/compare.py");
        for interpreter in interpreters {
            command.arg(result(interpreter, "multiprocessing"));
            command.arg(result(interpreter, "procession"));
        }
        commands.push(command);
    }
    Step::sequence("Python: comparison with multiprocessing", commands)
}

fn titled(interpreter: &Interpreter, what: &str) -> String {
    format!("Python {}: {what}", interpreter.version())
}

fn wheels() -> String {
    format!("{DIRECTORY}/wheels")
}

fn result(interpreter: &Interpreter, package: &str) -> String {
    format!(
        "{DIRECTORY}/results/{package}-{}.json",
        interpreter.version()
    )
}

fn environment_directory(interpreter: &Interpreter) -> PathBuf {
    Path::new(DIRECTORY).join(interpreter.version())
}

fn create_environment(interpreter: &Interpreter) -> Command {
    let mut command = from_root(interpreter.path());
    command.args(["-m", "venv"]);
    command.arg(environment_directory(interpreter));
    command
}

/// The interpreter of its environment.
fn python(interpreter: &Interpreter) -> Command {
    let program = environment_directory(interpreter).join("bin/python");
    from_root(&root().unwrap_or_default().join(program))
}

fn from_root(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.stdin(Stdio::null());
    if let Some(root) = root() {
        command.current_dir(root);
    }
    command
}
