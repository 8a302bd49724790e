//! Reading and writing elements.

use super::{ArrayError, SharedArray};
use crate::call::Call;
use crate::script::{Script, script};

pub(super) static READ: Script = script!("read");
pub(super) static WRITE: Script = script!("write");
pub(super) static FILL: Script = script!("fill");

/// Bytes that are moved by one call, unless one element alone has more.
const PORTION: u64 = 256 << 10;

impl SharedArray {
    /// Copies elements from the one at `first` on, as many as fit into `target`.
    ///
    /// # Errors
    ///
    /// [`ArrayError::OutOfRange`]; nothing is copied then. [`ClusterError`](crate::ClusterError) says what the server lacks.
    pub fn read_into(&self, first: u64, target: &mut [u8]) -> Result<(), ArrayError> {
        self.check(first, self.count(target.len()))?;
        let mut at = first.saturating_mul(self.element_size);
        for portion in target.chunks_mut(self.portion()) {
            let end = at + portion.len() as u64;
            let call = self.call(&READ).argument(at).argument(end - 1);
            let found = self.object.cluster().call(call)?.into_bytes()?;
            match found.len() == portion.len() {
                true => portion.copy_from_slice(&found),
                false => return Err(self.object.gone().into()),
            }
            at = end;
        }
        Ok(())
    }

    /// Replaces elements from the one at `first` on.
    ///
    /// # Errors
    ///
    /// As [`read_into`](Self::read_into); nothing is written if there are not so many elements.
    pub fn write_from(&self, first: u64, source: &[u8]) -> Result<(), ArrayError> {
        self.check(first, self.count(source.len()))?;
        let mut at = first.saturating_mul(self.element_size);
        for portion in source.chunks(self.portion()) {
            let call = self.call(&WRITE).argument(at).argument(portion);
            self.object.cluster().call(call)?;
            at += portion.len() as u64;
        }
        Ok(())
    }

    /// Makes elements equal to one, as one step.
    ///
    /// # Errors
    ///
    /// As [`write_from`](Self::write_from).
    pub fn fill(&self, first: u64, count: u64, element: &[u8]) -> Result<(), ArrayError> {
        self.check(first, count)?;
        let bytes = count.saturating_mul(self.element_size);
        if bytes == 0 {
            return Ok(());
        }
        self.check_element(element)?;
        let call = self
            .call(&FILL)
            .argument(first.saturating_mul(self.element_size))
            .argument(bytes)
            .argument(element);
        self.object.cluster().call(call)?;
        Ok(())
    }

    /// A call on the elements.
    pub(super) fn call(&self, script: &'static Script) -> Call<'_> {
        Call::new(script, &self.object)
            .keys(["h", "v"])
            .argument(self.bytes())
    }

    /// How many elements so many bytes touch.
    fn count(&self, bytes: usize) -> u64 {
        match self.element_size {
            0 => 0,
            size => (bytes as u64).div_ceil(size),
        }
    }

    /// Bytes that are moved by one call: whole elements, so that nobody sees half of one.
    fn portion(&self) -> usize {
        let elements = PORTION.checked_div(self.element_size).unwrap_or(1).max(1);
        usize::try_from(elements * self.element_size.max(1)).unwrap_or(usize::MAX)
    }
}
