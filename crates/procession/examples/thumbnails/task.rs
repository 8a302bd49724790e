//! What a worker does with an image.

use std::error::Error;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Cursor};
use std::path::{Path, PathBuf};
use std::process;

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader};
use serde::{Deserialize, Serialize};

/// An image whose thumbnail is to be made. A path may be any bytes, so it travels as what the system calls a string.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Task {
    source: OsString,
    /// The directory of the thumbnail.
    directory: OsString,
    name: OsString,
    /// The name that the thumbnail has until it is whole; nobody else uses it.
    temporary_name: String,
    size: u32,
}

impl Task {
    /// The image at the path `image` in `directory`, and a thumbnail of it at the same path in `out`.
    pub(crate) fn new(
        number: usize,
        directory: &Path,
        out: &Path,
        image: &Path,
        size: u32,
    ) -> Task {
        let target = out.join(image);
        Task {
            source: directory.join(image).into(),
            directory: target.parent().unwrap_or(out).into(),
            name: target.file_name().unwrap_or_default().to_owned(),
            temporary_name: format!(".thumbnail-{}-{number}", process::id()),
            size,
        }
    }

    pub(crate) fn source(&self) -> &Path {
        Path::new(&self.source)
    }

    fn temporary(&self) -> PathBuf {
        Path::new(&self.directory).join(&self.temporary_name)
    }

    /// Removes what a worker that was killed may have left. Most often there is nothing.
    pub(crate) fn clear_up(&self) {
        let _ = fs::remove_file(self.temporary());
    }

    /// Puts the thumbnail into its place, whole or not at all.
    fn store(&self, thumbnail: &[u8]) -> io::Result<()> {
        let directory = Path::new(&self.directory);
        fs::create_dir_all(directory)?;
        // Else thumbnails of two images might get to the same place, or to that of an image.
        if fs::canonicalize(directory)? != directory {
            let reason = format!("{} has a symbolic link in it", directory.display());
            return Err(io::Error::other(reason));
        }
        let temporary = self.temporary();
        let stored = fs::write(&temporary, thumbnail)
            .and_then(|()| fs::rename(&temporary, directory.join(&self.name)));
        if stored.is_err() {
            self.clear_up();
        }
        stored
    }
}

/// Runs in a worker. Whatever else this may do to its process, the pool tells.
pub(crate) fn make_thumbnail(task: Task) -> Result<(), String> {
    make(&task).map_err(|error| error.to_string())
}

fn make(task: &Task) -> Result<(), Box<dyn Error>> {
    let (mut image, format, orientation) = decode(task.source())?;
    if image.width().max(image.height()) > task.size {
        image = image.thumbnail(task.size, task.size);
    }
    // The thumbnail has no metadata that would say how to turn it.
    image.apply_orientation(orientation);
    let mut thumbnail = Cursor::new(Vec::new());
    image.write_to(&mut thumbnail, format)?;
    task.store(thumbnail.get_ref())?;
    Ok(())
}

fn decode(source: &Path) -> Result<(DynamicImage, ImageFormat, Orientation), ImageError> {
    let mut reader = ImageReader::open(source)?.with_guessed_format()?;
    // The decoders' own limits hold for what they foresee; that of the worker holds for everything.
    reader.no_limits();
    let format = reader.format().unwrap_or(ImageFormat::Png);
    let mut decoder = reader.into_decoder()?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let image = DynamicImage::from_decoder(decoder)?;
    Ok((image, format, orientation))
}
