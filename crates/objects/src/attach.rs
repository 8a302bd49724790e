//! Taking hold of an object by its handle.

use procession_arena::{Error, Handle, Object, ObjectKind, Participant, Result};

/// Makes this process a holder of the object that `handle` names, which must be of that kind.
///
/// # Errors
///
/// [`Error::StaleHandle`] if the object is gone, [`Error::WrongKind`] if it is something else.
pub(crate) fn attach(me: &Participant, handle: Handle, kind: &dyn ObjectKind) -> Result<Object> {
    let (object, found) = me.attach(handle)?;
    if found.tag() == kind.tag() {
        return Ok(object);
    }
    me.detach(handle)?;
    Err(Error::WrongKind {
        handle,
        expected: kind.name(),
        found: found.name(),
    })
}
