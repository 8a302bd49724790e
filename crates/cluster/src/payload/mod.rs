//! Users' values on their way to the server and back. The argument is in `README.md`.

mod blob;
mod caretaker;
mod form;
mod keyring;
#[cfg(test)]
mod script_tests;
#[cfg(test)]
#[cfg(feature = "client")]
mod tests;

pub(crate) use caretaker::Caretaker;
use form::{Pieces, Sealed};
pub(crate) use keyring::Keyring;

use crate::ClusterError;
use crate::object::{Kind, Object};

/// The largest value, in bytes.
pub(crate) const LARGEST: usize = 64 << 20;

/// What is larger than this goes in pieces, each of this size, where that is done.
pub(crate) const PIECE: usize = 256 << 10;

/// A value as it is kept on the server. What is large and passes through a queue or a pool is written there at once, in pieces, and
/// the answer refers to them: [`take`] it, or remove its [`Remainder`], when it is not needed any more.
pub(crate) fn seal(object: &Object, bytes: &[u8]) -> Result<Vec<u8>, ClusterError> {
    check_size(bytes.len())?;
    let keyring = object.cluster().keyring()?;
    let mut sealed = Sealed::compress(bytes);
    sealed.sign(keyring, object);
    if passes_through(object.kind()) && sealed.body.len() > PIECE {
        sealed.cut(blob::write(object, &sealed.body)?);
    }
    Ok(sealed.into_bytes())
}

/// A value as its user gave it.
pub(crate) fn open(object: &Object, sealed: Vec<u8>) -> Result<Vec<u8>, ClusterError> {
    let mut sealed = Sealed::parse(sealed).map_err(|wrong| wrong.in_object(object))?;
    if let Some(pieces) = sealed.pieces.take() {
        sealed.body = blob::read(object, &pieces)?;
    }
    sealed.verify(object.cluster().keyring()?, object)?;
    sealed.decompress().map_err(|wrong| wrong.in_object(object))
}

/// Opens a value that nobody will open again.
pub(crate) fn take(object: &Object, sealed: Vec<u8>) -> Result<Vec<u8>, ClusterError> {
    let remainder = Remainder::of(&sealed);
    let opened = open(object, sealed)?;
    if let Some(remainder) = remainder {
        remainder.remove(object);
    }
    Ok(opened)
}

/// What a sealed value has elsewhere on the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Remainder(Pieces);

impl Remainder {
    /// Nothing, unless the value is in pieces.
    pub(crate) fn of(sealed: &[u8]) -> Option<Remainder> {
        Sealed::reference(sealed).map(Remainder)
    }

    /// Removes it, since nobody will open the value again. If that cannot be done now, it ends by itself.
    pub(crate) fn remove(&self, object: &Object) {
        blob::remove(object, &self.0);
    }
}

fn passes_through(kind: Kind) -> bool {
    matches!(kind, Kind::Queue | Kind::Pool | Kind::Process)
}

fn check_size(size: usize) -> Result<(), ClusterError> {
    match size <= LARGEST {
        true => Ok(()),
        false => Err(ClusterError::TooLarge {
            bytes: size as u64,
            limit: LARGEST as u64,
        }),
    }
}
