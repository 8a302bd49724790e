//! Values short and long, since objects keep them in different ways.

use serde::{Deserialize, Serialize};

/// A number, and as many bytes as follow from it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Text {
    number: u64,
    filling: Vec<u8>,
}

impl Text {
    pub(crate) fn new(number: u64) -> Text {
        let length = match number % 8 {
            7 => 9_000,
            6 => 700,
            short => short as usize,
        };
        Text {
            number,
            filling: vec![number as u8; length],
        }
    }

    /// Its number, or one that no model knows if it is damaged.
    pub(crate) fn number(&self) -> u64 {
        match *self == Text::new(self.number) {
            true => self.number,
            false => self.number | 1 << 40,
        }
    }
}
