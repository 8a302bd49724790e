//! A function with a name in a process of its own.

use procession_arena::sys::image::BuildId;

use super::error::PoolError;
use super::work::WorkName;
use crate::launch::init::image;
use crate::launch::{Arguments, Child, Command, EntryError, LaunchError, Returned, message};

impl Command {
    /// Starts that for which a process of this build has sent the name, with these encoded arguments, in another process.
    ///
    /// The name may come from anywhere: what it finds is a [`NamedWork`](super::NamedWork) of this program, or nothing.
    ///
    /// # Errors
    ///
    /// [`PoolError::OtherBuild`] unless `build` is this program's; [`PoolError::UnknownWork`] if it has no function of that
    /// name; [`PoolError::Launch`] if there is no child.
    pub fn start_by_name(
        self,
        name: WorkName,
        build: &BuildId,
        mut arguments: Vec<u8>,
    ) -> Result<Child, PoolError> {
        name.check(build)?;
        message::append(&mut arguments, &name).map_err(|reason| LaunchError::Encode { reason })?;
        Ok(self.start(perform, arguments, &[])?)
    }
}

fn perform(arguments: Arguments) -> Result<Returned, EntryError> {
    let mut bytes = arguments.bytes().to_vec();
    drop(arguments);
    let unknown =
        || EntryError::Arena("the function it is to run is not in this program".to_owned());
    let name: WorkName = message::cut(&mut bytes).ok_or_else(unknown)?;
    let image = image().map_err(|error| EntryError::Arena(error.to_string()))?;
    let work = name.find(image).ok_or_else(unknown)?;
    let mut returned = Ok(Returned::default());
    work(&mut bytes, &mut |bytes, handles| {
        // The work lets go of the objects in its result when it returns.
        returned = Returned::held_to_the_end(bytes, handles.to_vec());
    })?;
    Ok(returned?)
}
