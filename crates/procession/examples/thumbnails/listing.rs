//! Which images there are, and where their thumbnails go.

use std::error::Error;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use image::ImageFormat;
use walkdir::WalkDir;

use crate::task::Task;

/// The images under a directory.
pub(crate) struct Listing {
    directory: PathBuf,
    /// Free of symbolic links.
    out: PathBuf,
    /// Relative to the directory.
    images: Vec<PathBuf>,
    /// What could not be listed, and why.
    pub(crate) unreadable: Vec<walkdir::Error>,
}

impl Listing {
    /// Lists the images under `directory` in the order of their names, and makes the directory `out` if there is none.
    pub(crate) fn new(directory: &Path, out: &Path) -> Result<Listing, Box<dyn Error>> {
        let told = |path: &Path| {
            let path = path.display().to_string();
            move |error: io::Error| format!("{path}: {error}")
        };
        // The final slash makes it an error if this is a file.
        let origin = fs::canonicalize(directory.join("")).map_err(told(directory))?;
        fs::create_dir_all(out).map_err(told(out))?;
        let out = fs::canonicalize(out).map_err(told(out))?;
        if origin.starts_with(&out) {
            return Err(format!(
                "the images lie in {}, where thumbnails might replace them; choose another directory",
                out.display()
            )
            .into());
        }
        let mut listing = Listing {
            directory: directory.to_owned(),
            images: Vec::new(),
            unreadable: Vec::new(),
            out,
        };
        // Thumbnails that an earlier run has put below the images are not images of this one.
        let passed_over = listing.out.strip_prefix(&origin).ok().map(Path::to_owned);
        listing.walk(passed_over.as_deref());
        Ok(listing)
    }

    fn walk(&mut self, passed_over: Option<&Path>) {
        let entries = WalkDir::new(&self.directory).sort_by_file_name();
        let relative = |path: &Path| path.strip_prefix(&self.directory).map(Path::to_owned).ok();
        let is_wanted =
            |path: &Path| passed_over.is_none() || relative(path).as_deref() != passed_over;
        for entry in entries
            .into_iter()
            .filter_entry(|entry| is_wanted(entry.path()))
        {
            match entry {
                // Whoever opens a pipe or a device may wait for ever.
                Ok(entry) if entry.file_type().is_file() && is_image(entry.path()) => {
                    self.images.extend(relative(entry.path()));
                }
                Ok(_) => {}
                Err(error) => self.unreadable.push(error),
            }
        }
    }

    /// What is to be done. No two tasks have the same target, since no two images have the same path.
    pub(crate) fn tasks(&self, size: u32) -> Vec<Task> {
        let images = self.images.iter().enumerate();
        images
            .map(|(number, image)| Task::new(number, &self.directory, &self.out, image, size))
            .collect()
    }
}

/// Whether the name says that this is an image of a format that can be read and written.
fn is_image(path: &Path) -> bool {
    ImageFormat::from_path(path)
        .is_ok_and(|format| format.reading_enabled() && format.writing_enabled())
}
