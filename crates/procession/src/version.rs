//! Which version of an entry it was that somebody read.

use procession_cluster as cluster;
use procession_objects as objects;

/// Which version of an entry it was that somebody read, wherever it is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Version {
    Memory(objects::Stamp),
    Server(cluster::Stamp),
}

impl Version {
    /// What a change in memory demands that rests on this version, or on that there was none.
    #[inline]
    pub(crate) fn expect_in_memory(version: Option<Version>) -> objects::Expect {
        match version {
            Some(Version::Memory(stamp)) => objects::Expect::Exactly(stamp),
            // What was read elsewhere is nothing here.
            Some(Version::Server(_)) | None => objects::Expect::Absent,
        }
    }

    /// What a change on a server demands that rests on this version, or on that there was none.
    pub(crate) fn expect_on_server(version: Option<Version>) -> cluster::Expect {
        match version {
            Some(Version::Server(stamp)) => cluster::Expect::Exactly(stamp),
            Some(Version::Memory(_)) | None => cluster::Expect::Absent,
        }
    }
}
