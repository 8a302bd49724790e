//! Putting all elements into another order.

use super::{List, Snapshot};
use crate::ClusterError;
use crate::call::Call;
use crate::pages::COPY_LIFE;
use crate::script::{Script, script};

pub(super) static STAGE: Script = script!("stage");
pub(super) static REPLACE: Script = script!("replace");

/// Bytes that are written aside by one call; and how many elements.
const PORTION: usize = 256 << 10;
const PORTION_LENGTH: usize = 1000;

impl List {
    /// Puts the elements of a snapshot of the whole list into the order in which `order` names their places, if the list is still the same; those that are not
    /// named are removed. Says whether it has.
    ///
    /// The new order is written aside in portions, and then put in place in one short step.
    ///
    /// # Errors
    ///
    /// As [`push`](Self::push).
    ///
    /// # Panics
    ///
    /// Never: places that do not exist are left out.
    pub fn rearrange(&self, snapshot: &Snapshot, order: &[usize]) -> Result<bool, ClusterError> {
        let written = |place: &usize| snapshot.written.get(*place).map(Vec::as_slice);
        let elements: Vec<&[u8]> = order.iter().filter_map(written).collect();
        let mut portions = portions(&elements);
        let last = portions.pop().unwrap_or_default();
        loop {
            match self.replace(snapshot, &portions, last)? {
                1 => return Ok(true),
                0 => return Ok(false),
                // It took so long that the server has thrown away what was written aside.
                _ => {}
            }
        }
    }

    fn replace(
        &self,
        snapshot: &Snapshot,
        portions: &[&[&[u8]]],
        last: &[&[u8]],
    ) -> Result<i64, ClusterError> {
        let staged = format!("stage-{}:v", self.object.cluster().fresh_name()?);
        let mut count = 0;
        for portion in portions {
            let call = Call::new(&STAGE, &self.object)
                .keys(["h", &staged])
                .argument(COPY_LIFE)
                .argument(count)
                .arguments(portion.iter().copied());
            self.object.cluster().call(call)?;
            count += portion.len();
        }
        let call = Call::new(&REPLACE, &self.object)
            .keys(["h", "v", &staged])
            .argument(self.fresh_stamp()?.bytes())
            .argument(snapshot.version())
            .argument(count)
            .arguments(last.iter().copied());
        self.object.cluster().call(call)?.integer()
    }
}

/// Cuts elements into portions that are not too large, unless a single element is.
fn portions<'a, 'e>(elements: &'a [&'e [u8]]) -> Vec<&'a [&'e [u8]]> {
    let mut portions = Vec::new();
    let mut left = elements;
    while !left.is_empty() {
        let mut bytes = 0;
        let fits = |element: &&&[u8]| {
            bytes += element.len();
            bytes <= PORTION
        };
        let count = left.iter().take(PORTION_LENGTH).take_while(fits).count();
        let Some((portion, rest)) = left.split_at_checked(count.max(1)) else {
            break;
        };
        portions.push(portion);
        left = rest;
    }
    portions
}
