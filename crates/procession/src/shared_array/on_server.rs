//! Single numbers of an array on a server, which stand there from their least byte on.

use procession_cluster::array::{Operation, SharedArray as OnServer};

use crate::SharedError;
use crate::number::damaged;
use crate::number::sealed::Word;

/// Changes a number, and returns the former one.
pub(super) fn change<T: Word>(
    array: &OnServer,
    index: usize,
    operation: Operation,
    operand: T,
) -> Result<T, SharedError> {
    let former = array.change(index as u64, operation, &bytes(operand))?;
    number(&former)
}

/// Replaces a number by `new` if it is `current`, to the bit; otherwise says what it is, as `Ok(Err(_))`.
pub(super) fn compare_exchange<T: Word>(
    array: &OnServer,
    index: usize,
    current: T,
    new: T,
) -> Result<Result<(), T>, SharedError> {
    match array.compare_exchange(index as u64, &bytes(current), &bytes(new))? {
        Ok(()) => Ok(Ok(())),
        Err(found) => number(&found).map(Err),
    }
}

/// Replaces a number by what `next` makes of it, unless that is the same, and returns the former one.
pub(super) fn update<T: Word>(
    array: &OnServer,
    index: usize,
    next: impl Fn(T) -> T,
) -> Result<T, SharedError> {
    let mut found = vec![0; size_of::<T>()];
    array.read_into(index as u64, &mut found)?;
    loop {
        let former = number(&found)?;
        let next = bytes(next(former));
        if next == found {
            return Ok(former);
        }
        match array.compare_exchange(index as u64, &found, &next)? {
            Ok(()) => return Ok(former),
            Err(present) => found = present,
        }
    }
}

fn bytes<T: Word>(number: T) -> Vec<u8> {
    let mut bytes = number.to_word().to_le_bytes().to_vec();
    bytes.truncate(size_of::<T>());
    bytes
}

fn number<T: Word>(bytes: &[u8]) -> Result<T, SharedError> {
    let mut word = [0; 8];
    let bytes = word.iter_mut().zip(bytes);
    bytes.for_each(|(place, byte)| *place = *byte);
    T::from_word(u64::from_le_bytes(word)).ok_or_else(damaged::<T>)
}
