//! Functions as the tasks of a pool run them.

use std::any::type_name;
use std::marker::PhantomData;

use procession_engine::EntryError;
use procession_engine::host::Answer;
use procession_engine::pool::NamedWork;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Prepared;
use crate::Function;
use crate::codec;
use crate::function::{CapturesNothing, instance, not_decoded, not_encoded};

/// A function as every process of this build knows it, and what it makes of what.
pub(crate) struct WorkOf<T, R> {
    pub(crate) work: &'static NamedWork,
    /// The function's path in the program.
    pub(super) name: &'static str,
    types: PhantomData<fn(T) -> R>,
}

/// A function that takes one item.
pub(super) fn of_item<F, T, R>(_: CapturesNothing<F>, _function: F) -> WorkOf<T, R>
where
    F: Function<(T,), R>,
    T: DeserializeOwned + 'static,
    R: Serialize + 'static,
{
    WorkOf {
        work: const { &NamedWork::new(run_with_item::<F, T, R>) },
        name: type_name::<F>(),
        types: PhantomData,
    }
}

/// A function that takes several arguments.
pub(crate) fn of_arguments<F, A, R>(_: CapturesNothing<F>, _function: F) -> WorkOf<A, R>
where
    F: Function<A, R>,
    A: DeserializeOwned + 'static,
    R: Serialize + 'static,
{
    WorkOf {
        work: const { &NamedWork::new(run::<F, A, R>) },
        name: type_name::<F>(),
        types: PhantomData,
    }
}

/// A function that a worker runs before its first task.
pub(super) fn of_initializer<F, A, R>(_: CapturesNothing<F>, _function: F) -> &'static NamedWork
where
    F: Function<A, R>,
    A: DeserializeOwned + 'static,
    R: Prepared,
{
    const { &NamedWork::new(initialize::<F, A, R>) }
}

fn run_with_item<F, T, R>(bytes: &mut Vec<u8>, answer: Answer<'_>) -> Result<(), EntryError>
where
    F: Function<(T,), R>,
    T: DeserializeOwned + 'static,
    R: Serialize + 'static,
{
    let item = codec::decode_owned(bytes).map_err(not_decoded)?;
    give(instance::<F>().call((item,)), answer)
}

fn run<F, A, R>(bytes: &mut Vec<u8>, answer: Answer<'_>) -> Result<(), EntryError>
where
    F: Function<A, R>,
    A: DeserializeOwned + 'static,
    R: Serialize + 'static,
{
    let arguments = codec::decode_owned(bytes).map_err(not_decoded)?;
    give(instance::<F>().call(arguments), answer)
}

/// Hands the result over; what it holds is held until it has been.
fn give<R: Serialize + 'static>(mut result: R, answer: Answer<'_>) -> Result<(), EntryError> {
    let (bytes, handles) = codec::encode_last(&mut result).map_err(not_encoded)?;
    answer(bytes, &handles);
    Ok(())
}

fn initialize<F, A, R>(bytes: &mut Vec<u8>, _answer: Answer<'_>) -> Result<(), EntryError>
where
    F: Function<A, R>,
    A: DeserializeOwned + 'static,
    R: Prepared,
{
    let arguments = codec::decode_owned(bytes).map_err(not_decoded)?;
    let outcome = instance::<F>().call(arguments).into_result();
    outcome.map_err(EntryError::Arena)
}
