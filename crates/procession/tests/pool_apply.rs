//! Single tasks of a pool: what goes in, what comes out, and every other answer.

mod watchdog;

use std::error::Error;
use std::time::Duration;

use procession::{Dict, Event, Pool, PoolError, Queue, QueueError};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use watchdog::watch;

type TestResult = Result<(), Box<dyn Error>>;

const SHORT: Duration = Duration::from_millis(5);

fn double(number: u32) -> u32 {
    2 * number
}

fn wait_for(event: Event) -> bool {
    event.wait().is_ok()
}

#[test]
fn apply_returns_what_the_function_returns() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let pool = Pool::new(2)?;
    assert_eq!(pool.apply(double, (21,))?, 42);
    assert_eq!(pool.apply(|| "nothing".to_owned(), ())?, "nothing");
    assert_eq!(pool.apply(String::into_bytes, ("abc".to_owned(),))?, b"abc");
    let eight = pool.apply(
        |a: u8, b: u16, c: u32, d: u64, e: i8, f: f64, g: char, h: Vec<bool>| {
            (a, b, c, d, e, f, g, h)
        },
        (1, 2, 3, 4, -5, 6.5, '7', vec![true]),
    )?;
    assert_eq!(eight, (1, 2, 3, 4, -5, 6.5, '7', vec![true]));
    let worker = pool.apply(std::process::id, ())?;
    assert_ne!(worker, std::process::id());
    assert!(pool.pids().contains(&worker));
    assert_eq!(pool.outstanding(), 0);
    Ok(())
}

#[test]
fn a_result_that_is_not_there_yet_is_not_ready() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let pool = Pool::new(1)?;
    let go = Event::new()?;
    let result = pool.apply_async(wait_for, (go.clone(),))?;
    assert!(!result.ready());
    assert!(matches!(result.successful(), Err(PoolError::NotReady)));
    assert!(matches!(
        result.get_timeout(SHORT),
        Err(PoolError::NotReady)
    ));
    assert!(matches!(
        result.get_timeout(Duration::ZERO),
        Err(PoolError::NotReady)
    ));
    assert!(!result.wait_timeout(SHORT)?);
    assert_eq!(pool.outstanding(), 1);
    go.set()?;
    result.wait()?;
    assert!(result.ready());
    assert!(result.successful()?);
    assert!(result.wait_timeout(Duration::ZERO)?);
    assert!(result.get_timeout(Duration::MAX)?);
    assert_eq!(pool.outstanding(), 0);
    Ok(())
}

#[test]
fn a_result_can_be_had_many_times_and_after_the_pool_is_gone() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let pool = Pool::new(1)?;
    let text = pool.apply_async(|| "kept".repeat(1000), ())?;
    let bytes = pool.apply_async(|| vec![7u8; 100_000], ())?;
    let failed = pool.apply_async(|| -> u32 { panic!("always") }, ())?;
    for round in 0..4 {
        assert_eq!(text.get()?, "kept".repeat(1000));
        assert_eq!(bytes.get()?, [7; 100_000]);
        assert!(text.successful()? && bytes.successful()?);
        let error: PoolError = failed.get().unwrap_err();
        assert!(matches!(&error, PoolError::Panicked { message, .. } if message == "always"));
        assert!(!failed.successful()?);
        if round == 1 {
            pool.terminate();
        }
    }
    drop(pool);
    assert_eq!(text.get()?, "kept".repeat(1000));
    Ok(())
}

#[test]
fn a_closed_pool_finishes_what_it_has_and_takes_nothing_more() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let pool = Pool::new(2)?;
    assert!(matches!(pool.join(), Err(PoolError::StillOpen)));
    assert!(matches!(
        pool.join_timeout(SHORT),
        Err(PoolError::StillOpen)
    ));
    let go = Event::new()?;
    let first = pool.apply_async(wait_for, (go.clone(),))?;
    let others = (0..20)
        .map(|number| pool.apply_async(double, (number,)))
        .collect::<Result<Vec<_>, _>>()?;
    pool.close();
    pool.close();
    assert!(matches!(pool.apply(double, (1,)), Err(PoolError::Closed)));
    assert!(matches!(
        pool.apply_async(double, (1,)),
        Err(PoolError::Closed)
    ));
    assert!(matches!(pool.map(double, [1]), Err(PoolError::Closed)));
    assert!(matches!(
        pool.map_async(double, [1]),
        Err(PoolError::Closed)
    ));
    assert!(matches!(pool.imap(double, [1]), Err(PoolError::Closed)));
    assert!(matches!(pool.join_timeout(SHORT), Err(PoolError::NotReady)));
    go.set()?;
    pool.join()?;
    pool.join_timeout(SHORT)?;
    assert!(pool.pids().is_empty());
    assert!(first.ready() && first.get()?);
    for (number, result) in (0..).zip(others) {
        assert_eq!(result.get()?, 2 * number);
    }
    Ok(())
}

#[test]
fn settings_that_cannot_be_followed_are_refused() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    assert!(matches!(Pool::new(0), Err(PoolError::NoWorkers)));
    let settings = [
        Pool::builder().workers(1).max_tasks_per_worker(0).build(),
        Pool::builder().workers(1 << 16).build(),
        Pool::builder().workers(1).processors([[]]).build(),
    ];
    for refused in settings {
        assert!(
            matches!(refused, Err(PoolError::Setting { .. })),
            "{refused:?}"
        );
    }
    let refused = Pool::builder()
        .initializer(|_: Stubborn| (), (Stubborn::ToSerialize,))
        .build();
    assert!(matches!(refused, Err(PoolError::ArgumentEncode { .. })));
    Ok(())
}

/// Says no to being serialized, or to being deserialized.
#[derive(Debug)]
enum Stubborn {
    ToSerialize,
    ToDeserialize,
}

impl Serialize for Stubborn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Stubborn::ToSerialize => Err(ser::Error::custom("I stay here")),
            Stubborn::ToDeserialize => serializer.serialize_unit(),
        }
    }
}

impl<'de> Deserialize<'de> for Stubborn {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Stubborn, D::Error> {
        Err(de::Error::custom("I do not come out"))
    }
}

/// Writes one number and reads two.
#[derive(Debug, Serialize)]
struct Forgetful(u8);

impl<'de> Deserialize<'de> for Forgetful {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Forgetful, D::Error> {
        <(u8, u8)>::deserialize(deserializer).map(|(first, _)| Forgetful(first))
    }
}

#[test]
fn arguments_that_do_not_travel_are_told_of() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let pool = Pool::new(1)?;
    let take = |_: u8, _: Stubborn| ();
    let refused = pool.apply_async(take, (1, Stubborn::ToSerialize));
    let Err(PoolError::ArgumentEncode { type_name, reason }) = refused else {
        unreachable!("{refused:?}");
    };
    assert!(type_name.contains("Stubborn"), "{type_name}");
    assert_eq!(reason, "I stay here");
    assert_eq!(pool.outstanding(), 0);

    let ended = pool.apply(take, (1, Stubborn::ToDeserialize));
    let Err(PoolError::ArgumentDecode { type_name, reason }) = ended else {
        unreachable!("{ended:?}");
    };
    assert!(type_name.contains("Stubborn"), "{type_name}");
    assert_eq!(reason, "I do not come out");

    let ended = pool.apply(|_: Forgetful| (), (Forgetful(1),));
    assert!(matches!(ended, Err(PoolError::ArgumentDecode { .. })));
    let survivor = pool.pids();
    assert_eq!(pool.apply(double, (1,))?, 2);
    assert_eq!(pool.pids(), survivor, "the worker goes on");
    Ok(())
}

#[test]
fn results_that_do_not_travel_are_told_of() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let pool = Pool::new(1)?;
    let ended = pool.apply(|| Stubborn::ToSerialize, ());
    let Err(PoolError::ResultEncode { type_name, reason }) = ended else {
        unreachable!("{ended:?}");
    };
    assert!(type_name.contains("Stubborn"), "{type_name}");
    assert_eq!(reason, "I stay here");

    for _ in 0..2 {
        let ended = pool.apply_async(|| Stubborn::ToDeserialize, ())?;
        for _ in 0..2 {
            let ended = ended.get();
            let Err(PoolError::ResultDecode { type_name, reason }) = ended else {
                unreachable!("{ended:?}");
            };
            assert!(type_name.contains("Stubborn"), "{type_name}");
            assert_eq!(reason, "I do not come out");
        }
    }
    let ended = pool.apply(|| Forgetful(1), ());
    assert!(matches!(ended, Err(PoolError::ResultDecode { .. })));
    Ok(())
}

#[test]
fn a_panic_comes_home_and_the_worker_goes_on() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    fn fail(why: String) -> u32 {
        panic!("it was {why}");
    }
    let pool = Pool::new(1)?;
    let worker = pool.apply(std::process::id, ())?;
    let ended = pool.apply(fail, ("the weather".to_owned(),));
    let Err(PoolError::Panicked {
        message,
        location,
        backtrace,
        thread,
    }) = ended
    else {
        unreachable!("{ended:?}");
    };
    assert_eq!(message, "it was the weather");
    assert!(location.contains("pool_apply.rs"), "{location}");
    assert!(!backtrace.is_empty() && !thread.is_empty());
    assert_eq!(pool.apply(std::process::id, ())?, worker);
    Ok(())
}

#[test]
fn handles_travel_as_arguments_and_as_results() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    fn fill(queue: Queue<u32>, number: u32) -> Result<Dict<u32, Queue<u32>>, QueueError> {
        queue.put(&number)?;
        let dict = Dict::new().expect("there is room");
        dict.insert(&number, &queue).expect("there is room");
        Ok(dict)
    }
    let pool = Pool::new(2)?;
    // Nobody but the task and its result holds the queue and the dict meanwhile.
    let result = pool.apply_async(fill, (Queue::new()?, 7))?;
    result.wait()?;
    for _ in 0..2 {
        let queue = result.get()??.get(&7)?.ok_or("nothing is there")?;
        assert_eq!(queue.try_get()?, 7);
        queue.put(&7)?;
    }
    drop(pool);
    assert_eq!(result.get()??.len()?, 1);
    Ok(())
}

#[test]
fn large_arguments_and_results_pass() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let pool = Pool::new(2)?;
    let text = "0123456789abcdef".repeat(1 << 16);
    let joined = pool.apply(|a: String, b: String| a + &b, (text.clone(), text.clone()))?;
    assert!(joined == text.repeat(2));
    for size in [0, 1, 1 << 20, 10_000_000] {
        let bytes: Vec<u8> = (0..size).map(|index| index as u8).collect();
        let reversed = |mut bytes: Vec<u8>| {
            bytes.reverse();
            bytes
        };
        let back = pool.map(reversed, [bytes.clone(), bytes.clone()])?;
        for mut back in back {
            back.reverse();
            assert!(back == bytes);
        }
    }
    Ok(())
}
