//! What a sealed value says of itself.

use super::LARGEST;
use super::keyring::{Keyring, Signature, Statement};
use crate::ClusterError;
use crate::object::Object;

const VERSION: u8 = 0x10;
const COMPRESSED: u8 = 1;
const SIGNED: u8 = 2;
const IN_PIECES: u8 = 4;

/// Less than this is not worth the trouble.
const WORTH_COMPRESSING: usize = 4 << 10;

/// A sealed value, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Sealed {
    /// The size of the value, if the body is compressed.
    pub(super) uncompressed: Option<usize>,
    pub(super) signature: Option<Signature>,
    /// Where the body is, if it is not here.
    pub(super) pieces: Option<Pieces>,
    pub(super) body: Vec<u8>,
}

/// A body that lies on the server apart from what refers to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pieces {
    pub(super) size: usize,
    pub(super) name: [u8; 32],
}

/// Something is no sealed value.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed(&'static str);

impl Malformed {
    pub(super) fn in_object(self, object: &Object) -> ClusterError {
        ClusterError::protocol(format!("{object} holds a value {}", self.0))
    }
}

impl Sealed {
    /// A value that is compressed, if that makes it at least a tenth smaller.
    pub(super) fn compress(value: &[u8]) -> Sealed {
        let compressed = (value.len() > WORTH_COMPRESSING)
            .then(|| lz4_flex::block::compress(value))
            .filter(|compressed| compressed.len() <= value.len() / 10 * 9);
        let (uncompressed, body) = match compressed {
            Some(compressed) => (Some(value.len()), compressed),
            None => (None, value.to_vec()),
        };
        Sealed {
            uncompressed,
            signature: None,
            pieces: None,
            body,
        }
    }

    pub(super) fn decompress(self) -> Result<Vec<u8>, Malformed> {
        match self.uncompressed {
            None => Ok(self.body),
            Some(size) => lz4_flex::block::decompress(&self.body, size)
                .ok()
                .filter(|value| value.len() == size)
                .ok_or(Malformed("that cannot be decompressed")),
        }
    }

    /// Signs it, if there is a key.
    pub(super) fn sign(&mut self, keyring: &Keyring, object: &Object) {
        self.signature = keyring.sign(&self.statement(object));
    }

    /// Refuses what is not signed as it should be.
    pub(super) fn verify(&self, keyring: &Keyring, object: &Object) -> Result<(), ClusterError> {
        keyring.verify(&self.statement(object), self.signature.as_ref())
    }

    fn statement<'a>(&'a self, object: &'a Object) -> Statement<'a> {
        Statement {
            object,
            uncompressed: self.uncompressed,
            body: &self.body,
        }
    }

    /// The body is elsewhere.
    pub(super) fn cut(&mut self, name: [u8; 32]) {
        let size = std::mem::take(&mut self.body).len();
        self.pieces = Some(Pieces { size, name });
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.body.len() + 128);
        let done = |is_done: bool, flag: u8| if is_done { flag } else { 0 };
        bytes.push(
            VERSION
                | done(self.uncompressed.is_some(), COMPRESSED)
                | done(self.signature.is_some(), SIGNED)
                | done(self.pieces.is_some(), IN_PIECES),
        );
        if let Some(size) = self.uncompressed {
            bytes.extend((size as u32).to_le_bytes());
        }
        if let Some(signature) = self.signature {
            bytes.push(signature.key.len() as u8);
            bytes.extend(signature.key.as_bytes());
            bytes.extend(signature.code);
        }
        if let Some(pieces) = self.pieces {
            bytes.extend((pieces.size as u32).to_le_bytes());
            bytes.extend(pieces.name);
        }
        bytes.extend(self.body);
        bytes
    }

    pub(super) fn parse(mut bytes: Vec<u8>) -> Result<Sealed, Malformed> {
        let (mut sealed, header) = Sealed::header(&bytes)?;
        bytes.drain(..header);
        match sealed.pieces.is_some() && !bytes.is_empty() {
            true => Err(Malformed("both whole and in pieces")),
            false => {
                sealed.body = bytes;
                Ok(sealed)
            }
        }
    }

    /// Where the body is, if that is what the value says.
    pub(super) fn reference(bytes: &[u8]) -> Option<Pieces> {
        Sealed::header(bytes).ok()?.0.pieces
    }

    /// Everything but the body, and how long that is.
    fn header(bytes: &[u8]) -> Result<(Sealed, usize), Malformed> {
        let mut rest = bytes;
        let [form] = *take(&mut rest)?;
        if form & 0xf0 != VERSION || form & 0x0f > COMPRESSED | SIGNED | IN_PIECES {
            return Err(Malformed(
                "in a form that this version of procession does not know",
            ));
        }
        let is_done = |flag: u8| form & flag != 0;
        let uncompressed = is_done(COMPRESSED).then(|| size(&mut rest)).transpose()?;
        let signature = is_done(SIGNED)
            .then(|| Signature::parse(&mut rest))
            .transpose()?;
        let pieces = match is_done(IN_PIECES) {
            true => Some(Pieces {
                size: size(&mut rest)?,
                name: *take(&mut rest)?,
            }),
            false => None,
        };
        let sealed = Sealed {
            uncompressed,
            signature,
            pieces,
            body: Vec::new(),
        };
        Ok((sealed, bytes.len() - rest.len()))
    }
}

impl Signature {
    fn parse(rest: &mut &[u8]) -> Result<Signature, Malformed> {
        let [length] = *take(rest)?;
        let (key, after) = rest.split_at_checked(usize::from(length)).ok_or(CUT_OFF)?;
        *rest = after;
        Ok(Signature {
            key: String::from_utf8(key.to_vec())
                .map_err(|_| Malformed("with a key without a name"))?,
            code: *take(rest)?,
        })
    }
}

const CUT_OFF: Malformed = Malformed("that is cut off");

fn take<'a, const N: usize>(rest: &mut &'a [u8]) -> Result<&'a [u8; N], Malformed> {
    let (taken, after) = rest.split_first_chunk().ok_or(CUT_OFF)?;
    *rest = after;
    Ok(taken)
}

/// Before that much is allocated.
fn size(rest: &mut &[u8]) -> Result<usize, Malformed> {
    let size = u32::from_le_bytes(*take(rest)?) as usize;
    match size <= LARGEST {
        true => Ok(size),
        false => Err(Malformed("that is larger than any may be")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_forms() -> Vec<Sealed> {
        let signature = Signature {
            key: "new".to_owned(),
            code: [7; 32],
        };
        let pieces = Pieces {
            size: 3,
            name: *b"0123456789abcdef0123456789abcdef",
        };
        let mut forms = Vec::new();
        for uncompressed in [None, Some(9)] {
            for signature in [None, Some(signature.clone())] {
                for pieces in [None, Some(pieces.clone())] {
                    let body = match pieces {
                        Some(_) => Vec::new(),
                        None => b"abc".to_vec(),
                    };
                    let signature = signature.clone();
                    forms.push(Sealed {
                        uncompressed,
                        signature,
                        pieces,
                        body,
                    });
                }
            }
        }
        forms
    }

    #[test]
    fn every_form_is_read_as_it_was_written() {
        for (form, again) in all_forms().into_iter().zip(all_forms()) {
            let bytes = form.into_bytes();
            assert_eq!(Sealed::reference(&bytes), again.pieces);
            assert_eq!(Sealed::parse(bytes), Ok(again));
        }
    }

    #[test]
    fn what_is_cut_off_is_refused() {
        for form in all_forms() {
            let header = form.into_bytes();
            let (_, length) = Sealed::header(&header).expect("it is whole");
            for cut in 0..length {
                assert_eq!(
                    Sealed::parse(header.iter().take(cut).copied().collect()),
                    Err(CUT_OFF)
                );
            }
        }
    }

    #[test]
    fn what_is_unknown_or_too_large_is_refused() {
        let huge = [&[VERSION | COMPRESSED][..], &u32::MAX.to_le_bytes()].concat();
        let both = [&[VERSION | IN_PIECES][..], &[0; 36], b"body"].concat();
        for wrong in [vec![0x20], vec![VERSION | 8], huge, both] {
            assert!(Sealed::parse(wrong.clone()).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn only_what_becomes_smaller_is_compressed() {
        let zeros = vec![0; 10_000];
        let compressed = Sealed::compress(&zeros);
        assert!(compressed.body.len() < 1000);
        assert_eq!(compressed.decompress(), Ok(zeros));
        let mut state = 1_u64;
        let noise: Vec<u8> = (0..10_000)
            .map(|_| {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1);
                (state >> 56) as u8
            })
            .collect();
        assert_eq!(Sealed::compress(&noise).uncompressed, None);
        // A twentieth smaller is not worth it.
        let hardly = [noise, vec![0; 600]].concat();
        assert!(lz4_flex::block::compress(&hardly).len() < hardly.len());
        assert_eq!(Sealed::compress(&hardly).uncompressed, None);
        assert_eq!(Sealed::compress(&[0; 4096]).uncompressed, None);
    }

    #[test]
    fn a_wrong_size_is_noticed() {
        let mut sealed = Sealed::compress(&[0; 10_000]);
        sealed.uncompressed = Some(20_000);
        assert!(sealed.decompress().is_err());
        let mut sealed = Sealed::compress(&[0; 10_000]);
        sealed.uncompressed = Some(5_000);
        assert!(sealed.decompress().is_err());
    }
}
