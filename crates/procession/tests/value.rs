//! Values: what may be one, changing it from several processes, and deaths in the middle of that.

mod watchdog;

use std::error::Error;
use std::fmt::Debug;
use std::sync::{Mutex, MutexGuard, PoisonError};

use procession::{Process, ProcessBuilder, ProcessError, Queue, SharedError, Value};
use procession_arena::Inventory;
use procession_engine::with_participant;
use serde::de::{self, DeserializeOwned};
use serde::{Deserialize, Deserializer, Serialize, Serializer, ser};
use watchdog::watch;

type TestResult = Result<(), Box<dyn Error>>;

/// The tests share this process's session, and some look at all of it.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A process that does not outlive the test, even if that is ended for taking too long.
fn daemon() -> ProcessBuilder {
    Process::builder().daemon(true)
}

fn inventory() -> Result<Inventory, procession_arena::Error> {
    with_participant(|me| me.verify())
}

fn kill<R: DeserializeOwned + 'static>(victim: &Process<R>) -> TestResult {
    victim.kill()?;
    match victim.join() {
        Err(ProcessError::Signaled { .. }) => Ok(()),
        Err(error) => Err(error.into()),
        Ok(_) => Err("the victim ended by itself".into()),
    }
}

fn passes<T>(first: T, second: T) -> TestResult
where
    T: Serialize + DeserializeOwned + Clone + PartialEq + Debug + 'static,
{
    let value = Value::new(first.clone())?;
    assert_eq!(value.get()?, first);
    let replace = |value: Value<T>, new: T| value.swap(new);
    let old = daemon().spawn(replace, (value.clone(), second.clone()))?;
    assert_eq!(old.join()??, first);
    assert_eq!(value.get()?, second);
    value.set(first.clone())?;
    assert_eq!(
        value.compare_exchange(&second, second.clone())?,
        Err(first.clone())
    );
    assert_eq!(value.compare_exchange(&first, second.clone())?, Ok(()));
    assert_eq!(value.update(|_| first.clone())?, first);
    assert_eq!(value.get()?, first);
    Ok(())
}

#[test]
fn anything_that_serde_knows_is_a_value() -> TestResult {
    procession::init_test!();
    let (_watchdog, _alone) = (watch(), alone());

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    enum Shape {
        Point,
        Rectangle { width: f32, height: Option<f32> },
        Group(Vec<Shape>),
    }

    passes(1u8, u8::MAX)?;
    passes(i16::MIN, -1)?;
    passes(u64::MAX, 0)?;
    passes(isize::MIN, 7)?;
    passes(1.5f32, f32::NEG_INFINITY)?;
    passes(-0.1f64, f64::MAX)?;
    passes(true, false)?;
    passes('馒', 'a')?;
    passes(i128::MIN, 1)?;
    passes("包子".to_owned(), String::new())?;
    passes(vec![1u8; 100_000], Vec::new())?;
    passes(vec![1u64; 10_000], vec![2])?;
    let (width, height) = (0.5, None);
    passes(
        Shape::Group(vec![Shape::Point, Shape::Rectangle { width, height }]),
        Shape::Point,
    )?;
    Ok(())
}

#[test]
fn integers_wrap_and_return_what_they_were() -> TestResult {
    procession::init_test!();
    let (_watchdog, _alone) = (watch(), alone());
    let small = Value::new(250u8)?;
    assert_eq!(small.fetch_add(10)?, 250);
    assert_eq!(small.fetch_sub(5)?, 4);
    assert_eq!(small.get()?, 255);
    let signed = Value::new(i32::MAX)?;
    assert_eq!(signed.fetch_add(1)?, i32::MAX);
    assert_eq!(signed.fetch_max(-5)?, i32::MIN);
    assert_eq!(signed.fetch_min(3)?, -5);
    assert_eq!(signed.fetch_min(-6)?, -5);
    assert_eq!(signed.fetch_sub(-6)?, -6);
    assert_eq!(signed.get()?, 0);
    let wide = Value::new(i64::MIN)?;
    assert_eq!(wide.fetch_sub(1)?, i64::MIN);
    assert_eq!(wide.get()?, i64::MAX);
    let unsigned = Value::new(u64::MAX)?;
    assert_eq!(unsigned.fetch_min(u64::MAX - 1)?, u64::MAX);
    assert_eq!(unsigned.fetch_max(1)?, u64::MAX - 1);
    let bits = Value::new(0b1100u16)?;
    assert_eq!(bits.fetch_and(0b0110)?, 0b1100);
    assert_eq!(bits.fetch_or(0b0011)?, 0b0100);
    assert_eq!(bits.fetch_xor(0b1010)?, 0b0111);
    assert_eq!(bits.get()?, 0b1101);
    let flag = Value::new(false)?;
    assert!(!flag.fetch_xor(true)?);
    assert!(flag.fetch_and(true)?);
    assert!(flag.fetch_or(false)?);
    assert!(flag.get()?);
    Ok(())
}

#[test]
fn floating_point_numbers_calculate_too() -> TestResult {
    procession::init_test!();
    let (_watchdog, _alone) = (watch(), alone());
    let number = Value::new(1.5f64)?;
    assert_eq!(number.fetch_add(0.25)?, 1.5);
    assert_eq!(number.fetch_sub(2.0)?, 1.75);
    assert_eq!(number.fetch_max(8.0)?, -0.25);
    assert_eq!(number.fetch_min(f64::NAN)?, 8.0);
    assert_eq!(number.get()?, 8.0);
    let small = Value::new(f32::MAX)?;
    assert_eq!(small.fetch_add(f32::MAX)?, f32::MAX);
    assert_eq!(small.get()?, f32::INFINITY);
    Ok(())
}

const PROCESSES: u64 = 4;
const ROUNDS: u64 = 2_000;

#[test]
fn no_change_by_several_processes_is_lost() -> TestResult {
    procession::init_test!();
    let (_watchdog, _alone) = (watch(), alone());
    type Counters = (
        Value<u32>,
        Value<f64>,
        Value<Vec<u64>>,
        Value<(u64, String)>,
    );
    fn count(counters: Counters) -> Result<(), SharedError> {
        let (number, float, list, pair) = counters;
        for _ in 0..ROUNDS {
            number.fetch_add(1)?;
            float.fetch_add(0.5)?;
            list.update(|list| list.into_iter().map(|it| it + 1).collect())?;
            let mut old = pair.get()?;
            while let Err(found) =
                pair.compare_exchange(&old, (old.0 + 1, (old.0 + 1).to_string()))?
            {
                old = found;
            }
        }
        Ok(())
    }
    let counters: Counters = (
        Value::new(0)?,
        Value::new(0.0)?,
        Value::new(vec![0; 3])?,
        Value::new((0, "0".to_owned()))?,
    );
    let processes: Vec<_> = (0..PROCESSES)
        .map(|_| daemon().spawn(count, (counters.clone(),)))
        .collect::<Result<_, _>>()?;
    for process in processes {
        process.join()??;
    }
    let sum = PROCESSES * ROUNDS;
    assert_eq!(counters.0.get()?, sum as u32);
    assert_eq!(counters.1.get()?, sum as f64 / 2.0);
    assert_eq!(counters.2.get()?, [sum; 3]);
    assert_eq!(counters.3.get()?, (sum, sum.to_string()));
    Ok(())
}

/// Nothing but additions, at the same time: an addition in two steps would lose some.
#[test]
fn no_addition_of_floating_point_numbers_is_lost() -> TestResult {
    procession::init_test!();
    let (_watchdog, _alone) = (watch(), alone());
    const ADDITIONS: u32 = 200_000;
    fn add(sum: Value<f64>, small: Value<f32>, ready: Value<u64>) -> Result<(), SharedError> {
        ready.fetch_add(1)?;
        while ready.get()? < PROCESSES {
            std::thread::yield_now();
        }
        for _ in 0..ADDITIONS {
            sum.fetch_add(1.0)?;
            small.fetch_sub(1.0)?;
        }
        Ok(())
    }
    let (sum, small, ready) = (Value::new(0.0)?, Value::new(0.0)?, Value::new(0)?);
    let processes: Vec<_> = (0..PROCESSES)
        .map(|_| daemon().spawn(add, (sum.clone(), small.clone(), ready.clone())))
        .collect::<Result<_, _>>()?;
    for process in processes {
        process.join()??;
    }
    let all = PROCESSES as u32 * ADDITIONS;
    assert_eq!(sum.get()?, f64::from(all));
    assert_eq!(small.get()?, -(all as f32));
    Ok(())
}

/// Changes the values for ever.
fn change_for_ever(
    list: Value<Vec<u64>>,
    bytes: Value<Vec<u8>>,
    begun: Queue<()>,
) -> Result<(), Box<SharedError>> {
    let mut round = 0u8;
    loop {
        list.update(|list| list.into_iter().map(|it| it + 1).collect())?;
        round = round.wrapping_add(1);
        bytes.set(vec![round; 20_000])?;
        if round == 3 {
            let _ = begun.try_put(&());
        }
    }
}

#[test]
fn killed_in_the_midst_of_updates_it_leaves_a_whole_value_and_nothing_else() -> TestResult {
    procession::init_test!();
    let (_watchdog, _alone) = (watch(), alone());
    let list = Value::new(vec![0u64; 50])?;
    let bytes = Value::new(vec![0u8; 20_000])?;
    let begun = Queue::new()?;
    // Starts the fork server, and whatever else lives as long as this process.
    daemon().spawn(|| (), ())?.join()?;
    let before = inventory()?;
    for round in 0..30 {
        let arguments = || (list.clone(), bytes.clone(), begun.clone());
        let victims = [
            daemon().spawn(change_for_ever, arguments())?,
            daemon().spawn(change_for_ever, arguments())?,
        ];
        begun.get()?;
        begun.get()?;
        // Somewhere in the midst, elsewhere each time.
        for _ in 0..round * 7 {
            let list = list.get()?;
            assert!(list.iter().all(|it| *it == list[0]), "a mixture");
        }
        for victim in &victims {
            kill(victim)?;
        }
        drop(victims);
        let found = list.get()?;
        assert!(found.len() == 50 && found.iter().all(|it| *it == found[0]));
        let found = bytes.get()?;
        assert!(found.len() == 20_000 && found.iter().all(|it| *it == found[0]));
        list.set(found[..50].iter().map(|_| 0).collect())?;
        bytes.set(vec![0; 20_000])?;
        assert_eq!(inventory()?, before, "after round {round}");
    }
    Ok(())
}

#[test]
fn a_value_keeps_the_objects_in_it() -> TestResult {
    procession::init_test!();
    let (_watchdog, _alone) = (watch(), alone());
    daemon().spawn(|| (), ())?.join()?;
    let before = inventory()?;
    {
        let value = Value::new(None)?;
        fn leave(value: Value<Option<Queue<u32>>>) -> Result<(), Box<SharedError>> {
            let queue = Queue::new().map_err(|_| SharedError::Empty)?;
            queue.put(&7).map_err(|_| SharedError::Empty)?;
            value.set(Some(queue))?;
            Ok(())
        }
        daemon().spawn(leave, (value.clone(),))?.join()??;
        // Its creator has ended; the value alone kept the queue.
        let queue = value.get()?.ok_or("a queue was left")?;
        assert_eq!(queue.get()?, 7);
        queue.put(&8)?;
        drop(queue);
        let queue = value.swap(None)?.ok_or("a queue was left")?;
        assert_eq!(queue.get()?, 8);
        value.update(|_| Some(queue.clone()))?;
        drop(queue);
        assert!(value.get()?.is_some());
        value.set(None)?;
        assert!(value.get()?.is_none());
    }
    assert_eq!(inventory()?, before);
    Ok(())
}

#[test]
fn what_cannot_be_encoded_or_decoded_is_refused_and_explained() -> TestResult {
    procession::init_test!();
    let (_watchdog, _alone) = (watch(), alone());

    /// Odd numbers can be written but not read, and hundreds not even written.
    #[derive(Debug, PartialEq)]
    struct Picky(u32);

    impl Serialize for Picky {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            match self.0.is_multiple_of(100) && self.0 > 0 {
                true => Err(ser::Error::custom("no hundreds, please")),
                false => self.0.serialize(serializer),
            }
        }
    }

    impl<'de> Deserialize<'de> for Picky {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Picky, D::Error> {
            match u32::deserialize(deserializer)? {
                odd if odd % 2 == 1 => Err(de::Error::custom("how odd")),
                even => Ok(Picky(even)),
            }
        }
    }

    let is_encode = |error: SharedError| {
        matches!(&error, SharedError::Encode { reason, .. }
        if reason.contains("no hundreds, please"))
    };
    let is_decode = |error: SharedError| {
        matches!(&error, SharedError::Decode { reason, .. }
        if reason.contains("how odd"))
    };
    let value = Value::new(Picky(2))?;
    assert!(Value::new(Picky(100)).is_err_and(is_encode));
    assert!(value.set(Picky(100)).is_err_and(is_encode));
    assert!(value.swap(Picky(100)).is_err_and(is_encode));
    assert!(value.update(|_| Picky(100)).is_err_and(is_encode));
    assert_eq!(value.get()?, Picky(2), "it is as it was");
    value.set(Picky(3))?;
    assert!(value.get().is_err_and(is_decode));
    assert!(value.update(|it| it).is_err_and(is_decode));
    assert!(value.swap(Picky(4)).is_err_and(is_decode));
    assert_eq!(value.get()?, Picky(4), "it was replaced all the same");
    Ok(())
}

/// Goes out as a value of one type and comes in as one of another.
struct Disguised<T, U>(Result<Value<T>, Value<U>>);

impl<T, U> Serialize for Disguised<T, U> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Ok(value) => value.serialize(serializer),
            Err(value) => value.serialize(serializer),
        }
    }
}

impl<'de, T, U> Deserialize<'de> for Disguised<T, U> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Disguised<T, U>, D::Error> {
        Value::deserialize(deserializer).map(|it| Disguised(Err(it)))
    }
}

#[test]
fn a_value_of_another_type_is_refused_with_both_names() -> TestResult {
    procession::init_test!();
    let (_watchdog, _alone) = (watch(), alone());
    let before = inventory()?;
    let disguised = Queue::<Disguised<u32, String>>::new()?;
    disguised.put(&Disguised(Ok(Value::new(7u32)?)))?;
    let error = disguised
        .get()
        .map(|it| it.0.is_ok())
        .unwrap_err()
        .to_string();
    assert!(error.contains("value of u32"), "{error}");
    assert!(error.contains("value of alloc::string::String"), "{error}");
    drop(disguised);
    assert_eq!(inventory()?, before);
    Ok(())
}

#[test]
fn a_handle_goes_nowhere_else() -> TestResult {
    procession::init_test!();
    let (_watchdog, _alone) = (watch(), alone());
    let value = Value::new(7u8)?;
    let written = serde_json::to_string(&value).unwrap_err().to_string();
    assert!(
        written.contains("travels only by procession itself"),
        "{written}"
    );
    assert!(serde_json::from_str::<Value<u8>>("[0,0]").is_err());
    let shown = format!("{value:?}");
    assert!(shown.contains("Value") && shown.contains("u8"), "{shown}");
    Ok(())
}

/// A closure that panics, or that changes the value itself, finds no lock in its way.
#[test]
fn no_lock_is_held_while_a_closure_runs() -> TestResult {
    procession::init_test!();
    let (_watchdog, _alone) = (watch(), alone());
    let value = Value::new(vec![1u8])?;
    let changing = value.clone();
    let panicked = std::panic::catch_unwind(move || changing.update(|_| panic!("on purpose")));
    assert!(panicked.is_err());
    let mut calls = 0;
    let new = value.update(|mut bytes| {
        calls += 1;
        if calls == 1 {
            let _ = value.set(vec![5]);
        }
        bytes.push(2);
        bytes
    })?;
    assert_eq!((calls, new), (2, vec![5, 2]));
    Ok(())
}
