//! Changing the order of elements: in a change of the root, without touching the elements.

use procession_arena::{Participant, Result};

use super::root::NO_PLACE;
use super::table::{Edit, Segment, Table};
use super::{List, beyond_the_end, layout};
use crate::snapshot::Snapshot;

impl List {
    /// Reverses the order of all elements.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfMemory`](procession_arena::Error::OutOfMemory), and then the list is as it was.
    pub fn reverse(&self, me: &Participant) -> Result<()> {
        let chunks = self.len(me)? / self.full_chunk();
        self.change(me, &[], 4 * chunks, None, |table, _| {
            if table.length < 2 {
                return Ok(None);
            }
            let mut elements = table.elements(me, 0..table.entries.len())?;
            elements.reverse();
            Ok(Some(table.replaced_by(elements, Vec::new())))
        })
        .map(drop)
    }

    /// Exchanges two elements.
    ///
    /// # Errors
    ///
    /// [`Error::IndexOutOfRange`](procession_arena::Error::IndexOutOfRange);
    /// [`Error::OutOfMemory`](procession_arena::Error::OutOfMemory). The list is as it was then.
    pub fn swap(&self, me: &Participant, one: u64, other: u64) -> Result<()> {
        let (low, high) = (one.min(other), one.max(other));
        self.change(me, &[], 0, None, |table, _| {
            if high >= table.length {
                return Err(beyond_the_end(high, table.length));
            }
            swap(me, table, low, high).map(Some)
        })
        .map(drop)
    }

    /// Puts the elements of `snapshot` in another order, if the list is still as it was then; says
    /// whether it was.
    ///
    /// `order` names them by their place in the snapshot. What it does not name is removed; what
    /// it names again is left out. So a caller can sort, or choose, without any lock.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfMemory`](procession_arena::Error::OutOfMemory), and then the list is as it was.
    pub fn rearrange(
        &self,
        me: &Participant,
        snapshot: &Snapshot,
        order: &[usize],
    ) -> Result<bool> {
        let header = self.header(me)?;
        let mut is_named = vec![false; snapshot.len()];
        let order: Vec<usize> = order
            .iter()
            .copied()
            .filter(|place| match is_named.get_mut(*place) {
                Some(named) => !std::mem::replace(named, true),
                None => false,
            })
            .collect();
        let chunks = snapshot.len() as u64 / self.full_chunk();
        let removed = (snapshot.len() - order.len()) as u64;
        self.change(me, &[], 4 * chunks + removed, None, |table, _| {
            let is_as_then = layout::sequence(header).is_still(snapshot.version())
                && table.length == snapshot.len() as u64;
            if !is_as_then {
                return Ok(None);
            }
            let elements = table.elements(me, 0..table.entries.len())?;
            if elements.len() != is_named.len() {
                return Err(NO_PLACE);
            }
            let kept = order.iter().map(|place| elements[*place]).collect();
            let removed = elements.iter().zip(&is_named);
            let removed = removed.filter(|(_, named)| !**named).map(|(its, _)| *its);
            Ok(Some(table.replaced_by(kept, removed.collect())))
        })
    }
}

impl Table {
    /// A change after which the list consists of `elements`.
    fn replaced_by(&self, elements: Vec<u64>, removed: Vec<u64>) -> Edit {
        let segment = Segment {
            replaced: 0..self.entries.len(),
            elements,
        };
        Edit {
            segments: vec![segment],
            removed,
        }
    }
}

/// Exchanges the elements at `low` and `high`, which are in the list.
fn swap(me: &Participant, table: &Table, low: u64, high: u64) -> Result<Edit> {
    let mut segments = Vec::new();
    for number in [table.find(low), table.find(high)] {
        if segments
            .last()
            .is_none_or(|last: &Segment| last.replaced.start != number)
        {
            segments.push(Segment {
                replaced: number..number + 1,
                elements: table.elements(me, number..number + 1)?,
            });
        }
    }
    let mut word = |position: u64, new: Option<u64>| {
        let number = table.find(position);
        let start = table.entries.get(number)?.start;
        let segment = segments
            .iter_mut()
            .find(|its| its.replaced.start == number)?;
        let element = segment.elements.get_mut((position - start) as usize)?;
        let old = *element;
        *element = new.unwrap_or(old);
        Some(old)
    };
    let first = word(low, None).ok_or(NO_PLACE)?;
    let second = word(high, Some(first)).ok_or(NO_PLACE)?;
    word(low, Some(second)).ok_or(NO_PLACE)?;
    Ok(Edit {
        segments,
        removed: Vec::new(),
    })
}
