//! Many elements at one moment.

use std::sync::Arc;

use super::List;
use crate::ClusterError;
use crate::call::Call;
use crate::entry::Entry;
use crate::object::Object;
use crate::pages::{COPY_LIFE, Source, consistently};
use crate::reply::Reply;
use crate::script::{Script, script};

pub(super) static PAGE: Script = script!("page");
pub(super) static COPY: Script = script!("copy");

/// Elements of a list as they were at one moment, and which version of the list that was.
#[derive(Clone, Debug)]
pub struct Snapshot {
    object: Arc<Object>,
    pub(super) version: Vec<u8>,
    /// As the server keeps them.
    pub(super) written: Vec<Vec<u8>>,
}

impl Snapshot {
    /// Which version of the list it is, for [`splice`](List::splice).
    pub fn version(&self) -> &[u8] {
        &self.version
    }

    /// How many elements there are in it.
    pub fn len(&self) -> usize {
        self.written.len()
    }

    /// Whether there is none in it.
    pub fn is_empty(&self) -> bool {
        self.written.is_empty()
    }

    /// The elements.
    ///
    /// # Errors
    ///
    /// [`ClusterError::BadSignature`] and [`ClusterError::Unsigned`].
    pub fn entries(&self) -> Result<Vec<Entry>, ClusterError> {
        let entries = self.written.iter();
        entries
            .map(|written| Entry::read(&self.object, written))
            .collect()
    }
}

impl List {
    /// All elements as they are at one moment.
    ///
    /// # Errors
    ///
    /// As [`snapshot_of`](Self::snapshot_of).
    pub fn snapshot(&self) -> Result<Snapshot, ClusterError> {
        self.snapshot_of(None, None)
    }

    /// The elements from `start` to `stop`, which is not one of them, as they are at one moment; less than zero from the end, and cut to what there is.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Gone`], [`ClusterError::Unavailable`] and its like; and [`ClusterError::Full`] if there are many, the list is changed all the
    /// time, and the server has no room for a copy of it.
    pub fn snapshot_of(
        &self,
        start: Option<i64>,
        stop: Option<i64>,
    ) -> Result<Snapshot, ClusterError> {
        consistently(
            |source| self.read_pages(source, start, stop),
            || self.copy(),
            |source| self.discard(source),
        )
    }

    /// The elements, or `None` if somebody has changed the list meanwhile.
    fn read_pages(
        &self,
        source: &Source,
        start: Option<i64>,
        stop: Option<i64>,
    ) -> Result<Option<Snapshot>, ClusterError> {
        let number = |number: Option<i64>| number.map(|number| number.to_string());
        let mut start = number(start).unwrap_or_default();
        let mut stop = number(stop).unwrap_or_default();
        let mut snapshot = Snapshot {
            object: Arc::clone(&self.object),
            version: Vec::new(),
            written: Vec::new(),
        };
        loop {
            let Some(page) = self.read_page(source, &snapshot.version, &start, &stop)? else {
                return Ok(None);
            };
            let is_empty = page.written.is_empty();
            let next = page.first + page.written.len() as u64;
            snapshot.written.extend(page.written);
            snapshot.version = page.version;
            match next >= page.stop {
                true => return Ok(Some(snapshot)),
                false if is_empty => return Err(ClusterError::protocol("a page without elements")),
                false => (start, stop) = (next.to_string(), page.stop.to_string()),
            }
        }
    }

    fn read_page(
        &self,
        source: &Source,
        version: &[u8],
        start: &str,
        stop: &str,
    ) -> Result<Option<Page>, ClusterError> {
        let call = Call::new(&PAGE, &self.object);
        let call = match source {
            Source::Live => call.keys(["h", "v"]).argument(version).argument("0"),
            Source::Copy(name) => call
                .keys(["h", &copied(name)])
                .argument(version)
                .argument(COPY_LIFE),
        };
        let call = call.argument(start).argument(stop);
        let reply = self.object.cluster().call(call)?;
        match reply.is_nil() {
            true => Ok(None),
            false => Page::read(reply).map(Some),
        }
    }

    fn copy(&self) -> Result<Source, ClusterError> {
        let name = self.object.cluster().fresh_name()?;
        let call = Call::new(&COPY, &self.object)
            .keys(["h", "v", &copied(&name)])
            .argument(COPY_LIFE);
        self.object.cluster().call(call)?;
        Ok(Source::Copy(name))
    }

    fn discard(&self, source: &Source) -> Result<(), ClusterError> {
        match source {
            Source::Live => Ok(()),
            Source::Copy(name) => self.object.unlink_parts(&[copied(name)]),
        }
    }
}

struct Page {
    version: Vec<u8>,
    first: u64,
    /// Behind the last element that is wanted.
    stop: u64,
    written: Vec<Vec<u8>>,
}

impl Page {
    fn read(reply: Reply) -> Result<Page, ClusterError> {
        let mut parts = reply.into_array()?.into_iter();
        let mut next = || {
            parts
                .next()
                .ok_or_else(|| ClusterError::protocol("half a page"))
        };
        Ok(Page {
            version: next()?.into_bytes()?,
            first: next()?.count()?,
            stop: next()?.count()?,
            written: parts.map(Reply::into_bytes).collect::<Result<_, _>>()?,
        })
    }
}

fn copied(name: &str) -> String {
    format!("copy-{name}:v")
}
