//! procession's own pools and objects.

use anyhow::Error;
use procession::Pool;
use procession_test_server::Server;

use super::WORKERS;
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
