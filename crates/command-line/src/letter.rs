//! Bytes of messages, as people and programs can read them.

use procession_cluster::ClusterError;
use serde::Serialize;

/// Bytes that are shown to people who do not ask for all.
const SHOWN: usize = 100;

/// What a message holds. Only the program that has put it knows what it means.
#[derive(Debug, Serialize)]
pub(crate) struct Content {
    /// How many bytes.
    size: Option<usize>,
    /// If they are text.
    text: Option<String>,
    /// In any case: two digits for each.
    hex: Option<String>,
    /// Why they cannot be read.
    error: Option<String>,
    #[serde(skip)]
    bytes: Vec<u8>,
}

impl Content {
    pub(crate) fn new(bytes: Result<Vec<u8>, ClusterError>) -> Content {
        let (bytes, error) = match bytes {
            Ok(bytes) => (bytes, None),
            Err(error) => (Vec::new(), Some(error.to_string())),
        };
        let is_read = error.is_none();
        Content {
            size: is_read.then_some(bytes.len()),
            text: String::from_utf8(bytes.clone()).ok().filter(|_| is_read),
            hex: is_read.then(|| bytes.iter().map(|byte| format!("{byte:02x}")).collect()),
            error,
            bytes,
        }
    }

    /// As a Rust or Python program would write it; only the beginning, unless all was asked for.
    pub(crate) fn for_people(&self, full: bool) -> String {
        if let Some(error) = &self.error {
            return format!("cannot be read: {error}");
        }
        let shown = if full { self.bytes.len() } else { SHOWN };
        let (shown, rest) = self.bytes.split_at(shown.min(self.bytes.len()));
        let more = if rest.is_empty() { "" } else { "…" };
        format!("b\"{}\"{more}", shown.escape_ascii())
    }

    pub(crate) fn size(&self) -> String {
        self.size.map_or("-".to_owned(), |size| size.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_see_the_beginning_unless_they_ask_for_all() {
        let content = Content::new(Ok(vec![b'"'; SHOWN + 1]));
        let (short, full) = (content.for_people(false), content.for_people(true));
        assert_eq!(short, format!("b\"{}\"…", "\\\"".repeat(SHOWN)));
        assert_eq!(full, format!("b\"{}\"", "\\\"".repeat(SHOWN + 1)));
    }

    #[test]
    fn bytes_that_are_no_text_are_told_in_digits() {
        let content = Content::new(Ok(vec![0xff, 0]));
        assert_eq!(
            (content.text.as_deref(), content.hex.as_deref()),
            (None, Some("ff00"))
        );
        assert_eq!(content.for_people(false), "b\"\\xff\\x00\"");
    }
}
