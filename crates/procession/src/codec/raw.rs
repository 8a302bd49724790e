//! `Vec<u8>` travels as it is, by itself and as the only argument of a function.
//!
//! The comparisons of type ids are of constants: after inlining, nothing of them is left.

use std::any::{Any, TypeId};
use std::mem;

/// Whether a `T` travels as it is.
#[inline]
pub(crate) fn is_raw<T: 'static>() -> bool {
    let its = TypeId::of::<T>();
    its == TypeId::of::<Vec<u8>>() || its == TypeId::of::<(Vec<u8>,)>()
}

/// The bytes of an item that travels as it is.
#[inline]
pub(crate) fn raw_bytes<T: 'static>(item: &T) -> Option<&[u8]> {
    let item = item as &dyn Any;
    match item.downcast_ref::<Vec<u8>>() {
        Some(bytes) => Some(bytes),
        None => item
            .downcast_ref::<(Vec<u8>,)>()
            .map(|(bytes,)| bytes.as_slice()),
    }
}

/// Takes the bytes out of an item that travels as it is, without copying them.
#[inline]
pub(crate) fn take_raw_bytes<T: 'static>(item: &mut T) -> Option<Vec<u8>> {
    if !is_raw::<T>() {
        return None;
    }
    let item = item as &mut dyn Any;
    if let Some((bytes,)) = item.downcast_mut::<(Vec<u8>,)>() {
        return Some(mem::take(bytes));
    }
    item.downcast_mut::<Vec<u8>>().map(mem::take)
}

/// Takes the buffer as an item, if a `T` travels as it is.
#[inline]
pub(crate) fn take_raw<T: 'static>(bytes: &mut Vec<u8>) -> Option<T> {
    if !is_raw::<T>() {
        return None;
    }
    let bytes = mem::take(bytes);
    if TypeId::of::<T>() == TypeId::of::<(Vec<u8>,)>() {
        return exactly(Some((bytes,)));
    }
    exactly(Some(bytes))
}

/// The same item, known by its other name.
#[inline]
fn exactly<T: 'static, U: 'static>(mut item: Option<U>) -> Option<T> {
    (&mut item as &mut dyn Any)
        .downcast_mut::<Option<T>>()
        .and_then(Option::take)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_byte_vectors_are_raw() {
        assert!(is_raw::<Vec<u8>>());
        assert!(!is_raw::<Vec<i8>>());
        assert!(!is_raw::<String>());
        assert_eq!(raw_bytes(&vec![1u8, 2]), Some(&[1u8, 2][..]));
        assert_eq!(raw_bytes(&"text".to_owned()), None);
        assert_eq!(raw_bytes(&(vec![1u8, 2],)), Some(&[1u8, 2][..]));
    }

    #[test]
    fn a_buffer_becomes_an_item_without_a_copy() {
        let mut bytes = vec![3u8; 9];
        let address = bytes.as_ptr();
        assert_eq!(take_raw::<String>(&mut bytes), None);
        let item: Option<Vec<u8>> = take_raw(&mut bytes);
        assert_eq!(item.map(|item| item.as_ptr()), Some(address));
        assert!(bytes.is_empty());
        let mut argument = (vec![3u8; 9],);
        let mut bytes = take_raw_bytes(&mut argument).unwrap();
        assert_eq!(take_raw(&mut bytes), Some((vec![3u8; 9],)));
    }
}
