//! Counts the words of all text files under a directory, in as many processes as there are processors.
//!
//! ```console
//! $ cargo run --release --example wordcount -- /usr/share/doc
//! ```
//!
//! The main process lists the files. Workers take them one at a time, count the words of each by
//! themselves, and add their counts to one dict that all of them share. What is no UTF-8 text is passed
//! over. A worker that is killed loses no file: another one takes it again. So that its words are not
//! counted twice, a file's counts and the note that it is done go into the dict in one step.
//!
//! Prints the most frequent words, each with its count, and how many there were altogether.

use std::collections::HashMap;
use std::error::Error;
use std::fs;
use std::num::NonZero;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;

use clap::Parser;
use procession::{
    Dict, JoinableQueue, Lock, LockError, Manager, OnLost, Process, ProcessError, SharedError,
    SpawnError,
};
use serde::{Deserialize, Serialize};
use walkdir::WalkDir;

/// Counts the words of all text files under a directory, in several processes.
#[derive(Parser)]
struct Options {
    /// The directory; symbolic links in it are not followed
    directory: PathBuf,
    /// How many worker processes to use; one for each processor if it is not given
    #[arg(short, value_name = "N")]
    jobs: Option<NonZero<usize>>,
    /// How many words to print; all of them if it is 0
    #[arg(long, default_value_t = 10)]
    top: usize,
}

/// What is counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
enum Key {
    Word(String),
    /// A file, by its number, once its words are counted.
    Done(usize),
}

fn main() -> ExitCode {
    procession::init();
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("wordcount: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let manager = Manager::new()?;
    let shared = Shared {
        files: JoinableQueue::builder()
            .on_lost(OnLost::Redeliver { max_deliveries: 3 })
            .build()?,
        counts: manager.dict()?,
        lock: manager.lock()?,
    };
    let jobs = match options.jobs {
        Some(jobs) => jobs,
        None => thread::available_parallelism()?,
    };
    let mut workers = Vec::new();
    for _ in 0..jobs.get() {
        workers.push(shared.start_worker()?);
    }
    for (number, entry) in WalkDir::new(&options.directory).into_iter().enumerate() {
        match entry {
            Ok(entry) if entry.file_type().is_file() => {
                shared.files.put(&(number, entry.into_path()))?;
            }
            Ok(_) => {}
            Err(error) => eprintln!("wordcount: {error}"),
        }
    }
    shared.files.close()?;
    while let Some(worker) = workers.pop() {
        match worker.join() {
            Ok(counted) => counted?,
            // Its file is in the queue again, and the others may have ended already.
            Err(ProcessError::Signaled { .. }) => workers.push(shared.start_worker()?),
            Err(error) => return Err(error.into()),
        }
    }
    // Tells of a file that no worker has survived.
    shared.files.join()?;
    print(&shared.counts, options.top)
}

/// What all workers have in common.
#[derive(Clone, Serialize, Deserialize)]
struct Shared {
    files: JoinableQueue<(usize, PathBuf)>,
    counts: Counts,
    lock: Lock,
}

type Counts = Dict<Key, u64>;

impl Shared {
    fn start_worker(&self) -> Result<Process<Result<(), String>>, SpawnError> {
        let worker = Process::builder().name("counter").daemon(true);
        worker.spawn(count_files, (self.clone(),))
    }
}

/// What a worker does, until there are no more files.
fn count_files(shared: Shared) -> Result<(), String> {
    for file in &shared.files {
        let (number, path) = file.map_err(text)?;
        if let Ok(content) = fs::read_to_string(path) {
            shared.add(number, words_of(&content)).map_err(text)?;
        }
        shared.files.task_done().map_err(text)?;
    }
    Ok(())
}

fn text(error: impl Error) -> String {
    error.to_string()
}

fn words_of(content: &str) -> HashMap<String, u64> {
    let mut words = HashMap::new();
    for word in content.split(|character: char| !character.is_alphanumeric()) {
        if !word.is_empty() {
            *words.entry(word.to_lowercase()).or_default() += 1;
        }
    }
    words
}

impl Shared {
    /// Adds the words of a file, if nobody has yet.
    fn add(&self, number: usize, words: HashMap<String, u64>) -> Result<(), SharedError> {
        // Of a worker that was killed in here, everything is in the dict or nothing.
        let _guard = self.lock.lock().or_else(LockError::into_guard)?;
        if self.counts.contains_key(&Key::Done(number))? {
            return Ok(());
        }
        let mut sums = vec![(Key::Done(number), 1)];
        for (word, count) in words {
            let key = Key::Word(word);
            let sum = self.counts.get_or(&key, 0)? + count;
            sums.push((key, sum));
        }
        self.counts.extend(sums)
    }
}

fn print(counts: &Counts, top: usize) -> Result<(), Box<dyn Error>> {
    let mut words = Vec::new();
    for (key, count) in counts.iter()? {
        if let Key::Word(word) = key {
            words.push((count, word));
        }
    }
    words.sort_by(|(count, word), (other_count, other)| {
        other_count.cmp(count).then_with(|| word.cmp(other))
    });
    let shown = if top == 0 { words.len() } else { top };
    for (count, word) in words.iter().take(shown) {
        println!("{count:>8} {word}");
    }
    let total: u64 = words.iter().map(|(count, _)| count).sum();
    println!("{total} words, {} different ones", words.len());
    Ok(())
}
