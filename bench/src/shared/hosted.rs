//! A call of a value that a server process keeps.

use std::time::{Duration, Instant};

use anyhow::Error;
use procession::Manager;
use redis::Commands;

use super::crowd::check;
use super::redis_server::{self, Server};
use super::{Tells, contestant, scenario};
use crate::measure::{Column, Scenario};

/// Calls made before the clock runs.
const FIRST_CALLS: u64 = 50;

pub(super) fn scenario_of_calls() -> Scenario {
    let row = "hosted value, a call and its answer";
    let tells = Tells::Microseconds;
    let by_us = |count| {
        let counter = Manager::new()?.host(0_u64)?;
        let add = |counter: &mut u64| {
            *counter += 1;
            *counter
        };
        calls(count, || Ok(counter.call(add, ())?))
    };
    let by_redis = |count| {
        let server = Server::start()?;
        let mut connection = redis_server::connect(server.address())?;
        calls(count, || Ok(connection.incr("counter", 1)?))
    };
    let mut all = vec![contestant(Column::Procession, row, tells, by_us)];
    all.extend(redis_server::contestant(row, tells, by_redis));
    scenario("hosted", all)
}

/// Makes `count` calls, each of which adds one and returns the sum.
fn calls(count: u64, mut add: impl FnMut() -> Result<u64, Error>) -> Result<Duration, Error> {
    for number in 1..=FIRST_CALLS {
        check(add()?, number)?;
    }
    let begin = Instant::now();
    for number in 1..=count {
        check(add()?, FIRST_CALLS + number)?;
    }
    Ok(begin.elapsed())
}
