//! A value on a server: a number in digits, or a record.

use procession_cluster::Expect;
use procession_cluster::value::Value as OnServer;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::get_set::Version;
use crate::SharedError;
use crate::number::{damaged, from_digits, to_digits, unit_of};
use crate::on_server::{from_bytes, not_a, to_bytes};
use crate::version::Version as Record;

pub(super) fn set<T: Serialize + 'static>(place: &OnServer, value: &T) -> Result<(), SharedError> {
    match to_digits(value) {
        Some(digits) => place.swap_number(digits).map(drop)?,
        None => {
            let bytes = to_bytes(place.object().cluster(), value)?;
            place.set(&bytes, Expect::Anything).map(drop)?;
        }
    }
    Ok(())
}

/// Replaces the value if it still is that version; says whether it was.
pub(super) fn replace<T: Serialize + 'static>(
    place: &OnServer,
    version: Version,
    value: &T,
) -> Result<bool, SharedError> {
    match (version, to_digits(value)) {
        (Version::Digits(digits), Some(new)) => Ok(place.replace_number(&digits, new)?),
        (Version::Record(record), _) => {
            let bytes = to_bytes(place.object().cluster(), value)?;
            Ok(place.set(&bytes, Record::expect_on_server(Some(record)))?)
        }
        (Version::Digits(_), None) | (Version::Word(_), _) => Err(damaged::<T>()),
    }
}

/// The value, and which version of it that is.
pub(super) fn get<T: DeserializeOwned + 'static>(
    place: &OnServer,
) -> Result<(T, Version), SharedError> {
    if unit_of::<T>().is_some() {
        let digits: String = place.get_number()?;
        return Ok((number(&digits)?, Version::Digits(digits)));
    }
    let entry = place.get()?;
    let value = from_bytes(place.object().cluster(), entry.value)?;
    Ok((value, Version::Record(Record::Server(entry.stamp))))
}

pub(super) fn swap<T: Serialize + DeserializeOwned + 'static>(
    place: &OnServer,
    value: &T,
) -> Result<T, SharedError> {
    if let Some(digits) = to_digits(value) {
        return number(&place.swap_number(digits)?);
    }
    let cluster = place.object().cluster();
    from_bytes(cluster, place.swap(&to_bytes(cluster, value)?)?)
}

fn number<T: 'static>(digits: &str) -> Result<T, SharedError> {
    from_digits(digits).ok_or_else(|| not_a::<T>(digits))
}
