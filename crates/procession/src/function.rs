//! Functions that can run in another process.
//!
//! A function travels as the address of its [`run`], an instance of which the compiler makes for
//! each function, argument types and result type. The function itself is not sent: it has no bytes
//! (it is a `fn` item, or a closure that captures nothing), so that the other process, which runs
//! the same image, has it already.

use std::marker::PhantomData;
use std::mem::MaybeUninit;

use procession_engine::{Arguments, Entry, EntryError, Returned};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::codec::{self, CodecError};

/// A function that can run in another process with arguments `A` and result `R`.
///
/// `A` is a tuple of zero to eight values. The trait is implemented for every `fn` item and every closure that captures nothing. What the function
/// needs it gets as arguments; see the [crate's documentation](crate#what-can-run-in-another-process).
///
/// A closure that captures something is refused when the program is compiled:
///
/// ```compile_fail,E0080
/// use procession::Process;
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     procession::init();
///     let factor = 3;
///     Process::spawn(move |x: u32| x * factor, (14,))?; // pass `factor` as an argument instead
///     Ok(())
/// }
/// ```
///
/// So is a function pointer, which does not say which function it will point to:
///
/// ```compile_fail,E0080
/// use procession::Process;
///
/// fn double(x: u32) -> u32 {
///     2 * x
/// }
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     procession::init();
///     let pointer: fn(u32) -> u32 = double; // name `double` itself instead
///     Process::spawn(pointer, (21,))?;
///     Ok(())
/// }
/// ```
///
/// And arguments that do not fit the function:
///
/// ```compile_fail,E0308
/// use procession::Process;
///
/// fn double(x: u32) -> u32 {
///     2 * x
/// }
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     procession::init();
///     Process::spawn(double, ("21",))?;
///     Ok(())
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot run in another process with the arguments `{A}`",
    label = "does not take `{A}`, or is not a function that captures nothing",
    note = "the arguments are a tuple of what the function takes, in order and by value: `(x, y)` \
            for two, `(x,)` for one, `()` for none; at most eight",
    note = "a closure must capture nothing: pass what it needs as arguments"
)]
pub trait Function<A, R>: Copy + Send + Sync + 'static {
    /// Calls the function.
    fn call(self, arguments: A) -> R;
}

macro_rules! function {
    ($($argument:ident)*) => {
        #[diagnostic::do_not_recommend]
        impl<F, R, $($argument),*> Function<($($argument,)*), R> for F
        where
            F: Fn($($argument),*) -> R + Copy + Send + Sync + 'static,
        {
            #[allow(non_snake_case)]
            fn call(self, ($($argument,)*): ($($argument,)*)) -> R {
                self($($argument),*)
            }
        }
    };
}

function!();
function!(A1);
function!(A1 A2);
function!(A1 A2 A3);
function!(A1 A2 A3 A4);
function!(A1 A2 A3 A4 A5);
function!(A1 A2 A3 A4 A5 A6);
function!(A1 A2 A3 A4 A5 A6 A7);
function!(A1 A2 A3 A4 A5 A6 A7 A8);

/// The proof that a function is nothing but its code.
pub(crate) struct CapturesNothing<F>(PhantomData<F>);

impl<F> CapturesNothing<F> {
    /// To be called in a `const` block; for a function that captures something, that block fails.
    ///
    /// The compiler complains about the function with the block, and who calls that one. So the
    /// blocks are in the public functions, and the message leads to a line of the user's.
    pub(crate) const fn new() -> CapturesNothing<F> {
        assert!(
            size_of::<F>() == 0,
            "a function that runs in another process must capture nothing: pass what it needs as \
             arguments, and name the function itself rather than a pointer to it"
        );
        CapturesNothing(PhantomData)
    }
}

/// The address of a function in every process that runs this image.
#[inline]
pub(crate) fn entry<F, A, R>(_: CapturesNothing<F>, _function: F) -> Entry
where
    F: Function<A, R>,
    A: DeserializeOwned,
    R: Serialize + 'static,
{
    run::<F, A, R>
}

/// Runs a function in this process: its arguments in, its result out.
fn run<F, A, R>(arguments: Arguments) -> Result<Returned, EntryError>
where
    F: Function<A, R>,
    A: DeserializeOwned,
    R: Serialize + 'static,
{
    let values = codec::decode(arguments.bytes()).map_err(not_decoded)?;
    // The handles in the arguments are attached, so that the message may let go of their objects.
    drop(arguments);
    let mut result = instance::<F>().call(values);
    let (bytes, handles) = codec::encode_last(&mut result).map_err(not_encoded)?;
    Ok(Returned::held_to_the_end(bytes, handles)?)
}

/// The function of type `F`, of which there is one alone. Only in code whose address was made with a proof that
/// `F` captures nothing, and with an `F`.
pub(crate) fn instance<F: Copy + Send + Sync + 'static>() -> F {
    const { assert!(size_of::<F>() == 0) };
    let function = MaybeUninit::<F>::uninit();
    // SAFETY: `F` has no bytes that could be uninitialised. It has a value: whoever made the address of the code
    // around this was given one. And that value may be had here too: it is `Copy`, `Send`, `Sync` and `'static`, so
    // that it is bound to no place, thread or time, and it is a function of the image that this process runs as well.
    unsafe { function.assume_init() }
}

pub(crate) fn not_decoded(CodecError { type_name, reason }: CodecError) -> EntryError {
    EntryError::ArgumentDecode { type_name, reason }
}

pub(crate) fn not_encoded(CodecError { type_name, reason }: CodecError) -> EntryError {
    EntryError::ResultEncode { type_name, reason }
}
