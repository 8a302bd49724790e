//! From outcomes to results.

use procession_engine::PoolError;
use procession_engine::pool::{Callback, Job};
use serde::de::DeserializeOwned;

use super::route::Route;

/// The result of a job with one task.
pub(super) fn one<R: DeserializeOwned + 'static>(job: &Job, route: &Route) -> Result<R, PoolError> {
    route.decode(job.outcome(0)?)
}

/// The results of a job with any number of tasks, or the first error.
pub(super) fn all<R: DeserializeOwned + 'static>(
    job: &Job,
    route: &Route,
) -> Result<Vec<R>, PoolError> {
    (0..job.submitted())
        .map(|index| route.decode(job.outcome(index)?))
        .collect()
}

pub(super) fn callback_of_one<R: DeserializeOwned + 'static>(
    route: Route,
    callback: impl FnOnce(&R) + Send + 'static,
    error_callback: impl FnOnce(&PoolError) + Send + 'static,
) -> Callback {
    Box::new(move |outcomes| {
        let outcome = outcomes
            .first()
            .cloned()
            .unwrap_or(Err(PoolError::NotReady));
        match route.decode(outcome) {
            Ok(result) => callback(&result),
            Err(error) => error_callback(&error),
        }
    })
}

pub(super) fn callback_of_all<R: DeserializeOwned + 'static>(
    route: Route,
    callback: impl FnOnce(&Vec<R>) + Send + 'static,
    error_callback: impl FnOnce(&PoolError) + Send + 'static,
) -> Callback {
    Box::new(move |outcomes| {
        let results = outcomes
            .iter()
            .cloned()
            .map(|outcome| route.decode(outcome));
        match results.collect() {
            Ok(results) => callback(&results),
            Err(error) => error_callback(&error),
        }
    })
}
