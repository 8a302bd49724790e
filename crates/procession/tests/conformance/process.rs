//! Processes: children of this one, or of a worker host.

use std::error::Error;
use std::time::Duration;

use procession::{
    Event, Process, ProcessBuilder, ProcessError, Queue, QueueError, SharedError, SpawnError,
    current_process,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::host::Host;
use crate::objects::{Objects, TestResult, in_every_place};

in_every_place!(
    what_a_function_returns_comes_home,
    every_join_gives_the_same_answer,
    a_panic_comes_home,
    an_early_exit_is_told,
    signals_are_told,
    a_timeout_leaves_the_process_alone,
    processes_meet_at_objects,
    objects_come_home,
    a_process_knows_what_it_was_told,
    threads_share_a_handle,
);

/// Where processes are started.
struct Place<'a> {
    objects: &'a Objects,
    _host: Option<Host>,
}

impl<'a> Place<'a> {
    fn of(objects: &'a Objects) -> std::io::Result<Place<'a>> {
        let host = match objects {
            Objects::Memory => None,
            Objects::Server(cluster) => Some(Host::start(cluster)?),
        };
        Ok(Place {
            objects,
            _host: host,
        })
    }

    fn spawn<F, A, R>(&self, function: F, arguments: A) -> Result<Process<R>, SpawnError>
    where
        F: procession::Function<A, R>,
        A: Serialize + DeserializeOwned + 'static,
        R: Serialize + DeserializeOwned + 'static,
    {
        // None is to outlive the test.
        self.spawn_as(Process::builder().daemon(true), function, arguments)
    }

    fn spawn_as<F, A, R>(
        &self,
        builder: ProcessBuilder,
        function: F,
        arguments: A,
    ) -> Result<Process<R>, SpawnError>
    where
        F: procession::Function<A, R>,
        A: Serialize + DeserializeOwned + 'static,
        R: Serialize + DeserializeOwned + 'static,
    {
        match self.objects {
            Objects::Memory => builder.spawn(function, arguments),
            Objects::Server(cluster) => builder.spawn_on(cluster, None, function, arguments),
        }
    }
}

fn wait_for_ever() {
    loop {
        std::thread::park();
    }
}

fn what_a_function_returns_comes_home(objects: &Objects) -> TestResult {
    let place = Place::of(objects)?;
    let process = place.spawn(|a: u32, b: u32| a * b, (6, 7))?;
    assert_eq!(process.join()?, 42);
    assert!(!process.is_alive());
    assert!(process.exit_status().is_some_and(|status| status.success()));
    assert_ne!(process.pid(), std::process::id());
    let pid = place.spawn(std::process::id, ())?;
    assert_eq!(pid.join()?, pid.pid());
    let bytes = place.spawn(|count: usize| vec![7_u8; count], (3 << 20,))?;
    assert_eq!(bytes.join()?, vec![7; 3 << 20]);
    Ok(())
}

fn every_join_gives_the_same_answer(objects: &Objects) -> TestResult {
    let place = Place::of(objects)?;
    let process = place.spawn(|text: String| text + "!", ("hi".to_owned(),))?;
    for _ in 0..3 {
        assert_eq!(process.join()?, "hi!");
        assert_eq!(process.join_timeout(Duration::ZERO)?, "hi!");
    }
    Ok(())
}

fn a_panic_comes_home(objects: &Objects) -> TestResult {
    fn fail(why: String) {
        panic!("it was {why}");
    }
    let place = Place::of(objects)?;
    let process = place.spawn(fail, ("the weather".to_owned(),))?;
    match process.join() {
        Err(ProcessError::Panicked {
            message, location, ..
        }) => {
            assert_eq!(message, "it was the weather");
            assert!(location.contains("process.rs"), "{location}");
        }
        other => panic!("{other:?}"),
    }
    let code = process.exit_status().and_then(|status| status.code());
    assert_eq!(code, Some(101));
    Ok(())
}

fn an_early_exit_is_told(objects: &Objects) -> TestResult {
    let place = Place::of(objects)?;
    let process: Process<()> = place.spawn(|code: i32| std::process::exit(code), (3,))?;
    let ended = process.join();
    assert!(
        matches!(ended, Err(ProcessError::Exited { code: 3 })),
        "{ended:?}"
    );
    Ok(())
}

fn signals_are_told(objects: &Objects) -> TestResult {
    let place = Place::of(objects)?;
    type Send = fn(&Process<()>) -> Result<(), ProcessError>;
    let signals: [(Send, i32); 2] = [(Process::terminate, 15), (Process::kill, 9)];
    for (send, number) in signals {
        let process = place.spawn(wait_for_ever, ())?;
        assert!(process.is_alive());
        send(&process)?;
        let ended = process.join();
        assert!(
            matches!(ended, Err(ProcessError::Signaled { signal, .. }) if signal == number),
            "{ended:?}"
        );
        // Signals to a process that is gone hit nobody.
        send(&process)?;
    }
    Ok(())
}

fn a_timeout_leaves_the_process_alone(objects: &Objects) -> TestResult {
    let place = Place::of(objects)?;
    let go = objects.event()?;
    let process = place.spawn(
        |go: Event| go.wait().map_err(|error| error.to_string()),
        (go.clone(),),
    )?;
    let early = process.join_timeout(Duration::from_millis(1));
    assert!(
        matches!(early, Err(ProcessError::StillRunning)),
        "{early:?}"
    );
    assert!(process.is_alive());
    assert_eq!(process.exit_status(), None);
    go.set()?;
    process.join_timeout(Duration::MAX)??;
    Ok(())
}

/// There are more of them than the host has slots, and none can go on alone.
fn processes_meet_at_objects(objects: &Objects) -> TestResult {
    fn meet(own: Queue<u32>, next: Queue<u32>, number: u32) -> Result<u32, String> {
        let text = |error: QueueError| error.to_string();
        next.put(&number).map_err(text)?;
        own.get().map_err(text)
    }
    let place = Place::of(objects)?;
    let queues = (0..5)
        .map(|_| objects.queue::<u32>(None))
        .collect::<Result<Vec<_>, _>>()?;
    let processes = (0..5)
        .map(|number| {
            let (own, next) = (&queues[number], &queues[(number + 1) % 5]);
            place.spawn(meet, (own.clone(), next.clone(), number as u32))
        })
        .collect::<Result<Vec<_>, _>>()?;
    for (number, process) in processes.iter().enumerate() {
        assert_eq!(process.join()??, (number as u32 + 4) % 5);
    }
    Ok(())
}

fn objects_come_home(objects: &Objects) -> TestResult {
    fn fill(queue: Queue<String>) -> Result<Queue<String>, String> {
        let put = queue.put(&"Ada".to_owned());
        put.map(|()| queue).map_err(|error| error.to_string())
    }
    let place = Place::of(objects)?;
    let process = place.spawn(fill, (objects.queue(None)?,))?;
    assert_eq!(process.join()??.get()?, "Ada");
    Ok(())
}

fn a_process_knows_what_it_was_told(objects: &Objects) -> TestResult {
    fn told() -> (String, Option<String>, String) {
        let directory = std::env::current_dir().unwrap_or_default();
        (
            current_process().name().to_owned(),
            std::env::var("LANGUAGE").ok(),
            directory.to_string_lossy().into_owned(),
        )
    }
    let place = Place::of(objects)?;
    let builder = Process::builder()
        .name("polyglot")
        .env("LANGUAGE", "gsw")
        .current_dir("/");
    let process = place.spawn_as(builder, told, ())?;
    assert_eq!(process.name(), "polyglot");
    let known = (
        "polyglot".to_owned(),
        Some("gsw".to_owned()),
        "/".to_owned(),
    );
    assert_eq!(process.join()?, known);
    let unnamed = place.spawn(told, ())?;
    assert_eq!(unnamed.join()?.0, unnamed.name());
    Ok(())
}

fn threads_share_a_handle(objects: &Objects) -> TestResult {
    fn wait(go: Event) -> Result<u32, SharedError> {
        go.wait().map(|()| 7)
    }
    let place = Place::of(objects)?;
    let go = objects.event()?;
    let process = place.spawn(wait, (go.clone(),))?;
    std::thread::scope(|scope| {
        let joining: Vec<_> = (0..3).map(|_| scope.spawn(|| process.join())).collect();
        go.set()?;
        for join in joining {
            assert_eq!(join.join().expect("no panic")??, 7);
        }
        Ok::<_, Box<dyn Error>>(())
    })
}
