//! Lists of 48-byte elements: reading anywhere, growing and shrinking at the end.

use std::path::PathBuf;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use anyhow::{Context, Error};
use procession::{List, QueueError};
use redis::Commands;

use super::crowd::{self, Part, Scattered, Signals, check, nobody, take_part};
use super::redis_server::{self, Server};
use super::{Tells, contestant, scenario};
use crate::load::{Message, Sample};
use crate::measure::{Column, Scenario};

const ELEMENTS: u64 = 100_000;

/// The name of the list in Redis.
const LIST: &str = "list";

type Ours = List<Sample>;
type Run = fn(Part, &mut dyn Sequence) -> Result<(), Error>;

/// What is done with a list.
trait Sequence {
    fn get(&mut self, index: u64) -> Result<Sample, Error>;
    fn push(&mut self, element: &Sample) -> Result<(), Error>;
    fn pop(&mut self) -> Result<Sample, Error>;
}

fn read(part: Part, list: &mut dyn Sequence) -> Result<(), Error> {
    let mut numbers = Scattered::new(part.number, ELEMENTS);
    for _ in part.first..part.end {
        let number = numbers.next();
        let expected = Sample::numbered(number).checksum();
        check(list.get(number)?.checksum(), expected)?;
    }
    Ok(())
}

fn push_and_pop(part: Part, list: &mut dyn Sequence) -> Result<(), Error> {
    for number in part.first..part.end {
        let element = Sample::numbered(number);
        list.push(&element)?;
        check(list.pop()?.checksum(), element.checksum())?;
    }
    Ok(())
}

pub(super) fn scenarios() -> Vec<Scenario> {
    let rows: [(&str, u64, Run); 3] = [
        ("list get, 100 k elements, 1 reader", 1, read),
        ("list get, 100 k elements, 4 readers", 4, read),
        ("list push and pop, 1 writer", 1, push_and_pop),
    ];
    rows.map(|(row, crowd, run)| one(row, crowd, run)).into()
}

fn one(row: &'static str, crowd: u64, run: Run) -> Scenario {
    let tells = Tells::MillionsPerSecond;
    let reads = std::ptr::fn_addr_eq(run, read as Run);
    let by_us = move |count| {
        let list = Ours::new()?;
        list.extend((0..ELEMENTS).map(Sample::numbered))?;
        match reads {
            true => crowd::processes(count, (crowd, reader), (0, nobody), &list),
            false => crowd::processes(count, (crowd, writer), (0, nobody), &list),
        }
    };
    let by_redis = move |count| {
        let server = Server::start()?;
        fill(server.address())?;
        match reads {
            true => {
                let address = server.address();
                crowd::processes(count, (crowd, redis_reader), (0, nobody), &address)
            }
            false => {
                let address = server.address();
                crowd::processes(count, (crowd, redis_writer), (0, nobody), &address)
            }
        }
    };
    let by_threads = move |count| -> Result<Duration, Error> {
        let list = RwLock::new((0..ELEMENTS).map(Sample::numbered).collect::<Vec<_>>());
        let work = |part| run(part, &mut &list);
        crowd::threads(count, (crowd, work), (0, |_| Ok(())))
    };
    let mut all = vec![contestant(Column::Procession, row, tells, by_us)];
    all.extend(redis_server::contestant(row, tells, by_redis));
    all.push(contestant(Column::Threads, row, tells, by_threads));
    scenario("list", all)
}

fn reader(mut list: Ours, part: Part, signals: Signals) -> Result<(), QueueError> {
    take_part(&signals, || read(part, &mut list))
}

fn writer(mut list: Ours, part: Part, signals: Signals) -> Result<(), QueueError> {
    take_part(&signals, || push_and_pop(part, &mut list))
}

fn redis_reader(socket: PathBuf, part: Part, signals: Signals) -> Result<(), QueueError> {
    let connection = redis_server::connect(socket);
    take_part(&signals, || read(part, &mut connection?))
}

fn redis_writer(socket: PathBuf, part: Part, signals: Signals) -> Result<(), QueueError> {
    let connection = redis_server::connect(socket);
    take_part(&signals, || push_and_pop(part, &mut connection?))
}

fn fill(socket: PathBuf) -> Result<(), Error> {
    let mut connection = redis_server::connect(socket)?;
    (0..ELEMENTS).try_for_each(|number| connection.push(&Sample::numbered(number)))
}

impl Sequence for Ours {
    fn get(&mut self, index: u64) -> Result<Sample, Error> {
        List::get(self, index as usize)?.context("no such element")
    }

    fn push(&mut self, element: &Sample) -> Result<(), Error> {
        Ok(List::push(self, element)?)
    }

    fn pop(&mut self) -> Result<Sample, Error> {
        List::pop(self)?.context("the list is empty")
    }
}

impl Sequence for redis::Connection {
    fn get(&mut self, index: u64) -> Result<Sample, Error> {
        let bytes: Vec<u8> = self.lindex(LIST, index as isize)?;
        Ok(postcard::from_bytes(&bytes)?)
    }

    fn push(&mut self, element: &Sample) -> Result<(), Error> {
        let _: u64 = self.rpush(LIST, postcard::to_stdvec(element)?)?;
        Ok(())
    }

    fn pop(&mut self) -> Result<Sample, Error> {
        let bytes: Vec<u8> = self.rpop(LIST, None)?;
        Ok(postcard::from_bytes(&bytes)?)
    }
}

impl Sequence for &RwLock<Vec<Sample>> {
    fn get(&mut self, index: u64) -> Result<Sample, Error> {
        let list = self.read().unwrap_or_else(PoisonError::into_inner);
        list.get(index as usize).cloned().context("no such element")
    }

    fn push(&mut self, element: &Sample) -> Result<(), Error> {
        let mut list = self.write().unwrap_or_else(PoisonError::into_inner);
        list.push(element.clone());
        Ok(())
    }

    fn pop(&mut self) -> Result<Sample, Error> {
        let mut list = self.write().unwrap_or_else(PoisonError::into_inner);
        list.pop().context("the list is empty")
    }
}
