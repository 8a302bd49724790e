//! Aligned text.

use std::fmt;

/// Rows below a heading; numbers stand right, all else left.
#[derive(Debug)]
pub(crate) struct Table {
    heading: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// Between two columns.
const GAP: &str = "  ";

impl Table {
    pub(crate) fn new<const N: usize>(heading: [&str; N]) -> Table {
        Table {
            heading: heading.map(str::to_owned).into(),
            rows: Vec::new(),
        }
    }

    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.into());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn column(&self, number: usize) -> impl Iterator<Item = &String> {
        self.rows.iter().filter_map(move |row| row.get(number))
    }

    fn write_row(&self, formatter: &mut fmt::Formatter<'_>, row: &[String]) -> fmt::Result {
        let mut line = String::new();
        for (number, (cell, heading)) in row.iter().zip(&self.heading).enumerate() {
            let cells = self.column(number).chain([heading]);
            let width = cells.map(|cell| cell.chars().count()).max().unwrap_or(0);
            let is_number = |cell: &String| cell.bytes().all(|byte| byte.is_ascii_digit());
            match self.column(number).all(is_number) {
                true => line.push_str(&format!("{cell:>width$}")),
                false => line.push_str(&format!("{cell:width$}")),
            }
            line.push_str(GAP);
        }
        writeln!(formatter, "{}", line.trim_end())
    }
}

impl fmt::Display for Table {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_row(formatter, &self.heading)?;
        self.rows
            .iter()
            .try_for_each(|row| self.write_row(formatter, row))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_numbers_on_the_right() {
        let mut table = Table::new(["QUEUE", "READY", "KIND"]);
        table.row(["dumplings".to_owned(), "7".to_owned(), "plain".to_owned()]);
        table.row(["ü".to_owned(), "1234567".to_owned(), String::new()]);
        let expected = "\
QUEUE        READY  KIND
dumplings        7  plain
ü          1234567
";
        assert_eq!(table.to_string(), expected);
    }
}
