//! The command line for servers, which is the same as that of Rust.

use std::convert::Infallible;
use std::ffi::OsString;

use procession_command_line::{commands, run_for_code};
use pyo3::prelude::*;

use crate::cluster::call;

/// Carries out a command line, and returns the exit code, the output and the complaints.
#[pyfunction]
pub(crate) fn command_line(
    py: Python<'_>,
    program: &str,
    arguments: Vec<OsString>,
) -> PyResult<(u8, String, String)> {
    let said = call(py, || -> Result<_, Infallible> {
        let (mut output, mut errors) = (Vec::new(), Vec::new());
        let code = run_for_code(program, arguments, &mut output, &mut errors);
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Ok((code, text(output), text(errors)))
    })?;
    match said {
        Ok(said) => Ok(said),
    }
}

/// The commands, and what each does.
#[pyfunction]
pub(crate) fn command_line_commands() -> Vec<(String, String)> {
    commands()
}
