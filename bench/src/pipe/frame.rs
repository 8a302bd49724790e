//! Messages in a byte stream: a length of four bytes, then the message.

use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::mem;

use anyhow::{Context, Error};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// As much as a pipe holds on Linux.
const BUFFER: usize = 64 * 1024;

/// Writes frames; they leave with [`FrameWriter::flush`], one system call for all of them.
pub(crate) struct FrameWriter<W: Write> {
    sink: BufWriter<W>,
    encoded: Vec<u8>,
}

impl<W: Write> FrameWriter<W> {
    pub(crate) fn new(sink: W) -> Self {
        Self {
            sink: BufWriter::with_capacity(BUFFER, sink),
            encoded: Vec::new(),
        }
    }

    pub(crate) fn put(&mut self, message: &impl Serialize) -> Result<(), Error> {
        self.encoded.clear();
        let encoded = postcard::to_extend(message, mem::take(&mut self.encoded))?;
        self.put_bytes(&encoded)?;
        self.encoded = encoded;
        Ok(())
    }

    pub(crate) fn put_bytes(&mut self, message: &[u8]) -> Result<(), Error> {
        let length = u32::try_from(message.len())?;
        self.sink.write_all(&length.to_le_bytes())?;
        self.sink.write_all(message)?;
        Ok(())
    }

    /// An empty frame, sent at once: this side is ready.
    pub(crate) fn signal(&mut self) -> Result<(), Error> {
        self.put_bytes(&[])?;
        self.flush()
    }

    pub(crate) fn flush(&mut self) -> Result<(), Error> {
        Ok(self.sink.flush()?)
    }
}

/// Reads frames; what has arrived is taken with one system call, however many frames it holds.
pub(crate) struct FrameReader<R: Read> {
    source: BufReader<R>,
    frame: Vec<u8>,
}

impl<R: Read> FrameReader<R> {
    pub(crate) fn new(source: R) -> Self {
        Self {
            source: BufReader::with_capacity(BUFFER, source),
            frame: Vec::new(),
        }
    }

    /// The next frame, or `None` when the other side has closed the stream.
    pub(crate) fn get_bytes(&mut self) -> Result<Option<&[u8]>, Error> {
        if self.source.fill_buf()?.is_empty() {
            return Ok(None);
        }
        let mut length = [0; size_of::<u32>()];
        self.source.read_exact(&mut length)?;
        self.frame.resize(u32::from_le_bytes(length) as usize, 0);
        self.source.read_exact(&mut self.frame)?;
        Ok(Some(&self.frame))
    }

    /// The message in the next frame, or `None` when the other side has closed the stream.
    pub(crate) fn get<T: DeserializeOwned>(&mut self) -> Result<Option<T>, Error> {
        match self.get_bytes()? {
            Some(frame) => Ok(Some(postcard::from_bytes(frame)?)),
            None => Ok(None),
        }
    }

    /// Whether the next frame, if there is one, has yet to be asked for: then it is time to answer.
    pub(crate) fn has_read_all(&self) -> bool {
        self.source.buffer().is_empty()
    }

    /// Waits for the other side to be ready.
    pub(crate) fn await_signal(&mut self) -> Result<(), Error> {
        self.require::<()>("signal")
    }

    /// A message that must come; `what` says which, if it does not.
    pub(crate) fn require<T: DeserializeOwned>(&mut self, what: &'static str) -> Result<T, Error> {
        self.get()?
            .with_context(|| format!("the other process ended before its {what}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_back_in_order_and_end() {
        let mut bytes = Vec::new();
        let mut writer = FrameWriter::new(&mut bytes);
        for number in 0..1000_u64 {
            writer.put(&number).unwrap();
        }
        writer.put_bytes(&[7; 2 * BUFFER]).unwrap();
        writer.flush().unwrap();
        drop(writer);

        let mut reader = FrameReader::new(bytes.as_slice());
        for number in 0..1000_u64 {
            assert_eq!(reader.get::<u64>().unwrap(), Some(number));
        }
        assert_eq!(
            reader.get_bytes().unwrap(),
            Some([7; 2 * BUFFER].as_slice())
        );
        assert_eq!(reader.get_bytes().unwrap(), None);
    }

    #[test]
    fn a_stream_cut_within_a_frame_is_an_error() {
        let cut = [8, 0, 0, 0, 1, 2];
        assert!(FrameReader::new(cut.as_slice()).get_bytes().is_err());
    }
}
