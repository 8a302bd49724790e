//! All entries at one moment.

use super::Dict;
use crate::ClusterError;
use crate::call::Call;
use crate::entry::{Entry, Stamp};
use crate::pages::{COPY_LIFE, Source, consistently};
use crate::reply::Reply;
use crate::script::{Script, script};

pub(super) static PAGE: Script = script!("page");
pub(super) static COPY: Script = script!("copy");

/// All entries of a dict as they were at one moment, in the order in which their keys were inserted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// The entries.
    pub entries: Vec<SnapshotEntry>,
}

/// One entry of a [`Snapshot`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotEntry {
    /// Its key.
    pub key: Vec<u8>,
    /// Its value.
    pub value: Vec<u8>,
    /// Which version of it that is.
    pub stamp: Stamp,
}

impl Dict {
    /// All entries as they are at one moment.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get); and [`ClusterError::Full`] if the dict is large, changed all the time, and the server has no room for a copy of it.
    pub fn snapshot(&self) -> Result<Snapshot, ClusterError> {
        let entries = self.read_all(true)?.into_iter().map(|(key, written)| {
            let entry = Entry::read(&self.object, &written.unwrap_or_default())?;
            Ok(SnapshotEntry {
                key,
                value: entry.value,
                stamp: entry.stamp,
            })
        });
        Ok(Snapshot {
            entries: entries.collect::<Result<_, ClusterError>>()?,
        })
    }

    /// All keys as they are at one moment.
    ///
    /// # Errors
    ///
    /// As [`snapshot`](Self::snapshot).
    pub fn keys(&self) -> Result<Vec<Vec<u8>>, ClusterError> {
        let all = self.read_all(false)?;
        Ok(all.into_iter().map(|(key, _)| key).collect())
    }

    fn read_all(&self, wants_entries: bool) -> Result<Vec<Written>, ClusterError> {
        consistently(
            |source| self.read_pages(source, wants_entries),
            || self.copy(),
            |source| self.discard(source),
        )
    }

    /// All entries, or `None` if somebody has changed the dict meanwhile.
    fn read_pages(
        &self,
        source: &Source,
        wants_entries: bool,
    ) -> Result<Option<Vec<Written>>, ClusterError> {
        let mut all = Vec::new();
        let mut version = Vec::new();
        loop {
            let Some(page) = self.read_page(source, &version, all.len(), wants_entries)? else {
                return Ok(None);
            };
            let is_empty = page.entries.is_empty();
            all.extend(page.entries);
            version = page.version;
            match all.len() as u64 >= page.total {
                true => return Ok(Some(all)),
                false if is_empty => return Err(ClusterError::protocol("a page without entries")),
                false => {}
            }
        }
    }

    fn read_page(
        &self,
        source: &Source,
        version: &[u8],
        first: usize,
        wants_entries: bool,
    ) -> Result<Option<Page>, ClusterError> {
        let call = Call::new(&PAGE, &self.object);
        let call = match source {
            Source::Live => call.keys(["h", "v", "o"]).argument(version).argument("0"),
            Source::Copy(name) => call
                .keys(["h", &copied_entries(name), &copied_order(name)])
                .argument(version)
                .argument(COPY_LIFE),
        };
        let call = call.argument(first).argument(wants_entries);
        let reply = self.object.cluster().call(call)?;
        match reply.is_nil() {
            true => Ok(None),
            false => Page::read(reply).map(Some),
        }
    }

    fn copy(&self) -> Result<Source, ClusterError> {
        let name = self.object.cluster().fresh_name()?;
        let (entries, order) = (copied_entries(&name), copied_order(&name));
        let call = Call::new(&COPY, &self.object)
            .keys(["h", "v", "o", &entries, &order])
            .argument(COPY_LIFE);
        self.object.cluster().call(call)?;
        Ok(Source::Copy(name))
    }

    fn discard(&self, source: &Source) -> Result<(), ClusterError> {
        match source {
            Source::Live => Ok(()),
            Source::Copy(name) => self
                .object
                .unlink_parts(&[copied_entries(name), copied_order(name)]),
        }
    }
}

/// A key, and the entry as the server keeps it, if that was wanted.
type Written = (Vec<u8>, Option<Vec<u8>>);

struct Page {
    version: Vec<u8>,
    /// How many entries there are on all pages.
    total: u64,
    entries: Vec<Written>,
}

impl Page {
    fn read(reply: Reply) -> Result<Page, ClusterError> {
        let mut parts = reply.into_array()?.into_iter();
        let mut next = || {
            parts
                .next()
                .ok_or_else(|| ClusterError::protocol("half a page"))
        };
        let (version, total) = (next()?.into_bytes()?, next()?.count()?);
        let mut entries = Vec::new();
        while let Some(key) = parts.next() {
            let entry = parts.next().unwrap_or(Reply::Nil).into_optional_bytes()?;
            entries.push((key.into_bytes()?, entry));
        }
        Ok(Page {
            version,
            total,
            entries,
        })
    }
}

fn copied_entries(name: &str) -> String {
    format!("copy-{name}:v")
}

fn copied_order(name: &str) -> String {
    format!("copy-{name}:o")
}
