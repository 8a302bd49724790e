//! `procession dead`.

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
    /// How often it was given out.
    deliveries: u32,
    /// The machine of the process that had it last.
    host: String,
    /// That process's number there.
    pid: u32,
    #[serde(flatten)]
    content: Content,
}

pub(crate) fn run(
    url: Option<&str>,
    options: &Look,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let queue = find(&connect(url)?, &options.queue.queue)?;
    let letters = queue.dead_letters(options.limit)?.into_iter();
    let rows: Vec<Row> = letters
        .map(|letter| Row {
            deliveries: letter.deliveries,
            host: letter.host,
            pid: letter.pid,
            content: Content::new(letter.bytes),
        })
        .collect();
    output.say_table(&rows, "the queue has no dead letters", || {
        let mut table = Table::new(["LOST WITH", "PID", "DELIVERIES", "BYTES", "CONTENT"]);
        for row in &rows {
            table.row([
                row.host.clone(),
                row.pid.to_string(),
                row.deliveries.to_string(),
                row.content.size(),
                row.content.for_people(options.full),
            ]);
        }
        table
    })?;
    Ok(DONE)
}
