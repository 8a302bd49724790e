//! Calculating with single elements.

use super::{ArrayError, SharedArray};
use crate::script::{Script, script};

pub(super) static CHANGE: Script = script!("change");
pub(super) static EXCHANGE: Script = script!("exchange");

/// What is done to an element, whose bytes stand from the least one on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// It is replaced.
    Swap,
    /// It is added to as an integer, which wraps around at the end of its range; to subtract is to add the two's complement.
    Add,
    /// It is added to as a floating-point number of 4 or 8 bytes.
    AddFloat,
    /// The bits that are set in both.
    And,
    /// The bits that are set in one at least.
    Or,
    /// The bits that are set in one alone.
    Xor,
}

impl Operation {
    fn name(self) -> &'static str {
        match self {
            Operation::Swap => "swap",
            Operation::Add => "add",
            Operation::AddFloat => "add_float",
            Operation::And => "and",
            Operation::Or => "or",
            Operation::Xor => "xor",
        }
    }
}

impl SharedArray {
    /// Changes an element, and returns the former one.
    ///
    /// # Errors
    ///
    /// [`ArrayError::OutOfRange`]; [`ClusterError`](crate::ClusterError) says what the server lacks.
    pub fn change(
        &self,
        index: u64,
        operation: Operation,
        operand: &[u8],
    ) -> Result<Vec<u8>, ArrayError> {
        self.check(index, 1)?;
        self.check_element(operand)?;
        let call = self
            .call(&CHANGE)
            .argument(index.saturating_mul(self.element_size))
            .argument(operation.name())
            .argument(operand);
        Ok(self.object.cluster().call(call)?.into_bytes()?)
    }

    /// Replaces an element by `new` if it is `current`, to the bit; otherwise says what it is, as `Ok(Err(_))`.
    ///
    /// # Errors
    ///
    /// As [`change`](Self::change).
    pub fn compare_exchange(
        &self,
        index: u64,
        current: &[u8],
        new: &[u8],
    ) -> Result<Result<(), Vec<u8>>, ArrayError> {
        self.check(index, 1)?;
        self.check_element(current)?;
        self.check_element(new)?;
        let call = self
            .call(&EXCHANGE)
            .argument(index.saturating_mul(self.element_size))
            .argument(current)
            .argument(new);
        let [is_met, found] = self.object.cluster().call(call)?.into_parts()?;
        match is_met.integer()? {
            1 => Ok(Ok(())),
            _ => Ok(Err(found.into_bytes()?)),
        }
    }
}
