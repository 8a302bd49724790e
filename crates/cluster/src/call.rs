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
    pub(crate) fn argument(mut self, argument: impl AsArgument) -> Call<'a> {
        self.arguments.push(argument.as_argument());
        self
    }

    /// These are the next arguments.
    pub(crate) fn arguments<A: AsArgument>(
        mut self,
        arguments: impl IntoIterator<Item = A>,
    ) -> Call<'a> {
        self.arguments
            .extend(arguments.into_iter().map(AsArgument::as_argument));
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
pub(crate) trait AsArgument {
    fn as_argument(self) -> Vec<u8>;
}

impl AsArgument for &str {
    fn as_argument(self) -> Vec<u8> {
        self.as_bytes().to_vec()
    }
}

impl AsArgument for String {
    fn as_argument(self) -> Vec<u8> {
        self.into_bytes()
    }
}

impl AsArgument for Vec<u8> {
    fn as_argument(self) -> Vec<u8> {
        self
    }
}

impl AsArgument for &[u8] {
    fn as_argument(self) -> Vec<u8> {
        self.to_vec()
    }
}

/// Whole milliseconds.
impl AsArgument for Duration {
    fn as_argument(self) -> Vec<u8> {
        self.as_millis().to_string().into_bytes()
    }
}

macro_rules! numbers {
    ($($number:ty)*) => {
        $(impl AsArgument for $number {
            fn as_argument(self) -> Vec<u8> {
                self.to_string().into_bytes()
            }
        })*
    };
}

numbers!(u32 u64 usize i32 i64);

impl AsArgument for bool {
    fn as_argument(self) -> Vec<u8> {
        vec![if self { b'1' } else { b'0' }]
    }
}
