//! Hashes every file under a directory with BLAKE3: on this machine, or on any number of them.
//!
//! ```console
//! $ cargo run --release --features cluster --example crawl -- /usr/share
//! $ cargo run --release --features cluster --example crawl -- --on redis://127.0.0.1 /usr/share
//! ```
//!
//! The first line uses the processors of this machine. The second hands the files to worker hosts, which read them where they are: so the
//! directory must be there on each of them, by a shared file system for instance. A worker host is this same program, started on as many machines as
//! you like, before or after:
//!
//! ```console
//! $ crawl --procession-worker redis://127.0.0.1 --slots 8
//! ```
//!
//! Whatever is killed meanwhile, a worker process, a worker host, or the server if it keeps its data on disk: every file is hashed, and has one line.

use std::error::Error;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use procession::Pool;
use serde::{Deserialize, Serialize};
use walkdir::WalkDir;

/// Hashes every file under a directory with BLAKE3.
#[derive(Parser)]
struct Options {
    /// The directory; symbolic links in it are not followed
    directory: PathBuf,
    /// The server through which worker hosts get their work; without it, this machine does it all
    #[arg(long, value_name = "URL")]
    on: Option<String>,
}

/// What a worker has found out about a file.
#[derive(Serialize, Deserialize)]
struct Checksum {
    hash: [u8; 32],
    bytes: u64,
}

/// Runs in worker processes, here or elsewhere. Running it twice does no harm.
fn hash(path: PathBuf) -> Result<Checksum, String> {
    read(&path).map_err(|error| error.to_string())
}

fn read(path: &Path) -> io::Result<Checksum> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(File::open(path)?)?;
    Ok(Checksum {
        hash: *hasher.finalize().as_bytes(),
        bytes: hasher.count(),
    })
}

fn main() -> ExitCode {
    // First thing in `main`: in a worker, and in a worker host, the call does not return.
    procession::init();
    match crawl(&Options::parse()) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("crawl: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The only line that knows where the work is done.
fn pool(server: Option<&str>) -> Result<Pool, Box<dyn Error>> {
    Ok(match server {
        Some(url) => procession::connect(url)?.pool(None)?,
        None => Pool::new(std::thread::available_parallelism()?.get())?,
    })
}

/// Does it all; returns how many files could not be hashed.
fn crawl(options: &Options) -> Result<usize, Box<dyn Error>> {
    let pool = pool(options.on.as_deref())?;
    let files = list(&options.directory)?;
    let mut output = BufWriter::new(io::stdout().lock());
    let (mut bytes, mut errors) = (0, 0);
    // Should whoever has a file be killed, another begins it anew.
    let outcomes = pool
        .submit()
        .retries(2)
        .progress("hashing")
        .imap(hash, files.iter().cloned())?;
    for (path, outcome) in files.iter().zip(outcomes) {
        match outcome? {
            Ok(checksum) => {
                bytes += checksum.bytes;
                let hash = blake3::Hash::from_bytes(checksum.hash).to_hex();
                writeln!(output, "{hash}  {}", path.display())?;
            }
            Err(reason) => {
                errors += 1;
                eprintln!("crawl: {}: {reason}", path.display());
            }
        }
    }
    output.flush()?;
    eprintln!("{} files, {bytes} bytes, {errors} errors", files.len());
    Ok(errors)
}

/// The files under `directory` in the order of their names.
fn list(directory: &Path) -> Result<Vec<PathBuf>, walkdir::Error> {
    let mut files = Vec::new();
    for entry in WalkDir::new(directory).sort_by_file_name() {
        let entry = entry?;
        if entry.file_type().is_file() {
            files.push(entry.into_path());
        }
    }
    Ok(files)
}
