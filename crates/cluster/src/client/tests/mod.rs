//! The client against real servers, under failures.

mod durability;
mod failover;
mod lost_replies;
mod migration;
mod recording;
mod sentinel;

use std::error::Error;
use std::sync::OnceLock;
use std::thread;

use procession_test_server::Server;

use super::Client;
use crate::call::{Call, Effort};
use crate::object::{Kind, Object};
use crate::reply::Reply;
use crate::script::{Script, script};
use crate::{Cluster, ClusterError};

type TestResult = Result<(), Box<dyn Error>>;

static ADD: Script = script!("add");
static NUMBER: Script = script!("number");
static ANSWER: Script = script!("answer");

/// A server for all tests that do it no harm.
fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| Server::start().expect("a server"))
}

/// A number on a server, which is added to by a recorded script.
struct Counter {
    client: Client,
    object: Object,
}

impl Counter {
    fn create(url: &str, name: &str) -> Result<Counter, Box<dyn Error>> {
        let address = url.parse()?;
        let object = Object::absent(&Cluster::connect(&address)?, Kind::Value, name);
        object.create(&[])?;
        Ok(Counter {
            client: Client::connect(&address)?,
            object,
        })
    }

    /// Adds one, as one call of its own, which is made again until it is answered.
    fn add(&self) -> Result<i64, ClusterError> {
        self.add_as(&self.fresh_nonce()?, Effort::Patient)
    }

    /// Adds one in a call that goes by this name.
    fn add_as(&self, nonce: &str, effort: Effort) -> Result<i64, ClusterError> {
        let call = Call::new(&ADD, &self.object)
            .keys(["h", "v", "closed"])
            .argument(1_u32);
        self.call(call, nonce, effort)?.integer()
    }

    fn answer(&self, form: &str, nonce: &str) -> Result<Reply, ClusterError> {
        let call = Call::new(&ANSWER, &self.object)
            .keys(["h", "v"])
            .argument(form);
        self.call(call, nonce, Effort::Patient)
    }

    fn number(&self) -> Result<i64, ClusterError> {
        self.number_with(Effort::Patient)
    }

    fn number_with(&self, effort: Effort) -> Result<i64, ClusterError> {
        let call = Call::new(&NUMBER, &self.object).keys(["h", "v"]);
        let reply = self.call(call, "", effort)?;
        match reply.is_nil() {
            true => Ok(0),
            false => reply.integer(),
        }
    }

    fn call(&self, call: Call<'_>, nonce: &str, effort: Effort) -> Result<Reply, ClusterError> {
        self.client.call(call, "tester", nonce, effort)
    }

    fn fresh_nonce(&self) -> Result<String, ClusterError> {
        self.object.cluster().fresh_name()
    }

    /// Adds so many in each of four threads, while `trouble` happens.
    fn add_during(&self, each: u32, trouble: impl FnOnce() -> TestResult) -> TestResult {
        thread::scope(|scope| {
            let add =
                || -> Result<(), ClusterError> { (0..each).try_for_each(|_| self.add().map(drop)) };
            let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(add)).collect();
            trouble()?;
            for thread in threads {
                thread.join().expect("no panic")?;
            }
            Ok(())
        })
    }
}

const THREADS: u32 = 4;

/// Nothing was counted twice, and of what was acknowledged no more is lost than what one turn of the dead primary's loop has answered: it
/// writes to those who have asked and to its replica one after the other, and may be killed in between.
fn assert_no_more_is_lost_than_replication_may_lose(number: i64, acknowledged: u32) {
    let lost = i64::from(acknowledged) - number;
    assert!((0..=i64::from(THREADS)).contains(&lost), "{lost} are lost");
}
