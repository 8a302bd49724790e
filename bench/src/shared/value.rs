//! A number that several add to.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use procession::{QueueError, Value};
use redis::Commands;

use super::crowd::{self, Part, Signals, check, nobody, take_part};
use super::redis_server::{self, Server};
use super::{Tells, contestant, scenario};
use crate::measure::{Column, Scenario};

pub(super) fn scenarios() -> Vec<Scenario> {
    [
        (1, "value fetch_add, alone"),
        (4, "value fetch_add, 4 at a time"),
    ]
    .map(|(crowd, row)| adding(crowd, row))
    .into()
}

fn adding(crowd: u64, row: &'static str) -> Scenario {
    let tells = Tells::MillionsPerSecond;
    let by_us = move |count| {
        let value = Value::new(0_u64)?;
        let elapsed = crowd::processes(count, (crowd, add), (0, nobody), &value)?;
        check(value.get()?, count)?;
        Ok(elapsed)
    };
    let by_redis = move |count| {
        let server = Server::start()?;
        crowd::processes(count, (crowd, add_in_redis), (0, nobody), &server.address())
    };
    let by_threads = move |count| {
        let value = AtomicU64::new(0);
        let add = |part: Part| {
            for _ in part.first..part.end {
                value.fetch_add(1, Ordering::SeqCst);
            }
            Ok(())
        };
        let elapsed = crowd::threads(count, (crowd, add), (0, |_| Ok(())))?;
        check(value.load(Ordering::SeqCst), count)?;
        Ok(elapsed)
    };
    let mut all = vec![contestant(Column::Procession, row, tells, by_us)];
    all.extend(redis_server::contestant(row, tells, by_redis));
    all.push(contestant(Column::Threads, row, tells, by_threads));
    scenario("value", all)
}

fn add(value: Value<u64>, part: Part, signals: Signals) -> Result<(), QueueError> {
    take_part(&signals, || {
        for _ in part.first..part.end {
            value.fetch_add(1)?;
        }
        Ok(())
    })
}

fn add_in_redis(socket: PathBuf, part: Part, signals: Signals) -> Result<(), QueueError> {
    let connection = redis_server::connect(socket);
    take_part(&signals, || {
        let mut connection = connection?;
        for _ in part.first..part.end {
            let _: u64 = connection.incr("value", 1)?;
        }
        Ok(())
    })
}
