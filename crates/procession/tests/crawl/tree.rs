//! What the example is to crawl through, and to say.

use std::error::Error;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Output;

use crate::scratch_directory::ScratchDirectory;

/// Files in directories, one of them large, and links that are not followed.
pub(crate) struct Tree {
    directory: ScratchDirectory,
    files: Vec<PathBuf>,
}

impl Tree {
    pub(crate) fn new() -> io::Result<Tree> {
        let directory = ScratchDirectory::new()?;
        let mut files = vec![directory.path().join("large")];
        File::create(&files[0])?.set_len(1 << 29)?;
        for number in 0..200 {
            let path = directory
                .path()
                .join(format!("directory {}/{number:03}", number % 7));
            fs::create_dir_all(path.parent().unwrap_or(&path))?;
            fs::write(&path, number.to_string().repeat(number))?;
            files.push(path);
        }
        symlink("large", directory.path().join("link"))?;
        symlink("..", directory.path().join("directory 0/link"))?;
        files.sort();
        Ok(Tree { directory, files })
    }

    pub(crate) fn text(&self) -> &str {
        self.directory.path().to_str().unwrap_or_default()
    }

    pub(crate) fn large(&self) -> PathBuf {
        self.directory.path().join("large")
    }

    /// What is to be printed.
    pub(crate) fn lines(&self) -> io::Result<String> {
        self.files.iter().map(|path| line(path)).collect()
    }
}

pub(crate) fn line(path: &Path) -> io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    io::copy(&mut File::open(path)?, &mut hasher)?;
    let hash = hasher.finalize().to_hex();
    Ok(format!("{hash}  {}\n", path.display()))
}

/// Every file has one line, in the order of their names.
pub(crate) fn check(output: &Output, tree: &Tree) -> Result<(), Box<dyn Error>> {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    assert!(output.stdout == tree.lines()?.as_bytes(), "{errors}");
    let sizes = tree.files.iter().map(|path| Ok(path.metadata()?.len()));
    let bytes = sizes.sum::<io::Result<u64>>()?;
    let summary = format!("201 files, {bytes} bytes, 0 errors\n");
    assert!(errors.ends_with(&summary), "{errors}");
    Ok(())
}
