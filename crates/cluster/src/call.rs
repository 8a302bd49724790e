//! A call of a script, or a plain command, on one object.

use std::time::Duration;

use crate::object::Object;
use crate::script::Script;

/// One step of an object, as it is asked for.
pub(crate) struct Call<'a> {
    pub(crate) script: &'static Script,
    pub(crate) object: &'a Object,
    pub(crate) keys: Vec<String>,
    pub(crate) arguments: Vec<Vec<u8>>,
}

impl<'a> Call<'a> {
    pub(crate) fn new(script: &'static Script, object: &'a Object) -> Call<'a> {
        Call {
            script,
            object,
            keys: Vec::new(),
            arguments: Vec::new(),
        }
    }

    /// These parts of the object are the next keys.
    pub(crate) fn keys<const N: usize>(mut self, parts: [&str; N]) -> Call<'a> {
        self.keys.extend(parts.map(|part| self.object.key(part)));
        self
    }

    /// This is the next argument.
    pub(crate) fn argument(mut self, argument: impl IntoArgument) -> Call<'a> {
        self.arguments.push(argument.into_argument());
        self
    }

    /// These are the next arguments.
    pub(crate) fn arguments<A: IntoArgument>(
        mut self,
        arguments: impl IntoIterator<Item = A>,
    ) -> Call<'a> {
        self.arguments
            .extend(arguments.into_iter().map(IntoArgument::into_argument));
        self
    }
}

/// How much is to be done for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effort {
    /// One attempt.
    Once,
    /// As many as it takes until the patience that the address tells is over.
    Patient,
}

/// What can be an argument of a script.
pub(crate) trait IntoArgument {
    fn into_argument(self) -> Vec<u8>;
}

impl IntoArgument for &str {
    fn into_argument(self) -> Vec<u8> {
        self.as_bytes().to_vec()
    }
}

impl IntoArgument for String {
    fn into_argument(self) -> Vec<u8> {
        self.into_bytes()
    }
}

impl IntoArgument for Vec<u8> {
    fn into_argument(self) -> Vec<u8> {
        self
    }
}

impl IntoArgument for &[u8] {
    fn into_argument(self) -> Vec<u8> {
        self.to_vec()
    }
}

/// Whole milliseconds.
impl IntoArgument for Duration {
    fn into_argument(self) -> Vec<u8> {
        self.as_millis().to_string().into_bytes()
    }
}

macro_rules! numbers {
    ($($number:ty)*) => {
        $(impl IntoArgument for $number {
            fn into_argument(self) -> Vec<u8> {
                self.to_string().into_bytes()
            }
        })*
    };
}

numbers!(u32 u64 usize i32 i64);

impl IntoArgument for bool {
    fn into_argument(self) -> Vec<u8> {
        vec![if self { b'1' } else { b'0' }]
    }
}
