//! The certificates of servers that speak TLS.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Where the certificates of a server lie; they are removed with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificates {
    /// The authority that has signed the server's and the client's certificates (PEM).
    pub authority: PathBuf,
    /// The server's certificate, for `127.0.0.1` and `localhost` (PEM).
    pub server: PathBuf,
    /// The server's private key (PEM).
    pub server_key: PathBuf,
    /// A certificate for a client, should the server ask for one (PEM).
    pub client: PathBuf,
    /// The client's private key (PEM).
    pub client_key: PathBuf,
}

/// The files as they are in the repository, made by `certificates/make.sh`.
const FILES: [(&str, &str); 5] = [
    (
        "authority.pem",
        include_str!("../certificates/authority.pem"),
    ),
    ("server.pem", include_str!("../certificates/server.pem")),
    ("server.key", include_str!("../certificates/server.key")),
    ("client.pem", include_str!("../certificates/client.pem")),
    ("client.key", include_str!("../certificates/client.key")),
];

impl Certificates {
    pub(crate) fn within(directory: &Path) -> Self {
        Self {
            authority: directory.join("authority.pem"),
            server: directory.join("server.pem"),
            server_key: directory.join("server.key"),
            client: directory.join("client.pem"),
            client_key: directory.join("client.key"),
        }
    }

    pub(crate) fn write(directory: &Path) -> io::Result<()> {
        FILES
            .iter()
            .try_for_each(|(name, text)| fs::write(directory.join(name), text))
    }
}
