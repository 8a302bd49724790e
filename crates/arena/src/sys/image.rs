//! The program or library that an address belongs to, as it lies in memory now.
//!
//! Address space randomisation puts an image at another base in every process, but the distance
//! of a function from the base is the same wherever the same image runs.

use std::ffi::{CStr, OsStr, c_int, c_void};
use std::fmt;
use std::io;
use std::ops::Range;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use libc::{Elf64_Phdr, PF_W, PF_X, PT_GNU_RELRO, PT_LOAD, PT_NOTE, dl_phdr_info};

/// What tells one build of a program from another.
///
/// The GNU build id that the linker computed over the content, or, in a program linked without
/// one, which file it is: device, inode, size and time of the last change.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct BuildId(Vec<u8>);

const FROM_LINKER: u8 = b'G';
const FROM_FILE: u8 = b'F';

impl BuildId {
    /// The identity as bytes, to send it.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// An identity that was sent as bytes.
    pub fn from_bytes(bytes: &[u8]) -> BuildId {
        BuildId(bytes.to_vec())
    }

    /// Whether a copy of the file has the same identity on another machine, or in another place.
    pub fn is_portable(&self) -> bool {
        self.0.first() == Some(&FROM_LINKER)
    }

    fn from_linker(id: &[u8]) -> BuildId {
        let mut bytes = vec![FROM_LINKER];
        bytes.extend_from_slice(id);
        BuildId(bytes)
    }

    fn from_file(path: &Path) -> io::Result<BuildId> {
        let file = std::fs::metadata(path)?;
        let mut bytes = vec![FROM_FILE];
        for number in [file.dev(), file.ino(), file.size()] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        for number in [file.mtime(), file.mtime_nsec()] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        Ok(BuildId(bytes))
    }
}

impl fmt::Display for BuildId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (origin, id) = match self.0.split_first() {
            Some((&FROM_LINKER, id)) => ("", id),
            Some((&FROM_FILE, id)) => ("file:", id),
            _ => ("unknown:", self.0.as_slice()),
        };
        formatter.write_str(origin)?;
        id.iter()
            .try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for BuildId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "BuildId({self})")
    }
}

/// A program or library that is mapped into this process.
#[derive(Clone, Debug)]
pub struct Image {
    base: usize,
    code: Vec<Range<usize>>,
    constants: Vec<Range<usize>>,
    build_id: BuildId,
}

impl Image {
    /// The image that `address` lies in; `None` if it lies in no program or library.
    ///
    /// # References
    ///
    /// [`dl_iterate_phdr(3)`](https://man7.org/linux/man-pages/man3/dl_iterate_phdr.3.html),
    /// [`elf(5)`, notes](https://man7.org/linux/man-pages/man5/elf.5.html)
    ///
    /// # Errors
    ///
    /// If the image has no build id and its file cannot be examined instead.
    pub fn containing(address: *const ()) -> io::Result<Option<Image>> {
        let mut search = Search {
            address: address.addr(),
            found: None,
        };
        let data = (&raw mut search).cast::<c_void>();
        // SAFETY: the callback gets `data`, a `Search` that outlives the call, and nobody else
        // touches it meanwhile.
        unsafe { libc::dl_iterate_phdr(Some(examine), data) };
        search.found.map(Segments::into_image).transpose()
    }

    /// What tells this build from another.
    pub fn build_id(&self) -> &BuildId {
        &self.build_id
    }

    /// The distance of a function from the image's base; `None` if it is not in this image's code.
    pub fn offset_of(&self, function: *const ()) -> Option<u64> {
        self.is_code(function.addr())
            .then(|| (function.addr() - self.base) as u64)
    }

    /// The address at a distance from the image's base; `None` if that is outside its code.
    pub fn function_at(&self, offset: u64) -> Option<*const ()> {
        let address = self.base.checked_add(usize::try_from(offset).ok()?)?;
        // The address is that of code in a mapped file, which no Rust allocation contains.
        self.is_code(address)
            .then(|| std::ptr::with_exposed_provenance(address))
    }

    /// The distance of a constant from the image's base; `None` if not all of it lies where nobody can write.
    pub fn offset_of_constant<T>(&self, constant: &'static T) -> Option<u64> {
        let address = (&raw const *constant).addr();
        self.are_constants(address, size_of::<T>())
            .then(|| (address - self.base) as u64)
    }

    /// The words at a distance from the image's base; `None` if not all of them lie where nobody can write, or not at the
    /// place of a word.
    pub fn constants_at<const N: usize>(&self, offset: u64) -> Option<[usize; N]> {
        let address = self.base.checked_add(usize::try_from(offset).ok()?)?;
        if !address.is_multiple_of(align_of::<usize>())
            || !self.are_constants(address, size_of::<[usize; N]>())
        {
            return None;
        }
        // What a mapped file contains is in no Rust allocation that is known here.
        let words: *const [usize; N] = std::ptr::with_exposed_provenance(address);
        // SAFETY: the place is aligned, as was checked, and lies in a segment of this image that is mapped to be read as
        // long as the image is, whose code this is; nothing writes to it once the loader has started the program.
        Some(unsafe { words.read() })
    }

    fn is_code(&self, address: usize) -> bool {
        address >= self.base && self.code.iter().any(|segment| segment.contains(&address))
    }

    fn are_constants(&self, address: usize, size: usize) -> bool {
        let Some(end) = address.checked_add(size) else {
            return false;
        };
        address >= self.base
            && self
                .constants
                .iter()
                .any(|segment| segment.start <= address && end <= segment.end)
    }
}

struct Search {
    address: usize,
    found: Option<Segments>,
}

/// What the loader says about an image, copied while it may not change.
struct Segments {
    base: usize,
    code: Vec<Range<usize>>,
    constants: Vec<Range<usize>>,
    build_id: Option<BuildId>,
    path: PathBuf,
}

impl Segments {
    fn into_image(self) -> io::Result<Image> {
        let build_id = match self.build_id {
            Some(build_id) => build_id,
            None => BuildId::from_file(&self.path)?,
        };
        Ok(Image {
            base: self.base,
            code: self.code,
            constants: self.constants,
            build_id,
        })
    }
}

const NEXT: c_int = 0;
const STOP: c_int = 1;

unsafe extern "C" fn examine(info: *mut dl_phdr_info, _size: usize, data: *mut c_void) -> c_int {
    // SAFETY: the loader passes a valid description that stays valid during this call.
    let info = unsafe { &*info };
    // SAFETY: `data` is the `Search` that `containing` passed, and nobody else uses it now.
    let search = unsafe { &mut *data.cast::<Search>() };
    if info.dlpi_phdr.is_null() {
        return NEXT;
    }
    // SAFETY: the loader says that there are so many headers at this address.
    let headers =
        unsafe { std::slice::from_raw_parts(info.dlpi_phdr, usize::from(info.dlpi_phnum)) };
    let base = usize::try_from(info.dlpi_addr).unwrap_or(0);
    let loaded: Vec<Range<usize>> = of_type(headers, PT_LOAD).map(|h| place(base, h)).collect();
    if !loaded
        .iter()
        .any(|segment| segment.contains(&search.address))
    {
        return NEXT;
    }
    let executable = of_type(headers, PT_LOAD).filter(|header| header.p_flags & PF_X != 0);
    let code = executable.map(|header| place(base, header)).collect();
    // What the loader has had to fill in, such as pointers, it has made read-only afterwards.
    let constants = of_type(headers, PT_LOAD)
        .filter(|header| header.p_flags & PF_W == 0)
        .chain(of_type(headers, PT_GNU_RELRO))
        .map(|header| place(base, header))
        .collect();
    let build_id = of_type(headers, PT_NOTE)
        .map(|header| (place(base, header), header.p_align))
        // A stripped program may have kept the header of a note that is not loaded.
        .filter(|(note, _)| {
            loaded
                .iter()
                .any(|l| l.start <= note.start && note.end <= l.end)
        })
        .find_map(|(note, align)| {
            // SAFETY: the range lies inside a loaded segment, which is readable, stays mapped
            // while the loader holds its lock for us, and is not written to.
            let bytes = unsafe {
                std::slice::from_raw_parts(
                    std::ptr::with_exposed_provenance::<u8>(note.start),
                    note.len(),
                )
            };
            gnu_build_id(bytes, if align == 8 { 8 } else { 4 })
        });
    search.found = Some(Segments {
        base,
        code,
        constants,
        build_id,
        path: path_of(info),
    });
    STOP
}

fn of_type(headers: &[Elf64_Phdr], kind: u32) -> impl Iterator<Item = &Elf64_Phdr> {
    headers.iter().filter(move |header| header.p_type == kind)
}

fn place(base: usize, header: &Elf64_Phdr) -> Range<usize> {
    let start = base.wrapping_add(header.p_vaddr as usize);
    start..start.saturating_add(header.p_memsz as usize)
}

/// The main program has no name here, but a link that leads to the running file even if that
/// file has been replaced or deleted.
fn path_of(info: &dl_phdr_info) -> PathBuf {
    if info.dlpi_name.is_null() {
        return PathBuf::from("/proc/self/exe");
    }
    // SAFETY: the loader passes a string that ends with NUL and lives during the callback.
    match unsafe { CStr::from_ptr(info.dlpi_name) }.to_bytes() {
        [] => PathBuf::from("/proc/self/exe"),
        name => PathBuf::from(OsStr::from_bytes(name)),
    }
}

/// Finds the build id among notes: {name length, content length, type, name, content}, padded.
fn gnu_build_id(mut notes: &[u8], align: usize) -> Option<BuildId> {
    const NT_GNU_BUILD_ID: u32 = 3;
    loop {
        let (name_length, rest) = take_number(notes)?;
        let (content_length, rest) = take_number(rest)?;
        let (kind, rest) = take_number(rest)?;
        let name_length = usize::try_from(name_length).ok()?;
        let content_length = usize::try_from(content_length).ok()?;
        let name = rest.get(..name_length)?;
        let rest = rest.get(name_length.checked_next_multiple_of(align)?..)?;
        let content = rest.get(..content_length)?;
        if kind == NT_GNU_BUILD_ID && name == b"GNU\0" {
            return Some(BuildId::from_linker(content));
        }
        notes = rest.get(content_length.checked_next_multiple_of(align)?..)?;
    }
}

fn take_number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((u32::from_ne_bytes(*number), rest))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    fn own_image() -> Image {
        Image::containing(some_function as *const ())
            .unwrap()
            .unwrap()
    }

    fn some_function() {}

    #[test]
    fn a_function_is_found_again_at_its_offset() {
        let image = own_image();
        let function = some_function as *const ();
        let offset = image.offset_of(function).unwrap();
        assert_eq!(image.function_at(offset), Some(function));
    }

    #[test]
    fn what_is_not_code_of_the_image_is_no_function() {
        static DATA: u8 = 1;
        let image = own_image();
        assert_eq!(image.offset_of((&raw const DATA).cast()), None);
        assert_eq!(image.offset_of(libc::getpid as *const ()), None);
        assert_eq!(image.function_at(0), None);
        assert_eq!(image.function_at(u64::MAX), None);
    }

    #[test]
    fn constants_are_found_again_and_variables_are_none() {
        struct Constant(usize, fn());
        static CONSTANT: Constant = Constant(4711, some_function);
        static VARIABLE: AtomicUsize = AtomicUsize::new(4711);
        let image = own_image();
        let offset = image.offset_of_constant(&CONSTANT).unwrap();
        let words: [usize; 2] = image.constants_at(offset).unwrap();
        assert!(words.contains(&CONSTANT.0) && words.contains(&(CONSTANT.1 as usize)));
        assert!(image.constants_at::<2>(offset + 1).is_none());
        assert!(image.constants_at::<2>(u64::MAX - 7).is_none());
        assert!(image.offset_of_constant(&VARIABLE).is_none());
        let variable = (&raw const VARIABLE).addr() - image.base;
        assert!(image.constants_at::<1>(variable as u64).is_none());
    }

    #[test]
    fn an_address_on_the_heap_is_in_no_image() {
        let heap = Box::new(1_u8);
        assert!(
            Image::containing((&raw const *heap).cast())
                .unwrap()
                .is_none()
        );
    }

    #[test]
    fn the_same_image_has_the_same_identity_and_another_has_not() {
        let own = own_image();
        let again = own_image();
        let libc = Image::containing(libc::getpid as *const ())
            .unwrap()
            .unwrap();
        assert_eq!(own.build_id(), again.build_id());
        assert_ne!(own.build_id(), libc.build_id());
        assert_eq!(
            &BuildId::from_bytes(own.build_id().as_bytes()),
            own.build_id()
        );
    }

    #[test]
    fn the_build_id_is_found_behind_other_notes() {
        let mut notes = Vec::new();
        for (kind, content) in [(1_u32, &[9, 9, 9][..]), (3, &[0xab, 0xcd][..])] {
            notes.extend_from_slice(&4_u32.to_ne_bytes());
            notes.extend_from_slice(&(content.len() as u32).to_ne_bytes());
            notes.extend_from_slice(&kind.to_ne_bytes());
            notes.extend_from_slice(b"GNU\0");
            notes.extend_from_slice(content);
            notes.resize(notes.len().next_multiple_of(4), 0);
        }
        let id = gnu_build_id(&notes, 4).unwrap();
        assert_eq!(id.to_string(), "abcd");
        assert!(id.is_portable());
        assert_eq!(gnu_build_id(&notes[..20], 4), None);
    }

    #[test]
    fn a_file_is_an_identity_too() {
        let id = BuildId::from_file(Path::new("/proc/self/exe")).unwrap();
        assert!(id.to_string().starts_with("file:"));
        assert!(!id.is_portable());
        assert_eq!(id, BuildId::from_file(Path::new("/proc/self/exe")).unwrap());
    }
}
