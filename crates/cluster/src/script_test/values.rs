//! What scripts get and reply, in short.

use procession_test_server::Reply;

/// All texts of a reply.
pub(crate) fn texts(reply: &Reply) -> Vec<String> {
    match reply {
        Reply::Array(items) => items.iter().flat_map(texts).collect(),
        other => other.text().into_iter().collect(),
    }
}

/// The bytes of a reply; none of anything else.
pub(crate) fn bytes(reply: &Reply) -> Vec<u8> {
    match reply {
        Reply::Bytes(bytes) => bytes.clone(),
        _ => Vec::new(),
    }
}

/// Several numbers, as an array.
pub(crate) fn numbers<const N: usize>(numbers: [i64; N]) -> Vec<Reply> {
    numbers.map(Reply::Integer).into()
}

/// A stamp of 16 bytes.
pub(crate) fn stamp(name: &str) -> Vec<u8> {
    format!("{name:>16}").into_bytes()
}

/// An entry with that stamp, and a value whose form the scripts do not look at.
pub(crate) fn entry(name: &str, value: &str) -> Vec<u8> {
    let mark = value.as_bytes().first().copied().unwrap_or_default();
    [&stamp(name), [mark].as_slice(), value.as_bytes()].concat()
}
