//! What travels in a measurement: numbered messages of a few shapes, each with a checksum.

use std::fmt;
use std::str::FromStr;

use anyhow::{Context, Error, bail, ensure};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Numbers in one batch.
pub(crate) const BATCH: usize = 256;

const PAGE: usize = 4096;
const WORD: usize = size_of::<u64>();

/// The kind of messages that one measurement sends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Load {
    /// One `u64` a message.
    Number,
    /// One [`Sample`] (48 bytes) a message.
    Sample,
    /// `u64`s, [`BATCH`] of them handed over at a time.
    Batches,
    /// This many raw bytes a message.
    Bytes(usize),
}

impl Load {
    /// How many messages a bounded queue holds in the measurements: some, and 16 MB at most.
    pub(crate) fn capacity(self) -> usize {
        const MESSAGES: usize = 1024;
        const BYTES: usize = 16 << 20;
        match self {
            Self::Number | Self::Sample | Self::Batches => MESSAGES,
            Self::Bytes(size) => (BYTES / size.max(1)).clamp(1, MESSAGES),
        }
    }
}

impl fmt::Display for Load {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number => out.write_str("number"),
            Self::Sample => out.write_str("sample"),
            Self::Batches => out.write_str("batches"),
            Self::Bytes(size) => write!(out, "bytes:{size}"),
        }
    }
}

impl FromStr for Load {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "number" => Ok(Self::Number),
            "sample" => Ok(Self::Sample),
            "batches" => Ok(Self::Batches),
            _ => match text.strip_prefix("bytes:") {
                Some(size) => Ok(Self::Bytes(size.parse().context("size of the messages")?)),
                None => bail!("no such load: {text}"),
            },
        }
    }
}

/// A small message that carries its number, and shows it in all of its content.
pub(crate) trait Message: Serialize + DeserializeOwned + Clone + Send + 'static {
    fn numbered(number: u64) -> Self;
    fn checksum(&self) -> u64;
}

impl Message for u64 {
    fn numbered(number: u64) -> Self {
        number
    }

    fn checksum(&self) -> u64 {
        *self
    }
}

/// A measured point, 48 bytes in memory.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Sample {
    number: u64,
    time: f64,
    position: [f64; 4],
}

impl Message for Sample {
    fn numbered(number: u64) -> Self {
        let time = number as f64;
        let position = [time + 0.25, time + 0.5, time + 0.75, time + 1.0];
        Self {
            number,
            time,
            position,
        }
    }

    fn checksum(&self) -> u64 {
        let fields = self
            .position
            .iter()
            .fold(self.time, |sum, field| sum + field);
        self.number ^ fields.to_bits()
    }
}

/// Writes the message's number into each page of a large message, and into its last word.
pub(crate) fn stamp(message: &mut [u8], number: u64) {
    for page in message.chunks_mut(PAGE) {
        if let Some(word) = page.first_chunk_mut::<WORD>() {
            *word = number.to_le_bytes();
        }
    }
    if let Some(word) = message.last_chunk_mut::<WORD>() {
        *word = number.to_le_bytes();
    }
}

/// Reads back what [`stamp`] wrote.
///
/// # Errors
///
/// A length other than the one expected, or a page that belongs to another message.
pub(crate) fn stamped(message: &[u8], length: usize) -> Result<u64, Error> {
    ensure!(
        message.len() == length,
        "{} bytes arrived of {length}",
        message.len()
    );
    let last = message
        .last_chunk::<WORD>()
        .context("a message without a stamp")?;
    let number = u64::from_le_bytes(*last);
    let whole = message
        .chunks(PAGE)
        .all(|page| match page.first_chunk::<WORD>() {
            Some(word) => u64::from_le_bytes(*word) == number,
            None => true,
        });
    ensure!(whole, "message {number} arrived torn");
    Ok(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_load_survives_a_command_line() {
        for load in [Load::Number, Load::Sample, Load::Batches, Load::Bytes(4096)] {
            assert_eq!(load.to_string().parse::<Load>().unwrap(), load);
        }
        assert!("bytes:many".parse::<Load>().is_err());
        assert!("nothing".parse::<Load>().is_err());
    }

    #[test]
    fn a_stamp_is_read_back_and_a_torn_message_is_noticed() {
        let mut message = vec![0; 3 * PAGE + 100];
        stamp(&mut message, 77);
        assert_eq!(stamped(&message, message.len()).unwrap(), 77);
        assert!(stamped(&message, 5).is_err());
        message[PAGE] ^= 1;
        assert!(stamped(&message, message.len()).is_err());
    }

    #[test]
    fn a_sample_is_48_bytes_and_its_checksum_covers_all_fields() {
        assert_eq!(size_of::<Sample>(), 48);
        let sample = Sample::numbered(9);
        for field in 0..4 {
            let mut other = sample.clone();
            other.position[field] += 1.0;
            assert_ne!(other.checksum(), sample.checksum());
        }
    }
}
