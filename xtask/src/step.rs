//! One step: a child process with a name, its verdict and what it took.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

/// Commands to be run one after the other from the root of the workspace.
pub(crate) struct Step {
    name: String,
    commands: Vec<Command>,
    component: Option<Component>,
    check: Option<Check>,
    impossible: Option<String>,
}

/// What is looked at by this program itself, with the reason if it is not as it should be.
type Check = fn() -> Result<(), String>;

/// A part of the Rust toolchain that not every installation has.
struct Component {
    subcommand: &'static str,
    remedy: &'static str,
}

impl Step {
    pub(crate) fn new(name: impl Into<String>, command: Command) -> Self {
        Self::sequence(name, vec![command])
    }

    /// A step that ends with the first of its commands that fails.
    pub(crate) fn sequence(name: impl Into<String>, commands: Vec<Command>) -> Self {
        Self {
            name: name.into(),
            commands,
            component: None,
            check: None,
            impossible: None,
        }
    }

    /// A step that cannot be taken, with the reason.
    pub(crate) fn impossible(name: impl Into<String>, reason: String) -> Self {
        Self {
            impossible: Some(reason),
            ..Self::sequence(name, Vec::new())
        }
    }

    pub(crate) fn with_arguments(mut self, arguments: &[String]) -> Self {
        for command in &mut self.commands {
            command.args(arguments);
        }
        self
    }

    /// Names the cargo subcommand without which the step cannot run, and how to get it.
    pub(crate) fn needs(mut self, subcommand: &'static str, remedy: &'static str) -> Self {
        self.component = Some(Component { subcommand, remedy });
        self
    }

    /// Adds what is looked at after the commands.
    pub(crate) fn then(mut self, check: Check) -> Self {
        self.check = Some(check);
        self
    }

    /// Runs the commands, and says before each what it is.
    pub(crate) fn run(&mut self) -> Result<(), String> {
        if let Some(reason) = self.impossible.take() {
            return Err(reason);
        }
        if let Some(component) = &self.component {
            component.ensure()?;
        }
        for command in &mut self.commands {
            eprintln!("\n== {}: {}", self.name, line(command));
            match command.status() {
                Ok(status) if status.success() => {}
                Ok(status) => return Err(format!("ended with {status}")),
                Err(reason) => return Err(format!("could not start: {reason}")),
            }
        }
        self.check.map_or(Ok(()), |check| check())
    }

    /// What would be run, as a reader would type it.
    #[cfg(test)]
    pub(crate) fn lines(&self) -> Vec<String> {
        self.commands.iter().map(line).collect()
    }
}

/// The command line as a reader would type it.
fn line(command: &Command) -> String {
    let settings = command.get_envs().filter_map(|(name, value)| {
        Some(format!(
            "{}='{}'",
            name.to_string_lossy(),
            value?.to_string_lossy()
        ))
    });
    let mut line: Vec<String> = settings.collect();
    line.push(program(command));
    let words = command.get_args().map(|word| word.to_string_lossy());
    line.extend(words.map(String::from));
    line.join(" ")
}

/// The program without the directories that a reader need not type.
fn program(command: &Command) -> String {
    let program = Path::new(command.get_program());
    if program.file_stem() == Some(OsStr::new("cargo")) {
        return "cargo".into();
    }
    let root = root().unwrap_or_default();
    let shown = program.strip_prefix(root).unwrap_or(program);
    shown.display().to_string()
}

impl Component {
    fn ensure(&self) -> Result<(), String> {
        let asked = cargo(&[self.subcommand, "--version"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if asked.is_ok_and(|status| status.success()) {
            return Ok(());
        }
        let Self { subcommand, remedy } = self;
        Err(format!(
            "`cargo {subcommand}` is not installed; to install it: {remedy}"
        ))
    }
}

/// A cargo of the running toolchain, at the root of the workspace, without standard input.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
    command.args(arguments).stdin(Stdio::null());
    if let Some(root) = root() {
        command.current_dir(root);
    }
    command
}

/// The root of the workspace: cargo tells it to what it runs, unlike the current directory.
pub(crate) fn root() -> Option<PathBuf> {
    let manifest = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR")?);
    manifest.parent().map(PathBuf::from)
}

/// Runs all steps, also after a failure, so that one run shows all there is to repair.
///
/// What is run is said on standard error, so that the output of a step can be kept in a file.
pub(crate) fn run_all(steps: Vec<Step>) -> ExitCode {
    let mut verdicts = Vec::with_capacity(steps.len());
    for mut step in steps {
        let start = Instant::now();
        let outcome = step.run();
        if let Err(reason) = &outcome {
            eprintln!("xtask: {} failed: {reason}", step.name);
        }
        verdicts.push(Verdict {
            name: step.name,
            outcome,
            took: start.elapsed(),
        });
    }
    summarise(&verdicts)
}

struct Verdict {
    name: String,
    outcome: Result<(), String>,
    took: Duration,
}

fn summarise(verdicts: &[Verdict]) -> ExitCode {
    let steps = verdicts.len();
    let failed = verdicts
        .iter()
        .filter(|verdict| verdict.outcome.is_err())
        .count();
    if steps > 1 {
        eprintln!("\n== summary");
        verdicts.iter().for_each(Verdict::print);
        let took: Duration = verdicts.iter().map(|verdict| verdict.took).sum();
        match failed {
            0 => eprintln!("All {steps} steps passed in {:.1} s.", took.as_secs_f64()),
            _ => eprintln!("{failed} of {steps} steps FAILED."),
        }
    }
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

impl Verdict {
    fn print(&self) {
        let Self {
            name,
            outcome,
            took,
        } = self;
        let seconds = took.as_secs_f64();
        match outcome {
            Ok(()) => eprintln!("   ok      {seconds:7.1} s  {name}"),
            Err(reason) => eprintln!("   FAILED  {seconds:7.1} s  {name}: {reason}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Step {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Step::new("shell", command)
    }

    #[test]
    fn success_is_ok() {
        assert_eq!(shell("exit 0").run(), Ok(()));
    }

    #[test]
    fn a_failure_tells_the_exit_code_or_the_signal() {
        assert!(shell("exit 7").run().unwrap_err().contains('7'));
        assert!(shell("kill -9 $$").run().unwrap_err().contains("signal: 9"));
    }

    #[test]
    fn a_missing_program_is_an_error_and_not_a_panic() {
        let mut step = Step::new("missing", Command::new("/no/such/program"));
        assert!(step.run().unwrap_err().contains("could not start"));
    }

    #[test]
    fn a_missing_component_names_its_remedy() {
        let mut step = shell("exit 0").needs("no-such-subcommand", "rustup component add it");
        assert!(step.run().unwrap_err().contains("rustup component add it"));
    }

    #[test]
    fn the_line_shows_arguments_and_settings() {
        let mut command = cargo(&["doc", "--no-deps"]);
        command.env("RUSTDOCFLAGS", "-D warnings");
        assert_eq!(
            line(&command),
            "RUSTDOCFLAGS='-D warnings' cargo doc --no-deps"
        );
    }

    #[test]
    fn a_sequence_ends_with_its_first_failure() {
        let mut last = Command::new("sh");
        last.args(["-c", "exit 9"]);
        let mut first = Command::new("sh");
        first.args(["-c", "exit 7"]);
        let mut step = Step::sequence("sequence", vec![first, last]);
        assert!(step.run().unwrap_err().contains('7'));
    }

    #[test]
    fn an_impossible_step_fails_with_its_reason() {
        let mut step = Step::impossible("Python", "install one".into());
        assert_eq!(step.run(), Err("install one".into()));
    }

    #[test]
    fn a_check_comes_last_and_can_fail() {
        let check: Check = || Err("not as it should be".into());
        let outcome = shell("exit 0").then(check).run();
        assert_eq!(outcome, Err("not as it should be".into()));
        assert!(shell("exit 7").then(check).run().unwrap_err().contains('7'));
    }

    #[test]
    fn one_failure_fails_the_whole_run() {
        let code = run_all(vec![shell("exit 0"), shell("exit 3"), shell("exit 0")]);
        assert_eq!(code, ExitCode::FAILURE);
        assert_eq!(run_all(vec![shell("exit 0")]), ExitCode::SUCCESS);
    }
}
