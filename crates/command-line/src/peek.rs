//! `procession peek`.

use serde::Serialize;

use crate::DONE;
use crate::arguments::Look;
use crate::failure::{Failure, connect};
use crate::letter::Content;
use crate::output::Output;
use crate::queues::find;
use crate::table::Table;

#[derive(Debug, Serialize)]
struct Row {
    position: usize,
    /// How often it was given out, and came back.
    deliveries: Option<u32>,
    #[serde(flatten)]
    content: Content,
}

pub(crate) fn run(
    url: Option<&str>,
    options: &Look,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let queue = find(&connect(url)?, &options.queue.queue)?;
    let peeked = queue.peek(options.limit)?.into_iter().enumerate();
    let rows: Vec<Row> = peeked
        .map(|(position, message)| Row {
            position,
            deliveries: message.as_ref().ok().map(|message| message.deliveries),
            content: Content::new(message.map(|message| message.bytes)),
        })
        .collect();
    output.say_table(&rows, "the queue is empty", || {
        let mut table = Table::new(["POSITION", "DELIVERIES", "BYTES", "CONTENT"]);
        for row in &rows {
            table.row([
                row.position.to_string(),
                row.deliveries
                    .map_or("-".to_owned(), |count| count.to_string()),
                row.content.size(),
                row.content.for_people(options.full),
            ]);
        }
        table
    })?;
    Ok(DONE)
}
