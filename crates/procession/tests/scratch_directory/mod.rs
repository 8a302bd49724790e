//! A directory for one test.

use std::env::temp_dir;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::{fs, io, process};

static COUNT: AtomicU32 = AtomicU32::new(0);

/// A directory that is removed with all that is in it when this is dropped.
pub(crate) struct ScratchDirectory(PathBuf);

impl ScratchDirectory {
    pub(crate) fn new() -> io::Result<ScratchDirectory> {
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = temp_dir().join(format!("procession-test-{}-{number}", process::id()));
        // Left over by a test that was killed, and whose number this process has now.
        let _ = fs::remove_dir_all(&path);
        fs::create_dir(&path)?;
        fs::canonicalize(path).map(ScratchDirectory)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for ScratchDirectory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
