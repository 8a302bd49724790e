//! What the owner and the workers write to each other.
//!
//! A message is the bytes of the floor above, followed by numbers at fixed places: there are millions of them
//! in a second.

use serde::{Deserialize, Serialize};

use super::work::WorkName;

/// What a worker is started with.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Appointment {
    pub(super) seat: u16,
    pub(super) worker: u32,
    pub(super) reports: u64,
    pub(super) inbox: u64,
    pub(super) desk: u64,
    pub(super) initializer: Option<WorkName>,
    pub(super) nice: i32,
    pub(super) processors: Vec<usize>,
    pub(super) has_memory_limit: bool,
    pub(super) captures_output: bool,
    /// See [`wanted`](super::forwarding::wanted).
    pub(super) wanted_events: u8,
    /// For a process that was not started by launch, which would have seen to both.
    pub(super) guardian: Option<Guardian>,
}

/// The owner's process, with which a worker ends, and what it runs.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Guardian {
    pub(super) pid: u32,
    /// Tells it from another that has got its number; zero if not known.
    pub(super) start_time: u64,
    /// A worker runs the functions of the same build only.
    pub(super) build: Vec<u8>,
}

/// The end of a task on its way to a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) number: u64,
    pub(super) work: WorkName,
}

impl Order {
    pub(super) const SIZE: usize = 16;

    pub(super) fn append(self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.number.to_le_bytes());
        bytes.extend_from_slice(&self.work.to_bits().to_le_bytes());
    }

    /// Reads it from the end of a message.
    pub(super) fn read(bytes: &[u8]) -> Option<Order> {
        let (_, end) = bytes.split_last_chunk::<{ Order::SIZE }>()?;
        Some(Order {
            number: word(end, 0)?,
            work: WorkName::from_bits(word(end, 8)?),
        })
    }

    pub(super) fn cut(bytes: &mut Vec<u8>) -> Option<Order> {
        let order = Order::read(bytes)?;
        bytes.truncate(bytes.len() - Order::SIZE);
        Some(order)
    }
}

/// What a report is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// The task's result precedes.
    Returned,
    /// Why the task has none precedes, encoded.
    Failed,
    /// The worker takes tasks from now on.
    Ready,
    /// Why the worker does not precedes, encoded.
    Unprepared,
    /// The owner wakes whoever reads reports.
    Nudge,
    /// An event of the worker's precedes, encoded.
    Record,
    /// What the task has written precedes: to its standard output, and behind it (`started` says where) to its standard
    /// error. Its outcome follows.
    Output,
}

/// The end of a report on its way to the owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Report {
    /// The task's number.
    pub(super) number: u64,
    /// When the task was begun, by the clock that all processes share.
    pub(super) started: u64,
    /// Nanoseconds that it took.
    pub(super) duration: u64,
    pub(super) worker: u32,
    pub(super) seat: u16,
    pub(super) subject: Subject,
}

impl Report {
    pub(super) const SIZE: usize = 32;

    pub(super) fn append(self, bytes: &mut Vec<u8>) {
        // Results have no room to spare: it is made once, not word by word.
        bytes.reserve(Report::SIZE);
        bytes.extend_from_slice(&self.number.to_le_bytes());
        bytes.extend_from_slice(&self.started.to_le_bytes());
        bytes.extend_from_slice(&self.duration.to_le_bytes());
        let subject = match self.subject {
            Subject::Returned => 0,
            Subject::Failed => 1,
            Subject::Ready => 2,
            Subject::Unprepared => 3,
            Subject::Nudge => 4,
            Subject::Record => 5,
            Subject::Output => 6,
        };
        let who = u64::from(self.worker) << 32 | u64::from(self.seat) << 16 | subject;
        bytes.extend_from_slice(&who.to_le_bytes());
    }

    pub(super) fn cut(bytes: &mut Vec<u8>) -> Option<Report> {
        let (rest, end) = bytes.split_last_chunk::<{ Report::SIZE }>()?;
        let who = word(end, 24)?;
        let report = Report {
            number: word(end, 0)?,
            started: word(end, 8)?,
            duration: word(end, 16)?,
            worker: (who >> 32) as u32,
            seat: (who >> 16) as u16,
            subject: match who as u16 {
                0 => Subject::Returned,
                1 => Subject::Failed,
                2 => Subject::Ready,
                3 => Subject::Unprepared,
                4 => Subject::Nudge,
                5 => Subject::Record,
                6 => Subject::Output,
                _ => return None,
            },
        };
        let length = rest.len();
        bytes.truncate(length);
        Some(report)
    }

    /// One that is not about a task.
    pub(super) fn about_nothing(subject: Subject) -> Report {
        Report {
            number: 0,
            started: 0,
            duration: 0,
            worker: 0,
            seat: 0,
            subject,
        }
    }

    /// What wakes whoever reads reports.
    pub(super) fn nudge() -> Vec<u8> {
        let mut bytes = Vec::with_capacity(Report::SIZE);
        Report::about_nothing(Subject::Nudge).append(&mut bytes);
        bytes
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u64> {
    bytes
        .get(at..)?
        .first_chunk()
        .copied()
        .map(u64::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_and_reports_come_back_as_they_were_written() {
        let order = Order {
            number: 7,
            work: WorkName::from_bits(4711),
        };
        let mut bytes = b"arguments".to_vec();
        order.append(&mut bytes);
        assert_eq!(Order::cut(&mut bytes), Some(order));
        assert_eq!(bytes, b"arguments");
        for subject in [
            Subject::Returned,
            Subject::Failed,
            Subject::Ready,
            Subject::Unprepared,
            Subject::Nudge,
            Subject::Record,
            Subject::Output,
        ] {
            let report = Report {
                number: 1 << 40,
                started: 3,
                duration: 5,
                worker: u32::MAX,
                seat: 513,
                subject,
            };
            report.append(&mut bytes);
            assert_eq!(Report::cut(&mut bytes), Some(report));
            assert_eq!(bytes, b"arguments");
        }
    }

    #[test]
    fn what_is_too_short_or_of_no_known_subject_is_refused() {
        assert_eq!(Order::cut(&mut vec![0; 15]), None);
        assert_eq!(Report::cut(&mut vec![0; 31]), None);
        assert_eq!(Report::cut(&mut vec![0xff; 40]), None);
    }
}
