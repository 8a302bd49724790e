//! `procession requeue-dead`.

use serde::Serialize;

use crate::DONE;
use crate::arguments::Queue;
use crate::failure::{Failure, connect};
use crate::output::Output;
use crate::queues::find;

#[derive(Debug, Serialize)]
struct Requeued {
    queue: String,
    requeued: u64,
}

pub(crate) fn run(
    url: Option<&str>,
    options: &Queue,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let queue = find(&connect(url)?, &options.queue)?;
    let done = Requeued {
        queue: options.queue.clone(),
        requeued: queue.requeue_dead_letters()?,
    };
    output.say(&done, || {
        format!(
            "{} dead letter(s) were put at the end of {:?}",
            done.requeued, done.queue
        )
    })?;
    Ok(DONE)
}
