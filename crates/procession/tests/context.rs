//! The settings of a session, and what happens at its limits.

mod watchdog;

use std::error::Error;

use std::os::unix::process::parent_id;

use procession::{LaunchError, Process, Queue, QueueError, SpawnError, StartMethod, context};
use watchdog::watch;

const MEMORY_CAP: u64 = 32 << 20;
const MAX_PROCESSES: u16 = 3;

/// One test, since a process has one session, and its limits are set before its first use.
#[test]
fn settings_hold_and_limits_are_errors_after_which_all_goes_on() -> Result<(), Box<dyn Error>> {
    procession::init_test!();
    let _watchdog = watch();
    context()
        .memory_cap(MEMORY_CAP)?
        .max_processes(MAX_PROCESSES)?;

    let queue = Queue::<Vec<u8>>::new()?;
    settings_come_too_late_after_the_first_use()?;
    processes_are_started_as_was_set()?;
    a_message_larger_than_the_cap_is_refused(&queue)?;
    a_full_session_is_empty_again(&queue)?;
    arguments_take_no_memory_once_they_are_decoded(&queue)?;
    more_processes_than_slots_are_refused(&queue)
}

fn settings_come_too_late_after_the_first_use() -> Result<(), Box<dyn Error>> {
    let try_all = || {
        let context = context();
        [
            context.memory_cap(MEMORY_CAP).is_err(),
            context.max_processes(MAX_PROCESSES).is_err(),
            context.max_threads(100).is_err(),
        ]
    };
    assert_eq!(try_all(), [true; 3]);
    assert_eq!(
        Process::spawn(try_all, ())?.join()?,
        [true; 3],
        "a child is in this session"
    );
    Ok(())
}

fn processes_are_started_as_was_set() -> Result<(), Box<dyn Error>> {
    let this = std::process::id();
    assert_eq!(Process::spawn(parent_id, ())?.join()?, this);
    context().start_method(StartMethod::ForkServer);
    assert_ne!(Process::spawn(parent_id, ())?.join()?, this);
    context().start_method(StartMethod::Spawn);
    assert_eq!(Process::spawn(parent_id, ())?.join()?, this);
    Ok(())
}

fn a_message_larger_than_the_cap_is_refused(queue: &Queue<Vec<u8>>) -> Result<(), Box<dyn Error>> {
    let refused = queue.put(&vec![0; MEMORY_CAP as usize + 1]);
    assert!(
        matches!(
            refused,
            Err(QueueError::OutOfMemory {
                cap: MEMORY_CAP,
                ..
            })
        ),
        "{refused:?}"
    );
    queue.put(&vec![1; 100])?;
    assert_eq!(queue.get()?, [1; 100]);
    Ok(())
}

fn a_full_session_is_empty_again(queue: &Queue<Vec<u8>>) -> Result<(), Box<dyn Error>> {
    let item = vec![7; 1 << 20];
    for _ in 0..2 {
        let mut count = 0;
        let refused = loop {
            match queue.put(&item) {
                Ok(()) => count += 1,
                Err(error) => break error,
            }
        };
        assert!(
            matches!(refused, QueueError::OutOfMemory { .. }),
            "{refused:?}"
        );
        assert!(
            count > (MEMORY_CAP / 2) >> 20,
            "only {count} items had room"
        );
        for _ in 0..count {
            assert!(queue.get()? == item);
        }
        assert!(queue.is_empty()?);
    }
    Ok(())
}

fn arguments_take_no_memory_once_they_are_decoded(
    queue: &Queue<Vec<u8>>,
) -> Result<(), Box<dyn Error>> {
    let ready = Queue::new()?;
    let hold = |large: String, ready: Queue<usize>, queue: Queue<Vec<u8>>| {
        ready.put(&large.len())?;
        queue.get().map(|item| item.len())
    };
    let large = MEMORY_CAP as usize * 3 / 4;
    let arguments = ("x".repeat(large), ready.clone(), queue.clone());
    let process = Process::builder().daemon(true).spawn(hold, arguments)?;
    assert_eq!(ready.get()?, large);
    queue.put(&vec![0; large])?;
    assert_eq!(process.join()??, large);
    Ok(())
}

fn more_processes_than_slots_are_refused(queue: &Queue<Vec<u8>>) -> Result<(), Box<dyn Error>> {
    let get = |queue: Queue<Vec<u8>>| queue.get();
    let start = || Process::builder().daemon(true).spawn(get, (queue.clone(),));
    for _ in 0..2 {
        // With this process, these are all that there may be.
        let processes = [start()?, start()?];
        let refused = start();
        assert!(
            matches!(refused, Err(SpawnError::Launch(LaunchError::Arena(_)))),
            "{refused:?}"
        );
        assert!(refused.is_err_and(|error| error.to_string().contains("max_processes")));
        queue.put_many(&[Vec::new(), Vec::new()])?;
        for process in processes {
            process.join()??;
        }
    }
    Ok(())
}
