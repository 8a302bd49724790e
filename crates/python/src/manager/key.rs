//! Keys of dicts as bytes, which are equal if and only if Python says that the keys are.
//!
//! Numbers stand as what they are worth, whatever their type; tuples by their items, frozensets by their sorted elements; what derives
//! from such a type without comparing in its own way, as its base. All other types go through `procession.keys`.

use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use pyo3::exceptions::{PyRecursionError, PyTypeError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyBytes, PyFloat, PyFrozenSet, PyInt, PyString, PyTuple};

use super::{Stored, entry};
use crate::encoding::{LONGEST_TUPLE, MOST_DEPTH, tag};

/// What only keys need; the others are those of plain values.
mod key_tag {
    pub(super) const LARGE_INTEGER: u8 = 32;
    pub(super) const SURROGATES: u8 = 33;
    pub(super) const LONG_TUPLE: u8 = 34;
    pub(super) const FROZEN_SET: u8 = 35;
    pub(super) const NAMED: u8 = 36;
    pub(super) const UNIQUE: u8 = 37;
}

/// Deeper keys are refused before they exhaust the stack.
const DEEPEST: usize = 256;

/// A key on its way to a dict.
pub(crate) struct Key<'a, 'py> {
    pub(crate) given: &'a Bound<'py, PyAny>,
    pub(crate) bytes: Vec<u8>,
    /// The key can be had back from the bytes as it was given.
    pub(crate) is_itself: bool,
    /// Equal to no other key, not even to a copy of itself.
    pub(crate) is_unique: bool,
}

impl<'a, 'py> Key<'a, 'py> {
    /// # Errors
    ///
    /// TypeError if the key cannot be hashed, or is of a type that compares in its own way and has not said how.
    #[inline]
    pub(crate) fn new(given: &'a Bound<'py, PyAny>) -> PyResult<Key<'a, 'py>> {
        let mut writer = Writer {
            bytes: Vec::with_capacity(32),
            is_itself: true,
            is_unique: false,
        };
        writer.write(given, 0)?;
        if writer.is_unique {
            writer.write_nonce();
        }
        Ok(Key {
            given,
            bytes: writer.bytes,
            is_itself: writer.is_itself,
            is_unique: writer.is_unique,
        })
    }

    /// What is to stand in a new entry with this key.
    pub(crate) fn entry(&self, value: &[u8]) -> PyResult<Option<Vec<u8>>> {
        if self.is_itself {
            return Ok(None);
        }
        let key = Stored::new(self.given)?;
        if !key.handles.is_empty() {
            return Err(PyTypeError::new_err(
                "a shared object cannot be a key, or a part of one: it compares by identity, which no other process knows",
            ));
        }
        Ok(Some(entry::marked(&key.bytes, value)))
    }
}

struct Writer {
    bytes: Vec<u8>,
    is_itself: bool,
    is_unique: bool,
}

impl Writer {
    #[inline]
    fn write(&mut self, key: &Bound<'_, PyAny>, depth: usize) -> PyResult<()> {
        if let Ok(text) = key.cast_exact::<PyString>() {
            self.write_text(text)
        } else if let Ok(number) = key.cast_exact::<PyInt>() {
            self.write_integer(number)
        } else if let Ok(bytes) = key.cast_exact::<PyBytes>() {
            self.write_counted(tag::BYTES, bytes.as_bytes());
            Ok(())
        } else if let Ok(tuple) = key.cast_exact::<PyTuple>() {
            self.write_tuple(tuple, depth)
        } else if key.is_none() {
            self.bytes.push(tag::NONE);
            Ok(())
        } else if let Ok(number) = key.cast_exact::<PyFloat>() {
            self.write_float(number)
        } else if let Ok(truth) = key.cast_exact::<PyBool>() {
            self.is_itself = false;
            self.write_small(truth.is_true().into());
            Ok(())
        } else if let Ok(elements) = key.cast_exact::<PyFrozenSet>() {
            self.write_set(elements, depth)
        } else {
            self.write_other(key, depth)
        }
    }

    fn write_text(&mut self, text: &Bound<'_, PyString>) -> PyResult<()> {
        if let Ok(text) = text.to_str() {
            self.write_counted(tag::STRING, text.as_bytes());
            return Ok(());
        }
        self.is_itself = false;
        let bytes = text.call_method1("encode", ("utf-8", "surrogatepass"))?;
        let bytes = bytes.cast_into::<PyBytes>()?;
        self.write_counted(key_tag::SURROGATES, bytes.as_bytes());
        Ok(())
    }

    fn write_integer(&mut self, number: &Bound<'_, PyInt>) -> PyResult<()> {
        if let Ok(number) = number.extract::<i64>() {
            self.write_small(number);
            return Ok(());
        }
        self.is_itself = false;
        let digits = number.call_method1("__format__", ("x",))?;
        let digits = digits.cast_into::<PyString>()?;
        self.write_counted(key_tag::LARGE_INTEGER, digits.to_str()?.as_bytes());
        Ok(())
    }

    fn write_small(&mut self, number: i64) {
        self.bytes.push(tag::INTEGER);
        self.bytes.extend_from_slice(&number.to_le_bytes());
    }

    fn write_float(&mut self, number: &Bound<'_, PyFloat>) -> PyResult<()> {
        let value = number.value();
        if value.is_nan() {
            self.is_itself = false;
            self.is_unique = true;
        } else if value.fract() == 0.0 {
            self.is_itself = false;
            let whole = number.call_method0("__int__")?;
            return self.write_integer(whole.cast::<PyInt>()?);
        } else {
            self.bytes.push(tag::FLOAT);
            self.bytes.extend_from_slice(&value.to_bits().to_le_bytes());
        }
        Ok(())
    }

    fn write_tuple(&mut self, tuple: &Bound<'_, PyTuple>, depth: usize) -> PyResult<()> {
        match u8::try_from(tuple.len()) {
            Ok(length) if tuple.len() <= LONGEST_TUPLE => {
                self.is_itself &= depth < MOST_DEPTH;
                self.bytes.extend_from_slice(&[tag::TUPLE, length]);
            }
            _ => {
                self.is_itself = false;
                self.write_count(key_tag::LONG_TUPLE, tuple.len());
            }
        }
        let depth = one_deeper(depth)?;
        tuple
            .iter_borrowed()
            .try_for_each(|item| self.write(&item, depth))
    }

    fn write_set(&mut self, elements: &Bound<'_, PyFrozenSet>, depth: usize) -> PyResult<()> {
        let depth = one_deeper(depth)?;
        let mut encodings = Vec::with_capacity(elements.len());
        for element in elements.iter() {
            let mut writer = Writer {
                bytes: Vec::new(),
                ..*self
            };
            writer.write(&element, depth)?;
            self.is_unique |= writer.is_unique;
            encodings.push(writer.bytes);
        }
        encodings.sort_unstable();
        self.is_itself = false;
        self.write_count(key_tag::FROZEN_SET, encodings.len());
        for encoding in encodings {
            self.bytes.extend_from_slice(&encoding);
        }
        Ok(())
    }

    /// A key of a type that is not known here: as what `procession.keys` reduces it to.
    #[cold]
    fn write_other(&mut self, key: &Bound<'_, PyAny>, depth: usize) -> PyResult<()> {
        static REDUCED: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        // Says in Python's own words what cannot be a key.
        key.hash()?;
        self.is_itself = false;
        let depth = one_deeper(depth)?;
        let reduced = REDUCED.import(key.py(), "procession.keys", "reduced")?;
        let (name, rest): (Option<String>, Bound<'_, PyAny>) = reduced.call1((key,))?.extract()?;
        match name.as_deref() {
            None => {}
            Some("") => {
                self.is_unique = true;
                return Ok(());
            }
            Some(name) => self.write_counted(key_tag::NAMED, name.as_bytes()),
        }
        self.write(&rest, depth)
    }

    fn write_counted(&mut self, tag: u8, contents: &[u8]) {
        self.write_count(tag, contents.len());
        self.bytes.extend_from_slice(contents);
    }

    fn write_count(&mut self, tag: u8, count: usize) {
        self.bytes.push(tag);
        self.bytes.extend_from_slice(&(count as u64).to_le_bytes());
    }

    /// What no other key of any process ends with.
    fn write_nonce(&mut self) {
        static PROCESS: OnceLock<u64> = OnceLock::new();
        static KEYS: AtomicU64 = AtomicU64::new(0);
        // A copy of this process has the same number and the same count, but another pid.
        let process = PROCESS.get_or_init(|| RandomState::new().hash_one(()));
        self.bytes.push(key_tag::UNIQUE);
        self.bytes.extend_from_slice(&process.to_le_bytes());
        self.bytes
            .extend_from_slice(&std::process::id().to_le_bytes());
        let number = KEYS.fetch_add(1, Ordering::Relaxed);
        self.bytes.extend_from_slice(&number.to_le_bytes());
    }
}

fn one_deeper(depth: usize) -> PyResult<usize> {
    match depth < DEEPEST {
        true => Ok(depth + 1),
        false => Err(PyRecursionError::new_err("the key is nested too deeply")),
    }
}
