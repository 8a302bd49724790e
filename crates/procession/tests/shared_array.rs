//! Arrays: elements and ranges, several processes at once, the lock, and deaths in the middle.

mod watchdog;

use std::any::type_name;
use std::error::Error;
use std::fmt::Debug;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use bytemuck::{Pod, Zeroable};
use procession::{
    LockError, Namespace, Process, ProcessBuilder, ProcessError, Queue, QueueError, SharedArray,
    SharedError,
};
use procession_arena::Inventory;
use procession_engine::with_participant;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use watchdog::watch;

type TestResult = Result<(), Box<dyn Error>>;

/// The tests share this process's session, and some look at all of it.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Long enough that no test sees its end, if all is well.
const LONG: Duration = Duration::from_secs(3600);
const SHORT: Duration = Duration::from_millis(5);

/// A process that does not outlive the test, even if that is ended for taking too long.
fn daemon() -> ProcessBuilder {
    Process::builder().daemon(true)
}

fn inventory() -> Result<Inventory, procession_arena::Error> {
    with_participant(|me| me.verify())
}

/// Returns when so many threads of the session sleep; the watchdog bounds it.
fn wait_for_sleepers(count: usize) -> Result<(), procession_arena::Error> {
    while with_participant(|me| me.arena().sleeping_threads())? != count {
        thread::yield_now();
    }
    Ok(())
}

fn kill<R: DeserializeOwned + 'static>(victim: &Process<R>) -> TestResult {
    victim.kill()?;
    match victim.join() {
        Err(ProcessError::Signaled { .. }) => Ok(()),
        Err(error) => Err(error.into()),
        Ok(_) => Err("the victim ended by itself".into()),
    }
}

#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
struct Particle {
    position: [f32; 3],
    velocity: [f32; 3],
    kind: u32,
}

fn passes<T: Pod + PartialEq + Debug>(elements: &[T], other: T) -> TestResult {
    let array = SharedArray::from_slice(elements)?;
    assert_eq!((array.len(), array.is_empty()), (elements.len(), false));
    assert_eq!(array.to_vec()?, elements);
    let last = elements.len() - 1;
    let replace = |array: SharedArray<T>, last: usize| {
        let first = array.get(0)?;
        array.set(last, first)
    };
    daemon().spawn(replace, (array.clone(), last))?.join()??;
    assert_eq!(array.get(last)?, elements[0]);
    array.fill(1..last, other)?;
    let mut part = [elements[0]; 2];
    array.read_into(1, &mut part)?;
    assert_eq!(part, [other; 2]);
    array.write_from(last - 1, &[elements[1], elements[2]])?;
    assert_eq!(array.range_to_vec(last - 1..)?, elements[1..3]);
    assert_eq!(array.get(0)?, elements[0]);
    assert_eq!(SharedArray::new(700, other)?.to_vec()?, [other; 700]);
    Ok(())
}

#[test]
fn plain_data_of_any_size_are_elements() -> TestResult {
    procession::init_test!();
    let (_watchdog, _alone) = (watch(), alone());
    passes(&[1u8, 2, 3, 4, 5], 9)?;
    passes(&[1i16, -2, 3, -4, 5], 9)?;
    passes(&[1.5f32, 2.0, f32::MAX, 0.0, -1.0], 9.0)?;
    passes(&[1u64, 2, u64::MAX, 4, 5], 9)?;
    passes(&[1i128, 2, i128::MIN, 4, 5], 9)?;
    passes(&[[1u8, 2, 3], [4; 3], [5; 3], [6; 3], [7; 3]], [9; 3])?;
    passes(&[[0.5f64; 20], [1.5; 20], [2.5; 20], [3.5; 20]], [9.0; 20])?;
    let particle = |kind| Particle {
        position: [0.5; 3],
        kind,
        ..Particle::default()
    };
    passes(
        &[particle(1), particle(2), particle(3), particle(4)],
        particle(9),
    )?;
    passes(&[(), (), (), ()], ())?;
    Ok(())
}

#[test]
fn what_is_beyond_the_end_is_an_error_and_changes_nothing() -> TestResult {
    procession::init_test!();
    let (_watchdog, _alone) = (watch(), alone());
    let array = SharedArray::from_slice(&[1u32, 2, 3])?;
    let beyond = |index| Err(SharedError::IndexOutOfRange { index, length: 3 });
    assert_eq!(array.get(3).map(drop), beyond(3));
    assert_eq!(array.set(usize::MAX, 9), beyond(usize::MAX));
    assert_eq!(array.fetch_add(3, 9).map(drop), beyond(3));
    assert_eq!(array.read_into(2, &mut [0; 2]), beyond(3));
    assert_eq!(array.write_from(1, &[9; 3]), beyond(3));
    assert_eq!(array.fill(2..=3, 9), beyond(3));
    assert_eq!(array.fill(4.., 9), beyond(4));
    assert_eq!(array.fill(..=usize::MAX, 9), beyond(usize::MAX - 1));
    assert_eq!(array.range_to_vec(..9).map(drop), beyond(8));
    assert_eq!(array.to_vec()?, [1, 2, 3]);
    array.fill(.., 7)?;
    array.fill(3.., 9)?;
    array.write_from(3, &[])?;
    assert_eq!(array.to_vec()?, [7; 3]);
    let nothings = SharedArray::new(2, ())?;
    assert!(nothings.get(1).is_ok() && nothings.get(2).is_err() && nothings.set(2, ()).is_err());
    let none = SharedArray::<u64>::from_slice(&[])?;
    assert!(none.is_empty() && none.to_vec()?.is_empty() && none.get(0).is_err());
    let too_large = SharedArray::new(1 << 50, 0u64);
    assert!(matches!(too_large, Err(SharedError::OutOfMemory { .. })));
    let overflowing = SharedArray::new(usize::MAX, 0u64);
    assert!(matches!(overflowing, Err(SharedError::OutOfMemory { .. })));
    Ok(())
}

#[test]
fn numbers_are_changed_in_place() -> TestResult {
    procession::init_test!();
    let (_watchdog, _alone) = (watch(), alone());
    let array = SharedArray::from_slice(&[250u8, 0])?;
    assert_eq!(array.fetch_add(0, 10)?, 250);
    assert_eq!(array.fetch_sub(0, 5)?, 4);
    assert_eq!(array.fetch_min(0, 3)?, 255);
    assert_eq!(array.fetch_max(0, 12)?, 3);
    assert_eq!(array.fetch_and(0, 6)?, 12);
    assert_eq!(array.fetch_or(0, 3)?, 4);
    assert_eq!(array.fetch_xor(0, 10)?, 7);
    assert_eq!(array.swap(0, 1)?, 13);
    assert_eq!(array.compare_exchange(0, 2, 3)?, Err(1));
    assert_eq!(array.compare_exchange(0, 1, 3)?, Ok(()));
    assert_eq!(array.to_vec()?, [3, 0]);
    let signed = SharedArray::new(1, -1i64)?;
    assert_eq!(signed.fetch_max(0, -2)?, -1);
    assert_eq!(signed.fetch_min(0, -2)?, -1);
    assert_eq!(signed.get(0)?, -2);
    let floats = SharedArray::new(1, 0.5f32)?;
    assert_eq!(floats.fetch_add(0, 0.25)?, 0.5);
    assert_eq!(floats.get(0)?, 0.75);
    Ok(())
}

const PROCESSES: usize = 4;
const ROUNDS: u32 = 3_000;

/// Elements so small that several are in a word: each process changes its own, and all one together.
#[test]
fn processes_do_not_disturb_each_others_neighbours() -> TestResult {
    procession::init_test!();
    let (_watchdog, _alone) = (watch(), alone());
    fn count(own: SharedArray<u8>, all: SharedArray<u16>, index: usize) -> Result<(), SharedError> {
        for round in 1..=ROUNDS {
            own.set(index, round as u8)?;
            if own.get(index)? != round as u8 {
                return Err(SharedError::Empty);
            }
            own.write_from(index, &[round as u8])?;
            all.fetch_add(1, 1)?;
        }
        Ok(())
    }
    let (own, all) = (SharedArray::new(PROCESSES, 0)?, SharedArray::new(3, 0)?);
    let processes: Vec<_> = (0..PROCESSES)
        .map(|index| daemon().spawn(count, (own.clone(), all.clone(), index)))
        .collect::<Result<_, _>>()?;
    for process in processes {
        process.join()??;
    }
    assert_eq!(own.to_vec()?, [ROUNDS as u8; PROCESSES]);
    assert_eq!(all.to_vec()?, [0, (PROCESSES as u32 * ROUNDS) as u16, 0]);
    Ok(())
}

/// Moves amounts between the two elements for ever; without the lock it would not come to zero.
fn transfer(accounts: SharedArray<i64>, rounds: u32) -> Result<(), SharedError> {
    for round in 0..rounds {
        let accounts = accounts.lock()?;
        let amount = i64::from(round) - 5;
        accounts.set(0, accounts.get(0)? - amount)?;
        accounts.set(1, accounts.get(1)? + amount)?;
    }
    Ok(())
}

#[test]
fn changes_under_the_lock_are_not_mixed() -> TestResult {
    procession::init_test!();
    let (_watchdog, _alone) = (watch(), alone());
    let accounts = SharedArray::from_slice(&[0, 0])?;
    let processes: Vec<_> = (0..PROCESSES)
        .map(|_| daemon().spawn(transfer, (accounts.clone(), ROUNDS)))
        .collect::<Result<_, _>>()?;
    for process in processes {
        process.join()??;
    }
    let each: i64 = (0..i64::from(ROUNDS)).map(|round| round - 5).sum();
    let sum = each * PROCESSES as i64;
    assert_eq!(accounts.to_vec()?, [-sum, sum]);
    assert!(!accounts.is_locked()?);
    Ok(())
}

fn hold_for_ever(array: SharedArray<u32>, held: Queue<()>) -> Result<(), QueueError> {
    let guard = array.lock().or_else(LockError::into_guard);
    if let Ok(array) = &guard {
        let _ = array.set(0, 1);
    }
    held.put(&())?;
    loop {
        thread::park();
    }
}

#[test]
fn who_comes_after_a_killed_holder_gets_the_lock_and_is_told_once() -> TestResult {
    procession::init_test!();
    let (_watchdog, _alone) = (watch(), alone());
    let array = SharedArray::new(2, 0u32)?;
    let held = Queue::new()?;
    let holder = daemon().spawn(hold_for_ever, (array.clone(), held.clone()))?;
    held.get()?;
    assert!(array.is_locked()?);
    let refused = array.try_lock().map(drop).map_err(SharedError::from);
    assert_eq!(refused, Err(SharedError::WouldBlock));
    let refused = array
        .lock_timeout(SHORT)
        .map(drop)
        .map_err(SharedError::from);
    assert_eq!(refused, Err(SharedError::TimedOut));
    let pid = holder.pid();
    assert_eq!(array.holder()?.map(|its| its.pid), Some(pid));
    kill(&holder)?;
    let guard = match array.lock_timeout(LONG) {
        Err(LockError::Abandoned(guard, dead)) => {
            assert_eq!(dead, pid);
            guard
        }
        other => return Err(format!("not told: {other:?}").into()),
    };
    assert_eq!(guard.to_vec()?, [1, 0], "half changed, as it was left");
    assert!(array.is_locked()?);
    drop(guard);
    assert!(!array.is_locked()?);
    drop(array.lock().map_err(SharedError::from)?);
    Ok(())
}

#[test]
fn who_waits_for_a_holder_that_is_killed_is_woken_and_told() -> TestResult {
    procession::init_test!();
    let (_watchdog, _alone) = (watch(), alone());
    fn wait(array: SharedArray<u32>) -> Result<u32, SharedError> {
        match array.lock() {
            Err(LockError::Abandoned(guard, pid)) => guard.set(1, 2).map(|()| pid),
            Err(error) => Err(error.into()),
            Ok(_) => Ok(0),
        }
    }
    let array = SharedArray::new(2, 0u32)?;
    let held = Queue::new()?;
    let holder = daemon().spawn(hold_for_ever, (array.clone(), held.clone()))?;
    held.get()?;
    let waiter = daemon().spawn(wait, (array.clone(),))?;
    wait_for_sleepers(1)?;
    let pid = holder.pid();
    kill(&holder)?;
    assert_eq!(waiter.join()??, pid);
    assert_eq!(array.to_vec()?, [1, 2]);
    let rescued = with_participant(|me| me.arena().rescued_wakes())?;
    assert_eq!(rescued, 0);
    Ok(())
}

/// Writes elements and ranges for ever.
fn write_for_ever(words: SharedArray<u64>, begun: Queue<()>) -> Result<(), Box<SharedError>> {
    for round in 1u64.. {
        let word = round << 32 | round;
        words.set(0, word)?;
        words.write_from(1, &[word; 300])?;
        words.fill(301.., word)?;
        if round == 3 {
            let _ = begun.try_put(&());
        }
    }
    Ok(())
}

#[test]
fn killed_in_the_midst_of_writing_it_leaves_whole_words_and_nothing_else() -> TestResult {
    procession::init_test!();
    let (_watchdog, _alone) = (watch(), alone());
    let words = SharedArray::new(2_000, 0u64)?;
    let begun = Queue::new()?;
    daemon().spawn(|| (), ())?.join()?;
    let before = inventory()?;
    for round in 0..30 {
        let victim = daemon().spawn(write_for_ever, (words.clone(), begun.clone()))?;
        begun.get()?;
        for _ in 0..=round * 5 {
            let found = words.to_vec()?;
            assert!(
                found.iter().all(|word| word >> 32 == word & 0xffff_ffff),
                "a torn word"
            );
        }
        kill(&victim)?;
        drop(victim);
        let found = words.to_vec()?;
        assert!(
            found.iter().all(|word| word >> 32 == word & 0xffff_ffff),
            "a torn word"
        );
        assert_eq!(inventory()?, before, "after round {round}");
    }
    Ok(())
}

#[test]
fn elements_can_be_seen_in_place() -> TestResult {
    procession::init_test!();
    let (_watchdog, _alone) = (watch(), alone());
    fn double(array: SharedArray<Particle>) -> Result<(), SharedError> {
        let mut guard = array.lock()?;
        // SAFETY: everybody in this test who writes to the array holds its lock.
        for particle in unsafe { guard.as_mut_slice() }? {
            particle.kind *= 2;
        }
        Ok(())
    }
    let array = SharedArray::new(1_000, Particle::default())?;
    let mut guard = array.lock().map_err(SharedError::from)?;
    // SAFETY: everybody in this test who writes to the array holds its lock.
    for (kind, particle) in (0..).zip(unsafe { guard.as_mut_slice() }?) {
        particle.kind = kind;
    }
    drop(guard);
    daemon().spawn(double, (array.clone(),))?.join()??;
    let guard = array.lock().map_err(SharedError::from)?;
    // SAFETY: everybody in this test who writes to the array holds its lock.
    let seen = unsafe { guard.as_slice() }?;
    assert!(
        (0..)
            .zip(seen)
            .all(|(kind, particle)| particle.kind == 2 * kind)
    );
    assert_eq!(array.as_ptr()?.cast::<u8>().addr().get() % 64, 0);
    let wide = SharedArray::new(3, 1u128)?.as_ptr()?;
    assert!(wide.cast::<u128>().is_aligned());
    assert_eq!(SharedArray::new(5, ())?.as_ptr()?.len(), 5);
    Ok(())
}

/// Goes out as an array of one type and comes in as one of another.
struct Disguised(Result<SharedArray<u32>, SharedArray<i32>>);

impl Serialize for Disguised {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Ok(array) => array.serialize(serializer),
            Err(array) => array.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Disguised {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Disguised, D::Error> {
        SharedArray::deserialize(deserializer).map(|it| Disguised(Err(it)))
    }
}

#[test]
fn an_array_of_another_type_is_refused_with_both_names_and_nothing_leaks() -> TestResult {
    procession::init_test!();
    let (_watchdog, _alone) = (watch(), alone());
    daemon().spawn(|| (), ())?.join()?;
    let before = inventory()?;
    let disguised = Queue::<Disguised>::new()?;
    disguised.put(&Disguised(Ok(SharedArray::new(9, 7u32)?)))?;
    let refused = disguised.get().map(|it| it.0.is_ok());
    let error = refused.unwrap_err().to_string();
    assert!(error.contains("array of u32"), "{error}");
    assert!(error.contains("array of i32"), "{error}");
    drop(disguised);

    let array = SharedArray::new(100_000, 1u8)?;
    let written = serde_json::to_string(&array).unwrap_err().to_string();
    assert!(
        written.contains("travels only by procession itself"),
        "{written}"
    );
    assert!(serde_json::from_str::<SharedArray<u8>>("[0,0]").is_err());
    let shown = format!("{array:?}");
    assert!(shown.contains("u8") && shown.contains("100000"), "{shown}");

    let held = Queue::new()?;
    let numbers = SharedArray::new(100_000, 0u32)?;
    let holder = daemon().spawn(hold_for_ever, (numbers, held.clone()))?;
    held.get()?;
    kill(&holder)?;
    drop((array, held, holder));
    assert_eq!(inventory()?, before);
    Ok(())
}

/// What is seen in place must lie in the array, even if two types have the same name.
#[test]
fn an_array_of_larger_elements_with_a_type_of_the_same_name_is_refused() -> TestResult {
    procession::init_test!();
    let (_watchdog, _alone) = (watch(), alone());
    let (shared, before) = (Namespace::new()?, inventory()?);
    let name = {
        #[repr(transparent)]
        #[derive(Clone, Copy, Pod, Zeroable)]
        struct Sample(u8);
        shared.set("samples", &SharedArray::new(9, Sample(7))?)?;
        type_name::<Sample>()
    };
    {
        #[repr(transparent)]
        #[derive(Clone, Copy, Pod, Zeroable)]
        struct Sample(u64);
        assert_eq!(type_name::<Sample>(), name);
        let refused = shared.get::<SharedArray<Sample>>("samples");
        let error = refused.map(drop).unwrap_err().to_string();
        assert!(error.contains("8 bytes each"), "{error}");
        assert!(error.contains("1 bytes each"), "{error}");
    }
    shared.clear()?;
    assert_eq!(inventory()?.objects, before.objects);
    Ok(())
}
