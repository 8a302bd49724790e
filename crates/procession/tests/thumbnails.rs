//! The thumbnails of a tree: one of each image, whatever other images do to the workers.

mod examples;
mod nobody;
mod scratch_directory;
mod watchdog;
mod worker;

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::io::{self, Cursor};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use image::{DynamicImage, ImageFormat, ImageReader, Rgb, RgbImage};

use examples::example;
use nobody::example_run_by_nobody;
use scratch_directory::ScratchDirectory;
use watchdog::watch;
use worker::{kill_the_worker_with, killed_a_worker_with};

type TestResult = Result<(), Box<dyn Error>>;

/// The directory of the images in a scratch directory, and that of the thumbnails.
struct Tree {
    scratch: ScratchDirectory,
    images: PathBuf,
    out: PathBuf,
}

impl Tree {
    fn new() -> io::Result<Tree> {
        let scratch = ScratchDirectory::new()?;
        let [images, out] = ["images", "out"].map(|name| scratch.path().join(name));
        fs::create_dir(&images)?;
        Ok(Tree {
            scratch,
            images,
            out,
        })
    }

    fn write(&self, name: impl AsRef<Path>, content: &[u8]) -> io::Result<PathBuf> {
        let path = self.images.join(name);
        fs::create_dir_all(path.parent().unwrap_or(&path))?;
        fs::write(&path, content)?;
        Ok(path)
    }

    fn thumbnails(&self, options: &[&str]) -> Command {
        thumbnails(&self.images, &self.out, options)
    }

    /// The paths of all files among the thumbnails, relative to their directory.
    fn made(&self) -> io::Result<BTreeSet<PathBuf>> {
        files_under(&self.out)
    }
}

fn thumbnails(images: &Path, out: &Path, options: &[&str]) -> Command {
    let mut command = Command::new(example("thumbnails"));
    command.arg(images).arg(out).args(options);
    // Else a worker whose allocation failed prints its stack first, which makes the pool take its end for another abort.
    command.env("RUST_BACKTRACE", "0");
    command
}

fn files_under(root: &Path) -> io::Result<BTreeSet<PathBuf>> {
    let mut files = BTreeSet::new();
    let mut directories = vec![root.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory)? {
            let path = entry?.path();
            if path.is_dir() {
                directories.push(path);
            } else {
                files.insert(path.strip_prefix(root).unwrap_or(&path).to_owned());
            }
        }
    }
    Ok(files)
}

/// An image that hardly compresses, and that no two seeds have in common.
fn picture(width: u32, height: u32, seed: u32) -> DynamicImage {
    let mut state = seed.wrapping_mul(747_796_405).wrapping_add(1);
    RgbImage::from_fn(width, height, |_, _| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let [_, red, green, blue] = state.to_le_bytes();
        Rgb([red, green, blue])
    })
    .into()
}

fn encoded(image: &DynamicImage, format: ImageFormat) -> Result<Vec<u8>, image::ImageError> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format)?;
    Ok(bytes.into_inner())
}

fn png(width: u32, height: u32) -> Result<Vec<u8>, image::ImageError> {
    encoded(&picture(width, height, width), ImageFormat::Png)
}

/// The format and the dimensions of an image that must be whole.
fn decoded(path: &Path) -> Result<(Option<ImageFormat>, u32, u32), image::ImageError> {
    let reader = ImageReader::open(path)?.with_guessed_format()?;
    let format = reader.format();
    let image = reader.decode()?;
    Ok((format, image.width(), image.height()))
}

fn errors_of(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// For each image that failed its reason.
fn reasons(errors: &str, images: &Path) -> BTreeMap<PathBuf, String> {
    let start = format!("thumbnails: {}/", images.display());
    let lines = errors.lines().filter_map(|line| line.strip_prefix(&start));
    let parts = lines.filter_map(|line| line.split_once(": "));
    parts
        .map(|(image, reason)| (image.into(), reason.to_owned()))
        .collect()
}

fn check_count(output: &Output, made: usize, failed: usize) {
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        format!("{made} thumbnails made, {failed} failed\n"),
        "{}",
        errors_of(output)
    );
}

/// A name, an image, its format, and the dimensions of its thumbnail.
type NamedImage<'a> = (&'a [u8], DynamicImage, ImageFormat, (u32, u32));

#[test]
fn every_image_gets_one_of_its_format_that_fits() -> TestResult {
    let _watchdog = watch();
    let tree = Tree::new()?;
    let rgb = picture(300, 200, 1);
    let images: [NamedImage<'_>; 12] = [
        (b"a.png", rgb.clone(), ImageFormat::Png, (64, 43)),
        (b"a.jpg", rgb.clone(), ImageFormat::Jpeg, (64, 43)),
        (b"a.JPEG", rgb.clone(), ImageFormat::Jpeg, (64, 43)),
        (b"a.gif", rgb.clone(), ImageFormat::Gif, (64, 43)),
        (b"a.webp", rgb.clone(), ImageFormat::WebP, (64, 43)),
        (
            b"b/c/tall.png",
            picture(1, 500, 2),
            ImageFormat::Png,
            (1, 64),
        ),
        (b"b/small.png", picture(3, 2, 3), ImageFormat::Png, (3, 2)),
        (
            b"b/a.png",
            rgb.to_luma8().into(),
            ImageFormat::Png,
            (64, 43),
        ),
        (
            b"b/16 bits.png",
            rgb.to_rgba16().into(),
            ImageFormat::Png,
            (64, 43),
        ),
        (
            b"b/transparent.webp",
            rgb.to_rgba8().into(),
            ImageFormat::WebP,
            (64, 43),
        ),
        (b"wrong name.png", rgb.clone(), ImageFormat::Jpeg, (64, 43)),
        (
            b"not \xff UTF-8\n.png",
            rgb.clone(),
            ImageFormat::Png,
            (64, 43),
        ),
    ];
    let mut expected = BTreeMap::new();
    for (name, image, format, (width, height)) in images {
        let name = Path::new(OsStr::from_bytes(name));
        tree.write(name, &encoded(&image, format)?)?;
        expected.insert(name.to_owned(), (Some(format), width, height));
    }
    tree.write("b/notes.txt", b"no image")?;
    tree.write("b/png", b"no image")?;
    symlink("a.png", tree.images.join("link.png"))?;
    symlink("..", tree.images.join("b/link to a directory"))?;
    symlink("nowhere", tree.images.join("link to nothing.png"))?;
    let pipe = Command::new("mkfifo")
        .arg(tree.images.join("pipe.png"))
        .status()?;
    assert!(pipe.success());
    for workers in ["1", "3"] {
        let output = tree.thumbnails(&["--size", "64", "-j", workers]).output()?;
        assert_eq!(errors_of(&output), "");
        assert!(output.status.success());
        check_count(&output, expected.len(), 0);
        let mut made = BTreeMap::new();
        for name in tree.made()? {
            let found = decoded(&tree.out.join(&name))?;
            made.insert(name, found);
        }
        assert_eq!(made, expected);
        fs::remove_dir_all(&tree.out)?;
    }
    Ok(())
}

#[test]
fn an_image_that_was_taken_sideways_stands_upright() -> TestResult {
    let _watchdog = watch();
    let tree = Tree::new()?;
    // Exif: one entry, the orientation (0x0112), which says: to be turned by 90 degrees.
    let exif =
        b"\xff\xe1\0\x22Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let mut jpeg = encoded(&picture(300, 200, 1), ImageFormat::Jpeg)?;
    jpeg.splice(2..2, *exif);
    tree.write("portrait.jpg", &jpeg)?;
    let output = tree.thumbnails(&["--size", "30"]).output()?;
    assert_eq!(errors_of(&output), "");
    let (_, width, height) = decoded(&tree.out.join("portrait.jpg"))?;
    assert_eq!((width, height), (20, 30));
    Ok(())
}

#[test]
fn a_broken_image_costs_only_itself() -> TestResult {
    let _watchdog = watch();
    let tree = Tree::new()?;
    for name in ["a.png", "h/valid.png", "z.png"] {
        tree.write(name, &png(100, 100)?)?;
    }
    let whole = png(100, 100)?;
    tree.write("truncated.png", &whole[..whole.len() / 2])?;
    let whole = encoded(&picture(100, 100, 5), ImageFormat::Gif)?;
    tree.write("h/truncated.gif", &whole[..whole.len() / 2])?;
    tree.write(
        "no image.jpg",
        b"Dear diary, today I have seen a thumbnail.",
    )?;
    tree.write("nothing.webp", b"")?;
    tree.write("huge.png", &huge_png())?;
    for workers in ["1", "2"] {
        let output = tree
            .thumbnails(&["-j", workers, "--memory-limit", "512"])
            .output()?;
        let errors = errors_of(&output);
        assert_eq!(output.status.code(), Some(1), "{errors}");
        check_count(&output, 3, 5);
        let made: Vec<_> = tree.made()?.into_iter().collect();
        assert_eq!(made, ["a.png", "h/valid.png", "z.png"].map(PathBuf::from));
        for name in made {
            decoded(&tree.out.join(name))?;
        }
        let mut reasons = reasons(&errors, &tree.images);
        let huge = reasons.remove(Path::new("huge.png"));
        assert_eq!(
            huge.as_deref(),
            Some("more than 512 MiB of memory needed"),
            "{errors}"
        );
        let broken = [
            "h/truncated.gif",
            "no image.jpg",
            "nothing.webp",
            "truncated.png",
        ];
        assert!(reasons.keys().eq(broken.map(Path::new)), "{errors}");
    }
    Ok(())
}

const PNG_SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// A few bytes that claim to be an image of 60,000 times 60,000 colours.
fn huge_png() -> Vec<u8> {
    let side = 60_000u32.to_be_bytes();
    let header = [&side[..], &side, &[8, 2, 0, 0, 0]].concat();
    let mut png = PNG_SIGNATURE.to_vec();
    for (kind, content) in [(b"IHDR", &header[..]), (b"IDAT", b"\x78\x9c")] {
        let named = [kind, content].concat();
        png.extend(u32::to_be_bytes(content.len() as u32));
        png.extend(&named);
        png.extend(crc32(&named).to_be_bytes());
    }
    png
}

/// The checksum of a chunk of a PNG.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            (sum >> 1) ^ (0xedb8_8320 & (sum & 1).wrapping_neg())
        })
    })
}

/// An image that takes hours to read: between its header and its content are hundreds of chunks of two gigabytes, which
/// every reader must pass over. As they are all holes, it takes little room.
fn write_endless_png(path: &Path) -> TestResult {
    const LENGTH: u32 = i32::MAX as u32;
    let valid = png(4, 4)?;
    let header = PNG_SIGNATURE.len() + 12 + 13;
    let file = File::create(path)?;
    file.write_all_at(&valid[..header], 0)?;
    for number in 0..512 {
        let start = header as u64 + number * (12 + u64::from(LENGTH));
        file.write_all_at(&LENGTH.to_be_bytes(), start)?;
        file.write_all_at(b"hoLe", start + 4)?;
    }
    Ok(())
}

#[test]
fn an_image_that_takes_too_long_is_given_up() -> TestResult {
    let _watchdog = watch();
    let tree = Tree::new()?;
    write_endless_png(&tree.images.join("endless.png"))?;
    tree.write("valid.png", &png(10, 10)?)?;
    let output = tree.thumbnails(&["-j", "1", "--timeout", "3"]).output()?;
    let errors = errors_of(&output);
    assert_eq!(output.status.code(), Some(1), "{errors}");
    check_count(&output, 1, 1);
    assert_eq!(
        reasons(&errors, &tree.images),
        [("endless.png".into(), "not done in 3 seconds".to_owned())].into()
    );
    assert_eq!(tree.made()?, ["valid.png".into()].into());
    Ok(())
}

#[test]
fn a_killed_worker_costs_only_the_image_that_it_had() -> TestResult {
    let _watchdog = watch();
    let tree = Tree::new()?;
    let mut expected = BTreeSet::new();
    for number in 0..60 {
        let name = PathBuf::from(format!("{}/{number}.png", number % 7));
        tree.write(&name, &png(20 + number, 20)?)?;
        expected.insert(name);
    }
    // Each holds its worker until the test has found it.
    let deadly = tree.images.join("3 is deadly");
    fs::create_dir(&deadly)?;
    let mut lost = BTreeSet::new();
    for number in 0..4 {
        let name = format!("{number}.png");
        write_endless_png(&deadly.join(&name))?;
        lost.insert(Path::new("3 is deadly").join(name));
    }
    for workers in ["1", "3"] {
        let program = start(&mut tree.thumbnails(&["-j", workers, "--timeout", "1000"]))?;
        lost.iter()
            .for_each(|_| kill_the_worker_with(&deadly, &program));
        let output = program.wait_with_output()?;
        let errors = errors_of(&output);
        assert_eq!(output.status.code(), Some(1), "{errors}");
        check_count(&output, expected.len(), lost.len());
        assert_eq!(tree.made()?, expected, "{errors}");
        let reasons = reasons(&errors, &tree.images);
        assert!(reasons.keys().eq(&lost), "{errors}");
        for reason in reasons.values() {
            assert!(
                reason.starts_with("its worker was lost: ") && reason.contains("signal 9"),
                "{errors}"
            );
        }
        fs::remove_dir_all(&tree.out)?;
    }
    Ok(())
}

fn start(command: &mut Command) -> io::Result<Child> {
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
}

#[test]
fn whenever_a_worker_is_killed_nothing_is_left_half_written() -> TestResult {
    let _watchdog = watch();
    let tree = Tree::new()?;
    let mut all = BTreeSet::new();
    let content = png(800, 600)?;
    for number in 0..16 {
        let name = PathBuf::from(format!("{number}.png"));
        tree.write(&name, &content)?;
        all.insert(name);
    }
    // Thumbnails as large as the images, so that writing them takes a while.
    let mut program = start(&mut tree.thumbnails(&["-j", "2", "--size", "800"]))?;
    let mut kills = 0;
    while program.try_wait()?.is_none() {
        // Now one that reads or writes, now one that writes.
        let place = [tree.scratch.path(), &tree.out][kills % 2];
        if kills < 12 && killed_a_worker_with(place, &program) {
            kills += 1;
        }
    }
    let output = program.wait_with_output()?;
    let errors = errors_of(&output);
    let failed: BTreeSet<_> = reasons(&errors, &tree.images).into_keys().collect();
    let made = tree.made()?;
    check_count(&output, all.len() - failed.len(), failed.len());
    assert!(failed.len() <= kills, "{errors}");
    assert_eq!(&made | &failed, all, "{errors}");
    for name in &made {
        // Also that of an image whose worker was killed just after it had put it into its place.
        decoded(&tree.out.join(name))?;
    }
    Ok(())
}

#[test]
fn those_of_an_earlier_run_are_no_images_and_are_replaced() -> TestResult {
    let _watchdog = watch();
    let tree = Tree::new()?;
    tree.write("a.png", &png(100, 100)?)?;
    tree.write("a/thumbnails/b.png", &png(100, 50)?)?;
    let out = tree.images.join("a/thumbs");
    let link = tree.scratch.path().join("link");
    symlink(&tree.images, &link)?;
    for (images, size) in [(&tree.images, 20), (&link, 10)] {
        let output = thumbnails(images, &out, &["--size", &size.to_string()]).output()?;
        assert_eq!(errors_of(&output), "");
        check_count(&output, 2, 0);
        let expected = ["a.png", "a/thumbnails/b.png"].map(PathBuf::from);
        assert_eq!(files_under(&out)?, expected.into());
        let dimensions = |name| decoded(&out.join(name)).map(|(_, width, height)| (width, height));
        assert_eq!(dimensions("a.png")?, (size, size));
        assert_eq!(dimensions("a/thumbnails/b.png")?, (size, size / 2));
    }
    Ok(())
}

#[test]
fn they_never_replace_an_image() -> TestResult {
    let _watchdog = watch();
    let tree = Tree::new()?;
    let image = tree.write("a/images/a.png", &png(100, 100)?)?;
    // With the directory itself, and with one above it, a thumbnail would be put where its image is.
    for (images, out) in [("a", "a"), ("a/images", "a"), ("a/images", "")] {
        let (images, out) = (tree.images.join(images), tree.images.join(out));
        let output = thumbnails(&images, &out, &["--size", "5"]).output()?;
        assert_eq!(output.status.code(), Some(1));
        let errors = errors_of(&output);
        assert!(errors.contains("might replace them"), "{errors}");
    }
    // A link among the thumbnails leads to the images.
    fs::create_dir(&tree.out)?;
    symlink(tree.images.join("a"), tree.out.join("a"))?;
    let output = tree.thumbnails(&["--size", "5"]).output()?;
    assert_eq!(output.status.code(), Some(1));
    check_count(&output, 0, 1);
    assert!(errors_of(&output).contains("symbolic link"));
    let (_, width, height) = decoded(&image)?;
    assert_eq!((width, height), (100, 100));
    assert_eq!(files_under(&tree.images)?, ["a/images/a.png".into()].into());
    Ok(())
}

#[test]
fn what_cannot_be_read_is_told_and_not_fatal() -> TestResult {
    let _watchdog = watch();
    let tree = Tree::new()?;
    tree.write("readable.png", &png(10, 10)?)?;
    let file = tree.write("locked.png", &png(10, 10)?)?;
    let inside = tree.write("locked directory/inside.png", &png(10, 10)?)?;
    let directory = inside.parent().unwrap_or(&inside);
    fs::create_dir(&tree.out)?;
    let set_mode = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode));
    set_mode(tree.scratch.path(), 0o755)?;
    set_mode(&tree.images, 0o755)?;
    set_mode(&tree.out, 0o777)?;
    let program = ScratchDirectory::new()?;
    // The one, then the other.
    for path in [directory, &file] {
        set_mode(path, 0o000)?;
        let output = example_run_by_nobody("thumbnails", &program)?
            .arg(&tree.images)
            .arg(&tree.out)
            .output()?;
        set_mode(path, 0o755)?;
        let errors = errors_of(&output);
        assert_eq!(output.status.code(), Some(1), "{errors}");
        check_count(&output, 2, usize::from(path == file));
        let [error] = errors.lines().collect::<Vec<_>>()[..] else {
            panic!("{errors}");
        };
        assert!(error.contains(&path.display().to_string()), "{error}");
        assert!(error.contains("ermission denied"), "{error}");
    }
    Ok(())
}

#[test]
fn a_directory_without_images_is_fine_and_none_at_all_is_not() -> TestResult {
    let _watchdog = watch();
    let tree = Tree::new()?;
    let output = tree.thumbnails(&[]).output()?;
    assert!(output.status.success());
    check_count(&output, 0, 0);

    let file = tree.write("a.png", &png(2, 2)?)?;
    for missing in [&tree.images.join("missing"), &file] {
        let output = thumbnails(missing, &tree.out, &[]).output()?;
        assert_eq!(output.status.code(), Some(1));
        assert!(output.stdout.is_empty());
        let errors = errors_of(&output);
        assert!(errors.contains(&missing.display().to_string()), "{errors}");
    }
    assert!(tree.made()?.is_empty());
    Ok(())
}
