//! What commands print: to standard output, or to any writer.

use std::io::{self, Write};

/// Writes aligned columns: a line per row, two spaces between columns.
///
/// # Errors
/// When `out` cannot be written to.
pub(crate) fn columns(out: &mut dyn Write, indent: usize, rows: &[Vec<String>]) -> io::Result<()> {
    let width = |text: &str| text.chars().count();
    let count = rows.iter().map(Vec::len).max().unwrap_or_default();
    let widths: Vec<usize> = (0..count)
        .map(|column| rows.iter().filter_map(|row| row.get(column)).map(|cell| width(cell)).max().unwrap_or_default())
        .collect();
    for row in rows {
        let mut line = " ".repeat(indent);
        for (cell, column) in row.iter().zip(&widths) {
            line.push_str(cell);
            line.push_str(&" ".repeat(column.saturating_sub(width(cell)) + 2));
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let rows = [vec!["a", "bb", "c"], vec!["ääää", "b"], vec!["a", "", "c"]];
        let rows: Vec<Vec<String>> =
            rows.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect()).collect();
        let mut out = Vec::new();
        columns(&mut out, 2, &rows).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "  a     bb  c\n  ääää  b\n  a         c\n");
    }
}
