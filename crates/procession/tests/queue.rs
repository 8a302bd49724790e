//! Queues: order, bounds, closing, batches, and what may be an item.

mod watchdog;

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fmt::Debug;
use std::panic::catch_unwind;
use std::thread;
use std::time::Duration;

use procession::{Process, ProcessBuilder, ProcessError, Queue, QueueError};
use serde::de::{self, DeserializeOwned};
use serde::{Deserialize, Deserializer, Serialize, Serializer, ser};
use watchdog::watch;

type TestResult = Result<(), Box<dyn Error>>;

/// A process that does not outlive the test, even if that is ended for taking too long.
fn daemon() -> ProcessBuilder {
    Process::builder().daemon(true)
}

/// Long enough that no test sees its end, if all is well.
const LONG: Duration = Duration::from_secs(3600);
const SHORT: Duration = Duration::from_millis(5);

fn passes<T>(item: T) -> TestResult
where
    T: Serialize + DeserializeOwned + PartialEq + Debug + 'static,
{
    let queue = Queue::new()?;
    queue.put(&item)?;
    queue.try_put(&item)?;
    queue.put_timeout(&item, LONG)?;
    assert_eq!(queue.get()?, item);
    assert_eq!(queue.try_get()?, item);
    assert_eq!(queue.get_timeout(LONG)?, item);
    Ok(())
}

#[test]
fn anything_that_serde_knows_is_an_item() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum Shape {
        Point,
        Circle(f64),
        Rectangle { width: f32, height: Option<f32> },
        Group(Vec<Shape>),
    }

    passes(())?;
    passes(u64::MAX)?;
    passes(i128::MIN)?;
    passes('馒')?;
    passes("包子".to_owned())?;
    passes(Some(Box::new([1u8, 2, 3])))?;
    passes(BTreeMap::from([
        ("a".to_owned(), vec![(1, 2.5)]),
        ("b".to_owned(), Vec::new()),
    ]))?;
    passes(Shape::Group(vec![
        Shape::Point,
        Shape::Circle(1.5),
        Shape::Rectangle {
            width: 1.0,
            height: None,
        },
    ]))
}

#[test]
fn items_of_any_size_pass() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    for size in [0, 1, 7, 8, 100, 4_000, 4_096, 65_535, 1 << 20, 40 << 20] {
        let bytes: Vec<u8> = (0..size).map(|index| (index * 7) as u8).collect();
        passes(bytes)?;
        passes("x".repeat(size))?;
    }
    Ok(())
}

#[test]
fn items_come_in_their_order() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let queue = Queue::new()?;
    for number in 0..10_000u32 {
        queue.put(&number)?;
    }
    assert_eq!(queue.len()?, 10_000);
    for number in 0..10_000 {
        assert_eq!(queue.get()?, number);
    }
    assert!(queue.is_empty()?);
    Ok(())
}

#[test]
fn a_bounded_queue_is_full_at_its_maxsize() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let queue = Queue::builder().maxsize(2).build()?;
    assert_eq!(queue.maxsize(), Some(2));
    assert!(!queue.is_full()?);
    queue.put(&1)?;
    queue.put(&2)?;
    assert!(queue.is_full()?);
    assert_eq!(queue.try_put(&3), Err(QueueError::Full));
    assert_eq!(queue.put_timeout(&3, SHORT), Err(QueueError::TimedOut));
    assert_eq!(queue.get()?, 1);
    queue.try_put(&3)?;
    assert_eq!(queue.get_many(9)?, [2, 3]);

    let unbounded = Queue::<u8>::builder().maxsize(0).build()?;
    assert_eq!(unbounded.maxsize(), None);
    assert!(!unbounded.is_full()?);
    Ok(())
}

#[test]
fn an_empty_queue_says_so() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let queue = Queue::<String>::new()?;
    assert_eq!(queue.try_get(), Err(QueueError::Empty));
    assert_eq!(queue.get_timeout(SHORT), Err(QueueError::TimedOut));
    assert_eq!(queue.get_timeout(Duration::ZERO), Err(QueueError::TimedOut));
    assert!(queue.get_many(0)?.is_empty());
    Ok(())
}

#[test]
fn a_closed_queue_takes_nothing_and_gives_what_it_has() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let queue = Queue::new()?;
    queue.put_many(&[1, 2, 3])?;
    assert!(!queue.is_closed()?);
    queue.close()?;
    queue.close()?;
    assert!(queue.is_closed()?);
    assert_eq!(queue.put(&4), Err(QueueError::Closed));
    assert_eq!(queue.try_put(&4), Err(QueueError::Closed));
    assert_eq!(queue.put_timeout(&4, LONG), Err(QueueError::Closed));
    let refused = queue.put_many(&[4, 5]).unwrap_err();
    assert_eq!((refused.put, refused.error), (0, QueueError::Closed));

    assert_eq!(queue.get()?, 1);
    assert_eq!(queue.get_many(9)?, [2, 3]);
    assert_eq!(queue.get(), Err(QueueError::Closed));
    assert_eq!(queue.try_get(), Err(QueueError::Closed));
    assert_eq!(queue.get_timeout(LONG), Err(QueueError::Closed));
    assert_eq!(queue.get_many(9).unwrap_err().error, QueueError::Closed);
    assert_eq!(queue.iter().count(), 0);
    Ok(())
}

/// Whether the others wait already when it is closed, or only then begin to: they get the same.
#[test]
fn closing_wakes_those_that_wait() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let empty = Queue::<u8>::new()?;
    let full = Queue::builder().maxsize(1).build()?;
    full.put(&0u8)?;
    let getter = daemon().spawn(|queue: Queue<u8>| queue.get(), (empty.clone(),))?;
    let putter = daemon().spawn(|queue: Queue<u8>| queue.put(&1), (full.clone(),))?;
    thread::scope(|scope| {
        let getter = scope.spawn(|| empty.get());
        let putter = scope.spawn(|| full.put(&1));
        empty.close().unwrap();
        full.close().unwrap();
        assert_eq!(getter.join().unwrap(), Err(QueueError::Closed));
        assert_eq!(putter.join().unwrap(), Err(QueueError::Closed));
    });
    assert_eq!(getter.join()?, Err(QueueError::Closed));
    assert_eq!(putter.join()?, Err(QueueError::Closed));
    Ok(())
}

#[test]
fn batches_keep_their_order_and_wait_for_room() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let queue = Queue::builder().maxsize(100).build()?;
    let numbers: Vec<u64> = (0..10_000).map(|number| number * number).collect();
    thread::scope(|scope| {
        scope.spawn(|| {
            queue.put_many(&numbers).unwrap();
            queue.close().unwrap();
        });
        let mut got = Vec::new();
        loop {
            match queue.get_many(77) {
                Ok(items) => {
                    assert!((1..=77).contains(&items.len()));
                    got.extend(items);
                }
                Err(failure) => {
                    assert_eq!(failure.error, QueueError::Closed);
                    break;
                }
            }
        }
        assert!(got == numbers);
    });
    Ok(())
}

#[test]
fn batches_of_bytes_and_of_large_items_pass() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let sizes = [0, 1, 100, 300_000, 5, 2_000_000, 0, 70_000];
    let bytes: Vec<Vec<u8>> = sizes.iter().map(|&size| vec![size as u8; size]).collect();
    let queue = Queue::new()?;
    queue.put_many(&bytes)?;
    assert!(get_exactly(&queue, sizes.len())? == bytes);

    let texts: Vec<String> = sizes.iter().map(|&size| "t".repeat(size)).collect();
    let queue = Queue::new()?;
    queue.put_many(&texts)?;
    assert!(get_exactly(&queue, sizes.len())? == texts);
    Ok(())
}

fn get_exactly<T: DeserializeOwned + 'static>(
    queue: &Queue<T>,
    count: usize,
) -> Result<Vec<T>, QueueError> {
    let mut items = Vec::new();
    while items.len() < count {
        items.extend(queue.get_many(count - items.len())?);
    }
    Ok(items)
}

#[test]
fn a_loop_ends_when_the_queue_is_closed_and_empty() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let queue = Queue::new()?;
    let feeder = daemon().spawn(
        |queue: Queue<u32>| {
            for number in 0..1000 {
                queue.put(&number)?;
            }
            queue.close()
        },
        (queue.clone(),),
    )?;
    let numbers: Result<Vec<u32>, QueueError> = queue.iter().collect();
    assert!(numbers?.into_iter().eq(0..1000));
    feeder.join()??;
    Ok(())
}

#[test]
fn every_item_arrives_exactly_once() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    const EACH: u64 = 5_000;

    fn produce(producer: u64, items: Queue<(u64, u64)>) -> Result<(), QueueError> {
        (0..EACH).try_for_each(|number| items.put(&(producer, number)))
    }
    fn consume(items: Queue<(u64, u64)>) -> Result<Vec<(u64, u64)>, QueueError> {
        items.iter().collect()
    }

    let items = Queue::builder().maxsize(64).build()?;
    let producers = [0, 1, 2].map(|producer| daemon().spawn(produce, (producer, items.clone())));
    let consumers = [(); 3].map(|()| daemon().spawn(consume, (items.clone(),)));
    for producer in producers {
        producer?.join()??;
    }
    items.close()?;

    let mut all = BTreeSet::new();
    for consumer in consumers {
        let got = consumer?.join()??;
        for producer in 0..3 {
            let numbers = got
                .iter()
                .filter(|item| item.0 == producer)
                .map(|item| item.1);
            assert!(
                numbers.is_sorted(),
                "items of one producer come in their order"
            );
        }
        for item in got {
            assert!(all.insert(item), "{item:?} came twice");
        }
    }
    assert_eq!(all.len() as u64, 3 * EACH);
    Ok(())
}

/// An item, some of which cannot be serialized and some not deserialized.
#[derive(Debug, PartialEq)]
struct Picky(u8);

const NOT_IN: u8 = 100;
const NOT_OUT: u8 = 200;

impl Serialize for Picky {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            NOT_IN => Err(ser::Error::custom("100 is not for others")),
            number => serializer.serialize_newtype_struct("Picky", &number),
        }
    }
}

impl<'de> Deserialize<'de> for Picky {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Picky, D::Error> {
        match u8::deserialize(deserializer)? {
            NOT_OUT => Err(de::Error::custom("200 is not for me")),
            number => Ok(Picky(number)),
        }
    }
}

#[test]
fn an_item_that_cannot_be_serialized_is_not_put() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let queue = Queue::new()?;
    let Err(QueueError::Encode { type_name, reason }) = queue.put(&Picky(NOT_IN)) else {
        unreachable!("it is picky");
    };
    assert!(type_name.ends_with("Picky"), "{type_name}");
    assert_eq!(reason, "100 is not for others");
    assert!(queue.is_empty()?);

    let failure = queue
        .put_many(&[Picky(1), Picky(2), Picky(NOT_IN), Picky(3)])
        .unwrap_err();
    assert_eq!(failure.put, 2);
    assert!(matches!(failure.error, QueueError::Encode { .. }));
    assert_eq!(queue.get_many(9)?, [Picky(1), Picky(2)]);
    Ok(())
}

#[test]
fn an_item_that_cannot_be_deserialized_costs_no_other() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let queue = Queue::new()?;
    let items = [Picky(1), Picky(NOT_OUT), Picky(2)];

    queue.put_many(&items)?;
    assert_eq!(queue.get()?, Picky(1));
    let Err(QueueError::Decode { type_name, reason }) = queue.get() else {
        unreachable!("it is picky");
    };
    assert!(type_name.ends_with("Picky"), "{type_name}");
    assert_eq!(reason, "200 is not for me");
    assert_eq!(queue.get()?, Picky(2));

    queue.put_many(&items)?;
    let failure = queue.get_many(9).unwrap_err();
    assert_eq!(
        (failure.items, failure.undecoded),
        (vec![Picky(1), Picky(2)], 1)
    );

    queue.put_many(&items)?;
    queue.close()?;
    let results: Vec<_> = queue.iter().collect();
    assert!(matches!(
        &results[..],
        [Ok(Picky(1)), Err(QueueError::Decode { .. }), Ok(Picky(2))]
    ));
    Ok(())
}

/// What is left over is as bad as what is missing.
#[test]
fn serialize_and_deserialize_must_agree() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();

    #[derive(Debug)]
    struct Lopsided;

    impl Serialize for Lopsided {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            (1u8, 2u8).serialize(serializer)
        }
    }

    impl<'de> Deserialize<'de> for Lopsided {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Lopsided, D::Error> {
            u8::deserialize(deserializer).map(|_| Lopsided)
        }
    }

    let queue = Queue::new()?;
    queue.put(&Lopsided)?;
    let refused = queue.get().map(drop).unwrap_err().to_string();
    assert!(
        refused.contains("Lopsided") && refused.contains("1 bytes are left over"),
        "{refused}"
    );
    Ok(())
}

/// Where the words of an error come from deep inside, they are still the user's.
#[test]
fn errors_inside_of_items_are_told() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();

    #[derive(Debug, Serialize, Deserialize)]
    enum Wrapped {
        Newtype(Option<Picky>),
        Tuple(u8, Vec<Picky>),
        Struct { map: BTreeMap<u8, (Picky,)> },
    }
    let wraps: [fn(u8) -> Wrapped; 3] = [
        |number| Wrapped::Newtype(Some(Picky(number))),
        |number| Wrapped::Tuple(1, vec![Picky(2), Picky(number)]),
        |number| Wrapped::Struct {
            map: BTreeMap::from([(1, (Picky(number),))]),
        },
    ];
    let queue = Queue::new()?;
    for wrap in wraps {
        let refused = queue.put(&wrap(NOT_IN)).unwrap_err();
        assert!(
            refused.to_string().ends_with(": 100 is not for others"),
            "{refused}"
        );
        queue.put(&wrap(NOT_OUT))?;
        let refused = queue.get().unwrap_err();
        assert!(
            refused.to_string().ends_with(": 200 is not for me"),
            "{refused}"
        );
    }
    Ok(())
}

#[test]
fn what_the_compact_format_cannot_do_is_explained() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();

    #[derive(Debug, Serialize, Deserialize)]
    struct Outer {
        #[serde(flatten)]
        inner: BTreeMap<String, u8>,
    }
    #[derive(Debug, Serialize, Deserialize)]
    #[serde(untagged)]
    enum Either {
        Number(u8),
        Text(String),
    }

    let outers = Queue::new()?;
    let refused = outers
        .put(&Outer {
            inner: BTreeMap::new(),
        })
        .unwrap_err()
        .to_string();
    assert!(refused.contains("#[serde(flatten)]"), "{refused}");

    let eithers = Queue::new()?;
    for item in [Either::Number(1), Either::Text(String::new())] {
        eithers.put(&item)?;
        let refused = eithers.get().unwrap_err().to_string();
        assert!(refused.contains("#[serde(untagged)]"), "{refused}");
    }
    Ok(())
}

/// An item whose serialization uses queues itself, and sends handles through them.
#[derive(Debug, PartialEq)]
struct Nested(u32);

fn take_a_detour(number: u32) -> Result<u32, QueueError> {
    let detour = Queue::new()?;
    detour.put(&(number, Queue::<u32>::new()?))?;
    detour.get().map(|(number, _)| number)
}

impl Serialize for Nested {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        take_a_detour(self.0)
            .map_err(ser::Error::custom)?
            .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Nested {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Nested, D::Error> {
        take_a_detour(u32::deserialize(deserializer)?)
            .map(Nested)
            .map_err(de::Error::custom)
    }
}

/// What goes on inside must not confuse the handles that go along with the outer item: it alone
/// keeps their queues alive.
#[test]
fn serialization_may_use_queues() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let queue = Queue::new()?;
    for number in 0..10 {
        let (before, after) = (Queue::new()?, Queue::new()?);
        before.put(&number)?;
        after.put(&(2 * number))?;
        queue.put(&(before, Nested(number), after))?;
    }
    for number in 0..10 {
        let (before, nested, after) = queue.get()?;
        assert_eq!(before.get()?, number);
        assert_eq!(nested, Nested(number));
        assert_eq!(after.get()?, 2 * number);
    }
    Ok(())
}

/// An item that panics on its way in, or on its way out.
#[derive(Debug, PartialEq)]
enum Panics {
    In,
    Out,
    Never,
}

impl Serialize for Panics {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        assert_ne!(*self, Panics::In);
        serializer.serialize_bool(*self == Panics::Out)
    }
}

impl<'de> Deserialize<'de> for Panics {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Panics, D::Error> {
        assert!(!bool::deserialize(deserializer)?);
        Ok(Panics::Never)
    }
}

#[test]
fn a_panic_in_serialization_leaves_the_queue_usable() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let queue = Queue::new()?;
    let companion = Queue::<u8>::new()?;
    let put = |item| queue.put(&(companion.clone(), item));
    assert!(catch_unwind(|| put(Panics::In)).is_err());
    assert!(queue.is_empty()?);
    put(Panics::Out)?;
    assert!(catch_unwind(|| queue.get()).is_err());
    put(Panics::Never)?;
    assert_eq!(queue.get()?.1, Panics::Never);
    // Outside of a transfer again: the panics have not left this thread inside of one.
    assert!(serde_json::to_string(&companion).is_err());
    Ok(())
}

#[test]
fn a_handle_shows_what_it_stands_for() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let queue = Queue::builder().maxsize(5).build()?;
    queue.put(&1)?;
    let shown = format!("{queue:?}");
    assert!(
        shown.contains("len: Some(1)") && shown.contains("maxsize: Some(5)"),
        "{shown}"
    );
    Ok(())
}

/// A producer that is killed in the middle of its work leaves whole items, in order, and no gap.
#[test]
fn a_killed_producer_leaves_whole_items() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    fn produce(queue: Queue<(u64, Vec<u64>)>) -> Result<(), QueueError> {
        (0..).try_for_each(|number| queue.put(&(number, vec![number; (number % 600) as usize])))
    }
    let queue = Queue::builder().maxsize(1000).build()?;
    for _ in 0..5 {
        let producer = daemon().spawn(produce, (queue.clone(),))?;
        let mut expected = 0;
        let mut check = |(number, copies): (u64, Vec<u64>)| {
            assert_eq!(number, expected);
            assert_eq!(copies, vec![number; (number % 600) as usize]);
            expected += 1;
        };
        (0..500).try_for_each(|_| queue.get().map(&mut check))?;
        producer.kill()?;
        assert!(matches!(
            producer.join(),
            Err(ProcessError::Signaled { .. })
        ));
        while !queue.is_empty()? {
            check(queue.get()?);
        }
        queue.put(&(0, Vec::new()))?;
        assert_eq!(queue.get()?, (0, Vec::new()));
    }
    Ok(())
}

/// Those that wait are not affected by the death of another one that waits.
#[test]
fn a_killed_waiter_takes_no_item_along() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let queue = Queue::<u32>::new()?;
    let ready = Queue::<u32>::new()?;
    let wait = |queue: Queue<u32>, ready: Queue<u32>| {
        ready.put(&0)?;
        queue.get()
    };
    let start = || daemon().spawn(wait, (queue.clone(), ready.clone()));
    let (killed, survivor) = (start()?, start()?);
    ready.get()?;
    ready.get()?;
    killed.kill()?;
    assert!(killed.join().is_err());
    queue.put(&7)?;
    assert_eq!(survivor.join()??, 7);
    Ok(())
}
