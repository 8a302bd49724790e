//! Functions that are called on a hosted value.
//!
//! They travel as [`Function`](crate::Function)s do: by the address of an instance of [`run`], which the
//! compiler makes for each of them.

use std::any::{Any, type_name};

use procession_engine::EntryError;
use procession_engine::host::{Answer, Maker, Method as Entry};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::codec;
use crate::function::{CapturesNothing, Function, instance, not_decoded, not_encoded};

/// A function that can be called on a hosted `T` with arguments `A` and result `R`.
///
/// It takes `&mut T` or `&T`, and after it up to eight values, which are given as a tuple. The trait is
/// implemented for every `fn` item, methods included, and every closure that captures nothing. `B` says how
/// it takes the value, and is always found by the compiler.
///
/// # Examples
///
/// ```
/// use procession::Manager;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// struct Counter(i64);
///
/// impl Counter {
///     fn add(&mut self, amount: i64) -> i64 {
///         self.0 += amount;
///         self.0
///     }
///
///     fn get(&self) -> i64 {
///         self.0
///     }
/// }
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     procession::init();
///     let manager = Manager::new()?;
///     let counter = manager.host(Counter(37))?;
///     assert_eq!(counter.call(Counter::add, (5,))?, 42);
///     assert_eq!(counter.call(Counter::get, ())?, 42);
///     assert_eq!(counter.call(|counter: &mut Counter| counter.0 % 5, ())?, 2);
///     Ok(())
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be called on a hosted `{T}` with the arguments `{A}`",
    label = "does not take `&mut {T}` or `&{T}` and then `{A}`, or captures something",
    note = "the arguments are a tuple of what the function takes after the value, in order: `(x, y)` \
            for two, `(x,)` for one, `()` for none; at most eight"
)]
pub trait Method<T, A, R, B>: Copy + Send + Sync + 'static {
    /// Calls the function.
    fn call(self, value: &mut T, arguments: A) -> R;
}

/// Marks methods that change the value: they take `&mut T`.
#[derive(Debug)]
pub struct ByMutableReference;

/// Marks methods that look at the value: they take `&T`.
#[derive(Debug)]
pub struct ByReference;

macro_rules! method {
    ($($argument:ident)*) => {
        #[diagnostic::do_not_recommend]
        impl<F, T, R, $($argument),*> Method<T, ($($argument,)*), R, ByMutableReference> for F
        where
            F: Fn(&mut T, $($argument),*) -> R + Copy + Send + Sync + 'static,
        {
            #[allow(non_snake_case)]
            fn call(self, value: &mut T, ($($argument,)*): ($($argument,)*)) -> R {
                self(value, $($argument),*)
            }
        }

        #[diagnostic::do_not_recommend]
        impl<F, T, R, $($argument),*> Method<T, ($($argument,)*), R, ByReference> for F
        where
            F: Fn(&T, $($argument),*) -> R + Copy + Send + Sync + 'static,
        {
            #[allow(non_snake_case)]
            fn call(self, value: &mut T, ($($argument,)*): ($($argument,)*)) -> R {
                self(value, $($argument),*)
            }
        }
    };
}

method!();
method!(A1);
method!(A1 A2);
method!(A1 A2 A3);
method!(A1 A2 A3 A4);
method!(A1 A2 A3 A4 A5);
method!(A1 A2 A3 A4 A5 A6);
method!(A1 A2 A3 A4 A5 A6 A7);
method!(A1 A2 A3 A4 A5 A6 A7 A8);

/// The address of a method in every process that runs this image.
pub(super) fn entry<F, T, A, R, B>(_: CapturesNothing<F>, _method: F) -> Entry
where
    F: Method<T, A, R, B>,
    T: 'static,
    A: DeserializeOwned,
    R: Serialize + 'static,
    B: 'static,
{
    run::<F, T, A, R, B>
}

/// Calls a method in the server: its arguments in, its result out.
fn run<F, T, A, R, B>(
    value: &mut dyn Any,
    arguments: &[u8],
    answer: Answer<'_>,
) -> Result<(), EntryError>
where
    F: Method<T, A, R, B>,
    T: 'static,
    A: DeserializeOwned,
    R: Serialize + 'static,
{
    let value = value
        .downcast_mut::<T>()
        .ok_or_else(|| EntryError::ArgumentDecode {
            type_name: type_name::<T>().to_owned(),
            reason: "the hosted value is of another type".to_owned(),
        })?;
    let arguments = codec::decode(arguments).map_err(not_decoded)?;
    let mut result = instance::<F>().call(value, arguments);
    let (bytes, handles) = codec::encode_last(&mut result).map_err(not_encoded)?;
    answer(bytes, &handles);
    Ok(())
}

/// Makes a value out of its own encoding.
pub(super) fn decode_value<T: DeserializeOwned + 'static>(
    bytes: &[u8],
) -> Result<Box<dyn Any>, EntryError> {
    let value: T = codec::decode_copy(bytes).map_err(not_decoded)?;
    Ok(Box::new(value))
}

/// The address of a function that makes a value, in every process that runs this image.
pub(super) fn maker<F, A, T>(_: CapturesNothing<F>, _function: F) -> Maker
where
    F: Function<A, T>,
    A: DeserializeOwned,
    T: 'static,
{
    make::<F, A, T>
}

fn make<F, A, T>(arguments: &[u8]) -> Result<Box<dyn Any>, EntryError>
where
    F: Function<A, T>,
    A: DeserializeOwned,
    T: 'static,
{
    let arguments = codec::decode(arguments).map_err(not_decoded)?;
    Ok(Box::new(instance::<F>().call(arguments)))
}
