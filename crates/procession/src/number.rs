//! Types that stand in shared memory as a word, on which the processor's atomic instructions work.

use std::any::{Any, TypeId, type_name};

use procession_arena::mem::Unit;
use procession_cluster::array::Operation;
use procession_cluster::value::Plain;
use procession_objects::AtomicCell;

use crate::SharedError;
use crate::codec::CodecError;

/// Integers and floating-point numbers: what can be added to, in a
/// [`Value`](crate::Value) or a [`SharedArray`](crate::SharedArray).
///
/// These are `u8` to `u64`, `i8` to `i64`, `usize`, `isize`, `f32` and `f64`. Integers wrap around at
/// the ends of their range, in debug builds as well.
pub trait Number: sealed::Number {}

/// Integers and `bool`: what has bits to combine, in a [`Value`](crate::Value) or a
/// [`SharedArray`](crate::SharedArray).
///
/// These are `u8` to `u64`, `i8` to `i64`, `usize`, `isize` and `bool`.
pub trait Bits: sealed::Bits {}

pub(crate) mod sealed {
    use procession_arena::mem::Unit;
    use procession_cluster::array::Operation;
    use procession_cluster::value::{Number as OnServer, Plain};
    use procession_objects::AtomicCell;

    /// What is a word in shared memory.
    pub trait Word: Copy + 'static {
        const UNIT: Unit;

        fn to_word(self) -> u64;

        /// `None` if the type has no such value, so that somebody must have damaged it.
        fn from_word(word: u64) -> Option<Self>;
    }

    pub trait Bits: Word + Plain {}

    /// Each of these changes the number and returns what it was.
    pub trait Number: Word + OnServer {
        /// How an element of an array on a server is added to.
        const ADDING: Operation;

        /// What is added in place of subtracting this.
        fn negated(self) -> Self;

        fn fetch_add(self, cell: AtomicCell<'_>) -> u64;
        fn fetch_sub(self, cell: AtomicCell<'_>) -> u64;
        fn fetch_min(self, cell: AtomicCell<'_>) -> u64;
        fn fetch_max(self, cell: AtomicCell<'_>) -> u64;
    }
}

macro_rules! integers {
    ($($integer:ty),*) => {$(
        impl sealed::Word for $integer {
            const UNIT: Unit = unit_of_size(size_of::<$integer>());

            #[inline]
            fn to_word(self) -> u64 {
                self as u64
            }

            #[inline]
            fn from_word(word: u64) -> Option<$integer> {
                Some(word as $integer)
            }
        }

        impl sealed::Number for $integer {
            const ADDING: Operation = Operation::Add;

            #[inline]
            fn negated(self) -> $integer {
                self.wrapping_neg()
            }

            #[inline]
            fn fetch_add(self, cell: AtomicCell<'_>) -> u64 {
                cell.fetch_add(self as u64)
            }

            #[inline]
            fn fetch_sub(self, cell: AtomicCell<'_>) -> u64 {
                cell.fetch_sub(self as u64)
            }

            #[inline]
            fn fetch_min(self, cell: AtomicCell<'_>) -> u64 {
                update(cell, |found| (self < found as $integer).then_some(self as u64))
            }

            #[inline]
            fn fetch_max(self, cell: AtomicCell<'_>) -> u64 {
                update(cell, |found| (self > found as $integer).then_some(self as u64))
            }
        }

        impl sealed::Bits for $integer {}
        impl Number for $integer {}
        impl Bits for $integer {}
    )*};
}

macro_rules! floats {
    ($($float:ty as $bits:ty),*) => {$(
        impl sealed::Word for $float {
            const UNIT: Unit = unit_of_size(size_of::<$float>());

            #[inline]
            fn to_word(self) -> u64 {
                self.to_bits().into()
            }

            #[inline]
            fn from_word(word: u64) -> Option<$float> {
                Some(<$float>::from_bits(word as $bits))
            }
        }

        impl sealed::Number for $float {
            const ADDING: Operation = Operation::AddFloat;

            #[inline]
            fn negated(self) -> $float {
                -self
            }

            #[inline]
            fn fetch_add(self, cell: AtomicCell<'_>) -> u64 {
                change(cell, |found: $float| found + self)
            }

            #[inline]
            fn fetch_sub(self, cell: AtomicCell<'_>) -> u64 {
                change(cell, |found: $float| found - self)
            }

            #[inline]
            fn fetch_min(self, cell: AtomicCell<'_>) -> u64 {
                change(cell, |found: $float| found.min(self))
            }

            #[inline]
            fn fetch_max(self, cell: AtomicCell<'_>) -> u64 {
                change(cell, |found: $float| found.max(self))
            }
        }

        impl Number for $float {}
    )*};
}

integers!(u8, u16, u32, u64, usize, i8, i16, i32, i64, isize);
floats!(f32 as u32, f64 as u64);

impl sealed::Word for bool {
    const UNIT: Unit = Unit::One;

    #[inline]
    fn to_word(self) -> u64 {
        self.into()
    }

    #[inline]
    fn from_word(word: u64) -> Option<bool> {
        match word {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

impl sealed::Bits for bool {}
impl Bits for bool {}

impl sealed::Word for char {
    const UNIT: Unit = Unit::Four;

    #[inline]
    fn to_word(self) -> u64 {
        u32::from(self).into()
    }

    #[inline]
    fn from_word(word: u64) -> Option<char> {
        u32::try_from(word).ok().and_then(char::from_u32)
    }
}

const fn unit_of_size(size: usize) -> Unit {
    match size {
        1 => Unit::One,
        2 => Unit::Two,
        4 => Unit::Four,
        _ => Unit::Eight,
    }
}

/// Replaces the number unless `next` says that it stays, and returns what it was.
#[inline]
fn update(cell: AtomicCell<'_>, next: impl FnMut(u64) -> Option<u64>) -> u64 {
    cell.fetch_update(next).unwrap_or_else(|found| found)
}

/// Calculates with the number, which cannot be done by one instruction.
#[inline]
fn change<T: sealed::Word>(cell: AtomicCell<'_>, mut next: impl FnMut(T) -> T) -> u64 {
    update(cell, |found| {
        T::from_word(found).map(|it| next(it).to_word())
    })
}

/// Does the same for each type that is a word.
///
/// The comparisons of type ids are of constants: after inlining, one branch is left.
macro_rules! for_each_word {
    ($each:ident) => {
        $each!(
            u8, u16, u32, u64, usize, i8, i16, i32, i64, isize, f32, f64, bool, char
        )
    };
}

/// How wide a `T` is as a word; `None` if it is not one.
#[inline]
pub(crate) fn unit_of<T: 'static>() -> Option<Unit> {
    macro_rules! compare {
        ($($word:ty),*) => {
            $(if TypeId::of::<T>() == TypeId::of::<$word>() {
                return Some(<$word as sealed::Word>::UNIT);
            })*
        };
    }
    for_each_word!(compare);
    None
}

/// The word that stands for a value of a type that is one.
#[inline]
pub(crate) fn to_word<T: 'static>(value: &T) -> Option<u64> {
    let value: &dyn Any = value;
    macro_rules! convert {
        ($($word:ty),*) => {
            $(if let Some(value) = value.downcast_ref::<$word>() {
                return Some(sealed::Word::to_word(*value));
            })*
        };
    }
    for_each_word!(convert);
    None
}

/// The value that a word stands for; `None` if the type is not a word, or the word not one of its.
#[inline]
pub(crate) fn from_word<T: 'static>(word: u64) -> Option<T> {
    let mut place: Option<T> = None;
    let any: &mut dyn Any = &mut place;
    macro_rules! convert {
        ($($word:ty),*) => {
            $(if let Some(place) = any.downcast_mut::<Option<$word>>() {
                *place = sealed::Word::from_word(word);
            })*
        };
    }
    for_each_word!(convert);
    place
}

/// The digits in which a value of a type that is a word stands on a server.
pub(crate) fn to_digits<T: 'static>(value: &T) -> Option<String> {
    let value: &dyn Any = value;
    macro_rules! convert {
        ($($word:ty),*) => {
            $(if let Some(value) = value.downcast_ref::<$word>() {
                return Some(Plain::to_text(*value));
            })*
        };
    }
    for_each_word!(convert);
    None
}

/// The value that digits stand for; `None` if the type is not a word, or has no such value.
pub(crate) fn from_digits<T: 'static>(digits: &str) -> Option<T> {
    let mut place: Option<T> = None;
    let any: &mut dyn Any = &mut place;
    macro_rules! convert {
        ($($word:ty),*) => {
            $(if let Some(place) = any.downcast_mut::<Option<$word>>() {
                *place = Plain::of_text(digits);
            })*
        };
    }
    for_each_word!(convert);
    place
}

/// What is said of a word that is no value of its type.
#[cold]
pub(crate) fn damaged<T>() -> SharedError {
    SharedError::decode(CodecError {
        type_name: type_name::<T>().to_owned(),
        reason: "there is no such value; a process of this session has overwritten it by accident"
            .to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes<T: Copy + PartialEq + 'static>(values: &[T]) {
        for value in values {
            let word = to_word(value);
            assert!(word.and_then(from_word) == Some(*value), "{word:?}");
            let digits = to_digits(value).unwrap_or_default();
            assert!(from_digits(&digits) == Some(*value), "{digits}");
        }
        assert_eq!(unit_of::<T>().map(Unit::size), Some(size_of::<T>()));
    }

    #[test]
    fn words_come_back_as_what_they_were() {
        passes(&[0, 1, u8::MAX]);
        passes(&[i8::MIN, -1, i8::MAX]);
        passes(&[i64::MIN, -1, i64::MAX]);
        passes(&[0, usize::MAX]);
        passes(&[f32::MIN, -0.5, f32::INFINITY]);
        passes(&[f64::MIN, -0.5, f64::INFINITY]);
        passes(&[false, true]);
        passes(&['a', '馒', char::MAX]);
    }

    #[test]
    fn what_is_not_a_word_stays_out() {
        assert_eq!(to_word(&"text"), None);
        assert_eq!(to_word(&u128::MAX), None);
        assert!(unit_of::<Option<u8>>().is_none());
        assert_eq!(from_word::<String>(1), None);
    }

    #[test]
    fn a_damaged_word_is_noticed() {
        assert_eq!(from_word::<bool>(2), None);
        assert_eq!(from_word::<char>(0xd800), None);
        assert_eq!(from_digits::<u8>("256"), None);
        assert_eq!(from_digits::<char>("55296"), None);
        assert_eq!(from_digits::<String>("1"), None);
    }
}
