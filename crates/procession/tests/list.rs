//! Lists: many processes at once, every error, handles in elements, and deaths in the middle.

mod watchdog;

use std::error::Error;
use std::sync::{Mutex, MutexGuard, PoisonError};

use procession::{List, Process, ProcessBuilder, ProcessError, Queue, SharedError};
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

#[test]
fn elements_are_added_read_and_taken() -> TestResult {
    procession::init_test!();
    let (_watchdog, _alone) = (watch(), alone());
    let list = List::new()?;
    assert!(list.is_empty()?);
    assert_eq!(
        (list.first()?, list.last()?, list.pop()?),
        (None, None, None)
    );
    for word in ["b", "d"] {
        list.push(&word.to_owned())?;
    }
    list.insert(0, &"a".to_owned())?;
    list.insert(2, &"c".to_owned())?;
    list.set(3, &"D".to_owned())?;
    list.extend(["e", "f", "g"].map(str::to_owned))?;
    assert_eq!(list.len()?, 7);
    assert_eq!(list.first()?.as_deref(), Some("a"));
    assert_eq!(list.last()?.as_deref(), Some("g"));
    assert_eq!(list.get(7)?, None);
    assert_eq!(list.slice(2..=3)?, ["c", "D"]);
    assert_eq!(list.slice(9..)?, [""; 0]);
    assert_eq!(list.remove(3)?, "D");
    assert_eq!(list.pop()?.as_deref(), Some("g"));
    list.swap(0, 4)?;
    assert_eq!(list.to_vec()?, ["f", "b", "c", "e", "a"]);
    list.reverse()?;
    list.splice(1..3, ["a", "a", "a"].map(str::to_owned))?;
    assert_eq!(list.iter()?.collect::<String>(), "aaaabf");
    let a = "a".to_owned();
    assert_eq!(list.count(&a)?, 4);
    assert_eq!(list.index_of(&"b".to_owned())?, Some(4));
    assert!(list.contains(&a)? && !list.contains(&"z".to_owned())?);
    list.retain(|word| word != "a")?;
    list.sort_by(|one, other| other.cmp(one))?;
    assert_eq!(list.to_vec()?, ["f", "b"]);
    list.sort()?;
    assert_eq!(list.to_vec()?, ["b", "f"]);
    list.remove_range(1..1)?;
    list.remove_range(1..)?;
    assert_eq!(list.to_vec()?, ["b"]);
    list.truncate(1)?;
    list.truncate(5)?;
    assert_eq!(list.len()?, 1);
    list.clear()?;
    assert!(list.is_empty()?);
    let shown = format!("{list:?}");
    assert!(
        shown.starts_with("List { handle: ") && shown.ends_with("len: Some(0) }"),
        "{shown}"
    );
    Ok(())
}

#[test]
fn bytes_are_kept_as_they_are() -> TestResult {
    procession::init_test!();
    let (_watchdog, _alone) = (watch(), alone());
    let list = List::<Vec<u8>>::new()?;
    let large = vec![7; 3_000_000];
    list.push(&large)?;
    list.extend([Vec::new(), vec![1]])?;
    let echo = |list: List<Vec<u8>>| -> Result<usize, SharedError> {
        let found = list.get(0)?.unwrap_or_default();
        list.push(&found)?;
        Ok(found.len())
    };
    assert_eq!(daemon().spawn(echo, (list.clone(),))?.join()??, large.len());
    assert_eq!(list.get(0)?, list.get(3)?);
    assert_eq!(list.slice(1..3)?, [vec![], vec![1]]);
    Ok(())
}

#[test]
fn processes_share_a_list() -> TestResult {
    procession::init_test!();
    let (_watchdog, _alone) = (watch(), alone());
    const EACH: u32 = 300;
    let (list, counts) = (List::new()?, List::new()?);
    counts.extend([0; 3])?;
    fn work(list: List<u32>, counts: List<u32>, first: u32) -> Result<(), SharedError> {
        for number in first..first + EACH {
            match number % 3 {
                0 => list.insert(0, &number)?,
                _ => list.push(&number)?,
            }
            counts.update(1, |count| count + 1)?;
        }
        Ok(())
    }
    let workers = (0..3)
        .map(|worker| daemon().spawn(work, (list.clone(), counts.clone(), worker * EACH)))
        .collect::<Result<Vec<_>, _>>()?;
    // Sorting finds the list changed again and again, and begins anew.
    list.sort()?;
    for worker in workers {
        worker.join()??;
    }
    list.sort()?;
    assert!(list.iter()?.eq(0..3 * EACH));
    assert_eq!(counts.to_vec()?, [0, 3 * EACH, 0]);
    Ok(())
}

#[derive(Clone, Debug, PartialEq)]
struct Refuses(bool);

impl Serialize for Refuses {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            true => Err(ser::Error::custom("it does not like to be sent")),
            false => serializer.serialize_unit(),
        }
    }
}

impl<'de> Deserialize<'de> for Refuses {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Refuses, D::Error> {
        Err(de::Error::custom("it does not like to arrive"))
    }
}

#[test]
fn errors_say_what_was_wrong_and_nothing_has_changed() -> TestResult {
    procession::init_test!();
    let (_watchdog, _alone) = (watch(), alone());
    let list = List::new()?;
    list.extend([1u32, 2])?;
    let beyond = |index| SharedError::IndexOutOfRange { index, length: 2 };
    assert_eq!(list.set(2, &0), Err(beyond(2)));
    assert_eq!(list.insert(3, &0), Err(beyond(3)));
    assert_eq!(list.remove(2), Err(beyond(2)));
    assert_eq!(list.swap(0, 5), Err(beyond(5)));
    assert_eq!(list.splice(3.., [0]), Err(beyond(3)));
    assert_eq!(list.update(2, |old| old), Err(beyond(2)));
    assert_eq!(list.compare_exchange(2, &0, &0), Err(beyond(2)));
    let shown = beyond(2).to_string();
    assert_eq!(shown, "index 2 is beyond the end: there are 2 elements");
    assert_eq!(list.to_vec()?, [1, 2]);

    let picky = List::new()?;
    picky.push(&Refuses(false))?;
    let outcomes = [
        picky.push(&Refuses(true)),
        picky.set(0, &Refuses(true)),
        picky.insert(0, &Refuses(true)),
        picky.extend([Refuses(false), Refuses(true)]),
    ];
    for outcome in outcomes {
        let Err(SharedError::Encode { reason, .. }) = outcome else {
            return Err("it was sent".into());
        };
        assert!(reason.contains("it does not like to be sent"), "{reason}");
    }
    assert_eq!(picky.len()?, 1);
    let Err(SharedError::Decode { reason, .. }) = picky.get(0) else {
        return Err("it arrived".into());
    };
    assert!(reason.contains("it does not like to arrive"), "{reason}");
    assert!(matches!(
        picky.retain(|_| false),
        Err(SharedError::Decode { .. })
    ));
    assert_eq!(picky.len()?, 1);
    Ok(())
}

#[test]
fn a_list_of_another_type_is_refused() -> TestResult {
    procession::init_test!();
    let (_watchdog, _alone) = (watch(), alone());
    let before = inventory()?;
    {
        let numbers = List::<List<u32>>::new()?;
        numbers.push(&List::new()?)?;
        // The handle of a list of numbers, where one of strings is expected.
        let queue = Queue::<List<u32>>::new()?;
        queue.put(&List::new()?)?;
        let wrong: Queue<List<String>> = relabel(&queue)?;
        let error = wrong.get().map(drop).unwrap_err().to_string();
        assert!(
            error.contains("list of u32") && error.contains("list of alloc::string::String"),
            "{error}"
        );
    }
    assert_eq!(inventory()?, before);
    Ok(())
}

/// The same queue, as one of items of another type: queues do not look.
fn relabel<A, B>(queue: &Queue<A>) -> Result<Queue<B>, Box<dyn Error>>
where
    A: 'static,
    B: 'static,
{
    let carrier = Queue::<Relabelled<A, B>>::new()?;
    carrier.put(&Relabelled::From(queue.clone()))?;
    match carrier.get()? {
        Relabelled::To(queue) => Ok(queue),
        Relabelled::From(_) => Err("it came back as it went".into()),
    }
}

/// Goes in as one, and comes out as the other.
enum Relabelled<A, B> {
    From(Queue<A>),
    To(Queue<B>),
}

impl<A, B> Serialize for Relabelled<A, B> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Relabelled::From(queue) => queue.serialize(serializer),
            Relabelled::To(queue) => queue.serialize(serializer),
        }
    }
}

impl<'de, A, B> Deserialize<'de> for Relabelled<A, B> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Queue::deserialize(deserializer).map(Relabelled::To)
    }
}

#[test]
fn a_queue_in_a_list_in_a_list_stays_alive() -> TestResult {
    procession::init_test!();
    let (_watchdog, _alone) = (watch(), alone());
    daemon().spawn(|| (), ())?.join()?;
    let before = inventory()?;
    {
        let outer = List::<List<Queue<u32>>>::new()?;
        fn leave(outer: List<List<Queue<u32>>>) -> Result<(), SharedError> {
            let (inner, queue) = (List::new()?, Queue::new());
            let queue = queue.map_err(|_| SharedError::Empty)?;
            queue.put(&7).map_err(|_| SharedError::Empty)?;
            inner.extend([&queue, &queue])?;
            outer.push(&inner)
        }
        daemon().spawn(leave, (outer.clone(),))?.join()??;
        // Its creator has ended; the lists alone kept the queue.
        let inner = outer.get(0)?.ok_or("a list was left")?;
        let queue = inner.remove(0)?;
        outer.clear()?;
        drop(inner);
        assert_eq!(queue.get()?, 7);
    }
    assert_eq!(inventory()?, before);
    Ok(())
}

/// Changes both lists in all ways for ever; each change of the second is of all its elements.
fn change_for_ever(list: List<u64>, all: List<u64>, begun: Queue<()>) -> Result<(), SharedError> {
    for round in 0.. {
        if round == 20 {
            begun.put(&()).map_err(|_| SharedError::Empty)?;
        }
        for number in 0..20 {
            list.push(&number)?;
        }
        list.insert(5, &round)?;
        list.remove(0)?;
        list.extend([round; 8])?;
        list.truncate(600)?;
        list.pop()?;
        all.splice(.., [round; 50])?;
        all.reverse()?;
    }
    Ok(())
}

#[test]
fn killed_in_the_midst_of_changes() -> TestResult {
    procession::init_test!();
    let (_watchdog, _alone) = (watch(), alone());
    let (list, all) = (List::new()?, List::new()?);
    let begun = Queue::new()?;
    daemon().spawn(|| (), ())?.join()?;
    all.extend([0; 50])?;
    let before = inventory()?;
    for round in 0..20 {
        let arguments = || (list.clone(), all.clone(), begun.clone());
        let victims = [
            daemon().spawn(change_for_ever, arguments())?,
            daemon().spawn(change_for_ever, arguments())?,
        ];
        begun.get()?;
        begun.get()?;
        // Somewhere in the midst, elsewhere each time.
        for _ in 0..round * 7 {
            let all = all.to_vec()?;
            assert!(
                all.len() == 50 && all.iter().all(|it| *it == all[0]),
                "a mixture"
            );
        }
        for victim in &victims {
            kill(victim)?;
        }
        drop(victims);
        let found = all.to_vec()?;
        assert!(found.len() == 50 && found.iter().all(|it| *it == found[0]));
        assert_eq!(list.len()?, list.to_vec()?.len());
        list.push(&1)?;
        assert_eq!(list.last()?, Some(1));
        list.clear()?;
        all.splice(.., [0; 50])?;
        assert_eq!(inventory()?.objects, before.objects, "after round {round}");
    }
    drop((list, all, begun));
    Ok(())
}
