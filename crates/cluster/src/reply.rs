//! What the server has answered.

use crate::ClusterError;

/// An answer of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    Nil,
    Integer(i64),
    Bytes(Vec<u8>),
    Array(Vec<Reply>),
}

impl Reply {
    pub(crate) fn is_nil(&self) -> bool {
        matches!(self, Reply::Nil)
    }

    /// A number, which the server may have written in digits.
    pub(crate) fn integer(&self) -> Result<i64, ClusterError> {
        match self {
            Reply::Integer(number) => Ok(*number),
            Reply::Bytes(digits) => std::str::from_utf8(digits)
                .ok()
                .and_then(|digits| digits.parse().ok())
                .ok_or_else(|| self.unexpected("a number")),
            Reply::Nil | Reply::Array(_) => Err(self.unexpected("a number")),
        }
    }

    /// A number that counts something.
    pub(crate) fn count(&self) -> Result<u64, ClusterError> {
        u64::try_from(self.integer()?).map_err(|_| self.unexpected("a count"))
    }

    pub(crate) fn into_bytes(self) -> Result<Vec<u8>, ClusterError> {
        match self {
            Reply::Bytes(bytes) => Ok(bytes),
            Reply::Integer(number) => Ok(number.to_string().into_bytes()),
            Reply::Nil | Reply::Array(_) => Err(self.unexpected("bytes")),
        }
    }

    /// `None` if the answer is that there is nothing.
    pub(crate) fn into_optional_bytes(self) -> Result<Option<Vec<u8>>, ClusterError> {
        match self {
            Reply::Nil => Ok(None),
            other => other.into_bytes().map(Some),
        }
    }

    pub(crate) fn into_text(self) -> Result<String, ClusterError> {
        String::from_utf8(self.into_bytes()?)
            .map_err(|_| ClusterError::protocol("text that is not UTF-8"))
    }

    /// Several answers; nothing is none.
    pub(crate) fn into_array(self) -> Result<Vec<Reply>, ClusterError> {
        match self {
            Reply::Array(replies) => Ok(replies),
            Reply::Nil => Ok(Vec::new()),
            Reply::Integer(_) | Reply::Bytes(_) => Err(self.unexpected("several answers")),
        }
    }

    /// Exactly so many answers.
    pub(crate) fn into_parts<const N: usize>(self) -> Result<[Reply; N], ClusterError> {
        let parts = self.into_array()?;
        let count = parts.len();
        parts
            .try_into()
            .map_err(|_| ClusterError::protocol(format!("{count} answers where {N} were expected")))
    }

    fn unexpected(&self, wanted: &str) -> ClusterError {
        let what = match self {
            Reply::Nil => "nothing".to_owned(),
            Reply::Integer(number) => number.to_string(),
            Reply::Bytes(bytes) => format!("{:?}", String::from_utf8_lossy(bytes)),
            Reply::Array(replies) => format!("{} answers", replies.len()),
        };
        ClusterError::protocol(format!("{what} where {wanted} was expected"))
    }
}
