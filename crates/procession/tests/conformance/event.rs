//! Events.

use std::time::Duration;

use procession::{Event, Process, SharedError};

use crate::objects::{Objects, TestResult, in_every_place};

in_every_place!(
    an_event_is_set_and_cleared,
    a_wait_ends_when_its_time_is_over,
    setting_wakes_threads_and_processes,
    a_handle_travels_inside_others,
);

fn an_event_is_set_and_cleared(objects: &Objects) -> TestResult {
    let event = objects.event()?;
    assert!(!event.is_set()?);
    event.set()?;
    event.set()?;
    assert!(event.is_set()?);
    event.wait()?;
    event.clear()?;
    assert!(!event.is_set()?);
    Ok(())
}

fn a_wait_ends_when_its_time_is_over(objects: &Objects) -> TestResult {
    let event = objects.event()?;
    for timeout in [Duration::ZERO, Duration::from_millis(5)] {
        assert_eq!(event.wait_timeout(timeout), Err(SharedError::TimedOut));
    }
    Ok(())
}

fn setting_wakes_threads_and_processes(objects: &Objects) -> TestResult {
    fn run(ready: Event, start: Event) -> Result<u32, SharedError> {
        ready.set()?;
        start.wait()?;
        Ok(std::process::id())
    }
    let start = objects.event()?;
    let mut runners = Vec::new();
    for _ in 0..2 {
        let ready = objects.event()?;
        let runner = Process::builder()
            .daemon(true)
            .spawn(run, (ready.clone(), start.clone()))?;
        ready.wait()?;
        runners.push(runner);
    }
    std::thread::scope(|scope| {
        let waiter = scope.spawn(|| start.wait());
        start.set()?;
        waiter.join().expect("no panic")
    })?;
    for runner in runners {
        let pid = runner.pid();
        assert_eq!(runner.join()??, pid);
    }
    Ok(())
}

fn a_handle_travels_inside_others(objects: &Objects) -> TestResult {
    fn pass_on(events: Vec<Option<Event>>) -> Result<Vec<Event>, SharedError> {
        events.iter().flatten().try_for_each(Event::set)?;
        Ok(events.into_iter().flatten().collect())
    }
    let event = objects.event()?;
    let back = Process::spawn(pass_on, (vec![None, Some(event.clone())],))?.join()??;
    assert_eq!(back.len(), 1);
    assert!(event.is_set()?);
    back.iter().try_for_each(Event::clear)?;
    assert!(!event.is_set()?);
    Ok(())
}
