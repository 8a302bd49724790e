//! Changing a run of elements: inserting, removing, appending many.

use std::ops::Range;

use procession_arena::{Participant, Result};

use super::root::NO_PLACE;
use super::table::{Edit, Segment, Table};
use super::{Element, List, beyond_the_end};
use crate::reading::Reading;

impl List {
    /// Adds all elements at the end; together, or none of them.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfMemory`](procession_arena::Error::OutOfMemory), and then the list is as it was.
    pub fn extend(&self, me: &Participant, elements: &[Element<'_>]) -> Result<()> {
        if elements.is_empty() {
            return Ok(());
        }
        self.change(me, elements, 0, None, |table, records| {
            splice(me, table, table.length..table.length, records).map(Some)
        })
        .map(drop)
    }

    /// Puts an element before the one at `index`, or at the end if that is the length.
    ///
    /// # Errors
    ///
    /// [`Error::IndexOutOfRange`](procession_arena::Error::IndexOutOfRange) if the list is shorter;
    /// [`Error::OutOfMemory`](procession_arena::Error::OutOfMemory). The list is as it was then.
    pub fn insert(&self, me: &Participant, index: u64, element: Element<'_>) -> Result<()> {
        self.splice(me, index..index, &[element])
    }

    /// Takes the element at `index` away and reads it.
    ///
    /// # Errors
    ///
    /// As [`insert`](Self::insert).
    pub fn remove(&self, me: &Participant, index: u64, into: &mut Reading) -> Result<()> {
        into.clear();
        self.change(me, &[], 1, Some(into), |table, _| {
            match index < table.length {
                true => splice(me, table, index..index + 1, &[]).map(Some),
                false => Err(beyond_the_end(index, table.length)),
            }
        })
        .map(drop)
    }

    /// Puts `elements` in the place of those in `range`, which ends at the end of the list if not before.
    ///
    /// # Errors
    ///
    /// As [`insert`](Self::insert).
    pub fn splice(
        &self,
        me: &Participant,
        range: Range<u64>,
        elements: &[Element<'_>],
    ) -> Result<()> {
        self.splice_where(me, |_| Some(range.clone()), elements, None)
            .map(drop)
    }

    /// As [`splice`](Self::splice), for a range that `place` finds when it is told the list's length; says whether it
    /// found one and the list was changed.
    ///
    /// `place` may be asked several times, while nobody else can change the list: it must be quick. The first element
    /// that is removed goes to `first`, if given.
    ///
    /// # Errors
    ///
    /// As [`insert`](Self::insert).
    pub fn splice_where(
        &self,
        me: &Participant,
        place: impl Fn(u64) -> Option<Range<u64>>,
        elements: &[Element<'_>],
        first: Option<&mut Reading>,
    ) -> Result<bool> {
        let length = self.len(me)?;
        let foreseen = place(length).map_or(0, |range| range.end.saturating_sub(range.start));
        self.change(
            me,
            elements,
            foreseen.min(length),
            first,
            |table, records| {
                let Some(range) = place(table.length) else {
                    return Ok(None);
                };
                if range.start > table.length {
                    return Err(beyond_the_end(range.start, table.length));
                }
                let end = range.end.clamp(range.start, table.length);
                match range.start == end && records.is_empty() {
                    true => Ok(None),
                    false => splice(me, table, range.start..end, records).map(Some),
                }
            },
        )
    }
}

/// Replaces the elements in `range`, which lies in the list, by `records`.
fn splice(me: &Participant, table: &Table, range: Range<u64>, records: &[u64]) -> Result<Edit> {
    let mut run = run_of(table, &range);
    let removed = range.end - range.start;
    if removed > 0 {
        join_neighbours(table, &mut run, removed);
    }
    let start = match table.entries.get(run.start) {
        Some(first) => first.start,
        None => table.length,
    };
    let mut elements = table.elements(me, run.clone())?;
    let from = (range.start - start) as usize;
    let to = from + removed as usize;
    if to > elements.len() {
        return Err(NO_PLACE);
    }
    let removed = elements.splice(from..to, records.iter().copied()).collect();
    let segment = Segment {
        replaced: run,
        elements,
    };
    Ok(Edit {
        segments: vec![segment],
        removed,
    })
}

/// The chunks that the elements in `range` are in; at the end of a full one, none.
fn run_of(table: &Table, range: &Range<u64>) -> Range<usize> {
    let chunks = table.entries.len();
    if range.start == table.length && table.count(chunks.wrapping_sub(1)) == table.full() {
        return chunks..chunks;
    }
    let first = table.find(range.start);
    let last = table.find(range.end.saturating_sub(1).max(range.start));
    first..(last + 1).min(chunks)
}

/// Takes in neighbours while little is left, so that removing does not leave many small chunks.
fn join_neighbours(table: &Table, run: &mut Range<usize>, removed: u64) {
    let little = table.full() / 4;
    let mut left = run.clone().map(|number| table.count(number)).sum::<u64>() - removed;
    while left < little && run.end < table.entries.len() {
        left += table.count(run.end);
        run.end += 1;
    }
    if left < little && run.start > 0 {
        run.start -= 1;
    }
}
