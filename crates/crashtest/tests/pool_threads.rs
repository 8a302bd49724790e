//! What threads that wait for a pool do to each other: nobody may be left behind.

use std::error::Error;
use std::process::abort;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use procession::{Pool, PoolError};

const ROUNDS: u32 = 3_000;
const THREADS: u32 = 4;

/// A run that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(120);

/// After so long without tasks, the pool's threads sleep until they are woken.
const LATE: Duration = Duration::from_millis(300);

/// Ends everything if what is returned is not dropped in time.
fn watch() -> Sender<()> {
    let (leash, other_end) = mpsc::channel();
    thread::spawn(move || {
        if other_end.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
            eprintln!("a thread was left behind");
            abort();
        }
    });
    leash
}

/// When all wait, one of them reads the reports. When it has got its own, it must leave that to one which still waits,
/// not to one which has got its own as well and is about to leave. With one task for each thread, and a pause after
/// it, nobody else comes to help.
#[test]
fn whoever_leaves_is_succeeded_by_one_who_waits() -> Result<(), Box<dyn Error>> {
    procession::init_test!();
    let leash = watch();
    let pool = Pool::new(2)?;
    for round in 0..ROUNDS {
        let sum = thread::scope(|scope| {
            let pool = &pool;
            let threads: Vec<_> = (0..THREADS)
                .map(|thread| {
                    scope.spawn(move || pool.apply(|number: u32| number, (round + thread,)))
                })
                .collect();
            threads.into_iter().try_fold(0, |sum, thread| {
                let result: Result<u32, PoolError> =
                    thread.join().map_err(|_| PoolError::NotReady)?;
                Ok::<_, PoolError>(sum + result?)
            })
        })?;
        assert_eq!(sum, THREADS * round + THREADS * (THREADS - 1) / 2);
    }
    drop(leash);
    Ok(())
}

/// While nothing is to be done, nobody looks. Whoever submits tasks for which nobody waits has somebody look again, however
/// long after the job began: here by an iterator that takes its time for the first item.
#[test]
fn a_callback_is_called_although_the_tasks_came_late() -> Result<(), Box<dyn Error>> {
    procession::init_test!();
    let leash = watch();
    let pool = Pool::new(1)?;
    let (sender, results) = mpsc::channel();
    let items = (0..3_u32).inspect(|_| thread::sleep(LATE));
    let sum = pool.map_async_with(
        |number: u32| number,
        items,
        move |results: &Vec<u32>| sender.send(results.iter().sum::<u32>()).unwrap_or_default(),
        |error| eprintln!("{error}"),
    )?;
    assert_eq!(results.recv()?, 3);
    assert_eq!(sum.get()?, [0, 1, 2]);
    drop(leash);
    Ok(())
}
