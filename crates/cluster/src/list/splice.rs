//! Replacing a run of elements by another one.

use super::{List, OVERHEAD, Run};
use crate::ClusterError;
use crate::call::Call;
use crate::entry::{Entry, Stamp, check_size};
use crate::reply::Reply;
use crate::script::{Script, script};

pub(super) static SPLICE: Script = script!("splice");
/// The same step where it can only free memory, and so goes on when there is none left.
static CUT: Script = Script::new(
    "cut",
    concat!("-- flags: allow-oom\n", include_str!("scripts/splice.lua")),
);

/// What a change of a run has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Splice {
    /// It is made.
    Made {
        /// The first element that was removed, if that was asked for and there was one.
        former: Option<Vec<u8>>,
    },
    /// The list is another version; nothing was changed.
    Refused,
    /// There is no such place; nothing was changed.
    OutOfRange {
        /// How many elements there are.
        length: u64,
    },
}

impl List {
    /// Puts elements, as many as there may be, in the place of others; if `version` is given, only if the list is still that version.
    ///
    /// # Errors
    ///
    /// As [`extend`](Self::extend).
    pub fn splice(
        &self,
        place: Run,
        values: &[&[u8]],
        version: Option<&[u8]>,
    ) -> Result<Splice, ClusterError> {
        check_size(values.iter().copied(), OVERHEAD)?;
        let script = match values.is_empty() {
            true => &CUT,
            false => &SPLICE,
        };
        let mut call = self.splicing(script, place, version, false)?;
        for value in values {
            call = call.argument(Entry::write(&self.object, value)?);
        }
        self.spliced(call)
    }

    /// Removes elements. It needs no memory of the server.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Gone`], [`ClusterError::Unavailable`] and its like.
    pub fn remove_run(&self, place: Run) -> Result<Splice, ClusterError> {
        self.splice(place, &[], None)
    }

    /// Removes an element, less than zero from the end, and returns it.
    ///
    /// # Errors
    ///
    /// As [`remove_run`](Self::remove_run); and [`ClusterError::BadSignature`] and [`ClusterError::Unsigned`] of the element, which is removed all the same.
    pub fn take(&self, place: i64) -> Result<Splice, ClusterError> {
        let call = self.splicing(&CUT, Run::Element(place), None, true)?;
        self.spliced(call)
    }

    fn splicing(
        &self,
        script: &'static Script,
        place: Run,
        version: Option<&[u8]>,
        wants_former: bool,
    ) -> Result<Call<'_>, ClusterError> {
        let stamp: Stamp = self.fresh_stamp()?;
        Ok(Call::new(script, &self.object)
            .keys(["h", "v", "aside"])
            .argument(stamp.bytes())
            .argument(version.unwrap_or_default())
            .arguments(place.to_arguments())
            .argument(wants_former))
    }

    fn spliced(&self, call: Call<'_>) -> Result<Splice, ClusterError> {
        let reply = self.object.cluster().call(call)?;
        let mut parts = reply.into_array()?.into_iter();
        let outcome = parts.next().unwrap_or(Reply::Nil).integer()?;
        let detail = parts.next().unwrap_or(Reply::Nil);
        match outcome {
            1 => {
                let former = Entry::read_optional(&self.object, detail.into_optional_bytes()?)?;
                let former = former.map(|entry| entry.value);
                Ok(Splice::Made { former })
            }
            0 => Ok(Splice::Refused),
            _ => Ok(Splice::OutOfRange {
                length: detail.count()?,
            }),
        }
    }
}
