//! procession's own pools and objects.

use anyhow::Error;
use procession::{Dict, Lock, Pool, Queue, SharedError};
use procession_test_server::Server;

use super::WORKERS;
use super::objects::Objects;
use super::program::Program;
use super::tasks::Workers;
use super::work;

struct OurWorkers {
    pool: Pool,
    _host: Program,
    _server: Server,
}

/// A server, and a host with workers.
pub(super) fn start_workers() -> Result<Box<dyn Workers>, Error> {
    let server = Server::start()?;
    let url = server.url();
    let host = Program::start(&["--procession-worker", &url, "--slots", &WORKERS.to_string()])?;
    Ok(Box::new(OurWorkers {
        pool: procession::connect(&url)?.pool(None)?,
        _host: host,
        _server: server,
    }))
}

impl Workers for OurWorkers {
    fn one(&mut self, question: String) -> Result<String, Error> {
        Ok(self.pool.apply(work::answer, (question,))?)
    }

    fn each(&mut self, count: u64) -> Result<u64, Error> {
        let results = (0..count)
            .map(|number| self.pool.apply_async(work::answer, (work::text(number),)))
            .collect::<Result<Vec<_>, _>>()?;
        results.iter().try_fold(0, |sum: u64, result| {
            Ok(sum.wrapping_add(work::number_of(&result.get()?)?))
        })
    }

    fn together(&mut self, count: u64) -> Result<u64, Error> {
        work::sum(self.pool.map(work::answer, (0..count).map(work::text))?)
    }
}

struct OurObjects {
    queue: Queue<String>,
    dict: Dict<String, String>,
    lock: Lock,
    _server: Server,
}

/// A server, and an object of each kind on it.
pub(super) fn start_objects() -> Result<Box<dyn Objects>, Error> {
    let server = Server::start()?;
    let cluster = procession::connect(&server.url())?;
    Ok(Box::new(OurObjects {
        queue: cluster.queue(None)?,
        dict: cluster.dict(None)?,
        lock: cluster.lock(None)?,
        _server: server,
    }))
}

impl Objects for OurObjects {
    fn put(&mut self, text: String) -> Result<(), Error> {
        Ok(self.queue.put(&text)?)
    }

    fn get(&mut self) -> Result<String, Error> {
        Ok(self.queue.get()?)
    }

    fn put_many(&mut self, texts: &[String]) -> Result<(), Error> {
        Ok(self.queue.put_many(texts)?)
    }

    fn get_many(&mut self, limit: usize) -> Result<Vec<String>, Error> {
        Ok(self.queue.get_many(limit)?)
    }

    fn set(&mut self, key: &str, text: String) -> Result<(), Error> {
        Ok(self.dict.insert(key, &text)?)
    }

    fn look_up(&mut self, key: &str) -> Result<Option<String>, Error> {
        Ok(self.dict.get(key)?)
    }

    fn lock_and_unlock(&mut self, _: u64) -> Result<(), Error> {
        let _guard = self.lock.lock().map_err(SharedError::from)?;
        Ok(())
    }
}
