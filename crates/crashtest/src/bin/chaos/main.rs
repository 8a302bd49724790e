//! Real processes, real `SIGKILL`, and chance.
//!
//! A tenth of the kills goes to a *pool* of workers: threads give it tasks in every way there is, and a worker is killed a
//! hundred times a second. Each task notes in shared memory that it was begun and that it came to its end. In the end each
//! must have been told its end once: its right result, or how it was lost, and no task was begun more often than
//! its submitter allowed.
//!
//! Half of the others go to rounds with one *queue*: producers and consumers, and somebody who
//! kills one of them at a time. An *oracle* in the killing process sees every item that a consumer has got. In the end
//! it must have seen each item at most once (unless it was marked as redelivered), in the order in which
//! its producer put it, and all of them, but for at most one for each killed consumer where the
//! queue only reports losses.
//!
//! The other half goes to a round with *all objects*: many processes do a bit of everything, and what they
//! share is such that it shows whether anything went wrong: money that only changes hands, elements that only
//! change places, places where one may be at a time, counts of what was acknowledged.
//!
//! After each round nothing may be left in the arena, and no sleeper may have been saved by its
//! time-out.

mod arena;
mod objects;
mod pool;
mod queue;
mod random;

use std::error::Error;
use std::process::ExitCode;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::yield_now;
use std::time::Duration;

use procession::{Manager, OnLost, Process, StartMethod};
use procession_arena::sys::process::Pidfd;
use queue::{Round, Summary};
use random::Random;

pub(crate) type Outcome<T> = Result<T, Box<dyn Error>>;

/// A round that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(900);

const USAGE: &str = "usage: chaos [--kills N] [--processes N] [--seed N]";

/// What the command line says.
struct Arguments {
    kills: u64,
    processes: usize,
    seed: u64,
}

fn main() -> ExitCode {
    procession::init();
    let words: Vec<String> = std::env::args().skip(1).collect();
    let arguments = match read(&words) {
        Ok(arguments) => arguments,
        Err(complaint) => {
            eprintln!("chaos: {complaint}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    procession::context().start_method(StartMethod::ForkServer);
    println!("seed {}", arguments.seed);
    match run_all(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(complaint) => {
            eprintln!("chaos: {complaint} (repeat with --seed {})", arguments.seed);
            ExitCode::FAILURE
        }
    }
}

fn run_all(arguments: &Arguments) -> Outcome<()> {
    let mut random = Random::new(arguments.seed);
    make_what_stays()?;
    let of_pool = arguments.kills.div_ceil(10);
    pool(of_pool, &mut random)?;
    let of_queues = (arguments.kills - of_pool) / 2;
    queues(of_queues, &mut random)?;
    let before = arena::inventory()?;
    let watchdog = watch();
    let kills = arguments.kills - of_pool - of_queues;
    let summary = objects::run(kills, arguments.processes, &mut random)?;
    arena::check(before)?;
    drop(watchdog);
    println!("all objects: {summary}");
    Ok(())
}

/// The fork server, and this thread's queue for answers, live as long as this process.
fn make_what_stays() -> Outcome<()> {
    let manager = Manager::new()?;
    drop(manager.host(0_u8)?);
    let server = manager.server_pid()?.ok_or("there is no server")?;
    let server = Pidfd::open(server)?;
    drop(manager);
    while !server.is_dead()? {
        yield_now();
    }
    // Starting a process takes note of the end of others.
    Process::spawn(|| (), ())?.join()?;
    Ok(())
}

/// As many tasks as suit so many kills.
fn pool(kills: u64, random: &mut Random) -> Outcome<()> {
    let before = arena::inventory()?;
    let watchdog = watch();
    let summary = pool::run(kills, random)?;
    arena::check(before)?;
    drop(watchdog);
    println!("pool: {summary}");
    Ok(())
}

/// One round for each policy, with a queue that is mostly full and one that has room.
fn queues(kills: u64, random: &mut Random) -> Outcome<()> {
    let policies = [
        OnLost::Report,
        OnLost::Redeliver {
            max_deliveries: 1_000_000,
        },
        OnLost::Ignore,
    ];
    let rounds: Vec<Round> = policies
        .into_iter()
        .flat_map(|on_lost| [10, 5_000].map(|maxsize| Round { on_lost, maxsize }))
        .collect();
    let share = kills.div_ceil(rounds.len() as u64);
    let mut total = Summary::default();
    for round in &rounds {
        let watchdog = watch();
        let summary = round.run(share, random)?;
        drop(watchdog);
        println!("{round}: {summary}");
        total += summary;
    }
    println!("queues altogether: {total}");
    Ok(())
}

/// Ends everything if what is returned is not dropped in time.
fn watch() -> Sender<()> {
    let (leash, other_end) = mpsc::channel();
    std::thread::spawn(move || {
        if other_end.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
            eprintln!("chaos: a round hangs");
            std::process::abort();
        }
    });
    leash
}

fn read(words: &[String]) -> Result<Arguments, String> {
    let mut arguments = Arguments {
        kills: 1_000,
        processes: 100,
        seed: u64::from(std::process::id()),
    };
    for pair in words.chunks(2) {
        let [flag, value] = pair else {
            return Err(format!("{} needs a number", pair[0]));
        };
        let number: u64 = value
            .parse()
            .map_err(|_| format!("{flag} needs a whole number, not {value}"))?;
        match flag.as_str() {
            "--kills" => arguments.kills = number,
            "--processes" => arguments.processes = usize::try_from(number).unwrap_or(usize::MAX),
            "--seed" => arguments.seed = number,
            _ => return Err(format!("there is no {flag}")),
        }
    }
    // Fewer could not meet at the barrier.
    match arguments.processes {
        4.. => Ok(arguments),
        few => Err(format!("{few} processes are too few: at least 4")),
    }
}
