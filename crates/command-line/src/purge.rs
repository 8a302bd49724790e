//! `procession purge`.

use serde::Serialize;

use crate::DONE;
use crate::arguments::Purge;
use crate::failure::{Failure, connect};
use crate::output::Output;
use crate::queues::find;

#[derive(Debug, Serialize)]
struct Purged {
    queue: String,
    /// Messages that waited.
    purged: u64,
    /// Dead letters.
    discarded: u64,
}

pub(crate) fn run(
    url: Option<&str>,
    options: &Purge,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let name = options.queue.queue.clone();
    let queue = find(&connect(url)?, &name)?;
    let found = queue.statistics()?;
    if !options.yes {
        return Err(Failure::NotConfirmed {
            count: if options.dead {
                found.dead
            } else {
                found.ready
            },
            queue: name,
        });
    }
    let done = match options.dead {
        true => {
            queue.discard_dead_letters()?;
            Purged {
                queue: name,
                purged: 0,
                discarded: found.dead,
            }
        }
        false => Purged {
            queue: name,
            purged: queue.purge()?,
            discarded: 0,
        },
    };
    let held = found.unfinished.saturating_sub(found.ready);
    output.say(&done, || match options.dead {
        true => format!(
            "{} dead letter(s) of {:?} were thrown away",
            done.discarded, done.queue
        ),
        false => format!(
            "{} message(s) of {:?} were thrown away; {held} that consumers hold are theirs",
            done.purged, done.queue
        ),
    })?;
    Ok(DONE)
}
