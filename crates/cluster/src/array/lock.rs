//! The lock of an array, for those who want more than one step.

use super::SharedArray;
use crate::ClusterError;
use crate::lock::Lock;
use crate::object::Kind;

impl SharedArray {
    /// The array's lock, which is an object of its own and keeps nobody from the elements who does not acquire it.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Unavailable`] and its like.
    pub fn lock(&self) -> Result<&Lock, ClusterError> {
        if let Some(lock) = self.lock.get() {
            return Ok(lock);
        }
        let lock = Lock::of_another(&self.object)?;
        Ok(self.lock.get_or_init(|| lock))
    }

    /// Removes the array and its lock from the server, for everybody. Whoever uses it afterwards is told that it is gone.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Unavailable`] and its like. Removing what does not exist is no error.
    ///
    /// # If a process dies
    ///
    /// Within `unlink`: the array is gone or not; what is left of it is removed by unlinking it again.
    pub fn unlink(&self) -> Result<(), ClusterError> {
        self.object.unlink()?;
        self.object.companion(Kind::Lock)?.unlink()
    }
}
