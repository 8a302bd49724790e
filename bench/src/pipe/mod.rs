//! The peer that everybody can write by hand: `std::process`, pipes, and postcard in frames.

pub(crate) mod crew;
mod frame;
pub(crate) mod pairs;
pub(crate) mod round_trip;
pub(crate) mod start;

use std::fs::File;
use std::os::fd::AsFd;

use anyhow::Error;

pub(crate) use frame::{FrameReader, FrameWriter};

/// This process's standard input as frames, without the standard library's own buffer.
pub(crate) fn input() -> Result<FrameReader<File>, Error> {
    let descriptor = std::io::stdin().as_fd().try_clone_to_owned()?;
    Ok(FrameReader::new(File::from(descriptor)))
}

/// This process's standard output as frames, without the standard library's own buffer.
pub(crate) fn output() -> Result<FrameWriter<File>, Error> {
    let descriptor = std::io::stdout().as_fd().try_clone_to_owned()?;
    Ok(FrameWriter::new(File::from(descriptor)))
}
