//! The table.

use std::fmt::Write as _;

use crate::measure::{Column, Sample, Table};
use crate::reading::Unit;

/// The columns of a table and their headings, from left to right.
fn columns(table: Table) -> &'static [(Column, &'static str)] {
    match table {
        Table::Messages => &[
            (Column::Procession, "procession"),
            (Column::IpcChannel, "ipc-channel"),
            (Column::Pipe, "std::process, pipe, postcard"),
            (Column::Crossbeam, "crossbeam (threads)"),
        ],
        Table::Shared => &[
            (Column::Procession, "procession"),
            (Column::Redis, "Redis, Unix socket"),
            (Column::Threads, "std::sync, dashmap (threads)"),
        ],
        Table::Pools => &[
            (Column::Procession, "procession"),
            (Column::Procspawn, "procspawn"),
            (Column::Pipe, "std::process, pipe, postcard"),
            (Column::Rayon, "rayon (threads)"),
        ],
        Table::Machines => &[
            (Column::Procession, "procession"),
            (Column::Apalis, "apalis-redis"),
            (Column::Redis, "commands of the server"),
        ],
    }
}

/// Tables in Markdown: medians, smallest and largest value, and procession against each peer.
pub(crate) fn tables(samples: &[Sample]) -> String {
    let all = [
        Table::Messages,
        Table::Shared,
        Table::Pools,
        Table::Machines,
    ];
    all.into_iter()
        .filter(|table| samples.iter().any(|sample| sample.table == *table))
        .map(|which| table(which, samples))
        .collect::<Vec<_>>()
        .join("\n")
}

fn table(which: Table, samples: &[Sample]) -> String {
    let columns = columns(which);
    let mut table = String::from("| what | unit |");
    for (_, heading) in columns {
        let _ = write!(table, " {heading} |");
    }
    table.push_str("\n|---|---|");
    table.push_str(&"---|".repeat(columns.len()));
    table.push('\n');
    for row in rows(which, samples) {
        table.push_str(&row.line(columns));
    }
    table
}

/// What is said below a table, so that it can be read without the source.
pub(crate) const LEGEND: &str = "\
Each cell: median (smallest – largest) of the rounds; ×N: procession is N times as good as this peer.";

struct Row<'a> {
    name: &'a str,
    unit: Unit,
    cells: Vec<Option<Spread>>,
}

/// The rows in the order in which they were first measured.
fn rows(table: Table, samples: &[Sample]) -> Vec<Row<'_>> {
    let mut rows: Vec<Row<'_>> = Vec::new();
    for sample in samples.iter().filter(|sample| sample.table == table) {
        let name = sample.reading.row.as_str();
        if rows.iter().all(|row| row.name != name) {
            let cells = columns(table)
                .iter()
                .map(|(column, _)| Spread::of(samples, *column, name))
                .collect();
            rows.push(Row {
                name,
                unit: sample.reading.unit,
                cells,
            });
        }
    }
    rows
}

impl Row<'_> {
    fn line(&self, columns: &[(Column, &str)]) -> String {
        let mut line = format!("| {} | {} |", self.name, self.unit.symbol());
        let ours = self.cells.first().and_then(Option::as_ref);
        for (cell, (column, _)) in self.cells.iter().zip(columns) {
            let text = match (cell, ours) {
                (None, _) => String::from("–"),
                (Some(spread), Some(ours)) if *column != Column::Procession => {
                    let ratio = self.unit.ratio(ours.median, spread.median);
                    format!("{} ×{}", spread.text(), digits(ratio))
                }
                (Some(spread), _) => spread.text(),
            };
            let _ = write!(line, " {text} |");
        }
        line.push('\n');
        line
    }
}

/// The values of one contestant in one row.
struct Spread {
    smallest: f64,
    median: f64,
    largest: f64,
}

impl Spread {
    fn of(samples: &[Sample], column: Column, row: &str) -> Option<Self> {
        let belongs = |sample: &&Sample| sample.column == column && sample.reading.row == row;
        let mut values: Vec<f64> = samples
            .iter()
            .filter(belongs)
            .map(|sample| sample.reading.value)
            .collect();
        values.sort_by(f64::total_cmp);
        let (smallest, largest) = (*values.first()?, *values.last()?);
        let upper = *values.get(values.len() / 2)?;
        let lower = *values.get((values.len() - 1) / 2)?;
        Some(Self {
            smallest,
            median: f64::midpoint(lower, upper),
            largest,
        })
    }

    fn text(&self) -> String {
        let Self {
            smallest,
            median,
            largest,
        } = *self;
        format!(
            "**{}** ({} – {})",
            digits(median),
            digits(smallest),
            digits(largest)
        )
    }
}

/// Three significant digits, and no fewer than are in the whole part.
fn digits(value: f64) -> String {
    match value {
        _ if value >= 100.0 => format!("{value:.0}"),
        _ if value >= 10.0 => format!("{value:.1}"),
        _ if value >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::Reading;

    fn sample(column: Column, row: &str, unit: Unit, value: f64) -> Sample {
        Sample {
            table: Table::Messages,
            column,
            reading: Reading {
                row: row.into(),
                unit,
                value,
            },
        }
    }

    #[test]
    fn a_row_holds_medians_spreads_and_ratios() {
        let mut samples = Vec::new();
        for value in [30.0, 10.0, 20.0] {
            samples.push(sample(
                Column::Procession,
                "small",
                Unit::MillionsPerSecond,
                value,
            ));
            samples.push(sample(
                Column::Pipe,
                "small",
                Unit::MillionsPerSecond,
                value / 10.0,
            ));
        }
        let table = tables(&samples);
        let line = table.lines().nth(2).unwrap();
        assert_eq!(
            line,
            "| small | M/s | **20.0** (10.0 – 30.0) | – | **2.00** (1.00 – 3.00) ×10.0 | – |"
        );
    }

    #[test]
    fn less_time_is_better() {
        assert_eq!(Unit::Microseconds.ratio(2.0, 60.0), 30.0);
        assert_eq!(Unit::GigabytesPerSecond.ratio(12.0, 3.0), 4.0);
    }

    #[test]
    fn the_median_of_an_even_number_lies_between_the_middle_two() {
        let samples: Vec<Sample> = [4.0, 1.0, 3.0, 2.0]
            .map(|value| sample(Column::Pipe, "row", Unit::Milliseconds, value))
            .into();
        assert_eq!(
            Spread::of(&samples, Column::Pipe, "row").unwrap().median,
            2.5
        );
    }
}
