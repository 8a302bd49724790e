//! What the workers do that are killed.

use std::sync::OnceLock;
use std::thread::{self, sleep};
use std::time::Duration;

use procession::{SharedArray, SharedError};
use serde::{Deserialize, Serialize};

/// The longest argument, in bytes.
const LONGEST: u64 = 200_000;

/// How often each task was begun, and how often it came to its end. Each mark is one instruction, so it happened or
/// it did not.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Marks {
    pub(super) begun: SharedArray<u32>,
    pub(super) finished: SharedArray<u32>,
}

impl Marks {
    pub(super) fn new(tasks: usize) -> Result<Marks, SharedError> {
        Ok(Marks {
            begun: SharedArray::new(tasks, 0)?,
            finished: SharedArray::new(tasks, 0)?,
        })
    }
}

/// What a worker got before its first task.
static MARKS: OnceLock<Marks> = OnceLock::new();

/// The workers' initializer.
pub(super) fn prepare(marks: Marks) {
    MARKS.get_or_init(|| marks);
}

/// How long a task takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Length {
    Quick,
    Microseconds(u64),
    Endless,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Task {
    number: usize,
    length: Length,
    /// Follows from the number, so that damage shows.
    filling: Vec<u8>,
    /// Some tasks bring what others find in their worker.
    marks: Option<Marks>,
}

/// What comes back: the filling too, from one task in four.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Answer {
    pub(super) number: usize,
    sum: u64,
    filling: Vec<u8>,
}

impl Task {
    pub(super) fn new(number: usize, length: Length, marks: &Marks) -> Task {
        Task {
            number,
            length,
            filling: filling(number),
            marks: (number % 5 == 1).then(|| marks.clone()),
        }
    }
}

impl Answer {
    /// The right one.
    pub(super) fn to(number: usize) -> Answer {
        Answer::with(number, filling(number))
    }

    fn with(number: usize, mut filling: Vec<u8>) -> Answer {
        let sum = filling.iter().map(|byte| u64::from(*byte)).sum();
        if !number.is_multiple_of(4) {
            filling.clear();
        }
        Answer {
            number,
            sum,
            filling,
        }
    }
}

/// Mostly short; now and then far too long for a record of a queue.
fn filling(number: usize) -> Vec<u8> {
    let number = number as u64;
    let length = match number % 128 {
        0 => 0,
        127 => (number * 7_919) % (LONGEST + 1),
        64 => 5_000,
        short => short,
    };
    (0..length)
        .map(|place| (number ^ (number >> 8) ^ place) as u8)
        .collect()
}

/// The task that a worker carries out.
pub(super) fn carry_out(task: Task) -> Result<Answer, String> {
    let marks = task.marks.as_ref().or_else(|| MARKS.get());
    let marks = marks.ok_or("the initializer was not called")?;
    mark(&marks.begun, task.number)?;
    match task.length {
        Length::Quick => {}
        Length::Microseconds(time) => sleep(Duration::from_micros(time)),
        Length::Endless => loop {
            thread::park();
        },
    }
    let answer = Answer::with(task.number, task.filling);
    mark(&marks.finished, task.number)?;
    Ok(answer)
}

fn mark(marks: &SharedArray<u32>, number: usize) -> Result<(), String> {
    match marks.fetch_add(number, 1) {
        Ok(_) => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}
