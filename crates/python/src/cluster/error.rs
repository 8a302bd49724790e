//! What went wrong on the way to a server, as a Python exception.

use procession_cluster::ClusterError;
use pyo3::prelude::*;

/// The exception for an error that no caller has made something of its own of.
pub(super) fn to_exception(py: Python<'_>, error: &ClusterError) -> PyErr {
    exception_of(py, class_of(error), error.to_string())
}

/// An exception of a class of `procession.exceptions`.
pub(super) fn exception_of(py: Python<'_>, class: &str, text: String) -> PyErr {
    let class = py
        .import("procession.exceptions")
        .and_then(|module| module.getattr(class)?.cast_into().map_err(PyErr::from));
    match class {
        Ok(class) => PyErr::from_type(class, text),
        Err(error) => error,
    }
}

/// As the stdlib raises them: without a word.
pub(super) fn nothing_said(py: Python<'_>, module: &str, class: &str) -> PyErr {
    let class = py
        .import(module)
        .and_then(|module| module.getattr(class)?.cast_into().map_err(PyErr::from));
    match class {
        Ok(class) => PyErr::from_type(class, ()),
        Err(error) => error,
    }
}

/// The class in `procession.exceptions`: one of its own for whatever a program may want to handle.
fn class_of(error: &ClusterError) -> &'static str {
    match error {
        ClusterError::Address { .. } | ClusterError::Insecure { .. } => "AddressError",
        ClusterError::Unavailable { .. } => "ServerUnavailable",
        ClusterError::Full => "ServerFull",
        ClusterError::WrongPassword { .. } => "WrongPassword",
        ClusterError::NoPermission { .. } => "NoPermission",
        ClusterError::Gone { .. } => "ObjectGone",
        ClusterError::Mismatch { .. } => "SettingsMismatch",
        ClusterError::LeaseLost { .. } => "LeaseLost",
        ClusterError::Unconfirmed { .. } => "Unconfirmed",
        ClusterError::TooLarge { .. } => "PayloadTooLarge",
        ClusterError::Unsigned { .. }
        | ClusterError::BadSignature { .. }
        | ClusterError::NoKey { .. } => "NotSigned",
        _ => "ClusterError",
    }
}
