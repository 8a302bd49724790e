//! Calculating with a number.

use super::{Plain, Value};
use crate::ClusterError;
use crate::call::Call;
use crate::script::{Script, script};

pub(super) static ADD: Script = script!("add");
pub(super) static ADD_FLOAT: Script = script!("add_float");

/// What can be added to. Integers wrap around at the ends of their range.
///
/// It is not to be implemented elsewhere.
pub trait Number: Plain + Copy {
    /// Their sum.
    fn plus(self, other: Self) -> Self;
    /// Their difference.
    fn minus(self, other: Self) -> Self;
    /// The lesser of the two.
    fn least(self, other: Self) -> Self;
    /// The greater of the two.
    fn greatest(self, other: Self) -> Self;
    /// How the server adds it.
    fn adding(self) -> Adding;
    /// How the server subtracts it.
    fn subtracting(self) -> Adding;
}

/// How the server adds something.
#[derive(Clone, Debug, PartialEq)]
pub enum Adding {
    /// As a whole number, if the sum is in the range of the type.
    Whole {
        /// What is added.
        difference: i64,
        /// The least and the greatest sum, in digits; nothing stands for those of an `i64`.
        range: (String, String),
    },
    /// As a floating-point number of so many bytes.
    Float(f64, u32),
    /// Not at all: it is not a number that the server can add.
    Elsewhere,
}

macro_rules! integers {
    ($($integer:ty)*) => {$(
        impl Number for $integer {
            fn plus(self, other: $integer) -> $integer {
                self.wrapping_add(other)
            }

            fn minus(self, other: $integer) -> $integer {
                self.wrapping_sub(other)
            }

            fn least(self, other: $integer) -> $integer {
                self.min(other)
            }

            fn greatest(self, other: $integer) -> $integer {
                self.max(other)
            }

            fn adding(self) -> Adding {
                whole::<$integer>(i64::try_from(self).ok())
            }

            fn subtracting(self) -> Adding {
                whole::<$integer>(i64::try_from(self).ok().and_then(i64::checked_neg))
            }
        }

        impl Range for $integer {
            const LEAST: i128 = <$integer>::MIN as i128;
            const GREATEST: i128 = <$integer>::MAX as i128;
        }
    )*};
}

/// The range of an integer type.
trait Range {
    const LEAST: i128;
    const GREATEST: i128;
}

integers!(u8 u16 u32 u64 usize i8 i16 i32 i64 isize);

fn whole<T: Range>(difference: Option<i64>) -> Adding {
    // The server itself refuses sums that are not in the range of an `i64`.
    let bound = |bound: i128, is_servers: bool| match is_servers {
        true => String::new(),
        false => bound.to_string(),
    };
    let range = (
        bound(T::LEAST, T::LEAST <= i64::MIN.into()),
        bound(T::GREATEST, T::GREATEST >= i64::MAX.into()),
    );
    difference.map_or(Adding::Elsewhere, |difference| Adding::Whole {
        difference,
        range,
    })
}

macro_rules! floats {
    ($($float:ty)*) => {$(
        impl Number for $float {
            fn plus(self, other: $float) -> $float {
                self + other
            }

            fn minus(self, other: $float) -> $float {
                self - other
            }

            fn least(self, other: $float) -> $float {
                self.min(other)
            }

            fn greatest(self, other: $float) -> $float {
                self.max(other)
            }

            fn adding(self) -> Adding {
                Adding::Float(self.into(), size_of::<$float>() as u32)
            }

            fn subtracting(self) -> Adding {
                Adding::Float((-self).into(), size_of::<$float>() as u32)
            }
        }
    )*};
}

floats!(f32 f64);

/// Each returns what the number was before.
impl Value {
    /// Adds to the number.
    ///
    /// # Errors
    ///
    /// As [`update_number`](Self::update_number).
    pub fn fetch_add<N: Number>(&self, number: N) -> Result<N, ClusterError> {
        match self.add(number.adding())? {
            Some(former) => self.number_of(&former),
            None => self.update_number(|former: N| Some(former.plus(number))),
        }
    }

    /// Subtracts from the number.
    ///
    /// # Errors
    ///
    /// As [`update_number`](Self::update_number).
    pub fn fetch_sub<N: Number>(&self, number: N) -> Result<N, ClusterError> {
        match self.add(number.subtracting())? {
            Some(former) => self.number_of(&former),
            None => self.update_number(|former: N| Some(former.minus(number))),
        }
    }

    /// Makes the number `number` if that is less.
    ///
    /// # Errors
    ///
    /// As [`update_number`](Self::update_number).
    pub fn fetch_min<N: Number>(&self, number: N) -> Result<N, ClusterError> {
        self.update_unless_same(|former: N| former.least(number))
    }

    /// Makes the number `number` if that is greater.
    ///
    /// # Errors
    ///
    /// As [`update_number`](Self::update_number).
    pub fn fetch_max<N: Number>(&self, number: N) -> Result<N, ClusterError> {
        self.update_unless_same(|former: N| former.greatest(number))
    }

    fn update_unless_same<N: Number>(&self, change: impl Fn(N) -> N) -> Result<N, ClusterError> {
        self.update_number(|former: N| {
            let next = change(former);
            let is_same = next.to_text() == former.to_text();
            (!is_same).then_some(next)
        })
    }

    /// Has the server add; `None` if it cannot, and nothing was changed.
    fn add(&self, adding: Adding) -> Result<Option<Vec<u8>>, ClusterError> {
        let call = match adding {
            Adding::Whole {
                difference,
                range: (least, greatest),
            } => Call::new(&ADD, &self.object)
                .argument(difference)
                .argument(least)
                .argument(greatest),
            Adding::Float(difference, bytes) => Call::new(&ADD_FLOAT, &self.object)
                .argument(difference.to_string())
                .argument(bytes),
            Adding::Elsewhere => return Ok(None),
        };
        let reply = self.object.cluster().call(call.keys(["h", "v"]))?;
        reply.into_optional_bytes()
    }
}
