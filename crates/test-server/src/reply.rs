//! What a server answers.

use std::io::{self, BufRead};

/// A reply of the server, in the second version of its protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// A short text such as `OK`.
    Status(String),
    /// The server refused, for instance with `WRONGTYPE …`.
    Error(String),
    /// A whole number.
    Integer(i64),
    /// A value.
    Bytes(Vec<u8>),
    /// Nothing: there is no such value.
    Nil,
    /// Several replies.
    Array(Vec<Reply>),
}

/// No reply that a test reads is longer; a greater length means that the two sides have lost step.
const LONGEST: usize = 1 << 30;

impl Reply {
    /// The reply as text: a status, a value or a number, else `None`.
    pub fn text(&self) -> Option<String> {
        match self {
            Self::Status(text) => Some(text.clone()),
            Self::Bytes(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
            Self::Integer(number) => Some(number.to_string()),
            Self::Error(_) | Self::Nil | Self::Array(_) => None,
        }
    }

    /// The replies of an array, or none.
    pub fn items(&self) -> &[Reply] {
        match self {
            Self::Array(items) => items,
            _ => &[],
        }
    }

    /// The reply, unless the server refused.
    ///
    /// # Errors
    ///
    /// The server's refusal, in its words.
    pub fn accepted(self) -> io::Result<Self> {
        match self {
            Self::Error(text) => Err(io::Error::other(text)),
            accepted => Ok(accepted),
        }
    }

    pub(crate) fn read(from: &mut impl BufRead) -> io::Result<Self> {
        let line = line(from)?;
        let Some((kind, rest)) = line.split_at_checked(1) else {
            return Err(malformed(&line));
        };
        match kind {
            "+" => Ok(Self::Status(rest.to_owned())),
            "-" => Ok(Self::Error(rest.to_owned())),
            ":" => number(rest).map(Self::Integer),
            "$" => match length(rest)? {
                Some(length) => bytes(from, length).map(Self::Bytes),
                None => Ok(Self::Nil),
            },
            "*" => match length(rest)? {
                Some(length) => (0..length)
                    .map(|_| Self::read(from))
                    .collect::<io::Result<_>>()
                    .map(Self::Array),
                None => Ok(Self::Nil),
            },
            _ => Err(malformed(&line)),
        }
    }
}

fn line(from: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    from.read_line(&mut line)?;
    match line.strip_suffix("\r\n") {
        Some(line) => Ok(line.to_owned()),
        None => Err(io::Error::new(
            io::ErrorKind::UnexpectedEof,
            "the server ended the connection",
        )),
    }
}

fn bytes(from: &mut impl BufRead, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    from.read_exact(&mut bytes)?;
    let mut end = [0; 2];
    from.read_exact(&mut end)?;
    match &end {
        b"\r\n" => Ok(bytes),
        _ => Err(malformed("a value without its end")),
    }
}

fn number(text: &str) -> io::Result<i64> {
    text.parse().map_err(|_| malformed(text))
}

/// `None` stands for nothing at all, which has the length -1.
fn length(text: &str) -> io::Result<Option<usize>> {
    match number(text)? {
        -1 => Ok(None),
        length => match usize::try_from(length) {
            Ok(length) if length <= LONGEST => Ok(Some(length)),
            _ => Err(malformed(text)),
        },
    }
}

fn malformed(text: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("this is no reply of a server: {text:?}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(mut text: &[u8]) -> io::Result<Reply> {
        Reply::read(&mut text)
    }

    #[test]
    fn every_kind_is_read() {
        let nested = b"*5\r\n+OK\r\n-ERR no\r\n:-7\r\n$4\r\na\r\nb\r\n*-1\r\n";
        let expected = Reply::Array(vec![
            Reply::Status("OK".into()),
            Reply::Error("ERR no".into()),
            Reply::Integer(-7),
            Reply::Bytes(b"a\r\nb".to_vec()),
            Reply::Nil,
        ]);
        assert_eq!(read(nested).unwrap(), expected);
        assert_eq!(read(b"$-1\r\n").unwrap(), Reply::Nil);
    }

    #[test]
    fn what_is_cut_or_no_reply_is_an_error() {
        for text in [
            "",
            "+OK",
            "$5\r\nab",
            "*2\r\n:1\r\n",
            "?\r\n",
            "\r\n",
            ":x\r\n",
            "$-2\r\n",
            "$2\r\nabcd",
        ] {
            assert!(read(text.as_bytes()).is_err(), "{text:?}");
        }
    }
}
