//! A connection for assertions, apart from the client that is tested.

use std::io::{self, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use crate::Reply;

/// How long a server that lives may take to answer; one that is paused or hangs is noticed then.
const TIME_TO_ANSWER: Duration = Duration::from_secs(10);

/// A plain connection to a [`Server`](crate::Server).
#[derive(Debug)]
pub struct Connection {
    stream: BufReader<TcpStream>,
}

impl Connection {
    pub(crate) fn open(port: u16, password: Option<&str>) -> io::Result<Self> {
        Self::open_within(TIME_TO_ANSWER, port, password)
    }

    /// A connection on which every reply must come within the given time.
    pub(crate) fn open_within(
        time: Duration,
        port: u16,
        password: Option<&str>,
    ) -> io::Result<Self> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let stream = TcpStream::connect_timeout(&address, time)?;
        stream.set_read_timeout(Some(time))?;
        stream.set_write_timeout(Some(time))?;
        stream.set_nodelay(true)?;
        let mut connection = Self {
            stream: BufReader::new(stream),
        };
        if let Some(password) = password {
            connection.command(&["AUTH", password])?.accepted()?;
        }
        Ok(connection)
    }

    /// Sends a command and reads its reply, which may be a refusal: see [`Reply::accepted`].
    ///
    /// # Errors
    ///
    /// The connection broke, or the server did not answer within ten seconds. The connection is of no use then.
    pub fn command(&mut self, words: &[impl AsRef<[u8]>]) -> io::Result<Reply> {
        self.send(words)?;
        self.receive()
    }

    /// Sends a command without reading its reply, for one that blocks or as part of a pipeline.
    ///
    /// # Errors
    ///
    /// The connection broke.
    pub fn send(&mut self, words: &[impl AsRef<[u8]>]) -> io::Result<()> {
        let mut request = format!("*{}\r\n", words.len()).into_bytes();
        for word in words {
            let word = word.as_ref();
            request.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
            request.extend_from_slice(word);
            request.extend_from_slice(b"\r\n");
        }
        self.stream.get_mut().write_all(&request)
    }

    /// Reads the next reply.
    ///
    /// # Errors
    ///
    /// The connection broke, or nothing came for ten seconds.
    pub fn receive(&mut self) -> io::Result<Reply> {
        Reply::read(&mut self.stream)
    }
}
