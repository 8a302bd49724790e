//! What a typed object contains: a description that stands behind its header.
//!
//! The floors above say it in the words of their language (`u64`, `(String, u32)`), and are refused if
//! they come with another one later: so a handle that was taken for one of another type is an error
//! that names both, and not a value that decodes to nonsense. An object without a description fits all.

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::FixedState;
use procession_arena::{Arena, Error, Handle, Result};

/// Bytes of the words: hash and length of the description.
const WORDS: u64 = 16;
/// A longer description is cut off; the hash is of all of it.
const LONGEST: usize = 480;

/// Bytes that a header needs at its end for the description.
pub(crate) fn room_for(contents: Option<&str>) -> u64 {
    WORDS + kept(contents).len() as u64
}

fn kept(contents: Option<&str>) -> &str {
    let whole = contents.unwrap_or_default();
    &whole[..whole.floor_char_boundary(LONGEST)]
}

/// Writes the description to `place`, the end of a new object's header.
pub(crate) fn write(arena: &Arena, place: u64, contents: Option<&str>) -> Result<()> {
    let window = arena.window();
    window.word64(place)?.store(hash(contents));
    let kept = kept(contents);
    window.word64(place + 8)?.store(kept.len() as u64);
    window.copy_in(place + WORDS, kept.as_bytes())
}

/// Refuses an object that contains something else than `expected`.
///
/// # Errors
///
/// [`Error::WrongContents`], which names both.
pub(crate) fn check(
    arena: &Arena,
    place: u64,
    kind: &'static str,
    handle: Handle,
    expected: Option<&str>,
) -> Result<()> {
    let found = arena.window().word64(place)?.load();
    let wanted = hash(expected);
    if found == 0 || wanted == 0 || found == wanted {
        return Ok(());
    }
    Err(Error::WrongContents {
        handle,
        kind,
        expected: expected.unwrap_or_default().to_owned(),
        found: read(arena, place)?,
    })
}

fn read(arena: &Arena, place: u64) -> Result<String> {
    let length = arena.window().word64(place + 8)?.load();
    let length = length.min(LONGEST as u64) as usize;
    let mut bytes = Vec::new();
    arena
        .window()
        .append_to(&mut bytes, place + WORDS, length)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Zero only for no description.
fn hash(contents: Option<&str>) -> u64 {
    contents.map_or(0, |contents| {
        let mut hasher = FixedState::with_seed(0).build_hasher();
        hasher.write(contents.as_bytes());
        hasher.finish().max(1)
    })
}
