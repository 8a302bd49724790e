//! Reading much, page by page, as it was at one moment.

use std::time::Duration;

use crate::ClusterError;

/// How often the object itself is read before a copy is.
const ATTEMPTS: u32 = 3;

/// How long a copy on the server outlives whoever reads it.
pub(crate) const COPY_LIFE: Duration = Duration::from_secs(120);

/// What all pages are of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The object itself, while it stays the same version.
    Live,
    /// A copy on the server, which this process alone reads.
    Copy(String),
}

/// Reads with `read` until all pages were of one version, which it says by an answer.
///
/// First the object itself: that costs nothing as long as nobody changes it meanwhile. If somebody does again and again, `copy` makes a copy on the
/// server in one step, so that reading ends however busy the writers are; the copy is removed by `discard`, and by itself if nobody does.
pub(crate) fn consistently<T>(
    mut read: impl FnMut(&Source) -> Result<Option<T>, ClusterError>,
    copy: impl Fn() -> Result<Source, ClusterError>,
    discard: impl Fn(&Source) -> Result<(), ClusterError>,
) -> Result<T, ClusterError> {
    for _ in 0..ATTEMPTS {
        if let Some(found) = read(&Source::Live)? {
            return Ok(found);
        }
    }
    loop {
        let source = copy()?;
        if let Some(found) = read(&source)? {
            discard(&source)?;
            return Ok(found);
        }
    }
}
