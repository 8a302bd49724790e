//! Streams of a pool: replies to a client, and cancellations for hosts.

use std::time::Duration;

use super::Board;
use crate::ClusterError;
use crate::reply::Reply;

/// Behind which the whole stream lies.
pub(crate) const BEGINNING: &str = "0-0";

/// An entry of a stream.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) id: String,
    fields: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Entry {
    /// Takes a field out.
    pub(crate) fn take(&mut self, name: &str) -> Option<Vec<u8>> {
        let mut fields = self.fields.iter();
        let position = fields.position(|(found, _)| found == name.as_bytes())?;
        Some(self.fields.swap_remove(position).1)
    }

    /// All its fields, in order.
    pub(crate) fn into_fields(self) -> Vec<(Vec<u8>, Vec<u8>)> {
        self.fields
    }

    pub(crate) fn read(reply: Reply) -> Result<Entry, ClusterError> {
        let [id, fields] = reply.into_parts()?;
        // Of an entry that was removed there are no fields.
        let mut parts = fields.into_array()?.into_iter();
        let mut fields = Vec::new();
        while let (Some(name), Some(value)) = (parts.next(), parts.next()) {
            fields.push((name.into_bytes()?, value.into_bytes()?));
        }
        Ok(Entry {
            id: id.into_text()?,
            fields,
        })
    }
}

impl Board {
    /// Waits for replies to a client behind `last`; none if the slice is over, or if that failed.
    pub(crate) fn wait_for_replies(
        &self,
        client: &str,
        last: &str,
        slice: Duration,
    ) -> Result<Vec<Entry>, ClusterError> {
        let part = format!("rep:{client}");
        entries(
            self.cluster()
                .wait_for_entries(&self.object, &part, last, slice)?,
        )
    }

    /// Reads replies to a client behind `last`.
    pub(crate) fn replies(&self, client: &str, last: &str) -> Result<Vec<Entry>, ClusterError> {
        let part = format!("rep:{client}");
        entries(self.cluster().entries(&self.object, &part, last)?)
    }

    /// Removes replies up to `last`, which have been told.
    pub(crate) fn trim_replies(&self, client: &str, last: &str) -> Result<(), ClusterError> {
        let key = self.object.key(&format!("rep:{client}"));
        let Some(next) = successor(last) else {
            return Err(ClusterError::protocol(format!("an entry {last:?}")));
        };
        let parts: [&[u8]; 4] = [b"XTRIM", key.as_bytes(), b"MINID", next.as_bytes()];
        self.cluster().command(&self.object, parts).map(drop)
    }

    /// Waits for cancellations behind `last`; none if the slice is over, or if that failed.
    pub(crate) fn wait_for_cancellations(
        &self,
        last: &str,
        slice: Duration,
    ) -> Result<Vec<Entry>, ClusterError> {
        entries(
            self.cluster()
                .wait_for_entries(&self.object, "x", last, slice)?,
        )
    }

    /// Behind which cancellations lie that are still to come.
    pub(crate) fn last_cancellation(&self) -> Result<String, ClusterError> {
        let key = self.object.key("x");
        let parts: [&[u8]; 6] = [b"XREVRANGE", key.as_bytes(), b"+", b"-", b"COUNT", b"1"];
        let newest = self.cluster().command(&self.object, parts)?.into_array()?;
        match newest.into_iter().next() {
            Some(entry) => Ok(Entry::read(entry)?.id),
            None => Ok(BEGINNING.to_owned()),
        }
    }
}

/// Reads a list of {stream, its entries}.
fn entries(reply: Reply) -> Result<Vec<Entry>, ClusterError> {
    let Some(stream) = reply.into_array()?.into_iter().next() else {
        return Ok(Vec::new());
    };
    let [_, entries] = stream.into_parts()?;
    entries.into_array()?.into_iter().map(Entry::read).collect()
}

/// The id behind that one.
fn successor(id: &str) -> Option<String> {
    let (time, number) = id.split_once('-')?;
    let number: u64 = number.parse().ok()?;
    Some(format!("{time}-{}", number.checked_add(1)?))
}
