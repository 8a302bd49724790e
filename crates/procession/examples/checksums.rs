//! Hashes every file under a directory with BLAKE3, in as many processes as there are processors.
//!
//! ```console
//! $ cargo run --release --example checksums -- /usr/share
//! ```
//!
//! The main process lists the files and puts them into a queue. Worker processes get them, hash
//! them, and put their answers into another queue. A worker may be killed at any time, for
//! instance because memory runs short: its file goes to another worker, and a new worker takes its
//! place. Only a file that three workers did not survive is given up.
//!
//! Standard output has a line for each file, in the format of `b3sum` and in the order of the
//! names, whoever was first. Standard error has a line for each file that could not be read, and a
//! summary. If there was such a file, the exit code is 1.

use std::collections::BTreeMap;
use std::error::Error;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::num::NonZero;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use procession::{JoinableQueue, OnLost, Process, ProcessError, Queue, QueueError};
use serde::{Deserialize, Serialize};
use walkdir::WalkDir;

/// How many workers may try a file before it is given up.
const MAX_DELIVERIES: u32 = 3;

/// Hashes every file under a directory with BLAKE3, in several processes.
#[derive(Parser)]
struct Options {
    /// The directory; symbolic links in it are not followed
    directory: PathBuf,
    /// How many worker processes to use; one for each processor if it is not given
    #[arg(short, value_name = "N")]
    jobs: Option<NonZero<usize>>,
}

/// What is to be hashed. A path may be any bytes, so it travels as what the system calls a string.
#[derive(Serialize, Deserialize)]
struct Task {
    number: usize,
    path: OsString,
}

/// What a worker has found out about the file of a task, or why it has not.
#[derive(Serialize, Deserialize)]
struct Answer {
    number: usize,
    outcome: Result<Checksum, String>,
}

#[derive(Serialize, Deserialize)]
struct Checksum {
    hash: [u8; 32],
    bytes: u64,
}

/// Runs in processes of its own: works off tasks until there are none.
fn work(tasks: JoinableQueue<Task>, answers: Queue<Answer>) -> Result<(), QueueError> {
    for task in &tasks {
        let Task { number, path } = task?;
        let outcome = hash(Path::new(&path)).map_err(|error| error.to_string());
        answers.put(&Answer { number, outcome })?;
        // Not before: whoever is killed up to here has not done the task, and another one gets it.
        tasks.task_done()?;
    }
    Ok(())
}

fn hash(path: &Path) -> io::Result<Checksum> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(File::open(path)?)?;
    Ok(Checksum {
        hash: *hasher.finalize().as_bytes(),
        bytes: hasher.count(),
    })
}

fn main() -> ExitCode {
    // First thing in `main`: in a worker, the call does not return.
    procession::init();
    match checksums(&Options::parse()) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("checksums: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Does it all; returns how many files could not be hashed.
fn checksums(options: &Options) -> Result<usize, Box<dyn Error>> {
    let start = Instant::now();
    let (files, unlisted) = list(&options.directory);
    let progress = ProgressBar::new(files.len() as u64).with_style(ProgressStyle::with_template(
        "{wide_bar} {pos}/{len} files, {eta} left",
    )?);
    let processors = thread::available_parallelism()?;
    let workers = options.jobs.unwrap_or(processors).get().min(files.len());
    let mut answers = hash_all(&files, workers, &progress)?;
    // Shows itself on a terminal only, and leaves nothing behind.
    progress.finish_and_clear();

    let mut output = BufWriter::new(io::stdout().lock());
    let mut summary = Summary {
        errors: unlisted,
        ..Summary::default()
    };
    for (number, path) in files.iter().enumerate() {
        let unanswered = || Err("no worker survived it".to_owned());
        match answers.remove(&number).unwrap_or_else(unanswered) {
            Ok(checksum) => {
                summary.add(&checksum);
                write_line(&mut output, &checksum, path)?;
            }
            Err(reason) => {
                summary.errors += 1;
                eprintln!("checksums: {}: {reason}", path.display());
            }
        }
    }
    output.flush()?;
    summary.print(start.elapsed());
    Ok(summary.errors)
}

/// Lists the files under `directory` in the order of their names, and complains about directories
/// that cannot be read; returns also how many those are.
fn list(directory: &Path) -> (Vec<PathBuf>, usize) {
    let (mut files, mut errors) = (Vec::new(), 0);
    for entry in WalkDir::new(directory) {
        match entry {
            Ok(entry) if entry.file_type().is_file() => files.push(entry.into_path()),
            Ok(_) => {}
            Err(error) => {
                errors += 1;
                eprintln!("checksums: {error}");
            }
        }
    }
    files.sort();
    (files, errors)
}

type Answers = BTreeMap<usize, Result<Checksum, String>>;

/// Hashes files in `workers` processes; the answers have the places of the files as keys.
fn hash_all(
    files: &[PathBuf],
    workers: usize,
    progress: &ProgressBar,
) -> Result<Answers, Box<dyn Error>> {
    // The worker that is killed had a task in its hands: that goes back into the queue.
    let on_lost = OnLost::Redeliver {
        max_deliveries: MAX_DELIVERIES,
    };
    let tasks = JoinableQueue::builder().on_lost(on_lost).build()?;
    let answers = Queue::new()?;
    for (number, path) in files.iter().enumerate() {
        tasks.put(&Task {
            number,
            path: path.clone().into_os_string(),
        })?;
    }
    // The workers' loops end when the queue is closed and empty.
    tasks.close()?;

    let mut all = Answers::new();
    thread::scope(|scope| {
        let (tasks, answers) = (&tasks, &answers);
        scope.spawn(move || {
            thread::scope(|scope| {
                for _ in 0..workers {
                    scope.spawn(|| keep_a_worker(tasks, answers, progress));
                }
            });
            // Nobody is left to answer. Should this fail, so does the loop below.
            let _ = answers.close();
        });
        for answer in answers {
            let Answer { number, outcome } = answer?;
            // A worker killed after its answer, but before `task_done`, has its task done twice.
            all.insert(number, outcome);
            progress.set_position(all.len() as u64);
        }
        Ok(all)
    })
}

/// Starts a worker, and another one each time it is killed, until one finds no more tasks.
fn keep_a_worker(tasks: &JoinableQueue<Task>, answers: &Queue<Answer>, progress: &ProgressBar) {
    loop {
        match run_a_worker(tasks, answers) {
            Ok(()) => return,
            Err(error) => {
                progress.suspend(|| eprintln!("checksums: a worker has failed: {error}"));
                if !matches!(error.downcast_ref(), Some(ProcessError::Signaled { .. })) {
                    return;
                }
            }
        }
    }
}

fn run_a_worker(
    tasks: &JoinableQueue<Task>,
    answers: &Queue<Answer>,
) -> Result<(), Box<dyn Error>> {
    // Daemonic: when this process is killed, its workers end as well.
    let builder = Process::builder().name("worker").daemon(true);
    let worker = builder.spawn(work, (tasks.clone(), answers.clone()))?;
    Ok(worker.join()??)
}

/// Writes a line as `b3sum` does, except that a name that is not UTF-8 is written as it is.
fn write_line(output: &mut impl Write, checksum: &Checksum, path: &Path) -> io::Result<()> {
    let hash = blake3::Hash::from_bytes(checksum.hash).to_hex();
    let name = path.as_os_str().as_bytes();
    if !name.iter().any(|byte| b"\\\n".contains(byte)) {
        write!(output, "{hash}  ")?;
        output.write_all(name)?;
        return output.write_all(b"\n");
    }
    // A name with a line break in it must not look like two lines.
    write!(output, "\\{hash}  ")?;
    for &byte in name {
        match byte {
            b'\\' => output.write_all(b"\\\\")?,
            b'\n' => output.write_all(b"\\n")?,
            other => output.write_all(&[other])?,
        }
    }
    output.write_all(b"\n")
}

#[derive(Default)]
struct Summary {
    files: usize,
    bytes: u64,
    errors: usize,
}

impl Summary {
    fn add(&mut self, checksum: &Checksum) {
        self.files += 1;
        self.bytes += checksum.bytes;
    }

    fn print(&self, elapsed: Duration) {
        let Summary {
            files,
            bytes,
            errors,
        } = self;
        let speed = *bytes as f64 / 1e6 / elapsed.as_secs_f64();
        eprintln!("{files} files, {bytes} bytes, {speed:.1} MB/s, {errors} errors");
    }
}
