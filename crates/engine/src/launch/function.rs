//! Functions that run in another process, and the names they travel under.

use procession_arena::sys::image::Image;
use procession_arena::{Error, Handle};
use serde::{Deserialize, Serialize};

use crate::with_participant;

/// A function that another process can run.
///
/// It lies in the program itself and takes and returns bytes; the typed face makes one for every
/// combination of function, arguments and result.
pub type Entry = fn(Arguments) -> Result<Returned, EntryError>;

/// What an [`Entry`] is called with: the bytes given to [`Command::start`](super::Command::start).
///
/// Dropping it tells the session that the arguments are decoded: the shared objects whose handles
/// came with them must be attached by then.
#[derive(Debug)]
pub struct Arguments {
    bytes: Vec<u8>,
}

impl Arguments {
    pub(super) fn new(bytes: Vec<u8>) -> Arguments {
        Arguments { bytes }
    }

    /// The arguments as they were given.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Attaches, for this process, the shared objects whose handles came with the arguments.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the session is damaged.
    pub fn attach_handles(&self) -> Result<Vec<Handle>, Error> {
        with_participant(|me| me.attach_start_handles())
    }
}

impl Drop for Arguments {
    fn drop(&mut self) {
        // A failure means damaged shared memory, which the next operation reports; the message
        // then stays until the process has ended.
        let _ = with_participant(|me| me.drop_start_message());
    }
}

/// What an [`Entry`] returns.
#[derive(Debug, Default)]
pub struct Returned {
    /// The encoded result.
    pub bytes: Vec<u8>,
    /// The shared objects that `bytes` mentions; they live on until the result is taken.
    pub handles: Vec<Handle>,
}

impl Returned {
    /// For a result that is dropped before it is stored, and so are the handles in it: holds their objects until this process has ended, which it is
    /// about to do.
    ///
    /// # Errors
    ///
    /// [`Error::StaleHandle`] for one whose object has ended; [`Error::Corrupt`] if the session is damaged.
    pub fn held_to_the_end(bytes: Vec<u8>, handles: Vec<Handle>) -> Result<Returned, Error> {
        if !handles.is_empty() {
            let mut held = handles.iter();
            with_participant(|me| held.try_for_each(|handle| me.attach(*handle).map(drop)))?;
        }
        Ok(Returned { bytes, handles })
    }
}

/// Why an [`Entry`] has no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// The arguments were not what the function takes.
    #[error("arguments do not decode as {type_name}: {reason}")]
    ArgumentDecode {
        /// The type the function takes.
        type_name: String,
        /// The codec's reason.
        reason: String,
    },
    /// The result could not be written down.
    #[error("result of type {type_name} does not encode: {reason}")]
    ResultEncode {
        /// The type the function returns.
        type_name: String,
        /// The codec's reason.
        reason: String,
    },
    /// The shared memory could not be used.
    #[error("{0}")]
    Arena(String),
}

impl From<Error> for EntryError {
    fn from(error: Error) -> EntryError {
        EntryError::Arena(error.to_string())
    }
}

/// A function as it is named in other processes of the same build: by its place in the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FunctionName {
    offset: u64,
}

impl FunctionName {
    /// Names the function at `address`; `None` if it does not lie in the image.
    pub(crate) fn of(address: *const (), image: &Image) -> Option<FunctionName> {
        Some(FunctionName {
            offset: image.offset_of(address)?,
        })
    }

    /// Where the function of this name lies; `None` if the place is not in the image's code.
    ///
    /// In the same build the same code lies at the same offset; so if the name comes from a process
    /// with the same build, this is the function that was named, with the type it had there.
    pub(crate) fn address(self, image: &Image) -> Option<*const ()> {
        image.function_at(self.offset)
    }

    /// The entry of this name; `None` if the place is not in the image's code.
    ///
    /// # Safety
    ///
    /// An [`Entry`] must have been named, in a process with the same build of the image.
    pub(crate) unsafe fn entry(self, image: &Image) -> Option<Entry> {
        let address = self.address(image)?;
        // SAFETY: by the caller's promise an `Entry` lies there. That the place is executable was
        // checked above.
        Some(unsafe { std::mem::transmute::<*const (), Entry>(address) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(_: Arguments) -> Result<Returned, EntryError> {
        Ok(Returned::default())
    }

    #[test]
    fn a_name_leads_back_to_its_function() {
        let image = Image::containing(entry as *const ()).unwrap().unwrap();
        let name = FunctionName::of(entry as *const (), &image).unwrap();
        // SAFETY: the name was made right above.
        let found = unsafe { name.entry(&image) }.unwrap();
        assert_eq!(found as *const (), entry as *const ());
    }

    #[test]
    fn a_name_that_leads_out_of_the_code_is_refused() {
        let image = Image::containing(entry as *const ()).unwrap().unwrap();
        for offset in [0, u64::MAX, u64::MAX / 2] {
            assert!(FunctionName { offset }.address(&image).is_none());
        }
    }
}
