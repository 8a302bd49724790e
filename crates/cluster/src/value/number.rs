//! A value that is a number, in digits.

use std::any::type_name;

use super::Value;
use crate::ClusterError;

/// What stands on the server in digits: integers, floating-point numbers, `bool` (0 or 1) and `char` (its number).
///
/// A `String` stands for the digits themselves, whatever they say. It is not to be implemented elsewhere.
pub trait Plain: Clone + 'static {
    /// The digits.
    fn to_text(self) -> String;

    /// What the digits say; `None` if the type has no such value.
    fn of_text(text: &str) -> Option<Self>;
}

macro_rules! integers {
    ($($integer:ty)*) => {$(
        impl Plain for $integer {
            fn to_text(self) -> String {
                self.to_string()
            }

            fn of_text(text: &str) -> Option<$integer> {
                text.parse().ok()
            }
        }
    )*};
}

integers!(u8 u16 u32 u64 usize i8 i16 i32 i64 isize);

impl Plain for f64 {
    fn to_text(self) -> String {
        self.to_string()
    }

    fn of_text(text: &str) -> Option<f64> {
        text.parse().ok()
    }
}

/// In the digits of the `f64` that it is equal to, so that nobody who reads them as such has to round.
impl Plain for f32 {
    fn to_text(self) -> String {
        f64::from(self).to_string()
    }

    fn of_text(text: &str) -> Option<f32> {
        f64::of_text(text).map(|number| number as f32)
    }
}

impl Plain for String {
    fn to_text(self) -> String {
        self
    }

    fn of_text(text: &str) -> Option<String> {
        Some(text.to_owned())
    }
}

impl Plain for bool {
    fn to_text(self) -> String {
        u8::from(self).to_string()
    }

    fn of_text(text: &str) -> Option<bool> {
        match text {
            "0" => Some(false),
            "1" => Some(true),
            _ => None,
        }
    }
}

impl Plain for char {
    fn to_text(self) -> String {
        u32::from(self).to_string()
    }

    fn of_text(text: &str) -> Option<char> {
        text.parse().ok().and_then(char::from_u32)
    }
}

impl Value {
    /// The number.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Gone`], [`ClusterError::Unavailable`] and its like; [`ClusterError::Protocol`] if it is not such a number.
    pub fn get_number<N: Plain>(&self) -> Result<N, ClusterError> {
        let digits = self.content()?;
        self.number_of(&digits)
    }

    /// Replaces the number, and returns the former one.
    ///
    /// # Errors
    ///
    /// As [`get_number`](Self::get_number), and [`ClusterError::Full`].
    pub fn swap_number<N: Plain>(&self, number: N) -> Result<N, ClusterError> {
        let (_, former) = self.exchange(number.to_text().as_bytes(), b"*", true)?;
        self.number_of(&former)
    }

    /// Changes the number to what `change` makes of it, unless that is `None`, and returns the former one.
    ///
    /// If somebody else changes it meanwhile, `change` is called again.
    ///
    /// # Errors
    ///
    /// As [`swap_number`](Self::swap_number).
    pub fn update_number<N: Plain>(
        &self,
        mut change: impl FnMut(N) -> Option<N>,
    ) -> Result<N, ClusterError> {
        let mut found = self.content()?;
        loop {
            let former: N = self.number_of(&found)?;
            let Some(next) = change(former.clone()) else {
                return Ok(former);
            };
            match self.exchange_number(&found, next)? {
                (true, _) => return Ok(former),
                (false, present) => found = present,
            }
        }
    }

    /// Replaces the number if its digits are still these; says whether they were.
    ///
    /// # Errors
    ///
    /// As [`swap_number`](Self::swap_number).
    pub fn replace_number<N: Plain>(&self, digits: &str, number: N) -> Result<bool, ClusterError> {
        let (is_met, _) = self.exchange_number(digits.as_bytes(), number)?;
        Ok(is_met)
    }

    /// A number is the same version as long as its digits are the same: there is nothing else to it.
    fn exchange_number<N: Plain>(
        &self,
        found: &[u8],
        number: N,
    ) -> Result<(bool, Vec<u8>), ClusterError> {
        let expected = [b"~".as_slice(), found].concat();
        self.exchange(number.to_text().as_bytes(), &expected, true)
    }

    pub(super) fn number_of<N: Plain>(&self, digits: &[u8]) -> Result<N, ClusterError> {
        let text = String::from_utf8_lossy(digits);
        N::of_text(&text).ok_or_else(|| {
            let (object, kind) = (&self.object, type_name::<N>());
            ClusterError::protocol(format!("{object} is {text:?}, which is not a {kind}"))
        })
    }
}
