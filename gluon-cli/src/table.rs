//! Tables: columns as wide as their widest cell.

use std::io::{self, Write};

use crate::text::HEAD;

/// A table with a heading for each column.
pub struct Table {
    heads: Vec<&'static str>,
    /// Columns of numbers, which end in line.
    right: Vec<bool>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table of these columns, each with whether it is one of numbers.
    pub fn new(columns: &[(&'static str, bool)]) -> Table {
        let (heads, right) = columns.iter().copied().unzip();
        Table { heads, right, rows: Vec::new() }
    }

    /// Adds a row; missing cells at its end are empty.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Writes the table.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let width = |text: &str| text.chars().count();
        let widths: Vec<usize> = (0..self.heads.len())
            .map(|column| {
                let cells = self.rows.iter().filter_map(|row| row.get(column));
                cells.map(|cell| width(cell)).chain([width(self.heads[column])]).max().unwrap_or(0)
            })
            .collect();
        let line = |cells: &mut dyn Iterator<Item = &str>| {
            let mut text = String::new();
            for ((cell, &width), &right) in cells.zip(&widths).zip(&self.right) {
                let cell =
                    if right { format!("{cell:>width$}") } else { format!("{cell:<width$}") };
                text.push_str(&cell);
                text.push_str("  ");
            }
            text.truncate(text.trim_end().len());
            text
        };
        writeln!(out, "{HEAD}{}{HEAD:#}", line(&mut self.heads.iter().copied()))?;
        for row in &self.rows {
            writeln!(out, "{}", line(&mut row.iter().map(String::as_str)))?;
        }
        Ok(())
    }
}
