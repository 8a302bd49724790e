//! How a server is to be.

use std::fs;
use std::io;
use std::path::Path;

use crate::Server;
use crate::certificates::Certificates;

/// When a server with an append-only file forces it to the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fsync {
    /// Once a second: a loss of power loses up to a second, the death of the process nothing.
    EverySecond,
    /// Before every reply.
    Always,
}

/// What the executable is to be.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Role {
    #[default]
    Server,
    /// It holds no data, but watches over servers that do.
    Sentinel,
}

impl Role {
    pub(crate) fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Server => &[],
            Self::Sentinel => &["--sentinel"],
        }
    }

    /// The lines with which a configuration begins, since of two lines for one setting the later counts.
    fn lines(self) -> &'static str {
        match self {
            // Nothing is kept unless it is asked for, and a replica gets its copy without the usual wait for others.
            Self::Server => "save \"\"\nappendonly no\nrepl-diskless-sync-delay 0\n",
            Self::Sentinel => "",
        }
    }
}

/// Settings for a [`Server`] that is to be started.
///
/// # Examples
///
/// ```
/// use procession_test_server::{Fsync, Server};
///
/// # fn main() -> std::io::Result<()> {
/// let server = Server::builder()
///     .append_only(Fsync::EverySecond)
///     .password("secret")
///     .argument("maxclients", "100")
///     .start()?;
/// server.command(&["SET", "kept", "yes"])?.accepted()?;
/// server.kill()?;
/// server.restart()?;
/// assert_eq!(server.command(&["GET", "kept"])?.text().as_deref(), Some("yes"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Builder {
    pub(crate) password: Option<String>,
    pub(crate) tls: bool,
    pub(crate) role: Role,
    lines: Vec<String>,
}

impl Builder {
    /// Keeps an append-only file, so that the data outlives the server's death.
    pub fn append_only(self, fsync: Fsync) -> Self {
        let policy = match fsync {
            Fsync::EverySecond => "everysec",
            Fsync::Always => "always",
        };
        self.argument("appendonly", "yes")
            .argument("appendfsync", policy)
    }

    /// Asks everybody for this password, of letters and digits.
    ///
    /// [`Server::url`] and [`Server::command`] know it, and so does a replica with the same password.
    pub fn password(mut self, password: impl Into<String>) -> Self {
        let password = password.into();
        let line = format!("requirepass \"{password}\"\nmasterauth \"{password}\"");
        self.password = Some(password);
        self.line(line)
    }

    /// Adds a user, in the words of `ACL SETUSER`: `"alice on >secret ~pc:* +@all"`.
    ///
    /// The user `default` must keep its rights, with which this crate speaks to the server.
    pub fn user_acl_line(self, user: impl AsRef<str>) -> Self {
        self.argument("user", user)
    }

    /// Limits the memory for data, in bytes.
    pub fn max_memory(self, bytes: u64) -> Self {
        self.argument("maxmemory", bytes.to_string())
    }

    /// Says what is thrown away when the memory is full, for instance `allkeys-lru`; nothing unless this is called.
    pub fn policy(self, policy: impl AsRef<str>) -> Self {
        self.argument("maxmemory-policy", policy)
    }

    /// Opens a second port, for TLS, which is then the one in [`Server::url`].
    ///
    /// [`Server::certificates`] has the authority that a client must trust. A client needs no certificate of its own, unless
    /// `.argument("tls-auth-clients", "yes")` is added.
    pub fn tls(mut self) -> Self {
        self.tls = true;
        self
    }

    /// Adds a line to the server's configuration, in its own words. Of two lines for one setting the later counts.
    pub fn argument(self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        let line = format!("{} {}", name.as_ref(), value.as_ref());
        self.line(line)
    }

    /// Starts the server, and returns when it answers.
    ///
    /// # Errors
    ///
    /// There is no executable (the error says what to install), the server refuses its configuration (the error has its log), or it
    /// did not answer within half a minute.
    ///
    /// # If a process dies
    ///
    /// When the process that started the server ends, in whatever way, the server is killed and its directory removed. A copy of
    /// the process made by fork, without exec, counts as the same process.
    pub fn start(self) -> io::Result<Server> {
        Server::with(self)
    }

    pub(crate) fn role(mut self, role: Role) -> Self {
        self.role = role;
        self
    }

    /// Adds a line that counts only if there is no other one for the setting.
    pub(crate) fn argument_before(mut self, name: &str, value: &str) -> Self {
        self.lines.insert(0, format!("{name} {value}"));
        self
    }

    fn line(mut self, line: String) -> Self {
        self.lines.push(line);
        self
    }

    /// Writes all that a server reads when it starts.
    pub(crate) fn write(
        &self,
        directory: &Path,
        port: u16,
        tls_port: Option<u16>,
    ) -> io::Result<()> {
        let mut text = format!("port {port}\nbind 127.0.0.1\ndir {}\n", directory.display());
        text.push_str(self.role.lines());
        if let Some(port) = tls_port {
            Certificates::write(directory)?;
            text.push_str(&tls(&Certificates::within(directory), port));
        }
        for line in &self.lines {
            text.push_str(line);
            text.push('\n');
        }
        fs::write(directory.join("redis.conf"), text)
    }
}

fn tls(certificates: &Certificates, port: u16) -> String {
    format!(
        "tls-port {port}\ntls-ca-cert-file {}\ntls-cert-file {}\ntls-key-file {}\ntls-auth-clients no\n",
        certificates.authority.display(),
        certificates.server.display(),
        certificates.server_key.display(),
    )
}
