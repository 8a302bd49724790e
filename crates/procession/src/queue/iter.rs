//! Getting in a `for` loop.

use std::iter::FusedIterator;

use serde::de::DeserializeOwned;

use super::Queue;
use crate::QueueError;

/// The items of a queue as they come; made by [`Queue::iter`].
#[derive(Debug)]
#[must_use = "an iterator does nothing until it is asked for items"]
pub struct Iter<'a, T> {
    queue: Option<&'a Queue<T>>,
}

impl<T: DeserializeOwned + 'static> Queue<T> {
    /// Gets items as a `for` loop asks for them, until the queue is closed and empty.
    ///
    /// Each item comes as a `Result`, with the errors of [`get`](Queue::get) except for
    /// [`QueueError::Closed`], which is the end. One can go on after [`QueueError::Decode`], which
    /// concerns a single item; any other error is the last thing that the iterator gives.
    ///
    /// # Examples
    ///
    /// ```
    /// let queue = procession::Queue::new()?;
    /// queue.put_many(&[1, 2, 3])?;
    /// queue.close()?;
    ///
    /// let mut sum = 0;
    /// for number in &queue {
    ///     sum += number?;
    /// }
    /// assert_eq!(sum, 6);
    /// # Ok::<_, procession::QueueError>(())
    /// ```
    pub fn iter(&self) -> Iter<'_, T> {
        Iter { queue: Some(self) }
    }
}

impl<T: DeserializeOwned + 'static> Iterator for Iter<'_, T> {
    type Item = Result<T, QueueError>;

    fn next(&mut self) -> Option<Result<T, QueueError>> {
        let got = self.queue?.get();
        if !matches!(got, Ok(_) | Err(QueueError::Decode { .. })) {
            self.queue = None;
        }
        match got {
            Err(QueueError::Closed) => None,
            got => Some(got),
        }
    }
}

impl<T: DeserializeOwned + 'static> FusedIterator for Iter<'_, T> {}

impl<'a, T: DeserializeOwned + 'static> IntoIterator for &'a Queue<T> {
    type Item = Result<T, QueueError>;
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}
