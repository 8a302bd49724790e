//! Single entries of a namespace, wherever it is.

use procession_cluster as cluster;
use procession_cluster::dict::{Change as ServerChange, Dict as OnServer};
use procession_objects::{Change, Dict as Core, Expect};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Namespace;
use super::typed::{decode_typed, lend_typed, typed_from_server, typed_to_server};
use crate::SharedError;
use crate::attachment::Attachment;
use crate::codec::Scratch;
use crate::place::Place;
use crate::version::Version;

impl Namespace {
    /// The value of a name, and which version of the entry it is.
    pub(super) fn get_stamped<T: DeserializeOwned + 'static>(
        &self,
        name: &str,
    ) -> Result<Option<(Version, T)>, SharedError> {
        let dict = match &self.place {
            Place::Memory(dict) => dict,
            Place::Server(dict) => {
                let entry = dict.get(name.as_bytes())?;
                let entry = entry.map(|entry| {
                    let value = typed_from_server(dict.object().cluster(), &entry.value)?;
                    Ok((Version::Server(entry.stamp), value))
                });
                return entry.transpose();
            }
        };
        Scratch::lend(|scratch| {
            let reading = &mut scratch.reading;
            let stamp = dict.with(|dict, me| dict.get_stamped(me, name.as_bytes(), reading))?;
            stamp
                .map(|stamp| Ok((Version::Memory(stamp), decode_typed(reading)?)))
                .transpose()
        })
    }

    /// Sets or removes the value of a name if its entry is still the one that was read.
    pub(super) fn set_if_still<T: Serialize + 'static>(
        &self,
        name: &str,
        version: Option<Version>,
        new: Option<&T>,
    ) -> Result<bool, SharedError> {
        let here = Version::expect_in_memory(version);
        let there = Version::expect_on_server(version);
        match (&self.place, new) {
            (_, None) if version.is_none() => Ok(true),
            (Place::Memory(dict), Some(value)) => set_in_memory(dict, name, value, here),
            (Place::Memory(dict), None) => remove_in_memory(dict, name, here),
            (Place::Server(dict), Some(value)) => set_on_server(dict, name, value, there),
            (Place::Server(dict), None) => Ok(dict.remove(name.as_bytes(), there)?),
        }
    }
}

pub(super) fn set_in_memory<T: Serialize + 'static>(
    dict: &Attachment<Core>,
    name: &str,
    value: &T,
    expect: Expect,
) -> Result<bool, SharedError> {
    Scratch::lend(|scratch| {
        lend_typed(value, &mut scratch.outgoing, |value, handles| {
            let change =
                dict.with(|dict, me| dict.set(me, name.as_bytes(), value, handles, expect, None))?;
            Ok(change != Change::Refused)
        })
    })
}

pub(super) fn set_on_server<T: Serialize + 'static>(
    dict: &OnServer,
    name: &str,
    value: &T,
    expect: cluster::Expect,
) -> Result<bool, SharedError> {
    let value = typed_to_server(dict.object().cluster(), value)?;
    Ok(dict.set(name.as_bytes(), &value, expect)? != ServerChange::Refused)
}

pub(super) fn remove_in_memory(
    dict: &Attachment<Core>,
    name: &str,
    expect: Expect,
) -> Result<bool, SharedError> {
    Ok(dict.with(|dict, me| dict.remove(me, name.as_bytes(), expect, None))?)
}
