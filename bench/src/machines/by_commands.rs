//! What everybody can write by hand: the server's own commands, by the crate `redis`. What a process has taken or holds is
//! lost with it.

use anyhow::{Context, Error, ensure};
use procession_test_server::Server;
use redis::{Client, Commands, Connection, ExistenceCheck, Script, SetExpiry, SetOptions};

use super::objects::Objects;

/// How long a lock lasts whose holder has died.
const LEASE_IN_SECONDS: u64 = 15;

/// Deletes the lock if it is still ours.
const RELEASE: &str =
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";

struct ByCommands {
    connection: Connection,
    release: Script,
    _server: Server,
}

pub(super) fn start() -> Result<Box<dyn Objects>, Error> {
    let server = Server::start()?;
    Ok(Box::new(ByCommands {
        connection: Client::open(server.url())?.get_connection()?,
        release: Script::new(RELEASE),
        _server: server,
    }))
}

impl Objects for ByCommands {
    fn put(&mut self, text: String) -> Result<(), Error> {
        Ok(self.connection.rpush("queue", text)?)
    }

    fn get(&mut self) -> Result<String, Error> {
        let found: Option<String> = self.connection.lpop("queue", None)?;
        found.context("the queue is empty")
    }

    fn put_many(&mut self, texts: &[String]) -> Result<(), Error> {
        Ok(self.connection.rpush("queue", texts)?)
    }

    fn get_many(&mut self, limit: usize) -> Result<Vec<String>, Error> {
        Ok(self.connection.lpop("queue", limit.try_into().ok())?)
    }

    fn set(&mut self, key: &str, text: String) -> Result<(), Error> {
        Ok(self.connection.hset("dict", key, text)?)
    }

    fn look_up(&mut self, key: &str) -> Result<Option<String>, Error> {
        Ok(self.connection.hget("dict", key)?)
    }

    fn lock_and_unlock(&mut self, number: u64) -> Result<(), Error> {
        let if_free = SetOptions::default()
            .conditional_set(ExistenceCheck::NX)
            .with_expiration(SetExpiry::EX(LEASE_IN_SECONDS));
        let is_mine: bool = self.connection.set_options("lock", number, if_free)?;
        ensure!(is_mine, "somebody else holds the lock");
        let was_mine: bool = self
            .release
            .key("lock")
            .arg(number)
            .invoke(&mut self.connection)?;
        ensure!(was_mine, "somebody else took the lock");
        Ok(())
    }
}
