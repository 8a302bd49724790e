//! Dicts of 48-byte values: readers alone, with a writer, and writers.

use std::cell::OnceCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Error};
use dashmap::DashMap;
use procession::{Dict, QueueError};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::crowd::{self, Part, Scattered, Signals, check, nobody, take_part};
use super::redis_server::{self, RedisHash};
use super::{Tells, contestant, scenario};
use crate::load::{Message, Sample};
use crate::measure::{Column, Contestant, Scenario};

const SIZES: [(u64, &str); 3] = [(1_000, "1 k"), (100_000, "100 k"), (1_000_000, "1 M")];

/// Between two looks whether to go on.
const STRIDE: u64 = 64;

/// What readers and writers do with a map.
pub(super) trait Map: Sized {
    /// What leads another process to it.
    type Address: Clone + Serialize + DeserializeOwned;

    fn open(address: Self::Address) -> Result<Self, Error>;
    fn get(&mut self, key: &str) -> Result<Option<Sample>, Error>;
    fn set(&mut self, key: &str, value: &Sample) -> Result<(), Error>;
}

/// A key of 12 bytes, made in no time: making it is not what is measured.
struct Key([u8; 12]);

impl Key {
    fn of(number: u64) -> Key {
        let mut text = *b"key:00000000";
        let mut rest = number;
        for digit in text.iter_mut().skip(4).rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        Key(text)
    }

    fn text(&self) -> &str {
        // Digits and letters: it cannot fail, and costs less than to say so.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

fn read(map: &mut impl Map, entries: u64, part: Part) -> Result<(), Error> {
    let mut numbers = Scattered::new(part.number, entries);
    for _ in part.first..part.end {
        let number = numbers.next();
        let value = map
            .get(Key::of(number).text())?
            .context("an entry is missing")?;
        check(value.checksum(), Sample::numbered(number).checksum())?;
    }
    Ok(())
}

fn write(map: &mut impl Map, entries: u64, part: Part) -> Result<(), Error> {
    let mut numbers = Scattered::new(part.number + 100, entries);
    for _ in part.first..part.end {
        let number = numbers.next();
        map.set(Key::of(number).text(), &Sample::numbered(number))?;
    }
    Ok(())
}

fn append(map: &mut impl Map, part: Part) -> Result<(), Error> {
    (part.first..part.end)
        .try_for_each(|number| map.set(Key::of(number).text(), &Sample::numbered(number)))
}

type Target<M> = (<M as Map>::Address, u64);

fn reader<M: Map>(
    (address, entries): Target<M>,
    part: Part,
    signals: Signals,
) -> Result<(), QueueError> {
    let map = M::open(address);
    take_part(&signals, || read(&mut map?, entries, part))
}

fn writer<M: Map>(
    (address, entries): Target<M>,
    part: Part,
    signals: Signals,
) -> Result<(), QueueError> {
    let map = M::open(address);
    take_part(&signals, || write(&mut map?, entries, part))
}

fn appender<M: Map>(
    (address, _): Target<M>,
    part: Part,
    signals: Signals,
) -> Result<(), QueueError> {
    let map = M::open(address);
    take_part(&signals, || append(&mut map?, part))
}

/// Replaces entries until the readers have finished.
fn disturber<M: Map>(
    (address, entries): Target<M>,
    part: Part,
    signals: Signals,
) -> Result<(), QueueError> {
    let map = M::open(address);
    signals.start()?;
    let Ok(mut map) = map else { return Ok(()) };
    let mut part = Part {
        first: 0,
        end: STRIDE,
        ..part
    };
    while !signals.are_over()? && write(&mut map, entries, part).is_ok() {
        part.number += 1;
    }
    Ok(())
}

impl Map for Dict<String, Sample> {
    type Address = Dict<String, Sample>;

    fn open(address: Self::Address) -> Result<Self, Error> {
        Ok(address)
    }

    fn get(&mut self, key: &str) -> Result<Option<Sample>, Error> {
        Ok(Dict::get(self, key)?)
    }

    fn set(&mut self, key: &str, value: &Sample) -> Result<(), Error> {
        Ok(self.insert(key, value)?)
    }
}

/// A map of this process alone; what it serializes to is never needed.
#[derive(Clone)]
struct OfThreads(Arc<DashMap<String, Sample>>);

impl OfThreads {
    fn get(&self, key: &str) -> Result<Sample, Error> {
        let found = self.0.get(key).context("an entry is missing")?;
        Ok(found.clone())
    }
}

/// Who is about.
#[derive(Clone, Copy)]
struct Crowd {
    readers: u64,
    writers: u64,
}

const CROWDS: [(Crowd, &str); 4] = [
    (
        Crowd {
            readers: 1,
            writers: 0,
        },
        "1 reader",
    ),
    (
        Crowd {
            readers: 2,
            writers: 0,
        },
        "2 readers",
    ),
    (
        Crowd {
            readers: 4,
            writers: 0,
        },
        "4 readers",
    ),
    (
        Crowd {
            readers: 4,
            writers: 1,
        },
        "4 readers and a writer",
    ),
];

/// A map of a size, filled when it is first needed and then used by all scenarios of that size.
type Filled<T> = Rc<OnceCell<T>>;

fn filled<T>(cell: &Filled<T>, fill: impl FnOnce() -> Result<T, Error>) -> Result<&T, Error> {
    if cell.get().is_none() {
        let _ = cell.set(fill()?);
    }
    cell.get().context("the map was not kept")
}

fn fill<M: Map>(address: M::Address, entries: u64) -> Result<(), Error> {
    let all = Part {
        number: 0,
        first: 0,
        end: entries,
    };
    append(&mut M::open(address)?, all)
}

fn our_dict(entries: u64) -> Result<Dict<String, Sample>, Error> {
    let dict = Dict::new()?;
    fill::<Dict<String, Sample>>(dict.clone(), entries)?;
    Ok(dict)
}

fn redis_server(entries: u64) -> Result<redis_server::Server, Error> {
    let server = redis_server::Server::start()?;
    fill::<RedisHash>(server.address(), entries)?;
    Ok(server)
}

fn map_of_threads(entries: u64) -> Result<OfThreads, Error> {
    let numbers = 0..entries;
    let all = numbers.map(|number| (Key::of(number).text().to_owned(), Sample::numbered(number)));
    Ok(OfThreads(Arc::new(all.collect())))
}

pub(super) fn scenarios() -> Vec<Scenario> {
    SIZES
        .into_iter()
        .flat_map(|(entries, size)| of_size(entries, size))
        .chain([growing()])
        .collect()
}

fn of_size(entries: u64, size: &str) -> Vec<Scenario> {
    let (ours, theirs, threads) = (Filled::default(), Filled::default(), Filled::default());
    let mut all = Vec::new();
    for (crowd, who) in CROWDS {
        let row = format!("dict get, {size} entries, {who}");
        all.push(reading(&row, entries, crowd, (&ours, &theirs, &threads)));
    }
    let row = format!("dict insert (replacing), {size} entries, 1 writer");
    all.push(replacing(&row, entries, (&ours, &theirs, &threads)));
    all
}

type Maps<'a> = (
    &'a Filled<Dict<String, Sample>>,
    &'a Filled<redis_server::Server>,
    &'a Filled<OfThreads>,
);

fn reading(row: &str, entries: u64, crowd: Crowd, (ours, theirs, threads): Maps<'_>) -> Scenario {
    let Crowd { readers, writers } = crowd;
    let (ours, theirs, threads) = (ours.clone(), theirs.clone(), threads.clone());
    let by_us = move |count| {
        let dict = filled(&ours, || our_dict(entries))?.clone();
        type Ours = Dict<String, Sample>;
        crowd::processes(
            count,
            (readers, reader::<Ours>),
            (writers, disturber::<Ours>),
            &(dict, entries),
        )
    };
    let by_redis = move |count| {
        let server = filled(&theirs, || redis_server(entries))?;
        crowd::processes(
            count,
            (readers, reader::<RedisHash>),
            (writers, disturber::<RedisHash>),
            &(server.address(), entries),
        )
    };
    let by_threads = move |count| -> Result<Duration, Error> {
        let map = filled(&threads, || map_of_threads(entries))?;
        let read = |part: Part| {
            let mut numbers = Scattered::new(part.number, entries);
            (part.first..part.end).try_for_each(|_| {
                let number = numbers.next();
                let value = map.get(Key::of(number).text())?;
                check(value.checksum(), Sample::numbered(number).checksum())
            })
        };
        let write = |number| {
            let number = Scattered::new(number, entries).next();
            map.0
                .insert(Key::of(number).text().to_owned(), Sample::numbered(number));
            Ok(())
        };
        crowd::threads(count, (readers, read), (writers, write))
    };
    scenario("dict", contestants(row, by_us, by_redis, by_threads))
}

fn replacing(row: &str, entries: u64, (ours, theirs, threads): Maps<'_>) -> Scenario {
    let (ours, theirs, threads) = (ours.clone(), theirs.clone(), threads.clone());
    let by_us = move |count| {
        let dict = filled(&ours, || our_dict(entries))?.clone();
        type Ours = Dict<String, Sample>;
        crowd::processes(count, (1, writer::<Ours>), (0, nobody), &(dict, entries))
    };
    let by_redis = move |count| {
        let server = filled(&theirs, || redis_server(entries))?;
        let target = (server.address(), entries);
        crowd::processes(count, (1, writer::<RedisHash>), (0, nobody), &target)
    };
    let by_threads = move |count| {
        let map = filled(&threads, || map_of_threads(entries))?;
        let write = |part: Part| {
            let mut numbers = Scattered::new(part.number + 100, entries);
            for _ in part.first..part.end {
                let number = numbers.next();
                map.0
                    .insert(Key::of(number).text().to_owned(), Sample::numbered(number));
            }
            Ok(())
        };
        crowd::threads(count, (1, write), (0, |_| Ok(())))
    };
    scenario("dict", contestants(row, by_us, by_redis, by_threads))
}

/// From empty to as many entries as the round has.
fn growing() -> Scenario {
    let row = "dict insert (new keys, from empty), 1 writer";
    let by_us = |count| {
        type Ours = Dict<String, Sample>;
        let dict = Ours::new()?;
        crowd::processes(count, (1, appender::<Ours>), (0, nobody), &(dict, 0))
    };
    let by_redis = |count| {
        let server = redis_server::Server::start()?;
        let target = (server.address(), 0);
        crowd::processes(count, (1, appender::<RedisHash>), (0, nobody), &target)
    };
    let by_threads = |count| {
        let map = DashMap::new();
        let append = |part: Part| {
            for number in part.first..part.end {
                map.insert(Key::of(number).text().to_owned(), Sample::numbered(number));
            }
            Ok(())
        };
        crowd::threads(count, (1, append), (0, |_| Ok(())))
    };
    scenario("dict", contestants(row, by_us, by_redis, by_threads))
}

fn contestants(
    row: &str,
    by_us: impl Fn(u64) -> Result<Duration, Error> + 'static,
    by_redis: impl Fn(u64) -> Result<Duration, Error> + 'static,
    by_threads: impl Fn(u64) -> Result<Duration, Error> + 'static,
) -> Vec<Contestant> {
    let tells = Tells::MillionsPerSecond;
    let mut all = vec![contestant(Column::Procession, row, tells, by_us)];
    all.extend(redis_server::contestant(row, tells, by_redis));
    all.push(contestant(Column::Threads, row, tells, by_threads));
    all
}
