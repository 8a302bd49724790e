//! What a command says: for people, or for programs.

use std::io::Write;

use serde::Serialize;

use crate::failure::Failure;
use crate::table::Table;

/// Where a command says what it has found.
pub(crate) struct Output<'a> {
    writer: &'a mut dyn Write,
    for_programs: bool,
}

impl<'a> Output<'a> {
    pub(crate) fn new(writer: &'a mut dyn Write, for_programs: bool) -> Output<'a> {
        Output {
            writer,
            for_programs,
        }
    }

    /// Says it in one of the two forms.
    pub(crate) fn say(
        &mut self,
        value: &impl Serialize,
        text: impl FnOnce() -> String,
    ) -> Result<(), Failure> {
        match self.for_programs {
            true => serde_json::to_writer_pretty(&mut self.writer, value)?,
            false => self.writer.write_all(text().trim_end().as_bytes())?,
        }
        self.writer.write_all(b"\n")?;
        Ok(self.writer.flush()?)
    }

    /// Says it as a table; `nothing` if it has no rows.
    pub(crate) fn say_table(
        &mut self,
        value: &impl Serialize,
        nothing: &str,
        table: impl FnOnce() -> Table,
    ) -> Result<(), Failure> {
        self.say(value, || {
            let table = table();
            match table.is_empty() {
                true => nothing.to_owned(),
                false => table.to_string(),
            }
        })
    }
}
