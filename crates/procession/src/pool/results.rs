//! From outcomes to results.

use std::sync::Arc;

use procession_engine::PoolError;
use procession_engine::pool::{Callback, Job, Outcome};
use serde::de::DeserializeOwned;

use crate::codec::{self, CodecError};

/// The result in an outcome.
///
/// Handles in it are attached by their own `Deserialize`, while the outcome still holds their objects.
pub(super) fn decode<R: DeserializeOwned + 'static>(outcome: Outcome) -> Result<R, PoolError> {
    let mut produced = outcome?;
    let decoded = match Arc::get_mut(&mut produced) {
        Some(produced) => codec::decode_owned(produced.bytes_mut()),
        None => codec::decode_copy(produced.bytes()),
    };
    decoded
        .map_err(|CodecError { type_name, reason }| PoolError::ResultDecode { type_name, reason })
}

/// The result of a job with one task.
pub(super) fn one<R: DeserializeOwned + 'static>(job: &Job) -> Result<R, PoolError> {
    decode(job.outcome(0)?)
}

/// The results of a job with any number of tasks, or the first error.
pub(super) fn all<R: DeserializeOwned + 'static>(job: &Job) -> Result<Vec<R>, PoolError> {
    (0..job.submitted())
        .map(|index| decode(job.outcome(index)?))
        .collect()
}

pub(super) fn callback_of_one<R: DeserializeOwned + 'static>(
    callback: impl FnOnce(&R) + Send + 'static,
    error_callback: impl FnOnce(&PoolError) + Send + 'static,
) -> Callback {
    Box::new(move |outcomes| {
        let outcome = outcomes
            .first()
            .cloned()
            .unwrap_or(Err(PoolError::NotReady));
        match decode(outcome) {
            Ok(result) => callback(&result),
            Err(error) => error_callback(&error),
        }
    })
}

pub(super) fn callback_of_all<R: DeserializeOwned + 'static>(
    callback: impl FnOnce(&Vec<R>) + Send + 'static,
    error_callback: impl FnOnce(&PoolError) + Send + 'static,
) -> Callback {
    Box::new(
        move |outcomes| match outcomes.iter().cloned().map(decode).collect() {
            Ok(results) => callback(&results),
            Err(error) => error_callback(&error),
        },
    )
}
