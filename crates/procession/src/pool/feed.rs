//! Items on their way into a job, a limited number at a time.

use std::time::{Duration, Instant};

use procession_engine::PoolError;
use procession_engine::pool::{Job, Outcome, TaskOutput};
use serde::Serialize;

use super::route::Route;

/// Items that are on their way at a time, if nothing else was said: enough to keep workers busy with tasks of a microsecond.
const MOST_ITEMS: usize = 4096;
/// Items that are submitted together, at most.
const MOST_AT_ONCE: usize = 1024;
/// How long an item waits at most for others to be submitted together with it.
const PORTION: Duration = Duration::from_micros(100);
/// Encoded bytes that are on their way at a time, of arguments and, as far as can be told from those that have come, of
/// results; but so many items as workers need may be larger.
const MOST_BYTES: usize = 16 << 20;

/// An iterator of items, and the job into which they go.
pub(super) struct Feed<I> {
    pub(super) job: Job,
    pub(super) route: Route,
    items: Option<I>,
    most: usize,
    /// Items that workers need to be busy, whatever their size.
    least: usize,
    /// Items that may be on their way now.
    room: usize,
    /// Bytes of a result, on the mean of the last ones.
    result_bytes: usize,
    /// Items that have been submitted and whose results have not been taken, and their bytes.
    under_way: usize,
    bytes: usize,
    /// What the task of the last outcome has written.
    last: Option<TaskOutput>,
    /// Why no more items can be submitted.
    refusal: Option<PoolError>,
}

impl<I> Feed<I>
where
    I: Iterator,
    I::Item: Serialize + 'static,
{
    pub(super) fn new(
        job: Job,
        route: Route,
        items: I,
        buffersize: Option<usize>,
        workers: usize,
    ) -> Feed<I> {
        let most = buffersize.unwrap_or(MOST_ITEMS).max(1);
        let least = (2 * workers + 1).min(most);
        Feed {
            job,
            route,
            items: Some(items),
            most,
            least,
            room: most,
            result_bytes: 0,
            under_way: 0,
            bytes: 0,
            last: None,
            refusal: None,
        }
    }

    /// Waits for the next outcome, and has more items submitted if there is room; says also whose it is.
    pub(super) fn next(
        &mut self,
        deadline: Option<Instant>,
    ) -> Result<Option<(usize, Outcome)>, PoolError> {
        self.fill();
        match self.job.next(deadline)? {
            Some((index, outcome)) => {
                self.last = self.job.take_output(index);
                self.bytes -= self.bytes / self.under_way.max(1);
                self.under_way = self.under_way.saturating_sub(1);
                if let Ok(produced) = &outcome {
                    self.result_bytes = (self.result_bytes * 7 + produced.bytes().len()) / 8;
                }
                Ok(Some((index, outcome)))
            }
            None => {
                let refusal = self.refusal.take();
                Ok(refusal.map(|refusal| (self.job.submitted(), Err(refusal))))
            }
        }
    }

    /// Why not even the first item could be submitted, if so.
    pub(super) fn refusal_at_once(&mut self) -> Option<PoolError> {
        match self.job.submitted() {
            0 => self.refusal.take(),
            _ => None,
        }
    }

    pub(super) fn last_output(&mut self) -> TaskOutput {
        self.last.take().unwrap_or_default()
    }

    /// Submits items until there is no room; only when it is half empty, so that they go in portions.
    pub(super) fn fill(&mut self) {
        if self.under_way > self.room / 2 {
            return;
        }
        let by_results = MOST_BYTES / self.result_bytes.max(1);
        self.room = by_results.clamp(self.least, self.most);
        while self.has_room() && self.items.is_some() {
            if let Err(refusal) = self.submit_portion() {
                self.refusal = Some(refusal);
                self.items = None;
            }
            if self.items.is_none() {
                self.job.seal();
            }
        }
    }

    fn has_room(&self) -> bool {
        self.under_way < self.room && (self.bytes < MOST_BYTES || self.under_way < self.least)
    }

    /// Submits items together that come quickly one after another.
    fn submit_portion(&mut self) -> Result<(), PoolError> {
        let begin = Instant::now();
        let mut portion = Vec::new();
        while self.has_room() {
            let Some(mut item) = self.items.as_mut().and_then(Iterator::next) else {
                self.items = None;
                break;
            };
            self.under_way += 1;
            match self.route.encode(&mut item) {
                Ok(item) => {
                    self.bytes += item.len();
                    portion.push(item);
                }
                Err(error) => {
                    // In its place among the others.
                    self.job.push_many(portion.drain(..))?;
                    self.job.push_failed(error);
                }
            }
            if portion.len() == MOST_AT_ONCE || begin.elapsed() > PORTION {
                break;
            }
        }
        self.job.push_many(portion)
    }
}
