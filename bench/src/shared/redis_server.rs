//! What people use today to share data between processes: a Redis server, here over a Unix socket.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Error, bail};
use redis::{Client, Commands, Connection};

use super::Tells;
use super::dict::Map;
use crate::load::Sample;
use crate::measure::{Column, Contestant};

/// How long a server may take until it answers.
const PATIENCE: Duration = Duration::from_secs(10);

/// A contestant, if there is a server to start.
pub(super) fn contestant(
    row: &str,
    tells: Tells,
    run: impl Fn(u64) -> Result<Duration, Error> + 'static,
) -> Option<Contestant> {
    match Command::new("redis-server")
        .arg("--version")
        .stdout(Stdio::null())
        .status()
    {
        Ok(_) => Some(super::contestant(Column::Redis, row, tells, run)),
        Err(error) => {
            eprintln!(
                "bench: without Redis ({error}); its server is in Debian's package redis-server"
            );
            None
        }
    }
}

/// A server of our own, which keeps nothing on disk and listens on no port.
pub(super) struct Server {
    process: Child,
    directory: PathBuf,
}

impl Server {
    pub(super) fn start() -> Result<Server, Error> {
        static NUMBER: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let name = format!("procession-bench-{}-{number}", std::process::id());
        let directory = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&directory)?;
        let process = Command::new("redis-server")
            .args([
                "--port",
                "0",
                "--save",
                "",
                "--appendonly",
                "no",
                "--unixsocket",
            ])
            .arg(directory.join("socket"))
            .current_dir(&directory)
            .stdout(Stdio::null())
            .spawn()
            .context("redis-server")?;
        let server = Server { process, directory };
        let begin = Instant::now();
        while connect(server.address()).is_err() {
            if begin.elapsed() > PATIENCE {
                bail!("redis-server does not answer");
            }
            thread::yield_now();
        }
        Ok(server)
    }

    /// Where its socket is.
    pub(super) fn address(&self) -> PathBuf {
        self.directory.join("socket")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Whatever fails here, nothing depends on it any more.
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

pub(super) fn connect(socket: PathBuf) -> Result<Connection, Error> {
    let url = format!("redis+unix://{}", socket.display());
    Ok(Client::open(url)?.get_connection()?)
}

/// A hash of the server, whose values are encoded as procession's are.
pub(super) struct RedisHash(Connection);

const HASH: &str = "hash";

impl Map for RedisHash {
    type Address = PathBuf;

    fn open(address: PathBuf) -> Result<RedisHash, Error> {
        connect(address).map(RedisHash)
    }

    fn get(&mut self, key: &str) -> Result<Option<Sample>, Error> {
        let bytes: Option<Vec<u8>> = self.0.hget(HASH, key)?;
        Ok(bytes
            .map(|bytes| postcard::from_bytes(&bytes))
            .transpose()?)
    }

    fn set(&mut self, key: &str, value: &Sample) -> Result<(), Error> {
        Ok(self.0.hset(HASH, key, postcard::to_stdvec(value)?)?)
    }
}
