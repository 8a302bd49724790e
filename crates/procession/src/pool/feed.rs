//! Items on their way into a job, a limited number at a time.

use std::time::Instant;

use procession_engine::PoolError;
use procession_engine::pool::{Job, Outcome, TaskOutput};
use serde::Serialize;

use crate::codec::{self, CodecError};

/// Items that are on their way at a time, if nothing else was said: enough to keep workers busy with tasks of a microsecond.
const MOST_ITEMS: usize = 4096;
/// Encoded bytes that are on their way at a time; a single item may be larger.
const MOST_BYTES: usize = 64 << 20;

/// An iterator of items, and the job into which they go.
pub(super) struct Feed<I> {
    pub(super) job: Job,
    items: Option<I>,
    most: usize,
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
    pub(super) fn new(job: Job, items: I, buffersize: Option<usize>) -> Feed<I> {
        Feed {
            job,
            items: Some(items),
            most: buffersize.unwrap_or(MOST_ITEMS).max(1),
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
                Ok(Some((index, outcome)))
            }
            None => {
                let refusal = self.refusal.take();
                Ok(refusal.map(|refusal| (self.job.submitted(), Err(refusal))))
            }
        }
    }

    pub(super) fn last_output(&mut self) -> TaskOutput {
        self.last.take().unwrap_or_default()
    }

    /// Submits items until there is no room; only when it is half empty, so that they go in portions.
    pub(super) fn fill(&mut self) {
        if self.under_way > self.most / 2 || self.bytes > MOST_BYTES / 2 {
            return;
        }
        while self.under_way < self.most && self.bytes < MOST_BYTES {
            let Some(item) = self.items.as_mut().and_then(Iterator::next) else {
                return self.end();
            };
            if let Err(refusal) = self.submit(item) {
                self.refusal = Some(refusal);
                return self.end();
            }
        }
    }

    fn submit(&mut self, mut item: I::Item) -> Result<(), PoolError> {
        self.under_way += 1;
        match codec::encode_last(&mut item) {
            Ok((bytes, handles)) => {
                self.bytes += bytes.len();
                self.job.push(bytes, &handles)
            }
            Err(CodecError { type_name, reason }) => {
                self.job
                    .push_failed(PoolError::ArgumentEncode { type_name, reason });
                Ok(())
            }
        }
    }

    fn end(&mut self) {
        if self.items.take().is_some() {
            self.job.seal();
        }
    }
}
