//! The functions that workers run, and the names by which other processes know them.

use procession_arena::sys::image::{BuildId, Image};
use serde::{Deserialize, Serialize};

use super::error::PoolError;
use crate::host::Answer;
use crate::launch::init::image;
use crate::launch::{EntryError, LaunchError};

/// Something that a worker can run: encoded arguments in, the answer out.
///
/// The buffer may be taken along. The handles in the answer must be held during its call.
pub type Work = fn(&mut Vec<u8>, Answer<'_>) -> Result<(), EntryError>;

/// A [`Work`] that has a name in every process of the same build, on other machines too.
///
/// It is found by its place among the constants of the program, so it must be one of them: a `static`, or
/// `const { &NamedWork::new(work) }`.
///
/// # Examples
///
/// ```
/// use procession_engine::host::Answer;
/// use procession_engine::pool::{NamedWork, WorkName};
/// use procession_engine::{EntryError, PoolError};
///
/// fn reverse(bytes: &mut Vec<u8>, answer: Answer<'_>) -> Result<(), EntryError> {
///     bytes.reverse();
///     answer(std::mem::take(bytes), &[]);
///     Ok(())
/// }
///
/// static REVERSE: NamedWork = NamedWork::new(reverse);
///
/// procession_engine::init();
/// let name = WorkName::of(&REVERSE)?;
/// assert_eq!(WorkName::from_bits(name.to_bits()), name);
///
/// // What is not a constant of the program has no name.
/// let leaked: &'static NamedWork = Box::leak(Box::new(NamedWork::new(reverse)));
/// assert!(matches!(WorkName::of(leaked), Err(PoolError::Launch(_))));
/// # Ok::<(), PoolError>(())
/// ```
#[derive(Debug)]
#[repr(C)]
pub struct NamedWork {
    before: usize,
    work: Work,
    after: usize,
}

/// What stands around a [`Work`] that may be asked for, and nowhere else in a program. Numbers without a meaning.
const BEFORE: usize = 0x9d3c_71f5_2ae8_4b06;
const AFTER: usize = 0x51c8_e60b_f794_a23d;

impl NamedWork {
    /// Makes a function one that can be named.
    pub const fn new(work: Work) -> NamedWork {
        NamedWork {
            before: BEFORE,
            work,
            after: AFTER,
        }
    }

    /// The function.
    pub fn work(&self) -> Work {
        self.work
    }
}

/// The name of a [`NamedWork`]: its place in the image of the program.
///
/// It says the same in all processes of the same build, which must be compared along with it, see
/// [`build_id`](crate::build_id).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct WorkName {
    offset: u64,
}

impl WorkName {
    /// Names a function.
    ///
    /// # Errors
    ///
    /// [`PoolError::Launch`] if it is no constant of this program, or before [`init`](crate::init).
    pub fn of(work: &'static NamedWork) -> Result<WorkName, PoolError> {
        let offset = image()?
            .offset_of_constant(work)
            .ok_or(LaunchError::ForeignFunction)?;
        Ok(WorkName { offset })
    }

    /// The name as a number, to be sent.
    pub fn to_bits(self) -> u64 {
        self.offset
    }

    /// The name that was sent as that number.
    pub fn from_bits(offset: u64) -> WorkName {
        WorkName { offset }
    }

    /// Checks that a name which came from a process of that build can be followed here.
    pub(super) fn check(self, build: &BuildId) -> Result<(), PoolError> {
        let image = image()?;
        if image.build_id() != build {
            return Err(PoolError::OtherBuild {
                wanted: build.clone(),
                found: image.build_id().clone(),
            });
        }
        match self.find(image) {
            Some(_) => Ok(()),
            None => Err(PoolError::UnknownWork { name: self.offset }),
        }
    }

    /// The function of this name; `None` if there is none, whatever the number is and whoever has sent it.
    pub(super) fn find(self, image: &Image) -> Option<Work> {
        let [before, work, after] = image.constants_at(self.offset)?;
        if (before, after) != (BEFORE, AFTER) {
            return None;
        }
        let address: *const () = std::ptr::with_exposed_provenance(work);
        // Whatever the marks say, what is no code of this image is not called.
        image.offset_of(address)?;
        // SAFETY: these words are a constant of this image, which nothing can have written to, and stand between the two
        // marks. `NamedWork::new` alone puts these there, around a `Work`, since its fields are private; `Work` is a pointer
        // and never null, being code of the image. So whoever makes up a number can at worst have another `NamedWork` of
        // the program run, which decodes its arguments or refuses them.
        Some(unsafe { std::mem::transmute::<*const (), Work>(address) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn work(_: &mut Vec<u8>, _: Answer<'_>) -> Result<(), EntryError> {
        Ok(())
    }

    static NAMED: NamedWork = NamedWork::new(work);
    /// Everything about these is right but the mark behind, or before.
    static UNMARKED: [NamedWork; 2] = [
        NamedWork {
            before: BEFORE,
            work,
            after: BEFORE,
        },
        NamedWork {
            before: AFTER,
            work,
            after: AFTER,
        },
    ];

    fn image() -> Image {
        Image::containing(work as *const ()).unwrap().unwrap()
    }

    #[test]
    fn a_name_leads_back_to_its_function() {
        crate::init_library();
        let name = WorkName::of(&NAMED).unwrap();
        let found = name.find(&image()).unwrap();
        assert_eq!(found as *const (), NAMED.work() as *const ());
    }

    #[test]
    fn numbers_that_name_nothing_find_nothing() {
        let image = image();
        let code = image.offset_of(work as *const ()).unwrap();
        let constant = image.offset_of_constant(&NAMED).unwrap();
        let [behind, before] = UNMARKED
            .each_ref()
            .map(|work| image.offset_of_constant(work).unwrap());
        for offset in [
            0,
            code,
            constant + 8,
            constant + 1,
            behind,
            before,
            u64::MAX,
        ] {
            assert!(WorkName::from_bits(offset).find(&image).is_none());
        }
    }

    #[test]
    fn marks_around_what_is_no_code_of_the_program_are_not_enough() {
        static FORGED: [usize; 3] = [BEFORE, 8, AFTER];
        let image = image();
        let offset = image.offset_of_constant(&FORGED).unwrap();
        assert!(WorkName::from_bits(offset).find(&image).is_none());
    }
}
