//! Makes a thumbnail of every image under a directory, in a pool of processes.
//!
//! ```console
//! $ cargo run --release --example thumbnails -- ~/Pictures /tmp/thumbnails --size 200
//! ```
//!
//! Images come from anywhere, and decoders are large: some file makes one panic, run in circles, ask for all the
//! memory there is, or worse. Here that costs this file and no other. Whatever happens to a worker, the pool says
//! what became of its task, and another worker takes its place.
//!
//! An image is a regular file whose name ends like one of a format that is known here (PNG, JPEG, GIF, WebP). Its
//! thumbnail has the same path below the other directory and the same format. It appears there whole or not at all.
//! If this program is killed itself, files whose names begin with `.thumbnail-` may be left over, one for each worker.
//!
//! Standard output has one line: how many there are. Standard error has a line for each image that has no thumbnail,
//! and for each directory that could not be read. If there was any, the exit code is 1.

mod listing;
mod task;

use std::collections::BTreeMap;
use std::error::Error;
use std::num::NonZero;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use procession::{Pool, PoolError};

use listing::Listing;
use task::{Task, make_thumbnail};

/// Makes a thumbnail of every image under a directory, in several processes.
#[derive(Parser)]
struct Options {
    /// The directory of the images; symbolic links in it are not followed
    directory: PathBuf,
    /// The directory in which the thumbnails are put, each under the path of its image; it may lie in the other one
    out: PathBuf,
    /// Pixels that a thumbnail has at most, in width and in height
    #[arg(long, value_name = "N", default_value = "256")]
    size: NonZero<u32>,
    /// How many worker processes to use; one for each processor if it is not given
    #[arg(short = 'j', value_name = "WORKERS")]
    workers: Option<NonZero<usize>>,
    /// How long an image may take
    #[arg(long, value_name = "SECONDS", default_value = "60")]
    timeout: NonZero<u32>,
    /// How much memory an image may take
    #[arg(long, value_name = "MIB", default_value = "1024")]
    memory_limit: NonZero<u32>,
}

fn main() -> ExitCode {
    // First thing in `main`: in a worker, the call does not return.
    procession::init();
    match run(&Options::parse()) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("thumbnails: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Does it all; returns how many failures there were.
fn run(options: &Options) -> Result<usize, Box<dyn Error>> {
    let listing = Listing::new(&options.directory, &options.out)?;
    let tasks = listing.tasks(options.size.get());
    let failures = make_all(&tasks, options)?;
    for unreadable in &listing.unreadable {
        eprintln!("thumbnails: {unreadable}");
    }
    for (task, reason) in &failures {
        eprintln!("thumbnails: {}: {reason}", task.source().display());
    }
    println!(
        "{} thumbnails made, {} failed",
        tasks.len() - failures.len(),
        failures.len()
    );
    Ok(failures.len() + listing.unreadable.len())
}

/// Has all tasks carried out; returns those that failed, and why.
fn make_all<'t>(
    tasks: &'t [Task],
    options: &Options,
) -> Result<Vec<(&'t Task, String)>, Box<dyn Error>> {
    let megabytes = u64::from(options.memory_limit.get());
    let mut pool = Pool::builder()
        .name("thumbnails")
        .memory_limit(megabytes << 20);
    if let Some(workers) = options.workers {
        pool = pool.workers(workers.get());
    }
    let pool = pool.build()?;
    let progress = ProgressBar::new(tasks.len() as u64).with_style(ProgressStyle::with_template(
        "{wide_bar} {pos}/{len} images, {eta} left",
    )?);

    let results = pool
        .submit()
        .timeout(Duration::from_secs(options.timeout.get().into()))
        .imap_unordered(make_thumbnail, tasks.iter().cloned())?;
    let mut missing: BTreeMap<usize, String> = (0..tasks.len())
        .map(|number| (number, "the pool came to its end before".to_owned()))
        .collect();
    for (number, result) in results.numbered() {
        match result {
            Ok(Ok(())) => missing.remove(&number),
            Ok(Err(reason)) => missing.insert(number, reason),
            Err(error) => missing.insert(number, reason(&error)),
        };
        progress.inc(1);
    }
    let failures: Vec<_> = tasks
        .iter()
        .enumerate()
        .filter_map(|(number, task)| Some((task, missing.remove(&number)?)))
        .collect();
    // Shows itself on a terminal only, and leaves nothing behind.
    progress.finish_and_clear();

    // A worker that is being killed may live a moment longer than its task.
    pool.close();
    pool.join()?;
    for (task, _) in &failures {
        task.clear_up();
    }
    Ok(failures)
}

/// What happened to a task, in few words for what happens in practice.
fn reason(error: &PoolError) -> String {
    match error {
        PoolError::TaskTimeout { timeout, .. } => {
            format!("not done in {} seconds", timeout.as_secs())
        }
        PoolError::MemoryLimit { limit, .. } => {
            format!("more than {} MiB of memory needed", limit >> 20)
        }
        PoolError::Panicked { message, .. } => format!("the decoder panicked: {message}"),
        PoolError::WorkerLost { cause, .. } => format!("its worker was lost: {cause}"),
        other => other.to_string(),
    }
}
