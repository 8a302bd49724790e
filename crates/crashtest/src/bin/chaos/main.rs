//! Real processes, real `SIGKILL`: producers and consumers over one queue, and somebody who
//! kills one of them at a time, at random.
//!
//! An *oracle* in the killing process sees every item that a consumer has got. In the end it must
//! have seen each item at most once (unless it was marked as redelivered), in the order in which
//! its producer put it, and all of them, but for at most one for each killed consumer where the
//! queue only reports losses. Then nothing may be left in the arena, and no sleeper may have been
//! saved by its time-out.

mod oracle;
mod participants;
mod random;
mod round;

use std::process::ExitCode;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use procession::{OnLost, StartMethod};
use random::Random;
use round::{Round, Summary};

/// A round that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(900);

const USAGE: &str = "usage: chaos [--kills N] [--seed N]";

fn main() -> ExitCode {
    procession::init();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (kills, seed) = match read(&arguments) {
        Ok(values) => values,
        Err(complaint) => {
            eprintln!("chaos: {complaint}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    procession::context().start_method(StartMethod::ForkServer);
    println!("seed {seed}");
    match run_all(kills, seed) {
        Ok(()) => ExitCode::SUCCESS,
        Err(complaint) => {
            eprintln!("chaos: {complaint} (repeat with --seed {seed})");
            ExitCode::FAILURE
        }
    }
}

/// One round for each policy, with a queue that is mostly full and one that has room.
fn run_all(kills: u64, seed: u64) -> Result<(), String> {
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
    let mut random = Random::new(seed);
    let mut total = Summary::default();
    for round in &rounds {
        let (done, end) = mpsc::channel::<()>();
        std::thread::spawn(move || {
            if end.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                eprintln!("chaos: a round hangs (repeat with --seed {seed})");
                std::process::abort();
            }
        });
        let summary = round
            .run(share, &mut random)
            .map_err(|error| error.to_string())?;
        drop(done);
        println!("{round}: {summary}");
        total += summary;
    }
    println!("altogether: {total}");
    Ok(())
}

fn read(arguments: &[String]) -> Result<(u64, u64), String> {
    let (mut kills, mut seed) = (1_000, u64::from(std::process::id()));
    for pair in arguments.chunks(2) {
        let [flag, value] = pair else {
            return Err(format!("{} needs a number", pair[0]));
        };
        let number = value
            .parse()
            .map_err(|_| format!("{flag} needs a whole number, not {value}"))?;
        match flag.as_str() {
            "--kills" => kills = number,
            "--seed" => seed = number,
            _ => return Err(format!("there is no {flag}")),
        }
    }
    Ok((kills, seed))
}
