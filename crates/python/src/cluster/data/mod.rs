//! Dicts, lists, values and arrays: what the managers of contexts on a server make.
//!
//! As in memory: a value that is stored is encoded, and decoded for whoever reads it. No code of a user runs while anything is locked; whatever
//! depends on what is there is tried, and tried again if somebody else was quicker.

mod array;
mod dict;
mod list;
mod list_change;
mod list_iterator;
mod value;

pub(crate) use array::Array;
pub(crate) use dict::Dict;
pub(crate) use list::List;
pub(crate) use value::Value;

use procession_cluster::Entry;
use pyo3::prelude::*;

use super::value::from_bytes;
use crate::manager::CONTENTS;

/// The values of entries.
fn values<'py>(
    py: Python<'py>,
    entries: Vec<Entry>,
    server: &procession_cluster::Cluster,
) -> PyResult<Vec<Bound<'py, PyAny>>> {
    entries
        .into_iter()
        .map(|entry| from_bytes(py, entry.value, server))
        .collect()
}
